/**
 * What string instructions share: where (E)SI and (E)DI point, how they advance, how repetition is counted, and
 * where a run of iterations may work on host memory directly.
 *
 * A repeated string instruction is executed by its handler for some iterations at a time, at most `cpu.budget`, each
 * counted as one instruction. If it is not finished then, EIP stays on it: interrupts are taken, and it goes on. So
 * registers are always as of the last completed iteration. A handler also pauses after an iteration that touched a
 * device or code. How the iterations fall into runs can never be seen: flags, too, are written only at the very end.
 *
 * SDM: volume 1, 7.3.9 "String operations"; volume 2, REP/REPE/REPZ/REPNE/REPNZ.
 */
import { TLB_CURRENT } from "../../mmu/tlb.ts";
import { readableHit, writableHit } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { EFLAGS_DF } from "../eflags.ts";
import type { Insn } from "../insn.ts";
import { MODE_FLAT } from "../mode.ts";
import { ATTR_CODE, ATTR_P, ATTR_RW, ATTR_S, segmented, withinLimit } from "../segmentation.ts";
import { ECX, EDI, EFLAGS, EIP, ES, ESI, REPEATING, SEG_ATTR, SEG_BASE, SEG_LIMIT } from "../state.ts";

// --- Pointers -----------------------------------------------------------------------------------------------------

export const goesBackward = (cpu: Cpu): boolean => (cpu.r[EFLAGS] & EFLAGS_DF) !== 0;

/** What one iteration adds to a pointer. */
export const stride = (cpu: Cpu, bytes: number): number => (goesBackward(cpu) ? -bytes : bytes);

/** (E)SI or (E)DI. */
function pointer(cpu: Cpu, insn: Insn, register: number): number {
  return insn.address16 === true ? cpu.r16[register * 2] : cpu.r[register];
}

export function advance(cpu: Cpu, insn: Insn, register: number, delta: number): void {
  if (insn.address16 === true) cpu.r16[register * 2] += delta;
  else cpu.r[register] += delta;
}

/** Linear address of the source, DS or its override, after its checks. */
export function sourceAddress(cpu: Cpu, insn: Insn, bytes: number): number {
  if (insn.flat === true) return cpu.r[ESI];
  return segmented(cpu, insn.seg, pointer(cpu, insn, ESI), bytes, false);
}

/** ES of the destination, which nothing overrides, is flat and takes all of EDI. */
const destinationFlat = (cpu: Cpu, insn: Insn): boolean =>
  !insn.address16 && ((cpu.mode >> (MODE_FLAT + ES)) & 1) !== 0;

/** Linear address of the destination; SCAS and CMPS only read there. */
export function destinationAddress(cpu: Cpu, insn: Insn, bytes: number, write: boolean): number {
  if (destinationFlat(cpu, insn)) return cpu.r[EDI];
  return segmented(cpu, ES, pointer(cpu, insn, EDI), bytes, write);
}

// --- Repetition ---------------------------------------------------------------------------------------------------

/** (E)CX, unsigned. */
export function repeatCount(cpu: Cpu, insn: Insn): number {
  return insn.address16 === true ? cpu.r16[ECX * 2] : cpu.r[ECX] >>> 0;
}

/**
 * Iterations that this execution may do: at least 1. Attention is set on entry only when a single instruction
 * may run before interrupts are looked at, after STI and MOV SS; of a string, that is one iteration.
 */
export function repeatLimit(cpu: Cpu, count: number): number {
  return Math.min(count, cpu.attention ? 1 : cpu.budget);
}

/** Iterations are complete: counts them down in (E)CX and in the slice, and leaves the last to the run loop. */
export function countIterations(cpu: Cpu, insn: Insn, done: number): void {
  if (insn.address16 === true) cpu.r16[ECX * 2] -= done;
  else cpu.r[ECX] -= done;
  cpu.left -= done;
}

/** Ends this execution of the handler, whose iterations have been counted: the run loop counts one instruction. */
export function pause(cpu: Cpu, insn: Insn): void {
  cpu.left++;
  cpu.r[EIP] += insn.start;
  cpu.r[REPEATING] = 1;
}

