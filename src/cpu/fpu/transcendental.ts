/**
 * The transcendental functions of the x87. Results are computed to 110 places or more and then rounded as rounding
 * control says; precision control does not apply to them. They are thus the nearest numbers, where processors err by up
 * to one unit of the last place, and the same on every host.
 *
 * `into` may be an operand. An invalid operation, a denormal operand or a division by zero that is not masked leaves
 * `into` as it was.
 *
 * SDM: volume 1, 8.3.7 "Trigonometric instructions", 8.3.9 "Logarithmic, exponential, and scale", 8.3.10
 * "Transcendental instruction accuracy"; volume 2, the tables of special cases of F2XM1, FYL2X, FYL2XP1, FPATAN, FPTAN,
 * FSIN, FCOS. What they leave undefined is as Intel processors do it.
 */
import { denormalStops, normalized } from "./arithmetic.ts";
import { isInfinity, isZero, setInfinity, setZero } from "./classify.ts";
import { FLAG_DE, FLAG_IE, FLAG_PE, FLAG_ZE, type FpuEnvironment } from "./environment.ts";
import { EXPONENT_BIAS, EXPONENT_MAX, Extended, INTEGER_BIT } from "./extended.ts";
import { invalid, settleNaN, settleNaNs } from "./nan.ts";
import { evaluate } from "./polynomial.ts";
import { EXP2_MINUS_1, HALF_PI, PI, QUARTER_PI, THREE_QUARTERS_PI } from "./polynomial-tables.ts";
import { wideArctangent } from "./transcendental-arctangent.ts";
import { wideLogarithm, wideLogarithmPlusOne } from "./transcendental-logarithm.ts";
import { wideCosine, wideSine, wideTangent } from "./transcendental-trigonometric.ts";
import { copyWide, makeFraction, multiplyWide, roundWide, Wide, widen } from "./wide.ts";

/** Biased exponent from which on the trigonometric instructions refuse an operand. */
const EXPONENT_OUT_OF_RANGE = EXPONENT_BIAS + 63;

const normalA = new Extended();
const normalB = new Extended();
const argument = new Wide();
const fraction = new Wide();
const factor = new Wide();
const result = new Wide();
const secondResult = new Wide();

/** Answers with a number that is taken as it is, though inexact. */
function answerInexact(env: FpuEnvironment, from: Extended, into: Extended): void {
  env.flags |= FLAG_PE;
  into.copy(from);
}

function setOne(into: Extended): void {
  into.set(0, EXPONENT_BIAS, INTEGER_BIT, 0);
}

/** Answers with a multiple of pi of the sign given. */
function answerConstant(env: FpuEnvironment, sign: number, constant: Wide, into: Extended): void {
  copyWide(constant, result);
  result.sign = sign;
  roundWide(env, result, into);
}

/** 2^a - 1 for a from -1 to 1. Other numbers are their own result, but for minus infinity, which gives -1. */
export function f2xm1(env: FpuEnvironment, a: Extended, into: Extended): void {
  if (settleNaN(env, a, into) || denormalStops(env, a, a)) return;
  if (isZero(a)) {
    into.copy(a);
  } else if (isInfinity(a)) {
    if (a.sign === 0) into.copy(a);
    else into.set(1, EXPONENT_BIAS, INTEGER_BIT, 0);
  } else if (a.exponent >= EXPONENT_BIAS) {
    const minusOne = a.sign !== 0 && a.exponent === EXPONENT_BIAS && a.high === INTEGER_BIT && a.low === 0;
    answerInexact(env, a, into);
    if (minusOne) into.exponent--;
  } else {
    widen(normalized(a, normalA), argument);
    copyWide(argument, fraction);
    makeFraction(fraction);
    evaluate(fraction, EXP2_MINUS_1, a.sign !== 0, factor);
    multiplyWide(argument, factor, result);
    roundWide(env, result, into);
  }
}

// --- Logarithms -----------------------------------------------------------------------------------------------------

/** b * log2 a. */
export function fyl2x(env: FpuEnvironment, a: Extended, b: Extended, into: Extended): void {
  if (settleNaNs(env, a, b, into)) return;
  env.roundedUp = false;
  const zeroA = isZero(a);
  const zeroB = isZero(b);
  const infiniteB = isInfinity(b);
  const one = a.exponent === EXPONENT_BIAS && a.high === INTEGER_BIT && a.low === 0;
  const logarithmNegative = a.exponent < EXPONENT_BIAS ? 1 : 0;
  if (zeroA ? zeroB : a.sign !== 0 || (one && infiniteB) || (isInfinity(a) && zeroB)) {
    invalid(env, into);
  } else if (zeroA && !infiniteB) {
    // Goes before DE, which is not raised then.
    env.flags |= FLAG_ZE;
    if ((env.masks & FLAG_ZE) !== 0) setInfinity(into, b.sign ^ 1);
  } else if (denormalStops(env, a, b)) {
    // Nothing is to be done.
  } else if (infiniteB || isInfinity(a)) {
    setInfinity(into, b.sign ^ logarithmNegative);
  } else if (zeroB || one) {
    setZero(into, b.sign ^ logarithmNegative);
  } else {
    wideLogarithm(normalized(a, normalA), result);
    multiplyBy(env, b, into);
  }
}

