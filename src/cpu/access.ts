/**
 * Loads and stores by linear address: a TLB hit costs one compare, everything else is the slow path.
 *
 * Loads return 8- and 16-bit values zero-extended, 32-bit values signed. A store either happens whole or faults
 * before its first byte: a store that spans two pages resolves both before it writes.
 *
 * Memory operands of instructions go through `operandX`/`loadX`…; implicit accesses of the processor to its
 * tables go through `systemX`, which are supervisor accesses whatever CPL is.
 */
import {
  ADDEND,
  TAG_WRITE,
  TLB_CURRENT,
  TLB_GENERATION,
  TLB_INDEX_MASK,
  TLB_SUPERVISOR,
} from "../mmu/tlb.ts";
import type { Cpu } from "./cpu.ts";
import type { Insn } from "./insn.ts";
import { segmented } from "./segmentation.ts";
import { commitStore, loadSlow, preparedByteRun, preparedLow, prepareStore } from "./slow-access.ts";

// --- Effective addresses -----------------------------------------------------------------------------------------

/** Offset of the memory operand within its segment. */
export function effectiveAddress(cpu: Cpu, insn: Insn): number {
  const { r } = cpu;
  const offset = (r[insn.base] + (r[insn.index] << insn.scale) + insn.disp) | 0;
  return insn.address16 === true ? offset & 0xffff : offset;
}

/** Linear address of a memory operand that will be read. */
export function operandRead(cpu: Cpu, insn: Insn, bytes: number): number {
  const { r } = cpu;
  if (insn.flat === true) return (r[insn.base] + (r[insn.index] << insn.scale) + insn.disp) | 0;
  return segmented(cpu, insn.seg, effectiveAddress(cpu, insn), bytes, false);
}

/** Linear address of a memory operand that will be written. */
export function operandWrite(cpu: Cpu, insn: Insn, bytes: number): number {
  const { r } = cpu;
  if (insn.flat === true) return (r[insn.base] + (r[insn.index] << insn.scale) + insn.disp) | 0;
  return segmented(cpu, insn.seg, effectiveAddress(cpu, insn), bytes, true);
}

// --- Loads ---------------------------------------------------------------------------------------------------------

export function load8(cpu: Cpu, la: number): number {
  const { tlb } = cpu;
  const entry = tlb[TLB_CURRENT] + ((la >>> 10) & TLB_INDEX_MASK);
  if (tlb[entry] === ((la & ~0xfff) | tlb[TLB_GENERATION])) return cpu.u8[(la + tlb[entry + ADDEND]) >>> 0];
  return loadSlow(cpu, la, 1);
}

export function load16(cpu: Cpu, la: number): number {
  const { tlb } = cpu;
  const entry = tlb[TLB_CURRENT] + ((la >>> 10) & TLB_INDEX_MASK);
  if (tlb[entry] === (((la + 1) & ~0xfff) | tlb[TLB_GENERATION])) {
    return cpu.view.getUint16((la + tlb[entry + ADDEND]) >>> 0, true);
  }
  return loadSlow(cpu, la, 2);
}

export function load32(cpu: Cpu, la: number): number {
  const { tlb } = cpu;
  const entry = tlb[TLB_CURRENT] + ((la >>> 10) & TLB_INDEX_MASK);
  if (tlb[entry] === (((la + 3) & ~0xfff) | tlb[TLB_GENERATION])) {
    return cpu.view.getInt32((la + tlb[entry + ADDEND]) >>> 0, true);
  }
  return loadSlow(cpu, la, 4);
}

/** Memory operands. */
export function read8(cpu: Cpu, insn: Insn): number {
  return load8(cpu, operandRead(cpu, insn, 1));
}
export function read16(cpu: Cpu, insn: Insn): number {
  return load16(cpu, operandRead(cpu, insn, 2));
}
export function read32(cpu: Cpu, insn: Insn): number {
  return load32(cpu, operandRead(cpu, insn, 4));
}

// --- Stores --------------------------------------------------------------------------------------------------------

export function store8(cpu: Cpu, la: number, value: number): void {
  const { tlb } = cpu;
  const entry = tlb[TLB_CURRENT] + ((la >>> 10) & TLB_INDEX_MASK);
  if (tlb[entry + TAG_WRITE] === ((la & ~0xfff) | tlb[TLB_GENERATION])) {
    cpu.u8[(la + tlb[entry + ADDEND]) >>> 0] = value;
  } else {
    prepareStore(cpu, la, 1);
    commitStore(cpu, value, 0);
  }
}

export function store16(cpu: Cpu, la: number, value: number): void {
  const { tlb } = cpu;
  const entry = tlb[TLB_CURRENT] + ((la >>> 10) & TLB_INDEX_MASK);
  if (tlb[entry + TAG_WRITE] === (((la + 1) & ~0xfff) | tlb[TLB_GENERATION])) {
    cpu.view.setInt16((la + tlb[entry + ADDEND]) >>> 0, value, true);
  } else {
    prepareStore(cpu, la, 2);
    commitStore(cpu, value, 0);
  }
}

