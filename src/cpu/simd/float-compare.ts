/**
 * Comparisons, minima and maxima of single and double precision under `env`.
 *
 * SDM: volume 2, "CMPPS", "COMISS", "UCOMISS", "MINPS", "MAXPS".
 */
import { FLAG_DE, FLAG_IE } from "../fpu/environment.ts";
import {
  isDenormalDouble,
  isDenormalSingle,
  isNaNDouble,
  isNaNSingle,
  isSignallingDouble,
  isSignallingSingle,
  numberOfDouble,
  result,
  SIGN_BIT,
  singles,
  words,
} from "./float-bits.ts";
import { denormalAsZeroSingle } from "./float32.ts";
import { denormalAsZeroDouble } from "./float64.ts";
import { env } from "./mxcsr.ts";

// How two numbers compare: a bit each, so that a predicate is a set of them.
export const LESS = 1;
export const EQUAL = 2;
export const GREATER = 4;
export const UNORDERED = 8;

/** `signalling`: quiet NaNs are invalid operands too. */
export function compareSingle(a: number, b: number, signalling: boolean): number {
  if (isNaNSingle(a) || isNaNSingle(b)) {
    if (signalling || isSignallingSingle(a) || isSignallingSingle(b)) env.flags |= FLAG_IE;
    return UNORDERED;
  }
  const first = denormalAsZeroSingle(a);
  const second = denormalAsZeroSingle(b);
  if (isDenormalSingle(first) || isDenormalSingle(second)) env.flags |= FLAG_DE;
  words[0] = first;
  words[1] = second;
  return orderOf(singles[0], singles[1]);
}

export function compareDouble(
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
  signalling: boolean,
): number {
  if (isNaNDouble(aHigh, aLow) || isNaNDouble(bHigh, bLow)) {
    if (signalling || isSignallingDouble(aHigh, aLow) || isSignallingDouble(bHigh, bLow))
      env.flags |= FLAG_IE;
    return UNORDERED;
  }
  const aZero = denormalAsZeroDouble(aHigh);
  const bZero = denormalAsZeroDouble(bHigh);
  if ((!aZero && isDenormalDouble(aHigh, aLow)) || (!bZero && isDenormalDouble(bHigh, bLow))) {
    env.flags |= FLAG_DE;
  }
  return orderOf(aZero ? 0 : numberOfDouble(aHigh, aLow), bZero ? 0 : numberOfDouble(bHigh, bLow));
}

function orderOf(x: number, y: number): number {
  if (x < y) return LESS;
  return x === y ? EQUAL : GREATER;
}

// --- CMPccPS and its like --------------------------------------------------------------------------------------------------

/** EQ LT LE UNORD NEQ NLT NLE ORD, by the low three bits of the immediate: the orders for which each holds. */
const PREDICATES = new Uint8Array([
  EQUAL,
  LESS,
  LESS | EQUAL,
  UNORDERED,
  LESS | GREATER | UNORDERED,
  EQUAL | GREATER | UNORDERED,
  GREATER | UNORDERED,
  LESS | EQUAL | GREATER,
]);
/** LT LE NLT NLE take no NaNs: bit p is for predicate p. */
const SIGNALLING = 0b0110_0110;

/** All ones where the predicate holds, else 0. */
export function testSingle(a: number, b: number, predicate: number): number {
  const order = compareSingle(a, b, ((SIGNALLING >>> (predicate & 7)) & 1) !== 0);
  return (PREDICATES[predicate & 7] & order) !== 0 ? -1 : 0;
}

export function testDouble(
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
  predicate: number,
): number {
  const order = compareDouble(aHigh, aLow, bHigh, bLow, ((SIGNALLING >>> (predicate & 7)) & 1) !== 0);
  return (PREDICATES[predicate & 7] & order) !== 0 ? -1 : 0;
}

// --- Minimum and maximum: of NaNs, and of zeros whatever their signs, the second operand ------------------------------------

/** With DAZ a denormal is returned as the zero that it counts as. */
export function minSingle(a: number, b: number): number {
  return denormalAsZeroSingle(compareSingle(a, b, true) === LESS ? a : b);
}
export function maxSingle(a: number, b: number): number {
  return denormalAsZeroSingle(compareSingle(a, b, true) === GREATER ? a : b);
}

export function minDouble(a: Int32Array, ai: number, b: Int32Array, bi: number, to: number): void {
  if (compareDouble(a[ai + 1], a[ai], b[bi + 1], b[bi], true) === LESS) select(a, ai, to);
  else select(b, bi, to);
}
export function maxDouble(a: Int32Array, ai: number, b: Int32Array, bi: number, to: number): void {
  if (compareDouble(a[ai + 1], a[ai], b[bi + 1], b[bi], true) === GREATER) select(a, ai, to);
  else select(b, bi, to);
}
function select(from: Int32Array, at: number, to: number): void {
  const high = from[at + 1];
  const zero = denormalAsZeroDouble(high);
  result[to] = zero ? 0 : from[at];
  result[to + 1] = zero ? high & SIGN_BIT : high;
}
