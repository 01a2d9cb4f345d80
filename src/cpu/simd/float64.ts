/**
 * Arithmetic of double precision under `env`: operands are two words in an array, lower first; the result goes to
 * `result[to]` and `result[to + 1]`.
 *
 * The host's doubles do most of it. Where it matters what they leave out, or where exponents come near their limits, the
 * operation is done on significands between 1 and 2, of which the host gives the nearest result and the sign of the
 * error, and `rounding.ts` does the rest.
 *
 * SDM: volume 1, 4.8.3.5 "Operating on SNaNs and QNaNs", 11.5.2 "SIMD floating-point exception conditions".
 */
import { FLAG_DE, FLAG_IE, FLAG_ZE, ROUND_DOWN } from "../fpu/environment.ts";
import {
  DOUBLE_EXPONENT,
  DOUBLE_INDEFINITE,
  DOUBLE_INFINITY,
  DOUBLE_QUIET,
  exponentOfDouble,
  isDenormalDouble,
  isNaNDouble,
  isSignallingDouble,
  isZeroDouble,
  numberOfDouble,
  powerOfTwo,
  productError,
  result,
  resultDoubles,
  SIGN_BIT,
  significandOfDouble,
  sumError,
} from "./float-bits.ts";
import { env } from "./mxcsr.ts";
import { roundToDouble } from "./rounding.ts";

/** 2^-1022, the smallest normal number, and the largest one. */
const MIN_NORMAL = 2.2250738585072014e-308;
const MAX_NORMAL = 1.7976931348623157e308;
/** Between these, products and their errors are far from any limit: 2^-400 and 2^400. */
const SAFE_MIN = 3.872591914849318e-121;
const SAFE_MAX = 2.582249878086909e120;
/** Beyond this distance of exponents an addend no longer matters but for its being there. */
const FAR = 120;

/** No denormal. */
function isUsual(high: number, low: number): boolean {
  return (high & DOUBLE_EXPONENT) !== 0 || isZeroDouble(high, low);
}

function isNormal(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude > MIN_NORMAL && magnitude <= MAX_NORMAL;
}

function isSafe(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude > SAFE_MIN && magnitude < SAFE_MAX;
}

function put(to: number, high: number, low: number): void {
  result[to] = low;
  result[to + 1] = high;
}

function invalid(to: number): void {
  env.flags |= FLAG_IE;
  put(to, DOUBLE_INDEFINITE, 0);
}

/** The result where an operand is a NaN: the first that is one, quiet. */
export function propagateDouble(aHigh: number, aLow: number, bHigh: number, bLow: number, to: number): void {
  if (isSignallingDouble(aHigh, aLow) || isSignallingDouble(bHigh, bLow)) env.flags |= FLAG_IE;
  if (isNaNDouble(aHigh, aLow)) put(to, aHigh | DOUBLE_QUIET, aLow);
  else put(to, bHigh | DOUBLE_QUIET, bLow);
}

/** This operand counts as zero. */
export function denormalAsZeroDouble(high: number): boolean {
  return env.daz && (high & DOUBLE_EXPONENT) === 0;
}

/** Takes note of an operand that is denormal. */
function note(high: number, low: number): void {
  if (isDenormalDouble(high, low)) env.flags |= FLAG_DE;
}

function isInfinite(high: number): boolean {
  return (high & ~SIGN_BIT) === DOUBLE_INFINITY;
}

export function addDouble(a: Int32Array, ai: number, b: Int32Array, bi: number, to: number): void {
  const aLow = a[ai];
  const aHigh = a[ai + 1];
  const bLow = b[bi];
  const bHigh = b[bi + 1];
  const x = numberOfDouble(aHigh, aLow);
  const y = numberOfDouble(bHigh, bLow);
  const sum = x + y;
  if (isUsual(aHigh, aLow) && isUsual(bHigh, bLow) && isNormal(sum)) {
    if (env.careless || (sum - x === y && sum - y === x)) {
      resultDoubles[to >> 1] = sum;
      return;
    }
  }
  sumDouble(aHigh, aLow, bHigh, bLow, 0, to);
}

export function subDouble(a: Int32Array, ai: number, b: Int32Array, bi: number, to: number): void {
  const aLow = a[ai];
  const aHigh = a[ai + 1];
  const bLow = b[bi];
  const bHigh = b[bi + 1];
  const x = numberOfDouble(aHigh, aLow);
  const y = -numberOfDouble(bHigh, bLow);
  const sum = x + y;
  if (isUsual(aHigh, aLow) && isUsual(bHigh, bLow) && isNormal(sum)) {
    if (env.careless || (sum - x === y && sum - y === x)) {
      resultDoubles[to >> 1] = sum;
      return;
    }
  }
  sumDouble(aHigh, aLow, bHigh, bLow, SIGN_BIT, to);
}

