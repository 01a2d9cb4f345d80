/**
 * Element-wise operations on packed bytes, words and doublewords: one 32-bit word of each operand at a time, which is two
 * words, four bytes or a doubleword. MMX instructions call them twice, SSE2's four times.
 *
 * Bytes and words are computed all at once. Their sign bits stand for them:
 *
 *     BYTES 80808080    WORDS 80008000
 *
 * Additions and subtractions keep the sign bits out, so that no carry leaves its element, and put them in afterwards;
 * comparisons yield sign bits, which `spread` makes into whole elements of ones.
 *
 * SDM: volume 1, 9.4 "MMX instructions", 10.4.4, 11.4.2; figures of volume 2.
 */

/** Words of two operands to a word of the result. */
export type WordOperation = (a: number, b: number) => number;

const BYTES = 0x8080_8080 | 0;
const WORDS = 0x8000_8000 | 0;

// --- What the operations have in common; `signs` is BYTES or WORDS -----------------------------------------------------

function add(a: number, b: number, signs: number): number {
  return ((a & ~signs) + (b & ~signs)) ^ ((a ^ b) & signs);
}

function subtract(a: number, b: number, signs: number): number {
  return ((a | signs) - (b & ~signs)) ^ (~(a ^ b) & signs);
}

/** Sign bits of the elements where a < b, given a - b. */
function below(a: number, b: number, difference: number, signs: number): number {
  return ((~a & b) | (~(a ^ b) & difference)) & signs;
}

/** The same for signed elements. */
function less(a: number, b: number, difference: number, signs: number): number {
  return ((a & ~b) | (~(a ^ b) & difference)) & signs;
}

/** All bits of the elements whose sign bits are given. */
function spread(bits: number, signs: number): number {
  return signs === BYTES ? ((bits << 1) - (bits >>> 7)) | 0 : ((bits << 1) - (bits >>> 15)) | 0;
}

function select(mask: number, chosen: number, other: number): number {
  return (chosen & mask) | (other & ~mask);
}

/** `result`, but where it overflowed the largest or smallest value, whichever has the sign of `a`. */
function saturate(result: number, overflow: number, a: number, signs: number): number {
  if (overflow === 0) return result;
  const limit = (~signs + ((a & signs) >>> (signs === BYTES ? 7 : 15))) | 0;
  return select(spread(overflow, signs), limit, result);
}

function addSaturated(a: number, b: number, signs: number): number {
  const sum = add(a, b, signs);
  return saturate(sum, ~(a ^ b) & (a ^ sum) & signs, a, signs);
}

function subtractSaturated(a: number, b: number, signs: number): number {
  const difference = subtract(a, b, signs);
  return saturate(difference, (a ^ b) & (a ^ difference) & signs, a, signs);
}

function addUnsigned(a: number, b: number, signs: number): number {
  const sum = add(a, b, signs);
  const carry = ((a & b) | ((a | b) & ~sum)) & signs;
  return sum | spread(carry, signs);
}

function subtractUnsigned(a: number, b: number, signs: number): number {
  const difference = subtract(a, b, signs);
  return difference & ~spread(below(a, b, difference, signs), signs);
}

/** Ones in the elements that are equal: those that adding all ones to does not carry, having no bit set. */
function equal(a: number, b: number, signs: number): number {
  const unlike = a ^ b;
  const nonzero = ((unlike & ~signs) + ~signs) | unlike;
  return spread(~nonzero & signs, signs);
}

function greater(a: number, b: number, signs: number): number {
  return spread(less(b, a, subtract(b, a, signs), signs), signs);
}

// --- Addition and subtraction --------------------------------------------------------------------------------------------

