/**
 * How far results are from the truth, which is computed to 460 places beside them. The SDM promises
 * less than one unit of the last place, or 1.5 in directed rounding modes (volume 1, 8.3.10 "Transcendental instruction
 * accuracy"). Ours are rounded from more than 110 places: the nearest number, and less than one unit off in all modes.
 */
import { describe, expect, it } from "vitest";
import { ROUND_DOWN, ROUND_NEAREST, ROUND_UP } from "../../../src/cpu/fpu/environment.ts";
import { EXPONENT_BIAS, type Extended } from "../../../src/cpu/fpu/extended.ts";
import {
  angleOf,
  errorInUlps,
  exp2Minus1,
  log2,
  log2Plus1,
  product,
  REFERENCE_ONE,
  sineAndCosine,
  tangent,
  toReference,
} from "./transcendental-reference.ts";
import { execute, NAMES, type Vector, vectors } from "./transcendental-vectors.ts";

/** Of operands and results: what the reference has places for. */
const EXPONENTS = 120;
const STATUS_C2 = 0x400;
/**
 * In units of the last place: what 120 places do not show of a result that is next to a number or half way between two.
 * The sine of a tiny angle, for one, is that angle.
 */
const UNSEEN = 2 ** -36;
const NEARLY_HALF = 0.5 + UNSEEN;

/** Of processors, in other modes than rounding to nearest. */
const PROMISE_DIRECTED = 1.5;

/** Where the functions have no value that is worth measuring, or only one the SDM calls undefined. */
function isMeasurable({ name, operands, registers, control, status }: Vector): boolean {
  const [a, b] = operands;
  if ((control & 0x3f) !== 0x3f || (status & STATUS_C2) !== 0) return false;
  if (name === "f2xm1" && a.exponent >= EXPONENT_BIAS) return false;
  if (name === "fyl2x" && a.sign !== 0) return false;
  if (name === "fyl2xp1" && a.sign !== 0 && a.exponent >= EXPONENT_BIAS) return false;
  return [a, ...(b === undefined ? [] : [b]), ...registers].every(
    ({ exponent, high }) => Math.abs(exponent - EXPONENT_BIAS) <= EXPONENTS && high < 0,
  );
}

/** The exact registers after the instruction, ST(0) first. */
function truth({ name, operands }: Vector): bigint[] {
  const [x, y] = operands.map(toReference);
  switch (name) {
    case "f2xm1":
      return [exp2Minus1(x)];
    case "fyl2x":
      return [product(y, log2(x))];
    case "fyl2xp1":
      return [product(y, log2Plus1(x))];
    case "fpatan":
      return [angleOf(y, x)];
    case "fsin":
      return [sineAndCosine(x)[0]];
    case "fcos":
      return [sineAndCosine(x)[1]];
    case "fsincos":
      return [sineAndCosine(x)[1], sineAndCosine(x)[0]];
    case "fptan":
      return [REFERENCE_ONE, tangent(x)];
  }
}

const roundingOf = ({ control }: Vector): number => (control >> 10) & 3;

describe.each(NAMES)("%s", (name) => {
  const measured = vectors()
    .filter((vector) => vector.name === name && isMeasurable(vector))
    .map((vector) => {
      const exact = truth(vector);
      const errors = (registers: readonly Extended[]) => registers.map((x, i) => errorInUlps(x, exact[i]));
      return { vector, ours: errors(execute(vector).registers), theirs: errors(vector.registers) };
    });

  it("is measured at operands enough", () => {
    expect(measured.length).toBeGreaterThan(50);
  });

  it("is the nearest number, when rounded to nearest", () => {
    const far = measured.filter(
      ({ vector, ours }) =>
        roundingOf(vector) === ROUND_NEAREST && ours.some((error) => Math.abs(error) > NEARLY_HALF),
    );
    expect(far.map(({ vector, ours }) => `${vector.line}: ${ours}`)).toEqual([]);
  });

  it("is less than one unit off in every rounding mode", () => {
    const far = measured.filter(({ ours }) => ours.some((error) => Math.abs(error) >= 1));
    expect(far.map(({ vector, ours }) => `${vector.line}: ${ours}`)).toEqual([]);
  });

  it("is not above the truth when rounded down, nor below when rounded up", () => {
    const wrong = measured.filter(({ vector, ours }) => {
      const rounding = roundingOf(vector);
      return ours.some(
        (error) => (rounding === ROUND_DOWN && error > UNSEEN) || (rounding === ROUND_UP && error < -UNSEEN),
      );
    });
    expect(wrong.map(({ vector, ours }) => `${vector.line}: ${ours}`)).toEqual([]);
  });

  it("is as close on the processor as the SDM promises, which vouches for the truth", () => {
    const far = measured.filter(({ vector, theirs }) => {
      const limit = roundingOf(vector) === ROUND_NEAREST ? 1 : PROMISE_DIRECTED;
      return theirs.some((error) => Math.abs(error) >= limit);
    });
    expect(far.map(({ vector, theirs }) => `${vector.line}: ${theirs}`)).toEqual([]);
  });
});
