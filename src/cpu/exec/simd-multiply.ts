/**
 * Packed integer multiplication, average, minimum and maximum, in MMX and in XMM registers.
 *
 * SDM: volume 1, 9.4.2 "Arithmetic instructions"; 10.4.4 and 11.4.2 for what SSE and SSE2 added.
 */
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import {
  averageBytes,
  averageWords,
  maximumBytes,
  maximumWords,
  minimumBytes,
  minimumWords,
  multiplyAdd,
  multiplyHigh,
  multiplyHighUnsigned,
  multiplyLow,
} from "../simd/lanes.ts";
import { quadwordPQ, quadwordsVW, wordsPQ, wordsVW } from "../simd/operands.ts";
import { multiplyQuadword, sumDifferences } from "../simd/quadwords.ts";

// --- Multiplication ------------------------------------------------------------------------------------------

export function pmullw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, multiplyLow);
}

export function pmullw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, multiplyLow);
}

export function pmulhw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, multiplyHigh);
}

export function pmulhw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, multiplyHigh);
}

export function pmulhuw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, multiplyHighUnsigned);
}

export function pmulhuw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, multiplyHighUnsigned);
}

export function pmaddwd_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, multiplyAdd);
}

export function pmaddwd_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, multiplyAdd);
}

export function pmuludq_Pq_Qq(cpu: Cpu, insn: Insn): void {
  quadwordPQ(cpu, insn, multiplyQuadword);
}

export function pmuludq_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  quadwordsVW(cpu, insn, multiplyQuadword);
}

// --- Average, minimum, maximum, sum of differences -----------------------------------------------------------

export function pavgb_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, averageBytes);
}

export function pavgb_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, averageBytes);
}

export function pavgw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, averageWords);
}

export function pavgw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, averageWords);
}

export function pminub_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, minimumBytes);
}

export function pminub_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, minimumBytes);
}

export function pminsw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, minimumWords);
}

export function pminsw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, minimumWords);
}

export function pmaxub_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, maximumBytes);
}

export function pmaxub_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, maximumBytes);
}

export function pmaxsw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, maximumWords);
}

export function pmaxsw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, maximumWords);
}

export function psadbw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  quadwordPQ(cpu, insn, sumDifferences);
}

export function psadbw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  quadwordsVW(cpu, insn, sumDifferences);
}
