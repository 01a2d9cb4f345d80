/**
 * The 16550A serial port: a byte wire to the host, 16-byte FIFOs, modem lines, one interrupt.
 *
 * Datasheet: National PC16550D Universal Asynchronous Receiver/Transmitter with FIFOs, section 8.
 *
 * Differs: a character leaves the transmitter in no time, so THR and the transmit FIFO are always empty again
 * after a write; the THRE interrupt still comes once for each write. Characters arrive as fast as software
 * reads them; only the character timeout knows the baud rate. All eight bits of a character pass, whatever
 * the word length: the other end is a byte stream, and guests that trust the firmware never set LCR.
 */

import type { Clock, Device, GuestErrorSink, IrqLine, PortDevice, Width } from "./device.ts";
import { characterTicks, Receiver, type ReceiverState } from "./uart16550-receiver.ts";
import {
  FCR_CLEAR_RECEIVER,
  FCR_ENABLE,
  FCR_KEPT,
  IER,
  IER_BITS,
  IER_EDSSI,
  IER_ELSI,
  IER_ERBFI,
  IER_ETBEI,
  IIR_CHARACTER_TIMEOUT,
  IIR_DATA_AVAILABLE,
  IIR_FCR,
  IIR_FIFOS_ENABLED,
  IIR_LINE_STATUS,
  IIR_MODEM_STATUS,
  IIR_NONE,
  IIR_THR_EMPTY,
  LCR,
  LCR_BREAK,
  LCR_DLAB,
  LSR,
  LSR_BI,
  LSR_TEMT,
  LSR_THRE,
  MCR,
  MCR_BITS,
  MCR_DTR,
  MCR_LOOP,
  MCR_OUT1,
  MCR_OUT2,
  MCR_RTS,
  MSR,
  MSR_CTS,
  MSR_DCD,
  MSR_DELTAS,
  MSR_DSR,
  MSR_LINES,
  MSR_RI,
  MSR_TERI,
  RBR_THR,
  SCR,
  TRIGGER_LEVELS,
} from "./uart16550-registers.ts";

/** The divisor latches are undefined at power-on; this is what most firmware leaves. */
const DIVISOR_9600_BAUD = 12;
/** A terminal is attached and ready. */
const POWER_ON_LINES = MSR_CTS | MSR_DSR | MSR_DCD;

export interface UartState extends ReceiverState {
  IER: number;
  FCR: number;
  LCR: number;
  MCR: number;
  SCR: number;
  /** DLM and DLL. */
  divisor: number;
  thrEmptyPending: boolean;
  /** The modem lines outside, as MSR bits, and what MSR reports of changes. */
  modemPins: number;
  modemDeltas: number;
}

export interface UartWires {
  irq: IrqLine;
  clock: Clock;
  /** Hears each character sent. */
  output: (byte: number) => void;
  /** The receiver is empty and listens: the host may send more. */
  ready?: () => void;
  guestError?: GuestErrorSink;
}

export class Uart16550 implements PortDevice, Device<UartState> {
  readonly name: string;
  private readonly irq: IrqLine;
  private readonly output: (byte: number) => void;
  private readonly ready: (() => void) | null;
  private readonly guestError: GuestErrorSink | null;
  private readonly receiver: Receiver;
  private ier = 0;
  private fcr = 0;
  private lcr = 0;
  private mcr = 0;
  private scr = 0;
  private divisor = DIVISOR_9600_BAUD;
  private thrEmptyPending = false;
  private modemPins = POWER_ON_LINES;
  private modemDeltas = 0;
  private irqLevel = false;

  constructor(name: string, wires: UartWires) {
    this.name = name;
    this.irq = wires.irq;
    this.output = wires.output;
    this.ready = wires.ready ?? null;
    this.guestError = wires.guestError ?? null;
    this.receiver = new Receiver(wires.clock, () => this.update());
  }

  /** Characters from the host; returns how many were taken. The rest must be offered again: none is lost. */
  receive(bytes: Uint8Array): number {
    if (this.isLoopback()) return 0;
    let taken = 0;
    while (taken < bytes.length && !this.receiver.isFull) this.arrive(bytes[taken++], 0);
    this.update();
    return taken;
  }

  /** The line has been low for longer than a character: arrives as a zero with the break error. */
  receiveBreak(): void {
    if (this.isLoopback()) return;
    this.arrive(0, LSR_BI);
    this.update();
  }

