/**
 * Instruction fetch: where the bytes at a linear address are.
 */
import { EMULATE, INJECT, PFERR_FETCH } from "../mmu/mmu.ts";
import { ADDEND, TAG_FETCH, TLB_CURRENT, TLB_GENERATION, TLB_INDEX_MASK } from "../mmu/tlb.ts";
import type { Cpu } from "./cpu.ts";
import { raiseGP, raisePageFault } from "./exceptions.ts";
import { MODE_FLAT } from "./mode.ts";
import { CS, SEG_LIMIT } from "./state.ts";

const FLAT_CODE = 1 << (MODE_FLAT + CS);

/** As `fetchAddress`, for the start of the next page, where the instruction at `la` goes on. */
export function fetchNextPage(cpu: Cpu, la: number): number {
  const next = ((la & ~0xfff) + 4096) | 0;
  const beyond = (next - cpu.csBase) >>> 0 > cpu.r[SEG_LIMIT + CS] >>> 0;
  if (beyond && (cpu.mode & FLAT_CODE) === 0) raiseGP(cpu, 0);
  return fetchAddress(cpu, next);
}

/** Where instruction bytes at `la` are, or -1 if not in RAM. May fault. */
export function fetchAddress(cpu: Cpu, la: number): number {
  const { tlb } = cpu;
  const entry = tlb[TLB_CURRENT] + ((la >>> 10) & TLB_INDEX_MASK);
  if (tlb[entry + TAG_FETCH] === ((la & ~0xfff) | tlb[TLB_GENERATION])) {
    return (la + tlb[entry + ADDEND]) >>> 0;
  }
  const hpa = cpu.mmu.translate(la, cpu.userAccess | PFERR_FETCH);
  if (hpa === INJECT) raisePageFault(cpu, la, cpu.mmu.faultError);
  if (hpa === EMULATE) return cpu.memory.hpa(cpu.mmu.emulateGpa);
  return hpa;
}
