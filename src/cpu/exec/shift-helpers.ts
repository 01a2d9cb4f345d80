/**
 * What a shift or rotate by `n` does, for each width: returns the result and sets the flags. `n` is 0 to 31; by 0
 * nothing changes, flags included. Operands of 8 and 16 bits come and go zero-extended.
 *
 * What the SDM leaves undefined is as the recorded processor has it (`tests/conformance`):
 *
 *     OF, counts above 1           that of the first one-bit step; but ROL and ROR of a register by an immediate
 *                                  leave it alone (`keepOF`)
 *     AF                           shifts clear it; rotates, which define it, leave it
 *     SHLD, SHRD by more than 16   of 16-bit operands: the destination follows the source into the gap
 *     CF, SHL and SHR by more      0: the bit that left last is one of those that came in
 *       than the width
 *     RCL, RCR by 9, 18, 27 or 17  a whole turn of 8 or 16 bits and carry: no flag changes
 *
 * SDM: volume 2, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD.
 */
import type { Cpu } from "../cpu.ts";
import { flagsResultCfOf, getCF } from "../eflags.ts";
import { FLAG_AUX } from "../state.ts";

/** CF and OF as given; the other flags stay. */
function rotated(cpu: Cpu, cf: number, of: number): void {
  cpu.r[FLAG_AUX] = (cpu.r[FLAG_AUX] & 0x3fff_ffff) | (cf << 31) | ((cf ^ of) << 30);
}

/** `result`, with OF as it was before if `n` is above 1. */
export function keepOF(cpu: Cpu, result: number, n: number, of: number): number {
  if (n > 1) rotated(cpu, getCF(cpu), of);
  return result;
}

// --- Shifts ---------------------------------------------------------------------------------------------------

export function shl32(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const result = a << n;
  flagsResultCfOf(cpu, result, (a >>> (32 - n)) & 1, (a ^ (a << 1)) >>> 31);
  return result;
}
export function shl16(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const result = a << n;
  flagsResultCfOf(cpu, (result << 16) >> 16, (result >>> 16) & 1, ((a ^ (a << 1)) >>> 15) & 1);
  return result & 0xffff;
}
export function shl8(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const result = a << n;
  flagsResultCfOf(cpu, (result << 24) >> 24, (result >>> 8) & 1, ((a ^ (a << 1)) >>> 7) & 1);
  return result & 0xff;
}

export function shr32(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const result = (a >>> n) | 0;
  flagsResultCfOf(cpu, result, (a >>> (n - 1)) & 1, a >>> 31);
  return result;
}
export function shr16(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const result = a >>> n;
  flagsResultCfOf(cpu, result, (a >>> (n - 1)) & 1, a >>> 15);
  return result;
}
export function shr8(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const result = a >>> n;
  flagsResultCfOf(cpu, result, (a >>> (n - 1)) & 1, a >>> 7);
  return result;
}

export function sar32(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const result = a >> n;
  flagsResultCfOf(cpu, result, (a >> (n - 1)) & 1, 0);
  return result;
}
export function sar16(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const extended = (a << 16) >> 16;
  const result = extended >> n;
  flagsResultCfOf(cpu, result, (extended >> (n - 1)) & 1, 0);
  return result & 0xffff;
}
export function sar8(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const extended = (a << 24) >> 24;
  const result = extended >> n;
  flagsResultCfOf(cpu, result, (extended >> (n - 1)) & 1, 0);
  return result & 0xff;
}

// --- Double shifts: `b` supplies the bits that move in -------------------------------------------------------------

export function shld32(cpu: Cpu, a: number, b: number, n: number): number {
  if (n === 0) return a;
  const result = (a << n) | (b >>> (32 - n));
  flagsResultCfOf(cpu, result, (a >>> (32 - n)) & 1, (a ^ (a << 1)) >>> 31);
  return result;
}
export function shrd32(cpu: Cpu, a: number, b: number, n: number): number {
  if (n === 0) return a;
  const result = (a >>> n) | (b << (32 - n));
  flagsResultCfOf(cpu, result, (a >>> (n - 1)) & 1, ((b & 1) ^ (a >>> 31)) & 1);
  return result;
}
/** Behind `b` comes `a` again: that is what counts above 16 bring in. */
export function shld16(cpu: Cpu, a: number, b: number, n: number): number {
  if (n === 0) return a;
  const pair = (a << 16) | b;
  const result = n <= 16 ? pair >>> (32 - n - 16) : (b << (n - 16)) | (a >>> (32 - n));
  const cf = n <= 16 ? (a >>> (16 - n)) & 1 : (b >>> (32 - n)) & 1;
  flagsResultCfOf(cpu, (result << 16) >> 16, cf, ((a ^ (a << 1)) >>> 15) & 1);
  return result & 0xffff;
}
export function shrd16(cpu: Cpu, a: number, b: number, n: number): number {
  if (n === 0) return a;
  const pair = (b << 16) | a;
  const result = n <= 16 ? pair >>> n : (b >>> (n - 16)) | (a << (32 - n));
  flagsResultCfOf(cpu, (result << 16) >> 16, (pair >>> (n - 1)) & 1, ((b & 1) ^ (a >>> 15)) & 1);
  return result & 0xffff;
}

