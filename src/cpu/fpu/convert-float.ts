/**
 * Conversions between registers and single and double precision in memory.
 *
 * Into a register every conversion is exact. Out of one they round by `env.rounding`, whatever the precision control
 * says. A conversion that raises an unmasked IE, OE or UE has nothing to store; what it leaves in `result` is not to be
 * used.
 *
 * SDM: volume 1, 4.2.2 "Floating-point data types", 8.5.4, 8.5.5, table 8-10; volume 2, FLD, FST.
 */
import { isInfinity, isNan, isSignalling, isUnsupported, isZero } from "./classify.ts";
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
} from "./environment.ts";
import {
  EXPONENT_BIAS,
  EXPONENT_INTEGRAL,
  EXPONENT_MAX,
  type Extended,
  INTEGER_BIT,
  QUIET_BIT,
} from "./extended.ts";
import { kept, roundShifted, setMagnitude } from "./magnitude.ts";

// --- Into a register -------------------------------------------------------------------------------------------------

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
    setMagnitude(into, sign, EXPONENT_INTEGRAL - 149, 0, fraction);
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
    setMagnitude(into, sign, EXPONENT_INTEGRAL - 1074, high & 0xf_ffff, low);
  } else {
    into.set(sign, exponent - 1023 + EXPONENT_BIAS, INTEGER_BIT | top, low << 11);
  }
}

// --- Out of one ------------------------------------------------------------------------------------------------------

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
