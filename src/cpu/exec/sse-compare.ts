/**
 * CMPcc, which makes masks, COMIS and UCOMIS, which set EFLAGS.
 *
 * SDM: volume 2, "CMPPS", "COMISS", "UCOMISS": ZF PF CF tell the order, OF SF AF become 0.
 */
import type { Cpu } from "../cpu.ts";
import { EFLAGS_CF, EFLAGS_PF, EFLAGS_ZF, writeArithmeticFlags } from "../eflags.ts";
import type { Insn } from "../insn.ts";
import { result } from "../simd/float-bits.ts";
import {
  compareDouble,
  compareSingle,
  EQUAL,
  LESS,
  testDouble,
  testSingle,
  UNORDERED,
} from "../simd/float-compare.ts";
import {
  begin32,
  begin64,
  begin128,
  destination,
  finish32,
  finish64,
  finish128,
} from "../simd/float-operands.ts";
import { finish } from "../simd/mxcsr.ts";

export function cmpps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const { imm } = insn;
  const a = destination(insn);
  result[0] = testSingle(r[a], operand[0], imm);
  result[1] = testSingle(r[a + 1], operand[1], imm);
  result[2] = testSingle(r[a + 2], operand[2], imm);
  result[3] = testSingle(r[a + 3], operand[3], imm);
  finish128(cpu, insn);
}

export function cmpss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  result[0] = testSingle(cpu.r[destination(insn)], cpu.operand[0], insn.imm);
  finish32(cpu, insn);
}

export function cmppd(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const { imm } = insn;
  const a = destination(insn);
  const low = testDouble(r[a + 1], r[a], operand[1], operand[0], imm);
  const high = testDouble(r[a + 3], r[a + 2], operand[3], operand[2], imm);
  result[0] = low;
  result[1] = low;
  result[2] = high;
  result[3] = high;
  finish128(cpu, insn);
}

/** Not the string instruction of that name. */
export function cmpsd_Vsd_Wsd_Ib(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  const mask = testDouble(r[a + 1], r[a], operand[1], operand[0], insn.imm);
  result[0] = mask;
  result[1] = mask;
  finish64(cpu, insn);
}

function setOrder(cpu: Cpu, order: number): void {
  finish(cpu);
  let flags = 0;
  if (order === UNORDERED) flags = EFLAGS_ZF | EFLAGS_PF | EFLAGS_CF;
  else if (order === LESS) flags = EFLAGS_CF;
  else if (order === EQUAL) flags = EFLAGS_ZF;
  writeArithmeticFlags(cpu, flags);
}

export function comiss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  setOrder(cpu, compareSingle(cpu.r[destination(insn)], cpu.operand[0], true));
}

export function ucomiss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  setOrder(cpu, compareSingle(cpu.r[destination(insn)], cpu.operand[0], false));
}

export function comisd(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  setOrder(cpu, compareDouble(r[a + 1], r[a], operand[1], operand[0], true));
}

export function ucomisd(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  setOrder(cpu, compareDouble(r[a + 1], r[a], operand[1], operand[0], false));
}
