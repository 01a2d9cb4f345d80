/**
 * Loads and stores by linear address: a TLB hit costs one compare, everything else is the slow path.
 *
 * Loads return 8- and 16-bit values zero-extended, 32-bit values signed. A store either happens whole or faults
 * before its first byte: a store that spans two pages resolves both before it writes.
 *
 * Memory operands of instructions go through `operandX`/`loadX`…; implicit accesses of the processor to its
 * tables go through `systemX`, which are supervisor accesses whatever CPL is.
 */
import { EMULATE, INJECT, PFERR_USER, PFERR_WRITE } from "../mmu/mmu.ts";
import {
  ADDEND,
  TAG_CODE,
  TAG_WRITE,
  TLB_CURRENT,
  TLB_GENERATION,
  TLB_INDEX_MASK,
  TLB_SUPERVISOR,
} from "../mmu/tlb.ts";
import type { Cpu } from "./cpu.ts";
import { pageFault } from "./exceptions.ts";
import type { Insn } from "./insn.ts";
import { segmented } from "./segmentation.ts";

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

function loadSlow(cpu: Cpu, la: number, bytes: number): number {
  if (cpu.fault.held === true) return 0;
  const inPage = 4096 - (la & 0xfff);
  if (bytes <= inPage) {
    const hpa = resolveLoad(cpu, la);
    return hpa >= 0 ? bytesAt(cpu, hpa, bytes) : loadPiece(cpu, hpa, cpu.mmu.emulateGpa, bytes);
  }
  // Both pages take their faults before a device in one of them is read.
  const lowHpa = resolveLoad(cpu, la);
  const lowGpa = cpu.mmu.emulateGpa;
  const highHpa = resolveLoad(cpu, (la + inPage) | 0);
  const highGpa = cpu.mmu.emulateGpa;
  const low = loadPiece(cpu, lowHpa, lowGpa, inPage);
  return low | (loadPiece(cpu, highHpa, highGpa, bytes - inPage) << (inPage * 8));
}

/** Where a load finds its bytes: an hpa, or -1 for the address that `emulateGpa` then says. */
function resolveLoad(cpu: Cpu, la: number): number {
  if (cpu.fault.held === true) return -1;
  const hpa = cpu.mmu.translate(la, cpu.userAccess);
  if (hpa >= 0) return hpa;
  if (hpa === EMULATE) return cpu.memory.hpa(cpu.mmu.emulateGpa);
  pageFault(cpu, la, cpu.mmu.faultError);
  return -1;
}

/** One to four bytes of one page. */
function loadPiece(cpu: Cpu, hpa: number, gpa: number, bytes: number): number {
  if (cpu.fault.held === true) return 0;
  if (hpa >= 0) return bytesAt(cpu, hpa, bytes);
  cpu.noteMmio();
  if (bytes !== 3) return signed(cpu.bus.mmioRead(gpa, bytes as 1 | 2 | 4), bytes);
  return (
    cpu.bus.mmioRead(gpa, 1) | (cpu.bus.mmioRead(gpa + 1, 1) << 8) | (cpu.bus.mmioRead(gpa + 2, 1) << 16)
  );
}

function signed(value: number, bytes: number): number {
  return bytes === 4 ? value | 0 : value;
}