export function store32(cpu: Cpu, la: number, value: number): void {
  const { tlb } = cpu;
  const entry = tlb[TLB_CURRENT] + ((la >>> 10) & TLB_INDEX_MASK);
  if (tlb[entry + TAG_WRITE] === (((la + 3) & ~0xfff) | tlb[TLB_GENERATION])) {
    cpu.view.setInt32((la + tlb[entry + ADDEND]) >>> 0, value, true);
  } else {
    prepareStore(cpu, la, 4);
    writeBack(cpu, value);
  }
}

/** Memory operands. */
export function write8(cpu: Cpu, insn: Insn, value: number): void {
  store8(cpu, operandWrite(cpu, insn, 1), value);
}
export function write16(cpu: Cpu, insn: Insn, value: number): void {
  store16(cpu, operandWrite(cpu, insn, 2), value);
}
export function write32(cpu: Cpu, insn: Insn, value: number): void {
  store32(cpu, operandWrite(cpu, insn, 4), value);
}

/**
 * Read-modify-write of a memory operand: `modifyX` resolves the store and returns the old value, `writeBackX`
 * completes it. Between the two nothing else may access memory. A fault reports a write, as processors do.
 */
export function modify8(cpu: Cpu, insn: Insn): number {
  const la = operandWrite(cpu, insn, 1);
  prepareStore(cpu, la, 1);
  return preparedLow(cpu);
}
export function modify16(cpu: Cpu, insn: Insn): number {
  const la = operandWrite(cpu, insn, 2);
  prepareStore(cpu, la, 2);
  return preparedLow(cpu);
}
export function modify32(cpu: Cpu, insn: Insn): number {
  const la = operandWrite(cpu, insn, 4);
  const { tlb } = cpu;
  const entry = tlb[TLB_CURRENT] + ((la >>> 10) & TLB_INDEX_MASK);
  if (tlb[entry + TAG_WRITE] === (((la + 3) & ~0xfff) | tlb[TLB_GENERATION])) {
    const hpa = (la + tlb[entry + ADDEND]) >>> 0;
    cpu.store.plain = true;
    cpu.store.hpa = hpa;
    cpu.store.bytes = 4;
    return cpu.view.getInt32(hpa, true);
  }
  prepareStore(cpu, la, 4);
  return preparedLow(cpu);
}
/** As the others, for eight bytes: returns the low half, `modifiedHigh` the high one. */
export function modify64(cpu: Cpu, insn: Insn): number {
  prepareStore(cpu, operandWrite(cpu, insn, 8), 8);
  return preparedByteRun(cpu, 0, 4);
}
export function modifiedHigh(cpu: Cpu): number {
  return preparedByteRun(cpu, 4, 4);
}
/** As `modify…`, for a linear address. */
export function modifyAt(cpu: Cpu, la: number, bytes: number): number {
  prepareStore(cpu, la, bytes);
  return preparedLow(cpu);
}
export function writeBack(cpu: Cpu, value: number): void {
  const { store } = cpu;
  if (store.plain === true && store.bytes === 4) cpu.view.setInt32(store.hpa, value, true);
  else commitStore(cpu, value, 0);
}
export function writeBack64(cpu: Cpu, low: number, high: number): void {
  commitStore(cpu, low, high);
}

// --- TLB hits only ------------------------------------------------------------------------------------------------------

/**
 * Where `bytes` bytes at `la` can be read now without asking anyone, as an hpa; 0 if the TLB does not say, or if they
 * span pages. `set` is TLB_SUPERVISOR or TLB_USER.
 */
export function readableHit(cpu: Cpu, set: number, la: number, bytes: number): number {
  const { tlb } = cpu;
  const entry = set + ((la >>> 10) & TLB_INDEX_MASK);
  const hit = tlb[entry] === (((la + bytes - 1) & ~0xfff) | tlb[TLB_GENERATION]);
  return hit ? (la + tlb[entry + ADDEND]) >>> 0 : 0;
}

/** The same for writing. */
export function writableHit(cpu: Cpu, set: number, la: number, bytes: number): number {
  const { tlb } = cpu;
  const entry = set + ((la >>> 10) & TLB_INDEX_MASK);
  const hit = tlb[entry + TAG_WRITE] === (((la + bytes - 1) & ~0xfff) | tlb[TLB_GENERATION]);
  return hit ? (la + tlb[entry + ADDEND]) >>> 0 : 0;
}

// --- Implicit supervisor accesses: descriptor tables, TSS, IDT ----------------------------------------------------------

/**
 * Runs the next accesses as a supervisor, whatever CPL is; `endSystem` returns to CPL's own rights. A fault in
 * between needs no care: exception delivery sets the rights anew.
 */
function beginSystem(cpu: Cpu): void {
  cpu.tlb[TLB_CURRENT] = TLB_SUPERVISOR;
  cpu.userAccess = 0;
}
function endSystem(cpu: Cpu): void {
  cpu.refreshPrivilege();
}

export function systemLoad16(cpu: Cpu, la: number): number {
  beginSystem(cpu);
  const value = load16(cpu, la);
  endSystem(cpu);
  return value;
}
export function systemStore8(cpu: Cpu, la: number, value: number): void {
  beginSystem(cpu);
  store8(cpu, la, value);
  endSystem(cpu);
}
