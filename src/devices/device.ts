/**
 * What a device offers and what it may ask for: registers behind a bus range, an interrupt wire, a clock.
 * A device knows neither the processor nor the machine, so each can be tested alone.
 */

/** Bytes moved by one bus access. */
export type Width = 1 | 2 | 4;

/** A device behind IN and OUT. `offset` counts bytes from the start of the range it was mapped at. */
export interface PortDevice {
  readonly name: string;
  /** The widest access the device takes whole; the bus splits wider ones. Absent: 1, an 8-bit chip. */
  readonly maxWidth?: Width;
  /** The value read, zero-extended to 32 bits, as an unsigned number. */
  portRead(offset: number, width: Width): number;
  portWrite(offset: number, width: Width, value: number): void;
}

/** A device behind memory addresses. `offset` counts bytes from the start of the range it was mapped at. */
export interface MmioDevice {
  readonly name: string;
  /** The widest access the device takes whole; the bus splits wider ones. Absent: 1, an 8-bit chip. */
  readonly maxWidth?: Width;
  /** The value read, zero-extended to 32 bits, as an unsigned number. */
  mmioRead(offset: number, width: Width): number;
  mmioWrite(offset: number, width: Width, value: number): void;
}

/**
 * Guest memory as a bus master reaches it: by physical address, behind the processor's back. What is no memory reads as
 * ones and takes no writes, nor do ROMs.
 */
export interface DmaMemory {
  /** Fills `into` from guest memory at `gpa` on. */
  read(gpa: number, into: Uint8Array): void;
  /** Stores `from` in guest memory at `gpa` on. */
  write(gpa: number, from: Uint8Array): void;
}

/** One wire to the interrupt controller. A shared wire is high while any of its owners raises it. */
export interface IrqLine {
  raise(): void;
  lower(): void;
}

/** A deadline that can be set again and again without allocation. */
export interface Alarm {
  /**
   * Fires when the clock reaches `when` (icount). Replaces an earlier setting. A time that is not in the
   * future fires before another instruction runs: in the same advance when a firing alarm sets it, else in
   * the next one. It never fires inside this call.
   */
  at(when: number): void;
  cancel(): void;
  /** The icount it is set for, or Infinity. */
  readonly when: number;
}

/**
 * Guest time, in retired instructions (icount). Nothing in a device reads the wall clock.
 * The machine says how many instructions make a second (`hz`); it is the only rate there is.
 */
export interface Clock {
  readonly now: number;
  readonly hz: number;
  alarm(fire: () => void): Alarm;
}

/** Where a device reports what the guest did wrong: a `guest_error` event, never a host exception. */
export type GuestErrorSink = (device: string, register: string, detail: string) => void;

/** What every device can do beside its job. `State` is plain data, safe for structured clone and JSON. */
export interface Device<State> {
  /** Back to the power-on state, its wires driven accordingly. */
  reset(): void;
  /** A copy of all state, sharing nothing with the device. */
  save(): State;
  /** Takes a saved state, drives its wires and sets its alarms. The clock must be restored before. */
  restore(state: State): void;
  /** The datasheet's name of the register at `offset`, for traces and the device screen. */
  probe(offset: number): string;
}
