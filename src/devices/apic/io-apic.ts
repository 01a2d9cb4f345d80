/**
 * The I/O APIC: 24 pins, each with an entry that says which vector goes to whom when it is asserted.
 *
 *     fec00000  IOREGSEL      fec00010  IOWIN: the register that IOREGSEL names
 *     00 ID   01 version   02 arbitration ID   10 + 2n, 11 + 2n  redirection entry n, lower and upper half
 *
 * Datasheet: Intel 82093AA I/O APIC (IOAPIC), order 290566.
 *
 * Messages arrive in no time. A level that nobody takes is pending: it is sent again when the pin or its entry moves.
 */
import type { Device, GuestErrorSink, IrqLine, MmioDevice, Width } from "../device.ts";
import { WiredOr } from "../wired-or.ts";
import { type ApicMessage, DELIVER_RESERVED, DELIVER_STARTUP, hasVector } from "./apic-message.ts";

export const IO_APIC_GPA = 0xfec0_0000;
export const IO_APIC_BYTES = 0x1000;
export const IO_APIC_PINS = 24;
/** Version 11, and the number of the last pin. */
export const IO_APIC_VERSION = ((IO_APIC_PINS - 1) << 16) | 0x11;

const IOREGSEL = 0x00;
const IOWIN = 0x10;
const REGISTER_ID = 0x00;
const REGISTER_VERSION = 0x01;
const REGISTER_ARBITRATION = 0x02;
const FIRST_ENTRY = 0x10;
const ID_BITS = 0x0f;

/*  Entry   63 … 56      16    15     14          13          12               11       10 9 8         7 … 0
 *          destination  mask  level  remote IRR  active low  delivery status  logical  delivery mode  vector
 */
const LOGICAL = 1 << 11;
const PENDING = 1 << 12;
const ACTIVE_LOW = 1 << 13;
const REMOTE_IRR = 1 << 14;
const LEVEL = 1 << 15;
const MASK = 1 << 16;
const WRITABLE = 0x1_afff;

export interface IoApicState {
  IOREGSEL: number;
  ID: number;
  arbitration: number;
  /** Lower halves of the redirection entries, and their destinations. */
  entries: number[];
  destinations: number[];
  /** Per pin, one bit for each owner that holds the wire high. */
  owners: number[];
}

export interface IoApicWires {
  /** Hands a message to the local APICs; false if none takes it. */
  readonly deliver: (message: ApicMessage) => boolean;
  readonly guestError: GuestErrorSink;
}

const modeOf = (entry: number): number => (entry >> 8) & 7;
/** NMI, INIT and what an outer controller asks are edges, whatever the entry says. */
const isLevel = (entry: number): boolean => (entry & LEVEL) !== 0 && hasVector(modeOf(entry));

export class IoApic implements MmioDevice, Device<IoApicState> {
  readonly name = "ioapic";
  readonly maxWidth = 4;
  private readonly wires: IoApicWires;
  private readonly inputs: WiredOr;
  private readonly entries = new Array<number>(IO_APIC_PINS).fill(MASK);
  private readonly destinations = new Array<number>(IO_APIC_PINS).fill(0);
  private select = 0;
  private id = 0;
  private arbitration = 0;
  /** Levels of the pins, a bit each. */
  private pins = 0;

  constructor(wires: IoApicWires) {
    this.wires = wires;
    this.inputs = new WiredOr(this.name, IO_APIC_PINS, (pin, level) => this.setPin(pin, level));
  }

  /** A new wire to pin `n`, which is high while any of its wires is raised. */
  pin(n: number): IrqLine {
    return this.inputs.wire(n);
  }

  /** Whether software listens to a pin. */
  isMasked(pin: number): boolean {
    return (this.entries[pin] & MASK) !== 0;
  }

