/**
 * The transcendental instructions beside a processor that executed the same lines: the same exceptions, the same
 * special results to the bit, and numbers that differ in their last place at most. (Of such a pair, ours is the closer
 * one; see transcendental-accuracy.test.ts. Processors promise an error of less than one unit, not the nearest number.)
 *
 * What the SDM leaves undefined, as recorded:
 *
 *     F2XM1       of a number beyond 1 is that number; of infinity it is infinity, of minus infinity -1
 *     FYL2XP1     of a number from -1 downwards is that number, whatever ST(1); of those above the limit, the logarithm
 *     PE          is raised also where the result is exact, but for zeros, infinities and FCOS of 0
 *     UE          is raised also where the tiny result is exact: the sine of a denormal
 */
import { describe, expect, it } from "vitest";
import { EXPONENT_MAX, Extended } from "../../../src/cpu/fpu/extended.ts";
import { fcos, fpatan, fptan, fsin, fsincos } from "../../../src/cpu/fpu/transcendental.ts";
import {
  environmentOf,
  execute,
  formatExtended,
  NAMES,
  parseExtended,
  type Vector,
  vectors,
} from "./transcendental-vectors.ts";

const ALL = vectors();
const STATUS_C2 = 0x400;
const ALL_MASKED = 0x37f;

/** A number's place among all numbers of its sign, so that neighbours differ by 1. */
function rank(x: Extended): bigint {
  const significand = (BigInt(x.high & 0x7fff_ffff) << 32n) | BigInt(x.low >>> 0);
  return (BigInt(x.exponent) << 63n) | significand;
}

const isNumber = (x: Extended): boolean => x.exponent !== EXPONENT_MAX && rank(x) !== 0n;

/** 0 if equal, 1 if neighbours, 2 if neither. Zeros, infinities and NaNs have no neighbours. */
function distance(a: Extended, b: Extended): number {
  if (formatExtended(a) === formatExtended(b)) return 0;
  if (a.sign !== b.sign || !isNumber(a) || !isNumber(b)) return 2;
  const difference = rank(a) - rank(b);
  return difference === 1n || difference === -1n ? 1 : 2;
}

/** The lines of which `wrong` finds something to say. */
function complaints(lines: readonly Vector[], wrong: (vector: Vector) => string): string[] {
  return lines
    .map((vector) => ({ line: vector.line, text: wrong(vector) }))
    .filter(({ text }) => text !== "")
    .map(({ line, text }) => `${line}: ${text}`);
}

describe("the transcendental instructions, beside a processor", () => {
  describe.each(NAMES)("%s", (name) => {
    const lines = ALL.filter((vector) => vector.name === name);

    it("has lines to look at", () => {
      expect(lines.length).toBeGreaterThan(100);
    });

    it("raises the same exceptions and sets C2 for the same operands", () => {
      expect(
        complaints(lines, (vector) => {
          const { flags, inRange } = execute(vector);
          if (inRange === ((vector.status & STATUS_C2) !== 0)) return `in range: ${inRange}`;
          return flags === (vector.status & 0x3f) ? "" : `flags ${flags.toString(16)}`;
        }),
      ).toEqual([]);
    });

    it("leaves the same registers, but for the last place of numbers", () => {
      expect(
        complaints(lines, (vector) => {
          const { registers } = execute(vector);
          const same =
            registers.length === vector.registers.length &&
            registers.every((register, i) => distance(register, vector.registers[i]) <= 1);
          return same ? "" : registers.map(formatExtended).join(" ");
        }),
      ).toEqual([]);
    });

    it("leaves the very same registers nearly always", () => {
      const same = lines.filter((vector) =>
        execute(vector).registers.every((register, i) => distance(register, vector.registers[i]) === 0),
      );
      expect(same.length / lines.length).toBeGreaterThan(0.85);
    });
  });
});

describe("results and operands", () => {
  it("may be the same object", () => {
    const apart = complaints(
      ALL.filter(({ name, control }) => name === "fsin" && (control & 0x3f) === 0x3f),
      (vector) => {
        const [a] = vector.operands;
        const into = new Extended();
        into.copy(a);
        fsin(environmentOf(vector.control), into, into);
        const expected = formatExtended(execute(vector).registers[0]);
        return formatExtended(into) === expected ? "" : formatExtended(into);
      },
    );
    expect(apart).toEqual([]);
    const a = parseExtended("3fffa123456789abcdef");
    const b = parseExtended("bffed00000000000000d");
    const into = new Extended();
    fpatan(environmentOf(ALL_MASKED), a, b, into);
    fpatan(environmentOf(ALL_MASKED), a, b, b);
    expect(formatExtended(b)).toBe(formatExtended(into));
  });

  it("are untouched by an exception that is not masked", () => {
    const env = environmentOf(0x300);
    const denormal = parseExtended("00000000000000000001");
    const infinity = parseExtended("7fff8000000000000000");
    const before = "4000c90fdaa22168c235";
    for (const operand of [denormal, infinity]) {
      const sine = parseExtended(before);
      const cosine = parseExtended("3fff8000000000000000");
      env.flags = 0;
      expect(fsincos(env, operand, sine, cosine)).toBe(true);
      expect(env.flags).not.toBe(0);
      expect([formatExtended(sine), formatExtended(cosine)]).toEqual([before, "3fff8000000000000000"]);
    }
  });

  it("from 2^63 on are refused by the trigonometric instructions, which do nothing at all then", () => {
    const env = environmentOf(ALL_MASKED);
    const large = parseExtended("403e8000000000000000");
    const into = parseExtended("3fff8000000000000000");
    for (const instruction of [fsin, fcos, fptan]) expect(instruction(env, large, into)).toBe(false);
    expect(formatExtended(into)).toBe("3fff8000000000000000");
    expect(env.flags).toBe(0);
    expect(fsin(env, parseExtended("403dffffffffffffffff"), into)).toBe(true);
  });

  it("of fsincos are those of fsin and fcos", () => {
    const pairs = ALL.filter(({ name, control }) => name === "fsincos" && (control & 0x3f) === 0x3f);
    const apart = complaints(pairs, ({ control, operands: [a], registers }) => {
      const [sine, cosine, both, other] = [0, 0, 0, 0].map(() => new Extended());
      if (!fsincos(environmentOf(control), a, both, other)) return "";
      fsin(environmentOf(control), a, sine);
      fcos(environmentOf(control), a, cosine);
      const same =
        formatExtended(sine) === formatExtended(both) && formatExtended(cosine) === formatExtended(other);
      return same && registers.length === 2 ? "" : formatExtended(both);
    });
    expect(apart).toEqual([]);
  });
});
