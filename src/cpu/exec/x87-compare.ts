/**
 * x87 comparisons. Their answer is there even if an exception that is not masked keeps them from popping.
 *
 * SDM: volume 1, 8.3.6 "Comparison and classification instructions", tables 8-6 and 8-7; volume 2 by name.
 */
import type { Cpu } from "../cpu.ts";
import { EFLAGS_CF, EFLAGS_PF, EFLAGS_ZF, writeArithmeticFlags } from "../eflags.ts";
import { compare, EQUAL, GREATER, LESS, UNORDERED } from "../fpu/compare.ts";
import { extendedEnv } from "../fpu/control-word.ts";
import { FLAG_DE } from "../fpu/environment.ts";
import { Extended } from "../fpu/extended.ts";
import { recordInstruction } from "../fpu/pointers.ts";
import { getRegister, isEmpty, pop } from "../fpu/registers.ts";
import {
  CONDITION_CODES,
  recordExceptions,
  requireFpuReady,
  STATUS_C0,
  STATUS_C2,
  STATUS_C3,
  stackUnderflow,
} from "../fpu/status-word.ts";
import type { Insn } from "../insn.ts";
import { FPU_STATUS } from "../state.ts";
import {
  operand,
  operandWasDenormal,
  readFloat32,
  readFloat64,
  readInt16,
  readInt32,
} from "./x87-operands.ts";

const top = new Extended();
const other = new Extended();
const ZERO = new Extended();

/** An answer of `compare` as condition codes. C1 is clear. */
function codesOf(order: number): number {
  switch (order) {
    case GREATER:
      return 0;
    case LESS:
      return STATUS_C0;
    case EQUAL:
      return STATUS_C3;
    default:
      return STATUS_C3 | STATUS_C2 | STATUS_C0;
  }
}

function setCodes(cpu: Cpu, order: number): void {
  const { r } = cpu;
  r[FPU_STATUS] = (r[FPU_STATUS] & ~CONDITION_CODES) | codesOf(order);
}

/** True if the flags raised let an instruction pop. */
function record(cpu: Cpu, flags: number, masks: number): boolean {
  if (flags === 0) return true;
  recordExceptions(cpu, flags);
  return (flags & ~masks) === 0;
}

// --- FCOM, FICOM, FTST: with memory and with zero ------------------------------------------------------------------------

/** Compares ST(0) with the operand that has been read. True if an instruction that pops is to do so. */
function compareOperand(cpu: Cpu): boolean {
  if (isEmpty(cpu, 0)) {
    setCodes(cpu, UNORDERED);
    return stackUnderflow(cpu);
  }
  getRegister(cpu, 0, top);
  const env = extendedEnv(cpu);
  const order = compare(env, top, operand, false);
  if (order !== UNORDERED && operandWasDenormal()) env.flags |= FLAG_DE;
  setCodes(cpu, order);
  return record(cpu, env.flags, env.masks);
}

export function fcom_M32fp(cpu: Cpu, insn: Insn): void {
  readFloat32(cpu, insn);
  compareOperand(cpu);
}
export function fcomp_M32fp(cpu: Cpu, insn: Insn): void {
  readFloat32(cpu, insn);
  if (compareOperand(cpu)) pop(cpu);
}
export function fcom_M64fp(cpu: Cpu, insn: Insn): void {
  readFloat64(cpu, insn);
  compareOperand(cpu);
}
export function fcomp_M64fp(cpu: Cpu, insn: Insn): void {
  readFloat64(cpu, insn);
  if (compareOperand(cpu)) pop(cpu);
}
export function ficom_M16int(cpu: Cpu, insn: Insn): void {
  readInt16(cpu, insn);
  compareOperand(cpu);
}
export function ficomp_M16int(cpu: Cpu, insn: Insn): void {
  readInt16(cpu, insn);
  if (compareOperand(cpu)) pop(cpu);
}
export function ficom_M32int(cpu: Cpu, insn: Insn): void {
  readInt32(cpu, insn);
  compareOperand(cpu);
}
export function ficomp_M32int(cpu: Cpu, insn: Insn): void {
  readInt32(cpu, insn);
  if (compareOperand(cpu)) pop(cpu);
}

