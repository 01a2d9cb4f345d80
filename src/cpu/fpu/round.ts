/**
 * Rounding: the one place where the exact result of an operation becomes a number of a register.
 *
 * An exact result comes as 96 bits of significand, `high:low:extra`, and an exponent without limits. Bit 31 of `extra`
 * is worth half of the last place of `low`; bit 0 of `extra` is sticky, that is, set if anything at all lies below.
 *
 * SDM: volume 1, 4.8.4 "Rounding", 8.1.5.2 "Precision control field", 8.5.4 "Numeric overflow", 8.5.5 "Numeric underflow".
 */
import {
  FLAG_OE,
  FLAG_PE,
  FLAG_UE,
  type FpuEnvironment,
  ROUND_DOWN,
  ROUND_NEAREST,
  ROUND_UP,
} from "./environment.ts";
import { EXPONENT_MAX, type Extended, INTEGER_BIT } from "./extended.ts";

/** What an unmasked overflow takes off the exponent and an unmasked underflow adds: 3 * 2^13. */
const EXPONENT_ADJUSTMENT = 0x6000;
/** Of the largest finite numbers. */
const EXPONENT_LARGEST = EXPONENT_MAX - 1;
/** `rest` of exactly half a place. */
const HALF = 0x8000_0000 | 0;

// What precision control cuts off the words of a significand of 64 bits, and one unit of the last place it leaves.
const CUT_53 = 0x7ff;
const PLACE_53 = 0x800;
const CUT_24 = 0xff;
const PLACE_24 = 0x100;

/**
 * Whether a magnitude goes up to the next one. `rest` is what lies below its last place, as `extra` above; `odd` is not
 * zero if the last place is a one.
 */
export function roundsAway(rounding: number, sign: number, rest: number, odd: number): boolean {
  if (rounding === ROUND_NEAREST) return rest < 0 && (rest !== HALF || odd !== 0);
  return rest !== 0 && rounding === (sign === 0 ? ROUND_UP : ROUND_DOWN);
}

/** Rounds `high:low:extra` to `precision` places as if exponents had no limits. Raises PE, sets `roundedUp`. */
function roundPlaces(
  env: FpuEnvironment,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  extra: number,
  precision: number,
  into: Extended,
): void {
  let rest = extra;
  let odd = low & 1;
  if (precision === 53) {
    rest = (low << 21) | (extra !== 0 ? 1 : 0);
    low &= ~CUT_53;
    odd = low & PLACE_53;
  } else if (precision === 24) {
    rest = (high << 24) | ((low | extra) !== 0 ? 1 : 0);
    high &= ~CUT_24;
    low = 0;
    odd = high & PLACE_24;
  }
  let up = false;
  if (rest !== 0) {
    env.flags |= FLAG_PE;
    up = roundsAway(env.rounding, sign, rest, odd);
    if (up) {
      if (precision === 24) {
        high = (high + PLACE_24) | 0;
      } else {
        // The places below are zero: a carry leaves nothing but zeros.
        low = (low + (precision === 53 ? PLACE_53 : 1)) | 0;
        if (low === 0) high = (high + 1) | 0;
      }
      if ((high | low) === 0) {
        high = INTEGER_BIT;
        exponent++;
      }
    }
  }
  env.roundedUp = up;
  into.sign = sign;
  into.exponent = exponent;
  into.high = high;
  into.low = low;
}

/**
 * Rounds an exact result (see the head of this file; `exponent` is biased and may lie outside the range of registers;
 * leading zeros are allowed, but then no more than 30 if `extra` is sticky) and puts it into `into`.
 * Raises PE, OE and UE; `env.roundedUp` tells C1. A tiny result is one that is tiny after rounding.
 *
 * @param precision 24, 53 or 64 places; the range of exponents is that of registers all the same
 */
export function roundPack(
  env: FpuEnvironment,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  extra: number,
  precision: number,
  into: Extended,
): void {
  if (high >= 0) {
    if ((high | low | extra) === 0) {
      env.roundedUp = false;
      into.set(sign, 0, 0, 0);
      return;
    }
    while (high === 0) {
      high = low;
      low = extra;
      extra = 0;
      exponent -= 32;
    }
    const shift = Math.clz32(high);
    if (shift !== 0) {
      high = (high << shift) | (low >>> (32 - shift));
      low = (low << shift) | (extra >>> (32 - shift));
      extra <<= shift;
      exponent -= shift;
    }
  }
  const flags = env.flags;
  roundPlaces(env, sign, exponent, high, low, extra, precision, into);
  if ((into.exponent - 1) >>> 0 < EXPONENT_LARGEST) return;
  if (into.exponent > 0) overflow(env, flags, sign, precision, into);
  else underflow(env, flags, sign, exponent, high, low, extra, precision, into);
}

/** `into` is rounded and its exponent too large. `flags` are those of before. */
function overflow(env: FpuEnvironment, flags: number, sign: number, precision: number, into: Extended): void {
  const adjusted = into.exponent - EXPONENT_ADJUSTMENT;
  if ((env.masks & FLAG_OE) === 0 && adjusted <= EXPONENT_LARGEST) {
    into.exponent = adjusted;
    env.flags |= FLAG_OE;
    return;
  }
  env.flags = flags | FLAG_OE | FLAG_PE;
  // Only FSCALE gets here unmasked: what no adjustment brings back is infinity, whatever the rounding.
  env.roundedUp =
    (env.masks & FLAG_OE) === 0 ||
    env.rounding === ROUND_NEAREST ||
    env.rounding === (sign === 0 ? ROUND_UP : ROUND_DOWN);
  if (env.roundedUp) {
    into.set(sign, EXPONENT_MAX, INTEGER_BIT, 0);
  } else {
    const high = precision === 24 ? ~CUT_24 : -1;
    into.set(sign, EXPONENT_LARGEST, high, precision === 24 ? 0 : precision === 53 ? ~CUT_53 : -1);
  }
}

/** `into` is rounded and its exponent too small. `flags` are those of before; the rest is what was rounded. */
function underflow(
  env: FpuEnvironment,
  flags: number,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  extra: number,
  precision: number,
  into: Extended,
): void {
  const adjusted = into.exponent + EXPONENT_ADJUSTMENT;
  if ((env.masks & FLAG_UE) === 0) {
    // Unmasked, exact results count too. What no adjustment brings back (only FSCALE gets there) is zero.
    if (adjusted > 0) {
      into.exponent = adjusted;
      env.flags |= FLAG_UE;
    } else {
      into.set(sign, 0, 0, 0);
      env.flags = flags | FLAG_UE | FLAG_PE;
      env.roundedUp = false;
    }
    return;
  }
  // A denormal: shift until the exponent is 1, and round the exact result anew, at the places of that exponent.
  let shift = 1 - exponent;
  for (; shift >= 32 && (high | low) !== 0; shift -= 32) {
    extra = low | (extra !== 0 ? 1 : 0);
    low = high;
    high = 0;
  }
  if (shift >= 32) {
    extra = extra !== 0 ? 1 : 0;
  } else if (shift !== 0) {
    const lost = extra << (32 - shift);
    extra = (extra >>> shift) | (low << (32 - shift)) | (lost !== 0 ? 1 : 0);
    low = (low >>> shift) | (high << (32 - shift));
    high >>>= shift;
  }
  env.flags = 0;
  roundPlaces(env, sign, 0, high, low, extra, precision, into);
  if (into.high < 0) into.exponent = 1;
  env.flags = flags | (env.flags !== 0 ? FLAG_UE | FLAG_PE : 0);
}
