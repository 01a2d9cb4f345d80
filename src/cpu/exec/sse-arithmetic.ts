/**
 * ADD SUB MUL DIV SQRT of packed and scalar numbers.
 *
 * SDM: volume 2, "ADDPS", "ADDSD" and so on; scalar forms leave the rest of the destination as it is.
 */
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { result } from "../simd/float-bits.ts";
import {
  begin32,
  begin64,
  begin128,
  destination,
  finish32,
  finish64,
  finish128,
} from "../simd/float-operands.ts";
import { addSingle, divSingle, mulSingle, sqrtSingle, subSingle } from "../simd/float32.ts";
import { addDouble, divDouble, mulDouble, sqrtDouble, subDouble } from "../simd/float64.ts";

// --- ADD ----------------------------------------------------------------------------------------------------

export function addps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  result[0] = addSingle(r[a], operand[0]);
  result[1] = addSingle(r[a + 1], operand[1]);
  result[2] = addSingle(r[a + 2], operand[2]);
  result[3] = addSingle(r[a + 3], operand[3]);
  finish128(cpu, insn);
}

export function addss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  result[0] = addSingle(cpu.r[destination(insn)], cpu.operand[0]);
  finish32(cpu, insn);
}

export function addpd(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  addDouble(r, a, operand, 0, 0);
  addDouble(r, a + 2, operand, 2, 2);
  finish128(cpu, insn);
}

export function addsd(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  addDouble(cpu.r, destination(insn), cpu.operand, 0, 0);
  finish64(cpu, insn);
}

// --- SUB ----------------------------------------------------------------------------------------------------

export function subps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  result[0] = subSingle(r[a], operand[0]);
  result[1] = subSingle(r[a + 1], operand[1]);
  result[2] = subSingle(r[a + 2], operand[2]);
  result[3] = subSingle(r[a + 3], operand[3]);
  finish128(cpu, insn);
}

export function subss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  result[0] = subSingle(cpu.r[destination(insn)], cpu.operand[0]);
  finish32(cpu, insn);
}

export function subpd(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  subDouble(r, a, operand, 0, 0);
  subDouble(r, a + 2, operand, 2, 2);
  finish128(cpu, insn);
}

export function subsd(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  subDouble(cpu.r, destination(insn), cpu.operand, 0, 0);
  finish64(cpu, insn);
}

// --- MUL ----------------------------------------------------------------------------------------------------

export function mulps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  result[0] = mulSingle(r[a], operand[0]);
  result[1] = mulSingle(r[a + 1], operand[1]);
  result[2] = mulSingle(r[a + 2], operand[2]);
  result[3] = mulSingle(r[a + 3], operand[3]);
  finish128(cpu, insn);
}

export function mulss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  result[0] = mulSingle(cpu.r[destination(insn)], cpu.operand[0]);
  finish32(cpu, insn);
}

export function mulpd(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  mulDouble(r, a, operand, 0, 0);
  mulDouble(r, a + 2, operand, 2, 2);
  finish128(cpu, insn);
}

export function mulsd(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  mulDouble(cpu.r, destination(insn), cpu.operand, 0, 0);
  finish64(cpu, insn);
}

// --- DIV ----------------------------------------------------------------------------------------------------

export function divps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  result[0] = divSingle(r[a], operand[0]);
  result[1] = divSingle(r[a + 1], operand[1]);
  result[2] = divSingle(r[a + 2], operand[2]);
  result[3] = divSingle(r[a + 3], operand[3]);
  finish128(cpu, insn);
}

export function divss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  result[0] = divSingle(cpu.r[destination(insn)], cpu.operand[0]);
  finish32(cpu, insn);
}

export function divpd(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  divDouble(r, a, operand, 0, 0);
  divDouble(r, a + 2, operand, 2, 2);
  finish128(cpu, insn);
}

export function divsd(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  divDouble(cpu.r, destination(insn), cpu.operand, 0, 0);
  finish64(cpu, insn);
}

// --- SQRT ---------------------------------------------------------------------------------------------------

export function sqrtps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { operand } = cpu;
  result[0] = sqrtSingle(operand[0]);
  result[1] = sqrtSingle(operand[1]);
  result[2] = sqrtSingle(operand[2]);
  result[3] = sqrtSingle(operand[3]);
  finish128(cpu, insn);
}

export function sqrtss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  result[0] = sqrtSingle(cpu.operand[0]);
  finish32(cpu, insn);
}

export function sqrtpd(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  sqrtDouble(cpu.operand, 0, 0);
  sqrtDouble(cpu.operand, 2, 2);
  finish128(cpu, insn);
}

export function sqrtsd(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  sqrtDouble(cpu.operand, 0, 0);
  finish64(cpu, insn);
}