/** a + b, or a - b if `flip` is the sign bit. */
function sumDouble(aHigh: number, aLow: number, bHigh: number, bLow: number, flip: number, to: number): void {
  if (isNaNDouble(aHigh, aLow) || isNaNDouble(bHigh, bLow)) {
    propagateDouble(aHigh, aLow, bHigh, bLow, to);
    return;
  }
  let highA = aHigh;
  let lowA = aLow;
  let highB = bHigh ^ flip;
  let lowB = bLow;
  if (denormalAsZeroDouble(highA)) {
    highA &= SIGN_BIT;
    lowA = 0;
  }
  if (denormalAsZeroDouble(highB)) {
    highB &= SIGN_BIT;
    lowB = 0;
  }
  if (isInfinite(highA) && highA === (highB ^ SIGN_BIT)) {
    invalid(to);
    return;
  }
  note(highA, lowA);
  note(highB, lowB);
  if (isInfinite(highA)) put(to, highA, 0);
  else if (isInfinite(highB)) put(to, highB, 0);
  else if (isZeroDouble(highB, lowB)) {
    if (isZeroDouble(highA, lowA)) put(to, highA === highB ? highA : cancelled(), 0);
    else sumOrdered(highA, lowA, 0, 0, to);
  } else if (isZeroDouble(highA, lowA)) sumOrdered(highB, lowB, 0, 0, to);
  else if ((highB & ~SIGN_BIT) > (highA & ~SIGN_BIT)) sumOrdered(highB, lowB, highA, lowA, to);
  else sumOrdered(highA, lowA, highB, lowB, to);
}

/** Zero, as the sum of numbers that cancel. */
function cancelled(): number {
  return env.rounding === ROUND_DOWN ? SIGN_BIT : 0;
}

/** a + b where a is not 0, and b has no larger exponent. */
function sumOrdered(aHigh: number, aLow: number, bHigh: number, bLow: number, to: number): void {
  const exponent = exponentOfDouble(aHigh, aLow);
  const x = significandOfDouble(aHigh, aLow);
  let y = 0;
  if (!isZeroDouble(bHigh, bLow)) {
    const shift = Math.max(exponentOfDouble(bHigh, bLow) - exponent, -FAR);
    y = significandOfDouble(bHigh, bLow) * powerOfTwo(shift);
    if ((aHigh ^ bHigh) < 0) y = -y;
  }
  const sum = x + y;
  const sign = aHigh >>> 31;
  const rest = sumError(x, y, sum);
  if (sum > 0) roundToDouble(sign, exponent, sum, rest, to);
  else if (sum < 0) roundToDouble(sign ^ 1, exponent, -sum, -rest, to);
  else put(to, cancelled(), 0);
}

export function mulDouble(a: Int32Array, ai: number, b: Int32Array, bi: number, to: number): void {
  const aLow = a[ai];
  const aHigh = a[ai + 1];
  const bLow = b[bi];
  const bHigh = b[bi + 1];
  const x = numberOfDouble(aHigh, aLow);
  const y = numberOfDouble(bHigh, bLow);
  const product = x * y;
  const usual = isUsual(aHigh, aLow) && isUsual(bHigh, bLow);
  if (
    usual &&
    (env.careless
      ? isNormal(product)
      : isSafe(product) && isSafe(x) && isSafe(y) && productError(x, y, product) === 0)
  ) {
    resultDoubles[to >> 1] = product;
    return;
  }
  mulUnusual(aHigh, aLow, bHigh, bLow, to);
}

