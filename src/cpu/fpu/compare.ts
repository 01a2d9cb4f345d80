/**
 * Comparison: FCOM, FUCOM and their kin.
 *
 * SDM: volume 2, FCOM, FUCOM, FCOMI; volume 1, 8.5.1.2 "Invalid arithmetic operand exception".
 */
import { isDenormal, isNan, isNormal, isSignalling, isUnsupported, isZero } from "./classify.ts";
import { FLAG_DE, FLAG_IE, type FpuEnvironment } from "./environment.ts";
import type { Extended } from "./extended.ts";
import { isBelow } from "./words.ts";

export const LESS = -1;
export const EQUAL = 0;
export const GREATER = 1;
export const UNORDERED = 2;

/**
 * Compares a with b. Also with IE or DE unmasked there is an answer: processors set the condition codes even so.
 *
 * @param quiet only signalling NaNs and unsupported encodings raise IE (FUCOM), else any NaN does (FCOM)
 */
export function compare(env: FpuEnvironment, a: Extended, b: Extended, quiet: boolean): -1 | 0 | 1 | 2 {
  if (!isNormal(a) || !isNormal(b)) {
    if (isUnsupported(a) || isUnsupported(b)) {
      env.flags |= FLAG_IE;
      return UNORDERED;
    }
    if (isNan(a) || isNan(b)) {
      if (!quiet || isSignalling(a) || isSignalling(b)) env.flags |= FLAG_IE;
      return UNORDERED;
    }
    if (isDenormal(a) || isDenormal(b)) env.flags |= FLAG_DE;
    if (isZero(a) && isZero(b)) return EQUAL;
  }
  if (a.sign !== b.sign) return a.sign !== 0 ? LESS : GREATER;
  const magnitude = compareMagnitudes(a, b);
  if (magnitude === EQUAL) return EQUAL;
  return magnitude < 0 === (a.sign === 0) ? LESS : GREATER;
}

function compareMagnitudes(a: Extended, b: Extended): -1 | 0 | 1 {
  // A pseudo-denormal equals the normal number of exponent 1 with the same significand.
  const exponentA = a.exponent === 0 ? 1 : a.exponent;
  const exponentB = b.exponent === 0 ? 1 : b.exponent;
  if (exponentA !== exponentB) return exponentA < exponentB ? LESS : GREATER;
  if (a.high === b.high && a.low === b.low) return EQUAL;
  return isBelow(a.high, a.low, b.high, b.low) ? LESS : GREATER;
}
