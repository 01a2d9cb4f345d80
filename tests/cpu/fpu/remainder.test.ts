/** Remainders, scaling, taking apart, comparing; and the words that all of it is made of. */
import { describe, expect, it } from "vitest";
import { compare, EQUAL, GREATER, LESS, UNORDERED } from "../../../src/cpu/fpu/compare.ts";
import { FLAG_DE, FLAG_IE, FLAG_ZE, FpuEnvironment } from "../../../src/cpu/fpu/environment.ts";
import { Extended } from "../../../src/cpu/fpu/extended.ts";
import { extract, scale } from "../../../src/cpu/fpu/integral.ts";
import { partialRemainder, REMAINDER_INCOMPLETE } from "../../../src/cpu/fpu/remainder.ts";
import { isBelow, multiplyHigh, quotientDigit, shiftOut, square } from "../../../src/cpu/fpu/words.ts";
import { Random } from "../../support/random.ts";
import { extended, magnitude, partsOf, someNumber } from "./exact.ts";

const signedValue = (x: Extended): { over: bigint; under: bigint } => {
  if (partsOf(x).significand === 0n) return { over: 0n, under: 1n };
  const { over, under } = magnitude(x);
  return { over: x.sign === 0 ? over : -over, under };
};
const equal = (a: { over: bigint; under: bigint }, b: { over: bigint; under: bigint }): boolean =>
  a.over * b.under === b.over * a.under;

describe.each([
  ["FPREM cuts the quotient", false],
  ["FPREM1 rounds it to nearest even", true],
] as const)("%s", (_, nearest) => {
  it("and the remainder is exact, with the quotient's last three bits", () => {
    const random = new Random(nearest ? 2 : 1);
    for (let i = 0; i < 4000; i++) {
      const a = someNumber(random, random.pick([2, 20, 31]));
      const b = someNumber(random, random.pick([2, 20, 31]));
      const into = new Extended();
      const bits = partialRemainder(new FpuEnvironment(), a, b, into, nearest);
      const [p, q] = [magnitude(a), magnitude(b)];
      const over = p.over * q.under;
      const under = p.under * q.over;
      let quotient = over / under;
      const twice = 2n * (over - quotient * under);
      if (nearest && (twice > under || (twice === under && (quotient & 1n) === 1n))) quotient++;
      const rest = { over: over - quotient * under, under: p.under * q.under };
      const signed = { over: a.sign === 0 ? rest.over : -rest.over, under: rest.under };
      expect(equal(signedValue(into), signed)).toBe(true);
      expect(bits).toBe(Number(quotient & 7n));
    }
  });

  it("of exponents too far apart is a step that keeps the remainder", () => {
    const random = new Random(3);
    for (let i = 0; i < 300; i++) {
      const a = someNumber(random, 10, 0x3fff + 200);
      const b = someNumber(random, 10);
      const into = new Extended();
      const [p, q] = [magnitude(a), magnitude(b)];
      const exact = { over: (p.over * q.under) % (p.under * q.over), under: p.under * q.under };
      let steps = 0;
      while ((partialRemainder(new FpuEnvironment(), a, b, into, nearest) & REMAINDER_INCOMPLETE) !== 0) {
        a.copy(into);
        steps++;
      }
      expect(steps).toBeGreaterThan(0);
      const rest = signedValue(into);
      const size = { over: rest.over < 0n ? -rest.over : rest.over, under: rest.under };
      // To nearest, what is left may be the rest of b instead.
      const other = { over: q.over * exact.under - exact.over * q.under, under: q.under * exact.under };
      expect(equal(size, exact) || (nearest && equal(size, other))).toBe(true);
    }
  });

  it("by zero, or of infinity, is invalid", () => {
    const env = new FpuEnvironment();
    partialRemainder(env, extended(0, 0x3fff, 1n << 63n), extended(0, 0, 0n), new Extended(), nearest);
    expect(env.flags).toBe(FLAG_IE);
  });
});

describe("scaling and taking apart", () => {
  it("FXTRACT gives an exponent and a significand that FSCALE puts together again", () => {
    const random = new Random(4);
    for (let i = 0; i < 1000; i++) {
      const a = someNumber(random, 16_000);
      const [exponent, significand, back] = [new Extended(), new Extended(), new Extended()];
      const env = new FpuEnvironment();
      extract(env, a, exponent, significand);
      expect(significand.exponent).toBe(0x3fff);
      const { over, under } = signedValue(exponent);
      expect(Number(over / under)).toBe(a.exponent - 0x3fff);
      scale(env, significand, exponent, back);
      expect([partsOf(back), env.flags]).toEqual([partsOf(a), 0]);
    }
  });

  it("the exponent of zero is minus infinity, with a division by zero", () => {
    const [exponent, significand] = [new Extended(), new Extended()];
    const env = new FpuEnvironment();
    extract(env, extended(1, 0, 0n), exponent, significand);
    expect([partsOf(exponent), significand.sign, env.flags]).toEqual([
      { sign: 1, exponent: 0x7fff, significand: 1n << 63n },
      1,
      FLAG_ZE,
    ]);
  });
});

