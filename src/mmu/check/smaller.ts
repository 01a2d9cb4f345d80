/** Smaller stories: what is left out, and what is put more simply. */
import { PTE_A, PTE_D, PTE_G, PTE_P, PTE_PS, PTE_RW, PTE_US } from "../paging.ts";
import type { Gva } from "../types.ts";
import { pteOffset } from "./entries.ts";
import type { Op, StoreOp } from "./ops.ts";
import {
  D0,
  D1,
  entryBytes,
  F0,
  F1,
  F2,
  frameOfGfn,
  GFNS,
  type Mode,
  OFFSETS,
  R0,
  R1,
  T0,
  T1,
  T2,
} from "./universe.ts";

/** Leaves out ever smaller runs of ops, down to one. */
export function* smallerStories(ops: readonly Op[]): IterableIterator<readonly Op[]> {
  for (let run = ops.length >>> 1; run >= 1; run >>>= 1) {
    for (let at = 0; at + run <= ops.length; at += run) yield [...ops.slice(0, at), ...ops.slice(at + run)];
  }
}

/** How much there is to read in a story; less is simpler. A simplification lowers it, so it comes to an end. */
export function complexity(ops: readonly Op[], mode: Mode): number {
  return ops.reduce((sum, op) => sum + complexityOf(op, mode), 0);
}

function complexityOf(op: Op, mode: Mode): number {
  switch (op.kind) {
    case "store":
      return (
        bitCount(op.lo & 0xfff) * 4 +
        bitCount(op.hi) * 8 +
        OFFSETS.indexOf(op.offset & ~3) +
        frameRank(op.lo) +
        (op.frame === T0 ? 0 : 2 + op.frame) +
        (op.emulated ? 3 : 0) +
        (op.bytes < 4 ? 40 : op.bytes === entryBytes(mode) ? 0 : 20)
      );
    case "access":
      return rankOfAddress(op.gva) + bitCount(op.access) * 4;
    case "write":
      return (
        rankOfAddress(op.gva) +
        bitCount(op.value & 0xfff) * 4 +
        frameRank(op.value) +
        (op.user ? 4 : 0) +
        (op.delivery ? 4 : 0) +
        20
      );
    case "invlpg":
      return rankOfAddress(op.gva);
    case "cr3":
      return op.frame;
    case "unprotect":
      return op.frame === T0 ? 0 : 2 + op.frame;
    default:
      return 0;
  }
}

/** Versions of a story that are simpler, or may be; the caller compares complexities. */
export function* simplerStories(ops: readonly Op[], mode: Mode): IterableIterator<readonly Op[]> {
  for (const [from, to] of RENAMINGS) yield ops.map((op) => renamed(op, from, to));
  for (const page of pagesOf(ops)) {
    for (const other of SIMPLE_PAGES) {
      yield ops.map((op) => moved(op, page, other));
      // Its entry goes with it.
      const [from, to] = [pteOffset(page, mode !== "32bit"), pteOffset(other, mode !== "32bit")];
      yield ops.map((op) => (isAt(op, from) ? { ...op, offset: to } : moved(op, page, other)));
    }
  }
  for (let i = 0; i < ops.length; i++) {
    for (const op of simplerOps(ops[i], mode)) yield ops.map((old, index) => (index === i ? op : old));
  }
}

/** Frames that another may stand for throughout a story. */
const RENAMINGS: readonly (readonly [number, number])[] = [
  [R1, R0],
  [D1, D0],
  [T1, T0],
  [T2, T0],
  [T2, T1],
  [F1, F0],
  [F2, F0],
  [F2, F1],
];
const SIMPLE_PAGES: readonly Gva[] = [0, 0x1000, 0x20_0000];

