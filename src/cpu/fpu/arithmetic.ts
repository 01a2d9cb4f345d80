/**
 * Addition, subtraction, multiplication, division and square root.
 *
 * `into` may be an operand. Results are rounded to `env.precision`. An invalid operation, a denormal operand or a
 * division by zero that is not masked leaves `into` as it was.
 *
 * Only integers are used. There is no path through doubles: moving an `Extended` to a double and back costs as much as
 * the integer operation itself.
 *
 * SDM: volume 1, 8.5 "x87 floating-point exceptions"; volume 2, FADD, FSUB, FMUL, FDIV, FSQRT (tables of special cases).
 */
import { isDenormal, isInfinity, isNormal, isZero, setInfinity, setZero } from "./classify.ts";
import { FLAG_DE, FLAG_ZE, type FpuEnvironment, ROUND_DOWN } from "./environment.ts";
import { EXPONENT_BIAS, EXPONENT_MAX, Extended, INTEGER_BIT } from "./extended.ts";
import { invalid, settleNaN, settleNaNs } from "./nan.ts";
import { roundPack } from "./round.ts";
import { borrow, isBelow, multiplyHigh, quotientDigit, square } from "./words.ts";

const WORD = 2 ** 32;

/** Operands that were denormals, with the leading one in its place and an exponent below 1. */
const normalA = new Extended();
const normalB = new Extended();

/** Raises DE if an operand is a denormal. Returns whether the operation ends there, because DE is not masked. */
export function denormalStops(env: FpuEnvironment, a: Extended, b: Extended): boolean {
  env.roundedUp = false;
  if (!isDenormal(a) && !isDenormal(b)) return false;
  env.flags |= FLAG_DE;
  return (env.masks & FLAG_DE) === 0;
}

/** `x` itself, or if it is a denormal, its value with the leading one in bit 31 of `high`, in `scratch`. */
export function normalized(x: Extended, scratch: Extended): Extended {
  if (x.exponent !== 0) return x;
  const shift = x.high !== 0 ? Math.clz32(x.high) : 32 + Math.clz32(x.low);
  scratch.sign = x.sign;
  scratch.exponent = 1 - shift;
  if (shift >= 32) {
    scratch.high = x.low << (shift - 32);
    scratch.low = 0;
  } else {
    scratch.high = shift === 0 ? x.high : (x.high << shift) | (x.low >>> (32 - shift));
    scratch.low = x.low << shift;
  }
  return scratch;
}

/** a + b. */
export function add(env: FpuEnvironment, a: Extended, b: Extended, into: Extended): void {
  addWithSign(env, a, b, b.sign, into);
}

/** a - b. */
export function subtract(env: FpuEnvironment, a: Extended, b: Extended, into: Extended): void {
  addWithSign(env, a, b, b.sign ^ 1, into);
}

/** a + b, where `signB` stands for the sign of b (but in a NaN, which keeps its own). */
function addWithSign(env: FpuEnvironment, a: Extended, b: Extended, signB: number, into: Extended): void {
  if (!isNormal(a) || !isNormal(b)) {
    if (settleNaNs(env, a, b, into)) return;
    if (isInfinity(a) || isInfinity(b)) {
      addInfinity(env, a, b, signB, into);
      return;
    }
    if (denormalStops(env, a, b)) return;
  }
  // Zeros and denormals scale as if their exponent were 1. The larger exponent is that of `high:low`.
  let exponent = a.exponent === 0 ? 1 : a.exponent;
  let shift = exponent - (b.exponent === 0 ? 1 : b.exponent);
  let sign = a.sign;
  let high = a.high;
  let low = a.low;
  let otherHigh = b.high;
  let otherLow = b.low;
  const differ = sign !== signB;
  if (shift < 0 || (shift === 0 && differ && isBelow(high, low, otherHigh, otherLow))) {
    exponent -= shift;
    shift = -shift;
    sign = signB;
    high = otherHigh;
    low = otherLow;
    otherHigh = a.high;
    otherLow = a.low;
  }
  let extra = 0;
  if (shift >= 32) {
    if (shift >= 64) {
      // Everything is below the last place. At 64 and 65 the bits of `extra` count: a difference may lose its leading one.
      const beyond = shift - 64;
      const lost = otherLow | (beyond === 0 ? 0 : beyond < 32 ? otherHigh << (32 - beyond) : otherHigh);
      extra = (beyond < 32 ? otherHigh >>> beyond : 0) | (lost !== 0 ? 1 : 0);
      otherLow = 0;
    } else {
      const lost = shift === 32 ? 0 : otherLow << (64 - shift);
      extra = shift === 32 ? otherLow : (otherHigh << (64 - shift)) | (otherLow >>> (shift - 32));
      if (lost !== 0) extra |= 1;
      otherLow = otherHigh >>> (shift - 32);
    }
    otherHigh = 0;
  } else if (shift !== 0) {
    extra = otherLow << (32 - shift);
    otherLow = (otherLow >>> shift) | (otherHigh << (32 - shift));
    otherHigh >>>= shift;
  }
  if (differ) {
    const below = extra !== 0 ? 1 : 0;
    const lowDifference = (low >>> 0) - (otherLow >>> 0) - below;
    extra = -extra | 0;
    low = lowDifference | 0;
    high = (high - otherHigh - (lowDifference < 0 ? 1 : 0)) | 0;
    if ((high | low | extra) === 0) {
      env.roundedUp = false;
      setZero(into, env.rounding === ROUND_DOWN ? 1 : 0);
      return;
    }
  } else {
    const lowSum = (low >>> 0) + (otherLow >>> 0);
    const highSum = (high >>> 0) + (otherHigh >>> 0) + (lowSum >= WORD ? 1 : 0);
    low = lowSum | 0;
    high = highSum | 0;
    if (highSum >= WORD) {
      extra = (extra >>> 1) | (extra & 1) | (low << 31);
      low = (low >>> 1) | (high << 31);
      high = (high >>> 1) | INTEGER_BIT;
      exponent++;
    }
  }
  roundPack(env, sign, exponent, high, low, extra, env.precision, into);
}

