/**
 * Multiplication and division: MUL IMUL DIV IDIV.
 *
 * MUL and IMUL define CF and OF only. The recorded processor (`tests/conformance`) takes SF and PF from the
 * low half of the product and clears ZF and AF, ZF even for a product of 0. DIV and IDIV, which define no flag,
 * leave all as they are.
 *
 * SDM: volume 1, 7.3.2.3 "Multiply and divide instructions".
 */
import { read32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { raiseDE } from "../exceptions.ts";
import type { Insn } from "../insn.ts";
import { EAX, EDX, FLAG_AUX, FLAG_RESULT } from "../state.ts";
import { AH, AL, AX, DX, readE8, readE16, readE32 } from "./operands.ts";

/** `low` is the low half, sign-extended; `overflow` is 1 if the high half is more than its extension. */
function flagsOfProduct(cpu: Cpu, low: number, overflow: number): void {
  // A bit that SF and PF do not see keeps ZF clear for 0.
  cpu.r[FLAG_RESULT] = low === 0 ? 0x100 : low;
  cpu.r[FLAG_AUX] = overflow << 31;
}

/** High word of the unsigned product. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return (aHigh * bHigh + (middle >>> 16) + ((aLow * bHigh + (middle & 0xffff)) >>> 16)) | 0;
}

// --- MUL ------------------------------------------------------------------------------------------------------------

export function mul_Ed(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const value = readE32(cpu, insn);
  const low = Math.imul(r[EAX], value);
  const high = multiplyHigh(r[EAX], value);
  flagsOfProduct(cpu, low, high === 0 ? 0 : 1);
  r[EAX] = low;
  r[EDX] = high;
}

export function mul_Ew(cpu: Cpu, insn: Insn): void {
  const { r16 } = cpu;
  const product = Math.imul(r16[AX], readE16(cpu, insn));
  flagsOfProduct(cpu, (product << 16) >> 16, product >>> 16 === 0 ? 0 : 1);
  r16[AX] = product;
  r16[DX] = product >>> 16;
}

export function mul_Eb(cpu: Cpu, insn: Insn): void {
  const product = cpu.r8[AL] * readE8(cpu, insn);
  flagsOfProduct(cpu, (product << 24) >> 24, product >>> 8 === 0 ? 0 : 1);
  cpu.r16[AX] = product;
}

// --- IMUL -------------------------------------------------------------------------------------------------------------

export function imul_Ed(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const value = readE32(cpu, insn);
  const a = r[EAX];
  const low = Math.imul(a, value);
  const high = multiplyHigh(a, value) - (a < 0 ? value : 0) - (value < 0 ? a : 0);
  flagsOfProduct(cpu, low, (high | 0) === low >> 31 ? 0 : 1);
  r[EAX] = low;
  r[EDX] = high;
}

export function imul_Ew(cpu: Cpu, insn: Insn): void {
  const { r16 } = cpu;
  const value = (readE16(cpu, insn) << 16) >> 16;
  const product = Math.imul((r16[AX] << 16) >> 16, value);
  const low = (product << 16) >> 16;
  flagsOfProduct(cpu, low, product === low ? 0 : 1);
  r16[AX] = product;
  r16[DX] = product >>> 16;
}

export function imul_Eb(cpu: Cpu, insn: Insn): void {
  const value = (readE8(cpu, insn) << 24) >> 24;
  const product = Math.imul((cpu.r8[AL] << 24) >> 24, value);
  const low = (product << 24) >> 24;
  flagsOfProduct(cpu, low, product === low ? 0 : 1);
  cpu.r16[AX] = product;
}

/** The product cut to 32 bits. As a double it differs from the cut one exactly when bits were lost. */
function imul32(cpu: Cpu, a: number, b: number): number {
  const low = Math.imul(a, b);
  flagsOfProduct(cpu, low, a * b === low ? 0 : 1);
  return low;
}

/** `b` may be signed or not: the result is cut to 16 bits. */
function imul16(cpu: Cpu, a: number, b: number): number {
  const product = Math.imul((a << 16) >> 16, (b << 16) >> 16);
  const low = (product << 16) >> 16;
  flagsOfProduct(cpu, low, product === low ? 0 : 1);
  return low;
}

export function imul_Gd_Rd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.reg] = imul32(cpu, r[insn.reg], r[insn.rm]);
}

export function imul_Gd_Md(cpu: Cpu, insn: Insn): void {
  const value = read32(cpu, insn);
  cpu.r[insn.reg] = imul32(cpu, cpu.r[insn.reg], value);
}

export function imul_Gd_Ed_Id(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.reg] = imul32(cpu, readE32(cpu, insn), insn.imm);
}