describe("comparing", () => {
  const env = new FpuEnvironment();
  it("agrees with exact arithmetic", () => {
    const random = new Random(6);
    for (let i = 0; i < 3000; i++) {
      const a = someNumber(random, 2);
      const b = random.oneIn(5) ? a : someNumber(random, 2);
      const [p, q] = [signedValue(a), signedValue(b)];
      const difference = p.over * q.under - q.over * p.under;
      const expected = difference === 0n ? EQUAL : difference < 0n ? LESS : GREATER;
      expect(compare(env, a, b, false)).toBe(expected);
    }
    expect(env.flags).toBe(0);
  });

  it("a NaN is unordered: IE from FCOM, and from FUCOM only if it signals", () => {
    const one = extended(0, 0x3fff, 1n << 63n);
    const quiet = extended(0, 0x7fff, 3n << 62n);
    const signalling = extended(0, 0x7fff, (1n << 63n) | 1n);
    const told = (a: Extended, isQuiet: boolean) => {
      const own = new FpuEnvironment();
      return [compare(own, a, one, isQuiet), own.flags];
    };
    expect([told(quiet, false), told(quiet, true), told(signalling, true)]).toEqual([
      [UNORDERED, FLAG_IE],
      [UNORDERED, 0],
      [UNORDERED, FLAG_IE],
    ]);
  });

  it("the zeros are equal; a pseudo-denormal equals the normal number it looks like", () => {
    expect(compare(env, extended(1, 0, 0n), extended(0, 0, 0n), false)).toBe(EQUAL);
    const own = new FpuEnvironment();
    expect(compare(own, extended(0, 0, 1n << 63n), extended(0, 1, 1n << 63n), false)).toBe(EQUAL);
    expect(own.flags).toBe(FLAG_DE);
  });
});

describe("words", () => {
  const random = new Random(32);
  const unsigned = (word: number): bigint => BigInt(word >>> 0);
  const pair = (high: number, low: number): bigint => (unsigned(high) << 32n) | unsigned(low);
  const some = (): number =>
    random.oneIn(4) ? random.pick([0, 1, -1, 0x7fff_ffff, -0x8000_0000]) : random.word();

  it("the upper half of a product, and squares", () => {
    const into = new Int32Array(4);
    for (let i = 0; i < 3000; i++) {
      const [a, b] = [some(), some()];
      expect(unsigned(multiplyHigh(a, b))).toBe((unsigned(a) * unsigned(b)) >> 32n);
      square(a, b, into);
      const got = pair(into[3], into[2]) * 2n ** 64n + pair(into[1], into[0]);
      expect(got).toBe(pair(a, b) ** 2n);
      expect(isBelow(a, b, b, a)).toBe(pair(a, b) < pair(b, a));
    }
  });

  it("a digit of a long division, and what is left", () => {
    const remainder = new Int32Array(2);
    for (let i = 0; i < 3000; i++) {
      const [high, low] = [some() | -0x8000_0000, some()];
      const divisor = pair(high, low);
      const start = random.oneIn(4) ? divisor - 1n : pair(some(), some()) % divisor;
      remainder[0] = Number(BigInt.asIntN(32, start));
      remainder[1] = Number(BigInt.asIntN(32, start >> 32n));
      const digit = unsigned(quotientDigit(remainder, high, low));
      const dividend = start << 32n;
      expect([digit, pair(remainder[1], remainder[0])]).toEqual([dividend / divisor, dividend % divisor]);
    }
  });

  it("what a shift moves out: its first bit on top, anything else below it", () => {
    const into = new Int32Array(3);
    for (let shift = 0; shift <= 130; shift++) {
      for (let i = 0; i < 40; i++) {
        const [high, low] = [some(), some()];
        const value = pair(high, low);
        shiftOut(high, low, shift, into);
        const kept = value >> BigInt(shift);
        const lost = value - (kept << BigInt(shift));
        const half = shift === 0 ? 0n : 1n << BigInt(shift - 1);
        expect(pair(into[1], into[0])).toBe(kept);
        expect([into[2] < 0, (into[2] & 0x7fff_ffff) !== 0]).toEqual([
          shift > 0 && lost >= half,
          shift > 0 && lost % half !== 0n,
        ]);
      }
    }
  });
});
