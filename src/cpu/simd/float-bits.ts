/**
 * The encodings of single and double precision, and places where numbers and their bits are the same bytes.
 *
 * NaNs are recognised by their bits, before a number is made of them: a JavaScript engine may change the payload of a NaN
 * that it moves. No NaN that matters is ever an element of `singles` or `doubles`.
 *
 * SDM: volume 1, 4.2.2 "Floating-point data types", 4.8.3 "Real number and non-number encodings".
 */

export const SIGN_BIT = 0x8000_0000 | 0;

/** Single precision. The exponent field of all ones is that of infinities and NaNs. */
export const SINGLE_EXPONENT = 0x7f80_0000;
export const SINGLE_INFINITY = 0x7f80_0000;
export const SINGLE_MAX = 0x7f7f_ffff;
export const SINGLE_QUIET = 0x0040_0000;
/** The default NaN, "real indefinite": what an invalid operation yields. */
export const SINGLE_INDEFINITE = 0xffc0_0000 | 0;

/** Double precision, upper words. */
export const DOUBLE_EXPONENT = 0x7ff0_0000;
export const DOUBLE_FRACTION = 0x000f_ffff;
export const DOUBLE_INFINITY = 0x7ff0_0000;
export const DOUBLE_QUIET = 0x0008_0000;
export const DOUBLE_INDEFINITE = 0xfff8_0000 | 0;
const DOUBLE_ONE = 0x3ff0_0000;
const DOUBLE_BIAS = 1023;
/** Exponent of the lowest bit of a denormal. */
const DOUBLE_UNIT = -1074;

/** Scratch: two doubles, four singles or four words, little-endian as guests have them. */
export const words = new Int32Array(4);
export const singles = new Float32Array(words.buffer);
export const doubles = new Float64Array(words.buffer);

/** What an instruction will write when `finish` lets it. */
export const result = new Int32Array(4);
export const resultSingles = new Float32Array(result.buffer);
export const resultDoubles = new Float64Array(result.buffer);

// --- Single precision, by its bits -----------------------------------------------------------------------------------

export function isNaNSingle(bits: number): boolean {
  return (bits & ~SIGN_BIT) > SINGLE_INFINITY;
}
export function isSignallingSingle(bits: number): boolean {
  return (bits & ~SIGN_BIT) > SINGLE_INFINITY && (bits & SINGLE_QUIET) === 0;
}
export function isDenormalSingle(bits: number): boolean {
  return (bits & SINGLE_EXPONENT) === 0 && bits << 1 !== 0;
}
export function numberOfSingle(bits: number): number {
  words[0] = bits;
  return singles[0];
}

// --- Double precision, by its bits -----------------------------------------------------------------------------------

export function isNaNDouble(high: number, low: number): boolean {
  const magnitude = high & ~SIGN_BIT;
  return magnitude > DOUBLE_INFINITY || (magnitude === DOUBLE_INFINITY && low !== 0);
}
export function isSignallingDouble(high: number, low: number): boolean {
  return isNaNDouble(high, low) && (high & DOUBLE_QUIET) === 0;
}
export function isDenormalDouble(high: number, low: number): boolean {
  return (high & DOUBLE_EXPONENT) === 0 && ((high & DOUBLE_FRACTION) | low) !== 0;
}
export function isZeroDouble(high: number, low: number): boolean {
  return ((high << 1) | low) === 0;
}
export function numberOfDouble(high: number, low: number): number {
  words[0] = low;
  words[1] = high;
  return doubles[0];
}

/** Exponent e of a finite number that is not 0, such that its magnitude is in [2^e, 2^(e+1)). */
export function exponentOfDouble(high: number, low: number): number {
  const field = (high & DOUBLE_EXPONENT) >>> 20;
  if (field !== 0) return field - DOUBLE_BIAS;
  doubles[0] = (high & DOUBLE_FRACTION) * 0x1_0000_0000 + (low >>> 0);
  return (words[1] >>> 20) - DOUBLE_BIAS + DOUBLE_UNIT;
}

/** Magnitude of a finite number that is not 0, divided by that power of 2: in [1, 2). */
export function significandOfDouble(high: number, low: number): number {
  if ((high & DOUBLE_EXPONENT) !== 0) words[0] = low;
  else doubles[0] = (high & DOUBLE_FRACTION) * 0x1_0000_0000 + (low >>> 0);
  if ((high & DOUBLE_EXPONENT) !== 0) words[1] = high;
  words[1] = (words[1] & DOUBLE_FRACTION) | DOUBLE_ONE;
  return doubles[0];
}

/** 2^exponent, for exponents of normal numbers. */
export function powerOfTwo(exponent: number): number {
  words[0] = 0;
  words[1] = (exponent + DOUBLE_BIAS) << 20;
  return doubles[0];
}

// --- What rounding took away ---------------------------------------------------------------------------------------------

/** 2^27 + 1 cuts a double into halves of 26 bits (Veltkamp). */
const SPLITTER = 134217729;

/**
 * x * y - product exactly, where `product` is x * y rounded to nearest (Dekker). Nothing may overflow, and the product
 * must be so large that its last bit but 53 is still a number.
 */
export function productError(x: number, y: number, product: number): number {
  const xs = x * SPLITTER;
  const xHigh = xs - (xs - x);
  const xLow = x - xHigh;
  const ys = y * SPLITTER;
  const yHigh = ys - (ys - y);
  const yLow = y - yHigh;
  return xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow);
}

/** x + y - sum exactly, where `sum` is x + y rounded to nearest (Knuth). */
export function sumError(x: number, y: number, sum: number): number {
  const yPart = sum - x;
  return x - (sum - yPart) + (y - yPart);
}
