/** What a drive finds at its end of the cable. The channel offers it; there is one for both drives. */
import type { Clock } from "../device.ts";
import type { TransferBuffer } from "./transfer-buffer.ts";

export interface Cable {
  readonly clock: Clock;
  readonly buffer: TransferBuffer;
  /** The drive at work goes on (`due`) when so much guest time has passed. */
  after(microseconds: number): void;
  /** The drive asserts DMARQ: moves what the buffer holds. False while some of it waits for the bus master. */
  moveByDma(): boolean;
  /** A drive changed its INTRQ. */
  interruptChanged(): void;
  guestError(register: string, detail: string): void;
}

/** Microseconds from a command to its answer or its first data: the controller's work and a short seek. */
export const COMMAND_US = 100;
/** Microseconds to move a sector of 512 bytes to or from the medium. */
export const SECTOR_US = 5;
/** Microseconds from one state of the protocol to the next where no medium is involved. */
export const HANDSHAKE_US = 2;
/** Microseconds of a reset or a diagnostic. The standard allows seconds. */
export const RESET_US = 500;
