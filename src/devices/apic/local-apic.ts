/**
 * The local APIC of a board with one processor: it collects interrupts by vector, hands the most urgent one to the
 * processor, and has a timer. Registers lie 16 bytes apart in a page of memory.
 *
 *     LINT0, LINT1, timer, errors ── local vector table ──┐
 *     I/O APIC ── messages ── for this one? ──────────────┼── IRR ── above PPR? ── interrupt, INTA ── ISR ── EOI
 *     ICR ─────── messages ── for this one? ──────────────┘
 *
 * SDM: volume 3, chapter 11 "Advanced programmable interrupt controller (APIC)", xAPIC mode.
 */
import type { Clock, Device, GuestErrorSink, MmioDevice, Width } from "../device.ts";
import * as message from "./apic-message.ts";
import * as reg from "./apic-registers.ts";
import { ApicTimer, type ApicTimerState } from "./apic-timer.ts";
import { InterruptQueue, type InterruptQueueState } from "./interrupt-queue.ts";
import { LocalVectorTable, type LocalVectorTableState } from "./local-vector-table.ts";
import { RegisterFile, type RegisterFileState } from "./register-file.ts";

export const LOCAL_APIC_GPA = 0xfee0_0000;
const PAGE = 4096;
const BUS_HZ = 100_000_000;
const ALL_ONES = [0, 0xff, 0xffff, 0, 0xffff_ffff];
const LINT0 = 0;
const LINT1 = 1;

export interface LocalApicState
  extends ApicTimerState,
    LocalVectorTableState,
    InterruptQueueState,
    RegisterFileState {
  /** Where the page of registers is; null while the APIC is switched off. */
  page: number | null;
  /** A message said that an interrupt controller outside asks. */
  controllerPending: boolean;
}

export interface LocalApicWires {
  readonly clock: Clock;
  /** The processor is to be interrupted, or no longer. It answers with `acknowledge`. */
  readonly interrupt: (level: boolean) => void;
  /** Interrupt acknowledge cycles for the controller behind LINT0; the vector. */
  readonly acknowledgePic: () => number;
  /** A pulse on the processor's NMI pin. */
  readonly nmi: () => void;
  /** A pulse on its INIT pin. Whoever resets the processor by that pin calls `init`, too. */
  readonly initProcessor: () => void;
  /** A level-triggered interrupt has ended: I/O APICs hear its vector. */
  readonly eoi: (vector: number) => void;
  /** The page of registers answers at `base` from now on; null for nowhere. Called by `reset` and `restore`, too. */
  readonly place: (base: number | null) => void;
  readonly guestError: GuestErrorSink;
  /** Ticks per second of the bus clock, which the timer divides; 100 MHz if absent. */
  readonly busHz?: number;
}

export class LocalApic implements MmioDevice, Device<LocalApicState> {
  readonly name = "apic";
  readonly maxWidth = 4;
  readonly timer: ApicTimer;
  private readonly wires: LocalApicWires;
  private readonly table: LocalVectorTable;
  private readonly registers: RegisterFile;
  private readonly queue = new InterruptQueue();
  private page: number | null = LOCAL_APIC_GPA;
  private controllerPending = false;
  private output = false;

  constructor(wires: LocalApicWires) {
    const { clock, guestError, busHz = BUS_HZ } = wires;
    this.wires = wires;
    this.timer = new ApicTimer({
      clock,
      busHz,
      expired: () => this.table.fire(reg.LVT_TIMER),
      isAwaited: () => this.wouldTimerMatter(),
    });
    this.table = new LocalVectorTable({
      deliver: (mode, vector, level) => this.receive(mode, vector, level),
      guestError,
    });
    this.registers = new RegisterFile({
      timer: this.timer,
      table: this.table,
      queue: this.queue,
      changed: () => this.update(),
      ended: () => this.endOfInterrupt(),
      commanded: () => this.sendInterprocessor(),
      complain: (register, detail) => this.complain(register, detail),
    });
  }

  // --- IA32_APIC_BASE, which is the processor's -------------------------------------------------------------------------

  /** Switched on by IA32_APIC_BASE; off, LINT0 is the processor's INTR pin, LINT1 its NMI pin, and CPUID says nothing. */
  get isEnabled(): boolean {
    return this.page !== null;
  }

