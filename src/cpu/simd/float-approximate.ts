/**
 * Approximate reciprocals and reciprocal square roots of single precision. Rounding control, masks, DAZ and FTZ have no
 * say: denormals count as zeros, results too small to be normal are zeros, and nothing is flagged.
 *
 * The SDM asks for a relative error of at most 1.5 * 2^-12, and leaves the values open. What is computed here is what a
 * table gives that has 2048 entries of 13 bits: the exact value for the middle of each interval, rounded to nearest. The
 * processor that was asked, a Xeon (`tests/cpu/exec/vectors`), holds that very table; others may hold other ones.
 *
 * SDM: volume 2, "RCPPS", "RSQRTPS".
 */
import {
  isNaNSingle,
  powerOfTwo,
  SIGN_BIT,
  SINGLE_EXPONENT,
  SINGLE_INDEFINITE,
  SINGLE_INFINITY,
  SINGLE_QUIET,
  singles,
  words,
} from "./float-bits.ts";
import { bitsOf } from "./float32.ts";

const BIAS = 127;
/** Smallest exponent of a normal number. */
const MIN_EXPONENT = -126;
/** The table has a line for each value of these bits: intervals of 2^-11 above 1, and of 2^-10 for half as many. */
const RECIPROCAL_INDEX = 0x007f_f000;
const RECIPROCAL_MIDDLE = 0x0000_0800;
const ROOT_INDEX = 0x007f_e000;
const ROOT_MIDDLE = 0x0000_1000;

/** Last place of an entry in [1/2, 1), as its inverse; those in [1, 2) have one bit less behind the point. */
const ENTRY_SCALE = 8192;

export function reciprocalSingle(bits: number): number {
  const signBit = bits & SIGN_BIT;
  const magnitude = bits & ~SIGN_BIT;
  if (isNaNSingle(bits)) return bits | SINGLE_QUIET;
  if ((bits & SINGLE_EXPONENT) === 0) return signBit | SINGLE_INFINITY;
  const exponent = BIAS - (magnitude >>> 23);
  // The entries are below 1: the result is that of the next exponent.
  if (exponent <= MIN_EXPONENT) return signBit;
  words[0] = (bits & RECIPROCAL_INDEX) | RECIPROCAL_MIDDLE | (BIAS << 23);
  const entry = Math.floor(ENTRY_SCALE / singles[0] + 0.5) / ENTRY_SCALE;
  return signBit | bitsOf(entry * powerOfTwo(exponent));
}

export function reciprocalRootSingle(bits: number): number {
  if (isNaNSingle(bits)) return bits | SINGLE_QUIET;
  if ((bits & SINGLE_EXPONENT) === 0) return (bits & SIGN_BIT) | SINGLE_INFINITY;
  if (bits < 0) return SINGLE_INDEFINITE;
  if (bits === SINGLE_INFINITY) return 0;
  // Odd exponents count as 1, even ones as 0: operands from 1/2 up to 2.
  const exponent = (bits >>> 23) - BIAS;
  const half = (exponent + 1) >> 1;
  words[0] = (bits & ROOT_INDEX) | ROOT_MIDDLE | ((BIAS + exponent - 2 * half) << 23);
  const root = 1 / Math.sqrt(singles[0]);
  const scale = root < 1 ? ENTRY_SCALE : ENTRY_SCALE / 2;
  return bitsOf((Math.floor(root * scale + 0.5) / scale) * powerOfTwo(-half));
}
