/**
 * x87 addition, subtraction, multiplication and division.
 *
 * A result that precision control makes shorter keeps the exponents of 80 bits. Of the exceptions that are not masked,
 * invalid operation, denormal operand and division by zero leave the destination alone, and nothing is popped.
 *
 * SDM: volume 1, 8.3.5 "Basic arithmetic instructions", 8.5 "x87 FPU floating-point exceptions"; volume 2 by name.
 */
import type { Cpu } from "../cpu.ts";
import { add, divide, multiply, subtract } from "../fpu/arithmetic.ts";
import { isNan } from "../fpu/classify.ts";
import { arithmeticEnv } from "../fpu/control-word.ts";
import { FLAG_DE, FLAG_IE, FLAG_ZE, type FpuEnvironment } from "../fpu/environment.ts";
import { Extended } from "../fpu/extended.ts";
import { recordInstruction } from "../fpu/pointers.ts";
import { getRegister, INDEFINITE, isEmpty, pop, setRegister } from "../fpu/registers.ts";
import { requireFpuReady, settle, stackUnderflow } from "../fpu/status-word.ts";
import type { Insn } from "../insn.ts";
import {
  operand,
  operandWasDenormal,
  readFloat32,
  readFloat64,
  readInt16,
  readInt32,
} from "./x87-operands.ts";

type Operation = (env: FpuEnvironment, a: Extended, b: Extended, into: Extended) => void;

const subtractReversed: Operation = (env, a, b, into) => subtract(env, b, a, into);
const divideReversed: Operation = (env, a, b, into) => divide(env, b, a, into);

const first = new Extended();
const second = new Extended();

// --- ST(0) and memory ------------------------------------------------------------------------------------------------

/** ST(0) = operation(ST(0), operand), for the operand that has been read. */
function withOperand(cpu: Cpu, operation: Operation): void {
  if (isEmpty(cpu, 0)) {
    if (stackUnderflow(cpu)) setRegister(cpu, 0, INDEFINITE);
    return;
  }
  getRegister(cpu, 0, first);
  const env = arithmeticEnv(cpu);
  operation(env, first, operand, first);
  if (operandWasDenormal()) joinDenormal(env);
  if (settle(cpu, env)) setRegister(cpu, 0, first);
}

/** An invalid operation, a NaN and a division by zero come before DE. DE, if not masked, comes before the result. */
function joinDenormal(env: FpuEnvironment): void {
  if ((env.flags & (FLAG_IE | FLAG_ZE)) !== 0 || isNan(first)) return;
  if ((env.masks & FLAG_DE) !== 0) {
    env.flags |= FLAG_DE;
    return;
  }
  env.flags = FLAG_DE;
  env.roundedUp = false;
}

export function fadd_M32fp(cpu: Cpu, insn: Insn): void {
  readFloat32(cpu, insn);
  withOperand(cpu, add);
}
export function fmul_M32fp(cpu: Cpu, insn: Insn): void {
  readFloat32(cpu, insn);
  withOperand(cpu, multiply);
}
export function fsub_M32fp(cpu: Cpu, insn: Insn): void {
  readFloat32(cpu, insn);
  withOperand(cpu, subtract);
}
export function fsubr_M32fp(cpu: Cpu, insn: Insn): void {
  readFloat32(cpu, insn);
  withOperand(cpu, subtractReversed);
}
export function fdiv_M32fp(cpu: Cpu, insn: Insn): void {
  readFloat32(cpu, insn);
  withOperand(cpu, divide);
}
export function fdivr_M32fp(cpu: Cpu, insn: Insn): void {
  readFloat32(cpu, insn);
  withOperand(cpu, divideReversed);
}

export function fadd_M64fp(cpu: Cpu, insn: Insn): void {
  readFloat64(cpu, insn);
  withOperand(cpu, add);
}
export function fmul_M64fp(cpu: Cpu, insn: Insn): void {
  readFloat64(cpu, insn);
  withOperand(cpu, multiply);
}
export function fsub_M64fp(cpu: Cpu, insn: Insn): void {
  readFloat64(cpu, insn);
  withOperand(cpu, subtract);
}
export function fsubr_M64fp(cpu: Cpu, insn: Insn): void {
  readFloat64(cpu, insn);
  withOperand(cpu, subtractReversed);
}
export function fdiv_M64fp(cpu: Cpu, insn: Insn): void {
  readFloat64(cpu, insn);
  withOperand(cpu, divide);
}
export function fdivr_M64fp(cpu: Cpu, insn: Insn): void {
  readFloat64(cpu, insn);
  withOperand(cpu, divideReversed);
}

