/**
 * A test bench for the processor: a `Cpu` in flat 32-bit protected mode at CPL 0, over one megabyte of RAM that is
 * mapped one to one. Runs a byte string and tells how it ended.
 *
 *     const bench = new Bench();
 *     bench.cpu.r[EAX] = 1;
 *     expect(bench.asm("inc eax")).toBeNull();      // or exec(0x40)
 *     expect(bench.cpu.r[EAX]).toBe(2);
 *
 * A fault is delivered for real, through an IDT whose gates lead to HLT; the bench then takes the frame off the
 * stack again, so that registers can be compared with what they were.
 */
import { Cpu, type IoBus, RUN_DEVICE, RUN_HALTED, type RunResult } from "../../src/cpu/cpu.ts";
import { readEflags, writeEflags } from "../../src/cpu/eflags.ts";
import { type CpuModelName, cpuModel, DEFAULT_CPU } from "../../src/cpu/models.ts";
import {
  CPL,
  CR0,
  CR0_ET,
  CR0_NE,
  CR0_PE,
  CS,
  DS,
  EAX,
  EDI,
  EIP,
  ES,
  ESP,
  FS,
  GDTR_BASE,
  GDTR_LIMIT,
  GS,
  IDTR_BASE,
  IDTR_LIMIT,
  LDTR,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
  TR,
} from "../../src/cpu/state.ts";
import { allocateLinearMemory } from "../../src/machine/layout.ts";
import { GuestMemory } from "../../src/mmu/guest-memory.ts";
import type { LinearMemory } from "../../src/mmu/linear-memory.ts";
import {
  EMULATE,
  INJECT,
  type Mmu,
  type MmuState,
  PFERR_PRESENT,
  PFERR_USER,
  PFERR_WRITE,
} from "../../src/mmu/mmu.ts";
import { Tlb } from "../../src/mmu/tlb.ts";
import { asm } from "./asm.ts";

/** Where things are in the bench's RAM. */
export const CODE = 0x0_1000;
export const STACK_TOP = 0x0_9000;
export const GDT = 0x0_a000;
export const IDT = 0x0_b000;
export const TSS = 0x0_c000;
/** The HLT of vector v is at FAULT_STUBS + v. */
export const FAULT_STUBS = 0x0_d000;
/** Ring-0 stack that faults at CPL 3 switch to. */
export const RING0_STACK_TOP = 0x0_f000;
/** Free for the test, up to the end of RAM. */
export const DATA = 0x1_0000;
export const RAM_BYTES = 1 << 20;

export const KERNEL_CODE = 0x08;
export const KERNEL_DATA = 0x10;
export const USER_CODE = 0x1b;
export const USER_DATA = 0x23;
export const TSS_SELECTOR = 0x28;
/** Descriptors from here on are free for the test. */
export const FREE_SELECTOR = 0x30;

/** Segment attribute words (`segmentation.ts`), DPL 0. */
export const ATTR_CODE32 = 0xc09b;
export const ATTR_DATA32 = 0xc093;
export const ATTR_CODE16 = 0x009b;
export const ATTR_DATA16 = 0x0093;
/** Or this in for DPL 3. */
export const ATTR_DPL3 = 0x60;

export interface Fault {
  readonly vector: number;
  /** -1 for vectors without one. */
  readonly errorCode: number;
  /** EIP that was pushed. */
  readonly eip: number;
}

const VECTORS_WITH_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17]);

/** Maps one to one; single pages can be taken away or made read-only. */
export class IdentityMmu implements Mmu {
  readonly tlb: Tlb;
  private readonly memory: GuestMemory;
  /** Page numbers that raise #PF on any access, or on writes. */
  readonly absent = new Set<number>();
  readonly readOnly = new Set<number>();
  /** Page numbers whose stores must be announced, as a shadowed page table's. */
  readonly watched = new Set<number>();
  readonly watchedWrites: { gpa: number; bytes: number }[] = [];
  faultError = 0;
  emulateGpa = 0;
  exits: number[] = [];
  delivering = false;
  /** Those of `watchedWrites` that were part of a delivery. */
  deliveryWrites = 0;
  /** Interrupts taken, and how many of them ended a HLT. */
  injected = 0;
  wakeups = 0;

  constructor(linear: LinearMemory, memory: GuestMemory) {
    this.tlb = new Tlb(linear);
    this.memory = memory;
  }

  save(): MmuState {
    return { cr0: 0, cr3: 0, cr4: 0, efer: 0, userAccess: this.userAccess, pdptes: [] };
  }
  restore(): void {
    this.tlb.flush();
  }
  taskSwitched(): void {}
  memoryChanged(): void {
    this.tlb.flush();
  }

  /** What SMAP was last told. */
  userAccess = false;
  setUserAccess(allowed: boolean): void {
    this.userAccess = allowed;
  }

