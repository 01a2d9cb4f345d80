/**
 * x87 square root, remainders, rounding, scaling, and taking a number apart.
 *
 * SDM: volume 1, 8.3.5 "Basic arithmetic instructions"; volume 2 by name.
 */
import type { Cpu } from "../cpu.ts";
import { squareRoot } from "../fpu/arithmetic.ts";
import { isNan } from "../fpu/classify.ts";
import { arithmeticEnv, extendedEnv } from "../fpu/control-word.ts";
import { Extended } from "../fpu/extended.ts";
import { extract, roundToIntegral, scale } from "../fpu/integral.ts";
import { recordInstruction } from "../fpu/pointers.ts";
import { getRegister, INDEFINITE, isEmpty, push, setRegister } from "../fpu/registers.ts";
import { partialRemainder, REMAINDER_INCOMPLETE } from "../fpu/remainder.ts";
import {
  CONDITION_CODES,
  requireFpuReady,
  STATUS_C0,
  STATUS_C1,
  STATUS_C2,
  STATUS_C3,
  settle,
  stackOverflow,
  stackUnderflow,
} from "../fpu/status-word.ts";
import type { Insn } from "../insn.ts";
import { FPU_STATUS } from "../state.ts";

const first = new Extended();
const second = new Extended();
const result = new Extended();

/** Fetches ST(0). False if it is empty; that is dealt with. */
function fetchOne(cpu: Cpu, insn: Insn): boolean {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  if (isEmpty(cpu, 0)) {
    if (stackUnderflow(cpu)) setRegister(cpu, 0, INDEFINITE);
    return false;
  }
  getRegister(cpu, 0, first);
  return true;
}

/** Fetches ST(0) and ST(1). False if one of them is empty; that is dealt with. */
function fetchTwo(cpu: Cpu, insn: Insn): boolean {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  if (isEmpty(cpu, 0) || isEmpty(cpu, 1)) {
    if (stackUnderflow(cpu)) setRegister(cpu, 0, INDEFINITE);
    return false;
  }
  getRegister(cpu, 0, first);
  getRegister(cpu, 1, second);
  return true;
}

export function fsqrt(cpu: Cpu, insn: Insn): void {
  if (!fetchOne(cpu, insn)) return;
  const env = arithmeticEnv(cpu);
  squareRoot(env, first, result);
  if (settle(cpu, env)) setRegister(cpu, 0, result);
}

export function frndint(cpu: Cpu, insn: Insn): void {
  if (!fetchOne(cpu, insn)) return;
  const env = extendedEnv(cpu);
  roundToIntegral(env, first, result);
  if (settle(cpu, env)) setRegister(cpu, 0, result);
}

export function fscale(cpu: Cpu, insn: Insn): void {
  if (!fetchTwo(cpu, insn)) return;
  const env = extendedEnv(cpu);
  scale(env, first, second, result);
  if (settle(cpu, env)) setRegister(cpu, 0, result);
}

/** ST(0) becomes the exponent, and the significand is pushed. A stack fault gives two indefinites. */
export function fxtract(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  const empty = isEmpty(cpu, 0);
  if (empty || !isEmpty(cpu, 7)) {
    if (!(empty ? stackUnderflow(cpu) : stackOverflow(cpu))) return;
    setRegister(cpu, 0, INDEFINITE);
    push(cpu, INDEFINITE);
    return;
  }
  getRegister(cpu, 0, first);
  const env = extendedEnv(cpu);
  extract(env, first, second, result);
  if (!settle(cpu, env)) return;
  setRegister(cpu, 0, second);
  push(cpu, result);
}

// --- Remainders ------------------------------------------------------------------------------------------------------

export function fprem(cpu: Cpu, insn: Insn): void {
  remainder(cpu, insn, false);
}
export function fprem1(cpu: Cpu, insn: Insn): void {
  remainder(cpu, insn, true);
}

/** C2 says that the reduction is not finished; without a remainder it is clear, and C0 and C3 stay. */
function remainder(cpu: Cpu, insn: Insn, nearest: boolean): void {
  requireFpuReady(cpu);
  const { r } = cpu;
  r[FPU_STATUS] &= ~STATUS_C2;
  if (!fetchTwo(cpu, insn)) return;
  const env = extendedEnv(cpu);
  const quotient = partialRemainder(env, first, second, result, nearest);
  if (!settle(cpu, env)) return;
  setRegister(cpu, 0, result);
  if (!isNan(result)) r[FPU_STATUS] = (r[FPU_STATUS] & ~CONDITION_CODES) | codesOf(quotient);
}

function codesOf(quotient: number): number {
  if ((quotient & REMAINDER_INCOMPLETE) !== 0) return STATUS_C2;
  return (
    ((quotient & 4) !== 0 ? STATUS_C0 : 0) |
    ((quotient & 2) !== 0 ? STATUS_C3 : 0) |
    ((quotient & 1) !== 0 ? STATUS_C1 : 0)
  );
}
