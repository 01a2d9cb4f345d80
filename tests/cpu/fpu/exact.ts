/**
 * What an x87 operation must give, from exact arithmetic on whole numbers: a result that is a quotient of two of them is
 * rounded once, in the way that the SDM tells.
 *
 * SDM: volume 1, 4.8.4 "Rounding", 4.9.1.5, 4.9.1.6, 8.5.4, 8.5.5
 */
import {
  ALL_EXCEPTIONS,
  FLAG_OE,
  FLAG_PE,
  FLAG_UE,
  FpuEnvironment,
  ROUND_DOWN,
  ROUND_NEAREST,
  ROUND_UP,
} from "../../../src/cpu/fpu/environment.ts";
import { Extended } from "../../../src/cpu/fpu/extended.ts";
import type { Random } from "../../support/random.ts";

const BIAS = 16383;
const LARGEST = 0x7ffe;
const ADJUSTMENT = 0x6000;

/** sign, biased exponent, significand of 64 bits. */
export interface Parts {
  readonly sign: number;
  readonly exponent: number;
  readonly significand: bigint;
}

/** A positive quotient of whole numbers. */
export interface Quotient {
  readonly over: bigint;
  readonly under: bigint;
}

export interface Outcome extends Parts {
  readonly flags: number;
  readonly roundedUp: boolean;
}

export function extended(sign: number, exponent: number, significand: bigint): Extended {
  const x = new Extended();
  x.set(
    sign,
    exponent,
    Number(BigInt.asIntN(32, significand >> 32n)),
    Number(BigInt.asIntN(32, significand)),
  );
  return x;
}

export function partsOf(x: Extended): Parts {
  const significand = (BigInt(x.high >>> 0) << 32n) | BigInt(x.low >>> 0);
  return { sign: x.sign, exponent: x.exponent, significand };
}

/** The magnitude of a finite number that is not zero. */
export function magnitude(x: Extended): Quotient {
  const { exponent, significand } = partsOf(x);
  const power = BigInt(Math.max(exponent, 1) - BIAS - 63);
  return power >= 0n ? { over: significand << power, under: 1n } : { over: significand, under: 1n << -power };
}

/** floor(log2(over / under)). */
function exponentOf({ over, under }: Quotient): number {
  const guess = over.toString(2).length - under.toString(2).length;
  const atLeast = guess >= 0 ? over >= under << BigInt(guess) : over << BigInt(-guess) >= under;
  return atLeast ? guess : guess - 1;
}

interface Rounded {
  readonly units: bigint;
  readonly inexact: boolean;
  readonly up: boolean;
}

/** To whole units of 2^unit. */
function roundTo({ over, under }: Quotient, unit: number, sign: number, rounding: number): Rounded {
  const a = unit < 0 ? over << BigInt(-unit) : over;
  const b = unit > 0 ? under << BigInt(unit) : under;
  const units = a / b;
  const rest = a - units * b;
  const twice = 2n * rest;
  const up =
    rounding === ROUND_NEAREST
      ? twice > b || (twice === b && (units & 1n) === 1n)
      : rest !== 0n && rounding === (sign === 0 ? ROUND_UP : ROUND_DOWN);
  return { units: up ? units + 1n : units, inexact: rest !== 0n, up };
}

/** What a register must hold of a quotient that is not zero. */
export function rounded(value: Quotient, sign: number, env: FpuEnvironment): Outcome {
  const { precision, rounding, masks } = env;
  const exact = exponentOf(value);
  const wide = roundTo(value, exact - precision + 1, sign, rounding);
  const carried = wide.units === 1n << BigInt(precision);
  const exponent = exact + (carried ? 1 : 0) + BIAS;
  const significand = (carried ? wide.units / 2n : wide.units) << BigInt(64 - precision);
  const inexact = wide.inexact ? FLAG_PE : 0;
  const outcome = { sign, significand, roundedUp: wide.up };
  if (exponent > LARGEST) {
    if ((masks & FLAG_OE) === 0)
      return { ...outcome, exponent: exponent - ADJUSTMENT, flags: FLAG_OE | inexact };
    return overflown(sign, precision, rounding);
  }
  if (exponent >= 1) return { ...outcome, exponent, flags: inexact };
  if ((masks & FLAG_UE) === 0) {
    return { ...outcome, exponent: exponent + ADJUSTMENT, flags: FLAG_UE | inexact };
  }
  const small = roundTo(value, 1 - BIAS - precision + 1, sign, rounding);
  const denormal = small.units << BigInt(64 - precision);
  return {
    sign,
    exponent: denormal >> 63n === 1n ? 1 : 0,
    significand: denormal,
    flags: small.inexact ? FLAG_UE | FLAG_PE : 0,
    roundedUp: small.up,
  };
}

/** A masked overflow: infinity, or the largest number of the precision when rounding turns away from it. */
function overflown(sign: number, precision: number, rounding: number): Outcome {
  const infinite = rounding === ROUND_NEAREST || rounding === (sign === 0 ? ROUND_UP : ROUND_DOWN);
  const ones = ((1n << BigInt(precision)) - 1n) << BigInt(64 - precision);
  return {
    sign,
    exponent: infinite ? 0x7fff : LARGEST,
    significand: infinite ? 1n << 63n : ones,
    flags: FLAG_OE | FLAG_PE,
    roundedUp: infinite,
  };
}

/** The square root, to more places than any rounding looks at; a last place of one stands for all that follow. */
export function squareRootOf({ over, under }: Quotient): Quotient {
  const scaled = (over * under) << 300n;
  let root = 1n << BigInt((scaled.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + scaled / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  const sticky = root * root === scaled ? 0n : 1n;
  return { over: 2n * root + sticky, under: under << 151n };
}

/** Every rounding with every precision, all exceptions masked. */
export function* environments(masks = ALL_EXCEPTIONS): Generator<FpuEnvironment> {
  for (const precision of [24, 53, 64]) {
    for (const rounding of [0, 1, 2, 3]) {
      const env = new FpuEnvironment();
      env.precision = precision;
      env.rounding = rounding;
      env.masks = masks;
      yield env;
    }
  }
}

/** A normal number, now and then with a significand that ties, carries or cancels. `spread` are exponents about 1. */
export function someNumber(random: Random, spread: number, near = BIAS): Extended {
  const bits = (count: number): bigint =>
    BigInt.asUintN(count, (BigInt(random.word() >>> 0) << 32n) | BigInt(random.word() >>> 0));
  let significand = bits(64) | (1n << 63n);
  const kind = random.below(6);
  if (kind === 0) significand = 1n << 63n;
  if (kind === 1) significand = (1n << 64n) - 1n;
  if (kind === 2) significand &= ~((1n << BigInt(random.between(1, 63))) - 1n);
  if (kind === 3) significand |= (1n << BigInt(random.between(1, 63))) - 1n;
  return extended(random.below(2), near + random.between(-spread, spread), significand);
}

/** What an operation left, in the shape of an `Outcome`. */
export function outcomeOf(env: FpuEnvironment, x: Extended): Outcome {
  return { ...partsOf(x), flags: env.flags, roundedUp: env.roundedUp };
}
