/** CMPcc, COMIS and UCOMIS. */
import { beforeEach, describe, expect, it } from "vitest";
import { MXCSR, VEC_XM, XMM } from "../../../src/cpu/state.ts";
import { encodeSse, REGISTERS, sseBench } from "../../support/sse.ts";

const MASKED = 0x1f80;
const IE = 1;
const DE = 2;
const CF = 1;
const PF = 4;
const ZF = 0x40;
const OTHER_FLAGS = 0x890;

const bench = sseBench();
const { r } = bench.cpu;
beforeEach(() => {
  r[MXCSR] = MASKED;
});

/** Upper words of doubles whose lower words are 0, and singles. */
const NUMBERS = {
  sd: { one: 0x3ff0_0000, two: 0x4000_0000, quiet: 0x7ff8_0000, signalling: 0x7ff4_0000, denormal: 1 },
  ss: { one: 0x3f80_0000, two: 0x4000_0000, quiet: 0x7fc0_0000, signalling: 0x7fa0_0000, denormal: 1 },
};
type Size = keyof typeof NUMBERS;

function compare(name: string, size: Size, a: number, b: number): void {
  const high = size === "sd" ? 1 : 0;
  r.fill(0, XMM, XMM + 8);
  r[XMM + high] = a;
  r[XMM + 4 + high] = b;
  expect(bench.exec(...encodeSse(name, REGISTERS))).toBeNull();
}

describe.each(["ss", "sd"] as const)("CMP%s", (size) => {
  const { one, two, quiet, signalling, denormal } = NUMBERS[size];
  // SDM: volume 2, "CMPPD", table 3-1: whether the predicate holds for less, equal, greater, unordered; and whether a
  // quiet NaN is invalid.
  it.each([
    [0, "EQ", false, true, false, false, false],
    [1, "LT", true, false, false, false, true],
    [2, "LE", true, true, false, false, true],
    [3, "UNORD", false, false, false, true, false],
    [4, "NEQ", true, false, true, true, false],
    [5, "NLT", false, true, true, true, true],
    [6, "NLE", false, false, true, true, true],
    [7, "ORD", true, true, true, false, false],
  ])("%i, %s", (predicate, _name, less, equal, greater, unordered, signals) => {
    const mask = (a: number, b: number): number => {
      compare(`cmp${size}/${predicate}`, size, a, b);
      return r[XMM];
    };
    expect([mask(one, two), mask(one, one), mask(two, one), mask(one, quiet)]).toEqual(
      [less, equal, greater, unordered].map((holds) => (holds ? -1 : 0)),
    );
    expect((r[MXCSR] & IE) !== 0).toBe(signals);
    mask(signalling, one);
    expect(r[MXCSR] & IE).toBe(IE);
  });

  it("looks at three bits of its immediate", () => {
    compare(`cmp${size}/249`, size, one, two);
    expect(r[XMM]).toBe(-1);
  });
  it("notes denormals", () => {
    compare(`cmp${size}/0`, size, denormal, one);
    expect(r[MXCSR] & 0x3f).toBe(DE);
  });
});

describe("CMPPS and CMPPD", () => {
  it("fill each element with ones or zeros", () => {
    r.set([1, 0x3f80_0000, 0, 0x7fc0_0000], XMM);
    r.set([1, 0x4000_0000, 0x8000_0000, 0x7fc0_0000], XMM + 4);
    expect(bench.exec(...encodeSse("cmpps/0", REGISTERS))).toBeNull();
    expect([...r.subarray(XMM, XMM + 4)]).toEqual([-1, 0, -1, 0]);
    r.set([0, 0x3ff0_0000, 0, 0x3ff0_0000], XMM);
    r.set([1, 0x3ff0_0000, 0, 0x3ff0_0000], XMM + 4);
    expect(bench.exec(...encodeSse("cmppd/0", REGISTERS))).toBeNull();
    expect([...r.subarray(XMM, XMM + 4)]).toEqual([0, 0, -1, -1]);
  });
});

describe.each(["ss", "sd"] as const)("COMI%s and UCOMI%s", (size) => {
  const { one, two, quiet, signalling } = NUMBERS[size];
  const flags = (name: string, a: number, b: number): number => {
    bench.flags = CF | PF | ZF | OTHER_FLAGS;
    compare(`${name}${size}`, size, a, b);
    return bench.flags & (CF | PF | ZF | OTHER_FLAGS);
  };

  it.each(["comi", "ucomi"])("%s: ZF PF CF tell the order, OF SF AF are clear", (name) => {
    expect(flags(name, two, one)).toBe(0);
    expect(flags(name, one, two)).toBe(CF);
    expect(flags(name, one, one)).toBe(ZF);
    expect(flags(name, one, quiet)).toBe(ZF | PF | CF);
  });
  it("of a quiet NaN: only COMI finds it invalid", () => {
    flags("ucomi", one, quiet);
    expect(r[MXCSR] & IE).toBe(0);
    flags("comi", one, quiet);
    expect(r[MXCSR] & IE).toBe(IE);
  });
  it("of a signalling NaN: both do", () => {
    flags("ucomi", signalling, one);
    expect(r[MXCSR] & IE).toBe(IE);
  });
  it("leave EFLAGS alone when they raise #XM", () => {
    r[MXCSR] = 0;
    r.fill(0, XMM, XMM + 8);
    r[XMM + (size === "sd" ? 1 : 0)] = quiet;
    bench.flags = OTHER_FLAGS;
    expect(bench.exec(...encodeSse(`comi${size}`, REGISTERS))).toMatchObject({ vector: VEC_XM });
    expect(bench.flags & (CF | PF | ZF | OTHER_FLAGS)).toBe(OTHER_FLAGS);
  });
});
