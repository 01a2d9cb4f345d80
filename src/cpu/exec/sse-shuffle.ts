/**
 * Shuffles, and what goes between single elements and general registers: insertion, extraction, masks of signs.
 *
 * SDM: volume 1, 10.4.3 "SSE shuffle and unpack instructions", 10.4.4, 11.4.1.3, 11.4.2.
 */
import { read16 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { enterMmx, occupyMmx, requireMmx } from "../fpu/registers.ts";
import type { Insn } from "../insn.ts";
import { requireSse } from "../simd/checks.ts";
import { byteSigns, wordOf } from "../simd/lanes.ts";
import { mmx, readQ, readW, setMmx, xmm } from "../simd/operands.ts";

// --- Shuffles ------------------------------------------------------------------------------------------------------------

export function shufps(cpu: Cpu, insn: Insn): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const { imm } = insn;
  const at = xmm(insn.reg);
  const first = r[at + (imm & 3)];
  const second = r[at + ((imm >> 2) & 3)];
  r[at] = first;
  r[at + 1] = second;
  r[at + 2] = operand[(imm >> 4) & 3];
  r[at + 3] = operand[(imm >> 6) & 3];
}

export function shufpd(cpu: Cpu, insn: Insn): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const at = xmm(insn.reg);
  const from = (insn.imm & 1) << 1;
  const other = insn.imm & 2;
  r[at] = r[at + from];
  r[at + 1] = r[at + from + 1];
  r[at + 2] = operand[other];
  r[at + 3] = operand[other + 1];
}

export function pshufd(cpu: Cpu, insn: Insn): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const { imm } = insn;
  const at = xmm(insn.reg);
  r[at] = operand[imm & 3];
  r[at + 1] = operand[(imm >> 2) & 3];
  r[at + 2] = operand[(imm >> 4) & 3];
  r[at + 3] = operand[(imm >> 6) & 3];
}

/** Two words of a quadword, chosen by the low four bits of `order`, as a doubleword. */
function twoWords(low: number, high: number, order: number): number {
  return wordOf(low, high, order & 3) | (wordOf(low, high, (order >> 2) & 3) << 16);
}

export function pshufw(cpu: Cpu, insn: Insn): void {
  readQ(cpu, insn);
  const low = cpu.operand[0];
  const high = cpu.operand[1];
  setMmx(cpu.r, insn.reg, twoWords(low, high, insn.imm), twoWords(low, high, insn.imm >> 4));
}

export function pshuflw(cpu: Cpu, insn: Insn): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const at = xmm(insn.reg);
  r[at] = twoWords(operand[0], operand[1], insn.imm);
  r[at + 1] = twoWords(operand[0], operand[1], insn.imm >> 4);
  r[at + 2] = operand[2];
  r[at + 3] = operand[3];
}

export function pshufhw(cpu: Cpu, insn: Insn): void {
  readW(cpu, insn);
  const { r, operand } = cpu;
  const at = xmm(insn.reg);
  r[at] = operand[0];
  r[at + 1] = operand[1];
  r[at + 2] = twoWords(operand[2], operand[3], insn.imm);
  r[at + 3] = twoWords(operand[2], operand[3], insn.imm >> 4);
}

// --- Single words ----------------------------------------------------------------------------------------------------------

/** Index of a word of MMn, or XMMn, in `cpu.r16`. */
const mmxWord = (register: number, index: number): number => (mmx(register) << 1) + (index & 3);
const xmmWord = (register: number, index: number): number => (xmm(register) << 1) + (index & 7);

function insertMmx(cpu: Cpu, insn: Insn, value: number): void {
  occupyMmx(cpu);
  cpu.r16[mmxWord(insn.reg, insn.imm)] = value;
  cpu.r[mmx(insn.reg) + 2] = 0xffff;
}

export function pinsrw_Pq_Rd_Ib(cpu: Cpu, insn: Insn): void {
  requireMmx(cpu);
  insertMmx(cpu, insn, cpu.r[insn.rm]);
}

export function pinsrw_Pq_Mw_Ib(cpu: Cpu, insn: Insn): void {
  requireMmx(cpu);
  insertMmx(cpu, insn, read16(cpu, insn));
}

export function pinsrw_Vdq_Rd_Ib(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  cpu.r16[xmmWord(insn.reg, insn.imm)] = cpu.r[insn.rm];
}

export function pinsrw_Vdq_Mw_Ib(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  cpu.r16[xmmWord(insn.reg, insn.imm)] = read16(cpu, insn);
}

export function pextrw_Gd_Nq_Ib(cpu: Cpu, insn: Insn): void {
  enterMmx(cpu);
  cpu.r[insn.reg] = cpu.r16[mmxWord(insn.rm, insn.imm)];
}

export function pextrw_Gd_Udq_Ib(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  cpu.r[insn.reg] = cpu.r16[xmmWord(insn.rm, insn.imm)];
}

// --- Signs -------------------------------------------------------------------------------------------------------------------

export function pmovmskb_Gd_Nq(cpu: Cpu, insn: Insn): void {
  enterMmx(cpu);
  const { r } = cpu;
  const at = mmx(insn.rm);
  r[insn.reg] = byteSigns(r[at]) | (byteSigns(r[at + 1]) << 4);
}

export function pmovmskb_Gd_Udq(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  const { r } = cpu;
  const at = xmm(insn.rm);
  const low = byteSigns(r[at]) | (byteSigns(r[at + 1]) << 4);
  r[insn.reg] = low | (byteSigns(r[at + 2]) << 8) | (byteSigns(r[at + 3]) << 12);
}

export function movmskps(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  const { r } = cpu;
  const at = xmm(insn.rm);
  const low = (r[at] >>> 31) | ((r[at + 1] >>> 31) << 1);
  r[insn.reg] = low | ((r[at + 2] >>> 31) << 2) | ((r[at + 3] >>> 31) << 3);
}

export function movmskpd(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  const { r } = cpu;
  const at = xmm(insn.rm);
  r[insn.reg] = (r[at + 1] >>> 31) | ((r[at + 3] >>> 31) << 1);
}
