/**
 * Operands of MMX and XMM instructions, and the ways in which operations are applied to them: each way once for MMX
 * registers (two words) and once for XMM registers (four).
 *
 * Every way begins with the checks of its registers, then reads memory, then writes: a fault changes nothing. The source
 * is copied to `cpu.operand` first, since it may be the destination too.
 */
import type { Cpu } from "../cpu.ts";
import { enterMmx, occupyMmx, requireMmx } from "../fpu/registers.ts";
import type { Insn } from "../insn.ts";
import { FPR, XMM } from "../state.ts";
import { readAligned128, readOperand64 } from "../wide-access.ts";
import { requireSse } from "./checks.ts";
import type { WordOperation } from "./lanes.ts";
import type { QuadwordOperation, QuadwordShift } from "./quadwords.ts";

/** Word 2 of a register of the x87 after MMX wrote it: sign and exponent all ones. SDM: volume 3, 12.2.1. */
const MMX_EXPONENT = 0xffff;

/** First word of MMn in the state block. */
export const mmx = (register: number): number => FPR + (register << 2);
/** First word of XMMn. */
export const xmm = (register: number): number => XMM + (register << 2);

/** Puts a result into MMn. */
export function setMmx(r: Int32Array, register: number, low: number, high: number): void {
  const at = mmx(register);
  r[at] = low;
  r[at + 1] = high;
  r[at + 2] = MMX_EXPONENT;
}

// --- The source goes to cpu.operand ---------------------------------------------------------------------------------------

/** Q operand: 64 bits. */
export function readQ(cpu: Cpu, insn: Insn): void {
  requireMmx(cpu);
  if (insn.memory === true) readOperand64(cpu, insn);
  else {
    const { r, operand } = cpu;
    const at = mmx(insn.rm);
    operand[0] = r[at];
    operand[1] = r[at + 1];
  }
  occupyMmx(cpu);
}

/** W operand of 128 bits: memory must be aligned. */
export function readW(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  if (insn.memory === true) readAligned128(cpu, insn);
  else copyXmm(cpu, insn.rm);
}

/** An XMM register as an operand. */
export function copyXmm(cpu: Cpu, register: number): void {
  const { r, operand } = cpu;
  const at = xmm(register);
  operand[0] = r[at];
  operand[1] = r[at + 1];
  operand[2] = r[at + 2];
  operand[3] = r[at + 3];
}

// --- Word by word -----------------------------------------------------------------------------------------------------------

export function wordsPQ(cpu: Cpu, insn: Insn, operation: WordOperation): void {
  readQ(cpu, insn);
  const { r, operand } = cpu;
  const at = mmx(insn.reg);
  r[at] = operation(r[at], operand[0]);
  r[at + 1] = operation(r[at + 1], operand[1]);
  r[at + 2] = MMX_EXPONENT;
}

export function wordsVW(cpu: Cpu, insn: Insn, operation: WordOperation): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const at = xmm(insn.reg);
  r[at] = operation(r[at], operand[0]);
  r[at + 1] = operation(r[at + 1], operand[1]);
  r[at + 2] = operation(r[at + 2], operand[2]);
  r[at + 3] = operation(r[at + 3], operand[3]);
}

// --- Quadword by quadword -------------------------------------------------------------------------------------------------------

export function quadwordPQ(cpu: Cpu, insn: Insn, operation: QuadwordOperation): void {
  readQ(cpu, insn);
  const { r, operand } = cpu;
  const at = mmx(insn.reg);
  operation(r, at, operand[0], operand[1]);
  r[at + 2] = MMX_EXPONENT;
}

export function quadwordsVW(cpu: Cpu, insn: Insn, operation: QuadwordOperation): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const at = xmm(insn.reg);
  operation(r, at, operand[0], operand[1]);
  operation(r, at + 2, operand[2], operand[3]);
}

// --- Shifts: the count is an immediate, or the low quadword of the source -----------------------------------------------------------

/** More than the bits of any element. */
const TOO_MANY = 64;

function countOf({ operand }: Cpu): number {
  return operand[1] !== 0 || operand[0] >>> 0 > TOO_MANY ? TOO_MANY : operand[0];
}

export function shiftPQ(cpu: Cpu, insn: Insn, shift: WordOperation): void {
  readQ(cpu, insn);
  shiftMmx(cpu.r, mmx(insn.reg), shift, countOf(cpu));
}

export function shiftNI(cpu: Cpu, insn: Insn, shift: WordOperation): void {
  enterMmx(cpu);
  shiftMmx(cpu.r, mmx(insn.rm), shift, insn.imm);
}

function shiftMmx(r: Int32Array, at: number, shift: WordOperation, count: number): void {
  r[at] = shift(r[at], count);
  r[at + 1] = shift(r[at + 1], count);
  r[at + 2] = MMX_EXPONENT;
}

export function shiftVW(cpu: Cpu, insn: Insn, shift: WordOperation): void {
  readW(cpu, insn);
  shiftXmm(cpu.r, xmm(insn.reg), shift, countOf(cpu));
}

export function shiftUI(cpu: Cpu, insn: Insn, shift: WordOperation): void {
  requireSse(cpu);
  shiftXmm(cpu.r, xmm(insn.rm), shift, insn.imm);
}

function shiftXmm(r: Int32Array, at: number, shift: WordOperation, count: number): void {
  r[at] = shift(r[at], count);
  r[at + 1] = shift(r[at + 1], count);
  r[at + 2] = shift(r[at + 2], count);
  r[at + 3] = shift(r[at + 3], count);
}

export function shiftQuadwordPQ(cpu: Cpu, insn: Insn, shift: QuadwordShift): void {
  readQ(cpu, insn);
  const at = mmx(insn.reg);
  shift(cpu.r, at, countOf(cpu));
  cpu.r[at + 2] = MMX_EXPONENT;
}

export function shiftQuadwordNI(cpu: Cpu, insn: Insn, shift: QuadwordShift): void {
  enterMmx(cpu);
  const at = mmx(insn.rm);
  shift(cpu.r, at, insn.imm);
  cpu.r[at + 2] = MMX_EXPONENT;
}

export function shiftQuadwordsVW(cpu: Cpu, insn: Insn, shift: QuadwordShift): void {
  readW(cpu, insn);
  const at = xmm(insn.reg);
  const count = countOf(cpu);
  shift(cpu.r, at, count);
  shift(cpu.r, at + 2, count);
}

export function shiftQuadwordsUI(cpu: Cpu, insn: Insn, shift: QuadwordShift): void {
  requireSse(cpu);
  const at = xmm(insn.rm);
  shift(cpu.r, at, insn.imm);
  shift(cpu.r, at + 2, insn.imm);
}
