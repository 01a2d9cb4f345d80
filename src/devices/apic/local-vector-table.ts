/**
 * The local vector table: what the timer, the processor's sensors, the two pins LINT0 and LINT1 and errors of the APIC
 * itself interrupt with.
 *
 * SDM: volume 3, 11.5.1 "Local vector table".
 */
import type { GuestErrorSink } from "../device.ts";
import { DELIVER_EXTINT, DELIVER_FIXED, DELIVER_INIT, DELIVER_NMI, DELIVER_SMI } from "./apic-message.ts";
import {
  LVT,
  LVT_ACTIVE_LOW,
  LVT_ENTRIES,
  LVT_LEVEL,
  LVT_LINT0,
  LVT_LINT1,
  LVT_MASK,
  LVT_PERIODIC,
  LVT_REMOTE_IRR,
  LVT_TIMER,
  registerName,
} from "./apic-registers.ts";

const WITH_MODE = 0x107ff;
const PIN = WITH_MODE | LVT_ACTIVE_LOW | LVT_LEVEL;
const VECTOR_AND_MASK = 0x100ff;
const WRITABLE = [VECTOR_AND_MASK | LVT_PERIODIC, WITH_MODE, WITH_MODE, PIN, PIN, VECTOR_AND_MASK];
/** What an entry may ask for; the others are reserved. */
const MODES = [DELIVER_FIXED, DELIVER_SMI, DELIVER_NMI, DELIVER_INIT, DELIVER_EXTINT];
const PINS = [LVT_LINT0, LVT_LINT1];

export interface LocalVectorTableState {
  LVT: number[];
  /** Levels of LINT0 and LINT1, a bit each. */
  lintPins: number;
}

export interface LocalVectorTableWires {
  /** Hands an interrupt to the processor, or to its queue of vectors; false if it was not taken. */
  readonly deliver: (mode: number, vector: number, level: boolean) => boolean;
  readonly guestError: GuestErrorSink;
}

const modeOf = (entry: number): number => (entry >> 8) & 7;

export class LocalVectorTable {
  private readonly wires: LocalVectorTableWires;
  private readonly entries = new Array<number>(LVT_ENTRIES).fill(LVT_MASK);
  private pins = 0;

  constructor(wires: LocalVectorTableWires) {
    this.wires = wires;
  }

  read(index: number): number {
    return this.entries[index];
  }

  /** With the APIC disabled by software the mask cannot be taken away. */
  write(index: number, value: number, enabled: boolean): void {
    const { entries } = this;
    const kept = (value & LVT_LEVEL) !== 0 && modeOf(value) === DELIVER_FIXED ? LVT_REMOTE_IRR : 0;
    entries[index] = (entries[index] & kept) | (value & WRITABLE[index]) | (enabled ? 0 : LVT_MASK);
    this.report(index);
    if (index === LVT_LINT0) this.serveLevel();
  }

  private report(index: number): void {
    const entry = this.entries[index];
    const complain = (what: string): void => this.wires.guestError("apic", registerName(LVT + index), what);
    if (index !== LVT_TIMER && !MODES.includes(modeOf(entry)))
      complain(`delivery mode ${modeOf(entry)} is reserved`);
    // Firmware often says so for NMI, which is an edge in any case.
    const isLevel = (entry & LVT_LEVEL) !== 0 && modeOf(entry) === DELIVER_FIXED;
    if (index === LVT_LINT1 && isLevel) complain("LINT1 takes edges only");
  }

  get isTimerPeriodic(): boolean {
    return (this.entries[LVT_TIMER] & LVT_PERIODIC) !== 0;
  }

  isMasked(index: number): boolean {
    return (this.entries[index] & LVT_MASK) !== 0;
  }

  vector(index: number): number {
    return this.entries[index] & 0xff;
  }

  maskAll(): void {
    for (let i = 0; i < LVT_ENTRIES; i++) this.entries[i] |= LVT_MASK;
  }

  /** An edge at one of the sources. A mode that is reserved interrupts nobody. */
  fire(index: number): void {
    const entry = this.entries[index];
    const mode = modeOf(entry);
    if ((entry & LVT_MASK) !== 0 || !MODES.includes(mode)) return;
    this.wires.deliver(mode, entry & 0xff, false);
  }

  // --- The pins --------------------------------------------------------------------------------------------------------

  /** The level of a pin as the wire has it. */
  pin(number: number): boolean {
    return ((this.pins >> number) & 1) !== 0;
  }

  /** Moves a pin. `connected`: the table looks at it, which it does not while the APIC is off. */
  setPin(number: number, level: boolean, connected: boolean): void {
    const index = PINS[number];
    const before = this.isAsserted(index);
    this.pins = level ? this.pins | (1 << number) : this.pins & ~(1 << number);
    if (!connected) return;
    const mode = modeOf(this.entries[index]);
    // A controller outside is heard as long as it asks; the owner looks at `hearsController`.
    if (mode === DELIVER_EXTINT) return;
    if (this.isLevel(index)) this.serveLevel();
    else if (!before && this.isAsserted(index)) this.fire(index);
  }

  /** An interrupt controller outside asks through one of the pins. */
  get hearsController(): boolean {
    return PINS.some(
      (index) =>
        !this.isMasked(index) && modeOf(this.entries[index]) === DELIVER_EXTINT && this.isAsserted(index),
    );
  }

  /** The end of `vector`: a level that is still there interrupts again. */
  eoi(vector: number): void {
    if (!this.isLevel(LVT_LINT0) || this.vector(LVT_LINT0) !== vector) return;
    this.entries[LVT_LINT0] &= ~LVT_REMOTE_IRR;
    this.serveLevel();
  }

  private serveLevel(): void {
    const entry = this.entries[LVT_LINT0];
    const blocked = (entry & (LVT_MASK | LVT_REMOTE_IRR)) !== 0;
    if (blocked || !this.isLevel(LVT_LINT0) || !this.isAsserted(LVT_LINT0)) return;
    if (this.wires.deliver(DELIVER_FIXED, entry & 0xff, true)) this.entries[LVT_LINT0] |= LVT_REMOTE_IRR;
  }

  /** Only a vector has levels, and only on LINT0: all else is taken by its edge. */
  private isLevel(index: number): boolean {
    const entry = this.entries[index];
    return index === LVT_LINT0 && (entry & LVT_LEVEL) !== 0 && modeOf(entry) === DELIVER_FIXED;
  }

  private isAsserted(index: number): boolean {
    const activeLow = (this.entries[index] & LVT_ACTIVE_LOW) !== 0;
    return this.pin(index - LVT_LINT0) !== activeLow;
  }

  // --- State -----------------------------------------------------------------------------------------------------------

  /** The entries; whoever drives the pins goes on doing so. */
  reset(): void {
    this.entries.fill(LVT_MASK);
  }

  releasePins(): void {
    this.pins = 0;
  }

  save(): LocalVectorTableState {
    return { LVT: this.entries.slice(), lintPins: this.pins };
  }

  restore(state: LocalVectorTableState): void {
    for (let i = 0; i < LVT_ENTRIES; i++) this.entries[i] = state.LVT[i];
    this.pins = state.lintPins;
  }
}
