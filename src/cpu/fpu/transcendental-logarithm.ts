/** Binary logarithms. */
import type { Extended } from "./extended.ts";
import { evaluate } from "./polynomial.ts";
import { LOG2_FIRST, LOG2_OF_RATIO, LOG2_OF_STEP, LOG2_STEPS } from "./polynomial-tables.ts";
import {
  addWhole,
  combine,
  copyWide,
  divideWide,
  isWideZero,
  LIMB_BITS,
  makeFraction,
  multiplyWide,
  normalize,
  Wide,
  widen,
} from "./wide.ts";

const LIMB_INVERSE = 1 / (1 << LIMB_BITS);

/** From this significand on, a number is taken for a little less than the next power of two: the root of 2. */
const ROOT_2 = Math.SQRT2;
/** 1 + x of an x with an exponent below this needs no step. */
const NEAR_ONE = -6;

const argument = new Wide();
const numerator = new Wide();
const denominator = new Wide();
const ratio = new Wide();
const square = new Wide();
const sum = new Wide();
const ONE = new Wide();
ONE.limbs[0] = 1;

/** log2((1 + s) / (1 - s)) of s = numerator / denominator, |s| < 1/85, both positive but for the numerator's sign. */
function logarithmOfRatio(into: Wide): void {
  normalize(numerator);
  normalize(denominator);
  divideWide(numerator, denominator, ratio);
  normalize(ratio);
  multiplyWide(ratio, ratio, square);
  makeFraction(square);
  evaluate(square, LOG2_OF_RATIO, false, sum);
  multiplyWide(ratio, sum, into);
}

/**
 * log2 of `argument`, which must be normalized.
 *
 * The significand is between 1/root 2 and root 2 (with the exponent one higher where it would be more). Times k/32, for
 * the nearest k, it is between 1 - 1/45 and 1 + 1/45: u, whose logarithm is that of (1 + s) / (1 - s) with
 * s = (u - 1) / (u + 1). Around 1 itself k/32 is 1, so that logarithms near 0 keep all their places.
 */
function logarithmOfArgument(into: Wide): void {
  const { limbs } = argument;
  const significand = 1 + (limbs[1]! + limbs[2]! * LIMB_INVERSE) * LIMB_INVERSE;
  const upper = significand >= ROOT_2 ? 1 : 0;
  const whole = argument.exponent + upper;
  const one = upper === 1 ? 2 * LOG2_STEPS : LOG2_STEPS;
  const k = Math.floor(one / significand + 0.5);
  // u - 1 and u + 1, both times 32, or 64.
  combine(k, argument, -one, ONE, numerator);
  combine(k, argument, one, ONE, denominator);
  if (isWideZero(numerator)) {
    copyWide(LOG2_OF_STEP[k - LOG2_FIRST]!, into);
  } else {
    logarithmOfRatio(into);
    if (k === LOG2_STEPS && whole === 0) return;
    makeFraction(into);
    const step = LOG2_OF_STEP[k - LOG2_FIRST]!;
    combine(step.sign === 0 ? 1 : -1, step, into.sign === 0 ? 1 : -1, into, into);
  }
  addWhole(into, whole);
}

/** log2 x of a normalized, positive x: 0 of 1, else not normalized. */
export function wideLogarithm(x: Extended, into: Wide): void {
  widen(x, argument);
  logarithmOfArgument(into);
}

/** log2(1 + x) of a normalized x > -1. */
export function wideLogarithmPlusOne(x: Extended, into: Wide): void {
  widen(x, argument);
  if (argument.exponent < NEAR_ONE) {
    // s = x / (2 + x)
    copyWide(argument, numerator);
    makeFraction(argument);
    combine(argument.sign === 0 ? 1 : -1, argument, 2, ONE, denominator);
    logarithmOfRatio(into);
    return;
  }
  const { exponent, sign } = argument;
  if (exponent > 0) {
    // 1 + x in units of 2^exponent. The 1 is lost where it no longer matters.
    copyWide(ONE, numerator);
    numerator.exponent = -exponent;
    makeFraction(numerator);
    combine(1, argument, 1, numerator, argument);
    argument.exponent = exponent;
  } else {
    makeFraction(argument);
    combine(sign === 0 ? 1 : -1, argument, 1, ONE, argument);
  }
  normalize(argument);
  logarithmOfArgument(into);
}
