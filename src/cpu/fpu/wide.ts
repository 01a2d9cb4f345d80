/**
 * Numbers of 120 places after the point, in which transcendental functions are computed.
 *
 * A number is six limbs of 24 bits, each an integer in a double: products of two limbs and sums of up to 32 such
 * products are below 2^53, therefore exact, on every host. Carries wait until a whole column is added up, which makes a
 * product of 120 places cost about as much as one of 64 in words of 32 bits.
 */
import { FLAG_PE, FLAG_UE, type FpuEnvironment } from "./environment.ts";
import { EXPONENT_BIAS, type Extended, INTEGER_BIT } from "./extended.ts";
import { roundPack } from "./round.ts";

export const LIMBS = 6;
export const LIMB_BITS = 24;
const LIMB = 2 ** LIMB_BITS;
const LIMB_INVERSE = 2 ** -LIMB_BITS;
const LIMB_MASK = LIMB - 1;
/** Places after the point. */
export const PLACES = (LIMBS - 1) * LIMB_BITS;

/**
 * value = (-1)^sign * (limbs[0] + limbs[1] / 2^24 + … + limbs[5] / 2^120) * 2^exponent
 *
 * "Normalized" is one with limbs[0] = 1. A "fraction" is one with exponent 0 that is less than 1.
 */
export class Wide {
  sign = 0;
  /** Power of two, without a bias. */
  exponent = 0;
  readonly limbs = new Float64Array(LIMBS);
}

export function copyWide(from: Wide, into: Wide): void {
  into.sign = from.sign;
  into.exponent = from.exponent;
  for (let i = 0; i < LIMBS; i++) into.limbs[i] = from.limbs[i]!;
}

/** `x` must have its integer bit set. */
export function widen(x: Extended, into: Wide): void {
  const { limbs } = into;
  const { high, low } = x;
  into.sign = x.sign;
  into.exponent = x.exponent - EXPONENT_BIAS;
  limbs[0] = high >>> 31;
  limbs[1] = (high >>> 7) & LIMB_MASK;
  limbs[2] = ((high & 0x7f) << 17) | (low >>> 15);
  limbs[3] = (low & 0x7fff) << 9;
  limbs[4] = 0;
  limbs[5] = 0;
}

export function isWideZero(x: Wide): boolean {
  const { limbs } = x;
  return limbs[0]! + limbs[1]! + limbs[2]! + limbs[3]! + limbs[4]! + limbs[5]! === 0;
}

/** Makes limbs out of signed columns whose sum is not negative and below 2^24 units: each into 0 to 2^24 - 1. */
function carry(limbs: Float64Array): void {
  let over = 0;
  for (let i = LIMBS - 1; i > 0; i--) {
    const column = limbs[i]! + over;
    over = Math.floor(column * LIMB_INVERSE);
    limbs[i] = column - over * LIMB;
  }
  limbs[0] = limbs[0]! + over;
}

/** Shifts by `places` (0 or more) to the right without touching the exponent. */
function shiftRight(limbs: Float64Array, places: number): void {
  let whole = 0;
  for (; places >= LIMB_BITS; places -= LIMB_BITS) whole++;
  const unit = 1 << places;
  const factor = 1 / unit;
  const inverse = LIMB * factor;
  for (let i = LIMBS - 1; i >= 0; i--) {
    const upper = i - whole;
    const at = upper < 0 ? 0 : limbs[upper]!;
    const above = upper < 1 ? 0 : limbs[upper - 1]!;
    const kept = Math.floor(at * factor);
    const dropped = above - Math.floor(above * factor) * unit;
    limbs[i] = kept + dropped * inverse;
  }
}

/** Brings a number other than zero into the form with limbs[0] = 1. */
export function normalize(x: Wide): void {
  const { limbs } = x;
  let exponent = x.exponent;
  while (limbs[0] === 0) {
    for (let i = 1; i < LIMBS; i++) limbs[i - 1] = limbs[i]!;
    limbs[LIMBS - 1] = 0;
    exponent -= LIMB_BITS;
  }
  const places = 31 - Math.clz32(limbs[0]!);
  if (places !== 0) shiftRight(limbs, places);
  x.exponent = exponent + places;
}

/** Gives x the exponent 0. That of x must not be above 0. */
export function makeFraction(x: Wide): void {
  if (x.exponent <= -LIMBS * LIMB_BITS) x.limbs.fill(0);
  else if (x.exponent < 0) shiftRight(x.limbs, -x.exponent);
  x.exponent = 0;
}

/**
 * a * b, less at most six units of the last place: products of limbs that lie below it are left out, but for the first
 * column of them. `into` may be an operand. The product of the first limbs must be below 2^24.
 */
