/**
 * Packing with saturation, and unpacking: integers in MMX and in XMM registers, floating-point numbers in XMM registers.
 *
 * SDM: volume 1, 9.4.4 "Conversion instructions", 9.4.5 "Unpack instructions"; 10.4.3 and 11.4.1.3 for SSE; volume 2 for
 * the memory operand: low halves of MMX read 32 bits, all of XMM 128 aligned ones.
 */
import { read32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { occupyMmx, requireMmx } from "../fpu/registers.ts";
import type { Insn } from "../insn.ts";
import {
  interleaveBytesHigh,
  interleaveBytesLow,
  interleaveWordsHigh,
  interleaveWordsLow,
  packSignedBytes,
  packSignedWords,
  packUnsignedBytes,
  type WordOperation,
} from "../simd/lanes.ts";
import { mmx, readQ, readW, setMmx, xmm } from "../simd/operands.ts";

/** Q operand of which the low 32 bits are used. */
function readLowQ(cpu: Cpu, insn: Insn): void {
  requireMmx(cpu);
  cpu.operand[0] = insn.memory === true ? read32(cpu, insn) : cpu.r[mmx(insn.rm)];
  occupyMmx(cpu);
}

function packPQ(cpu: Cpu, insn: Insn, pack: WordOperation): void {
  readQ(cpu, insn);
  const { r, operand } = cpu;
  const at = mmx(insn.reg);
  setMmx(r, insn.reg, pack(r[at], r[at + 1]), pack(operand[0], operand[1]));
}

function packVW(cpu: Cpu, insn: Insn, pack: WordOperation): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const at = xmm(insn.reg);
  r[at] = pack(r[at], r[at + 1]);
  r[at + 1] = pack(r[at + 2], r[at + 3]);
  r[at + 2] = pack(operand[0], operand[1]);
  r[at + 3] = pack(operand[2], operand[3]);
}

/** `half` is the word of both operands that is unpacked, the source being in `cpu.operand`. */
function unpackP(cpu: Cpu, insn: Insn, half: number, low: WordOperation, high: WordOperation): void {
  const { r } = cpu;
  const a = r[mmx(insn.reg) + half];
  const b = cpu.operand[half];
  setMmx(r, insn.reg, low(a, b), high(a, b));
}

/** `half` is the first of the two words of both operands that are unpacked. */
function unpackVW(cpu: Cpu, insn: Insn, half: number, low: WordOperation, high: WordOperation): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const at = xmm(insn.reg);
  const a0 = r[at + half];
  const a1 = r[at + half + 1];
  const b0 = operand[half];
  const b1 = operand[half + 1];
  r[at] = low(a0, b0);
  r[at + 1] = high(a0, b0);
  r[at + 2] = low(a1, b1);
  r[at + 3] = high(a1, b1);
}

/** Doublewords, and single-precision numbers. */
function unpackDoublewordsVW(cpu: Cpu, insn: Insn, half: number): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const at = xmm(insn.reg);
  const a0 = r[at + half];
  const a1 = r[at + half + 1];
  r[at] = a0;
  r[at + 1] = operand[half];
  r[at + 2] = a1;
  r[at + 3] = operand[half + 1];
}

// --- Two elements to one of half the size, saturated ---------------------------------------------------------

export function packsswb_Pq_Qq(cpu: Cpu, insn: Insn): void {
  packPQ(cpu, insn, packSignedBytes);
}

export function packsswb_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  packVW(cpu, insn, packSignedBytes);
}

export function packuswb_Pq_Qq(cpu: Cpu, insn: Insn): void {
  packPQ(cpu, insn, packUnsignedBytes);
}

export function packuswb_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  packVW(cpu, insn, packUnsignedBytes);
}

export function packssdw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  packPQ(cpu, insn, packSignedWords);
}

export function packssdw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  packVW(cpu, insn, packSignedWords);
}

// --- Elements of both operands in turn -----------------------------------------------------------------------

export function punpcklbw_Pq_Qd(cpu: Cpu, insn: Insn): void {
  readLowQ(cpu, insn);
  unpackP(cpu, insn, 0, interleaveBytesLow, interleaveBytesHigh);
}

export function punpcklbw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  unpackVW(cpu, insn, 0, interleaveBytesLow, interleaveBytesHigh);
}

export function punpcklwd_Pq_Qd(cpu: Cpu, insn: Insn): void {
  readLowQ(cpu, insn);
  unpackP(cpu, insn, 0, interleaveWordsLow, interleaveWordsHigh);
}

export function punpcklwd_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  unpackVW(cpu, insn, 0, interleaveWordsLow, interleaveWordsHigh);
}

export function punpckhbw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  readQ(cpu, insn);
  unpackP(cpu, insn, 1, interleaveBytesLow, interleaveBytesHigh);
}

export function punpckhbw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  unpackVW(cpu, insn, 2, interleaveBytesLow, interleaveBytesHigh);
}

export function punpckhwd_Pq_Qq(cpu: Cpu, insn: Insn): void {
  readQ(cpu, insn);
  unpackP(cpu, insn, 1, interleaveWordsLow, interleaveWordsHigh);
}

export function punpckhwd_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  unpackVW(cpu, insn, 2, interleaveWordsLow, interleaveWordsHigh);
}

export function punpckldq_Pq_Qd(cpu: Cpu, insn: Insn): void {
  readLowQ(cpu, insn);
  setMmx(cpu.r, insn.reg, cpu.r[mmx(insn.reg)], cpu.operand[0]);
}

export function punpckhdq_Pq_Qq(cpu: Cpu, insn: Insn): void {
  readQ(cpu, insn);
  setMmx(cpu.r, insn.reg, cpu.r[mmx(insn.reg) + 1], cpu.operand[1]);
}

export function punpckldq_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  unpackDoublewordsVW(cpu, insn, 0);
}

export function punpckhdq_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  unpackDoublewordsVW(cpu, insn, 2);
}

export function punpcklqdq(cpu: Cpu, insn: Insn): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const at = xmm(insn.reg);
  r[at + 2] = operand[0];
  r[at + 3] = operand[1];
}

export function punpckhqdq(cpu: Cpu, insn: Insn): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const at = xmm(insn.reg);
  r[at] = r[at + 2];
  r[at + 1] = r[at + 3];
  r[at + 2] = operand[2];
  r[at + 3] = operand[3];
}

export {
  punpckhdq_Vdq_Wdq as unpckhps,
  punpckhqdq as unpckhpd,
  punpckldq_Vdq_Wdq as unpcklps,
  punpcklqdq as unpcklpd,
};
