/**
 * Conversions between XMM registers and the integers in MMX registers.
 *
 * SDM: volume 2, "CVTPI2PD" to "CVTTPS2PI"; volume 3, chapter 12: they are MMX instructions too, and the checks of both
 * kinds come before anything else, as does the switch of the x87 to MMX: it stays if the conversion raises #XM. With a
 * source in memory, CVTPI2PD and CVTPI2PS touch no MMX register and leave the x87 alone, pending exceptions included; the
 * SDM says so of the former only, but the processor that was asked, a Xeon, does it in both.
 */
import type { Cpu } from "../cpu.ts";
import { enterMmx, occupyMmx, requireMmx } from "../fpu/registers.ts";
import type { Insn } from "../insn.ts";
import { requireSse } from "../simd/checks.ts";
import {
  doubleOfInteger,
  integerOfDouble,
  integerOfSingle,
  singleOfInteger,
  truncatedDouble,
  truncatedSingle,
} from "../simd/convert.ts";
import { result } from "../simd/float-bits.ts";
import { begin64, begin128, finish64, finish128 } from "../simd/float-operands.ts";
import { begin, finish } from "../simd/mxcsr.ts";
import { mmx, setMmx } from "../simd/operands.ts";
import { readOperand64 } from "../wide-access.ts";

/** An MMX register or memory to `cpu.operand`. */
function beginQ(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  if (insn.memory === true) readOperand64(cpu, insn);
  else {
    enterMmx(cpu);
    const { r, operand } = cpu;
    const from = mmx(insn.rm);
    operand[0] = r[from];
    operand[1] = r[from + 1];
  }
  begin(cpu);
}

/** Only the lower half of the destination changes. */
export function cvtpi2ps(cpu: Cpu, insn: Insn): void {
  beginQ(cpu, insn);
  const { operand } = cpu;
  result[0] = singleOfInteger(operand[0]);
  result[1] = singleOfInteger(operand[1]);
  finish64(cpu, insn);
}

export function cvtpi2pd(cpu: Cpu, insn: Insn): void {
  beginQ(cpu, insn);
  doubleOfInteger(cpu.operand[0], 0);
  doubleOfInteger(cpu.operand[1], 2);
  finish128(cpu, insn);
}

function beginToMmx64(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  requireMmx(cpu);
  begin64(cpu, insn);
}

function beginToMmx128(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  requireMmx(cpu);
  begin128(cpu, insn);
}

function finishToMmx(cpu: Cpu, insn: Insn, low: number, high: number): void {
  occupyMmx(cpu);
  finish(cpu);
  setMmx(cpu.r, insn.reg, low, high);
}

export function cvtps2pi(cpu: Cpu, insn: Insn): void {
  beginToMmx64(cpu, insn);
  const { operand } = cpu;
  finishToMmx(cpu, insn, integerOfSingle(operand[0]), integerOfSingle(operand[1]));
}

export function cvttps2pi(cpu: Cpu, insn: Insn): void {
  beginToMmx64(cpu, insn);
  const { operand } = cpu;
  finishToMmx(cpu, insn, truncatedSingle(operand[0]), truncatedSingle(operand[1]));
}

export function cvtpd2pi(cpu: Cpu, insn: Insn): void {
  beginToMmx128(cpu, insn);
  const { operand } = cpu;
  const low = integerOfDouble(operand[1], operand[0]);
  finishToMmx(cpu, insn, low, integerOfDouble(operand[3], operand[2]));
}

export function cvttpd2pi(cpu: Cpu, insn: Insn): void {
  beginToMmx128(cpu, insn);
  const { operand } = cpu;
  const low = truncatedDouble(operand[1], operand[0]);
  finishToMmx(cpu, insn, low, truncatedDouble(operand[3], operand[2]));
}
