/**
 * Conversions between registers and the formats of memory: integers of 16, 32 and 64 bits, single and double precision,
 * packed decimal.
 *
 * Into a register every conversion is exact. Out of one they round by `env.rounding`, whatever the precision control
 * says. A conversion that raises an unmasked IE, OE or UE has nothing to store; what it leaves in `result` is not to be
 * used.
 *
 * SDM: volume 1, 4.2 "Numeric data types", 4.7 "BCD and packed BCD integers", 8.5.1.2, 8.5.4, 8.5.5, table 8-10; volume 2,
 * FLD, FILD, FBLD, FST, FIST, FISTTP, FBSTP.
 */
import { isInfinity, isNan, isSignalling, isUnsupported, isZero, setZero } from "./classify.ts";
import {
  FLAG_DE,
  FLAG_IE,
  FLAG_OE,
  FLAG_PE,
  FLAG_UE,
  type FpuEnvironment,
  ROUND_DOWN,
  ROUND_NEAREST,
  ROUND_UP,
  ROUND_ZERO,
} from "./environment.ts";
import { EXPONENT_BIAS, EXPONENT_MAX, type Extended, INTEGER_BIT, QUIET_BIT } from "./extended.ts";
import { roundsAway } from "./round.ts";
import { multiplyHigh } from "./words.ts";

/** Exponent of a number whose significand, as an integer of 64 bits, is its value. */
const INTEGER_EXPONENT = EXPONENT_BIAS + 63;

// --- Into a register -------------------------------------------------------------------------------------------------

