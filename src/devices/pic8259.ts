/**
 * One 8259A programmable interrupt controller: eight requests in, the most urgent one out.
 *
 * Datasheet: Intel 8259A Programmable Interrupt Controller, order 231468.
 *
 * Each input passes through what the datasheet draws as the priority cell:
 *
 *     IR pin ──┬── rising edge sets ──> edge sense latch ──┐
 *              │   (falling edge and INTA reset it)        OR ── AND ── IRR bit ── IMR ── priority resolver
 *              │                       level mode ─────────┘      │                          │        │
 *              └──────────────────────────────────────────────────┘                       INT pin   ISR bit
 *
 * So IRR follows the pin: a request that goes away before it is acknowledged is gone, and an acknowledge that
 * then finds nothing is answered with IR7, the spurious interrupt.
 *
 * Differs: the two INTA cycles of the bus are one call. Nothing can happen between them.
 */

import { lowestBit } from "../common/bits.ts";
import type { Device, IrqLine, PortDevice, Width } from "./device.ts";
import { WiredOr } from "./wired-or.ts";

/*  ICW1   7 6 5 4 3 2 1 0          ICW4   7 6 5 4 3 2 1 0
 *         A7-A5 1 │ │ │ └ IC4             0 0 0 │ │ │ │ └ uPM: 8086 mode
 *                 │ │ └ SNGL                    │ │ │ └ AEOI
 *                 │ └ ADI                       │ └─┴ BUF, M/S: buffered mode
 *                 └ LTIM                        └ SFNM
 */
const ICW1_IC4 = 0x01;
const ICW1_SNGL = 0x02;
const ICW1_ADI = 0x04;
const ICW1_LTIM = 0x08;
const ICW1_SELECT = 0x10;
const ICW4_UPM = 0x01;
const ICW4_AEOI = 0x02;
const ICW4_SFNM = 0x10;

/*  OCW2   7 6   5   4 3 2 1 0      OCW3   7 6    5   4 3 2 1  0
 *         R SL EOI  0 0 L2-L0             0 ESMM SMM 0 1 P RR RIS
 */
const OCW2_CLEAR_ROTATE_IN_AEOI = 0;
const OCW2_NON_SPECIFIC_EOI = 1;
const OCW2_SPECIFIC_EOI = 3;
const OCW2_SET_ROTATE_IN_AEOI = 4;
const OCW2_ROTATE_ON_NON_SPECIFIC_EOI = 5;
const OCW2_SET_PRIORITY = 6;
const OCW2_ROTATE_ON_SPECIFIC_EOI = 7;
const OCW3_RIS = 0x01;
const OCW3_RR = 0x02;
const OCW3_P = 0x04;
const OCW3_SELECT = 0x08;
const OCW3_SMM = 0x20;
const OCW3_ESMM = 0x40;

/** What the next write to A0 = 1 means: the initialisation sequence, then OCW1 for ever. */
const STEP_UNINITIALISED = 0;
const STEP_ICW2 = 2;
const STEP_ICW3 = 3;
const STEP_ICW4 = 4;
const STEP_READY = 5;

/** The poll word when nothing asks: bit 7 clear, and the priority resolver's idle output. */
const POLL_NOTHING = 0x07;
const POLL_REQUEST = 0x80;
const SPURIOUS = 7;
const NONE = -1;

/** Levels on the SP/EN pin, which the board ties: it tells the chip what it is. */
export type Pic8259Role = "master" | "slave";

export interface Pic8259State {
  /** Per input, one bit for each owner that holds the wire high. */
  owners: number[];
  edgeLatch: number;
  ISR: number;
  IMR: number;
  ICW1: number;
  ICW2: number;
  ICW3: number;
  ICW4: number;
  ELCR: number;
  step: number;
  lowestPriority: number;
  rotateInAeoi: boolean;
  specialMask: boolean;
  poll: boolean;
  readIsr: boolean;
}

export class Pic8259 implements PortDevice, Device<Pic8259State> {
  readonly name: string;
  private readonly role: Pic8259Role;
  private readonly int: (level: boolean) => void;
  private readonly inputs: WiredOr;
  /** Levels of the IR pins. */
  private pins = 0;
  private edgeLatch = 0;
  private isr = 0;
  private imr = 0xff;
  private icw1 = 0;
  private icw2 = 0;
  private icw3 = 0;
  private icw4 = 0;
  private elcr = 0;
  private step = STEP_UNINITIALISED;
  /** The input with the lowest priority; the one after it has the highest. */
  private lowestPriority = 7;
  private rotateInAeoi = false;
  private specialMask = false;
  private poll = false;
  private readIsr = false;
  private intPin = false;

  /** `int` hears every change of the INT pin. */
  constructor(name: string, role: Pic8259Role, int: (level: boolean) => void) {
    this.name = name;
    this.role = role;
    this.int = int;
    this.inputs = new WiredOr(name, 8, (ir, level) => this.setPin(ir, level));
  }