  /** IA32_APIC_BASE says where the registers are, or with null that there are none. */
  setPage(page: number | null): void {
    const wasEnabled = this.isEnabled;
    this.page = page;
    // Off and on again leaves it as after power-on.
    if (this.isEnabled !== wasEnabled) this.clear();
    this.wires.place(page);
    this.update();
  }

  // --- What the processor and the board do -----------------------------------------------------------------------------

  /** The wire from the PIC's INTR. */
  setLint0(level: boolean): void {
    this.setLint(LINT0, level);
  }

  /** Its level. */
  get lint0(): boolean {
    return this.table.pin(LINT0);
  }

  /** The wire from what interrupts without a mask. */
  setLint1(level: boolean): void {
    this.setLint(LINT1, level);
  }

  private setLint(pin: number, level: boolean): void {
    if (level === this.table.pin(pin)) return;
    this.table.setPin(pin, level, this.isEnabled);
    if (!this.isEnabled && pin === LINT1 && level) this.wires.nmi();
    this.update();
  }

  /** A message from an I/O APIC. False if nobody takes it. */
  deliver(sent: message.ApicMessage): boolean {
    if (!this.isEnabled || !message.isFor(this.registers.address, sent)) return false;
    return this.receive(sent.mode, sent.vector, sent.level);
  }

  /** The processor's interrupt acknowledge: the vector. With nothing to give, it is the spurious one. */
  acknowledge(): number {
    if (!this.isEnabled || this.controllerPending || this.table.hearsController) {
      this.controllerPending = false;
      const vector = this.wires.acknowledgePic();
      this.update();
      return vector;
    }
    const vector = this.queue.deliverable;
    if (vector < 0) return this.registers.spuriousVector;
    this.queue.take(vector);
    this.update();
    this.timer.arm();
    return vector;
  }

  /** What a BIOS leaves: LINT0 hears the PIC, LINT1 the NMI. (MP specification 1.4: 3.6.2.2 "Virtual wire mode") */
  setVirtualWire(): void {
    const { registers } = this;
    registers.write(reg.SVR, reg.SVR_ENABLE | 0xff);
    registers.write(reg.LVT + reg.LVT_LINT0, message.DELIVER_EXTINT << 8);
    registers.write(reg.LVT + reg.LVT_LINT1, message.DELIVER_NMI << 8);
  }

  // --- Memory accesses -------------------------------------------------------------------------------------------------

  /** Four bytes in sixteen answer; narrower reads take their part. */
  mmioRead(offset: number, width: Width): number {
    if (!this.isEnabled) return ALL_ONES[width];
    const byte = offset % 16;
    if (byte + width > 4) {
      this.complain(offset >> 4, "only the first four of its 16 bytes can be read");
      return 0;
    }
    return ((this.registers.read(offset >> 4) >>> (byte * 8)) & ALL_ONES[width]) >>> 0;
  }

  mmioWrite(offset: number, width: Width, value: number): void {
    if (!this.isEnabled) return;
    if (width === 4 && offset % 16 === 0) this.registers.write(offset >> 4, value);
    else this.complain(offset >> 4, "writes take four bytes on a multiple of 16");
  }

  private complain(register: number, detail: string): void {
    this.wires.guestError(this.name, reg.registerName(register), detail);
  }

  private endOfInterrupt(): void {
    const vector = this.queue.end();
    if (vector >= 0 && this.queue.TMR.has(vector)) {
      this.table.eoi(vector);
      this.wires.eoi(vector);
    }
    this.update();
  }

  // --- Messages --------------------------------------------------------------------------------------------------------

  /** ICR's lower half was written: it is sent at once, and what is for other processors is for nobody. */
  private sendInterprocessor(): void {
    const { registers } = this;
    const { ICR_LOW, destination } = registers;
    const mode = (ICR_LOW >> 8) & 7;
    const vector = ICR_LOW & 0xff;
    const shorthand = ICR_LOW >> 18;
    if (mode === message.DELIVER_RESERVED || mode === message.DELIVER_EXTINT) {
      this.complain(reg.ICR_LOW, `delivery mode ${mode} is reserved`);
    }
    // It would only bring the arbitration IDs of older processors in step.
    const deasserts = (ICR_LOW & reg.ICR_LEVEL) !== 0 && (ICR_LOW & reg.ICR_ASSERT) === 0;
    if (mode === message.DELIVER_INIT && deasserts) return;
    if (message.hasVector(mode) && vector < message.FIRST_VECTOR)
      registers.record(reg.ESR_SEND_ILLEGAL_VECTOR);
    if (shorthand === reg.SHORTHAND_OTHERS) return;
    if (shorthand === reg.SHORTHAND_NONE) {
      const logical = (ICR_LOW & reg.ICR_LOGICAL) !== 0;
      if (!message.isFor(registers.address, { destination, logical })) return;
    } else if (mode !== message.DELIVER_FIXED) {
      this.complain(reg.ICR_LOW, `delivery mode ${mode} to oneself by a shorthand`);
    }
    this.receive(mode, vector, false);
  }

