/** The five operations of the x87 beside exact arithmetic, in every rounding and precision. */
import { describe, expect, it } from "vitest";
import { add, divide, multiply, squareRoot, subtract } from "../../../src/cpu/fpu/arithmetic.ts";
import {
  ALL_EXCEPTIONS,
  FLAG_DE,
  FLAG_IE,
  FLAG_OE,
  FLAG_PE,
  FLAG_UE,
  FLAG_ZE,
  FpuEnvironment,
  ROUND_DOWN,
  ROUND_UP,
  ROUND_ZERO,
} from "../../../src/cpu/fpu/environment.ts";
import { Extended } from "../../../src/cpu/fpu/extended.ts";
import { roundPack } from "../../../src/cpu/fpu/round.ts";
import { Random } from "../../support/random.ts";
import {
  environments,
  extended,
  magnitude,
  outcomeOf,
  partsOf,
  type Quotient,
  rounded,
  someNumber,
  squareRootOf,
} from "./exact.ts";

type Operation = (env: FpuEnvironment, a: Extended, b: Extended, into: Extended) => void;
type Exact = (a: Extended, b: Extended) => { value: Quotient; sign: number };

const signed = (x: Extended): { over: bigint; under: bigint } => {
  const { over, under } = magnitude(x);
  return { over: x.sign === 0 ? over : -over, under };
};
const sum =
  (factor: bigint): Exact =>
  (a, b) => {
    const [p, q] = [signed(a), signed(b)];
    const over = p.over * q.under + factor * q.over * p.under;
    return { value: { over: over < 0n ? -over : over, under: p.under * q.under }, sign: over < 0n ? 1 : 0 };
  };
const product: Exact = (a, b) => {
  const [p, q] = [magnitude(a), magnitude(b)];
  return { value: { over: p.over * q.over, under: p.under * q.under }, sign: a.sign ^ b.sign };
};
const quotient: Exact = (a, b) => {
  const [p, q] = [magnitude(a), magnitude(b)];
  return { value: { over: p.over * q.under, under: p.under * q.over }, sign: a.sign ^ b.sign };
};

const OPERATIONS: [string, Operation, Exact][] = [
  ["add", add, sum(1n)],
  ["subtract", subtract, sum(-1n)],
  ["multiply", multiply, product],
  ["divide", divide, quotient],
];

function check(operation: Operation, exact: Exact, env: FpuEnvironment, a: Extended, b: Extended): void {
  const { value, sign } = exact(a, b);
  if (value.over === 0n) return;
  env.flags = 0;
  const into = new Extended();
  operation(env, a, b, into);
  expect({ a: partsOf(a), b: partsOf(b), ...outcomeOf(env, into) }).toEqual({
    a: partsOf(a),
    b: partsOf(b),
    ...rounded(value, sign, env),
  });
}

describe.each(OPERATIONS)("%s", (name, operation, exact) => {
  it("rounds the exact result once, whatever the operands", () => {
    const random = new Random(name.length);
    for (const env of environments()) {
      for (let i = 0; i < 250; i++) {
        // Close exponents cancel, far ones leave only a sticky bit.
        const spread = random.pick([1, 3, 40, 90]);
        check(operation, exact, env, someNumber(random, spread), someNumber(random, spread));
      }
    }
  });

  it("at either end of the exponents, with masked and unmasked overflow and underflow", () => {
    const random = new Random(name.length + 1);
    for (const masks of [ALL_EXCEPTIONS, ALL_EXCEPTIONS & ~(FLAG_OE | FLAG_UE)]) {
      for (const env of environments(masks)) {
        for (let i = 0; i < 12; i++) {
          // Two of the lower middle multiply to the end, and so on.
          const [near, other] = random.pick([
            [70, 70],
            [0x7fb0, 0x7fb0],
            [8190, 8190],
            [24_570, 24_570],
            [8192, 24_575],
            [24_575, 8192],
          ]);
          check(operation, exact, env, someNumber(random, 66, near), someNumber(random, 66, other));
        }
      }
    }
  });
});

describe("square root", () => {
  it("rounds the exact result once", () => {
    const random = new Random(5);
    for (const env of environments()) {
      for (let i = 0; i < 100; i++) {
        const a = someNumber(random, 50);
        a.sign = 0;
        env.flags = 0;
        const into = new Extended();
        squareRoot(env, a, into);
        expect(outcomeOf(env, into)).toEqual(rounded(squareRootOf(magnitude(a)), 0, env));
      }
    }
  });
});

