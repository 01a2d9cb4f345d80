/**
 * MIN MAX of packed and scalar numbers.
 *
 * SDM: volume 2, "MINPS", "MAXPS" and so on.
 */
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { result } from "../simd/float-bits.ts";
import { maxDouble, maxSingle, minDouble, minSingle } from "../simd/float-compare.ts";
import {
  begin32,
  begin64,
  begin128,
  destination,
  finish32,
  finish64,
  finish128,
} from "../simd/float-operands.ts";

// --- MIN ----------------------------------------------------------------------------------------------------

export function minps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  result[0] = minSingle(r[a], operand[0]);
  result[1] = minSingle(r[a + 1], operand[1]);
  result[2] = minSingle(r[a + 2], operand[2]);
  result[3] = minSingle(r[a + 3], operand[3]);
  finish128(cpu, insn);
}

export function minss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  result[0] = minSingle(cpu.r[destination(insn)], cpu.operand[0]);
  finish32(cpu, insn);
}

export function minpd(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  minDouble(r, a, operand, 0, 0);
  minDouble(r, a + 2, operand, 2, 2);
  finish128(cpu, insn);
}

export function minsd(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  minDouble(cpu.r, destination(insn), cpu.operand, 0, 0);
  finish64(cpu, insn);
}

// --- MAX ----------------------------------------------------------------------------------------------------

export function maxps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  result[0] = maxSingle(r[a], operand[0]);
  result[1] = maxSingle(r[a + 1], operand[1]);
  result[2] = maxSingle(r[a + 2], operand[2]);
  result[3] = maxSingle(r[a + 3], operand[3]);
  finish128(cpu, insn);
}

export function maxss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  result[0] = maxSingle(cpu.r[destination(insn)], cpu.operand[0]);
  finish32(cpu, insn);
}

export function maxpd(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { r, operand } = cpu;
  const a = destination(insn);
  maxDouble(r, a, operand, 0, 0);
  maxDouble(r, a + 2, operand, 2, 2);
  finish128(cpu, insn);
}

export function maxsd(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  maxDouble(cpu.r, destination(insn), cpu.operand, 0, 0);
  finish64(cpu, insn);
}
