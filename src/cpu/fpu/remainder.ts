/**
 * Partial remainders: FPREM, which truncates, and FPREM1, which rounds to nearest.
 *
 * The result is exact but for unmasked underflow. Precision and rounding control do not matter.
 *
 * SDM: volume 2, FPREM, FPREM1. The manual lets a step that does not finish take off 32 to 63 places of the quotient;
 * how many is what Intel processors do.
 */
import { denormalStops, normalized } from "./arithmetic.ts";
import { isInfinity, isZero } from "./classify.ts";
import { FLAG_UE, type FpuEnvironment } from "./environment.ts";
import { Extended, INTEGER_BIT } from "./extended.ts";
import { invalid, settleNaNs } from "./nan.ts";
import { roundPack } from "./round.ts";
import { borrow, isBelow } from "./words.ts";

/** In what `partialRemainder` returns: the reduction is not complete (C2). Bits 2 to 0 are those of the quotient. */
export const REMAINDER_INCOMPLETE = 8;

const normalA = new Extended();
const normalB = new Extended();

/** The loop's results: quotient, and two words of the remainder. */
let quotient = 0;
let restHigh = 0;
let restLow = 0;

/**
 * The remainder of a / b, or if the exponents are too far apart, of one step towards it.
 *
 * @param nearest the quotient is rounded to nearest (FPREM1), else cut (FPREM)
 * @returns the quotient's bits 2, 1, 0 (to be C0, C3, C1) and REMAINDER_INCOMPLETE; 0 if there is no remainder
 */
export function partialRemainder(
  env: FpuEnvironment,
  a: Extended,
  b: Extended,
  into: Extended,
  nearest: boolean,
): number {
  if (settleNaNs(env, a, b, into)) return 0;
  if (isInfinity(a) || isZero(b)) {
    invalid(env, into);
    return 0;
  }
  if (denormalStops(env, a, b)) return 0;
  if (isZero(a)) {
    into.copy(a);
    return 0;
  }
  const x = normalized(a, normalA);
  const sign = x.sign;
  if (isInfinity(b)) {
    // As on processors: nothing is computed, so that a denormal does not underflow.
    if ((env.masks & FLAG_UE) === 0) into.copy(a);
    else roundPack(env, sign, x.exponent, x.high, x.low, 0, 64, into);
    return 0;
  }
  const y = normalized(b, normalB);
  const distance = x.exponent - y.exponent;
  if (distance >= 64) {
    const places = (distance & 31) | 32;
    const exponent = x.exponent - places;
    longDivision(x, y, places);
    roundPack(env, sign, exponent, restHigh, restLow, 0, 64, into);
    return REMAINDER_INCOMPLETE;
  }
  if (distance < 0) {
    // Between half of b and b, the nearest quotient is 1: the remainder is b - a, in places of a's exponent.
    if (nearest && distance === -1 && isBelow(y.high, y.low, x.high, x.low)) {
      const exponent = x.exponent;
      const low = (y.low << 1) - x.low;
      const high = ((y.high << 1) | (y.low >>> 31)) - x.high - borrow(y.low << 1, x.low);
      roundPack(env, sign ^ 1, exponent, high | 0, low | 0, 0, 64, into);
      return 1;
    }
    roundPack(env, sign, x.exponent, x.high, x.low, 0, 64, into);
    return 0;
  }
  const exponent = y.exponent;
  longDivision(x, y, distance);
  let signed = sign;
  if (nearest && isNearerToNext(y)) {
    const low = y.low - restLow;
    restHigh = (y.high - restHigh - borrow(y.low, restLow)) | 0;
    restLow = low | 0;
    quotient++;
    signed ^= 1;
  }
  roundPack(env, (restHigh | restLow) === 0 ? sign : signed, exponent, restHigh, restLow, 0, 64, into);
  return quotient & 7;
}

/** Divides the significand of x times 2^places by that of y, one place after the other. */
function longDivision(x: Extended, y: Extended, places: number): void {
  const divisorHigh = y.high;
  const divisorLow = y.low;
  let high = x.high;
  let low = x.low;
  let bits = 0;
  let carry = false;
  for (let place = places; ; place--) {
    bits <<= 1;
    if (carry || !isBelow(high, low, divisorHigh, divisorLow)) {
      high = (high - divisorHigh - borrow(low, divisorLow)) | 0;
      low = (low - divisorLow) | 0;
      bits |= 1;
    }
    if (place === 0) break;
    carry = high < 0;
    high = (high << 1) | (low >>> 31);
    low <<= 1;
  }
  quotient = bits;
  restHigh = high;
  restLow = low;
}

/** Whether the rest is more than half of y, or half of it and the quotient odd. */
function isNearerToNext(y: Extended): boolean {
  const twiceHigh = (restHigh << 1) | (restLow >>> 31);
  const twiceLow = restLow << 1;
  if ((restHigh & INTEGER_BIT) !== 0) return true;
  if (twiceHigh === y.high && twiceLow === y.low) return (quotient & 1) !== 0;
  return isBelow(y.high, y.low, twiceHigh, twiceLow);
}
