/**
 * x87 trigonometric, logarithmic and exponential instructions. Precision control does not apply to them.
 *
 * SDM: volume 1, 8.3.7 "Trigonometric instructions", 8.3.9 "Logarithmic, exponential, and scale"; volume 2 by name.
 */
import type { Cpu } from "../cpu.ts";
import { isNan } from "../fpu/classify.ts";
import { extendedEnv } from "../fpu/control-word.ts";
import type { FpuEnvironment } from "../fpu/environment.ts";
import { Extended } from "../fpu/extended.ts";
import { recordInstruction } from "../fpu/pointers.ts";
import { getRegister, INDEFINITE, isEmpty, pop, push, setRegister } from "../fpu/registers.ts";
import {
  clearC1,
  requireFpuReady,
  STATUS_C2,
  settle,
  stackOverflow,
  stackUnderflow,
} from "../fpu/status-word.ts";
import * as functions from "../fpu/transcendental.ts";
import type { Insn } from "../insn.ts";
import { FPU_STATUS } from "../state.ts";

const first = new Extended();
const second = new Extended();
const result = new Extended();
const secondResult = new Extended();

const ONE = new Extended();
ONE.set(0, 0x3fff, 0x8000_0000 | 0, 0);

function begin(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
}

/** Fetches ST(0). False if it is empty; that is dealt with. */
function fetchTop(cpu: Cpu): boolean {
  if (isEmpty(cpu, 0)) {
    if (stackUnderflow(cpu)) setRegister(cpu, 0, INDEFINITE);
    return false;
  }
  getRegister(cpu, 0, first);
  return true;
}

export function f2xm1(cpu: Cpu, insn: Insn): void {
  begin(cpu, insn);
  if (!fetchTop(cpu)) return;
  const env = extendedEnv(cpu);
  functions.f2xm1(env, first, result);
  if (settle(cpu, env)) setRegister(cpu, 0, result);
}

// --- Of ST(0) and ST(1): the result replaces both ----------------------------------------------------------------------

type Binary = (env: FpuEnvironment, a: Extended, b: Extended, into: Extended) => void;

export function fyl2x(cpu: Cpu, insn: Insn): void {
  combine(cpu, insn, functions.fyl2x);
}
export function fyl2xp1(cpu: Cpu, insn: Insn): void {
  combine(cpu, insn, functions.fyl2xp1);
}
export function fpatan(cpu: Cpu, insn: Insn): void {
  combine(cpu, insn, functions.fpatan);
}

function combine(cpu: Cpu, insn: Insn, operation: Binary): void {
  begin(cpu, insn);
  if (isEmpty(cpu, 0) || isEmpty(cpu, 1)) {
    if (!stackUnderflow(cpu)) return;
    setRegister(cpu, 1, INDEFINITE);
    pop(cpu);
    return;
  }
  getRegister(cpu, 0, first);
  getRegister(cpu, 1, second);
  const env = extendedEnv(cpu);
  operation(env, first, second, result);
  if (!settle(cpu, env)) return;
  setRegister(cpu, 1, result);
  pop(cpu);
}

// --- Trigonometric: C2 says that the operand is too large, and nothing was done ----------------------------------------

export function fsin(cpu: Cpu, insn: Insn): void {
  reduce(cpu, insn, functions.fsin);
}
export function fcos(cpu: Cpu, insn: Insn): void {
  reduce(cpu, insn, functions.fcos);
}

function reduce(
  cpu: Cpu,
  insn: Insn,
  operation: (env: FpuEnvironment, a: Extended, into: Extended) => boolean,
): void {
  begin(cpu, insn);
  cpu.r[FPU_STATUS] &= ~STATUS_C2;
  if (!fetchTop(cpu)) return;
  const env = extendedEnv(cpu);
  if (!operation(env, first, result)) outOfRange(cpu);
  else if (settle(cpu, env)) setRegister(cpu, 0, result);
}

function outOfRange(cpu: Cpu): void {
  clearC1(cpu);
  cpu.r[FPU_STATUS] |= STATUS_C2;
}

/** The sine goes to ST(0), then the cosine is pushed. */
export function fsincos(cpu: Cpu, insn: Insn): void {
  if (!beginPair(cpu, insn)) return;
  const env = extendedEnv(cpu);
  if (!functions.fsincos(env, first, result, secondResult)) {
    outOfRange(cpu);
    return;
  }
  if (!settle(cpu, env)) return;
  setRegister(cpu, 0, result);
  push(cpu, secondResult);
}

/** The tangent goes to ST(0), then 1 is pushed; a NaN, if there is no tangent. */
export function fptan(cpu: Cpu, insn: Insn): void {
  if (!beginPair(cpu, insn)) return;
  const env = extendedEnv(cpu);
  if (!functions.fptan(env, first, result)) {
    outOfRange(cpu);
    return;
  }
  if (!settle(cpu, env)) return;
  setRegister(cpu, 0, result);
  push(cpu, isNan(result) ? result : ONE);
}

/** Fetches ST(0) for an instruction with two results. False after a stack fault, which gives two indefinites. */
function beginPair(cpu: Cpu, insn: Insn): boolean {
  begin(cpu, insn);
  cpu.r[FPU_STATUS] &= ~STATUS_C2;
  const empty = isEmpty(cpu, 0);
  if (!empty && isEmpty(cpu, 7)) {
    getRegister(cpu, 0, first);
    return true;
  }
  if (empty ? stackUnderflow(cpu) : stackOverflow(cpu)) {
    setRegister(cpu, 0, INDEFINITE);
    push(cpu, INDEFINITE);
  }
  return false;
}