export function multiplyWide(a: Wide, b: Wide, into: Wide): void {
  const x = a.limbs;
  const y = b.limbs;
  const z = into.limbs;
  const x0 = x[0]!;
  const x1 = x[1]!;
  const x2 = x[2]!;
  const x3 = x[3]!;
  const x4 = x[4]!;
  const x5 = x[5]!;
  const y0 = y[0]!;
  const y1 = y[1]!;
  const y2 = y[2]!;
  const y3 = y[3]!;
  const y4 = y[4]!;
  const y5 = y[5]!;
  into.sign = a.sign ^ b.sign;
  into.exponent = a.exponent + b.exponent;
  const guard = x1 * y5 + x2 * y4 + x3 * y3 + x4 * y2 + x5 * y1;
  z[5] = x0 * y5 + x1 * y4 + x2 * y3 + x3 * y2 + x4 * y1 + x5 * y0 + Math.floor(guard * LIMB_INVERSE);
  z[4] = x0 * y4 + x1 * y3 + x2 * y2 + x3 * y1 + x4 * y0;
  z[3] = x0 * y3 + x1 * y2 + x2 * y1 + x3 * y0;
  z[2] = x0 * y2 + x1 * y1 + x2 * y0;
  z[1] = x0 * y1 + x1 * y0;
  z[0] = x0 * y0;
  carry(z);
}

const rest = new Float64Array(LIMBS);

/**
 * a / b of normalized numbers. Neither may be `into`. The quotient is less than 2 and more than 1/2, off by less than
 * two units of its last place.
 *
 * Long division. A digit is the rest times the reciprocal, both to the precision of doubles, and may be one off in
 * either direction: the next digit makes up for it, and may be negative. The columns of the rest are not carried: each
 * has lost at most six products of 2^48.
 */
export function divideWide(a: Wide, b: Wide, into: Wide): void {
  const divisor = b.limbs;
  const quotient = into.limbs;
  const reciprocal = 1 / (divisor[0]! + (divisor[1]! + divisor[2]! * LIMB_INVERSE) * LIMB_INVERSE);
  for (let i = 0; i < LIMBS; i++) rest[i] = a.limbs[i]!;
  for (let digit = 0; digit < LIMBS; digit++) {
    const leading = rest[0]! + (rest[1]! + rest[2]! * LIMB_INVERSE) * LIMB_INVERSE;
    const part = Math.floor(leading * reciprocal);
    quotient[digit] = part;
    for (let i = 0; i < LIMBS; i++) rest[i] = rest[i]! - part * divisor[i]!;
    rest[0] = rest[0]! * LIMB + rest[1]!;
    for (let i = 2; i < LIMBS; i++) rest[i - 1] = rest[i]!;
    rest[LIMBS - 1] = 0;
  }
  carry(quotient);
  into.sign = a.sign ^ b.sign;
  into.exponent = a.exponent - b.exponent;
}

/**
 * a * x + b * y, limb by limb, for small integers a and b (below 2^20). Neither sign nor exponent of operands counts.
 */
export function combine(a: number, x: Wide, b: number, y: Wide, into: Wide): void {
  const { limbs } = into;
  for (let i = 0; i < LIMBS; i++) limbs[i] = a * x.limbs[i]! + b * y.limbs[i]!;
  into.sign = 0;
  into.exponent = 0;
  settleSign(into);
}

/** Adds the signed integer `whole` to a number of exponent 0, or of that scale. */
export function addWhole(x: Wide, whole: number): void {
  const { limbs } = x;
  if (x.sign !== 0) for (let i = 0; i < LIMBS; i++) limbs[i] = -limbs[i]!;
  x.sign = 0;
  limbs[0] = limbs[0]! + whole;
  settleSign(x);
}

/** Carries signed columns; if the number is negative, says so in the sign. */
function settleSign(x: Wide): void {
  const { limbs } = x;
  carry(limbs);
  if (limbs[0]! >= 0) return;
  for (let i = 0; i < LIMBS; i++) limbs[i] = -limbs[i]!;
  carry(limbs);
  x.sign ^= 1;
}

/**
 * Puts the number, which must not be zero, into a register: the result of a transcendental function.
 *
 * Such results count as inexact always, and as underflowed whenever they are tiny: processors say so even of f2xm1(1)
 * and of the sine of a denormal, which is that denormal. Spoils x.
 */
export function roundWide(env: FpuEnvironment, x: Wide, into: Extended): void {
  normalize(x);
  const { limbs } = x;
  const two = limbs[2]!;
  const three = limbs[3]!;
  const four = limbs[4]!;
  const high = INTEGER_BIT | (limbs[1]! << 7) | (two >>> 17);
  const low = (two << 15) | (three >>> 9);
  const extra = (three << 23) | (four >>> 1) | (four & 1) | (limbs[5] !== 0 ? 1 : 0);
  roundPack(env, x.sign, x.exponent + EXPONENT_BIAS, high, low, extra, 64, into);
  env.flags |= into.exponent === 0 ? FLAG_PE | FLAG_UE : FLAG_PE;
}
