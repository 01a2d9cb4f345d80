/**
 * x87 instructions that push: from memory, from the stack, constants.
 *
 * SDM: volume 1, 8.3.3 "Data transfer instructions", 8.3.4 "Load constant instructions"; volume 2 by name.
 */
import { read16, read32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { extendedEnv, loadEnv } from "../fpu/control-word.ts";
import { fromFloat32, fromFloat64 } from "../fpu/convert-float.ts";
import { fromBcd, fromInt32, fromInt64 } from "../fpu/convert-integer.ts";
import { ROUND_NEAREST, ROUND_UP } from "../fpu/environment.ts";
import { Extended } from "../fpu/extended.ts";
import { recordInstruction, recordOperand } from "../fpu/pointers.ts";
import { getRegister, INDEFINITE, isEmpty, push } from "../fpu/registers.ts";
import { clearC1, requireFpuReady, settle, stackOverflow, stackUnderflow } from "../fpu/status-word.ts";
import type { Insn } from "../insn.ts";
import { readOperand64, readOperand80 } from "../wide-access.ts";

const value = new Extended();

/** True if there is room for a push. If not, the stack overflow has been dealt with. */
function hasRoom(cpu: Cpu): boolean {
  if (isEmpty(cpu, 7)) return true;
  if (stackOverflow(cpu)) push(cpu, INDEFINITE);
  return false;
}

// --- From memory -------------------------------------------------------------------------------------------------------

export function fld_M32fp(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  const bits = read32(cpu, insn);
  recordOperand(cpu, insn);
  if (!hasRoom(cpu)) return;
  const env = loadEnv(cpu);
  fromFloat32(env, bits, value);
  if (settle(cpu, env)) push(cpu, value);
}

export function fld_M64fp(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  readOperand64(cpu, insn);
  recordOperand(cpu, insn);
  if (!hasRoom(cpu)) return;
  const env = loadEnv(cpu);
  fromFloat64(env, cpu.operand[0], cpu.operand[1], value);
  if (settle(cpu, env)) push(cpu, value);
}

/** Whatever the bits say: nothing is checked. */
export function fld_M80fp(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  readOperand80(cpu, insn);
  recordOperand(cpu, insn);
  const { operand } = cpu;
  value.set((operand[2] >> 15) & 1, operand[2] & 0x7fff, operand[1], operand[0]);
  pushExact(cpu);
}

export function fild_M16int(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  const integer = (read16(cpu, insn) << 16) >> 16;
  recordOperand(cpu, insn);
  fromInt32(integer, value);
  pushExact(cpu);
}
export function fild_M32int(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  const integer = read32(cpu, insn);
  recordOperand(cpu, insn);
  fromInt32(integer, value);
  pushExact(cpu);
}
export function fild_M64int(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  readOperand64(cpu, insn);
  recordOperand(cpu, insn);
  fromInt64(cpu.operand[0], cpu.operand[1], value);
  pushExact(cpu);
}
export function fbld_M80bcd(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  readOperand80(cpu, insn);
  recordOperand(cpu, insn);
  const { operand } = cpu;
  fromBcd(operand[0], operand[1], operand[2], value);
  pushExact(cpu);
}

function pushExact(cpu: Cpu): void {
  if (!hasRoom(cpu)) return;
  clearC1(cpu);
  push(cpu, value);
}

// --- From the stack ------------------------------------------------------------------------------------------------------

/** An empty source comes before a full stack. */
export function fld_STi(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  if (isEmpty(cpu, insn.rm)) {
    if (stackUnderflow(cpu)) push(cpu, INDEFINITE);
    return;
  }
  getRegister(cpu, insn.rm, value);
  pushExact(cpu);
}

// --- Constants -----------------------------------------------------------------------------------------------------------

/**
 * A constant that is not exact: the significand of the next number below, and whether the nearest is the one above. All
 * low words are below 0xffffffff, so that the number above has the same high word.
 */
interface Constant {
  readonly exponent: number;
  readonly high: number;
  readonly low: number;
  readonly nearestIsAbove: boolean;
}

const constant = (exponent: number, high: number, low: number, nearestIsAbove: boolean): Constant => ({
  exponent,
  high: high | 0,
  low: low | 0,
  nearestIsAbove,
});

const LOG2_10 = constant(0x4000, 0xd49a_784b, 0xcd1b_8afe, false);
const LOG2_E = constant(0x3fff, 0xb8aa_3b29, 0x5c17_f0bb, true);
const PI = constant(0x4000, 0xc90f_daa2, 0x2168_c234, true);
const LOG10_2 = constant(0x3ffd, 0x9a20_9a84, 0xfbcf_f798, true);
const LN_2 = constant(0x3ffe, 0xb172_17f7, 0xd1cf_79ab, true);

export function fldz(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  value.set(0, 0, 0, 0);
  pushExact(cpu);
}
export function fld1(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  value.set(0, 0x3fff, 0x8000_0000 | 0, 0);
  pushExact(cpu);
}
export function fldl2t(cpu: Cpu, insn: Insn): void {
  pushConstant(cpu, insn, LOG2_10);
}
export function fldl2e(cpu: Cpu, insn: Insn): void {
  pushConstant(cpu, insn, LOG2_E);
}
export function fldpi(cpu: Cpu, insn: Insn): void {
  pushConstant(cpu, insn, PI);
}
export function fldlg2(cpu: Cpu, insn: Insn): void {
  pushConstant(cpu, insn, LOG10_2);
}
export function fldln2(cpu: Cpu, insn: Insn): void {
  pushConstant(cpu, insn, LN_2);
}

/** Obeys rounding control, and still is not reported as inexact. */
function pushConstant(cpu: Cpu, insn: Insn, { exponent, high, low, nearestIsAbove }: Constant): void {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  const { rounding } = extendedEnv(cpu);
  const above = rounding === ROUND_UP || (rounding === ROUND_NEAREST && nearestIsAbove);
  value.set(0, exponent, high, above ? (low + 1) | 0 : low);
  pushExact(cpu);
}
