/** Between registers and memory: integers, packed decimal, single and double precision. */
import { describe, expect, it } from "vitest";
import { fromFloat32, fromFloat64, toFloat32, toFloat64 } from "../../../src/cpu/fpu/convert-float.ts";
import { fromBcd, fromInt32, fromInt64, toBcd, toInt } from "../../../src/cpu/fpu/convert-integer.ts";
import {
  ALL_EXCEPTIONS,
  FLAG_DE,
  FLAG_IE,
  FLAG_OE,
  FLAG_PE,
  FLAG_UE,
  FpuEnvironment,
  ROUND_UP,
} from "../../../src/cpu/fpu/environment.ts";
import { Extended } from "../../../src/cpu/fpu/extended.ts";
import { roundToIntegral } from "../../../src/cpu/fpu/integral.ts";
import { Random } from "../../support/random.ts";
import { extended, magnitude, partsOf, someNumber } from "./exact.ts";

const result = new Int32Array(3);
const view = new DataView(new ArrayBuffer(8));

function environment(rounding = 0, masks = ALL_EXCEPTIONS): FpuEnvironment {
  const env = new FpuEnvironment();
  env.rounding = rounding;
  env.masks = masks;
  // Precision control has no say in conversions.
  env.precision = 24;
  return env;
}

/** The whole number next to x, as `rounding` says. */
function wholeOf(x: Extended, rounding: number): bigint {
  const { over, under } = magnitude(x);
  const down = over / under;
  const rest = 2n * (over - down * under);
  const away =
    rounding === 0
      ? rest > under || (rest === under && (down & 1n) === 1n)
      : rest !== 0n && rounding === (x.sign === 0 ? 2 : 1);
  const size = away ? down + 1n : down;
  return x.sign === 0 ? size : -size;
}

const ROUNDINGS = [0, 1, 2, 3];

describe("integers", () => {
  it.each([16, 32, 64] as const)("of %i bits are the nearest, or the indefinite with IE alone", (bits) => {
    const random = new Random(bits);
    const limit = 1n << BigInt(bits - 1);
    let invalid = 0;
    for (const rounding of ROUNDINGS) {
      for (let i = 0; i < 600; i++) {
        const a = someNumber(random, bits / 2 + 6, 0x3fff + bits / 2);
        const env = environment(rounding);
        toInt(env, a, bits, false, result);
        const value = (BigInt(result[1]) << 32n) | BigInt(result[0] >>> 0);
        const got = bits === 64 ? value : BigInt(result[0]);
        const whole = wholeOf(a, rounding);
        if (whole >= limit || whole < -limit) {
          invalid++;
          expect([got, env.flags]).toEqual([-limit, FLAG_IE]);
        } else {
          const { over, under } = magnitude(a);
          expect([got, env.flags]).toEqual([whole, over % under === 0n ? 0 : FLAG_PE]);
        }
      }
    }
    expect(invalid).toBeGreaterThan(50);
  });

  it("truncating, whatever the rounding says", () => {
    const threeHalves = extended(1, 0x3fff, 3n << 62n);
    toInt(environment(1), threeHalves, 32, true, result);
    expect(result[0]).toBe(-1);
  });

  it("come back exactly", () => {
    const random = new Random(1);
    const x = new Extended();
    for (let i = 0; i < 2000; i++) {
      const [low, high] = [random.word() >> random.below(32), random.word() >> random.below(32)];
      fromInt64(low, high, x);
      const env = environment();
      toInt(env, x, 64, false, result);
      expect([result[0], result[1], env.flags]).toEqual([low, high, 0]);
      fromInt32(low, x);
      toInt(env, x, 32, false, result);
      expect([result[0], env.flags]).toEqual([low, 0]);
    }
  });

  it("the least of 64 bits has no positive counterpart", () => {
    const x = new Extended();
    fromInt64(0, -0x8000_0000, x);
    expect(partsOf(x)).toEqual({ sign: 1, exponent: 0x3fff + 63, significand: 1n << 63n });
    x.sign = 0;
    const env = environment();
    toInt(env, x, 64, false, result);
    expect([result[0], result[1], env.flags]).toEqual([0, -0x8000_0000, FLAG_IE]);
  });
});

