/**
 * Conversions between XMM registers, and between them and general registers. Those with MMX are in `sse-convert-mmx.ts`.
 *
 * SDM: volume 2, "CVTDQ2PD" to "CVTTSS2SI".
 */
import { read32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { requireSse } from "../simd/checks.ts";
import {
  doubleOfInteger,
  doubleOfSingle,
  integerOfDouble,
  integerOfSingle,
  singleOfDouble,
  singleOfInteger,
  truncatedDouble,
  truncatedSingle,
} from "../simd/convert.ts";
import { result } from "../simd/float-bits.ts";
import { begin32, begin64, begin128, finish32, finish64, finish128 } from "../simd/float-operands.ts";
import { begin, finish } from "../simd/mxcsr.ts";

// --- Packed, between precisions: what has half the size takes or fills the lower half ---------------------------------

export function cvtps2pd(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  doubleOfSingle(cpu.operand[0], 0);
  doubleOfSingle(cpu.operand[1], 2);
  finish128(cpu, insn);
}

export function cvtpd2ps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { operand } = cpu;
  result[0] = singleOfDouble(operand[1], operand[0]);
  result[1] = singleOfDouble(operand[3], operand[2]);
  result[2] = 0;
  result[3] = 0;
  finish128(cpu, insn);
}

// --- Packed, integers --------------------------------------------------------------------------------------------------

export function cvtdq2ps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { operand } = cpu;
  result[0] = singleOfInteger(operand[0]);
  result[1] = singleOfInteger(operand[1]);
  result[2] = singleOfInteger(operand[2]);
  result[3] = singleOfInteger(operand[3]);
  finish128(cpu, insn);
}

export function cvtps2dq(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { operand } = cpu;
  result[0] = integerOfSingle(operand[0]);
  result[1] = integerOfSingle(operand[1]);
  result[2] = integerOfSingle(operand[2]);
  result[3] = integerOfSingle(operand[3]);
  finish128(cpu, insn);
}

export function cvttps2dq(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { operand } = cpu;
  result[0] = truncatedSingle(operand[0]);
  result[1] = truncatedSingle(operand[1]);
  result[2] = truncatedSingle(operand[2]);
  result[3] = truncatedSingle(operand[3]);
  finish128(cpu, insn);
}

export function cvtdq2pd(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  doubleOfInteger(cpu.operand[0], 0);
  doubleOfInteger(cpu.operand[1], 2);
  finish128(cpu, insn);
}

export function cvtpd2dq(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { operand } = cpu;
  result[0] = integerOfDouble(operand[1], operand[0]);
  result[1] = integerOfDouble(operand[3], operand[2]);
  result[2] = 0;
  result[3] = 0;
  finish128(cpu, insn);
}

export function cvttpd2dq(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { operand } = cpu;
  result[0] = truncatedDouble(operand[1], operand[0]);
  result[1] = truncatedDouble(operand[3], operand[2]);
  result[2] = 0;
  result[3] = 0;
  finish128(cpu, insn);
}

// --- Scalar, between precisions ------------------------------------------------------------------------------------------

export function cvtss2sd(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  doubleOfSingle(cpu.operand[0], 0);
  finish64(cpu, insn);
}

export function cvtsd2ss(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  result[0] = singleOfDouble(cpu.operand[1], cpu.operand[0]);
  finish32(cpu, insn);
}

// --- Scalar, from and to general registers -------------------------------------------------------------------------------

function beginInteger(cpu: Cpu, insn: Insn): number {
  requireSse(cpu);
  const integer = insn.memory === true ? read32(cpu, insn) : cpu.r[insn.rm];
  begin(cpu);
  return integer;
}

function finishInteger(cpu: Cpu, insn: Insn, integer: number): void {
  finish(cpu);
  cpu.r[insn.reg] = integer;
}

export function cvtsi2ss(cpu: Cpu, insn: Insn): void {
  result[0] = singleOfInteger(beginInteger(cpu, insn));
  finish32(cpu, insn);
}

export function cvtsi2sd(cpu: Cpu, insn: Insn): void {
  doubleOfInteger(beginInteger(cpu, insn), 0);
  finish64(cpu, insn);
}

export function cvtss2si(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  finishInteger(cpu, insn, integerOfSingle(cpu.operand[0]));
}

export function cvttss2si(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  finishInteger(cpu, insn, truncatedSingle(cpu.operand[0]));
}

export function cvtsd2si(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  finishInteger(cpu, insn, integerOfDouble(cpu.operand[1], cpu.operand[0]));
}

export function cvttsd2si(cpu: Cpu, insn: Insn): void {
  begin64(cpu, insn);
  finishInteger(cpu, insn, truncatedDouble(cpu.operand[1], cpu.operand[0]));
}
