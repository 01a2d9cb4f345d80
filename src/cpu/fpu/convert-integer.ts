/**
 * Conversions between registers and integers in memory: of 16, 32 and 64 bits, and packed decimal.
 *
 * Into a register every conversion is exact. Out of one they round by `env.rounding`, whatever the precision control
 * says. A conversion that raises an unmasked IE has nothing to store; what it leaves in `result` is not to be used.
 *
 * SDM: volume 1, 4.2.1 "Integers", 4.7 "BCD and packed BCD integers", 8.5.1.2; volume 2, FILD, FBLD, FIST, FISTTP, FBSTP.
 */
import { isUnsupported } from "./classify.ts";
import { FLAG_IE, type FpuEnvironment, ROUND_ZERO } from "./environment.ts";
import { EXPONENT_INTEGRAL, type Extended } from "./extended.ts";
import { kept, roundShifted, setMagnitude } from "./magnitude.ts";
import { multiplyHigh } from "./words.ts";

const BILLION = 1_000_000_000;

// --- Into a register -------------------------------------------------------------------------------------------------

/** Words of 16 bits are sign-extended by the caller. */
export function fromInt32(value: number, into: Extended): void {
  setMagnitude(into, value < 0 ? 1 : 0, EXPONENT_INTEGRAL, 0, value < 0 ? -value | 0 : value);
}

export function fromInt64(low: number, high: number, into: Extended): void {
  if (high >= 0) setMagnitude(into, 0, EXPONENT_INTEGRAL, high, low);
  else setMagnitude(into, 1, EXPONENT_INTEGRAL, low === 0 ? -high | 0 : ~high, -low | 0);
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
    EXPONENT_INTEGRAL,
    multiplyHigh(upper | 0, BILLION) + (product > 0xffff_ffff ? 1 : 0),
    product | 0,
  );
}

// --- Out of one ------------------------------------------------------------------------------------------------------

/** Rounds a number to an integer below 2^64 in `kept`; false, with nothing raised, if it is none. */
function roundToMagnitude(env: FpuEnvironment, a: Extended, rounding: number): boolean {
  if (isUnsupported(a) || a.exponent > EXPONENT_INTEGRAL) return false;
  const exponent = a.exponent === 0 ? 1 : a.exponent;
  return !roundShifted(env, rounding, a.sign, a.high, a.low, EXPONENT_INTEGRAL - exponent);
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
