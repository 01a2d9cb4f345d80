/**
 * Packed shifts, in MMX and in XMM registers. A count that is too large gives 0, or as many copies of the sign.
 *
 * SDM: volume 1, 9.4.7 "Shift instructions"; 11.4.2 for PSLLDQ and PSRLDQ.
 */
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { requireSse } from "../simd/checks.ts";
import {
  shiftLeftDoublewords,
  shiftLeftWords,
  shiftRightDoublewords,
  shiftRightWords,
  shiftSignedDoublewords,
  shiftSignedWords,
} from "../simd/lanes.ts";
import {
  shiftNI,
  shiftPQ,
  shiftQuadwordNI,
  shiftQuadwordPQ,
  shiftQuadwordsUI,
  shiftQuadwordsVW,
  shiftUI,
  shiftVW,
  xmm,
} from "../simd/operands.ts";
import { shiftBytesLeft, shiftBytesRight, shiftLeftQuadword, shiftRightQuadword } from "../simd/quadwords.ts";

// --- Left ----------------------------------------------------------------------------------------------------

export function psllw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  shiftPQ(cpu, insn, shiftLeftWords);
}

export function psllw_Nq_Ib(cpu: Cpu, insn: Insn): void {
  shiftNI(cpu, insn, shiftLeftWords);
}

export function psllw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  shiftVW(cpu, insn, shiftLeftWords);
}

export function psllw_Udq_Ib(cpu: Cpu, insn: Insn): void {
  shiftUI(cpu, insn, shiftLeftWords);
}

export function pslld_Pq_Qq(cpu: Cpu, insn: Insn): void {
  shiftPQ(cpu, insn, shiftLeftDoublewords);
}

export function pslld_Nq_Ib(cpu: Cpu, insn: Insn): void {
  shiftNI(cpu, insn, shiftLeftDoublewords);
}

export function pslld_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  shiftVW(cpu, insn, shiftLeftDoublewords);
}

export function pslld_Udq_Ib(cpu: Cpu, insn: Insn): void {
  shiftUI(cpu, insn, shiftLeftDoublewords);
}

export function psllq_Pq_Qq(cpu: Cpu, insn: Insn): void {
  shiftQuadwordPQ(cpu, insn, shiftLeftQuadword);
}

export function psllq_Nq_Ib(cpu: Cpu, insn: Insn): void {
  shiftQuadwordNI(cpu, insn, shiftLeftQuadword);
}

export function psllq_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  shiftQuadwordsVW(cpu, insn, shiftLeftQuadword);
}

export function psllq_Udq_Ib(cpu: Cpu, insn: Insn): void {
  shiftQuadwordsUI(cpu, insn, shiftLeftQuadword);
}

// --- Right ---------------------------------------------------------------------------------------------------

export function psrlw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  shiftPQ(cpu, insn, shiftRightWords);
}

export function psrlw_Nq_Ib(cpu: Cpu, insn: Insn): void {
  shiftNI(cpu, insn, shiftRightWords);
}

export function psrlw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  shiftVW(cpu, insn, shiftRightWords);
}

export function psrlw_Udq_Ib(cpu: Cpu, insn: Insn): void {
  shiftUI(cpu, insn, shiftRightWords);
}

export function psrld_Pq_Qq(cpu: Cpu, insn: Insn): void {
  shiftPQ(cpu, insn, shiftRightDoublewords);
}

export function psrld_Nq_Ib(cpu: Cpu, insn: Insn): void {
  shiftNI(cpu, insn, shiftRightDoublewords);
}

export function psrld_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  shiftVW(cpu, insn, shiftRightDoublewords);
}

export function psrld_Udq_Ib(cpu: Cpu, insn: Insn): void {
  shiftUI(cpu, insn, shiftRightDoublewords);
}

export function psrlq_Pq_Qq(cpu: Cpu, insn: Insn): void {
  shiftQuadwordPQ(cpu, insn, shiftRightQuadword);
}

export function psrlq_Nq_Ib(cpu: Cpu, insn: Insn): void {
  shiftQuadwordNI(cpu, insn, shiftRightQuadword);
}

export function psrlq_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  shiftQuadwordsVW(cpu, insn, shiftRightQuadword);
}

export function psrlq_Udq_Ib(cpu: Cpu, insn: Insn): void {
  shiftQuadwordsUI(cpu, insn, shiftRightQuadword);
}

// --- Right, filling with the sign ----------------------------------------------------------------------------

export function psraw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  shiftPQ(cpu, insn, shiftSignedWords);
}

export function psraw_Nq_Ib(cpu: Cpu, insn: Insn): void {
  shiftNI(cpu, insn, shiftSignedWords);
}

export function psraw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  shiftVW(cpu, insn, shiftSignedWords);
}

export function psraw_Udq_Ib(cpu: Cpu, insn: Insn): void {
  shiftUI(cpu, insn, shiftSignedWords);
}

export function psrad_Pq_Qq(cpu: Cpu, insn: Insn): void {
  shiftPQ(cpu, insn, shiftSignedDoublewords);
}

export function psrad_Nq_Ib(cpu: Cpu, insn: Insn): void {
  shiftNI(cpu, insn, shiftSignedDoublewords);
}

export function psrad_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  shiftVW(cpu, insn, shiftSignedDoublewords);
}

export function psrad_Udq_Ib(cpu: Cpu, insn: Insn): void {
  shiftUI(cpu, insn, shiftSignedDoublewords);
}

// --- The whole register, by bytes ----------------------------------------------------------------------------

export function pslldq(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  shiftBytesLeft(cpu.r8, xmm(insn.rm), insn.imm);
}

export function psrldq(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  shiftBytesRight(cpu.r8, xmm(insn.rm), insn.imm);
}
