/**
 * Transcendental functions to some 400 places, slowly, in whole numbers: what results are measured against. Shares
 * nothing with src/cpu/fpu, neither series nor reductions, but the value of the processor's pi.
 */
import { EXPONENT_BIAS, type Extended } from "../../../src/cpu/fpu/extended.ts";

/** Places after the point. Operands and results must not be smaller than 2^-250. */
const REFERENCE_PLACES = 460;
const PLACES = BigInt(REFERENCE_PLACES);
const ONE = 1n << PLACES;
export const REFERENCE_ONE = ONE;

/** SDM: volume 1, 8.3.8: pi as the trigonometric instructions know it. */
const PROCESSOR_PI = 0xc90fdaa22168c234cn << (PLACES - 66n);

const times = (a: bigint, b: bigint): bigint => (a * b) >> PLACES;
export const over = (a: bigint, b: bigint): bigint => (a << PLACES) / b;
const magnitude = (a: bigint): bigint => (a < 0n ? -a : a);

/** The value of a finite number. */
export function toReference(x: Extended): bigint {
  const significand = (BigInt(x.high >>> 0) << 32n) | BigInt(x.low >>> 0);
  const shift = BigInt((x.exponent === 0 ? 1 : x.exponent) - EXPONENT_BIAS - 63) + PLACES;
  const value = shift >= 0n ? significand << shift : significand >> -shift;
  return x.sign === 0 ? value : -value;
}

/** The sum of first * power^n / (divisor(1) * … * divisor(n)) over all n from 0. */
function sumOf(first: bigint, power: bigint, divisor: (n: bigint) => bigint): bigint {
  let term = first;
  let sum = first;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = times(term, power) / divisor(n);
    sum += term;
  }
  return sum;
}

/** ln((1 + s) / (1 - s)), |s| at most 1/3. */
function logarithmOfRatio(s: bigint): bigint {
  const square = times(s, s);
  let power = s;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = times(power, square);
  }
  return 2n * sum;
}

const LN2 = logarithmOfRatio(ONE / 3n);

function squareRoot(a: bigint): bigint {
  const radicand = a << PLACES;
  let root = 1n << BigInt((radicand.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + radicand / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** atan of a t from 0 to 1: half the angle, four times, then Gregory's series. */
function arctangent(t: bigint): bigint {
  let half = t;
  for (let i = 0; i < 4; i++) half = over(half, ONE + squareRoot(ONE + times(half, half)));
  const square = times(half, half);
  let power = half;
  let sum = 0n;
  for (let n = 1n; power !== 0n; n += 2n) {
    sum += n % 4n === 1n ? power / n : -power / n;
    power = times(power, square);
  }
  return 16n * sum;
}

const PI = 4n * arctangent(ONE);

/** 2^x - 1 */
export function exp2Minus1(x: bigint): bigint {
  const y = times(x, LN2);
  return sumOf(y, y, (n) => n + 1n);
}

/** log2 x, x > 0 */
export function log2(x: bigint): bigint {
  let whole = x.toString(2).length - 1 - REFERENCE_PLACES;
  let significand = whole >= 0 ? x >> BigInt(whole) : x << BigInt(-whole);
  // Nothing may be lost close to 1, on either side.
  if (whole === -1) {
    significand = x;
    whole = 0;
  }
  return over(logarithmOfRatio(over(significand - ONE, significand + ONE)), LN2) + BigInt(whole) * ONE;
}

/** log2(1 + x) */
export const log2Plus1 = (x: bigint): bigint => log2(ONE + x);

export const product = times;

/** The angle of the point (x, y). */
export function angleOf(y: bigint, x: bigint): bigint {
  const [absY, absX] = [magnitude(y), magnitude(x)];
  const acute = absY > absX ? PI / 2n - arctangent(over(absX, absY)) : arctangent(over(absY, absX));
  const upper = x < 0n ? PI - acute : acute;
  return y < 0n ? -upper : upper;
}

/** Sine and cosine by the processor's pi. */
export function sineAndCosine(x: bigint): [sine: bigint, cosine: bigint] {
  const half = PROCESSOR_PI / 2n;
  const twice = 2n * x + half;
  const quotient = (twice - (((twice % (2n * half)) + 2n * half) % (2n * half))) / (2n * half);
  const rest = x - quotient * half;
  const power = -times(rest, rest);
  const sine = sumOf(rest, power, (n) => 2n * n * (2n * n + 1n));
  const cosine = sumOf(ONE, power, (n) => (2n * n - 1n) * 2n * n);
  const quadrant = ((quotient % 4n) + 4n) % 4n;
  if (quadrant === 0n) return [sine, cosine];
  if (quadrant === 1n) return [cosine, -sine];
  if (quadrant === 2n) return [-sine, -cosine];
  return [-cosine, sine];
}

/** sin x / cos x */
export function tangent(x: bigint): bigint {
  const [sine, cosine] = sineAndCosine(x);
  return over(sine, cosine);
}

/** How far `result` is from `exact`, in units of the last place of `result` (which must be a normal number). */
export function errorInUlps(result: Extended, exact: bigint): number {
  const difference = toReference(result) - exact;
  const ulp = BigInt(result.exponent - EXPONENT_BIAS - 63) + PLACES;
  // Cut towards zero: what is less than one unit stays so.
  return Number((difference << 40n) / (1n << ulp)) / 2 ** 40;
}
