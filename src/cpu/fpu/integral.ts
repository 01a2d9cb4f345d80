/**
 * Operations on the parts of a number: rounding to an integer, scaling by a power of two, taking exponent and
 * significand apart. Precision control does not matter to any of them.
 *
 * SDM: volume 2, FRNDINT, FSCALE, FXTRACT.
 */
import { denormalStops, normalized } from "./arithmetic.ts";
import { isInfinity, isZero, setInfinity, setZero } from "./classify.ts";
import { FLAG_IE, FLAG_PE, FLAG_ZE, type FpuEnvironment } from "./environment.ts";
import { EXPONENT_BIAS, EXPONENT_INTEGRAL, EXPONENT_MAX, Extended } from "./extended.ts";
import { invalid, settleNaN, settleNaNs } from "./nan.ts";
import { roundPack, roundsAway } from "./round.ts";
import { shiftOut } from "./words.ts";

/** Beyond what moves any number out of any range, that of unmasked overflow and underflow included. */
const SCALE_LIMIT = 0x1_ffff;

const normalA = new Extended();

/** Integer and fraction of the number at hand. */
const split = new Int32Array(3);

/** a rounded to an integer as rounding control says. A zero keeps the sign. */
export function roundToIntegral(env: FpuEnvironment, a: Extended, into: Extended): void {
  if (settleNaN(env, a, into)) return;
  if (denormalStops(env, a, a)) return;
  if (a.exponent >= EXPONENT_INTEGRAL || isZero(a)) {
    into.copy(a);
    return;
  }
  const sign = a.sign;
  shiftOut(a.high, a.low, EXPONENT_INTEGRAL - a.exponent, split);
  let low = split[0]!;
  let high = split[1]!;
  const rest = split[2]!;
  if (rest === 0) {
    into.copy(a);
    return;
  }
  const up = roundsAway(env.rounding, sign, rest, low & 1);
  if (up) {
    low = (low + 1) | 0;
    if (low === 0) high = (high + 1) | 0;
  }
  // An integer of at most 63 bits: exact in 64 places.
  roundPack(env, sign, EXPONENT_INTEGRAL, high, low, 0, 64, into);
  env.flags |= FLAG_PE;
  env.roundedUp = up;
}

/** `by` cut to an integer, within the limits of what makes a difference. */
function scaleOf(by: Extended): number {
  if (by.exponent < EXPONENT_BIAS) return 0;
  const shift = EXPONENT_INTEGRAL - by.exponent;
  const magnitude = shift < 47 ? SCALE_LIMIT : Math.min(by.high >>> (shift - 32), SCALE_LIMIT);
  return by.sign !== 0 ? -magnitude : magnitude;
}

/** a * 2^by, where `by` is cut to an integer. */
export function scale(env: FpuEnvironment, a: Extended, by: Extended, into: Extended): void {
  if (settleNaNs(env, a, by, into)) return;
  if (isInfinity(by) && (by.sign === 0 ? isZero(a) : isInfinity(a))) {
    invalid(env, into);
    return;
  }
  if (denormalStops(env, a, by)) return;
  if (isInfinity(by)) {
    if (by.sign === 0) setInfinity(into, a.sign);
    else setZero(into, a.sign);
    return;
  }
  if (isInfinity(a) || isZero(a)) {
    into.copy(a);
    return;
  }
  const x = normalized(a, normalA);
  roundPack(env, x.sign, x.exponent + scaleOf(by), x.high, x.low, 0, 64, into);
}

/**
 * Takes a apart: the unbiased exponent as a number, and the significand with a's sign and exponent 0. Those of zero are
 * minus infinity, with a division by zero, and the zero itself.
 */
export function extract(
  env: FpuEnvironment,
  a: Extended,
  exponentInto: Extended,
  significandInto: Extended,
): void {
  const masks = env.masks;
  if (settleNaN(env, a, significandInto)) {
    if ((env.flags & ~masks & FLAG_IE) === 0) exponentInto.copy(significandInto);
    return;
  }
  if (denormalStops(env, a, a)) return;
  if (isZero(a)) {
    env.flags |= FLAG_ZE;
    if ((masks & FLAG_ZE) === 0) return;
    significandInto.copy(a);
    setInfinity(exponentInto, 1);
    return;
  }
  if (a.exponent === EXPONENT_MAX) {
    significandInto.copy(a);
    setInfinity(exponentInto, 0);
    return;
  }
  const x = normalized(a, normalA);
  const power = x.exponent - EXPONENT_BIAS;
  significandInto.set(x.sign, EXPONENT_BIAS, x.high, x.low);
  if (power === 0) {
    setZero(exponentInto, 0);
    return;
  }
  const magnitude = Math.abs(power);
  const shift = Math.clz32(magnitude);
  exponentInto.set(power < 0 ? 1 : 0, EXPONENT_BIAS + 31 - shift, magnitude << shift, 0);
}
