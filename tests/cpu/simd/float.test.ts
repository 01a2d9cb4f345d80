/**
 * Add, subtract, multiply, divide and square root against exact arithmetic: the value as a fraction of big integers,
 * rounded as IEEE 754 and the SDM say (volume 1, 4.8.4 and 4.9.1). Operands come from a fixed sequence of random numbers,
 * many of them where exponents end or where results lie near the middle between two numbers.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { result } from "../../../src/cpu/simd/float-bits.ts";
import { addSingle, divSingle, mulSingle, sqrtSingle, subSingle } from "../../../src/cpu/simd/float32.ts";
import { addDouble, divDouble, mulDouble, sqrtDouble, subDouble } from "../../../src/cpu/simd/float64.ts";
import { begin, env } from "../../../src/cpu/simd/mxcsr.ts";
import { MXCSR } from "../../../src/cpu/state.ts";
import { sseBench } from "../../support/sse.ts";

const OE = 8;
const UE = 0x10;
const PE = 0x20;
const ROUND_NEAREST = 0;
const ROUND_DOWN = 1;
const ROUND_UP = 2;

interface Format {
  /** Bits of the significand, the leading one included, and of the exponent. */
  readonly precision: number;
  readonly exponentBits: number;
}
const SINGLE: Format = { precision: 24, exponentBits: 8 };
const DOUBLE: Format = { precision: 53, exponentBits: 11 };

/** (-1)^negative * magnitude * 2^exponent, and a little more if `more`. */
interface Exact {
  readonly negative: boolean;
  readonly magnitude: bigint;
  readonly exponent: number;
  readonly more: boolean;
}
interface Rounded {
  readonly bits: bigint;
  readonly flags: number;
}

const lengthOf = (value: bigint): number => value.toString(2).length;

function decode(bits: bigint, { precision, exponentBits }: Format): Exact {
  const fractionBits = precision - 1;
  const fraction = bits & ((1n << BigInt(fractionBits)) - 1n);
  const field = Number((bits >> BigInt(fractionBits)) & ((1n << BigInt(exponentBits)) - 1n));
  const bias = 2 ** (exponentBits - 1) - 1;
  return {
    negative: bits >> BigInt(fractionBits + exponentBits) !== 0n,
    magnitude: field === 0 ? fraction : fraction | (1n << BigInt(fractionBits)),
    exponent: Math.max(field, 1) - bias - fractionBits,
    more: false,
  };
}

/** Cut to a multiple of 2^unit and rounded: that multiple, and whether it is the value itself. */
function roundTo(value: Exact, unit: number, rounding: number): { count: bigint; exact: boolean } {
  const shift = BigInt(unit - value.exponent);
  if (shift <= 0n) return { count: value.magnitude << -shift, exact: !value.more };
  const count = value.magnitude >> shift;
  const rest = ((value.magnitude - (count << shift)) << 1n) | (value.more ? 1n : 0n);
  if (rest === 0n) return { count, exact: true };
  const half = 1n << shift;
  const up =
    rounding === ROUND_NEAREST
      ? rest > half || (rest === half && (count & 1n) === 1n)
      : rounding === (value.negative ? ROUND_DOWN : ROUND_UP);
  return { count: up ? count + 1n : count, exact: false };
}

function encode(value: Exact, { precision, exponentBits }: Format, rounding: number): Rounded {
  const bias = 2 ** (exponentBits - 1) - 1;
  const lowest = 1 - bias - (precision - 1);
  const sign = value.negative ? 1n << BigInt(precision + exponentBits - 1) : 0n;
  const free = value.exponent + lengthOf(value.magnitude) - precision;
  // Tiny: still below the smallest normal number after rounding without a limit of exponents.
  const unlimited = roundTo(value, free, rounding);
  const tiny = free + lengthOf(unlimited.count) < lowest + precision;
  const unit = Math.max(free, lowest);
  const { count, exact } = roundTo(value, unit, rounding);
  const bits = (BigInt(unit - lowest) << BigInt(precision - 1)) + count;
  const infinity = ((1n << BigInt(exponentBits)) - 1n) << BigInt(precision - 1);
  if (bits >= infinity) {
    const away = rounding === ROUND_NEAREST || rounding === (value.negative ? ROUND_DOWN : ROUND_UP);
    return { bits: sign | (away ? infinity : infinity - 1n), flags: OE | PE };
  }
  return { bits: sign | bits, flags: exact ? 0 : tiny ? UE | PE : PE };
}

function sum(a: Exact, b: Exact, rounding: number): Exact {
  const exponent = Math.min(a.exponent, b.exponent);
  const signed = (x: Exact) => (x.magnitude << BigInt(x.exponent - exponent)) * (x.negative ? -1n : 1n);
  const total = signed(a) + signed(b);
  const negative = total < 0n || (total === 0n && rounding === ROUND_DOWN);
  return { negative, magnitude: total < 0n ? -total : total, exponent, more: false };
}

/** Bits of quotients and roots: more than any rounding looks at. */
const EXTRA = 300;

