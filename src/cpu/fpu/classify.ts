/**
 * What kind of number an `Extended` is, and the special values that operations answer with.
 *
 * SDM: volume 1, table 8-3 "Unsupported double extended-precision floating-point encodings and pseudo-denormals".
 */
import { EXPONENT_MAX, EXPONENT_ZERO, type Extended, INTEGER_BIT, QUIET_BIT } from "./extended.ts";

/** Exponents of normal numbers are 1 to this many. */
export const NORMAL_EXPONENTS = EXPONENT_MAX - 1;

/** A finite number with an exponent of its own and its integer bit set: what nearly every operand is. */
export function isNormal(x: Extended): boolean {
  return (x.exponent - 1) >>> 0 < NORMAL_EXPONENTS && x.high < 0;
}

export function isNan(x: Extended): boolean {
  return x.exponent === EXPONENT_MAX && x.high < 0 && ((x.high << 1) | x.low) !== 0;
}

/** A NaN that raises an invalid operation wherever it is used. */
export function isSignalling(x: Extended): boolean {
  return isNan(x) && (x.high & QUIET_BIT) === 0;
}

export function isInfinity(x: Extended): boolean {
  return x.exponent === EXPONENT_MAX && x.high === INTEGER_BIT && x.low === 0;
}

export function isZero(x: Extended): boolean {
  return x.exponent === EXPONENT_ZERO && (x.high | x.low) === 0;
}

/** Denormal, or pseudo-denormal: exponent 0 with the integer bit set, which counts as a denormal operand too. */
export function isDenormal(x: Extended): boolean {
  return x.exponent === EXPONENT_ZERO && (x.high | x.low) !== 0;
}

/** Pseudo-NaN, pseudo-infinity or unnormal: the integer bit is clear where it may not be. */
export function isUnsupported(x: Extended): boolean {
  return x.exponent !== EXPONENT_ZERO && x.high >= 0;
}

/** The answer to a masked invalid operation: "real indefinite" (SDM: volume 1, table 4-3). */
export function setQuietNaN(into: Extended): void {
  into.set(1, EXPONENT_MAX, INTEGER_BIT | QUIET_BIT, 0);
}

export function setInfinity(into: Extended, sign: number): void {
  into.set(sign, EXPONENT_MAX, INTEGER_BIT, 0);
}

export function setZero(into: Extended, sign: number): void {
  into.set(sign, EXPONENT_ZERO, 0, 0);
}
