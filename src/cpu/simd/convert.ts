/**
 * Conversions between single and double precision and signed 32-bit integers, under `env`.
 *
 * SDM: volume 1, 4.8.4.2 "Truncation with SSE and SSE2 conversion instructions", 11.5.2.1, table 11-1: what does not fit
 * an integer becomes the "integer indefinite".
 */
import { FLAG_DE, FLAG_IE, FLAG_PE, ROUND_DOWN, ROUND_NEAREST, ROUND_UP } from "../fpu/environment.ts";
import {
  DOUBLE_INFINITY,
  DOUBLE_QUIET,
  exponentOfDouble,
  isDenormalDouble,
  isDenormalSingle,
  isNaNDouble,
  isNaNSingle,
  isSignallingDouble,
  isSignallingSingle,
  isZeroDouble,
  numberOfDouble,
  numberOfSingle,
  result,
  resultDoubles,
  SIGN_BIT,
  SINGLE_EXPONENT,
  SINGLE_INFINITY,
  SINGLE_QUIET,
  significandOfDouble,
} from "./float-bits.ts";
import { bitsOf, denormalAsZeroSingle, isPlain } from "./float32.ts";
import { denormalAsZeroDouble } from "./float64.ts";
import { env } from "./mxcsr.ts";
import { roundToSingle } from "./rounding.ts";

const INTEGER_INDEFINITE = 0x8000_0000 | 0;
/** Added and taken off again, it rounds a double of less than 2^51 to an integer: 1.5 * 2^52. */
const INTEGER_ROUNDER = 6755399441055744;

// --- To integers: denormals are nothing special here but for DAZ --------------------------------------------------------------

function rounded(value: number): number {
  switch (env.rounding) {
    case ROUND_NEAREST:
      return value + INTEGER_ROUNDER - INTEGER_ROUNDER;
    case ROUND_DOWN:
      return Math.floor(value);
    case ROUND_UP:
      return -Math.floor(-value);
    default:
      return Math.trunc(value);
  }
}

/** `integer` is what `value` was rounded to. */
function toInteger(value: number, integer: number): number {
  if (integer < -0x8000_0000 || integer > 0x7fff_ffff) return invalidInteger();
  if (integer !== value) env.flags |= FLAG_PE;
  return integer | 0;
}

function invalidInteger(): number {
  env.flags |= FLAG_IE;
  return INTEGER_INDEFINITE;
}

export function integerOfSingle(bits: number): number {
  if ((bits & SINGLE_EXPONENT) === SINGLE_EXPONENT) return invalidInteger();
  const value = numberOfSingle(denormalAsZeroSingle(bits));
  return Math.abs(value) > 0x1_0000_0000 ? invalidInteger() : toInteger(value, rounded(value));
}
export function truncatedSingle(bits: number): number {
  if ((bits & SINGLE_EXPONENT) === SINGLE_EXPONENT) return invalidInteger();
  const value = numberOfSingle(denormalAsZeroSingle(bits));
  return toInteger(value, Math.trunc(value));
}

export function integerOfDouble(high: number, low: number): number {
  if ((high & ~SIGN_BIT) >= DOUBLE_INFINITY) return invalidInteger();
  const value = denormalAsZeroDouble(high) ? 0 : numberOfDouble(high, low);
  return Math.abs(value) > 0x1_0000_0000 ? invalidInteger() : toInteger(value, rounded(value));
}
export function truncatedDouble(high: number, low: number): number {
  if ((high & ~SIGN_BIT) >= DOUBLE_INFINITY) return invalidInteger();
  const value = denormalAsZeroDouble(high) ? 0 : numberOfDouble(high, low);
  return toInteger(value, Math.trunc(value));
}

// --- From integers ----------------------------------------------------------------------------------------------------------------

export function singleOfInteger(integer: number): number {
  const nearest = Math.fround(integer);
  if (env.careless || nearest === integer) {
    return bitsOf(nearest);
  }
  return integer < 0 ? roundToSingle(1, 0, -integer, 0) : roundToSingle(0, 0, integer, 0);
}

/** Always exact. */
export function doubleOfInteger(integer: number, to: number): void {
  resultDoubles[to >> 1] = integer;
}

// --- Between precisions -----------------------------------------------------------------------------------------------------------

/** Exact but for signalling NaNs. */
export function doubleOfSingle(bits: number, to: number): void {
  if (isNaNSingle(bits)) {
    if (isSignallingSingle(bits)) env.flags |= FLAG_IE;
    const quiet = bits | SINGLE_QUIET;
    result[to] = quiet << 29;
    result[to + 1] = (quiet & SIGN_BIT) | DOUBLE_INFINITY | ((quiet & 0x7f_ffff) >>> 3);
    return;
  }
  const operand = denormalAsZeroSingle(bits);
  if (isDenormalSingle(operand)) env.flags |= FLAG_DE;
  resultDoubles[to >> 1] = numberOfSingle(operand);
}

/** Bits of the nearest single. */
export function singleOfDouble(high: number, low: number): number {
  const value = numberOfDouble(high, low);
  const nearest = Math.fround(value);
  if (isPlain(value, nearest)) return bitsOf(nearest);
  const signBit = high & SIGN_BIT;
  const magnitude = high & ~SIGN_BIT;
  if (isNaNDouble(high, low)) {
    if (isSignallingDouble(high, low)) env.flags |= FLAG_IE;
    const quiet = high | DOUBLE_QUIET;
    return signBit | SINGLE_INFINITY | ((quiet & 0xf_ffff) << 3) | (low >>> 29);
  }
  if (magnitude === DOUBLE_INFINITY) return signBit | SINGLE_INFINITY;
  if (isZeroDouble(high, low) || denormalAsZeroDouble(high)) return signBit;
  if (isDenormalDouble(high, low)) {
    env.flags |= FLAG_DE;
    return roundToSingle(signBit >>> 31, exponentOfDouble(high, low), significandOfDouble(high, low), 0);
  }
  return roundToSingle(signBit >>> 31, 0, numberOfDouble(magnitude, low), 0);
}