/** As `pause`, when nothing is left to do. */
export function finish(cpu: Cpu, insn: Insn): void {
  cpu.left++;
  cpu.r[EIP] += insn.end;
  cpu.r[REPEATING] = 0;
}

/** Nothing to do from the start: one instruction. */
export function finishEmpty(cpu: Cpu, insn: Insn): void {
  cpu.r[EIP] += insn.end;
  cpu.r[REPEATING] = 0;
}

// --- Runs ---------------------------------------------------------------------------------------------------------

/** Elements from `la` downwards that lie wholly in its page. */
export function elementsInPage(la: number, bytes: number): number {
  const at = la & 0xfff;
  return at + bytes <= 4096 ? ((at / bytes) | 0) + 1 : 0;
}

/** Host address for reading at `la`, or 0 if the TLB does not tell. */
export function readableAt(cpu: Cpu, la: number): number {
  return readableHit(cpu, cpu.tlb[TLB_CURRENT], la, 1);
}

/** Host address for writing at `la`, or 0 if the TLB does not tell or the page holds code. */
export function writableAt(cpu: Cpu, la: number): number {
  return writableHit(cpu, cpu.tlb[TLB_CURRENT], la, 1);
}

/** Longest stretch copied or filled at once. Measured: more than this leaves the processor's nearest cache. */
const MAX_STRETCH = 0x4000;

/**
 * How many elements from `la` on lie one after the other from `hpa` on, as far as the TLB tells: pages that are
 * neighbours in host memory, too. No more than `limit`.
 */
export function stretch(
  cpu: Cpu,
  la: number,
  hpa: number,
  bytesEach: number,
  limit: number,
  write: boolean,
): number {
  const wanted = Math.min(limit * bytesEach, MAX_STRETCH);
  let bytes = 4096 - (la & 0xfff);
  while (bytes < wanted) {
    const next = (la + bytes) | 0;
    if ((write ? writableAt(cpu, next) : readableAt(cpu, next)) !== hpa + bytes) break;
    bytes += 4096;
  }
  return Math.min(limit, (bytes / bytesEach) | 0);
}

/** Linear address of the source without checks; `sourceRunOk` makes them for a run. */
export function sourceLinear(cpu: Cpu, insn: Insn): number {
  return insn.flat ? cpu.r[ESI] : (cpu.r[SEG_BASE + insn.seg] + pointer(cpu, insn, ESI)) | 0;
}
export function destinationLinear(cpu: Cpu, insn: Insn): number {
  if (destinationFlat(cpu, insn)) return cpu.r[EDI];
  return (cpu.r[SEG_BASE + ES] + pointer(cpu, insn, EDI)) | 0;
}

/** True if no iteration of a run of `size` bytes fails the segment's checks. */
export function sourceRunOk(cpu: Cpu, insn: Insn, bytes: number, size: number): boolean {
  return insn.flat || segmentAllows(cpu, insn.seg, runStart(cpu, insn, ESI, bytes, size), size, false);
}
export function destinationRunOk(cpu: Cpu, insn: Insn, bytes: number, size: number, write: boolean): boolean {
  if (destinationFlat(cpu, insn)) return true;
  return segmentAllows(cpu, ES, runStart(cpu, insn, EDI, bytes, size), size, write);
}

/** Lowest offset of a run, or -1 if the pointer would wrap on the way. */
function runStart(cpu: Cpu, insn: Insn, register: number, bytes: number, size: number): number {
  const at = pointer(cpu, insn, register) >>> 0;
  const start = goesBackward(cpu) ? at - (size - bytes) : at;
  return start + size <= (insn.address16 ? 0x1_0000 : 0x1_0000_0000) ? start : -1;
}

function segmentAllows(cpu: Cpu, seg: number, start: number, size: number, write: boolean): boolean {
  const attr = cpu.r[SEG_ATTR + seg];
  if (start < 0 || (attr & (ATTR_P | ATTR_S)) !== (ATTR_P | ATTR_S)) return false;
  const code = (attr & ATTR_CODE) !== 0;
  const typeOk = write ? !code && (attr & ATTR_RW) !== 0 : !code || (attr & ATTR_RW) !== 0;
  return typeOk && withinLimit(cpu.r[SEG_LIMIT + seg], attr, start, size);
}