/** An integer of 64 bits without sign, times 2^(exponent - INTEGER_EXPONENT). */
function setMagnitude(into: Extended, sign: number, exponent: number, high: number, low: number): void {
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

/** Words of 16 bits are sign-extended by the caller. */
export function fromInt32(value: number, into: Extended): void {
  setMagnitude(into, value < 0 ? 1 : 0, INTEGER_EXPONENT, 0, value < 0 ? -value | 0 : value);
}

export function fromInt64(low: number, high: number, into: Extended): void {
  if (high >= 0) setMagnitude(into, 0, INTEGER_EXPONENT, high, low);
  else setMagnitude(into, 1, INTEGER_EXPONENT, low === 0 ? -high | 0 : ~high, -low | 0);
}

/** A NaN of a narrower format, its fraction moved to the top. */
function setNarrowNaN(env: FpuEnvironment, sign: number, high: number, low: number, into: Extended): void {
  if ((high & QUIET_BIT) === 0) {
    env.flags |= FLAG_IE;
    if ((env.masks & FLAG_IE) === 0) return;
  }
  into.set(sign, EXPONENT_MAX, high | INTEGER_BIT | QUIET_BIT, low);
}

/** Single precision. A signalling NaN raises IE and becomes quiet, a denormal raises DE. */
export function fromFloat32(env: FpuEnvironment, bits: number, into: Extended): void {
  const sign = bits >>> 31;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7f_ffff;
  if (exponent === 0xff) {
    if (fraction === 0) into.set(sign, EXPONENT_MAX, INTEGER_BIT, 0);
    else setNarrowNaN(env, sign, fraction << 8, 0, into);
  } else if (exponent === 0) {
    if (fraction !== 0) env.flags |= FLAG_DE;
    setMagnitude(into, sign, INTEGER_EXPONENT - 149, 0, fraction);
  } else {
    into.set(sign, exponent - 127 + EXPONENT_BIAS, INTEGER_BIT | (fraction << 8), 0);
  }
}

/** Double precision, likewise. */
export function fromFloat64(env: FpuEnvironment, low: number, high: number, into: Extended): void {
  const sign = high >>> 31;
  const exponent = (high >>> 20) & 0x7ff;
  const top = ((high & 0xf_ffff) << 11) | (low >>> 21);
  if (exponent === 0x7ff) {
    if ((top | low) === 0) into.set(sign, EXPONENT_MAX, INTEGER_BIT, 0);
    else setNarrowNaN(env, sign, top, low << 11, into);
  } else if (exponent === 0) {
    if ((top | low) !== 0) env.flags |= FLAG_DE;
    setMagnitude(into, sign, INTEGER_EXPONENT - 1074, high & 0xf_ffff, low);
  } else {
    into.set(sign, exponent - 1023 + EXPONENT_BIAS, INTEGER_BIT | top, low << 11);
  }
}

/** 18 digits, four bits each, lowest first; the sign is bit 15 of `top`. Digits above 9 count as what they are. */
export function fromBcd(low: number, high: number, top: number, into: Extended): void {
  let lower = high & 15;
  for (let at = 28; at >= 0; at -= 4) lower = lower * 10 + ((low >>> at) & 15);
  let upper = ((top >>> 4) & 15) * 10 + (top & 15);
  for (let at = 28; at >= 4; at -= 4) upper = upper * 10 + ((high >>> at) & 15);
  // upper * 10^9 + lower; both are below 2^32.
  const product = (Math.imul(upper, BILLION) >>> 0) + lower;
  setMagnitude(
    into,
    (top >>> 15) & 1,
    INTEGER_EXPONENT,
    multiplyHigh(upper | 0, BILLION) + (product > 0xffff_ffff ? 1 : 0),
    product | 0,
  );
}

const BILLION = 1_000_000_000;

// --- Rounding to an integer ------------------------------------------------------------------------------------------

/** The last significand that was shifted: two words, and what was shifted out, as `roundsAway` takes it. */
const kept = new Int32Array(2);
let rest = 0;

function shiftRight(high: number, low: number, shift: number): void {
  let lost = 0;
  rest = 0;
  if (shift >= 64) {
    const beyond = shift - 64;
    if (beyond < 32) {
      rest = (high >>> beyond) | 0;
      lost = low | (beyond === 0 ? 0 : high << (32 - beyond));
    } else {
      lost = high | low;
    }
    high = 0;
    low = 0;
  } else if (shift >= 32) {
    const beyond = shift - 32;
    rest = beyond === 0 ? low : (high << (32 - beyond)) | (low >>> beyond);
    lost = beyond === 0 ? 0 : low << (32 - beyond);
    low = high >>> beyond;
    high = 0;
  } else if (shift !== 0) {
    rest = low << (32 - shift);
    low = (low >>> shift) | (high << (32 - shift));
    high >>>= shift;
  }
  if (lost !== 0) rest |= 1;
  kept[0] = low;
  kept[1] = high;
}

/** Rounds `high:low * 2^-shift` to an integer in `kept`. Raises PE, sets `roundedUp`. True if it carried out of 64 bits. */
function roundShifted(
  env: FpuEnvironment,
  rounding: number,
  sign: number,
  high: number,
  low: number,
  shift: number,
): boolean {
  shiftRight(high, low, shift);
  env.roundedUp = false;
  if (rest === 0) return false;
  env.flags |= FLAG_PE;
  if (!roundsAway(rounding, sign, rest, kept[0] & 1)) return false;
  env.roundedUp = true;
  kept[0]++;
  if (kept[0] !== 0) return false;
  kept[1]++;
  return kept[1] === 0;
}

/** Rounds a number to an integer below 2^64 in `kept`; false, with nothing raised, if it is none. */
function roundToMagnitude(env: FpuEnvironment, a: Extended, rounding: number): boolean {
  if (isUnsupported(a) || a.exponent > INTEGER_EXPONENT) return false;
  const exponent = a.exponent === 0 ? 1 : a.exponent;
  return !roundShifted(env, rounding, a.sign, a.high, a.low, INTEGER_EXPONENT - exponent);
}

/** Raises IE alone, whatever the rounding of what does not fit has raised. */
function invalidInteger(env: FpuEnvironment, flags: number): void {
  env.flags = flags | FLAG_IE;
  env.roundedUp = false;
}

/**
 * Two's complement of 16, 32 or 64 bits, sign-extended to the words it takes in `result`. What does not fit raises IE and
 * gives the integer indefinite. `truncate` rounds towards zero.
 */
export function toInt(
  env: FpuEnvironment,
  a: Extended,
  bits: 16 | 32 | 64,
  truncate: boolean,
  result: Int32Array,
): void {
  const { flags } = env;
  if (roundToMagnitude(env, a, truncate ? ROUND_ZERO : env.rounding) && fits(a.sign, bits)) {
    const low = kept[0];
    const high = kept[1];
    result[0] = a.sign === 0 ? low : -low;
    result[1] = a.sign === 0 ? high : low === 0 ? -high : ~high;
    return;
  }
  invalidInteger(env, flags);
  result[0] = bits === 64 ? 0 : bits === 32 ? 0x8000_0000 : -0x8000;
  result[1] = bits === 64 ? 0x8000_0000 : -1;
}

/** Whether the magnitude in `kept` fits; a negative one may be one larger. */
function fits(sign: number, bits: 16 | 32 | 64): boolean {
  const high = kept[1];
  const low = kept[0] >>> 0;
  if (bits === 64) return high >= 0 || (sign === 1 && high === (0x8000_0000 | 0) && low === 0);
  const limit = bits === 32 ? 0x8000_0000 : 0x8000;
  return high === 0 && (low < limit || (sign === 1 && low === limit));
}

/** The packed decimal indefinite, which what does not fit gives. SDM: volume 1, table 4-4. */
const BCD_INDEFINITE_HIGH = 0xc000_0000 | 0;
const BCD_INDEFINITE_TOP = 0xffff;
/** 10^18 in two words. */
const LIMIT_HIGH = 0x0de0_b6b3;
const LIMIT_LOW = 0xa764_0000;

/** 18 decimal digits in three words, the third of 16 bits with the sign. What has more raises IE. */
export function toBcd(env: FpuEnvironment, a: Extended, result: Int32Array): void {
  const { flags } = env;
  const rounded = roundToMagnitude(env, a, env.rounding);
  const high = kept[1] >>> 0;
  const low = kept[0] >>> 0;
  if (!rounded || high > LIMIT_HIGH || (high === LIMIT_HIGH && low >= LIMIT_LOW)) {
    invalidInteger(env, flags);
    result[0] = 0;
    result[1] = BCD_INDEFINITE_HIGH;
    result[2] = BCD_INDEFINITE_TOP;
    return;
  }
  // Division by 10^9 in base 2^16: every step is an exact integer below 2^53.
  const first = high * 0x1_0000 + (low >>> 16);
  const digit = Math.floor(first / BILLION);
  const second = (first - digit * BILLION) * 0x1_0000 + (low & 0xffff);
  const last = Math.floor(second / BILLION);
  let lower = second - last * BILLION;
  let upper = digit * 0x1_0000 + last;
  let word = 0;
  for (let at = 0; at < 32; at += 4) {
    word |= (lower % 10) << at;
    lower = Math.floor(lower / 10);
  }
  result[0] = word;
  word = lower;
  for (let at = 4; at < 32; at += 4) {
    word |= (upper % 10) << at;
    upper = Math.floor(upper / 10);
  }
  result[1] = word;
  result[2] = (a.sign << 15) | (Math.floor(upper / 10) << 4) | (upper % 10);
}

// --- Single and double precision -------------------------------------------------------------------------------------

/** Significand with its leading one in bit 31 of the first, and the exponent that goes with it, as `normalise` left them. */
const significand = new Int32Array(2);
let normalExponent = 0;

function normalise(a: Extended): void {
  let { high, low } = a;
  let exponent = a.exponent === 0 ? 1 : a.exponent;
  if (high === 0) {
    high = low;
    low = 0;
    exponent -= 32;
  }
  const shift = Math.clz32(high);
  if (shift !== 0) {
    high = (high << shift) | (low >>> (32 - shift));
    low <<= shift;
    exponent -= shift;
  }
  significand[0] = high;
  significand[1] = low;
  normalExponent = exponent;
}

/** A finite number that is not zero became an infinity, or the largest number there is. */
const OVERFLOWN = -1;
/** Nothing is to be stored. */
const NOT_STORED = -2;

/**
 * Rounds a finite number that is not zero to `places` bits, for exponents from -bias + 1 to bias. Returns the biased
 * exponent, 0 for denormals and what may have become the least normal number, or one of the two above; `kept` has the bits.
 */
function roundNarrow(env: FpuEnvironment, a: Extended, places: 24 | 53, bias: number): number {
  const { flags } = env;
  normalise(a);
  const high = significand[0];
  const low = significand[1];
  roundShifted(env, env.rounding, a.sign, high, low, 64 - places);
  const carried = places === 53 ? kept[1] === 0x20_0000 : kept[0] === 0x100_0000;
  const exponent = normalExponent - EXPONENT_BIAS + bias + (carried ? 1 : 0);
  if (exponent > 2 * bias) {
    if ((env.masks & FLAG_OE) === 0) {
      env.flags = flags | FLAG_OE;
      return NOT_STORED;
    }
    env.flags = flags | FLAG_OE | FLAG_PE;
    return OVERFLOWN;
  }
  if (exponent > 0) return exponent;
  if ((env.masks & FLAG_UE) === 0) {
    env.flags = flags | FLAG_UE;
    env.roundedUp = false;
    return NOT_STORED;
  }
  env.flags = 0;
  const lost = 1 - (normalExponent - EXPONENT_BIAS + bias);
  roundShifted(env, env.rounding, a.sign, high, low, 64 - places + lost);
  env.flags = flags | (env.flags === 0 ? 0 : FLAG_PE | FLAG_UE);
  return 0;
}

/** Whether an overflow gives infinity, and not the largest number. */
function overflowsToInfinity(env: FpuEnvironment, sign: number): boolean {
  return env.rounding === ROUND_NEAREST || env.rounding === (sign === 0 ? ROUND_UP : ROUND_DOWN);
}

/** An infinity, a NaN or an unsupported encoding; its significand, made quiet, goes to `kept`. Raises IE. */
function special(env: FpuEnvironment, a: Extended): boolean {
  env.roundedUp = false;
  kept[0] = 0;
  kept[1] = INTEGER_BIT;
  if (isUnsupported(a)) {
    env.flags |= FLAG_IE;
    kept[1] |= QUIET_BIT;
    return true;
  }
  if (isNan(a)) {
    if (isSignalling(a)) env.flags |= FLAG_IE;
    kept[0] = a.low;
    kept[1] = a.high | QUIET_BIT;
    return true;
  }
  return isInfinity(a);
}

/** Single precision into the first word of `result`. Raises IE, OE, UE, PE. */
export function toFloat32(env: FpuEnvironment, a: Extended, result: Int32Array): void {
  if (special(env, a)) {
    const sign = isUnsupported(a) ? 1 : a.sign;
    result[0] = (sign << 31) | 0x7f80_0000 | ((kept[1] >>> 8) & 0x7f_ffff);
    return;
  }
  const sign = a.sign << 31;
  if (isZero(a)) {
    result[0] = sign;
    return;
  }
  const exponent = roundNarrow(env, a, 24, 127);
  if (exponent === NOT_STORED) return;
  if (exponent === OVERFLOWN) {
    env.roundedUp = overflowsToInfinity(env, a.sign);
    result[0] = sign | (env.roundedUp ? 0x7f80_0000 : 0x7f7f_ffff);
    return;
  }
  // The leading one of a denormal that became normal is the lowest bit of the exponent.
  result[0] = exponent === 0 ? sign | kept[0] : sign | (exponent << 23) | (kept[0] & 0x7f_ffff);
}

/** Double precision into two words, the lower first. Raises IE, OE, UE, PE. */
export function toFloat64(env: FpuEnvironment, a: Extended, result: Int32Array): void {
  // Most numbers that programs store were doubles all along.
  const short = a.exponent - (EXPONENT_BIAS - 1023);
  if (short > 0 && short < 0x7ff && a.high < 0 && (a.low & 0x7ff) === 0) {
    env.roundedUp = false;
    result[0] = (a.low >>> 11) | (a.high << 21);
    result[1] = (a.sign << 31) | (short << 20) | ((a.high >>> 11) & 0xf_ffff);
    return;
  }
  if (special(env, a)) {
    const sign = isUnsupported(a) ? 1 : a.sign;
    result[0] = (kept[0] >>> 11) | (kept[1] << 21);
    result[1] = (sign << 31) | 0x7ff0_0000 | ((kept[1] >>> 11) & 0xf_ffff);
    return;
  }
  const sign = a.sign << 31;
  if (isZero(a)) {
    result[0] = 0;
    result[1] = sign;
    return;
  }
  const exponent = roundNarrow(env, a, 53, 1023);
  if (exponent === NOT_STORED) return;
  if (exponent === OVERFLOWN) {
    env.roundedUp = overflowsToInfinity(env, a.sign);
    result[0] = env.roundedUp ? 0 : -1;
    result[1] = sign | (env.roundedUp ? 0x7ff0_0000 : 0x7fef_ffff);
    return;
  }
  result[0] = kept[0];
  result[1] = exponent === 0 ? sign | kept[1] : sign | (exponent << 20) | (kept[1] & 0xf_ffff);
}
