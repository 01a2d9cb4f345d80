/** The numbers of 120 places under the transcendental functions: arithmetic, and the tables, beside whole numbers. */
import { describe, expect, it } from "vitest";
import { FLAG_PE, FpuEnvironment } from "../../../src/cpu/fpu/environment.ts";
import { Extended } from "../../../src/cpu/fpu/extended.ts";
import { evaluate } from "../../../src/cpu/fpu/polynomial.ts";
import {
  ARCTANGENT,
  ARCTANGENT_OF_STEP,
  ARCTANGENT_STEPS,
  COSINE,
  EXP2_MINUS_1,
  HALF_PI,
  LOG2_FIRST,
  LOG2_OF_RATIO,
  LOG2_OF_STEP,
  LOG2_STEPS,
  PI,
  SINE,
} from "../../../src/cpu/fpu/polynomial-tables.ts";
import {
  addWhole,
  combine,
  divideWide,
  LIMB_BITS,
  LIMBS,
  makeFraction,
  multiplyWide,
  normalize,
  PLACES,
  roundWide,
  Wide,
} from "../../../src/cpu/fpu/wide.ts";
import { Random } from "../../support/random.ts";
import {
  angleOf,
  exp2Minus1,
  log2,
  over,
  product,
  REFERENCE_ONE,
  sineAndCosine,
} from "./transcendental-reference.ts";
import { formatExtended } from "./transcendental-vectors.ts";

const ONE = 1n << BigInt(PLACES);
const LIMB = 1n << BigInt(LIMB_BITS);
const SCALE = REFERENCE_ONE / ONE;

const random = new Random(1);
const next = (): bigint => BigInt(random.word() >>> 0);

/** The limbs as a signed whole number of units of 2^-120, without the exponent. */
function unitsOf({ sign, limbs }: Wide): bigint {
  const value = limbs.reduce((sum, limb) => sum * LIMB + BigInt(limb), 0n);
  return sign === 0 ? value : -value;
}

function wideOf(units: bigint): Wide {
  const wide = new Wide();
  wide.sign = units < 0n ? 1 : 0;
  let rest = units < 0n ? -units : units;
  for (let i = LIMBS - 1; i >= 0; i--) {
    wide.limbs[i] = Number(i === 0 ? rest : rest % LIMB);
    rest /= LIMB;
  }
  return wide;
}

/** Between 1 and 2; now and then with the limbs that carry and cancel. */
function significand(i: number): bigint {
  if (i % 7 === 0) return 2n * ONE - 1n - (next() % 3n);
  if (i % 7 === 1) return ONE + (next() % 3n);
  let value = 1n;
  for (let words = 0; words < 4; words++) value = (value << 30n) | (next() >> 2n);
  return value;
}

const isClose = (a: bigint, b: bigint, units: bigint): boolean => a - b <= units && b - a <= units;

describe("arithmetic in 120 places", () => {
  it("has limbs of 24 bits after every operation", () => {
    const [a, b] = [wideOf(significand(2)), wideOf(significand(3))];
    const into = new Wide();
    for (const operation of [multiplyWide, divideWide]) {
      operation(a, b, into);
      expect([...into.limbs].every((limb) => Number.isInteger(limb) && limb >= 0 && limb < 2 ** 24)).toBe(
        true,
      );
    }
  });

  it("multiplies to within six units", () => {
    const into = new Wide();
    for (let i = 0; i < 2000; i++) {
      const [a, b] = [significand(i), significand(i * 3 + 1)];
      multiplyWide(wideOf(a), wideOf(-b), into);
      expect(isClose(unitsOf(into), -(a * b) / ONE, 6n)).toBe(true);
    }
  });

  it("divides to within two units", () => {
    const into = new Wide();
    for (let i = 0; i < 2000; i++) {
      const [a, b] = [significand(i), significand(i * 5 + 2)];
      divideWide(wideOf(a), wideOf(b), into);
      expect(isClose(unitsOf(into), (a * ONE) / b, 2n)).toBe(true);
    }
  });

  it("combines with small factors exactly, whatever the sign of the sum", () => {
    const into = new Wide();
    for (let i = 0; i < 500; i++) {
      const [a, b] = [significand(i), significand(i + 1)];
      const [p, q] = [Number(next() % 90n) - 45, Number(next() % 90n) - 45];
      combine(p, wideOf(a), q, wideOf(b), into);
      expect(unitsOf(into)).toBe(BigInt(p) * a + BigInt(q) * b);
      addWhole(into, -q);
      expect(unitsOf(into)).toBe(BigInt(p) * a + BigInt(q) * b - BigInt(q) * ONE);
    }
  });

  it("normalizes and makes fractions without changing the value by a unit", () => {
    for (let shift = 0; shift < 130; shift++) {
      const units = significand(shift);
      const x = wideOf(units);
      x.exponent = -shift;
      makeFraction(x);
      expect(unitsOf(x)).toBe(units >> BigInt(shift));
      if (unitsOf(x) === 0n) continue;
      const before = unitsOf(x);
      normalize(x);
      expect(x.limbs[0]).toBe(1);
      expect(unitsOf(x) >> BigInt(-x.exponent)).toBe(before);
    }
    const large = wideOf(12345678n * ONE);
    normalize(large);
    expect([large.limbs[0], large.exponent]).toEqual([1, 23]);
  });

  it("rounds what is half a place and one unit up, and what is exact not at all but for PE", () => {
    const env = new FpuEnvironment();
    const into = new Extended();
    const half = 1n << BigInt(PLACES - 64);
    for (const [units, result, up] of [
      [ONE, "3fff8000000000000000", false],
      [ONE + half, "3fff8000000000000000", false],
      [ONE + half + 1n, "3fff8000000000000001", true],
      [ONE + 3n * half, "3fff8000000000000002", true],
      [-2n * ONE + 1n, "c0008000000000000000", true],
    ] as const) {
      env.flags = 0;
      roundWide(env, wideOf(units), into);
      expect([formatExtended(into), env.roundedUp, env.flags]).toEqual([result, up, FLAG_PE]);
    }
  });
});