  /** Sets the modem lines outside: bits 7-4 of MSR, that is DCD, RI, DSR, CTS. */
  setModemLines(lines: number): void {
    const before = this.modemLines();
    this.modemPins = lines & MSR_LINES;
    this.noteModemChange(before);
    this.update();
  }

  portRead(offset: number, _width: Width): number {
    switch (offset) {
      case RBR_THR:
        return this.dlab() ? this.divisor & 0xff : this.readRbr();
      case IER:
        return this.dlab() ? this.divisor >> 8 : this.ier;
      case IIR_FCR:
        return this.readIir();
      case LCR:
        return this.lcr;
      case MCR:
        return this.mcr;
      case LSR:
        return this.readLsr();
      case MSR:
        return this.readMsr();
      default:
        return this.scr;
    }
  }

  portWrite(offset: number, _width: Width, value: number): void {
    const byte = value & 0xff;
    switch (offset) {
      case RBR_THR:
        if (this.dlab()) this.divisor = (this.divisor & 0xff00) | byte;
        else this.writeThr(byte);
        break;
      case IER:
        if (this.dlab()) this.divisor = (byte << 8) | (this.divisor & 0xff);
        else this.writeIer(byte);
        break;
      case IIR_FCR:
        this.writeFcr(byte);
        break;
      case LCR:
        this.writeLcr(byte);
        break;
      case MCR:
        this.writeMcr(byte);
        break;
      case SCR:
        this.scr = byte;
        break;
      default:
        if (this.guestError !== null)
          this.guestError(this.name, this.probe(offset), "written, but read-only");
    }
  }

  reset(): void {
    this.receiver.reset();
    this.ier = 0;
    this.fcr = 0;
    this.lcr = 0;
    this.mcr = 0;
    this.scr = 0;
    this.divisor = DIVISOR_9600_BAUD;
    this.thrEmptyPending = false;
    this.modemPins = POWER_ON_LINES;
    this.modemDeltas = 0;
    this.drive(false);
  }

  save(): UartState {
    return {
      ...this.receiver.save(),
      IER: this.ier,
      FCR: this.fcr,
      LCR: this.lcr,
      MCR: this.mcr,
      SCR: this.scr,
      divisor: this.divisor,
      thrEmptyPending: this.thrEmptyPending,
      modemPins: this.modemPins,
      modemDeltas: this.modemDeltas,
    };
  }

  restore(state: UartState): void {
    this.ier = state.IER;
    this.fcr = state.FCR;
    this.lcr = state.LCR;
    this.mcr = state.MCR;
    this.scr = state.SCR;
    this.divisor = state.divisor;
    this.thrEmptyPending = state.thrEmptyPending;
    this.modemPins = state.modemPins;
    this.modemDeltas = state.modemDeltas;
    this.receiver.restore(state, this.fifosEnabled());
    this.drive(this.wantsInterrupt());
  }

  probe(offset: number): string {
    if (this.dlab() && offset === RBR_THR) return "DLL";
    if (this.dlab() && offset === IER) return "DLM";
    return ["RBR/THR", "IER", "IIR/FCR", "LCR", "MCR", "LSR", "MSR", "SCR"][offset] ?? "?";
  }

  private dlab(): boolean {
    return (this.lcr & LCR_DLAB) !== 0;
  }

  private fifosEnabled(): boolean {
    return (this.fcr & FCR_ENABLE) !== 0;
  }

  /** In loopback the receiver is cut off from its pin, and hears the transmitter. */
  private isLoopback(): boolean {
    return (this.mcr & MCR_LOOP) !== 0;
  }

  private arrive(byte: number, errors: number): void {
    this.receiver.arrive(byte, errors, characterTicks(this.lcr, this.divisor));
  }

  private readRbr(): number {
    const takesLast = this.receiver.length === 1;
    const byte = this.receiver.read(characterTicks(this.lcr, this.divisor));
    this.update();
    if (takesLast) this.askForMore();
    return byte;
  }

  /** Reading IIR answers the THRE interrupt, if that is what it shows. */
  private readIir(): number {
    const source = this.interruptSource();
    if (source === IIR_THR_EMPTY) {
      this.thrEmptyPending = false;
      this.update();
    }
    return source | (this.fifosEnabled() ? IIR_FIFOS_ENABLED : 0);
  }

  private readLsr(): number {
    const value = this.receiver.lineStatus | LSR_THRE | LSR_TEMT;
    this.receiver.clearErrors();
    this.update();
    return value;
  }