function bytesAt(cpu: Cpu, hpa: number, bytes: number): number {
  switch (bytes) {
    case 1:
      return cpu.u8[hpa];
    case 2:
      return cpu.view.getUint16(hpa, true);
    case 3:
      return cpu.view.getUint16(hpa, true) | (cpu.u8[hpa + 2] << 16);
    default:
      return cpu.view.getInt32(hpa, true);
  }
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

/** A store resolved to where its bytes go: one piece, or two when it spans pages. */
export class PreparedStore {
  bytes = 0;
  /** The whole store goes to `hpa`, and nobody but the guest cares. */
  plain = false;
  hpa = 0;
  /** Bytes in the first piece. */
  split = 0;
  /** For each piece: host address (-1: not RAM), guest physical address (-1: a native store). */
  readonly hpas = new Float64Array(2);
  readonly gpas = new Float64Array(2);
}

/** Resolves a store of 1 to 8 bytes, taking every fault it can take. */
export function prepareStore(cpu: Cpu, la: number, bytes: number): void {
  const { store } = cpu;
  store.bytes = bytes;
  store.plain = false;
  const inPage = 4096 - (la & 0xfff);
  if (bytes <= inPage) {
    store.split = bytes;
    preparePiece(cpu, la, 0);
    return;
  }
  store.split = inPage;
  preparePiece(cpu, la, 0);
  preparePiece(cpu, (la + inPage) | 0, 1);
  // The walk to the second page may have made the first one a page table that the hypervisor watches.
  if (store.gpas[0] < 0) preparePiece(cpu, la, 0);
  store.plain = false;
}

function preparePiece(cpu: Cpu, la: number, piece: number): void {
  if (cpu.fault.held === true) return;
  const { store, tlb } = cpu;
  const entry = tlb[TLB_CURRENT] + ((la >>> 10) & TLB_INDEX_MASK);
  const expected = (la & ~0xfff) | tlb[TLB_GENERATION];
  const tag = tlb[entry + TAG_WRITE];
  store.gpas[piece] = -1;
  if (tag === expected || tag === (expected | TAG_CODE)) {
    const hpa = (la + tlb[entry + ADDEND]) >>> 0;
    store.hpas[piece] = hpa;
    store.hpa = hpa;
    store.plain = tag === expected;
    // The code is gone: next time the store need not come here.
    if (!store.plain && cpu.codeMap[hpa >>> 12] === 0) tlb[entry + TAG_WRITE] = expected;
    return;
  }
  const hpa = cpu.mmu.translate(la, cpu.userAccess | PFERR_WRITE);
  if (hpa === INJECT) {
    pageFault(cpu, la, cpu.mmu.faultError);
    return;
  }
  if (hpa === EMULATE) {
    const gpa = cpu.mmu.emulateGpa;
    store.gpas[piece] = gpa;
    store.hpas[piece] = cpu.memory.hpa(gpa);
    store.plain = false;
    return;
  }
  store.hpas[piece] = hpa;
  store.hpa = hpa;
  store.plain = cpu.codeMap[hpa >>> 12] === 0;
}

/** The prepared bytes as they are now, zero-extended; signed for four. */
function preparedLow(cpu: Cpu): number {
  const { store } = cpu;
  if (store.plain === true) return bytesAt(cpu, store.hpa, store.bytes);
  return preparedByteRun(cpu, 0, store.bytes);
}

function preparedByteRun(cpu: Cpu, from: number, count: number): number {
  if (cpu.fault.held === true) return 0;
  const { store } = cpu;
  if (store.gpas[0] >= 0 && store.hpas[0] < 0 && store.split === store.bytes) {
    cpu.noteMmio();
    return signed(cpu.bus.mmioRead(store.gpas[0] + from, count as 1 | 2 | 4), count);
  }
  let value = 0;
  for (let i = 0; i < count; i++) value |= preparedByte(cpu, from + i) << (8 * i);
  return value;
}

function preparedByte(cpu: Cpu, at: number): number {
  const { store } = cpu;
  const piece = at < store.split ? 0 : 1;
  const offset = piece === 0 ? at : at - store.split;
  if (store.hpas[piece] >= 0) return cpu.u8[store.hpas[piece] + offset];
  cpu.noteMmio();
  return cpu.bus.mmioRead(store.gpas[piece] + offset, 1);
}

/** Completes a prepared store: `low` holds its first four bytes, `high` the rest. Cannot fault. */
export function commitStore(cpu: Cpu, low: number, high: number): void {
  if (cpu.fault.held === true) return;
  const { store } = cpu;
  commitPiece(cpu, 0, 0, store.split, low, high);
  if (store.split !== store.bytes) commitPiece(cpu, 1, store.split, store.bytes - store.split, low, high);
}

function commitPiece(cpu: Cpu, piece: number, from: number, count: number, low: number, high: number): void {
  const { store } = cpu;
  const hpa = store.hpas[piece];
  const gpa = store.gpas[piece];
  if (hpa < 0) {
    commitMmio(cpu, gpa, from, count, low, high);
    return;
  }
  // Entries of page tables are written like this when the hypervisor wants to see them.
  if (count === 4 && from === 0) cpu.view.setInt32(hpa, low, true);
  else for (let i = 0; i < count; i++) cpu.u8[hpa + i] = byteOf(from + i, low, high);
  if (cpu.codeMap[hpa >>> 12] !== 0) cpu.codeWritten(hpa, count);
  if (gpa >= 0) cpu.mmu.pteWrite(gpa, count);
}

function commitMmio(cpu: Cpu, gpa: number, from: number, count: number, low: number, high: number): void {
  cpu.noteMmio();
  if (from === 0 && (count === 1 || count === 2 || count === 4 || count === 8)) {
    const width = count === 8 ? 4 : count;
    const mask = width === 4 ? -1 : (1 << (8 * width)) - 1;
    cpu.bus.mmioWrite(gpa, width, (low & mask) >>> 0);
    if (count === 8) cpu.bus.mmioWrite(gpa + 4, 4, high >>> 0);
    return;
  }
  for (let i = 0; i < count; i++) cpu.bus.mmioWrite(gpa + i, 1, byteOf(from + i, low, high));
}

function byteOf(at: number, low: number, high: number): number {
  return at < 4 ? (low >>> (8 * at)) & 0xff : (high >>> (8 * (at - 4))) & 0xff;
}

/** Takes the faults that a store of up to 4096 bytes at `la` would take, and stores nothing. */
export function probeWrite(cpu: Cpu, la: number, bytes: number): void {
  const last = (la + bytes - 1) | 0;
  prepareStore(cpu, la, 1);
  if ((la ^ last) & ~0xfff) prepareStore(cpu, last, 1);
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
export function systemLoad32(cpu: Cpu, la: number): number {
  beginSystem(cpu);
  const value = load32(cpu, la);
  endSystem(cpu);
  return value;
}
export function systemStore8(cpu: Cpu, la: number, value: number): void {
  beginSystem(cpu);
  store8(cpu, la, value);
  endSystem(cpu);
}
export function systemStore32(cpu: Cpu, la: number, value: number): void {
  beginSystem(cpu);
  store32(cpu, la, value);
  endSystem(cpu);
}

export const USER_ACCESS = PFERR_USER;