  get IRR(): number {
    return this.pins & (this.edgeLatch | this.levelTriggered());
  }

  get ISR(): number {
    return this.isr;
  }

  get IMR(): number {
    return this.imr;
  }

  /** Edge/level control, which the board adds beside the chip: a set bit makes that input level triggered. */
  get ELCR(): number {
    return this.elcr;
  }

  set ELCR(value: number) {
    this.elcr = value;
    this.update();
  }

  /** A new wire to input `ir`. Wires to the same input are wired-or: the pin is high while any is raised. */
  wire(ir: number): IrqLine {
    return this.inputs.wire(ir);
  }

  /** The INTA cycles: takes the most urgent request into service and returns it; IR7 if there is none. */
  inta(): number {
    const ir = this.pending();
    if (ir === NONE) return SPURIOUS;
    this.takeIntoService(ir);
    return ir;
  }

  /** What the chip puts on the data bus for `ir`. In MCS-80 mode that is the low byte of a CALL's address. */
  vector(ir: number): number {
    if ((this.icw4 & ICW4_UPM) !== 0) return (this.icw2 & 0xf8) | ir;
    return (this.icw1 & ICW1_ADI) !== 0 ? (this.icw1 & 0xe0) | (ir << 2) : (this.icw1 & 0xc0) | (ir << 3);
  }

  /** The master leaves the data bus to the slave on `ir`. */
  hasSlave(ir: number): boolean {
    return ((this.slaveInputs() >> ir) & 1) !== 0;
  }

  /** The slave recognises its own number on the cascade wires. */
  isSlaveNumber(ir: number): boolean {
    return this.role === "slave" && (this.icw3 & 7) === ir;
  }

  /** A0 = 0: poll word, IRR or ISR. A0 = 1: IMR. After a poll command any read is the poll. */
  portRead(offset: number, _width: Width): number {
    if (this.poll) {
      this.poll = false;
      const ir = this.pending();
      if (ir === NONE) return POLL_NOTHING;
      this.takeIntoService(ir);
      return POLL_REQUEST | ir;
    }
    if (offset === 1) return this.imr;
    return this.readIsr ? this.isr : this.IRR;
  }

  portWrite(offset: number, _width: Width, value: number): void {
    const byte = value & 0xff;
    if (offset === 1) this.writeA0High(byte);
    else if ((byte & ICW1_SELECT) !== 0) this.writeIcw1(byte);
    else if ((byte & OCW3_SELECT) !== 0) this.writeOcw3(byte);
    else this.writeOcw2(byte);
    this.update();
  }

  reset(): void {
    this.pins = 0;
    this.inputs.reset();
    this.elcr = 0;
    this.icw2 = 0;
    this.icw4 = 0;
    this.writeIcw1(0);
    this.icw3 = 0;
    // The datasheet leaves power-on open. Nothing passes until software has initialised the chip.
    this.imr = 0xff;
    this.step = STEP_UNINITIALISED;
    this.driveInt(false);
  }

  save(): Pic8259State {
    return {
      owners: this.inputs.save(),
      edgeLatch: this.edgeLatch,
      ISR: this.isr,
      IMR: this.imr,
      ICW1: this.icw1,
      ICW2: this.icw2,
      ICW3: this.icw3,
      ICW4: this.icw4,
      ELCR: this.elcr,
      step: this.step,
      lowestPriority: this.lowestPriority,
      rotateInAeoi: this.rotateInAeoi,
      specialMask: this.specialMask,
      poll: this.poll,
      readIsr: this.readIsr,
    };
  }

  restore(state: Pic8259State): void {
    this.pins = this.inputs.restore(state.owners);
    this.edgeLatch = state.edgeLatch;
    this.isr = state.ISR;
    this.imr = state.IMR;
    this.icw1 = state.ICW1;
    this.icw2 = state.ICW2;
    this.icw3 = state.ICW3;
    this.icw4 = state.ICW4;
    this.elcr = state.ELCR;
    this.step = state.step;
    this.lowestPriority = state.lowestPriority;
    this.rotateInAeoi = state.rotateInAeoi;
    this.specialMask = state.specialMask;
    this.poll = state.poll;
    this.readIsr = state.readIsr;
    this.driveInt(this.pending() !== NONE);
  }

  probe(offset: number): string {
    return offset === 0 ? "ICW1/OCW2/OCW3/IRR/ISR" : offset === 1 ? "ICW2/ICW3/ICW4/OCW1/IMR" : "?";
  }

  private setPin(ir: number, level: boolean): void {
    const bit = 1 << ir;
    this.pins = level ? this.pins | bit : this.pins & ~bit;
    this.edgeLatch = level ? this.edgeLatch | bit : this.edgeLatch & ~bit;
    this.update();
  }