  translate(gva: number, access: number): number {
    const address = gva >>> 0;
    const page = address >>> 12;
    const write = (access & PFERR_WRITE) !== 0;
    if (this.absent.has(page)) {
      this.faultError = access;
      return INJECT;
    }
    if (write && this.readOnly.has(page)) {
      this.faultError = access | PFERR_PRESENT;
      return INJECT;
    }
    this.emulateGpa = address;
    const hpa = this.memory.hpa(address);
    if (hpa < 0 || (write && this.watched.has(page))) return EMULATE;
    const user = (access & PFERR_USER) !== 0;
    const mayWrite = !this.readOnly.has(page) && !this.watched.has(page);
    this.tlb.fill(user, address, hpa - (hpa % 4096), true, mayWrite, true);
    return hpa;
  }

  pteWrite(gpa: number, bytes: number): void {
    this.watchedWrites.push({ gpa, bytes });
    if (this.delivering) this.deliveryWrites++;
  }
  injectInterrupt(halted: boolean): void {
    this.injected++;
    if (halted) this.wakeups++;
  }
  setCr0(): boolean {
    return true;
  }
  clts(): void {}
  setCr3(): boolean {
    this.tlb.flush();
    return true;
  }
  setCr4(): boolean {
    return true;
  }
  setEfer(): boolean {
    return true;
  }
  invlpg(gva: number): void {
    this.tlb.flushPage(gva);
  }
  reset(): void {
    this.tlb.flush();
  }
  exit(reason: number): void {
    this.exits.push(reason);
  }
  probe(gva: number): number {
    return this.absent.has(gva >>> 12) ? -1 : gva >>> 0;
  }
}

/** Ports and memory beyond RAM: remembers what was written, answers what the test put there. */
export class TestBus implements IoBus {
  /** "out 60 1 ff", "in 60 1", "write f0000000 4 1", "read f0000000 4": in order. */
  readonly log: string[] = [];
  /** What a port or address answers; all ones if absent. */
  readonly ports = new Map<number, number>();
  readonly cells = new Map<number, number>();

  portRead(port: number, width: 1 | 2 | 4): number {
    this.log.push(`in ${port.toString(16)} ${width}`);
    return cut(this.ports.get(port) ?? -1, width);
  }
  portWrite(port: number, width: 1 | 2 | 4, value: number): void {
    this.log.push(`out ${port.toString(16)} ${width} ${value.toString(16)}`);
  }
  mmioRead(gpa: number, width: 1 | 2 | 4): number {
    this.log.push(`read ${gpa.toString(16)} ${width}`);
    return cut(this.cells.get(gpa) ?? -1, width);
  }
  mmioWrite(gpa: number, width: 1 | 2 | 4, value: number): void {
    this.log.push(`write ${gpa.toString(16)} ${width} ${value.toString(16)}`);
  }
}

const cut = (value: number, width: 1 | 2 | 4): number =>
  width === 4 ? value >>> 0 : value & (width === 2 ? 0xffff : 0xff);

export class Bench {
  readonly cpu: Cpu;
  readonly mmu: IdentityMmu;
  readonly bus: TestBus;
  readonly memory: GuestMemory;
  private readonly linear: LinearMemory;

  constructor(model: CpuModelName = DEFAULT_CPU) {
    this.linear = allocateLinearMemory({ ramBytes: RAM_BYTES, shadowPages: 1 });
    const { ram } = this.linear.layout;
    this.memory = new GuestMemory(this.linear);
    this.memory.addSlot({ id: 0, baseGfn: 0, npages: RAM_BYTES / 4096, basePfn: ram / 4096 });
    this.mmu = new IdentityMmu(this.linear, this.memory);
    this.bus = new TestBus();
    this.cpu = new Cpu(this.memory, this.mmu, this.bus, cpuModel(model));
    this.reset();
  }

  /** Registers, tables and segments as a new bench has them; other memory stays. */
  reset(): void {
    const { cpu } = this;
    cpu.reset();
    this.buildTables();
    const { r } = cpu;
    r.fill(0, EAX, EDI + 1);
    r[CR0] = CR0_PE | CR0_ET | CR0_NE;
    r[GDTR_BASE] = GDT;
    r[GDTR_LIMIT] = 0xfff;
    r[IDTR_BASE] = IDT;
    r[IDTR_LIMIT] = 256 * 8 - 1;
    this.setSegment(LDTR, 0, 0, 0, 0);
    this.setSegment(TR, TSS_SELECTOR, TSS, 0x67, 0x8b);
    this.setPrivilege(0);
    r[ESP] = STACK_TOP;
    r[EIP] = CODE;
  }

  private buildTables(): void {
    this.writeDescriptor(GDT + KERNEL_CODE, 0, 0xfffff, ATTR_CODE32);
    this.writeDescriptor(GDT + KERNEL_DATA, 0, 0xfffff, ATTR_DATA32);
    this.writeDescriptor(GDT + (USER_CODE & ~3), 0, 0xfffff, ATTR_CODE32 | ATTR_DPL3);
    this.writeDescriptor(GDT + (USER_DATA & ~3), 0, 0xfffff, ATTR_DATA32 | ATTR_DPL3);
    this.writeDescriptor(GDT + TSS_SELECTOR, TSS, 0x67, 0x8b);
    for (let vector = 0; vector < 256; vector++) {
      this.write32(IDT + vector * 8, (KERNEL_CODE << 16) | ((FAULT_STUBS + vector) & 0xffff));
      this.write32(IDT + vector * 8 + 4, 0x8e00);
      this.write8(FAULT_STUBS + vector, 0xf4);
    }
    this.write32(TSS + 4, RING0_STACK_TOP);
    this.write32(TSS + 8, KERNEL_DATA);
    // The I/O permission map would begin behind the limit: there is none.
    this.write16(TSS + 0x66, 0x68);
  }