  /** A local APIC tells that a level-triggered interrupt has ended: a pin that is still asserted interrupts again. */
  eoi(vector: number): void {
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      const entry = this.entries[pin];
      if ((entry & REMOTE_IRR) === 0 || (entry & 0xff) !== vector) continue;
      this.entries[pin] &= ~REMOTE_IRR;
      this.serve(pin);
    }
  }

  // --- Memory accesses -------------------------------------------------------------------------------------------------

  mmioRead(offset: number, width: Width): number {
    if (offset === IOREGSEL) return this.select;
    if (offset === IOWIN && width === 4) return this.readRegister();
    this.refuse(offset, `a ${width}-byte read at ${offset.toString(16)}`);
    return 0;
  }

  mmioWrite(offset: number, width: Width, value: number): void {
    if (offset === IOREGSEL) this.select = value & 0xff;
    else if (offset === IOWIN && width === 4) this.writeRegister(value);
    else this.refuse(offset, `a ${width}-byte write at ${offset.toString(16)}`);
  }

  private refuse(offset: number, detail: string): void {
    this.wires.guestError(this.name, this.probe(offset), detail);
  }

  /** The pin whose entry IOREGSEL names, or -1. */
  private get selectedPin(): number {
    const pin = (this.select - FIRST_ENTRY) >> 1;
    return pin < IO_APIC_PINS ? pin : -1;
  }

  private readRegister(): number {
    const { select, selectedPin } = this;
    if (select === REGISTER_ID) return this.id << 24;
    if (select === REGISTER_VERSION) return IO_APIC_VERSION;
    if (select === REGISTER_ARBITRATION) return this.arbitration << 24;
    if (selectedPin < 0) {
      this.wires.guestError(this.name, "IOWIN", `there is no register ${select.toString(16)}`);
      return 0;
    }
    const upper = (select & 1) !== 0;
    return (upper ? this.destinations[selectedPin] << 24 : this.entries[selectedPin]) >>> 0;
  }

  private writeRegister(value: number): void {
    const { select, selectedPin } = this;
    if (select === REGISTER_ID) {
      this.id = (value >>> 24) & ID_BITS;
      this.arbitration = this.id;
    } else if (selectedPin < 0) {
      const what = select <= REGISTER_ARBITRATION ? "is read-only" : "does not exist";
      this.wires.guestError(this.name, "IOWIN", `register ${select.toString(16)} ${what}`);
    } else if ((select & 1) !== 0) {
      this.destinations[selectedPin] = value >>> 24;
      this.serve(selectedPin);
    } else {
      this.writeEntry(selectedPin, value);
    }
  }

  /** Software may not write what says that an interrupt is under way; making the pin edge-triggered forgets it. */
  private writeEntry(pin: number, value: number): void {
    const kept = isLevel(value) ? REMOTE_IRR : 0;
    const entry = (value & WRITABLE) | (this.entries[pin] & kept);
    this.entries[pin] = entry;
    const mode = modeOf(entry);
    if (mode === DELIVER_RESERVED || mode === DELIVER_STARTUP) {
      this.wires.guestError(this.name, this.entryName(pin), `delivery mode ${mode} is reserved`);
    }
    this.serve(pin);
  }

  // --- Pins ------------------------------------------------------------------------------------------------------------

  /** An edge at a masked pin is lost. */
  private setPin(pin: number, level: boolean): void {
    this.pins = level ? this.pins | (1 << pin) : this.pins & ~(1 << pin);
    const entry = this.entries[pin];
    if (isLevel(entry)) this.serve(pin);
    else if (this.isAsserted(pin) && (entry & MASK) === 0) this.send(pin);
  }

  private isAsserted(pin: number): boolean {
    return (((this.pins >> pin) & 1) !== 0) !== ((this.entries[pin] & ACTIVE_LOW) !== 0);
  }

  /** Sends what a level asks for, unless its last interrupt has not ended. */
  private serve(pin: number): void {
    const entry = this.entries[pin] & ~PENDING;
    const idle = (entry & (MASK | REMOTE_IRR)) !== 0 || !isLevel(entry) || !this.isAsserted(pin);
    if (idle) this.entries[pin] = entry;
    else this.entries[pin] = entry | (this.send(pin) ? REMOTE_IRR : PENDING);
  }

  private send(pin: number): boolean {
    const entry = this.entries[pin];
    const mode = modeOf(entry);
    if (mode === DELIVER_RESERVED || mode === DELIVER_STARTUP) return false;
    return this.wires.deliver({
      vector: entry & 0xff,
      mode,
      level: isLevel(entry),
      logical: (entry & LOGICAL) !== 0,
      destination: this.destinations[pin],
    });
  }

  // --- State -----------------------------------------------------------------------------------------------------------

  reset(): void {
    this.select = 0;
    this.id = 0;
    this.arbitration = 0;
    this.entries.fill(MASK);
    this.destinations.fill(0);
    this.inputs.reset();
    this.pins = 0;
  }

  save(): IoApicState {
    return {
      IOREGSEL: this.select,
      ID: this.id,
      arbitration: this.arbitration,
      entries: this.entries.slice(),
      destinations: this.destinations.slice(),
      owners: this.inputs.save(),
    };
  }

  restore(state: IoApicState): void {
    this.select = state.IOREGSEL;
    this.id = state.ID;
    this.arbitration = state.arbitration;
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      this.entries[pin] = state.entries[pin];
      this.destinations[pin] = state.destinations[pin];
    }
    this.pins = this.inputs.restore(state.owners);
  }

  probe(offset: number): string {
    if (offset < 0 || offset >= IO_APIC_BYTES) return "?";
    if (offset < IOREGSEL + 4) return "IOREGSEL";
    return offset >= IOWIN && offset < IOWIN + 4 ? "IOWIN" : "RESERVED";
  }

  private entryName(pin: number): string {
    return `IOREDTBL${pin}`;
  }
}