describe("packed decimal", () => {
  const decimal = (digits: string, sign: number): [number, number, number] => {
    const bytes =
      digits
        .padStart(18, "0")
        .match(/../g)
        ?.reverse()
        .map((two) => Number.parseInt(two, 16)) ?? [];
    const word = (at: number) => bytes.slice(at, at + 4).reduce((sum, byte, i) => sum | (byte << (8 * i)), 0);
    return [word(0), word(4), bytes[8] | (sign << 15)];
  };

  it("has 18 digits and a sign", () => {
    const random = new Random(18);
    const x = new Extended();
    for (let i = 0; i < 1000; i++) {
      const digits = Array.from({ length: random.between(1, 18) }, () => random.below(10)).join("");
      const sign = random.below(2);
      const [low, high, top] = decimal(digits, sign);
      fromBcd(low, high, top, x);
      expect([
        x.sign,
        BigInt(digits) === 0n || magnitude(x).over / magnitude(x).under === BigInt(digits),
      ]).toEqual([sign, true]);
      const env = environment();
      toBcd(env, x, result);
      expect([[...result], env.flags]).toEqual([[low, high, top], 0]);
    }
  });

  it("a number of 19 digits, and what rounds to one, is invalid", () => {
    const limit = 10n ** 18n;
    const x = extended(0, 0x3fff + 59, limit << 4n);
    const env = environment();
    toBcd(env, x, result);
    expect([[...result], env.flags]).toEqual([[0, 0xc000_0000 | 0, 0xffff], FLAG_IE]);
    const below = extended(0, 0x3fff + 59, (limit << 4n) - 1n);
    const up = environment(ROUND_UP);
    toBcd(up, below, result);
    expect(up.flags).toBe(FLAG_IE);
  });
});

describe("single and double precision", () => {
  /** JavaScript's own conversions of a double are the oracle, for rounding to nearest. */
  it("a double comes back as it was, and as a single is what Math.fround makes of it", () => {
    const random = new Random(64);
    const x = new Extended();
    for (let i = 0; i < 5000; i++) {
      const high = random.oneIn(3)
        ? random.word()
        : (random.between(860, 1170) << 20) | (random.word() & 0x800f_ffff);
      const low = random.oneIn(3) ? 0 : random.word();
      view.setInt32(0, low, true);
      view.setInt32(4, high, true);
      const number = view.getFloat64(0, true);
      if (Number.isNaN(number)) continue;
      const env = environment();
      fromFloat64(env, low, high, x);
      env.flags = 0;
      toFloat64(env, x, result);
      expect([result[0], result[1], env.flags]).toEqual([low, high, 0]);
      toFloat32(env, x, result);
      view.setFloat32(0, number, true);
      expect(result[0]).toBe(view.getInt32(0, true));
      if (Number.isFinite(number) && Math.abs(number) < 1e38) {
        const inexact = Math.fround(number) !== number;
        const tiny = Math.abs(number) < 2 ** -126 && inexact;
        expect(env.flags & FLAG_PE).toBe(inexact ? FLAG_PE : 0);
        if (tiny && Math.abs(number) < 2 ** -127) expect(env.flags & FLAG_UE).toBe(FLAG_UE);
      }
    }
  });

  it("64 places round to 53 and 24 to the same double as through whole numbers", () => {
    const random = new Random(53);
    for (let i = 0; i < 3000; i++) {
      const x = someNumber(random, 60);
      toFloat64(environment(), x, result);
      view.setInt32(0, result[0], true);
      view.setInt32(4, result[1], true);
      // Number(BigInt) rounds to nearest even.
      const power = x.exponent - 0x3fff - 63;
      const expected = Number(partsOf(x).significand) * 2 ** power * (x.sign === 0 ? 1 : -1);
      expect(view.getFloat64(0, true)).toBe(expected);
    }
  });

  it("a denormal raises DE, a signalling NaN IE and becomes quiet", () => {
    const x = new Extended();
    const env = environment();
    fromFloat32(env, 1, x);
    expect([env.flags, partsOf(x).exponent]).toEqual([FLAG_DE, 0x3fff - 149]);
    env.flags = 0;
    fromFloat32(env, 0x7f80_0001, x);
    expect([env.flags, partsOf(x).significand]).toEqual([FLAG_IE, (3n << 62n) | (1n << 40n)]);
  });

  it("what is too large is infinity, or with OE unmasked is not stored", () => {
    const huge = extended(0, 0x7000, 1n << 63n);
    const env = environment();
    toFloat32(env, huge, result);
    expect([result[0], env.flags]).toEqual([0x7f80_0000, FLAG_OE | FLAG_PE]);
    const unmasked = environment(0, ALL_EXCEPTIONS & ~FLAG_OE);
    toFloat64(unmasked, huge, result);
    expect(unmasked.flags).toBe(FLAG_OE);
  });
});

describe("FRNDINT", () => {
  it("is the whole number next to it, with PE and C1", () => {
    const random = new Random(7);
    for (const rounding of ROUNDINGS) {
      for (let i = 0; i < 1000; i++) {
        const a = someNumber(random, 70);
        const env = environment(rounding);
        const into = new Extended();
        roundToIntegral(env, a, into);
        const whole = wholeOf(a, rounding);
        const { over, under } = magnitude(a);
        const zero = partsOf(into).significand === 0n;
        expect(
          zero ? 0n : (magnitude(into).over / magnitude(into).under) * (into.sign === 0 ? 1n : -1n),
        ).toBe(whole);
        expect([into.sign, env.flags]).toEqual([a.sign, over % under === 0n ? 0 : FLAG_PE]);
        const size = whole < 0n ? -whole : whole;
        expect(env.roundedUp).toBe(size * under > over);
      }
    }
  });
});
