/**
 * Memory operands of x87 arithmetic and comparisons, on their way to 80 bits.
 *
 * A signalling NaN stays one, so that the operation can tell it from a quiet one, and a denormal of 32 or 64 bits, which
 * is a normal number in 80, is remembered until it is known whether anything worse has happened.
 *
 * SDM: volume 1, 4.8.3.5 "Operating on SNaNs and QNaNs", 8.5.2 "Denormal operand exception".
 */
import { read16, read32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { fromFloat32, fromFloat64 } from "../fpu/convert-float.ts";
import { fromInt32 } from "../fpu/convert-integer.ts";
import { FLAG_DE, FLAG_IE, FpuEnvironment } from "../fpu/environment.ts";
import { Extended, QUIET_BIT } from "../fpu/extended.ts";
import { recordOperand } from "../fpu/pointers.ts";
import { requireFpuReady } from "../fpu/status-word.ts";
import type { Insn } from "../insn.ts";
import { readOperand64 } from "../wide-access.ts";

/** What the functions below have read. */
export const operand = new Extended();
/** Everything masked, for ever. */
const conversion = new FpuEnvironment();

/** The operand was a denormal in memory. */
export function operandWasDenormal(): boolean {
  return (conversion.flags & FLAG_DE) !== 0;
}

export function readFloat32(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  const bits = read32(cpu, insn);
  recordOperand(cpu, insn);
  conversion.flags = 0;
  fromFloat32(conversion, bits, operand);
  if (conversion.flags !== 0) restoreSignal();
}

export function readFloat64(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  readOperand64(cpu, insn);
  recordOperand(cpu, insn);
  conversion.flags = 0;
  fromFloat64(conversion, cpu.operand[0], cpu.operand[1], operand);
  if (conversion.flags !== 0) restoreSignal();
}

function restoreSignal(): void {
  if ((conversion.flags & FLAG_IE) !== 0) operand.high &= ~QUIET_BIT;
}

export function readInt16(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  const value = read16(cpu, insn);
  recordOperand(cpu, insn);
  conversion.flags = 0;
  fromInt32((value << 16) >> 16, operand);
}

export function readInt32(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  const value = read32(cpu, insn);
  recordOperand(cpu, insn);
  conversion.flags = 0;
  fromInt32(value, operand);
}