/** b * log2(a + 1). From -1 downwards, where there is no logarithm, a is its own result. */
export function fyl2xp1(env: FpuEnvironment, a: Extended, b: Extended, into: Extended): void {
  if (settleNaNs(env, a, b, into)) return;
  const infiniteA = isInfinity(a);
  const infiniteB = isInfinity(b);
  const zeroA = isZero(a);
  const zeroB = isZero(b);
  if (infiniteA ? a.sign !== 0 || zeroB : zeroA && infiniteB) {
    invalid(env, into);
  } else if (denormalStops(env, a, b)) {
    // Nothing is to be done.
  } else if (infiniteA || infiniteB) {
    setInfinity(into, a.sign ^ b.sign);
  } else if (zeroA || zeroB) {
    setZero(into, a.sign ^ b.sign);
  } else if (a.sign !== 0 && a.exponent >= EXPONENT_BIAS) {
    answerInexact(env, a, into);
  } else {
    wideLogarithmPlusOne(normalized(a, normalA), result);
    multiplyBy(env, b, into);
  }
}

/** Rounds `result` times b. */
function multiplyBy(env: FpuEnvironment, b: Extended, into: Extended): void {
  widen(normalized(b, normalB), argument);
  multiplyWide(result, argument, result);
  roundWide(env, result, into);
}

// --- Arctangent -----------------------------------------------------------------------------------------------------

/** The angle, from -pi to pi, of the point (a, b): the arctangent of b / a. */
export function fpatan(env: FpuEnvironment, a: Extended, b: Extended, into: Extended): void {
  if (settleNaNs(env, a, b, into) || denormalStops(env, a, b)) return;
  const infiniteA = isInfinity(a);
  const infiniteB = isInfinity(b);
  if (infiniteA && infiniteB) {
    answerConstant(env, b.sign, a.sign === 0 ? QUARTER_PI : THREE_QUARTERS_PI, into);
  } else if (infiniteA || isZero(b)) {
    if (a.sign === 0) setZero(into, b.sign);
    else answerConstant(env, b.sign, PI, into);
  } else if (infiniteB || isZero(a)) {
    answerConstant(env, b.sign, HALF_PI, into);
  } else {
    wideArctangent(normalized(b, normalB), normalized(a, normalA), result);
    roundWide(env, result, into);
  }
}

// --- Trigonometric --------------------------------------------------------------------------------------------------

/** What the trigonometric functions of an operand need. */
const REFUSED = 0;
const SETTLED = 1;
const ZERO = 2;
const NUMBER = 3;

/**
 * Deals with operands that are no numbers, or denormals if those are not masked.
 *
 * @returns REFUSED, and nothing was done; SETTLED, and the result is that; ZERO or NUMBER, and the result is still due
 */
function examine(env: FpuEnvironment, a: Extended, into: Extended): number {
  if (settleNaN(env, a, into)) return SETTLED;
  if (a.exponent === EXPONENT_MAX) {
    invalid(env, into);
    return SETTLED;
  }
  if (a.exponent >= EXPONENT_OUT_OF_RANGE) return REFUSED;
  if (denormalStops(env, a, a)) return SETTLED;
  return isZero(a) ? ZERO : NUMBER;
}

/** sin a. False if a is out of range, 2^63 or more in magnitude: then nothing was done. */
export function fsin(env: FpuEnvironment, a: Extended, into: Extended): boolean {
  const kind = examine(env, a, into);
  if (kind === ZERO) {
    into.copy(a);
  } else if (kind === NUMBER) {
    wideSine(normalized(a, normalA), result);
    roundWide(env, result, into);
  }
  return kind !== REFUSED;
}

/** cos a. False as `fsin`. */
export function fcos(env: FpuEnvironment, a: Extended, into: Extended): boolean {
  const kind = examine(env, a, into);
  if (kind === ZERO) {
    setOne(into);
  } else if (kind === NUMBER) {
    wideCosine(normalized(a, normalA), result);
    roundWide(env, result, into);
  }
  return kind !== REFUSED;
}

/** sin a and cos a, of which `env.roundedUp` is that of the cosine. False as `fsin`. `cosineInto` may not be a. */
export function fsincos(env: FpuEnvironment, a: Extended, sineInto: Extended, cosineInto: Extended): boolean {
  const kind = examine(env, a, cosineInto);
  if (kind === SETTLED) {
    if ((env.flags & ~env.masks & (FLAG_IE | FLAG_DE)) === 0) sineInto.copy(cosineInto);
  } else if (kind === ZERO) {
    sineInto.copy(a);
    setOne(cosineInto);
  } else if (kind === NUMBER) {
    const x = normalized(a, normalA);
    wideCosine(x, result);
    wideSine(x, secondResult);
    roundWide(env, secondResult, sineInto);
    roundWide(env, result, cosineInto);
  }
  return kind !== REFUSED;
}

/** tan a; the 1 that FPTAN pushes above it is the instruction's business. False as `fsin`. */
export function fptan(env: FpuEnvironment, a: Extended, into: Extended): boolean {
  const kind = examine(env, a, into);
  if (kind === ZERO) {
    into.copy(a);
  } else if (kind === NUMBER) {
    wideTangent(normalized(a, normalA), result);
    roundWide(env, result, into);
  }
  return kind !== REFUSED;
}