  /** Takes an interrupt of any mode; false if it was dropped. */
  private receive(mode: number, vector: number, level: boolean): boolean {
    switch (mode) {
      case message.DELIVER_FIXED:
      case message.DELIVER_LOWEST_PRIORITY:
        return this.accept(vector, level);
      case message.DELIVER_NMI:
        this.wires.nmi();
        return true;
      case message.DELIVER_INIT:
        this.wires.initProcessor();
        return true;
      case message.DELIVER_EXTINT:
        this.controllerPending = true;
        this.update();
        return true;
      case message.DELIVER_STARTUP:
        // Only a processor that waits for it after INIT heeds it; the one that boots does not wait.
        return true;
      case message.DELIVER_SMI:
        this.wires.guestError(this.name, "SMI", "there is no system management mode");
        return false;
      default:
        return false;
    }
  }

  private accept(vector: number, level: boolean): boolean {
    if (vector < message.FIRST_VECTOR) {
      this.registers.record(reg.ESR_RECEIVED_ILLEGAL_VECTOR);
      return false;
    }
    if (!this.registers.isEnabled) return false;
    this.queue.request(vector, level);
    this.update();
    return true;
  }

  /** An end of the timer merges with one that waits, and with an error that nobody has looked at. */
  private wouldTimerMatter(): boolean {
    const vector = this.table.vector(reg.LVT_TIMER);
    if (vector >= message.FIRST_VECTOR) return !this.queue.IRR.has(vector);
    return (this.registers.errors & reg.ESR_RECEIVED_ILLEGAL_VECTOR) === 0;
  }

  private wantsInterrupt(): boolean {
    if (!this.isEnabled) return this.table.pin(LINT0);
    return this.controllerPending || this.table.hearsController || this.queue.deliverable >= 0;
  }

  private update(): void {
    const level = this.wantsInterrupt();
    if (level !== this.output) this.drive(level);
  }

  private drive(level: boolean): void {
    this.output = level;
    this.wires.interrupt(level);
  }

  // --- State -----------------------------------------------------------------------------------------------------------

  /** The processor's INIT: all as after power-on, but for the ID, the place of the registers and what drives the pins. */
  init(): void {
    this.registers.init();
    this.clearRest();
    this.update();
  }

  private clear(): void {
    this.registers.reset();
    this.clearRest();
  }

  private clearRest(): void {
    this.controllerPending = false;
    this.queue.reset();
    this.table.reset();
    this.timer.reset();
  }

  reset(): void {
    this.page = LOCAL_APIC_GPA;
    this.clear();
    this.table.releasePins();
    this.wires.place(this.page);
    this.drive(false);
  }

  save(): LocalApicState {
    return {
      ...this.registers.save(),
      ...this.queue.save(),
      ...this.table.save(),
      ...this.timer.save(),
      page: this.page,
      controllerPending: this.controllerPending,
    };
  }

  restore(state: LocalApicState): void {
    this.page = state.page;
    this.controllerPending = state.controllerPending;
    this.registers.restore(state);
    this.queue.restore(state);
    this.table.restore(state);
    this.timer.restore(state, this.table.isTimerPeriodic, this.table.isMasked(reg.LVT_TIMER));
    this.timer.arm();
    this.wires.place(this.page);
    this.drive(this.wantsInterrupt());
  }

  /** `offset` counts bytes, as the accesses do. */
  probe(offset: number): string {
    return offset >= 0 && offset < PAGE ? reg.registerName(offset >> 4) : "?";
  }

  // --- For people ------------------------------------------------------------------------------------------------------

  /** What software would read, without the errors that reading may cause. */
  register(number: number): number {
    return reg.registerName(number) === reg.RESERVED ? 0 : this.registers.read(number) >>> 0;
  }
}