export const addBytes = (a: number, b: number): number => add(a, b, BYTES);
export const addWords = (a: number, b: number): number => add(a, b, WORDS);
export const addDoublewords = (a: number, b: number): number => (a + b) | 0;
export const addBytesSaturated = (a: number, b: number): number => addSaturated(a, b, BYTES);
export const addWordsSaturated = (a: number, b: number): number => addSaturated(a, b, WORDS);
export const addBytesUnsigned = (a: number, b: number): number => addUnsigned(a, b, BYTES);
export const addWordsUnsigned = (a: number, b: number): number => addUnsigned(a, b, WORDS);

export const subtractBytes = (a: number, b: number): number => subtract(a, b, BYTES);
export const subtractWords = (a: number, b: number): number => subtract(a, b, WORDS);
export const subtractDoublewords = (a: number, b: number): number => (a - b) | 0;
export const subtractBytesSaturated = (a: number, b: number): number => subtractSaturated(a, b, BYTES);
export const subtractWordsSaturated = (a: number, b: number): number => subtractSaturated(a, b, WORDS);
export const subtractBytesUnsigned = (a: number, b: number): number => subtractUnsigned(a, b, BYTES);
export const subtractWordsUnsigned = (a: number, b: number): number => subtractUnsigned(a, b, WORDS);

// --- Comparison: all ones where it holds -----------------------------------------------------------------------------------

export const equalBytes = (a: number, b: number): number => equal(a, b, BYTES);
export const equalWords = (a: number, b: number): number => equal(a, b, WORDS);
export const equalDoublewords = (a: number, b: number): number => (a === b ? -1 : 0);
export const greaterBytes = (a: number, b: number): number => greater(a, b, BYTES);
export const greaterWords = (a: number, b: number): number => greater(a, b, WORDS);
export const greaterDoublewords = (a: number, b: number): number => (a > b ? -1 : 0);

// --- Minimum, maximum, average: bytes without sign, words with it ------------------------------------------------------------

export function minimumBytes(a: number, b: number): number {
  return select(spread(below(a, b, subtract(a, b, BYTES), BYTES), BYTES), a, b);
}

export function maximumBytes(a: number, b: number): number {
  return select(spread(below(a, b, subtract(a, b, BYTES), BYTES), BYTES), b, a);
}

export function minimumWords(a: number, b: number): number {
  return select(greater(a, b, WORDS), b, a);
}

export function maximumWords(a: number, b: number): number {
  return select(greater(a, b, WORDS), a, b);
}

/** (a + b + 1) / 2 without carries: bits in either, less half of those in one only. */
export function averageBytes(a: number, b: number): number {
  return ((a | b) - (((a ^ b) & 0xfefe_fefe) >>> 1)) | 0;
}

export function averageWords(a: number, b: number): number {
  return ((a | b) - (((a ^ b) & 0xfffe_fffe) >>> 1)) | 0;
}

/** |a - b| of the four unsigned bytes, added up. */
export function sumOfDifferences(a: number, b: number): number {
  const difference = subtract(maximumBytes(a, b), minimumBytes(a, b), BYTES);
  const pairs = (difference & 0x00ff_00ff) + ((difference >>> 8) & 0x00ff_00ff);
  return (pairs & 0xffff) + (pairs >>> 16);
}

// --- Multiplication of words ---------------------------------------------------------------------------------------------

export function multiplyLow(a: number, b: number): number {
  return (Math.imul(a, b) & 0xffff) | (Math.imul(a >>> 16, b >>> 16) << 16);
}

export function multiplyHigh(a: number, b: number): number {
  const low = Math.imul((a << 16) >> 16, (b << 16) >> 16);
  return (low >>> 16) | (Math.imul(a >> 16, b >> 16) & ~0xffff);
}

export function multiplyHighUnsigned(a: number, b: number): number {
  return (Math.imul(a & 0xffff, b & 0xffff) >>> 16) | (Math.imul(a >>> 16, b >>> 16) & ~0xffff);
}

/** The sum of both products, signed. It only overflows for four times 8000, to 80000000. */
export function multiplyAdd(a: number, b: number): number {
  return (Math.imul((a << 16) >> 16, (b << 16) >> 16) + Math.imul(a >> 16, b >> 16)) | 0;
}

