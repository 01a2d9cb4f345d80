/**
 * Accesses that the TLB does not answer at once: misses, pages with code or without memory, stores that the
 * hypervisor wants to see, and what spans two pages. `access.ts` comes here when its one compare fails.
 *
 * A store is resolved first (`prepareStore`), which takes every fault it can take, and completed afterwards
 * (`commitStore`), which cannot fault.
 */
import { EMULATE, INJECT, PFERR_WRITE } from "../mmu/mmu.ts";
import {
  ADDEND,
  TAG_CODE,
  TAG_WRITE,
  TLB_CHECKED,
  TLB_CURRENT,
  TLB_GENERATION,
  TLB_INDEX_MASK,
} from "../mmu/tlb.ts";
import type { Cpu } from "./cpu.ts";
import { accessHits } from "./debug-registers.ts";
import { pageFault, raiseAC } from "./exceptions.ts";

// --- What is looked at in each access ---------------------------------------------------------------------------

/**
 * Bytes of an operand to the address bits that alignment wants clear. SDM: volume 3, table 6-7. Operands of 16 bytes raise
 * #GP(0) where they must be aligned, and processors let the others (MOVUPS) be.
 */
const ALIGNMENT_MASK = Uint8Array.of(0, 0, 1, 1, 3, 3, 3, 3, 7, 7, 7, 7, 7, 7, 7, 7, 0);

/** Raises #AC(0) if alignment is checked now and `la` is not aligned for an operand of `bytes` bytes. */
export function checkAlignment(cpu: Cpu, la: number, bytes: number): void {
  if (cpu.checksAlignment === true && (la & ALIGNMENT_MASK[bytes]) !== 0) raiseAC(cpu);
}

/**
 * Accesses up to `resumeAlignment` are not checked: they are pieces of something whose alignment was looked at as a whole,
 * or does not matter. Returns what to give to `resumeAlignment`. A fault in between needs no care.
 */
export function suspendAlignment(cpu: Cpu): boolean {
  const before = cpu.checksAlignment;
  cpu.checksAlignment = false;
  return before;
}
export function resumeAlignment(cpu: Cpu, before: boolean): void {
  cpu.checksAlignment = before;
}

/** Only while TLB_CHECKED is the current set: the implicit accesses of the processor are not looked at. */
function checkAccess(cpu: Cpu, la: number, bytes: number, write: boolean): void {
  if (cpu.tlb[TLB_CURRENT] !== TLB_CHECKED) return;
  checkAlignment(cpu, la, bytes);
  if (cpu.stepwise === true) cpu.pendingDebug |= accessHits(cpu, la, bytes, write);
}

// --- Loads ---------------------------------------------------------------------------------------------------------

/** One, two or four bytes at `la`: zero-extended, signed for four. 0 after a page fault that is held. */
export function loadSlow(cpu: Cpu, la: number, bytes: number): number {
  if (cpu.fault.held === true) return 0;
  if (cpu.checksAccesses === true) checkAccess(cpu, la, bytes, false);
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
  /** What goes there. */
  readonly words = new Int32Array(4);
  readonly data = new Uint8Array(this.words.buffer);
}

/** Resolves a store of 1 to 16 bytes, taking every fault it can take. */
export function prepareStore(cpu: Cpu, la: number, bytes: number): void {
  const { store } = cpu;
  store.bytes = bytes;
  store.plain = false;
  if (cpu.checksAccesses === true) checkAccess(cpu, la, bytes, true);
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
    store.hpas[piece] = cpu.memory.writableHpa(gpa);
    store.plain = false;
    return;
  }
  store.hpas[piece] = hpa;
  store.hpa = hpa;
  store.plain = cpu.codeMap[hpa >>> 12] === 0;
}

/** The prepared bytes as they are now, zero-extended; signed for four. */
export function preparedLow(cpu: Cpu): number {
  const { store } = cpu;
  if (store.plain === true) return bytesAt(cpu, store.hpa, store.bytes);
  return preparedByteRun(cpu, 0, store.bytes);
}

export function preparedByteRun(cpu: Cpu, from: number, count: number): number {
  if (cpu.fault.held === true) return 0;
  const { store } = cpu;
  if (store.gpas[0] >= 0 && readableHpa(cpu, 0) < 0 && store.split === store.bytes) {
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
  const hpa = readableHpa(cpu, piece);
  if (hpa >= 0) return cpu.u8[hpa + offset];
  cpu.noteMmio();
  return cpu.bus.mmioRead(store.gpas[piece] + offset, 1);
}

/** Where the bytes before a store are: of read-only memory too, which the store itself does not reach. */
function readableHpa(cpu: Cpu, piece: number): number {
  const { hpas, gpas } = cpu.store;
  return hpas[piece] >= 0 ? hpas[piece] : cpu.memory.hpa(gpas[piece]);
}

/** Completes a prepared store of up to 8 bytes: `low` holds its first four bytes, `high` the rest. Cannot fault. */
export function commitStore(cpu: Cpu, low: number, high: number): void {
  const { words } = cpu.store;
  words[0] = low;
  words[1] = high;
  commitWords(cpu);
}

/** The same for what `cpu.store.words` holds. */
export function commitWords(cpu: Cpu): void {
  if (cpu.fault.held === true) return;
  const { store } = cpu;
  commitPiece(cpu, 0, 0, store.split);
  if (store.split !== store.bytes) commitPiece(cpu, 1, store.split, store.bytes - store.split);
}

/** Bytes `from` to `from + count - 1` of the store. */
function commitPiece(cpu: Cpu, piece: number, from: number, count: number): void {
  const { words, data, hpas, gpas } = cpu.store;
  const hpa = hpas[piece];
  const gpa = gpas[piece];
  if (hpa < 0) {
    commitMmio(cpu, gpa, from, count);
    return;
  }
  // Entries of page tables are written like this when the hypervisor wants to see them.
  if (count === 4 && from === 0) cpu.view.setInt32(hpa, words[0], true);
  else for (let i = 0; i < count; i++) cpu.u8[hpa + i] = data[from + i];
  if (cpu.codeMap[hpa >>> 12] !== 0) cpu.codeWritten(hpa, count);
  if (gpa >= 0) cpu.mmu.pteWrite(gpa, count);
}

/** Whole doublewords where the store has them, then what is left; byte by byte if it spans pages. */
function commitMmio(cpu: Cpu, gpa: number, from: number, count: number): void {
  cpu.noteMmio();
  const { words, data } = cpu.store;
  let at = 0;
  if (from === 0) {
    for (; count - at >= 4; at += 4) cpu.bus.mmioWrite(gpa + at, 4, words[at >> 2] >>> 0);
    if (count - at === 2) {
      cpu.bus.mmioWrite(gpa + at, 2, words[at >> 2] & 0xffff);
      at += 2;
    }
  }
  for (; at < count; at++) cpu.bus.mmioWrite(gpa + at, 1, data[from + at]);
}