  /** Starts the initialisation sequence; clears what the datasheet lists under ICW1. */
  private writeIcw1(value: number): void {
    this.icw1 = value;
    this.edgeLatch = 0;
    this.imr = 0;
    this.isr = 0;
    this.lowestPriority = 7;
    this.icw3 = this.role === "slave" ? 7 : 0;
    this.specialMask = false;
    this.readIsr = false;
    this.rotateInAeoi = false;
    this.poll = false;
    if ((value & ICW1_IC4) === 0) this.icw4 = 0;
    this.step = STEP_ICW2;
  }

  private writeA0High(value: number): void {
    const stepAfterIcw3 = (this.icw1 & ICW1_IC4) !== 0 ? STEP_ICW4 : STEP_READY;
    switch (this.step) {
      case STEP_ICW2:
        this.icw2 = value;
        this.step = (this.icw1 & ICW1_SNGL) !== 0 ? stepAfterIcw3 : STEP_ICW3;
        break;
      case STEP_ICW3:
        this.icw3 = value;
        this.step = stepAfterIcw3;
        break;
      case STEP_ICW4:
        this.icw4 = value;
        this.step = STEP_READY;
        break;
      default:
        this.imr = value;
    }
  }

  private writeOcw2(value: number): void {
    const level = value & 7;
    switch (value >> 5) {
      case OCW2_NON_SPECIFIC_EOI:
        this.nonSpecificEoi();
        break;
      case OCW2_SPECIFIC_EOI:
        this.isr &= ~(1 << level);
        break;
      case OCW2_ROTATE_ON_NON_SPECIFIC_EOI: {
        const ended = this.nonSpecificEoi();
        if (ended !== NONE) this.lowestPriority = ended;
        break;
      }
      case OCW2_ROTATE_ON_SPECIFIC_EOI:
        this.isr &= ~(1 << level);
        this.lowestPriority = level;
        break;
      case OCW2_SET_PRIORITY:
        this.lowestPriority = level;
        break;
      case OCW2_SET_ROTATE_IN_AEOI:
        this.rotateInAeoi = true;
        break;
      case OCW2_CLEAR_ROTATE_IN_AEOI:
        this.rotateInAeoi = false;
        break;
    }
  }

  private writeOcw3(value: number): void {
    if ((value & OCW3_ESMM) !== 0) this.specialMask = (value & OCW3_SMM) !== 0;
    // The poll command wins over the register read command in the same word.
    if ((value & OCW3_P) !== 0) this.poll = true;
    else if ((value & OCW3_RR) !== 0) this.readIsr = (value & OCW3_RIS) !== 0;
  }

  /** Ends the most urgent service and returns its input. A masked one is skipped in special mask mode. */
  private nonSpecificEoi(): number {
    const ir = this.mostUrgent(this.blocking());
    if (ir !== NONE) this.isr &= ~(1 << ir);
    return ir;
  }

  /** INT falls even if more is pending, so that a master sees a fresh edge for the next request. */
  private takeIntoService(ir: number): void {
    this.setInt(false);
    this.edgeLatch &= ~(1 << ir);
    if ((this.icw4 & ICW4_AEOI) === 0) this.isr |= 1 << ir;
    else if (this.rotateInAeoi) this.lowestPriority = ir;
    this.update();
  }

  /** The request that the priority resolver lets through, or NONE. None during initialisation. */
  private pending(): number {
    if (this.step !== STEP_READY) return NONE;
    const request = this.mostUrgent(this.IRR & ~this.imr);
    if (request === NONE) return NONE;
    const inService = this.mostUrgent(this.blocking());
    if (inService === NONE || this.rank(request) < this.rank(inService)) return request;
    // Special fully nested mode: a slave in service may ask again, for something more urgent of its own.
    if (request === inService && (this.icw4 & ICW4_SFNM) !== 0 && this.hasSlave(request)) return request;
    return NONE;
  }

  /** The services that hold back requests of the same or lower priority. */
  private blocking(): number {
    return this.specialMask ? this.isr & ~this.imr : this.isr;
  }

  /** 0 for the input with the highest priority, 7 for the lowest. */
  private rank(ir: number): number {
    return (ir - this.lowestPriority - 1) & 7;
  }

  private mostUrgent(inputs: number): number {
    if (inputs === 0) return NONE;
    const first = this.lowestPriority + 1;
    return (lowestBit((inputs | (inputs << 8)) >> first) + first) & 7;
  }

  private levelTriggered(): number {
    return (this.icw1 & ICW1_LTIM) !== 0 ? 0xff : this.elcr;
  }

  /** In a master ICW3 has a bit per slave; SNGL, which skips ICW3, leaves it zero. */
  private slaveInputs(): number {
    return this.role === "master" ? this.icw3 : 0;
  }

  private update(): void {
    this.setInt(this.pending() !== NONE);
  }

  private setInt(level: boolean): void {
    if (level !== this.intPin) this.driveInt(level);
  }

  private driveInt(level: boolean): void {
    this.intPin = level;
    this.int(level);
  }
}