// --- Rotates --------------------------------------------------------------------------------------------------------

export function rol32(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const result = (a << n) | (a >>> (32 - n));
  rotated(cpu, result & 1, (a ^ (a << 1)) >>> 31);
  return result;
}
export function rol16(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const pair = (a << 16) | a;
  const result = (pair >>> (16 - (n & 15))) & 0xffff;
  rotated(cpu, result & 1, ((a ^ (a << 1)) >>> 15) & 1);
  return result;
}
export function rol8(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const pair = (a << 8) | a;
  const result = (pair >>> (8 - (n & 7))) & 0xff;
  rotated(cpu, result & 1, ((a ^ (a << 1)) >>> 7) & 1);
  return result;
}

export function ror32(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const result = (a >>> n) | (a << (32 - n));
  rotated(cpu, result >>> 31, (a ^ (a >>> 31)) & 1);
  return result;
}
export function ror16(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const pair = (a << 16) | a;
  const result = (pair >>> (n & 15)) & 0xffff;
  rotated(cpu, result >>> 15, (a ^ (a >>> 15)) & 1);
  return result;
}
export function ror8(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const pair = (a << 8) | a;
  const result = (pair >>> (n & 7)) & 0xff;
  rotated(cpu, result >>> 7, (a ^ (a >>> 7)) & 1);
  return result;
}

// --- Rotates through carry: the operand with CF above it, 33, 17 or 9 bits ------------------------------------------

export function rcl32(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const carry = cpu.r[FLAG_AUX] >>> 31;
  const result = (a << n) | (carry << (n - 1)) | (n === 1 ? 0 : a >>> (33 - n));
  rotated(cpu, (a >>> (32 - n)) & 1, (a ^ (a << 1)) >>> 31);
  return result;
}
export function rcl16(cpu: Cpu, a: number, n: number): number {
  const count = n % 17;
  if (count === 0) return a;
  const wide = ((cpu.r[FLAG_AUX] >>> 31) << 16) | a;
  const result = (wide << count) | (wide >>> (17 - count));
  rotated(cpu, (result >>> 16) & 1, ((a ^ (a << 1)) >>> 15) & 1);
  return result & 0xffff;
}
export function rcl8(cpu: Cpu, a: number, n: number): number {
  const count = n % 9;
  if (count === 0) return a;
  const wide = ((cpu.r[FLAG_AUX] >>> 31) << 8) | a;
  const result = (wide << count) | (wide >>> (9 - count));
  rotated(cpu, (result >>> 8) & 1, ((a ^ (a << 1)) >>> 7) & 1);
  return result & 0xff;
}

export function rcr32(cpu: Cpu, a: number, n: number): number {
  if (n === 0) return a;
  const carry = cpu.r[FLAG_AUX] >>> 31;
  const result = (a >>> n) | (carry << (32 - n)) | (n === 1 ? 0 : a << (33 - n));
  rotated(cpu, (a >>> (n - 1)) & 1, (a >>> 31) ^ carry);
  return result;
}
export function rcr16(cpu: Cpu, a: number, n: number): number {
  const count = n % 17;
  if (count === 0) return a;
  const carry = cpu.r[FLAG_AUX] >>> 31;
  const wide = (carry << 16) | a;
  const result = (wide >>> count) | (wide << (17 - count));
  rotated(cpu, (result >>> 16) & 1, (a >>> 15) ^ carry);
  return result & 0xffff;
}
export function rcr8(cpu: Cpu, a: number, n: number): number {
  const count = n % 9;
  if (count === 0) return a;
  const carry = cpu.r[FLAG_AUX] >>> 31;
  const wide = (carry << 8) | a;
  const result = (wide >>> count) | (wide << (9 - count));
  rotated(cpu, (result >>> 8) & 1, (a >>> 7) ^ carry);
  return result & 0xff;
}
