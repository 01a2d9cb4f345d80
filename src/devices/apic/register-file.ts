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

export class RegisterFile {
  private readonly wires: RegisterFileWires;
  private id = 0;
  private ldr = 0;
  private dfr = DFR_RESET;
  private svr = SVR_RESET;
  private esr = 0;
  /** Errors since ESR was written. */
  errors = 0;
  private icrLow = 0;
  private icrHigh = 0;

  constructor(wires: RegisterFileWires) {
    this.wires = wires;
  }

  get address(): message.ApicAddress {
    return { id: this.id, logicalId: this.ldr, model: this.dfr >> 4 };
  }

  get isEnabled(): boolean {
    return (this.svr & reg.SVR_ENABLE) !== 0;
  }

  get spuriousVector(): number {
    return this.svr & 0xff;
  }

  get ICR_LOW(): number {
    return this.icrLow;
  }

  /** To whom the lower half of ICR sends: eight bits. */
  get destination(): number {
    return this.icrHigh;
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
        return this.id << 24;
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
        return this.ldr << 24;
      case reg.DFR:
        return (this.dfr << 24) | 0x00ff_ffff;
      case reg.SVR:
        return this.svr;
      case reg.ESR:
        return this.esr;
      case reg.ICR_LOW:
        return this.icrLow;
      case reg.ICR_HIGH:
        return this.icrHigh << 24;
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
        this.id = value >>> 24;
        break;
      case reg.TPR:
        queue.TPR = value & 0xff;
        changed();
        break;
      case reg.EOI:
        ended();
        break;
      case reg.LDR:
        this.ldr = value >>> 24;
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
        this.icrLow = value & ICR_WRITABLE;
        commanded();
        break;
      case reg.ICR_HIGH:
        this.icrHigh = value >>> 24;
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
    timer.configure(table.timerMode, table.isMasked(reg.LVT_TIMER));
  }

  /** The model alone can be written; the other bits are ones. */
  private writeDfr(value: number): void {
    this.dfr = (value >>> 24) | 0x0f;
    const model = this.dfr >> 4;
    if (model !== message.MODEL_FLAT && model !== message.MODEL_CLUSTER) {
      this.wires.complain(reg.DFR, `model ${model} is none`);
    }
  }

  /** What waits goes on waiting when software disables the APIC; the local vector table is masked. */
  private writeSvr(value: number): void {
    const { table, changed } = this.wires;
    this.svr = value & SVR_WRITABLE;
    if (!this.isEnabled) {
      table.maskAll();
      this.configureTimer();
    }
    changed();
  }

  private writeEsr(): void {
    this.esr = this.errors;
    this.errors = 0;
    // The timer may have kept quiet, since it could only repeat an error.
    this.wires.timer.arm();
  }

  /** The first error since ESR was written interrupts. */
  record(error: number): void {
    const isFirst = this.errors === 0;
    this.errors |= error;
    if (isFirst) this.wires.table.fire(reg.LVT_ERROR);
  }

  private noSuchRegister(register: number): void {
    this.wires.complain(register, `there is no register at ${(register * 16).toString(16)}`);
    this.record(reg.ESR_ILLEGAL_REGISTER);
  }

  /** As after power-on, but for the ID. */
  init(): void {
    this.restore({
      ID: this.id,
      LDR: 0,
      DFR: DFR_RESET,
      SVR: SVR_RESET,
      ESR: 0,
      errors: 0,
      ICR_LOW: 0,
      ICR_HIGH: 0,
    });
  }

  reset(): void {
    this.id = 0;
    this.init();
  }

  save(): RegisterFileState {
    return {
      ID: this.id,
      LDR: this.ldr,
      DFR: this.dfr,
      SVR: this.svr,
      ESR: this.esr,
      errors: this.errors,
      ICR_LOW: this.icrLow,
      ICR_HIGH: this.icrHigh,
    };
  }

  restore(state: RegisterFileState): void {
    this.id = state.ID;
    this.ldr = state.LDR;
    this.dfr = state.DFR;
    this.svr = state.SVR;
    this.esr = state.ESR;
    this.errors = state.errors;
    this.icrLow = state.ICR_LOW;
    this.icrHigh = state.ICR_HIGH;
  }
}
