/**
 * RCP and RSQRT: approximations, that look at nothing in MXCSR and raise no exceptions of their own.
 *
 * SDM: volume 2, "RCPPS", "RSQRTPS".
 */
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { reciprocalRootSingle, reciprocalSingle } from "../simd/float-approximate.ts";
import { result } from "../simd/float-bits.ts";
import { begin32, begin128, finish32, finish128 } from "../simd/float-operands.ts";

export function rcpps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { operand } = cpu;
  result[0] = reciprocalSingle(operand[0]);
  result[1] = reciprocalSingle(operand[1]);
  result[2] = reciprocalSingle(operand[2]);
  result[3] = reciprocalSingle(operand[3]);
  finish128(cpu, insn);
}

export function rcpss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  result[0] = reciprocalSingle(cpu.operand[0]);
  finish32(cpu, insn);
}

export function rsqrtps(cpu: Cpu, insn: Insn): void {
  begin128(cpu, insn);
  const { operand } = cpu;
  result[0] = reciprocalRootSingle(operand[0]);
  result[1] = reciprocalRootSingle(operand[1]);
  result[2] = reciprocalRootSingle(operand[2]);
  result[3] = reciprocalRootSingle(operand[3]);
  finish128(cpu, insn);
}

export function rsqrtss(cpu: Cpu, insn: Insn): void {
  begin32(cpu, insn);
  result[0] = reciprocalRootSingle(cpu.operand[0]);
  finish32(cpu, insn);
}
