/** Arithmetic on numbers of several 32-bit words, each word a signed integer that stands for an unsigned one. */

const WORD = 2 ** 32;

/** Upper word of the product of two unsigned words; `Math.imul` gives the lower one. */
export function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const cross = Math.imul(aLow, bHigh);
  const cross2 = Math.imul(aHigh, bLow);
  const middle = (Math.imul(aLow, bLow) >>> 16) + (cross & 0xffff) + (cross2 & 0xffff);
  return (Math.imul(aHigh, bHigh) + (cross >>> 16) + (cross2 >>> 16) + (middle >>> 16)) | 0;
}

/** Whether `high:low` is less than `high2:low2`. */
export function isBelow(high: number, low: number, high2: number, low2: number): boolean {
  return high === high2 ? low >>> 0 < low2 >>> 0 : high >>> 0 < high2 >>> 0;
}

/** 1 if `a - b` of unsigned words borrows, else 0. */
export function borrow(a: number, b: number): number {
  return a >>> 0 < b >>> 0 ? 1 : 0;
}

/** The square of `high:low` into four words, lowest first. */
export function square(high: number, low: number, into: Int32Array): void {
  const cross = Math.imul(high, low);
  const crossHigh = multiplyHigh(high, low);
  const one = (multiplyHigh(low, low) >>> 0) + 2 * (cross >>> 0);
  const two = (Math.imul(high, high) >>> 0) + 2 * (crossHigh >>> 0) + Math.floor(one / WORD);
  into[0] = Math.imul(low, low);
  into[1] = one;
  into[2] = two;
  into[3] = multiplyHigh(high, high) + Math.floor(two / WORD);
}

/**
 * One digit of a long division in base 2^32: divides `remainder * 2^32` by `high:low` and leaves the new remainder.
 * `remainder` (two words, lowest first) must be less than the divisor, whose top bit is set.
 *
 * The estimate by doubles: both conversions, the quotient and the last product err by less than 2^-53 each, so the
 * digit, below 2^32, by less than 2^-18 before it is cut: what is cut is at most one too large or too small.
 */
export function quotientDigit(remainder: Int32Array, high: number, low: number): number {
  const upper = remainder[1]! >>> 0;
  const lower = remainder[0]! >>> 0;
  const estimate = ((upper * WORD + lower) / ((high >>> 0) * WORD + (low >>> 0))) * WORD;
  let digit = (estimate >= WORD ? -1 : Math.floor(estimate)) | 0;
  // remainder * 2^32 - digit * divisor: three words, of which the third is 0 if the estimate was right.
  let zero = -Math.imul(digit, low) | 0;
  const lowOne =
    lower - (multiplyHigh(digit, low) >>> 0) - (Math.imul(digit, high) >>> 0) - (zero !== 0 ? 1 : 0);
  let one = lowOne | 0;
  const two = (upper - (multiplyHigh(digit, high) >>> 0) + Math.floor(lowOne / WORD)) | 0;
  if (two < 0) {
    digit = (digit - 1) | 0;
    const sum = (zero >>> 0) + (low >>> 0);
    zero = sum | 0;
    one = (one + high + (sum >= WORD ? 1 : 0)) | 0;
  } else if (two > 0 || !isBelow(one, zero, high, low)) {
    digit = (digit + 1) | 0;
    one = (one - high - borrow(zero, low)) | 0;
    zero = (zero - low) | 0;
  }
  remainder[0] = zero;
  remainder[1] = one;
  return digit;
}

/**
 * Shifts `high:low` right by `shift` bits into `into[1]:into[0]`; what falls out goes to `into[2]`, in the form that
 * `roundsAway` takes: bit 31 is the highest bit lost, the others are not 0 if any other bit lost is 1.
 */
export function shiftOut(high: number, low: number, shift: number, into: Int32Array): void {
  if (shift === 0) {
    into[0] = low;
    into[1] = high;
    into[2] = 0;
  } else if (shift < 32) {
    into[0] = (low >>> shift) | (high << (32 - shift));
    into[1] = high >>> shift;
    into[2] = low << (32 - shift);
  } else if (shift === 32) {
    into[0] = high;
    into[1] = 0;
    into[2] = low;
  } else if (shift < 64) {
    into[0] = high >>> (shift - 32);
    into[1] = 0;
    into[2] = (high << (64 - shift)) | (low >>> (shift - 32)) | (low << (64 - shift) !== 0 ? 1 : 0);
  } else {
    into[0] = 0;
    into[1] = 0;
    into[2] = shift === 64 ? high | (low !== 0 ? 1 : 0) : (high | low) !== 0 ? 1 : 0;
  }
}
