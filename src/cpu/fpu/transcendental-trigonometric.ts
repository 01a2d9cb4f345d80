/**
 * Sines and cosines.
 *
 * Arguments are reduced with the same pi as in real processors, of 66 bits. The functions of an argument that is many
 * times pi are therefore not those of mathematics, but those of what this pi leaves of it, which is exact.
 *
 * SDM: volume 1, 8.3.8 "Approximation of Pi".
 */
import type { Extended } from "./extended.ts";
import { evaluate } from "./polynomial.ts";
import { COSINE, SINE } from "./polynomial-tables.ts";
import {
  copyWide,
  divideWide,
  LIMB_BITS,
  makeFraction,
  multiplyWide,
  normalize,
  Wide,
  widen,
} from "./wide.ts";

const LIMB_MASK = (1 << LIMB_BITS) - 1;

/** Half of pi of 66 bits in units of 2^-65, as limbs of 24 bits, highest first. */
const HALF_PI_HIGH = 0x3_243f;
const HALF_PI_MIDDLE = 0x6a_8885;
const HALF_PI_LOW = 0xa3_08d3;
/** The exponent at which the highest of the three is the first limb after the point. */
const HALF_PI_EXPONENT = 3 * LIMB_BITS - 65;

/** pi/4, to 32 places: arguments below need no reduction. */
const QUARTER_PI = 0xc90f_daa2;

/** What is left of the argument, at most pi/4 in magnitude. */
const angle = new Wide();
/** Its square. */
const square = new Wide();
const sum = new Wide();
const sine = new Wide();
const cosine = new Wide();

/** The argument's magnitude is `quadrant` times pi/2 more than `angle`. */
let quadrant = 0;
/** The argument's sign; `angle` is that of its magnitude. */
let negative = 0;

/** Splits x, normalized and less than 2^63 in magnitude, into `quadrant` and `angle`. */
function reduce(x: Extended): void {
  widen(x, angle);
  negative = angle.sign;
  angle.sign = 0;
  quadrant = 0;
  if (angle.exponent > -1 || (angle.exponent === -1 && x.high >>> 0 >= QUARTER_PI)) {
    subtractHalfPis(x.high, x.low, angle.exponent + 2);
  }
  copyWide(angle, square);
  multiplyWide(angle, angle, square);
  makeFraction(square);
}

/** Leaves in `angle` what the nearest multiple of pi/2 leaves of `high:low` * 2^places units of 2^-65. */
function subtractHalfPis(high: number, low: number, places: number): void {
  // The significand is less than pi/2 in these units: the first quotient is 0. Then one place after the other.
  let rest2 = high >>> 16;
  let rest1 = ((high & 0xffff) << 8) | (low >>> 24);
  let rest0 = low & LIMB_MASK;
  let quotient = 0;
  for (; places > 0; places--) {
    rest0 <<= 1;
    rest1 = (rest1 << 1) | (rest0 >>> LIMB_BITS);
    rest2 = (rest2 << 1) | (rest1 >>> LIMB_BITS);
    rest0 = (rest0 & LIMB_MASK) - HALF_PI_LOW;
    rest1 = (rest1 & LIMB_MASK) - HALF_PI_MIDDLE + (rest0 >> LIMB_BITS);
    rest2 += (rest1 >> LIMB_BITS) - HALF_PI_HIGH;
    quotient <<= 1;
    if (rest2 >= 0) {
      quotient |= 1;
    } else {
      rest0 = (rest0 & LIMB_MASK) + HALF_PI_LOW;
      rest1 = (rest1 & LIMB_MASK) + HALF_PI_MIDDLE + (rest0 >> LIMB_BITS);
      rest2 += HALF_PI_HIGH + (rest1 >> LIMB_BITS);
    }
    rest0 &= LIMB_MASK;
    rest1 &= LIMB_MASK;
  }
  // The rest is never 0, as no multiple of this pi has a significand of 64 bits. More than half of pi/2? Take the next.
  if (2 * rest2 >= HALF_PI_HIGH) {
    const lower0 = HALF_PI_LOW - rest0;
    const lower1 = HALF_PI_MIDDLE - rest1 + (lower0 >> LIMB_BITS);
    const lower2 = HALF_PI_HIGH - rest2 + (lower1 >> LIMB_BITS);
    rest0 = lower0 & LIMB_MASK;
    rest1 = lower1 & LIMB_MASK;
    rest2 = lower2;
    quotient++;
    angle.sign = 1;
  }
  quadrant = quotient & 3;
  const { limbs } = angle;
  limbs[0] = 0;
  limbs[1] = rest2;
  limbs[2] = rest1;
  limbs[3] = rest0;
  limbs[4] = 0;
  limbs[5] = 0;
  angle.exponent = HALF_PI_EXPONENT;
  normalize(angle);
}

/** The sine of `angle`. */
function sineOfAngle(into: Wide): void {
  evaluate(square, SINE, true, sum);
  multiplyWide(angle, sum, into);
}

/** The cosine of `angle`. */
function cosineOfAngle(into: Wide): void {
  evaluate(square, COSINE, true, into);
}

/** sin x of a normalized x, |x| < 2^63. */
export function wideSine(x: Extended, into: Wide): void {
  reduce(x);
  if ((quadrant & 1) === 0) sineOfAngle(into);
  else cosineOfAngle(into);
  into.sign ^= negative ^ (quadrant >> 1);
}

/** cos x of a normalized x, |x| < 2^63. */
export function wideCosine(x: Extended, into: Wide): void {
  reduce(x);
  if ((quadrant & 1) === 0) cosineOfAngle(into);
  else sineOfAngle(into);
  into.sign ^= (quadrant & 1) ^ (quadrant >> 1);
}

/** tan x of a normalized x, |x| < 2^63. */
export function wideTangent(x: Extended, into: Wide): void {
  reduce(x);
  sineOfAngle(sine);
  cosineOfAngle(cosine);
  normalize(sine);
  normalize(cosine);
  if ((quadrant & 1) === 0) divideWide(sine, cosine, into);
  else divideWide(cosine, sine, into);
  into.sign ^= negative ^ (quadrant & 1);
}
