/**
 * The registers of the local APIC as software reads and writes them. What a write sets off is the business of their owner.
 *
 * SDM: volume 3, 11.4.1 "The local APIC block diagram", 11.5.3 "Error handling", 11.8 "Handling interrupts", 11.9.
 */
import * as message from "./apic-message.ts";
import * as reg from "./apic-registers.ts";
import type { ApicTimer } from "./apic-timer.ts";
import type { InterruptQueue } from "./interrupt-queue.ts";
import type { LocalVectorTable } from "./local-vector-table.ts";

/** Six entries in the local vector table; integrated, of the xAPIC kind. */
export const LOCAL_APIC_VERSION = 0x0005_0014;
const SVR_RESET = 0xff;
const SVR_WRITABLE = 0xff | reg.SVR_ENABLE | reg.SVR_FOCUS_OFF;
const DFR_RESET = 0xff;
const ICR_WRITABLE = 0x000c_cfff;

export interface RegisterFileState {
  /** Of ID, LDR, DFR and ICR_HIGH the upper eight bits. */
  ID: number;
  LDR: number;
  DFR: number;
  SVR: number;
  /** What software reads, and what has come since it last wrote. */
  ESR: number;
  errors: number;
  ICR_LOW: number;
  ICR_HIGH: number;
}

export interface RegisterFileWires {
  readonly timer: ApicTimer;
  readonly table: LocalVectorTable;
  readonly queue: InterruptQueue;
  /** What may interrupt has changed. */
  readonly changed: () => void;
  /** EOI was written. */
  readonly ended: () => void;
  /** The lower half of ICR was written. */
  readonly commanded: () => void;
  readonly complain: (register: number, detail: string) => void;
}

const isVectorWord = (register: number, first: number): boolean =>
  register >= first && register < first + reg.VECTOR_WORDS;
const isEntry = (register: number): boolean => register >= reg.LVT && register < reg.LVT + reg.LVT_ENTRIES;

const powerOn = (): RegisterFileState => ({
  ID: 0,
  LDR: 0,
  DFR: DFR_RESET,
  SVR: SVR_RESET,
  ESR: 0,
  errors: 0,
  ICR_LOW: 0,
  ICR_HIGH: 0,
});

export class RegisterFile {
  private readonly wires: RegisterFileWires;
  private state = powerOn();

  constructor(wires: RegisterFileWires) {
    this.wires = wires;
  }

  get address(): message.ApicAddress {
    return { id: this.state.ID, logicalId: this.state.LDR, model: this.state.DFR >> 4 };
  }

  get isEnabled(): boolean {
    return (this.state.SVR & reg.SVR_ENABLE) !== 0;
  }

  get spuriousVector(): number {
    return this.state.SVR & 0xff;
  }

  /** Errors since ESR was written. */
  get errors(): number {
    return this.state.errors;
  }

  get ICR_LOW(): number {
    return this.state.ICR_LOW;
  }

  /** To whom the lower half of ICR sends: eight bits. */
  get destination(): number {
    return this.state.ICR_HIGH;
  }

  /** As 32 bits, signed or not. */
  read(register: number): number {
    const { queue, table, timer } = this.wires;
    if (isVectorWord(register, reg.ISR)) return queue.ISR.word(register - reg.ISR);
    if (isVectorWord(register, reg.TMR)) return queue.TMR.word(register - reg.TMR);
    if (isVectorWord(register, reg.IRR)) return queue.IRR.word(register - reg.IRR);
    if (isEntry(register)) return table.read(register - reg.LVT);
    switch (register) {
      case reg.ID:
        return this.state.ID << 24;
      case reg.VERSION:
        return LOCAL_APIC_VERSION;
      case reg.TPR:
        return queue.TPR;
      case reg.APR:
        return queue.APR;
      case reg.PPR:
        return queue.PPR;
      case reg.EOI:
      case reg.RRD:
        return 0;
      case reg.LDR:
        return this.state.LDR << 24;
      case reg.DFR:
        return (this.state.DFR << 24) | 0x00ff_ffff;
      case reg.SVR:
        return this.state.SVR;
      case reg.ESR:
        return this.state.ESR;
      case reg.ICR_LOW:
        return this.state.ICR_LOW;
      case reg.ICR_HIGH:
        return this.state.ICR_HIGH << 24;
      case reg.TICR:
        return timer.TICR;
      case reg.TCCR:
        return timer.TCCR;
      case reg.TDCR:
        return timer.TDCR;
      default:
        this.noSuchRegister(register);
        return 0;
    }
  }