export function imul_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  cpu.r16[insn.reg * 2] = imul16(cpu, cpu.r16[insn.reg * 2], value);
}

export function imul_Gw_Ew_Iw(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.reg * 2] = imul16(cpu, readE16(cpu, insn), insn.imm);
}

// --- DIV, IDIV: #DE for a divisor of 0 and for a quotient that does not fit --------------------------------------------

/**
 * Quotient of high:low by `divisor`, all unsigned, with `high < divisor`: two steps of 48 by 32 bits, which doubles
 * divide exactly.
 */
function divide64(high: number, low: number, divisor: number): number {
  const first = high * 65536 + (low >>> 16);
  const upper = Math.floor(first / divisor);
  const second = (first - upper * divisor) * 65536 + (low & 0xffff);
  return upper * 65536 + Math.floor(second / divisor);
}

export function div_Ed(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const divisor = readE32(cpu, insn) >>> 0;
  const high = r[EDX] >>> 0;
  const low = r[EAX];
  // Also when the divisor is 0.
  if (high >= divisor) raiseDE(cpu);
  const quotient = high === 0 ? Math.floor((low >>> 0) / divisor) : divide64(high, low, divisor);
  r[EAX] = quotient;
  r[EDX] = low - Math.imul(quotient, divisor);
}

export function div_Ew(cpu: Cpu, insn: Insn): void {
  const { r16 } = cpu;
  const divisor = readE16(cpu, insn);
  const dividend = ((r16[DX] << 16) | r16[AX]) >>> 0;
  if (r16[DX] >= divisor) raiseDE(cpu);
  const quotient = Math.floor(dividend / divisor);
  r16[AX] = quotient;
  r16[DX] = dividend - quotient * divisor;
}

export function div_Eb(cpu: Cpu, insn: Insn): void {
  const divisor = readE8(cpu, insn);
  const dividend = cpu.r16[AX];
  if (dividend >>> 8 >= divisor) raiseDE(cpu);
  const quotient = Math.floor(dividend / divisor);
  cpu.r8[AL] = quotient;
  cpu.r8[AH] = dividend - quotient * divisor;
}

export function idiv_Ed(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const divisor = readE32(cpu, insn);
  const low = r[EAX];
  const quotient =
    r[EDX] === low >> 31 ? divideSigned32(cpu, low, divisor) : divideSigned64(cpu, r[EDX], low, divisor);
  r[EAX] = quotient;
  r[EDX] = low - Math.imul(quotient, divisor);
}

function divideSigned32(cpu: Cpu, dividend: number, divisor: number): number {
  if (divisor === 0) raiseDE(cpu);
  const quotient = Math.trunc(dividend / divisor);
  if (quotient === 0x8000_0000) raiseDE(cpu);
  return quotient;
}

/** By magnitudes: the quotient is negative when the signs differ, and may then be one larger. */
function divideSigned64(cpu: Cpu, high: number, low: number, divisor: number): number {
  const magnitude = Math.abs(divisor);
  const negative = high < 0;
  // -(high:low) is ~high + 1:0 when low is 0, else ~high:-low.
  const highMagnitude = (negative ? (low === 0 ? -high : ~high) : high) >>> 0;
  if (highMagnitude >= magnitude) raiseDE(cpu);
  const quotient = divide64(highMagnitude, negative ? -low | 0 : low, magnitude);
  const differ = negative !== divisor < 0;
  if (quotient > (differ ? 0x8000_0000 : 0x7fff_ffff)) raiseDE(cpu);
  return differ ? -quotient : quotient;
}

export function idiv_Ew(cpu: Cpu, insn: Insn): void {
  const { r16 } = cpu;
  const divisor = (readE16(cpu, insn) << 16) >> 16;
  const dividend = (r16[DX] << 16) | r16[AX];
  if (divisor === 0) raiseDE(cpu);
  const quotient = Math.trunc(dividend / divisor);
  if (quotient !== (quotient << 16) >> 16) raiseDE(cpu);
  r16[AX] = quotient;
  r16[DX] = dividend - quotient * divisor;
}

export function idiv_Eb(cpu: Cpu, insn: Insn): void {
  const divisor = (readE8(cpu, insn) << 24) >> 24;
  const dividend = (cpu.r16[AX] << 16) >> 16;
  if (divisor === 0) raiseDE(cpu);
  const quotient = Math.trunc(dividend / divisor);
  if (quotient !== (quotient << 24) >> 24) raiseDE(cpu);
  cpu.r8[AL] = quotient;
  cpu.r8[AH] = dividend - quotient * divisor;
}