export function fiadd_M16int(cpu: Cpu, insn: Insn): void {
  readInt16(cpu, insn);
  withOperand(cpu, add);
}
export function fimul_M16int(cpu: Cpu, insn: Insn): void {
  readInt16(cpu, insn);
  withOperand(cpu, multiply);
}
export function fisub_M16int(cpu: Cpu, insn: Insn): void {
  readInt16(cpu, insn);
  withOperand(cpu, subtract);
}
export function fisubr_M16int(cpu: Cpu, insn: Insn): void {
  readInt16(cpu, insn);
  withOperand(cpu, subtractReversed);
}
export function fidiv_M16int(cpu: Cpu, insn: Insn): void {
  readInt16(cpu, insn);
  withOperand(cpu, divide);
}
export function fidivr_M16int(cpu: Cpu, insn: Insn): void {
  readInt16(cpu, insn);
  withOperand(cpu, divideReversed);
}

export function fiadd_M32int(cpu: Cpu, insn: Insn): void {
  readInt32(cpu, insn);
  withOperand(cpu, add);
}
export function fimul_M32int(cpu: Cpu, insn: Insn): void {
  readInt32(cpu, insn);
  withOperand(cpu, multiply);
}
export function fisub_M32int(cpu: Cpu, insn: Insn): void {
  readInt32(cpu, insn);
  withOperand(cpu, subtract);
}
export function fisubr_M32int(cpu: Cpu, insn: Insn): void {
  readInt32(cpu, insn);
  withOperand(cpu, subtractReversed);
}
export function fidiv_M32int(cpu: Cpu, insn: Insn): void {
  readInt32(cpu, insn);
  withOperand(cpu, divide);
}
export function fidivr_M32int(cpu: Cpu, insn: Insn): void {
  readInt32(cpu, insn);
  withOperand(cpu, divideReversed);
}

// --- Two registers ---------------------------------------------------------------------------------------------------

/** ST(destination) = operation(ST(destination), ST(source)). True if an instruction that pops is to do so. */
function withRegisters(
  cpu: Cpu,
  insn: Insn,
  destination: number,
  source: number,
  operation: Operation,
): boolean {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  if (isEmpty(cpu, destination) || isEmpty(cpu, source)) {
    if (!stackUnderflow(cpu)) return false;
    setRegister(cpu, destination, INDEFINITE);
    return true;
  }
  getRegister(cpu, destination, first);
  getRegister(cpu, source, second);
  const env = arithmeticEnv(cpu);
  operation(env, first, second, first);
  if (!settle(cpu, env)) return false;
  setRegister(cpu, destination, first);
  return true;
}

export function fadd_ST_STi(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, 0, insn.rm, add);
}
export function fmul_ST_STi(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, 0, insn.rm, multiply);
}
export function fsub_ST_STi(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, 0, insn.rm, subtract);
}
export function fsubr_ST_STi(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, 0, insn.rm, subtractReversed);
}
export function fdiv_ST_STi(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, 0, insn.rm, divide);
}
export function fdivr_ST_STi(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, 0, insn.rm, divideReversed);
}

export function fadd_STi_ST(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, insn.rm, 0, add);
}
export function fmul_STi_ST(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, insn.rm, 0, multiply);
}
export function fsub_STi_ST(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, insn.rm, 0, subtract);
}
export function fsubr_STi_ST(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, insn.rm, 0, subtractReversed);
}
export function fdiv_STi_ST(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, insn.rm, 0, divide);
}
export function fdivr_STi_ST(cpu: Cpu, insn: Insn): void {
  withRegisters(cpu, insn, insn.rm, 0, divideReversed);
}

export function faddp_STi_ST(cpu: Cpu, insn: Insn): void {
  if (withRegisters(cpu, insn, insn.rm, 0, add)) pop(cpu);
}
export function fmulp_STi_ST(cpu: Cpu, insn: Insn): void {
  if (withRegisters(cpu, insn, insn.rm, 0, multiply)) pop(cpu);
}
export function fsubp_STi_ST(cpu: Cpu, insn: Insn): void {
  if (withRegisters(cpu, insn, insn.rm, 0, subtract)) pop(cpu);
}
export function fsubrp_STi_ST(cpu: Cpu, insn: Insn): void {
  if (withRegisters(cpu, insn, insn.rm, 0, subtractReversed)) pop(cpu);
}
export function fdivp_STi_ST(cpu: Cpu, insn: Insn): void {
  if (withRegisters(cpu, insn, insn.rm, 0, divide)) pop(cpu);
}
export function fdivrp_STi_ST(cpu: Cpu, insn: Insn): void {
  if (withRegisters(cpu, insn, insn.rm, 0, divideReversed)) pop(cpu);
}
