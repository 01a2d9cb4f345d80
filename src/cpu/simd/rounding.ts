/**
 * From an exact value to the number of single or double precision that MXCSR's rounding control picks, with the flags
 * OE UE PE that this raises.
 *
 * A value is given as sign, exponent and significand: (-1)^sign * significand * 2^exponent with 1 <= significand < 2. The
 * significand's first bit is the highest of a word (single) or of two (double); its lowest bit is set if anything
 * follows that there is no room for ("sticky").
 *
 * SDM: volume 1, 4.8.4 "Rounding", 4.9.1.4 to 4.9.1.6 on overflow, underflow and inexact results, 10.2.3.3 "Flush-to-
 * zero". Underflow is detected after rounding, as if exponents had no limit. Where overflow or underflow is not masked, PE
 * tells whether that rounding was exact: the result is not given to anybody then.
 */
import { FLAG_OE, FLAG_PE, FLAG_UE, ROUND_DOWN, ROUND_NEAREST, ROUND_UP } from "../fpu/environment.ts";
import {
  DOUBLE_FRACTION,
  DOUBLE_INFINITY,
  doubles,
  result,
  SIGN_BIT,
  SINGLE_INFINITY,
  SINGLE_MAX,
  words,
} from "./float-bits.ts";
import { env } from "./mxcsr.ts";

const SINGLE_MIN_EXPONENT = -126;
const SINGLE_MAX_EXPONENT = 127;
/** Bits of the significand that the format has no room for. */
const SINGLE_SPARE = 0xff;
const SINGLE_HALF = 0x80;

const DOUBLE_MIN_EXPONENT = -1022;
const DOUBLE_MAX_EXPONENT = 1023;
const DOUBLE_SPARE = 0x7ff;
const DOUBLE_HALF = 0x400;

/** What to add below the last place that stays so that cutting off the `spare` bits rounds. Ties are left to the caller. */
function increment(sign: number, spare: number, half: number): number {
  const { rounding } = env;
  if (rounding === ROUND_NEAREST) return half;
  return rounding === (sign === 0 ? ROUND_UP : ROUND_DOWN) ? spare : 0;
}

/** Largest finite number instead of infinity: where rounding goes towards zero. */
function staysFinite(sign: number): boolean {
  const { rounding } = env;
  return rounding !== ROUND_NEAREST && rounding !== (sign === 0 ? ROUND_UP : ROUND_DOWN);
}

/** What a tiny result raises that is flushed to zero, or that an exception takes the place of. */
function underflow(spare: number): number {
  return env.flush || spare !== 0 ? FLAG_UE | FLAG_PE : FLAG_UE;
}

/** Beside what the rounding raised. */
function overflow(): number {
  return (env.unmasked & FLAG_OE) !== 0 ? FLAG_OE : FLAG_OE | FLAG_PE;
}

/** Bits of the single-precision result. `significand` is one word. */
function roundSingle(sign: number, exponent: number, significand: number): number {
  const signBit = sign << 31;
  const up = increment(sign, SINGLE_SPARE, SINGLE_HALF);
  let bits = significand >>> 0;
  let field = exponent - SINGLE_MIN_EXPONENT;
  if (field < 0) {
    const tiny = field < -1 || bits + up <= 0xffff_ffff;
    if (tiny && (env.flush || (env.unmasked & FLAG_UE) !== 0)) {
      env.flags |= underflow(bits & SINGLE_SPARE);
      return signBit;
    }
    bits = field < -31 ? 1 : (bits >>> -field) | (bits << (32 + field) !== 0 ? 1 : 0);
    field = 0;
    if (tiny && (bits & SINGLE_SPARE) !== 0) env.flags |= FLAG_UE;
  }
  const spare = bits & SINGLE_SPARE;
  if (spare !== 0) env.flags |= FLAG_PE;
  // The leading bit counts as one in the exponent field, and a carry out of the fraction as another.
  let kept = Math.floor((bits + up) / (SINGLE_SPARE + 1));
  if (spare === SINGLE_HALF && up === SINGLE_HALF) kept &= ~1;
  const magnitude = field * 0x80_0000 + kept;
  if (magnitude < SINGLE_INFINITY && exponent <= SINGLE_MAX_EXPONENT) return signBit | magnitude;
  env.flags |= overflow();
  return signBit | (staysFinite(sign) ? SINGLE_MAX : SINGLE_INFINITY);
}