describe("rules", () => {
  const ONE = extended(0, 0x3fff, 1n << 63n);
  const INFINITY = extended(0, 0x7fff, 1n << 63n);
  const ZERO = extended(0, 0, 0n);
  const LARGEST = extended(0, 0x7ffe, (1n << 64n) - 1n);
  const LEAST = extended(0, 0, 1n);
  const SIGNALLING = extended(0, 0x7fff, (1n << 63n) | 5n);
  const UNNORMAL = extended(0, 0x4000, 1n << 60n);
  const INDEFINITE = { sign: 1, exponent: 0x7fff, significand: 3n << 62n };
  const negative = (x: Extended): Extended => {
    const other = new Extended();
    other.copy(x);
    other.sign ^= 1;
    return other;
  };
  const run = (operation: Operation, a: Extended, b: Extended, rounding = 0, masks = ALL_EXCEPTIONS) => {
    const env = new FpuEnvironment();
    env.rounding = rounding;
    env.masks = masks;
    const into = extended(0, 1, 1n << 63n);
    operation(env, a, b, into);
    return outcomeOf(env, into);
  };

  it.each<[string, Operation, Extended, Extended]>([
    ["infinity less infinity", subtract, INFINITY, INFINITY],
    ["zero times infinity", multiply, ZERO, INFINITY],
    ["zero by zero", divide, ZERO, ZERO],
    ["infinity by infinity", divide, INFINITY, INFINITY],
    ["an encoding that the x87 no longer supports", add, UNNORMAL, ONE],
  ])("%s is invalid, and gives the indefinite NaN", (_, operation, a, b) => {
    expect(run(operation, a, b)).toMatchObject({ ...INDEFINITE, flags: FLAG_IE });
  });

  it("a signalling NaN becomes quiet and is passed on", () => {
    expect(run(add, SIGNALLING, ONE)).toMatchObject({
      exponent: 0x7fff,
      significand: (3n << 62n) | 5n,
      flags: FLAG_IE,
    });
  });

  it("a number by zero is an exact infinity, and raises ZE", () => {
    expect(run(divide, negative(ONE), ZERO)).toMatchObject({
      ...partsOf(negative(INFINITY)),
      flags: FLAG_ZE,
    });
  });

  it("an unmasked exception leaves the destination alone", () => {
    const before = { sign: 0, exponent: 1, significand: 1n << 63n };
    expect(run(divide, ONE, ZERO, 0, ALL_EXCEPTIONS & ~FLAG_ZE)).toMatchObject(before);
    expect(run(subtract, INFINITY, INFINITY, 0, ALL_EXCEPTIONS & ~FLAG_IE)).toMatchObject(before);
    expect(run(add, LEAST, ONE, 0, ALL_EXCEPTIONS & ~FLAG_DE)).toMatchObject(before);
  });

  it("x - x is +0, but -0 when rounding down", () => {
    expect(run(subtract, ONE, ONE).sign).toBe(0);
    expect(run(subtract, ONE, ONE, ROUND_DOWN)).toMatchObject({ sign: 1, exponent: 0, significand: 0n });
  });

  it("a masked overflow is infinity, or the largest number where rounding turns away from infinity", () => {
    expect(run(add, LARGEST, LARGEST)).toMatchObject({ ...partsOf(INFINITY), flags: FLAG_OE | FLAG_PE });
    for (const rounding of [ROUND_DOWN, ROUND_ZERO]) {
      expect(run(add, LARGEST, LARGEST, rounding)).toMatchObject({
        ...partsOf(LARGEST),
        flags: FLAG_OE | FLAG_PE,
        roundedUp: false,
      });
    }
  });

  it("a denormal result that is exact raises nothing", () => {
    const twice = extended(0, 0, 2n);
    expect(run(subtract, twice, LEAST)).toMatchObject({ ...partsOf(LEAST), flags: FLAG_DE });
  });

  it("the least number by two is tiny and inexact: zero, or itself when rounding up", () => {
    const two = extended(0, 0x4000, 1n << 63n);
    const flags = FLAG_DE | FLAG_UE | FLAG_PE;
    expect(run(divide, LEAST, two)).toMatchObject({ exponent: 0, significand: 0n, flags });
    expect(run(divide, LEAST, two, ROUND_UP)).toMatchObject({ ...partsOf(LEAST), flags });
  });

  it("the square root of a negative number is invalid, that of -0 is -0", () => {
    const root: Operation = (env, a, _, into) => squareRoot(env, a, into);
    expect(run(root, negative(ONE), ONE)).toMatchObject({ ...INDEFINITE, flags: FLAG_IE });
    expect(run(root, negative(ZERO), ONE)).toMatchObject({ ...partsOf(negative(ZERO)), flags: 0 });
  });
});

describe("a denormal", () => {
  it("goes up from the middle if anything lies below, however far", () => {
    // 8 places are shifted out: half a place, and below all 96 bits kept so far the sticky one alone.
    const at = (extra: number) => {
      const env = new FpuEnvironment();
      const into = new Extended();
      roundPack(env, 0, -7, 0x8000_0000 | 0, 0x80, extra, 64, into);
      return [partsOf(into).significand, env.roundedUp];
    };
    expect([at(0), at(1)]).toEqual([
      [1n << 55n, false],
      [(1n << 55n) + 1n, true],
    ]);
  });
});