  private readMsr(): number {
    const value = this.modemLines() | this.modemDeltas;
    this.modemDeltas = 0;
    this.update();
    return value;
  }

  /** The write answers the THRE interrupt; the character is gone at once, and that asks for the next one. */
  private writeThr(byte: number): void {
    this.thrEmptyPending = false;
    this.update();
    // While a break is sent the line is held low, and the character is lost.
    if ((this.lcr & LCR_BREAK) === 0) {
      if (this.isLoopback()) this.arrive(byte, 0);
      else this.output(byte);
    }
    this.thrEmptyPending = true;
    this.update();
  }

  /** Enabling the THRE interrupt while THR is empty, which it always is, raises it. */
  private writeIer(byte: number): void {
    if ((byte & ~this.ier & IER_ETBEI) !== 0) this.thrEmptyPending = true;
    this.ier = byte & IER_BITS;
    this.update();
  }

  /** Without the enable bit the others are not taken. Changing the enable bit empties the FIFOs. */
  private writeFcr(byte: number): void {
    const before = this.fifosEnabled();
    this.fcr = (byte & FCR_ENABLE) !== 0 ? byte & FCR_KEPT : 0;
    const enabled = this.fifosEnabled();
    if (before !== enabled) this.receiver.enableFifo(enabled);
    else if (enabled && (byte & FCR_CLEAR_RECEIVER) !== 0) this.receiver.clear();
    this.update();
    this.askForMore();
  }

  /** In loopback the receiver hears a break that the transmitter begins. */
  private writeLcr(byte: number): void {
    const breakBegins = (byte & ~this.lcr & LCR_BREAK) !== 0;
    this.lcr = byte;
    if (!breakBegins || !this.isLoopback()) return;
    this.arrive(0, LSR_BI);
    this.update();
  }

  private writeMcr(byte: number): void {
    const before = this.modemLines();
    this.mcr = byte & MCR_BITS;
    this.noteModemChange(before);
    this.update();
    this.askForMore();
  }

  private askForMore(): void {
    if (this.ready !== null && this.receiver.length === 0 && !this.isLoopback()) this.ready();
  }

  /** The lines MSR shows: in loopback MCR's outputs come back as inputs. */
  private modemLines(): number {
    if (!this.isLoopback()) return this.modemPins;
    const mcr = this.mcr;
    return (
      ((mcr & MCR_RTS) !== 0 ? MSR_CTS : 0) |
      ((mcr & MCR_DTR) !== 0 ? MSR_DSR : 0) |
      ((mcr & MCR_OUT1) !== 0 ? MSR_RI : 0) |
      ((mcr & MCR_OUT2) !== 0 ? MSR_DCD : 0)
    );
  }

  /** Every change counts, except that of RI only the end of the ring does. */
  private noteModemChange(before: number): void {
    const after = this.modemLines();
    const deltas = ((before ^ after) >> 4) & MSR_DELTAS;
    this.modemDeltas |= (after & MSR_RI) !== 0 ? deltas & ~MSR_TERI : deltas;
  }

  private interruptSource(): number {
    const ier = this.ier;
    const receiver = this.receiver;
    if ((ier & IER_ELSI) !== 0 && receiver.lineErrors !== 0) return IIR_LINE_STATUS;
    if ((ier & IER_ERBFI) !== 0) {
      if (receiver.length >= this.triggerLevel()) return IIR_DATA_AVAILABLE;
      if (receiver.timeoutPending) return IIR_CHARACTER_TIMEOUT;
    }
    if ((ier & IER_ETBEI) !== 0 && this.thrEmptyPending) return IIR_THR_EMPTY;
    if ((ier & IER_EDSSI) !== 0 && this.modemDeltas !== 0) return IIR_MODEM_STATUS;
    return IIR_NONE;
  }

  private triggerLevel(): number {
    return this.fifosEnabled() ? TRIGGER_LEVELS[this.fcr >> 6] : 1;
  }

  /** On the PC the interrupt leaves the card only while OUT2 is set; loopback does not change that here. */
  private wantsInterrupt(): boolean {
    return (this.mcr & MCR_OUT2) !== 0 && this.interruptSource() !== IIR_NONE;
  }

  private update(): void {
    const level = this.wantsInterrupt();
    if (level !== this.irqLevel) this.drive(level);
  }

  private drive(level: boolean): void {
    this.irqLevel = level;
    if (level) this.irq.raise();
    else this.irq.lower();
  }
}
