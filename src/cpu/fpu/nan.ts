/**
 * What operations do with operands that are no numbers.
 *
 * SDM: volume 1, 4.8.3.5 "Operating on SNaNs and QNaNs" and table 4-7, 8.5.1.2 "Invalid arithmetic operand exception".
 */
import { isNan, isSignalling, isUnsupported, setQuietNaN } from "./classify.ts";
import { FLAG_IE, type FpuEnvironment } from "./environment.ts";
import { EXPONENT_MAX, type Extended, QUIET_BIT } from "./extended.ts";

/** Raises IE; if that is masked, the result is the real indefinite. */
export function invalid(env: FpuEnvironment, into: Extended): void {
  env.flags |= FLAG_IE;
  env.roundedUp = false;
  if ((env.masks & FLAG_IE) !== 0) setQuietNaN(into);
}

/** Answers with the NaN `from`, made quiet; raises IE if an operand was signalling. */
function setNaN(env: FpuEnvironment, from: Extended, signalling: boolean, into: Extended): void {
  env.roundedUp = false;
  if (signalling) {
    env.flags |= FLAG_IE;
    if ((env.masks & FLAG_IE) === 0) return;
  }
  into.set(from.sign, EXPONENT_MAX, from.high | QUIET_BIT, from.low);
}

/**
 * Settles an operation of which an operand is a NaN or has an unsupported encoding.
 *
 * @returns false, with nothing done, if both are numbers or infinities
 */
export function settleNaNs(env: FpuEnvironment, a: Extended, b: Extended, into: Extended): boolean {
  if (isUnsupported(a) || isUnsupported(b)) {
    invalid(env, into);
    return true;
  }
  const nanA = isNan(a);
  const nanB = isNan(b);
  if (!nanA && !nanB) return false;
  const signallingA = isSignalling(a);
  const signallingB = isSignalling(b);
  setNaN(env, chooseNaN(a, b, nanA, nanB, signallingA, signallingB), signallingA || signallingB, into);
  return true;
}

/** As `settleNaNs`, of operations with one operand. */
export function settleNaN(env: FpuEnvironment, a: Extended, into: Extended): boolean {
  return settleNaNs(env, a, a, into);
}

/** A quiet NaN before a signalling one, else the larger significand, else the positive one. */
function chooseNaN(
  a: Extended,
  b: Extended,
  nanA: boolean,
  nanB: boolean,
  signallingA: boolean,
  signallingB: boolean,
): Extended {
  if (!nanB) return a;
  if (!nanA) return b;
  if (signallingA !== signallingB) return signallingA ? b : a;
  if (a.high !== b.high) return a.high >>> 0 > b.high >>> 0 ? a : b;
  if (a.low !== b.low) return a.low >>> 0 > b.low >>> 0 ? a : b;
  return a.sign < b.sign ? a : b;
}