  /** An 8-byte descriptor. `limit` in its own units, `attr` as `segmentation.ts` draws it. */
  writeDescriptor(address: number, base: number, limit: number, attr: number): void {
    this.write32(address, (limit & 0xffff) | (base << 16));
    const high = ((base >>> 16) & 0xff) | (attr << 8) | (limit & 0xf0000) | (base & 0xff00_0000);
    this.write32(address + 4, high);
  }

  /** Loads a segment register past all checks. `limit` in bytes. */
  setSegment(seg: number, selector: number, base: number, limit: number, attr: number): void {
    const { r } = this.cpu;
    r[SEG_SELECTOR + seg] = selector;
    r[SEG_BASE + seg] = base;
    r[SEG_LIMIT + seg] = limit;
    r[SEG_ATTR + seg] = attr;
    this.cpu.refreshMode();
  }

  /** Flat segments of ring 0 or 3. */
  setPrivilege(cpl: 0 | 3): void {
    const dpl = cpl === 3 ? ATTR_DPL3 : 0;
    this.cpu.r[CPL] = cpl;
    this.setSegment(CS, cpl === 3 ? USER_CODE : KERNEL_CODE, 0, -1, ATTR_CODE32 | dpl);
    for (const seg of [ES, SS, DS, FS, GS]) {
      this.setSegment(seg, cpl === 3 ? USER_DATA : KERNEL_DATA, 0, -1, ATTR_DATA32 | dpl);
    }
  }

  get flags(): number {
    return readEflags(this.cpu);
  }
  set flags(value: number) {
    writeEflags(this.cpu, value);
  }

  /** Puts bytes at CODE, with a HLT behind them, and runs to the HLT or to the first fault. */
  exec(...code: number[]): Fault | null {
    this.load(CODE, [...code, 0xf4]);
    this.cpu.r[EIP] = CODE;
    return this.go(100_000_000);
  }

  /** As `exec`, for a program in assembly (`asm.ts`). */
  asm(text: string): Fault | null {
    return this.exec(...asm(text, { origin: CODE }));
  }

  /** Runs from EIP to a HLT or a fault, for at most `limit` instructions. */
  go(limit: number): Fault | null {
    const { cpu } = this;
    if (this.step(limit) !== RUN_HALTED) throw new Error("the bench met no HLT");
    cpu.halted = false;
    return this.takeFault(1);
  }

  /** Runs exactly `count` instructions from EIP, unless something ends the run. */
  step(count: number): RunResult {
    const { cpu } = this;
    const until = cpu.icount + count;
    for (;;) {
      const result = cpu.run(until);
      if (result !== RUN_DEVICE) return result;
    }
  }

  /**
   * If a fault has just been delivered, undoes that and tells about it. `past` is how many bytes of the handler,
   * a HLT, have run.
   */
  takeFault(past = 0): Fault | null {
    const vector = (this.cpu.r[EIP] >>> 0) - past - FAULT_STUBS;
    return vector >= 0 && vector < 256 ? this.takeFrame(vector) : null;
  }

  /** Undoes the delivery of a fault. */
  private takeFrame(vector: number): Fault {
    const { cpu } = this;
    const { r } = cpu;
    const withCode = VECTORS_WITH_ERROR_CODE.has(vector);
    const errorCode = withCode ? this.read32(r[ESP] >>> 0) : -1;
    const frame = (r[ESP] >>> 0) + (withCode ? 4 : 0);
    const eip = this.read32(frame) >>> 0;
    const fromUser = (this.read32(frame + 4) & 3) === 3;
    this.flags = this.read32(frame + 8);
    r[ESP] = fromUser ? this.read32(frame + 12) : frame + 12;
    r[EIP] = eip;
    if (fromUser) this.setPrivilege(3);
    return { vector, errorCode, eip };
  }

  load(address: number, bytes: Iterable<number>): void {
    this.memory.writeBytes(address, Uint8Array.from(bytes));
  }
  bytes(address: number, count: number): number[] {
    return [...this.memory.readBytes(address, count)!];
  }
  private at(address: number): number {
    return this.memory.hpa(address);
  }
  read8(address: number): number {
    return this.linear.u8[this.at(address)];
  }
  read16(address: number): number {
    return this.linear.view.getUint16(this.at(address), true);
  }
  /** Signed. */
  read32(address: number): number {
    return this.linear.view.getInt32(this.at(address), true);
  }
  write8(address: number, value: number): void {
    this.load(address, [value & 0xff]);
  }
  write16(address: number, value: number): void {
    this.load(address, [value & 0xff, (value >>> 8) & 0xff]);
  }
  write32(address: number, value: number): void {
    this.load(address, [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]);
  }
}