function addInfinity(env: FpuEnvironment, a: Extended, b: Extended, signB: number, into: Extended): void {
  if (isInfinity(a) && isInfinity(b) && a.sign !== signB) {
    invalid(env, into);
    return;
  }
  if (denormalStops(env, a, b)) return;
  setInfinity(into, isInfinity(a) ? a.sign : signB);
}

/** a * b. */
export function multiply(env: FpuEnvironment, a: Extended, b: Extended, into: Extended): void {
  if (!isNormal(a) || !isNormal(b)) {
    if (settleNaNs(env, a, b, into)) return;
    const sign = a.sign ^ b.sign;
    const infinite = isInfinity(a) || isInfinity(b);
    const zero = isZero(a) || isZero(b);
    if (infinite && zero) {
      invalid(env, into);
      return;
    }
    if (denormalStops(env, a, b)) return;
    if (infinite) setInfinity(into, sign);
    else if (zero) setZero(into, sign);
    else multiplyNormal(env, normalized(a, normalA), normalized(b, normalB), into);
    return;
  }
  multiplyNormal(env, a, b, into);
}

function multiplyNormal(env: FpuEnvironment, a: Extended, b: Extended, into: Extended): void {
  const aHigh = a.high;
  const aLow = a.low;
  const bHigh = b.high;
  const bLow = b.low;
  // Four words of product. The sums of up to three words are exact in doubles.
  const second =
    (multiplyHigh(aLow, bLow) >>> 0) + (Math.imul(aLow, bHigh) >>> 0) + (Math.imul(aHigh, bLow) >>> 0);
  const third =
    (multiplyHigh(aLow, bHigh) >>> 0) +
    (multiplyHigh(aHigh, bLow) >>> 0) +
    (Math.imul(aHigh, bHigh) >>> 0) +
    Math.floor(second / WORD);
  let high = (multiplyHigh(aHigh, bHigh) + Math.floor(third / WORD)) | 0;
  let low = third | 0;
  let extra = second | 0;
  let exponent = a.exponent + b.exponent - EXPONENT_BIAS + 1;
  const sticky = Math.imul(aLow, bLow) !== 0 ? 1 : 0;
  if (high >= 0) {
    high = (high << 1) | (low >>> 31);
    low = (low << 1) | (extra >>> 31);
    extra <<= 1;
    exponent--;
  }
  roundPack(env, a.sign ^ b.sign, exponent, high, low, extra | sticky, env.precision, into);
}

/** a / b. */
export function divide(env: FpuEnvironment, a: Extended, b: Extended, into: Extended): void {
  if (!isNormal(a) || !isNormal(b)) {
    if (settleNaNs(env, a, b, into)) return;
    divideSpecial(env, a, b, into);
    return;
  }
  divideNormal(env, a, b, into);
}

function divideSpecial(env: FpuEnvironment, a: Extended, b: Extended, into: Extended): void {
  const sign = a.sign ^ b.sign;
  if ((isInfinity(a) && isInfinity(b)) || (isZero(a) && isZero(b))) {
    invalid(env, into);
    return;
  }
  if (isZero(b) && !isInfinity(a)) {
    // Goes before DE, which is not raised then.
    env.flags |= FLAG_ZE;
    env.roundedUp = false;
    if ((env.masks & FLAG_ZE) !== 0) setInfinity(into, sign);
    return;
  }
  if (denormalStops(env, a, b)) return;
  if (isInfinity(a)) setInfinity(into, sign);
  else if (isZero(a) || isInfinity(b)) setZero(into, sign);
  else divideNormal(env, normalized(a, normalA), normalized(b, normalB), into);
}

/** What is left of a dividend: two words, lowest first. */
const remainder = new Int32Array(2);

