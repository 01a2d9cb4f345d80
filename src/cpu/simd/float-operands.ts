/**
 * The frame of a floating-point instruction: its checks, its source operand in `cpu.operand`, its destination.
 *
 * SDM: volume 2, 2.4 "Exceptions of SIMD instructions": classes 2 and 3. Memory operands of 16 bytes must be aligned.
 */
import { read32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { readOperand64 } from "../wide-access.ts";
import { requireSse } from "./checks.ts";
import { result } from "./float-bits.ts";
import { begin, finish } from "./mxcsr.ts";
import { readW, xmm } from "./operands.ts";

/** First word of the register that ModR/M.reg names. */
export function destination(insn: Insn): number {
  return xmm(insn.reg);
}

export function begin128(cpu: Cpu, insn: Insn): void {
  readW(cpu, insn);
  begin(cpu);
}

export function begin64(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  if (insn.memory === true) readOperand64(cpu, insn);
  else {
    const { r, operand } = cpu;
    const from = xmm(insn.rm);
    operand[0] = r[from];
    operand[1] = r[from + 1];
  }
  begin(cpu);
}

export function begin32(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  cpu.operand[0] = insn.memory === true ? read32(cpu, insn) : cpu.r[xmm(insn.rm)];
  begin(cpu);
}

/** Reports exceptions, then writes all of `result` to the destination. */
export function finish128(cpu: Cpu, insn: Insn): void {
  finish(cpu);
  const { r } = cpu;
  const to = destination(insn);
  r[to] = result[0];
  r[to + 1] = result[1];
  r[to + 2] = result[2];
  r[to + 3] = result[3];
}

/** The lower half: the rest of the register stays. */
export function finish64(cpu: Cpu, insn: Insn): void {
  finish(cpu);
  const { r } = cpu;
  const to = destination(insn);
  r[to] = result[0];
  r[to + 1] = result[1];
}

export function finish32(cpu: Cpu, insn: Insn): void {
  finish(cpu);
  cpu.r[destination(insn)] = result[0];
}
