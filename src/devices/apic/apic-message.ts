/**
 * What travels between APICs: a vector, how it is to be delivered, and to whom.
 *
 * SDM: volume 3, 11.6.1 "Interrupt command register"; Datasheet: Intel 82093AA I/O APIC, 3.2.4.
 */

export const DELIVER_FIXED = 0;
export const DELIVER_LOWEST_PRIORITY = 1;
export const DELIVER_SMI = 2;
export const DELIVER_RESERVED = 3;
export const DELIVER_NMI = 4;
export const DELIVER_INIT = 5;
export const DELIVER_STARTUP = 6;
export const DELIVER_EXTINT = 7;

/** All APICs, in physical and in logical mode. */
export const BROADCAST = 0xff;
/** Lower ones belong to the processor's exceptions. */
export const FIRST_VECTOR = 16;

export interface ApicMessage {
  readonly vector: number;
  /** `DELIVER_…`. */
  readonly mode: number;
  /** Level-triggered: the end of the interrupt is told to the sender. */
  readonly level: boolean;
  /** `destination` is a set of logical APICs, not the ID of one. */
  readonly logical: boolean;
  /** Eight bits. */
  readonly destination: number;
}

/** Does the mode bring a vector that waits its turn by priority? */
export const hasVector = (mode: number): boolean =>
  mode === DELIVER_FIXED || mode === DELIVER_LOWEST_PRIORITY;

/** Who an APIC is: its ID, and in logical mode what LDR and DFR hold in their upper bits. */
export interface ApicAddress {
  readonly id: number;
  readonly logicalId: number;
  /** Bits 31 to 28 of DFR. */
  readonly model: number;
}

export const MODEL_FLAT = 0xf;
export const MODEL_CLUSTER = 0x0;
const ALL_CLUSTERS = 0xf;

/** Is an APIC among those that a message is for? (SDM: volume 3, 11.6.2 "Determining IPI destination") */
export function isFor(
  { id, logicalId, model }: ApicAddress,
  { destination, logical }: Pick<ApicMessage, "destination" | "logical">,
): boolean {
  if (destination === BROADCAST) return true;
  if (!logical) return destination === id;
  if (model === MODEL_FLAT) return (destination & logicalId) !== 0;
  if (model !== MODEL_CLUSTER) return false;
  const cluster = destination >> 4;
  const sameCluster = cluster === ALL_CLUSTERS || cluster === logicalId >> 4;
  return sameCluster && (destination & logicalId & 0xf) !== 0;
}
