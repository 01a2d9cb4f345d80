/** Power series in fixed point. */
import { LIMB_BITS, LIMBS, type Wide } from "./wide.ts";

const LIMB = 2 ** LIMB_BITS;
const LIMB_INVERSE = 2 ** -LIMB_BITS;

/**
 * c[0] + z * (c[1] + z * (c[2] + …)), or with `alternating` signs c[0] - z * (c[1] - z * (c[2] - …)).
 *
 * z must be a fraction. Coefficients are six limbs each, less than 2^20, and such that no partial sum is negative. A
 * step leaves out at most six units of the last place, as `multiplyWide` does, and hands down those of the steps before
 * times z: of the longest series at z = 1 that makes 30 * 6 units, or 112 places that are right.
 */
export function evaluate(z: Wide, coefficients: Float64Array, alternating: boolean, into: Wide): void {
  const z1 = z.limbs[1]!;
  const z2 = z.limbs[2]!;
  const z3 = z.limbs[3]!;
  const z4 = z.limbs[4]!;
  const z5 = z.limbs[5]!;
  const sign = alternating ? -1 : 1;
  let at = coefficients.length - LIMBS;
  let s0 = coefficients[at]!;
  let s1 = coefficients[at + 1]!;
  let s2 = coefficients[at + 2]!;
  let s3 = coefficients[at + 3]!;
  let s4 = coefficients[at + 4]!;
  let s5 = coefficients[at + 5]!;
  for (at -= LIMBS; at >= 0; at -= LIMBS) {
    let over = Math.floor((s1 * z5 + s2 * z4 + s3 * z3 + s4 * z2 + s5 * z1) * LIMB_INVERSE);
    s5 = coefficients[at + 5]! + sign * (s0 * z5 + s1 * z4 + s2 * z3 + s3 * z2 + s4 * z1 + over);
    over = Math.floor(s5 * LIMB_INVERSE);
    s5 -= over * LIMB;
    s4 = coefficients[at + 4]! + sign * (s0 * z4 + s1 * z3 + s2 * z2 + s3 * z1) + over;
    over = Math.floor(s4 * LIMB_INVERSE);
    s4 -= over * LIMB;
    s3 = coefficients[at + 3]! + sign * (s0 * z3 + s1 * z2 + s2 * z1) + over;
    over = Math.floor(s3 * LIMB_INVERSE);
    s3 -= over * LIMB;
    s2 = coefficients[at + 2]! + sign * (s0 * z2 + s1 * z1) + over;
    over = Math.floor(s2 * LIMB_INVERSE);
    s2 -= over * LIMB;
    s1 = coefficients[at + 1]! + sign * (s0 * z1) + over;
    over = Math.floor(s1 * LIMB_INVERSE);
    s1 -= over * LIMB;
    s0 = coefficients[at]! + over;
  }
  const { limbs } = into;
  limbs[0] = s0;
  limbs[1] = s1;
  limbs[2] = s2;
  limbs[3] = s3;
  limbs[4] = s4;
  limbs[5] = s5;
  into.sign = 0;
  into.exponent = 0;
}