// --- Logic -------------------------------------------------------------------------------------------------------------

export const and = (a: number, b: number): number => a & b;
export const andNot = (a: number, b: number): number => ~a & b;
export const or = (a: number, b: number): number => a | b;
export const xor = (a: number, b: number): number => a ^ b;

// --- Shifts: `count` is 0 or more, and may be too large ---------------------------------------------------------------------

export function shiftLeftWords(a: number, count: number): number {
  return count > 15 ? 0 : ((a << count) & 0xffff) | ((a & ~0xffff) << count);
}

export function shiftRightWords(a: number, count: number): number {
  return count > 15 ? 0 : ((a & 0xffff) >>> count) | ((a >>> count) & ~0xffff);
}

export function shiftSignedWords(a: number, count: number): number {
  const places = Math.min(count, 15);
  return ((((a << 16) >> 16) >> places) & 0xffff) | ((a >> places) & ~0xffff);
}

export const shiftLeftDoublewords = (a: number, count: number): number => (count > 31 ? 0 : a << count);
export const shiftRightDoublewords = (a: number, count: number): number =>
  count > 31 ? 0 : (a >>> count) | 0;
export const shiftSignedDoublewords = (a: number, count: number): number => a >> Math.min(count, 31);

// --- Rearrangement ---------------------------------------------------------------------------------------------------------

/** a0 b0 a1 b1, of bytes 0 and 1. */
export function interleaveBytesLow(a: number, b: number): number {
  return spaceBytes(a) | (spaceBytes(b) << 8);
}

/** a2 b2 a3 b3. */
export function interleaveBytesHigh(a: number, b: number): number {
  return spaceBytes(a >>> 16) | (spaceBytes(b >>> 16) << 8);
}

/** The low two bytes, each made a word. */
function spaceBytes(a: number): number {
  return (a & 0xff) | ((a & 0xff00) << 8);
}

export const interleaveWordsLow = (a: number, b: number): number => (a & 0xffff) | (b << 16);
export const interleaveWordsHigh = (a: number, b: number): number => (a >>> 16) | (b & ~0xffff);

/** Four signed words to signed bytes; `a` has the first two. */
export function packSignedBytes(a: number, b: number): number {
  return (
    signedByte((a << 16) >> 16) |
    (signedByte(a >> 16) << 8) |
    (signedByte((b << 16) >> 16) << 16) |
    (signedByte(b >> 16) << 24)
  );
}

/** Four signed words to unsigned bytes. */
export function packUnsignedBytes(a: number, b: number): number {
  return (
    unsignedByte((a << 16) >> 16) |
    (unsignedByte(a >> 16) << 8) |
    (unsignedByte((b << 16) >> 16) << 16) |
    (unsignedByte(b >> 16) << 24)
  );
}

/** Two signed doublewords to signed words. */
export function packSignedWords(a: number, b: number): number {
  return signedWord(a) | (signedWord(b) << 16);
}

function signedByte(value: number): number {
  return Math.max(-0x80, Math.min(value, 0x7f)) & 0xff;
}

function unsignedByte(value: number): number {
  return Math.max(0, Math.min(value, 0xff));
}

function signedWord(value: number): number {
  return Math.max(-0x8000, Math.min(value, 0x7fff)) & 0xffff;
}

/** Word `index` (0 to 3) of the quadword, zero-extended. */
export function wordOf(low: number, high: number, index: number): number {
  return (((index & 2) === 0 ? low : high) >>> ((index & 1) << 4)) & 0xffff;
}

/** The sign bits of the four bytes, in the order of the bytes. */
export function byteSigns(a: number): number {
  return ((a >>> 7) & 1) | ((a >>> 14) & 2) | ((a >>> 21) & 4) | ((a >>> 28) & 8);
}