function mulUnusual(aHigh: number, aLow: number, bHigh: number, bLow: number, to: number): void {
  if (isNaNDouble(aHigh, aLow) || isNaNDouble(bHigh, bLow)) {
    propagateDouble(aHigh, aLow, bHigh, bLow, to);
    return;
  }
  const signBit = (aHigh ^ bHigh) & SIGN_BIT;
  const aZero = isZeroDouble(aHigh, aLow) || denormalAsZeroDouble(aHigh);
  const bZero = isZeroDouble(bHigh, bLow) || denormalAsZeroDouble(bHigh);
  if ((isInfinite(aHigh) && bZero) || (isInfinite(bHigh) && aZero)) {
    invalid(to);
    return;
  }
  if (!aZero) note(aHigh, aLow);
  if (!bZero) note(bHigh, bLow);
  if (isInfinite(aHigh) || isInfinite(bHigh)) put(to, signBit | DOUBLE_INFINITY, 0);
  else if (aZero || bZero) put(to, signBit, 0);
  else {
    const exponent = exponentOfDouble(aHigh, aLow) + exponentOfDouble(bHigh, bLow);
    const x = significandOfDouble(aHigh, aLow);
    const y = significandOfDouble(bHigh, bLow);
    const product = x * y;
    roundToDouble(signBit >>> 31, exponent, product, productError(x, y, product), to);
  }
}

/** x - quotient * y, which a double can hold: the sign of what `quotient`, the nearest one, leaves out for y > 0. */
function remainder(x: number, y: number, quotient: number): number {
  const product = quotient * y;
  return x - product - productError(quotient, y, product);
}

export function divDouble(a: Int32Array, ai: number, b: Int32Array, bi: number, to: number): void {
  const aLow = a[ai];
  const aHigh = a[ai + 1];
  const bLow = b[bi];
  const bHigh = b[bi + 1];
  const x = numberOfDouble(aHigh, aLow);
  const y = numberOfDouble(bHigh, bLow);
  const quotient = x / y;
  const usual = isUsual(aHigh, aLow) && isUsual(bHigh, bLow);
  if (
    usual &&
    (env.careless
      ? isNormal(quotient)
      : isSafe(quotient) && isSafe(x) && isSafe(y) && remainder(x, y, quotient) === 0)
  ) {
    resultDoubles[to >> 1] = quotient;
    return;
  }
  divUnusual(aHigh, aLow, bHigh, bLow, to);
}

function divUnusual(aHigh: number, aLow: number, bHigh: number, bLow: number, to: number): void {
  if (isNaNDouble(aHigh, aLow) || isNaNDouble(bHigh, bLow)) {
    propagateDouble(aHigh, aLow, bHigh, bLow, to);
    return;
  }
  const signBit = (aHigh ^ bHigh) & SIGN_BIT;
  const aZero = isZeroDouble(aHigh, aLow) || denormalAsZeroDouble(aHigh);
  const bZero = isZeroDouble(bHigh, bLow) || denormalAsZeroDouble(bHigh);
  if ((aZero && bZero) || (isInfinite(aHigh) && isInfinite(bHigh))) {
    invalid(to);
    return;
  }
  if (bZero && !isInfinite(aHigh)) {
    // A dividend that is denormal is not mentioned then.
    env.flags |= FLAG_ZE;
    put(to, signBit | DOUBLE_INFINITY, 0);
    return;
  }
  if (!aZero) note(aHigh, aLow);
  if (!bZero) note(bHigh, bLow);
  if (isInfinite(aHigh)) put(to, signBit | DOUBLE_INFINITY, 0);
  else if (isInfinite(bHigh)) put(to, signBit, 0);
  else if (aZero) put(to, signBit, 0);
  else {
    const exponent = exponentOfDouble(aHigh, aLow) - exponentOfDouble(bHigh, bLow);
    const x = significandOfDouble(aHigh, aLow);
    const y = significandOfDouble(bHigh, bLow);
    const quotient = x / y;
    roundToDouble(signBit >>> 31, exponent, quotient, remainder(x, y, quotient), to);
  }
}

export function sqrtDouble(a: Int32Array, ai: number, to: number): void {
  const low = a[ai];
  const high = a[ai + 1];
  if (env.careless && (high & DOUBLE_EXPONENT) !== 0 && high >= 0 && high < DOUBLE_INFINITY) {
    resultDoubles[to >> 1] = Math.sqrt(numberOfDouble(high, low));
    return;
  }
  if (isNaNDouble(high, low)) {
    propagateDouble(high, low, high, low, to);
    return;
  }
  if (isZeroDouble(high, low) || denormalAsZeroDouble(high)) {
    put(to, high & SIGN_BIT, 0);
    return;
  }
  if (high < 0) {
    invalid(to);
    return;
  }
  note(high, low);
  if (high === DOUBLE_INFINITY) {
    put(to, high, 0);
    return;
  }
  const exponent = exponentOfDouble(high, low);
  const odd = exponent & 1;
  const x = significandOfDouble(high, low) * (1 + odd);
  const root = Math.sqrt(x);
  roundToDouble(0, (exponent - odd) / 2, root, remainder(x, root, root), to);
}
