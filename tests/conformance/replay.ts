/**
 * Runs cases on our processor: at CPL 3 in flat segments, under PAE paging with the recorder's pages mapped, as 64-bit
 * Linux runs a 32-bit program. What ends a case is delivered for real, through an IDT to a HLT in ring 0.
 */
import { Cpu, type IoBus, RUN_DEADLINE, RUN_DEVICE, RUN_HALTED, type RunResult } from "../../src/cpu/cpu.ts";
import { writeEflags } from "../../src/cpu/eflags.ts";
import { cpuModel } from "../../src/cpu/models.ts";
import * as state from "../../src/cpu/state.ts";
import { allocateLinearMemory } from "../../src/machine/layout.ts";
import { BareMmu } from "../../src/mmu/bare.ts";
import { GuestMemory } from "../../src/mmu/guest-memory.ts";
import * as place from "./layout.ts";
import {
  type Case,
  CR2,
  EFLAGS,
  EIP,
  ERROR,
  ESP,
  FCW,
  FDP,
  FIP,
  FOP,
  FSW,
  FTW,
  MXCSR,
  type Outcome,
  type Patch,
  ST,
  STATE_WORDS,
  VECTOR,
  XMM,
} from "./machine-state.ts";

/** Instructions or iterations that no case needs: the processor has lost its way. */
const PATIENCE = 2000;
/** Of VECTOR, when no exception ended the case. */
export const NO_EXCEPTION = -1;

/** Linear address of the tables and of ring 0, out of reach of 16-bit offsets. */
const KERNEL = 0xc000_0000;

// Guest-physical addresses.
const GDT = 0x1000;
const IDT = 0x2000;
const TSS = 0x3000;
/** The HLT of vector v is at STUBS + v. */
const STUBS = 0x4000;
const RING0_STACK_END = 0x6000;
const PDPT = 0x7000;
/** Page directories and tables, handed out from here. */
const TABLES = 0x8000;
const CODE_PAGE = 0x2_0000;
const DATA_PAGES = 0x2_1000;
const READ_ONLY_PAGE = 0x2_3000;
const STACK_PAGES = 0x2_4000;
const RAM_BYTES = 1 << 18;

const KERNEL_CODE = 0x08;
const KERNEL_DATA = 0x10;
const TSS_SELECTOR = 0x40;
const ATTR_KERNEL_CODE = 0xc09b;
const ATTR_KERNEL_DATA = 0xc093;
const ATTR_USER_CODE = 0xc0fb;
const ATTR_USER_DATA = 0xc0f3;
const ATTR_TSS = 0x8b;
/** Length of Linux's GDT. */
const GDT_LIMIT = 0x7f;
const GATE_DPL0 = 0x8e00;
const GATE_DPL3 = 0xee00;
/** INT3 and INTO are for everyone. */
const USER_GATES = [3, 4];
const WITH_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17]);

const PRESENT = 1;
const WRITABLE = 2;
const USER = 4;
const USED = 0x60;
const NO_EXECUTE_HIGH = 0x8000_0000;

const NO_BUS: IoBus = {
  portRead: () => 0,
  portWrite: () => {},
  mmioRead: () => 0,
  mmioWrite: () => {},
};

export class Replay {
  readonly cpu: Cpu;
  private readonly memory: GuestMemory;
  private readonly mmu: BareMmu;
  /** Contents of DATA and STACK, now and before the case; the bytes of the instruction. */
  private readonly data: Uint8Array;
  private readonly stack: Uint8Array;
  private readonly dataBefore = place.DATA_BACKGROUND.slice();
  private readonly stackBefore = place.STACK_BACKGROUND.slice();
  private nextTable = TABLES;

