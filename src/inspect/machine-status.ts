/** A machine in one line: where it is, in which mode, whether it still runs. */
import {
  CPL,
  CR0,
  CR0_PG,
  CR0_WP,
  CR3,
  CR4,
  CR4_PAE,
  CR4_PGE,
  CR4_PSE,
  EFER,
  EFER_NXE,
  EIP,
} from "../cpu/state.ts";
import type { Machine } from "../machine/machine.ts";
import { nameOfPolicy } from "../mmu/shadow/policy.ts";

export interface MachineStatus {
  /** Guest time in instructions, halted time included. */
  readonly icount: number;
  readonly instructions: number;
  readonly ramBytes: number;
  /** Offset in the code segment. */
  readonly eip: number;
  readonly cr3: number;
  readonly cpl: number;
  /** Names of the control bits that matter to paging and are set, of PG WP PSE PAE PGE NX, in this order. */
  readonly modes: readonly string[];
  /** The policy's name; null without a hypervisor. */
  readonly policy: string | null;
  /** HLT: the processor waits for an interrupt. */
  readonly halted: boolean;
  /** Status that the guest wrote to the debug-exit port; null if it did not. */
  readonly exitStatus: number | null;
  /** Faults that led to a shutdown, in words; null if there was none. */
  readonly faultChain: string | null;
  /** Their error codes in the same order, -1 for vectors without one. */
  readonly faultErrors: readonly number[];
  readonly guestErrors: number;
}

/** Where the bits that matter to paging are, in the order in which they are named. */
const MODES: readonly (readonly [register: number, bit: number, name: string])[] = [
  [CR0, CR0_PG, "PG"],
  [CR0, CR0_WP, "WP"],
  [CR4, CR4_PSE, "PSE"],
  [CR4, CR4_PAE, "PAE"],
  [CR4, CR4_PGE, "PGE"],
  [EFER, EFER_NXE, "NX"],
];

export function machineStatus(machine: Machine): MachineStatus {
  const { cpu, options, shadow } = machine;
  const { r } = cpu;
  return {
    icount: machine.icount,
    instructions: machine.instructions,
    ramBytes: options.ramBytes,
    eip: r[EIP] >>> 0,
    cr3: r[CR3] >>> 0,
    cpl: r[CPL],
    modes: MODES.filter(([register, bit]) => (r[register] & bit) !== 0).map(([, , name]) => name),
    policy: shadow === null ? null : nameOfPolicy(shadow.kvm.policy),
    halted: cpu.halted,
    exitStatus: machine.exitStatus,
    faultChain: machine.faultChain,
    faultErrors: cpu.shutdownErrors,
    guestErrors: machine.guestErrors,
  };
}