/** The same for double precision, to `result[to]` and `result[to + 1]`. The significand is two words. */
function roundDouble(sign: number, exponent: number, high: number, low: number, to: number): void {
  const signBit = sign << 31;
  const up = increment(sign, DOUBLE_SPARE, DOUBLE_HALF);
  let bitsHigh = high >>> 0;
  let bitsLow = low >>> 0;
  let field = exponent - DOUBLE_MIN_EXPONENT;
  if (field < 0) {
    const tiny = field < -1 || bitsHigh !== 0xffff_ffff || bitsLow + up <= 0xffff_ffff;
    if (tiny && (env.flush || (env.unmasked & FLAG_UE) !== 0)) {
      env.flags |= underflow(bitsLow & DOUBLE_SPARE);
      result[to] = 0;
      result[to + 1] = signBit;
      return;
    }
    const distance = -field;
    field = 0;
    if (distance > 63) {
      bitsHigh = 0;
      bitsLow = 1;
    } else if (distance > 31) {
      const lost = bitsLow | (distance === 32 ? 0 : bitsHigh << (64 - distance));
      bitsLow = ((bitsHigh >>> (distance - 32)) | (lost !== 0 ? 1 : 0)) >>> 0;
      bitsHigh = 0;
    } else {
      const lost = bitsLow << (32 - distance);
      bitsLow = ((bitsLow >>> distance) | (bitsHigh << (32 - distance)) | (lost !== 0 ? 1 : 0)) >>> 0;
      bitsHigh >>>= distance;
    }
    if (tiny && (bitsLow & DOUBLE_SPARE) !== 0) env.flags |= FLAG_UE;
  }
  const spare = bitsLow & DOUBLE_SPARE;
  if (spare !== 0) env.flags |= FLAG_PE;
  const sum = bitsLow + up;
  if (sum > 0xffff_ffff) bitsHigh++;
  let fractionLow = (sum >>> 11) | (bitsHigh << 21) | 0;
  if (spare === DOUBLE_HALF && up === DOUBLE_HALF) fractionLow &= ~1;
  // `bitsHigh` may have become 2^32 here, which is the carry out of the fraction.
  const magnitude = field * 0x10_0000 + Math.floor(bitsHigh / 0x800);
  if (magnitude < DOUBLE_INFINITY && exponent <= DOUBLE_MAX_EXPONENT) {
    result[to] = fractionLow;
    result[to + 1] = signBit | magnitude;
    return;
  }
  env.flags |= overflow();
  const finite = staysFinite(sign);
  result[to] = finite ? -1 : 0;
  result[to + 1] = signBit | (finite ? DOUBLE_INFINITY - 1 : DOUBLE_INFINITY);
}

// --- Values that are a double and a little more ------------------------------------------------------------------------

/** Two words: what `take` made of its number. */
let takenHigh = 0;
let takenLow = 0;

/**
 * Significand and exponent of `value`, a positive normal number, and of something smaller than half its last place that
 * has the sign of `rest`.
 */
function take(value: number, rest: number): number {
  doubles[0] = value;
  let exponent = (words[1] >>> 20) - 1023;
  let high = SIGN_BIT | ((words[1] & DOUBLE_FRACTION) << 11) | (words[0] >>> 21);
  let low = words[0] << 11;
  if (rest > 0) low |= 1;
  else if (rest < 0) {
    if (low === 0) high = (high - 1) | 0;
    low = (low - 1) | 0;
    if (high >= 0) {
      // It was a power of 2, and is all ones now.
      high = -1;
      exponent--;
    }
  }
  takenHigh = high;
  takenLow = low;
  return exponent;
}

/** Rounds value + rest, as `take` has them, times 2^exponent. */
export function roundToDouble(sign: number, exponent: number, value: number, rest: number, to: number): void {
  const own = take(value, rest);
  roundDouble(sign, exponent + own, takenHigh, takenLow, to);
}

export function roundToSingle(sign: number, exponent: number, value: number, rest: number): number {
  const own = take(value, rest);
  return roundSingle(sign, exponent + own, takenHigh | (takenLow !== 0 ? 1 : 0));
}
