/**
 * Operations on packed quadwords, and on the whole of an XMM register. They work in place, on words of the state block.
 *
 * SDM: volume 1, 11.4.2 "SSE2 64-bit and 128-bit SIMD integer instructions".
 */
import { sumOfDifferences } from "./lanes.ts";

/** On the quadword at word `at`; `low` and `high` are the other operand. */
export type QuadwordOperation = (r: Int32Array, at: number, low: number, high: number) => void;

/** `count` is 0 or more, and may be too large. */
export type QuadwordShift = (r: Int32Array, at: number, count: number) => void;

export function addQuadword(r: Int32Array, at: number, low: number, high: number): void {
  const sum = (r[at] + low) | 0;
  const carry = sum >>> 0 < low >>> 0 ? 1 : 0;
  r[at] = sum;
  r[at + 1] += high + carry;
}

export function subtractQuadword(r: Int32Array, at: number, low: number, high: number): void {
  const borrow = r[at] >>> 0 < low >>> 0 ? 1 : 0;
  r[at] -= low;
  r[at + 1] -= high + borrow;
}

/** The product of the low doublewords, unsigned. */
export function multiplyQuadword(r: Int32Array, at: number, low: number, _high: number): void {
  const a = r[at];
  r[at] = Math.imul(a, low);
  r[at + 1] = productHigh(a, low);
}

/** The high half of an unsigned product, by halves: as doubles, no sum exceeds 2^53. */
function productHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return (aHigh * bHigh + (middle >>> 16) + ((aLow * bHigh + (middle & 0xffff)) >>> 16)) | 0;
}

/** The differences of all eight bytes, added up: the rest of the quadword is 0. */
export function sumDifferences(r: Int32Array, at: number, low: number, high: number): void {
  r[at] = sumOfDifferences(r[at], low) + sumOfDifferences(r[at + 1], high);
  r[at + 1] = 0;
}

export function shiftLeftQuadword(r: Int32Array, at: number, count: number): void {
  const low = r[at];
  if (count > 31) {
    r[at] = 0;
    r[at + 1] = count > 63 ? 0 : low << (count - 32);
  } else if (count !== 0) {
    r[at] = low << count;
    r[at + 1] = (r[at + 1] << count) | (low >>> (32 - count));
  }
}

export function shiftRightQuadword(r: Int32Array, at: number, count: number): void {
  const high = r[at + 1];
  if (count > 31) {
    r[at] = count > 63 ? 0 : high >>> (count - 32);
    r[at + 1] = 0;
  } else if (count !== 0) {
    r[at] = (r[at] >>> count) | (high << (32 - count));
    r[at + 1] = high >>> count;
  }
}

/** The sixteen bytes at word `at` of the state block, `bytes` places to the left. */
export function shiftBytesLeft(r8: Uint8Array, at: number, bytes: number): void {
  const start = at << 2;
  const places = Math.min(bytes, 16);
  for (let i = 15; i >= places; i--) r8[start + i] = r8[start + i - places];
  for (let i = 0; i < places; i++) r8[start + i] = 0;
}

export function shiftBytesRight(r8: Uint8Array, at: number, bytes: number): void {
  const start = at << 2;
  const places = Math.min(bytes, 16);
  for (let i = 0; i < 16 - places; i++) r8[start + i] = r8[start + i + places];
  for (let i = 16 - places; i < 16; i++) r8[start + i] = 0;
}
