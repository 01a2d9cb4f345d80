/** Arctangents of ratios, in all four quadrants. */
import type { Extended } from "./extended.ts";
import { evaluate } from "./polynomial.ts";
import { ARCTANGENT, ARCTANGENT_OF_STEP, ARCTANGENT_STEPS, HALF_PI, PI } from "./polynomial-tables.ts";
import {
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
/** A ratio below 2^-NEAR_ZERO needs no step. */
const NEAR_ZERO = 6;

const larger = new Wide();
const smaller = new Wide();
const numerator = new Wide();
const denominator = new Wide();
const ratio = new Wide();
const square = new Wide();
const sum = new Wide();
const ZERO = new Wide();

function significandOf(x: Wide): number {
  return x.limbs[0]! + (x.limbs[1]! + x.limbs[2]! * LIMB_INVERSE) * LIMB_INVERSE;
}

/**
 * The arctangent of y / x, between -pi and pi, both normalized.
 *
 * With the smaller of |x| and |y| over the larger, the arctangent q is at most pi/4. From it the nearest k/16 is split
 * off: atan q = atan(k/16) + atan((q - k/16) / (1 + q k/16)).
 */
export function wideArctangent(y: Extended, x: Extended, into: Wide): void {
  const steep = isLarger(y, x);
  widen(steep ? y : x, larger);
  widen(steep ? x : y, smaller);
  const distance = larger.exponent - smaller.exponent;
  let k = 0;
  if (distance <= NEAR_ZERO) {
    // Both in units of the larger's exponent.
    smaller.exponent = -distance;
    makeFraction(smaller);
    k = Math.floor((significandOf(smaller) / significandOf(larger)) * ARCTANGENT_STEPS + 0.5);
    combine(ARCTANGENT_STEPS, smaller, -k, larger, numerator);
    combine(ARCTANGENT_STEPS, larger, k, smaller, denominator);
    if (isWideZero(numerator)) {
      copyWide(ZERO, into);
    } else {
      normalize(numerator);
      normalize(denominator);
      divideWide(numerator, denominator, ratio);
      arctangentOfRatio(into);
    }
  } else {
    smaller.sign = 0;
    larger.sign = 0;
    divideWide(smaller, larger, ratio);
    arctangentOfRatio(into);
  }
  // Now `into`, signed, + atan(k/16) is the angle to the nearer half-axis.
  if (steep || x.sign !== 0 || k !== 0) {
    makeFraction(into);
    const sign = into.sign === 0 ? 1 : -1;
    combine(1, ARCTANGENT_OF_STEP[k]!, sign, into, into);
    if (steep) combine(1, HALF_PI, x.sign === 0 ? -1 : 1, into, into);
    else if (x.sign !== 0) combine(1, PI, -1, into, into);
  }
  into.sign = y.sign;
}

function isLarger(a: Extended, b: Extended): boolean {
  if (a.exponent !== b.exponent) return a.exponent > b.exponent;
  if (a.high !== b.high) return a.high >>> 0 > b.high >>> 0;
  return a.low >>> 0 > b.low >>> 0;
}

/** atan of `ratio`, at most 1/31. */
function arctangentOfRatio(into: Wide): void {
  normalize(ratio);
  multiplyWide(ratio, ratio, square);
  makeFraction(square);
  evaluate(square, ARCTANGENT, true, sum);
  multiplyWide(ratio, sum, into);
}
