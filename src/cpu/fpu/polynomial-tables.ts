/**
 * Coefficients and constants of the transcendental functions, computed once, when this module is loaded, from their
 * series: whole numbers of any length, thus the same on every host. (This is the only place of src/cpu that uses them.)
 */
import { LIMB_BITS, LIMBS, PLACES, Wide } from "./wide.ts";

/** Places that are computed, of which PLACES are kept. */
const WORKING_PLACES = 160n;
const ONE = 1n << WORKING_PLACES;
const GUARD = WORKING_PLACES - BigInt(PLACES);
/**
 * A series ends with the first coefficient below 2^-NEGLIGIBLE where its variable is at most what its function allows.
 */
const NEGLIGIBLE = PLACES + 4;

const LIMB_MASK = (1n << BigInt(LIMB_BITS)) - 1n;

/** Puts `value`, in units of 2^-160 and not negative, into the six limbs from `at` on, rounded. */
function putLimbs(value: bigint, into: Float64Array, at: number): void {
  let rest = (value + (1n << (GUARD - 1n))) >> GUARD;
  for (let i = LIMBS - 1; i >= 0; i--) {
    into[at + i] = Number(i === 0 ? rest : rest & LIMB_MASK);
    rest >>= BigInt(LIMB_BITS);
  }
}

function constant(value: bigint): Wide {
  const wide = new Wide();
  wide.sign = value < 0n ? 1 : 0;
  putLimbs(value < 0n ? -value : value, wide.limbs, 0);
  return wide;
}

/** 2 * atanh(p / q) = ln((q + p) / (q - p)). */
function logarithmOfRatio(p: bigint, q: bigint): bigint {
  let power = (2n * ONE * p) / q;
  let sum = power;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = (power * p * p) / (q * q);
    sum += power / n;
  }
  return sum;
}

/** atan(p / q) by Euler's series, which converges well up to 1. */
function arctangentOfRatio(p: bigint, q: bigint): bigint {
  const square = p * p + q * q;
  let term = (ONE * p * q) / square;
  let sum = term;
  for (let n = 1n; term !== 0n; n++) {
    term = (term * 2n * n * p * p) / ((2n * n + 1n) * square);
    sum += term;
  }
  return sum;
}

const LN2 = logarithmOfRatio(1n, 3n);
/** Four times the arctangent of 1. */
const PI_VALUE = 4n * arctangentOfRatio(1n, 1n);

/** Coefficients of a series in a variable below 2^-bits, until they no longer count. */
function series(bits: number, coefficient: (n: number) => bigint): Float64Array {
  const values: bigint[] = [];
  for (let n = 0; ; n++) {
    const value = coefficient(n);
    if (value >> BigInt(Math.floor(Number(WORKING_PLACES) - NEGLIGIBLE + n * bits)) === 0n) break;
    values.push(value);
  }
  const limbs = new Float64Array(values.length * LIMBS);
  values.forEach((value, n) => {
    putLimbs(value, limbs, n * LIMBS);
  });
  return limbs;
}

/** 1 / n! */
function reciprocalFactorial(n: number): bigint {
  let value = ONE;
  for (let i = 2n; i <= n; i++) value /= i;
  return value;
}

/** ln2^(n+1) / (n+1)! */
function exponential(n: number): bigint {
  let value = ONE;
  for (let i = 1n; i <= n + 1; i++) value = (value * LN2) / (ONE * i);
  return value;
}

/** (2^x - 1) / x in x, up to 1: ln2^(n+1) / (n+1)! */
export const EXP2_MINUS_1 = series(0, exponential);

/** sin x / x in x^2, alternating, up to pi/4 and a little: 1 / (2n+1)! */
export const SINE = series(0.65, (n) => reciprocalFactorial(2 * n + 1));

/** cos x in x^2, alternating, likewise: 1 / (2n)! */
export const COSINE = series(0.65, (n) => reciprocalFactorial(2 * n));

/** log2((1 + s) / (1 - s)) / s in s^2, up to 1/85: 2 / ln 2 / (2n+1). */
export const LOG2_OF_RATIO = series(12.8, (n) => (2n * ONE * ONE) / LN2 / BigInt(2 * n + 1));

/** atan r / r in r^2, alternating, up to 1/31: 1 / (2n+1). */
export const ARCTANGENT = series(9.9, (n) => ONE / BigInt(2 * n + 1));

export const PI = constant(PI_VALUE);
export const HALF_PI = constant(PI_VALUE >> 1n);
export const QUARTER_PI = constant(PI_VALUE >> 2n);
export const THREE_QUARTERS_PI = constant((3n * PI_VALUE) >> 2n);

/** Denominator of the factors that bring a logarithm's argument near to 1, and the first of their numerators. */
export const LOG2_STEPS = 32;
export const LOG2_FIRST = 22;
const LOG2_LAST = 46;

/** -log2(k / 32) for k from LOG2_FIRST on. */
export const LOG2_OF_STEP: readonly Wide[] = Array.from({ length: LOG2_LAST - LOG2_FIRST + 1 }, (_, i) => {
  const k = BigInt(LOG2_FIRST + i);
  const steps = BigInt(LOG2_STEPS);
  return constant((-logarithmOfRatio(k - steps, k + steps) * ONE) / LN2);
});

/** Denominator of the tangents of which the arctangents are known. */
export const ARCTANGENT_STEPS = 16;

/** atan(k / 16) for k from 0 to 16. */
export const ARCTANGENT_OF_STEP: readonly Wide[] = Array.from({ length: ARCTANGENT_STEPS + 1 }, (_, k) =>
  constant(arctangentOfRatio(BigInt(k), BigInt(ARCTANGENT_STEPS))),
);
