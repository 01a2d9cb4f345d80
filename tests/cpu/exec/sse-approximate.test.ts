/** RCP and RSQRT. */
import { beforeEach, describe, expect, it } from "vitest";
import { reciprocalRootSingle, reciprocalSingle } from "../../../src/cpu/simd/float-approximate.ts";
import { MXCSR, XMM } from "../../../src/cpu/state.ts";
import { encodeSse, REGISTERS, sseBench } from "../../support/sse.ts";

/** SDM: volume 2, "RCPPS", "RSQRTPS". */
const MAX_RELATIVE_ERROR = 1.5 * 2 ** -12;
const MINUS = 0x8000_0000 | 0;
const INFINITY = 0x7f80_0000;
const INDEFINITE = 0xffc0_0000 | 0;

const bits = new Int32Array(1);
const single = new Float32Array(bits.buffer);
function numberOf(word: number): number {
  bits[0] = word;
  return single[0];
}

/** Worst relative error over both ends of every interval of fractions, in a few binades. */
function worst(approximate: (bits: number) => number, exact: (x: number) => number): number {
  let error = 0;
  for (const exponent of [1, 64, 126, 127, 128, 200, 252]) {
    for (let fraction = 0; fraction < 1 << 23; fraction += 0xfff) {
      const word = (exponent << 23) | fraction;
      const right = exact(numberOf(word));
      error = Math.max(error, Math.abs(numberOf(approximate(word)) - right) / right);
    }
  }
  return error;
}

describe("approximations", () => {
  it("of reciprocals are as near as the SDM promises", () => {
    expect(worst(reciprocalSingle, (x) => 1 / x)).toBeLessThanOrEqual(MAX_RELATIVE_ERROR);
  });
  it("of reciprocal square roots are, too", () => {
    expect(worst(reciprocalRootSingle, (x) => 1 / Math.sqrt(x))).toBeLessThanOrEqual(MAX_RELATIVE_ERROR);
  });
  it("never rise where the exact function falls", () => {
    for (const approximate of [reciprocalSingle, reciprocalRootSingle]) {
      let before = approximate(0x3f00_0000);
      for (let word = 0x3f00_0000; word <= 0x4080_0000; word += 0x400) {
        const now = approximate(word);
        expect(now).toBeLessThanOrEqual(before);
        before = now;
      }
    }
  });
});

describe("special operands", () => {
  it.each([
    ["zero", 0, INFINITY, INFINITY],
    ["minus zero", MINUS, MINUS | INFINITY, MINUS | INFINITY],
    ["a denormal, which counts as zero", 0x007f_ffff, INFINITY, INFINITY],
    ["a negative denormal", MINUS | 1, MINUS | INFINITY, MINUS | INFINITY],
    ["infinity", INFINITY, 0, 0],
    ["minus infinity", MINUS | INFINITY, MINUS, INDEFINITE],
    ["a negative number", 0xc000_0000 | 0, 0xbeff_f000 | 0, INDEFINITE],
    ["a quiet NaN", 0xffc1_2345 | 0, 0xffc1_2345 | 0, 0xffc1_2345 | 0],
    ["a signalling NaN", 0x7f81_2345, 0x7fc1_2345, 0x7fc1_2345],
    ["the largest number, whose reciprocal is tiny", 0x7f7f_ffff, 0, 0x1f80_0800],
  ])("%s", (_name, operand, reciprocal, root) => {
    expect(reciprocalSingle(operand)).toBe(reciprocal);
    expect(reciprocalRootSingle(operand)).toBe(root);
  });
});

describe("RCPPS to RSQRTSS", () => {
  const bench = sseBench();
  const { r } = bench.cpu;
  beforeEach(() => {
    r.set([1, 2, 3, 4], XMM);
    r.set([0, -1, 0x7f81_2345, 1], XMM + 4);
  });

  it.each(["rcpps", "rcpss", "rsqrtps", "rsqrtss"])("%s raises nothing, and flags nothing", (name) => {
    r[MXCSR] = 0;
    expect(bench.exec(...encodeSse(name, REGISTERS))).toBeNull();
    expect(r[MXCSR]).toBe(0);
  });
  it("scalar forms keep the rest of the destination", () => {
    bench.exec(...encodeSse("rsqrtss", REGISTERS));
    expect([...r.subarray(XMM, XMM + 4)]).toEqual([INFINITY, 2, 3, 4]);
  });
});