  constructor() {
    const linear = allocateLinearMemory({ ramBytes: RAM_BYTES, shadowPages: 1 });
    const { ram } = linear.layout;
    this.memory = new GuestMemory(linear);
    this.memory.addSlot({ id: 0, baseGfn: 0, npages: RAM_BYTES / place.PAGE, basePfn: ram / place.PAGE });
    this.mmu = new BareMmu(this.memory);
    this.cpu = new Cpu(this.memory, this.mmu, NO_BUS, cpuModel("max"));
    this.data = linear.u8.subarray(ram + DATA_PAGES, ram + DATA_PAGES + place.DATA_BYTES);
    this.stack = linear.u8.subarray(ram + STACK_PAGES, ram + STACK_PAGES + place.STACK_BYTES);
    this.buildTables();
    this.mapPages();
    this.memory.writeBytes(CODE_PAGE, new Uint8Array(place.PAGE).fill(place.INT3));
    this.memory.writeBytes(READ_ONLY_PAGE, place.READ_ONLY_BACKGROUND);
    this.enterProtectedMode();
  }

  private write32(gpa: number, value: number): void {
    this.memory.writeBytes(gpa, new Uint8Array(Int32Array.of(value).buffer));
  }

  private read32(gpa: number): number {
    const bytes = this.memory.readBytes(gpa, 4)!;
    return bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24);
  }

  private descriptor(selector: number, base: number, limit: number, attr: number): void {
    const at = GDT + (selector & ~7);
    this.write32(at, (limit & 0xffff) | (base << 16));
    this.write32(at + 4, ((base >>> 16) & 0xff) | (attr << 8) | (limit & 0xf_0000) | (base & 0xff00_0000));
  }

  private buildTables(): void {
    this.descriptor(KERNEL_CODE, 0, 0xf_ffff, ATTR_KERNEL_CODE);
    this.descriptor(KERNEL_DATA, 0, 0xf_ffff, ATTR_KERNEL_DATA);
    this.descriptor(place.USER_CODE, 0, 0xf_ffff, ATTR_USER_CODE);
    this.descriptor(place.USER_DATA, 0, 0xf_ffff, ATTR_USER_DATA);
    this.descriptor(place.USER_FS, place.FS_BASE, 0xf_ffff, ATTR_USER_DATA);
    this.descriptor(TSS_SELECTOR, KERNEL + TSS, 0x67, ATTR_TSS);
    for (let vector = 0; vector < 256; vector++) {
      const stub = KERNEL + STUBS + vector;
      const gate = USER_GATES.includes(vector) ? GATE_DPL3 : GATE_DPL0;
      this.write32(IDT + vector * 8, (KERNEL_CODE << 16) | (stub & 0xffff));
      this.write32(IDT + vector * 8 + 4, (stub & ~0xffff) | gate);
    }
    this.memory.writeBytes(STUBS, new Uint8Array(256).fill(0xf4));
    this.write32(TSS + 4, KERNEL + RING0_STACK_END);
    this.write32(TSS + 8, KERNEL_DATA);
    // The I/O permission map would begin behind the limit: there is none.
    this.write32(TSS + 0x64, 0x68 << 16);
  }

  private mapPages(): void {
    for (let gigabyte = 0; gigabyte < 4; gigabyte++)
      this.write32(PDPT + gigabyte * 8, this.table() | PRESENT);
    for (let gpa = GDT; gpa < PDPT; gpa += place.PAGE) this.map(KERNEL + gpa, gpa, WRITABLE, true);
    this.map(place.CODE, CODE_PAGE, USER, true);
    for (let at = 0; at < place.DATA_BYTES; at += place.PAGE) {
      this.map(place.DATA + at, DATA_PAGES + at, USER | WRITABLE, false);
      this.map(place.STACK + at, STACK_PAGES + at, USER | WRITABLE, false);
    }
    this.map(place.READ_ONLY, READ_ONLY_PAGE, USER, false);
  }

  private table(): number {
    const gpa = this.nextTable;
    this.nextTable += place.PAGE;
    this.memory.writeBytes(gpa, new Uint8Array(place.PAGE));
    return gpa;
  }

  private map(linear: number, gpa: number, flags: number, execute: boolean): void {
    const directory = this.read32(PDPT + (linear >>> 30) * 8) & ~0xfff;
    const entry = directory + ((linear >>> 21) & 0x1ff) * 8;
    if (this.read32(entry) === 0) this.write32(entry, this.table() | PRESENT | WRITABLE | USER | USED);
    const page = (this.read32(entry) & ~0xfff) + ((linear >>> 12) & 0x1ff) * 8;
    this.write32(page, gpa | flags | PRESENT | USED);
    this.write32(page + 4, execute ? 0 : NO_EXECUTE_HIGH);
  }

  private enterProtectedMode(): void {
    const { cpu, mmu } = this;
    const { r } = cpu;
    r[state.CR0] =
      state.CR0_PE | state.CR0_MP | state.CR0_ET | state.CR0_NE | state.CR0_WP | state.CR0_AM | state.CR0_PG;
    r[state.CR3] = PDPT;
    r[state.CR4] = state.CR4_PAE | state.CR4_OSFXSR | state.CR4_OSXMMEXCPT;
    r[state.EFER] = state.EFER_NXE;
    mmu.setEfer(r[state.EFER]);
    mmu.setCr4(r[state.CR4]);
    mmu.setCr3(PDPT);
    if (!mmu.setCr0(r[state.CR0])) throw new Error("the replay's page tables are wrong");
    r[state.GDTR_BASE] = KERNEL + GDT;
    r[state.GDTR_LIMIT] = GDT_LIMIT;
    r[state.IDTR_BASE] = KERNEL + IDT;
    r[state.IDTR_LIMIT] = 256 * 8 - 1;
    this.segment(state.TR, TSS_SELECTOR, KERNEL + TSS, 0x67, ATTR_TSS);
    this.segment(state.LDTR, 0, 0, 0, 0);
  }

  private segment(seg: number, selector: number, base: number, limit: number, attr: number): void {
    const { r } = this.cpu;
    r[state.SEG_SELECTOR + seg] = selector;
    r[state.SEG_BASE + seg] = base;
    r[state.SEG_LIMIT + seg] = limit;
    r[state.SEG_ATTR + seg] = attr;
  }

  private enterUserMode(): void {
    const { cpu } = this;
    cpu.r[state.CPL] = 3;
    this.segment(state.CS, place.USER_CODE, 0, -1, ATTR_USER_CODE);
    for (const seg of [state.SS, state.DS, state.ES])
      this.segment(seg, place.USER_DATA, 0, -1, ATTR_USER_DATA);
    this.segment(state.FS, place.USER_FS, place.FS_BASE, -1, ATTR_USER_DATA);
    this.segment(state.GS, 0, 0, 0, 0);
    cpu.refreshMode();
  }

  /**
   * Runs one case to the exception that ends it, `slice` instructions or iterations at a time: that must not make a
   * difference.
   */
  run(from: Case, slice = PATIENCE): Outcome {
    this.load(from);
    const { cpu } = this;
    cpu.halted = false;
    const end = cpu.icount + PATIENCE;
    let result: RunResult = RUN_DEADLINE;
    while ((result === RUN_DEADLINE || result === RUN_DEVICE) && cpu.icount < end) {
      result = cpu.run(Math.min(end, cpu.icount + slice));
    }
    const after = this.registers();
    if (result === RUN_HALTED) this.takeFrame(after);
    else after[VECTOR] = NO_EXCEPTION;
    const changed: Patch[] = [];
    changedRuns(this.dataBefore, this.data, place.DATA, changed);
    changedRuns(this.stackBefore, this.stack, place.STACK, changed);
    this.unload(from);
    return { after, changed };
  }

  private load({ code, at, before, patches }: Case): void {
    const { cpu, data, stack } = this;
    const { r } = cpu;
    data.set(place.DATA_BACKGROUND);
    stack.set(place.STACK_BACKGROUND);
    for (const { address, bytes } of patches) {
      if (address >= place.STACK) stack.set(bytes, address - place.STACK);
      else data.set(bytes, address - place.DATA);
    }
    this.dataBefore.set(data);
    this.stackBefore.set(stack);
    this.memory.writeBytes(CODE_PAGE + at - place.CODE, code.subarray(0, place.CODE_END - at));

    cpu.shutdown = false;
    for (let register = 0; register < 8; register++) r[register] = before[register];
    r[state.EIP] = before[EIP];
    r[state.FPU_CONTROL] = before[FCW];
    r[state.FPU_STATUS] = before[FSW];
    r[state.FPU_TAGS] = before[FTW];
    r[state.FPU_OPCODE] = before[FOP];
    r[state.FPU_IP] = before[FIP];
    r[state.FPU_DP] = before[FDP];
    r[state.FPU_CS] = 0;
    r[state.FPU_DS] = 0;
    r[state.MXCSR] = before[MXCSR];
    for (let i = 0; i < 8; i++) {
      r[state.FPR + i * 4] = before[ST + i * 3];
      r[state.FPR + i * 4 + 1] = before[ST + i * 3 + 1];
      r[state.FPR + i * 4 + 2] = before[ST + i * 3 + 2];
      r[state.FPR + i * 4 + 3] = 0;
    }
    for (let i = 0; i < 32; i++) r[state.XMM + i] = before[XMM + i];
    writeEflags(cpu, before[EFLAGS]);
    this.enterUserMode();
  }

  private unload({ code, at }: Case): void {
    const length = Math.min(code.length, place.CODE_END - at);
    this.memory.writeBytes(CODE_PAGE + at - place.CODE, new Uint8Array(length).fill(place.INT3));
  }

  private registers(): Int32Array {
    const { r } = this.cpu;
    const after = new Int32Array(STATE_WORDS);
    for (let register = 0; register < 8; register++) after[register] = r[register];
    after[FCW] = r[state.FPU_CONTROL];
    after[FSW] = r[state.FPU_STATUS];
    after[FTW] = r[state.FPU_TAGS];
    after[FOP] = r[state.FPU_OPCODE];
    after[FIP] = r[state.FPU_IP];
    after[FDP] = r[state.FPU_DP];
    after[MXCSR] = r[state.MXCSR];
    for (let i = 0; i < 8; i++) {
      after[ST + i * 3] = r[state.FPR + i * 4];
      after[ST + i * 3 + 1] = r[state.FPR + i * 4 + 1];
      after[ST + i * 3 + 2] = r[state.FPR + i * 4 + 2];
    }
    for (let i = 0; i < 32; i++) after[XMM + i] = r[state.XMM + i];
    return after;
  }

  /** What the delivery of the exception pushed. */
  private takeFrame(after: Int32Array): void {
    const { r } = this.cpu;
    const vector = (r[state.EIP] >>> 0) - 1 - KERNEL - STUBS;
    const withCode = WITH_ERROR_CODE.has(vector);
    const frame = (r[state.ESP] >>> 0) - KERNEL + (withCode ? 4 : 0);
    after[VECTOR] = vector;
    after[ERROR] = withCode ? this.read32(frame - 4) : 0;
    after[CR2] = vector === state.VEC_PF ? r[state.CR2] : 0;
    after[EIP] = this.read32(frame);
    after[EFLAGS] = this.read32(frame + 8);
    after[ESP] = this.read32(frame + 12);
  }
}

/** Runs of bytes that differ, as the recorder finds them. */
function changedRuns(before: Uint8Array, now: Uint8Array, address: number, into: Patch[]): void {
  if (Buffer.compare(before, now) === 0) return;
  const { length } = now;
  for (let at = 0; at < length; at++) {
    if (now[at] === before[at]) continue;
    let end = at;
    while (end < length && now[end] !== before[end]) end++;
    into.push({ address: address + at, bytes: now.slice(at, end) });
    at = end;
  }
}