function renamed(op: Op, from: number, to: number): Op {
  const entry = (value: number): number =>
    value >>> 12 === GFNS[from] ? (GFNS[to] << 12) | (value & 0xfff) : value;
  switch (op.kind) {
    case "store":
      return { ...op, frame: op.frame === from ? to : op.frame, lo: entry(op.lo) };
    case "write":
      return { ...op, value: entry(op.value) };
    case "cr3":
    case "unprotect":
      return op.frame === from ? { ...op, frame: to } : op;
    default:
      return op;
  }
}

/** A store to the entry at that offset of its table. */
function isAt(op: Op, offset: number): op is StoreOp {
  return op.kind === "store" && op.offset === offset;
}

function pagesOf(ops: readonly Op[]): Set<Gva> {
  return new Set(ops.flatMap((op) => ("gva" in op ? [op.gva - (op.gva % 4096)] : [])));
}

function moved(op: Op, from: Gva, to: Gva): Op {
  if (!("gva" in op)) return op;
  const offset = op.gva % 4096;
  return op.gva - offset === from ? { ...op, gva: to + offset } : op;
}

function* simplerOps(op: Op, mode: Mode): IterableIterator<Op> {
  switch (op.kind) {
    case "store":
      yield* simplerStores(op, mode);
      break;
    case "access":
      for (const gva of simplerAddresses(op.gva)) yield { ...op, gva };
      for (const access of [0, op.access & (op.access - 1)]) yield { ...op, access };
      break;
    case "write":
      yield { kind: "access", gva: op.gva - (op.gva % 4096), access: 0 };
      for (const gva of simplerAddresses(op.gva)) yield { ...op, gva };
      for (const value of simplerEntries(op.value)) yield { ...op, value };
      yield { ...op, user: false };
      yield { ...op, delivery: false };
      break;
    case "invlpg":
      for (const gva of simplerAddresses(op.gva)) yield { ...op, gva };
      break;
    case "cr3":
      yield { ...op, frame: R0 };
      break;
    case "unprotect":
      yield { ...op, frame: T0 };
      break;
  }
}

function* simplerStores(op: StoreOp, mode: Mode): IterableIterator<StoreOp> {
  yield { ...op, emulated: false };
  // The whole entry at once.
  const whole = entryBytes(mode);
  if (op.bytes < whole && op.offset % whole === 0) yield { ...op, bytes: whole };
  if (op.bytes < 4) yield { ...op, bytes: 4 };
  if (op.bytes > whole) {
    yield { ...op, bytes: whole, hi: 0 };
    yield { ...op, bytes: whole, offset: op.offset + 4, lo: op.hi, hi: 0 };
    for (const hi of simplerEntries(op.hi)) yield { ...op, hi };
  }
  for (const lo of simplerEntries(op.lo)) yield { ...op, lo };
  if (op.hi !== 0) yield { ...op, hi: 0 };
  for (const offset of OFFSETS) {
    if (((offset ^ op.offset) & (op.bytes === 8 ? 7 : 4)) === 0) yield { ...op, offset };
  }
  yield { ...op, frame: T0 };
}

function* simplerEntries(value: number): IterableIterator<number> {
  yield 0;
  for (const frame of [F0, F1]) yield (GFNS[frame] << 12) | (value & 0xfff);
  for (const flag of [PTE_US, PTE_D, PTE_RW, PTE_PS, PTE_G, PTE_A, PTE_P]) yield value & ~flag;
}

function* simplerAddresses(gva: number): IterableIterator<number> {
  const offset = gva % 4096;
  for (const page of SIMPLE_PAGES) yield page + offset;
  if (offset !== 0) yield gva - offset;
}

function frameRank(entry: number): number {
  const frame = frameOfGfn(entry >>> 12);
  if (frame === F0) return 0;
  return frame === F1 ? 1 : frame < 0 ? 20 : 3 + frame;
}

function rankOfAddress(gva: number): number {
  return Math.min(30, Math.floor(gva / 4096)) + (gva % 4096 === 0 ? 0 : 2);
}

function bitCount(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}
