/**
 * The receiving half of the 16550A: the FIFO (one buffer register in 16450 mode), the errors that come with
 * characters, and the character timeout.
 *
 * Datasheet: National PC16550D, "Line Status Register" and "FIFO Interrupt Mode Operation".
 */

import type { Alarm, Clock } from "./device.ts";
import { Ticks } from "./ticks.ts";
import {
  LCR_PARITY,
  LCR_STOP_BITS,
  LCR_WORD_LENGTH,
  LSR_DR,
  LSR_FIFO_ERROR,
  LSR_OE,
} from "./uart16550-registers.ts";

/** The crystal of the PC's serial port. The baud rate is a sixteenth of it, divided by DLM:DLL. */
const UART_HZ = 1_843_200;
const FIFO_SIZE = 16;
const SLOT_MASK = FIFO_SIZE - 1;
const NEVER = -1;

/** Pulses of the crystal per character, from LCR and the divisor latches. */
export function characterTicks(lcr: number, divisor: number): number {
  const dataBits = 5 + (lcr & LCR_WORD_LENGTH);
  const parityBits = (lcr & LCR_PARITY) !== 0 ? 1 : 0;
  const stopBits = (lcr & LCR_STOP_BITS) === 0 ? 1 : dataBits === 5 ? 1.5 : 2;
  const ticksPerBit = 16 * (divisor === 0 ? 0x1_0000 : divisor);
  return (1 + dataBits + parityBits + stopBits) * ticksPerBit;
}

export interface ReceiverState {
  /** The character read last, which an empty receiver shows again. */
  RBR: number;
  /** Characters that wait, oldest first, and the LSR error bits of each. */
  fifo: number[];
  fifoErrors: number[];
  /** The error bits that LSR shows. */
  lineErrors: number;
  timeoutPending: boolean;
  timeoutAt: number;
}

export class Receiver {
  private readonly clock: Clock;
  private readonly ticks: Ticks;
  private readonly timeout: Alarm;
  private readonly fifo = new Uint8Array(FIFO_SIZE);
  private readonly fifoErrors = new Uint8Array(FIFO_SIZE);
  private head = 0;
  private count = 0;
  /** How many waiting characters have errors nobody has read. */
  private flagged = 0;
  private fifoEnabled = false;
  private rbr = 0;
  private errors = 0;
  private timedOut = false;
  private timeoutAt = NEVER;

  /** `changed` hears when the character timeout strikes. */
  constructor(clock: Clock, changed: () => void) {
    this.clock = clock;
    this.ticks = new Ticks(clock.hz, UART_HZ);
    this.timeout = clock.alarm(() => {
      this.timeoutAt = NEVER;
      this.timedOut = true;
      changed();
    });
  }

  /** How many characters wait. */
  get length(): number {
    return this.count;
  }

  get isFull(): boolean {
    return this.count === (this.fifoEnabled ? FIFO_SIZE : 1);
  }

  /** The error bits that LSR shows. */
  get lineErrors(): number {
    return this.errors;
  }

  /** Characters wait that came, or were last read, four character times ago. */
  get timeoutPending(): boolean {
    return this.timedOut;
  }

  /** Empties the FIFO and makes it 16 characters deep, or one. */
  enableFifo(enabled: boolean): void {
    this.fifoEnabled = enabled;
    this.clear();
  }

  /** Empties the FIFO. Errors already shown in LSR stay until LSR is read. */
  clear(): void {
    this.head = 0;
    this.count = 0;
    this.flagged = 0;
    this.stopTimeout();
  }

  /**
   * A character has come in full. With nowhere to go it is an overrun: the FIFO keeps what it has and the new
   * one is lost; in 16450 mode the new one replaces the old one.
   */
  arrive(byte: number, errors: number, characterTicks: number): void {
    if (this.isFull) {
      this.errors |= LSR_OE;
      if (this.fifoEnabled) return;
      this.clear();
    }
    this.push(byte, errors);
    if (this.count === 1) this.errors |= errors;
    this.restartTimeout(characterTicks);
  }

  /** RBR. The errors of the character that moves to the top become visible in LSR. */
  read(characterTicks: number): number {
    if (this.count === 0) return this.rbr;
    this.rbr = this.fifo[this.head];
    this.forgetTopErrors();
    this.head = (this.head + 1) & SLOT_MASK;
    this.count--;
    if (this.count > 0) this.errors |= this.fifoErrors[this.head];
    this.restartTimeout(characterTicks);
    return this.rbr;
  }

  /** The receiver's bits of LSR. */
  get lineStatus(): number {
    const fifoError = this.fifoEnabled && this.flagged > 0 ? LSR_FIFO_ERROR : 0;
    return this.errors | fifoError | (this.count > 0 ? LSR_DR : 0);
  }

  /** LSR has been read: its error bits clear, and the character on top has told its errors. */
  clearErrors(): void {
    this.errors = 0;
    this.forgetTopErrors();
  }

  reset(): void {
    this.fifoEnabled = false;
    this.rbr = 0;
    this.errors = 0;
    this.clear();
  }

  save(): ReceiverState {
    const slots = Array.from({ length: this.count }, (_, i) => (this.head + i) & SLOT_MASK);
    return {
      RBR: this.rbr,
      fifo: slots.map((slot) => this.fifo[slot]),
      fifoErrors: slots.map((slot) => this.fifoErrors[slot]),
      lineErrors: this.errors,
      timeoutPending: this.timedOut,
      timeoutAt: this.timeoutAt,
    };
  }

  restore(state: ReceiverState, fifoEnabled: boolean): void {
    this.enableFifo(fifoEnabled);
    for (let i = 0; i < state.fifo.length; i++) this.push(state.fifo[i], state.fifoErrors[i]);
    this.rbr = state.RBR;
    this.errors = state.lineErrors;
    this.timedOut = state.timeoutPending;
    this.timeoutAt = state.timeoutAt;
    if (this.timeoutAt !== NEVER) this.timeout.at(this.timeoutAt);
  }

  private push(byte: number, errors: number): void {
    const slot = (this.head + this.count) & SLOT_MASK;
    this.fifo[slot] = byte;
    this.fifoErrors[slot] = errors;
    if (errors !== 0) this.flagged++;
    this.count++;
  }

  private forgetTopErrors(): void {
    if (this.count === 0 || this.fifoErrors[this.head] === 0) return;
    this.fifoErrors[this.head] = 0;
    this.flagged--;
  }

  /** The timeout counts from the last arrival or read, while characters wait in the FIFO. */
  private restartTimeout(characterTicks: number): void {
    this.stopTimeout();
    if (!this.fifoEnabled || this.count === 0) return;
    this.timeoutAt = this.clock.now + this.ticks.icountAt(4 * characterTicks);
    this.timeout.at(this.timeoutAt);
  }

  private stopTimeout(): void {
    this.timedOut = false;
    this.timeoutAt = NEVER;
    this.timeout.cancel();
  }
}