function squareRoot(value: bigint): bigint {
  let root = 1n << BigInt((lengthOf(value) >> 1) + 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

const EXACT: Readonly<Record<string, (a: Exact, b: Exact, rounding: number) => Exact>> = {
  add: sum,
  sub: (a, b, rounding) => sum(a, { ...b, negative: !b.negative }, rounding),
  mul: (a, b) => ({
    negative: a.negative !== b.negative,
    magnitude: a.magnitude * b.magnitude,
    exponent: a.exponent + b.exponent,
    more: false,
  }),
  div: (a, b) => {
    const dividend = a.magnitude << BigInt(EXTRA);
    return {
      negative: a.negative !== b.negative,
      magnitude: dividend / b.magnitude,
      exponent: a.exponent - b.exponent - EXTRA,
      more: dividend % b.magnitude !== 0n,
    };
  },
  sqrt: (a) => {
    const shift = EXTRA + (a.exponent & 1);
    const radicand = a.magnitude << BigInt(shift);
    const root = squareRoot(radicand);
    return {
      negative: false,
      magnitude: root,
      exponent: (a.exponent - shift) / 2,
      more: root * root !== radicand,
    };
  },
};

// --- Ours --------------------------------------------------------------------------------------------------------------------

const { cpu } = sseBench();
const operands = new Int32Array(4);

function split(bits: bigint, at: number): void {
  operands[at] = Number(BigInt.asIntN(32, bits));
  operands[at + 1] = Number(BigInt.asIntN(32, bits >> 32n));
}

const SINGLES = { add: addSingle, sub: subSingle, mul: mulSingle, div: divSingle, sqrt: sqrtSingle };
const DOUBLES = {
  add: addDouble,
  sub: subDouble,
  mul: mulDouble,
  div: divDouble,
  sqrt: (a: Int32Array, ai: number, _b: Int32Array, _bi: number, to: number) => sqrtDouble(a, ai, to),
};
type Operation = keyof typeof SINGLES;

function ours(operation: Operation, format: Format, a: bigint, b: bigint, mxcsr: number): Rounded {
  cpu.r[MXCSR] = mxcsr;
  begin(cpu);
  split(a, 0);
  split(b, 2);
  if (format === SINGLE) result[0] = SINGLES[operation](operands[0], operands[2]);
  else DOUBLES[operation](operands, 0, operands, 2, 0);
  const low = BigInt.asUintN(32, BigInt(result[0]));
  const high = format === DOUBLE ? BigInt.asUintN(32, BigInt(result[1])) << 32n : 0n;
  return { bits: high | low, flags: env.flags & (OE | UE | PE) };
}

// --- Operands ----------------------------------------------------------------------------------------------------------------

let seed = 1;
function random(below: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
  return Math.floor(((seed >>> 0) / 2 ** 32) * below);
}

function randomBits({ precision, exponentBits }: Format, near: number): { bits: bigint; field: number } {
  const fractionBits = precision - 1;
  let fraction = 0n;
  for (let i = 0; i < fractionBits; i += 16) fraction = (fraction << 16n) | BigInt(random(0x10000));
  fraction &= (1n << BigInt(fractionBits)) - 1n;
  const shape = random(4);
  if (shape === 0) fraction = (fraction >> BigInt(random(fractionBits))) << BigInt(random(fractionBits));
  if (shape === 1) fraction >>= BigInt(random(fractionBits + 1));
  fraction &= (1n << BigInt(fractionBits)) - 1n;
  const largest = 2 ** exponentBits - 2;
  const bias = largest >> 1;
  const fields = [
    random(largest + 1),
    near + random(5) - 2,
    near + random(2 * precision + 8) - precision - 4,
    bias - near + random(2 * precision) - precision,
    near - bias + random(9) - 4,
    near + bias + random(2 * precision) - precision,
    3 * bias - near + random(9) - 4,
    random(3),
  ];
  const field = Math.min(Math.max(fields[random(fields.length)], 0), largest);
  const sign = BigInt(random(2)) << BigInt(fractionBits + exponentBits);
  return { bits: sign | (BigInt(field) << BigInt(fractionBits)) | fraction, field };
}

const CASES = 1200;

describe.each([
  ["single", SINGLE],
  ["double", DOUBLE],
] as const)("%s precision", (_name, format) => {
  beforeAll(() => {
    seed = 1;
  });
  it.each(["add", "sub", "mul", "div", "sqrt"] as const)("%s is exact, then rounded once", (operation) => {
    const raised = new Set<number>();
    const magnitudeMask = (1n << BigInt(format.precision + format.exponentBits - 1)) - 1n;
    for (let i = 0; i < CASES; i++) {
      const first = randomBits(format, 2 ** (format.exponentBits - 1));
      const b = randomBits(format, first.field).bits;
      const a = operation === "sqrt" ? first.bits & magnitudeMask : first.bits;
      if ((b & magnitudeMask) === 0n || (a & magnitudeMask) === 0n) continue;
      for (let rounding = 0; rounding < 4; rounding++) {
        const exact = EXACT[operation](decode(a, format), decode(b, format), rounding);
        const expected = exact.magnitude === 0n ? zero(exact, format) : encode(exact, format, rounding);
        const text = `${operation} ${a.toString(16)} ${b.toString(16)}, rounding ${rounding}`;
        const mxcsr = 0x1f80 | (rounding << 13);
        expect(ours(operation, format, a, b, mxcsr), text).toEqual(expected);
        // With PE set already, the short cuts are taken, and flag nothing that is set.
        const again = ours(operation, format, a, b, mxcsr | PE);
        expect({ ...again, flags: again.flags | PE }, `${text}, PE set`).toEqual({
          bits: expected.bits,
          flags: expected.flags | PE,
        });
        raised.add(expected.flags);
      }
    }
    // The operands reach every outcome that the operation has. Exact sums and roots are never tiny and inexact.
    const outcomes = { sqrt: [0, PE], add: [0, PE, OE | PE], sub: [0, PE, OE | PE] };
    const all = [0, PE, OE | PE, UE | PE];
    expect([...raised].sort((x, y) => x - y)).toEqual(
      (operation === "mul" || operation === "div" ? all : outcomes[operation]).sort((x, y) => x - y),
    );
  });
});

function zero(exact: Exact, format: Format): Rounded {
  return { bits: exact.negative ? 1n << BigInt(format.precision + format.exponentBits - 1) : 0n, flags: 0 };
}