describe("the tables", () => {
  it("have pi and its half to the last place", () => {
    const pi = angleOf(0n, -REFERENCE_ONE);
    expect(isClose(unitsOf(PI), pi / SCALE, 1n)).toBe(true);
    expect(isClose(unitsOf(HALF_PI), pi / 2n / SCALE, 1n)).toBe(true);
  });

  it("have the logarithm of every step", () => {
    LOG2_OF_STEP.forEach((step, i) => {
      const exact = -log2((REFERENCE_ONE * BigInt(LOG2_FIRST + i)) / BigInt(LOG2_STEPS)) / SCALE;
      expect(isClose(unitsOf(step), exact, 1n)).toBe(true);
    });
  });

  it("have the arctangent of every step", () => {
    ARCTANGENT_OF_STEP.forEach((step, k) => {
      const exact = angleOf(BigInt(k) * REFERENCE_ONE, BigInt(ARCTANGENT_STEPS) * REFERENCE_ONE) / SCALE;
      expect(isClose(unitsOf(step), exact, 1n)).toBe(true);
    });
  });

  // Each at the largest variable its function lets it see, where cut series show.
  const SERIES: readonly [string, Float64Array, boolean, bigint, (x: bigint) => bigint][] = [
    ["sine", SINE, true, (REFERENCE_ONE * 78539n) / 100_000n, (x) => sineAndCosine(x)[0]],
    ["arctangent", ARCTANGENT, true, REFERENCE_ONE / 31n, (x) => angleOf(x, REFERENCE_ONE)],
    [
      "logarithm",
      LOG2_OF_RATIO,
      false,
      REFERENCE_ONE / 85n,
      (x) => log2(over(REFERENCE_ONE + x, REFERENCE_ONE - x)),
    ],
  ];
  it.each(SERIES)("have enough of the series of the %s", (_name, series, alternating, limit, exact) => {
    for (const x of [limit, -limit, limit / 3n, limit / 1000n]) {
      const sum = new Wide();
      evaluate(wideOf(product(x, x) / SCALE), series, alternating, sum);
      expect(isClose(unitsOf(sum), over(exact(x), x) / SCALE, 40n)).toBe(true);
    }
  });

  it("have enough of the series of the cosine", () => {
    const sum = new Wide();
    const x = (REFERENCE_ONE * 78539n) / 100_000n;
    evaluate(wideOf(product(x, x) / SCALE), COSINE, true, sum);
    expect(isClose(unitsOf(sum), sineAndCosine(x)[1] / SCALE, 40n)).toBe(true);
  });

  it("have enough of the series of the power of 2, up to 1", () => {
    const sum = new Wide();
    for (const x of [ONE - 1n, ONE / 2n, ONE / 3n]) {
      for (const negative of [false, true]) {
        const exact = (negative ? -x : x) * SCALE;
        evaluate(wideOf(x), EXP2_MINUS_1, negative, sum);
        expect(isClose(unitsOf(sum), over(exp2Minus1(exact), exact) / SCALE, 200n)).toBe(true);
      }
    }
  });

  it("are evaluated with both kinds of signs", () => {
    const z = (3n * ONE) / 7n;
    const into = new Wide();
    const coefficients = Float64Array.from([0, 1, 2].flatMap((n) => [...wideOf(ONE / BigInt(n + 1)).limbs]));
    const horner = (sign: bigint) => ONE + (sign * (z * (ONE / 2n + (sign * (z * (ONE / 3n))) / ONE))) / ONE;
    evaluate(wideOf(z), coefficients, false, into);
    expect(isClose(unitsOf(into), horner(1n), 12n)).toBe(true);
    evaluate(wideOf(z), coefficients, true, into);
    expect(isClose(unitsOf(into), horner(-1n), 12n)).toBe(true);
  });
});
