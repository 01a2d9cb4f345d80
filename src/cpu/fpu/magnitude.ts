/**
 * Magnitudes, integers of 64 bits without sign: how one becomes a number, and how a number is rounded to one on its way
 * to memory.
 *
 * SDM: volume 1, 4.8.4 "Rounding".
 */
import { setZero } from "./classify.ts";
import { FLAG_PE, type FpuEnvironment } from "./environment.ts";
import type { Extended } from "./extended.ts";
import { roundsAway } from "./round.ts";
import { shiftOut } from "./words.ts";

/** `high:low` times 2^(exponent - EXPONENT_INTEGRAL). */
export function setMagnitude(
  into: Extended,
  sign: number,
  exponent: number,
  high: number,
  low: number,
): void {
  if ((high | low) === 0) {
    setZero(into, sign);
    return;
  }
  const shift = high !== 0 ? Math.clz32(high) : 32 + Math.clz32(low);
  into.sign = sign;
  into.exponent = exponent - shift;
  if (shift >= 32) {
    into.high = low << (shift - 32);
    into.low = 0;
  } else {
    into.high = shift === 0 ? high : (high << shift) | (low >>> (32 - shift));
    into.low = low << shift;
  }
}

/** The magnitude that was rounded last: two words, lowest first. The third word is what was cut off. */
export const kept = new Int32Array(3);

/** Rounds `high:low * 2^-shift` to an integer in `kept`. Raises PE, sets `roundedUp`. True if it carried out of 64 bits. */
export function roundShifted(
  env: FpuEnvironment,
  rounding: number,
  sign: number,
  high: number,
  low: number,
  shift: number,
): boolean {
  shiftOut(high, low, shift, kept);
  env.roundedUp = false;
  if (kept[2] === 0) return false;
  env.flags |= FLAG_PE;
  if (!roundsAway(rounding, sign, kept[2], kept[0] & 1)) return false;
  env.roundedUp = true;
  kept[0]++;
  if (kept[0] !== 0) return false;
  kept[1]++;
  return kept[1] === 0;
}
