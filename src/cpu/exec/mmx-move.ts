/**
 * Moves of MMX registers, to and from memory, general and XMM registers; EMMS.
 *
 * SDM: volume 1, 9.4.1 "Data transfer instructions", 9.4.8 "EMMS instruction", 10.4.6 and 11.4.4.2 for what SSE and SSE2
 * added; volume 3, table 12-1 "Action taken by MMX instructions for different data types".
 */
import type { Cpu } from "../cpu.ts";
import { emptyMmx, enterMmx, occupyMmx, requireMmx } from "../fpu/registers.ts";
import type { Insn } from "../insn.ts";
import { requireSse } from "../simd/checks.ts";
import { storeMasked } from "../simd/masked-store.ts";
import { copyXmm, mmx, readQ, setMmx, xmm } from "../simd/operands.ts";
import { writeOperand64 } from "../wide-access.ts";
import { readE32, writeE32 } from "./operands.ts";

// --- 32 bits ---------------------------------------------------------------------------------------------------------------

export function movd_Pq_Ed(cpu: Cpu, insn: Insn): void {
  requireMmx(cpu);
  const value = readE32(cpu, insn);
  occupyMmx(cpu);
  setMmx(cpu.r, insn.reg, value, 0);
}

export function movd_Ed_Pq(cpu: Cpu, insn: Insn): void {
  requireMmx(cpu);
  writeE32(cpu, insn, cpu.r[mmx(insn.reg)]);
  occupyMmx(cpu);
}

// --- 64 bits ---------------------------------------------------------------------------------------------------------------

export function movq_Pq_Qq(cpu: Cpu, insn: Insn): void {
  readQ(cpu, insn);
  setMmx(cpu.r, insn.reg, cpu.operand[0], cpu.operand[1]);
}

export function movq_Qq_Pq(cpu: Cpu, insn: Insn): void {
  if (insn.memory === true) {
    movntq(cpu, insn);
    return;
  }
  enterMmx(cpu);
  const { r } = cpu;
  const at = mmx(insn.reg);
  setMmx(r, insn.rm, r[at], r[at + 1]);
}

/** A store like others: nothing here could tell that it bypasses the caches. */
export function movntq(cpu: Cpu, insn: Insn): void {
  requireMmx(cpu);
  const at = mmx(insn.reg);
  writeOperand64(cpu, insn, cpu.r[at], cpu.r[at + 1]);
  occupyMmx(cpu);
}

/** The mask is in `insn.rm`, the data in `insn.reg`. */
export function maskmovq(cpu: Cpu, insn: Insn): void {
  requireMmx(cpu);
  storeMasked(cpu, insn, mmx(insn.reg), mmx(insn.rm), 8);
  occupyMmx(cpu);
}

// --- Between MMX and XMM registers: the checks of both ------------------------------------------------------------------------

export function movq2dq(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  enterMmx(cpu);
  const { r } = cpu;
  const from = mmx(insn.rm);
  const at = xmm(insn.reg);
  r[at] = r[from];
  r[at + 1] = r[from + 1];
  r[at + 2] = 0;
  r[at + 3] = 0;
}

export function movdq2q(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  enterMmx(cpu);
  copyXmm(cpu, insn.rm);
  setMmx(cpu.r, insn.reg, cpu.operand[0], cpu.operand[1]);
}

// --- Back to the x87 ------------------------------------------------------------------------------------------------------------

export function emms(cpu: Cpu): void {
  emptyMmx(cpu);
}
