/**
 * MXCSR, fences, and flushing a cache line.
 *
 * SDM: volume 1, 10.2.3 "MXCSR control and status register", 10.4.6 "SSE cacheability control, prefetch, and memory
 * ordering instructions", 11.4.4.
 */

import { INJECT } from "../../mmu/mmu.ts";
import { TLB_CURRENT } from "../../mmu/tlb.ts";
import { operandRead, read32, readableHit, write32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { raiseGP, raisePageFault } from "../exceptions.ts";
import type { Insn } from "../insn.ts";
import { requireSse } from "../simd/checks.ts";
import { MXCSR } from "../state.ts";

/** Bits 6, DAZ, and 15, FTZ, exist from SSE2 on. */
const MXCSR_RESERVED = ~0xffff;

export function ldmxcsr(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  const value = read32(cpu, insn);
  if ((value & MXCSR_RESERVED) !== 0) raiseGP(cpu, 0);
  cpu.r[MXCSR] = value;
}

export function stmxcsr(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  write32(cpu, insn, cpu.r[MXCSR]);
}

/** One processor sees its own loads and stores in order: nothing is left for a fence to do. */
export function mfence(): void {}

export { mfence as lfence, mfence as sfence };

/**
 * There is no cache. What is left is the check of a load of one byte, which sets the accessed bit; devices see nothing.
 * SDM: volume 2, "CLFLUSH".
 */
export function clflush(cpu: Cpu, insn: Insn): void {
  const la = operandRead(cpu, insn, 1);
  if (readableHit(cpu, cpu.tlb[TLB_CURRENT], la, 1) !== 0) return;
  if (cpu.mmu.translate(la, cpu.userAccess) === INJECT) raisePageFault(cpu, la, cpu.mmu.faultError);
}