  write(register: number, value: number): void {
    const { queue, timer, changed, ended, commanded } = this.wires;
    if (isEntry(register)) {
      this.writeEntry(register - reg.LVT, value);
      return;
    }
    switch (register) {
      case reg.ID:
        this.state.ID = value >>> 24;
        break;
      case reg.TPR:
        queue.TPR = value & 0xff;
        changed();
        break;
      case reg.EOI:
        ended();
        break;
      case reg.LDR:
        this.state.LDR = value >>> 24;
        break;
      case reg.DFR:
        this.writeDfr(value);
        break;
      case reg.SVR:
        this.writeSvr(value);
        break;
      case reg.ESR:
        this.writeEsr();
        break;
      case reg.ICR_LOW:
        this.state.ICR_LOW = value & ICR_WRITABLE;
        commanded();
        break;
      case reg.ICR_HIGH:
        this.state.ICR_HIGH = value >>> 24;
        break;
      case reg.TICR:
        timer.start(value >>> 0);
        break;
      case reg.TDCR:
        timer.setDivide(value);
        break;
      default:
        if (reg.registerName(register) === reg.RESERVED) this.noSuchRegister(register);
        else this.wires.complain(register, "written, but read-only");
    }
  }

  private writeEntry(entry: number, value: number): void {
    const { table, changed } = this.wires;
    table.write(entry, value, this.isEnabled);
    if (entry === reg.LVT_TIMER) this.configureTimer();
    changed();
  }

  private configureTimer(): void {
    const { table, timer } = this.wires;
    timer.configure(table.isTimerPeriodic, table.isMasked(reg.LVT_TIMER));
  }

  /** The model alone can be written; the other bits are ones. */
  private writeDfr(value: number): void {
    this.state.DFR = (value >>> 24) | 0x0f;
    const model = this.state.DFR >> 4;
    if (model !== message.MODEL_FLAT && model !== message.MODEL_CLUSTER) {
      this.wires.complain(reg.DFR, `model ${model} is none`);
    }
  }

  /** What waits goes on waiting when software disables the APIC; the local vector table is masked. */
  private writeSvr(value: number): void {
    const { table, changed } = this.wires;
    this.state.SVR = value & SVR_WRITABLE;
    if (!this.isEnabled) {
      table.maskAll();
      this.configureTimer();
    }
    changed();
  }

  private writeEsr(): void {
    this.state.ESR = this.state.errors;
    this.state.errors = 0;
    // The timer may have kept quiet, since it could only repeat an error.
    this.wires.timer.arm();
  }

  /** The first error since ESR was written interrupts. */
  record(error: number): void {
    const isFirst = this.state.errors === 0;
    this.state.errors |= error;
    if (isFirst) this.wires.table.fire(reg.LVT_ERROR);
  }

  private noSuchRegister(register: number): void {
    this.wires.complain(register, `there is no register at ${(register * 16).toString(16)}`);
    this.record(reg.ESR_ILLEGAL_REGISTER);
  }

  /** As after power-on, but for the ID. */
  init(): void {
    this.state = { ...powerOn(), ID: this.state.ID };
  }

  reset(): void {
    this.state = powerOn();
  }

  save(): RegisterFileState {
    return { ...this.state };
  }

  restore({ ID, LDR, DFR, SVR, ESR, errors, ICR_LOW, ICR_HIGH }: RegisterFileState): void {
    this.state = { ID, LDR, DFR, SVR, ESR, errors, ICR_LOW, ICR_HIGH };
  }
}
