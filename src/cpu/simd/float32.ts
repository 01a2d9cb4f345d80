/**
 * Arithmetic of single precision, from bits to bits, under `env`.
 *
 * Doubles hold every product of two singles; the quotient and the square root of singles, rounded to a double, are never on
 * the other side of a single, or of the middle between two, than the exact value, since they would have to come nearer
 * to it than 24-bit operands can (2 * 24 + 2 <= 53). So only sums need to know what the double left out.
 *
 * SDM: volume 1, 4.8.3.5 "Operating on SNaNs and QNaNs", 11.5.2 "SIMD floating-point exception conditions".
 */
import { FLAG_DE, FLAG_IE, FLAG_ZE, ROUND_DOWN } from "../fpu/environment.ts";
import {
  isDenormalSingle,
  isNaNSingle,
  isSignallingSingle,
  SIGN_BIT,
  SINGLE_EXPONENT,
  SINGLE_INDEFINITE,
  SINGLE_INFINITY,
  SINGLE_QUIET,
  singles,
  sumError,
  words,
} from "./float-bits.ts";
import { env } from "./mxcsr.ts";
import { roundToSingle } from "./rounding.ts";

/** 2^-126, the smallest normal number, and the largest one. */
const MIN_NORMAL = 1.1754943508222875e-38;
const MAX_NORMAL = 3.4028234663852886e38;

/** A normal number or zero, or else an infinity or NaN: no denormal. */
function isUsual(bits: number): boolean {
  return (bits & SINGLE_EXPONENT) !== 0 || bits << 1 === 0;
}

/** `nearest` is `value` rounded, the right result, and raises nothing: for operands that are no denormals. */
export function isPlain(value: number, nearest: number): boolean {
  const magnitude = Math.abs(nearest);
  return magnitude > MIN_NORMAL && magnitude <= MAX_NORMAL && (env.careless || value === nearest);
}

/** Bits of a number that a single can hold, and that is no NaN. */
export function bitsOf(value: number): number {
  singles[0] = value;
  return words[0];
}

/** The result where an operand is a NaN: the first that is one, quiet. */
export function propagateSingle(a: number, b: number): number {
  if (isSignallingSingle(a) || isSignallingSingle(b)) env.flags |= FLAG_IE;
  return (isNaNSingle(a) ? a : b) | SINGLE_QUIET;
}

/** An operand as the operation sees it. */
export function denormalAsZeroSingle(bits: number): number {
  return env.daz && (bits & SINGLE_EXPONENT) === 0 ? bits & SIGN_BIT : bits;
}

function invalid(): number {
  env.flags |= FLAG_IE;
  return SINGLE_INDEFINITE;
}

/** Takes note of an operand that is denormal. */
function note(bits: number): void {
  if (isDenormalSingle(bits)) env.flags |= FLAG_DE;
}

export function addSingle(a: number, b: number): number {
  words[0] = a;
  words[1] = b;
  const x = singles[0];
  const y = singles[1];
  const sum = x + y;
  const nearest = Math.fround(sum);
  if (isUsual(a) && isUsual(b) && isPlain(sum, nearest)) {
    if (env.careless || (sum - x === y && sum - y === x)) return bitsOf(nearest);
  }
  return sumSingle(a, b, 0);
}

export function subSingle(a: number, b: number): number {
  words[0] = a;
  words[1] = b;
  const x = singles[0];
  const y = -singles[1];
  const sum = x + y;
  const nearest = Math.fround(sum);
  if (isUsual(a) && isUsual(b) && isPlain(sum, nearest)) {
    if (env.careless || (sum - x === y && sum - y === x)) return bitsOf(nearest);
  }
  return sumSingle(a, b, SIGN_BIT);
}