function divideNormal(env: FpuEnvironment, a: Extended, b: Extended, into: Extended): void {
  const bHigh = b.high;
  const bLow = b.low;
  let exponent = a.exponent - b.exponent + EXPONENT_BIAS;
  // The quotient of the significands has a one before the point, or it is at least 1/2 and has 64 places after it.
  const below = isBelow(a.high, a.low, bHigh, bLow);
  remainder[0] = below ? a.low : a.low - bLow;
  remainder[1] = below ? a.high : a.high - bHigh - borrow(a.low, bLow);
  let high = quotientDigit(remainder, bHigh, bLow);
  let low = quotientDigit(remainder, bHigh, bLow);
  const restLow = remainder[0]!;
  const restHigh = remainder[1]!;
  let extra = (restHigh | restLow) !== 0 ? 1 : 0;
  if (below) {
    exponent--;
    // One place more: is twice the rest a divisor or more? Then take it; exactly a divisor leaves no rest.
    const twiceHigh = (restHigh << 1) | (restLow >>> 31);
    const twiceLow = restLow << 1;
    if (restHigh < 0 || !isBelow(twiceHigh, twiceLow, bHigh, bLow)) {
      extra = INTEGER_BIT | (twiceHigh !== bHigh || twiceLow !== bLow ? 1 : 0);
    }
  } else {
    extra |= low << 31;
    low = (low >>> 1) | (high << 31);
    high = (high >>> 1) | INTEGER_BIT;
  }
  roundPack(env, a.sign ^ b.sign, exponent, high, low, extra, env.precision, into);
}

/** Square root of a. That of -0 is -0. */
export function squareRoot(env: FpuEnvironment, a: Extended, into: Extended): void {
  if (settleNaN(env, a, into)) return;
  env.roundedUp = false;
  if (isZero(a)) {
    into.copy(a);
    return;
  }
  if (a.sign !== 0) {
    invalid(env, into);
    return;
  }
  if (a.exponent === EXPONENT_MAX) {
    into.copy(a);
    return;
  }
  if (denormalStops(env, a, a)) return;
  squareRootNormal(env, normalized(a, normalA), into);
}

const radicand = new Int32Array(4);
const squared = new Int32Array(4);

/** Largest double below 2^64. */
const BELOW_2_64 = 2 ** 64 - 2 ** 11;

/** Puts `radicand - root^2` into `squared`: four words, a signed number that is small beside the radicand. */
function rootRemainder(high: number, low: number): void {
  square(high, low, squared);
  let carry = 0;
  for (let i = 0; i < 4; i++) {
    const difference = (radicand[i]! >>> 0) - (squared[i]! >>> 0) + carry;
    squared[i] = difference;
    carry = difference < 0 ? -1 : 0;
  }
}

function squareRootNormal(env: FpuEnvironment, a: Extended, into: Extended): void {
  // The radicand is the significand times 2^63 or 2^64, whichever makes the exponent even: its root has 64 places.
  const power = a.exponent - EXPONENT_BIAS;
  const odd = (power & 1) !== 0;
  radicand[3] = odd ? a.high : a.high >>> 1;
  radicand[2] = odd ? a.low : (a.high << 31) | (a.low >>> 1);
  radicand[1] = odd ? 0 : a.low << 31;
  radicand[0] = 0;
  // A double's root is right to 2^12 or so; one step of Newton's method with the exact remainder makes that one place.
  const value = ((radicand[3]! >>> 0) * WORD + (radicand[2]! >>> 0)) * WORD * WORD;
  const first = Math.min(Math.sqrt(value), BELOW_2_64);
  let high = Math.floor(first / WORD) | 0;
  let low = (first - (high >>> 0) * WORD) | 0;
  rootRemainder(high, low);
  const rest = (squared[2]! * WORD + (squared[1]! >>> 0)) * WORD + (squared[0]! >>> 0);
  const step = Math.floor(rest / (2 * first));
  const lowSum = (low >>> 0) + step;
  high = (high + Math.floor(lowSum / WORD)) | 0;
  low = lowSum | 0;
  rootRemainder(high, low);
  // The root is cut, not rounded: 0 <= remainder <= 2 * root.
  while (squared[3]! < 0) {
    if (low === 0) high = (high - 1) | 0;
    low = (low - 1) | 0;
    rootRemainder(high, low);
  }
  while (squared[2]! !== 0 && !isAtMostTwice(high, low)) {
    low = (low + 1) | 0;
    if (low === 0) high = (high + 1) | 0;
    rootRemainder(high, low);
  }
  // (root + 1/2)^2 is root^2 + root + 1/4: more than half a place is missing if the remainder exceeds the root.
  const restHigh = squared[1]!;
  const restLow = squared[0]!;
  let extra = (restHigh | restLow | squared[2]!) !== 0 ? 1 : 0;
  if (squared[2] !== 0 || isBelow(high, low, restHigh, restLow)) extra |= INTEGER_BIT;
  roundPack(env, 0, (power >> 1) + EXPONENT_BIAS, high, low, extra, env.precision, into);
}

/** Whether the remainder, which has 65 bits or more, is at most twice the root `high:low`. */
function isAtMostTwice(high: number, low: number): boolean {
  if (squared[2] !== 1) return false;
  return !isBelow((high << 1) | (low >>> 31), low << 1, squared[1]!, squared[0]!);
}