export function ftst(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  if (isEmpty(cpu, 0)) {
    setCodes(cpu, UNORDERED);
    stackUnderflow(cpu);
    return;
  }
  getRegister(cpu, 0, top);
  const env = extendedEnv(cpu);
  setCodes(cpu, compare(env, top, ZERO, false));
  record(cpu, env.flags, env.masks);
}

// --- FCOM, FUCOM: with a register ------------------------------------------------------------------------------------------

/** Compares ST(0) with ST(i). True if an instruction that pops is to do so. */
function compareRegister(cpu: Cpu, insn: Insn, i: number, quiet: boolean): boolean {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  if (isEmpty(cpu, 0) || isEmpty(cpu, i)) {
    setCodes(cpu, UNORDERED);
    return stackUnderflow(cpu);
  }
  getRegister(cpu, 0, top);
  getRegister(cpu, i, other);
  const env = extendedEnv(cpu);
  setCodes(cpu, compare(env, top, other, quiet));
  return record(cpu, env.flags, env.masks);
}

export function fcom_STi(cpu: Cpu, insn: Insn): void {
  compareRegister(cpu, insn, insn.rm, false);
}
export function fcomp_STi(cpu: Cpu, insn: Insn): void {
  if (compareRegister(cpu, insn, insn.rm, false)) pop(cpu);
}
export function fcompp(cpu: Cpu, insn: Insn): void {
  if (compareRegister(cpu, insn, 1, false)) popTwice(cpu);
}
export function fucom_STi(cpu: Cpu, insn: Insn): void {
  compareRegister(cpu, insn, insn.rm, true);
}
export function fucomp_STi(cpu: Cpu, insn: Insn): void {
  if (compareRegister(cpu, insn, insn.rm, true)) pop(cpu);
}
export function fucompp(cpu: Cpu, insn: Insn): void {
  if (compareRegister(cpu, insn, 1, true)) popTwice(cpu);
}

function popTwice(cpu: Cpu): void {
  pop(cpu);
  pop(cpu);
}

// --- FCOMI, FUCOMI: the answer goes to EFLAGS ------------------------------------------------------------------------------

/** An answer of `compare` as EFLAGS. OF, SF and AF are clear. */
function flagsOf(order: number): number {
  switch (order) {
    case GREATER:
      return 0;
    case LESS:
      return EFLAGS_CF;
    case EQUAL:
      return EFLAGS_ZF;
    default:
      return EFLAGS_ZF | EFLAGS_PF | EFLAGS_CF;
  }
}

/** The SDM says that C1 is cleared; processors do so only for a stack underflow. */
function compareToFlags(cpu: Cpu, insn: Insn, quiet: boolean): boolean {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  if (isEmpty(cpu, 0) || isEmpty(cpu, insn.rm)) {
    writeArithmeticFlags(cpu, flagsOf(UNORDERED));
    return stackUnderflow(cpu);
  }
  getRegister(cpu, 0, top);
  getRegister(cpu, insn.rm, other);
  const env = extendedEnv(cpu);
  writeArithmeticFlags(cpu, flagsOf(compare(env, top, other, quiet)));
  return record(cpu, env.flags, env.masks);
}

export function fcomi_ST_STi(cpu: Cpu, insn: Insn): void {
  compareToFlags(cpu, insn, false);
}
export function fcomip_ST_STi(cpu: Cpu, insn: Insn): void {
  if (compareToFlags(cpu, insn, false)) pop(cpu);
}
export function fucomi_ST_STi(cpu: Cpu, insn: Insn): void {
  compareToFlags(cpu, insn, true);
}
export function fucomip_ST_STi(cpu: Cpu, insn: Insn): void {
  if (compareToFlags(cpu, insn, true)) pop(cpu);
}