/** a + b, or a - b if `flip` is the sign bit. */
function sumSingle(a: number, b: number, flip: number): number {
  if (isNaNSingle(a) || isNaNSingle(b)) return propagateSingle(a, b);
  const first = denormalAsZeroSingle(a);
  const second = denormalAsZeroSingle(b) ^ flip;
  if ((first & ~SIGN_BIT) === SINGLE_INFINITY && first === (second ^ SIGN_BIT)) return invalid();
  note(first);
  note(second);
  if ((first & ~SIGN_BIT) === SINGLE_INFINITY) return first;
  if ((second & ~SIGN_BIT) === SINGLE_INFINITY) return second;
  words[0] = first;
  words[1] = second;
  const x = singles[0];
  const y = singles[1];
  const sum = x + y;
  if (sum === 0) {
    // Zeros of one sign keep it; what cancels is +0, or -0 when rounding down.
    if (first === second) return first;
    return env.rounding === ROUND_DOWN ? SIGN_BIT : 0;
  }
  const rest = sumError(x, y, sum);
  return sum < 0 ? roundToSingle(1, 0, -sum, -rest) : roundToSingle(0, 0, sum, rest);
}

export function mulSingle(a: number, b: number): number {
  words[0] = a;
  words[1] = b;
  const product = singles[0] * singles[1];
  const nearest = Math.fround(product);
  if (isUsual(a) && isUsual(b) && isPlain(product, nearest)) return bitsOf(nearest);
  return mulUnusual(a, b);
}

function mulUnusual(a: number, b: number): number {
  if (isNaNSingle(a) || isNaNSingle(b)) return propagateSingle(a, b);
  const first = denormalAsZeroSingle(a);
  const second = denormalAsZeroSingle(b);
  const signBit = (first ^ second) & SIGN_BIT;
  const magnitude = first & ~SIGN_BIT;
  const otherMagnitude = second & ~SIGN_BIT;
  if (magnitude === SINGLE_INFINITY || otherMagnitude === SINGLE_INFINITY) {
    if (magnitude === 0 || otherMagnitude === 0) return invalid();
    note(first);
    note(second);
    return signBit | SINGLE_INFINITY;
  }
  note(first);
  note(second);
  if (magnitude === 0 || otherMagnitude === 0) return signBit;
  words[0] = magnitude;
  words[1] = otherMagnitude;
  return roundToSingle(signBit >>> 31, 0, singles[0] * singles[1], 0);
}

export function divSingle(a: number, b: number): number {
  words[0] = a;
  words[1] = b;
  const quotient = singles[0] / singles[1];
  const nearest = Math.fround(quotient);
  if (isUsual(a) && isUsual(b) && isPlain(quotient, nearest)) return bitsOf(nearest);
  return divUnusual(a, b);
}

function divUnusual(a: number, b: number): number {
  if (isNaNSingle(a) || isNaNSingle(b)) return propagateSingle(a, b);
  const first = denormalAsZeroSingle(a);
  const second = denormalAsZeroSingle(b);
  const signBit = (first ^ second) & SIGN_BIT;
  const dividend = first & ~SIGN_BIT;
  const divisor = second & ~SIGN_BIT;
  if (dividend === divisor && (dividend === 0 || dividend === SINGLE_INFINITY)) return invalid();
  if (divisor === 0 && dividend !== SINGLE_INFINITY) {
    // A dividend that is denormal is not mentioned then.
    env.flags |= FLAG_ZE;
    return signBit | SINGLE_INFINITY;
  }
  note(first);
  note(second);
  if (dividend === SINGLE_INFINITY) return signBit | SINGLE_INFINITY;
  if (divisor === SINGLE_INFINITY) return signBit;
  if (dividend === 0) return signBit;
  words[0] = dividend;
  words[1] = divisor;
  return roundToSingle(signBit >>> 31, 0, singles[0] / singles[1], 0);
}

export function sqrtSingle(a: number): number {
  if ((a & SINGLE_EXPONENT) !== 0 && a >= 0) {
    words[0] = a;
    const root = Math.sqrt(singles[0]);
    const nearest = Math.fround(root);
    if (isPlain(root, nearest)) return bitsOf(nearest);
  }
  if (isNaNSingle(a)) return propagateSingle(a, a);
  const operand = denormalAsZeroSingle(a);
  if (operand << 1 === 0) return operand;
  if (operand < 0) return invalid();
  note(operand);
  if (operand === SINGLE_INFINITY) return operand;
  words[0] = operand;
  return roundToSingle(0, 0, Math.sqrt(singles[0]), 0);
}
