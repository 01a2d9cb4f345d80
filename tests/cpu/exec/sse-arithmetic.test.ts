/** ADD to MAX: what they check, how they report exceptions, and the rules of their results one by one. */
import { beforeEach, describe, expect, it } from "vitest";
import {
  CR0,
  CR0_EM,
  CR0_TS,
  CR4,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  ESI,
  MXCSR,
  VEC_GP,
  VEC_NM,
  VEC_PF,
  VEC_UD,
  VEC_XM,
  XMM,
} from "../../../src/cpu/state.ts";
import { CODE, DATA, type Fault } from "../../support/cpu.ts";
import { encodeSse, MEMORY_ESI, REGISTERS, sseBench } from "../../support/sse.ts";

const MASKED = 0x1f80;
const DAZ = 0x40;
const FTZ = 0x8000;
const IE = 1;
const DE = 2;
const ZE = 4;
const OE = 8;
const UE = 0x10;
const PE = 0x20;
const ROUND_DOWN = 1 << 13;
const ROUND_UP = 2 << 13;
const ROUND_ZERO = 3 << 13;

const ONE = 0x3f80_0000;
const TWO = 0x4000_0000;
const THREE = 0x4040_0000;
const MAX = 0x7f7f_ffff;
const MIN_NORMAL = 0x0080_0000;
const DENORMAL = 0x0000_0003;
const INFINITY = 0x7f80_0000;
const QUIET = 0x7fc1_2345;
const SIGNALLING = 0x7f81_2345;
const INDEFINITE = 0xffc0_0000;
const MINUS = 0x8000_0000;

const bench = sseBench();
const { r } = bench.cpu;
beforeEach(() => {
  bench.reset();
  bench.mmu.absent.clear();
  r[CR4] |= CR4_OSFXSR | CR4_OSXMMEXCPT;
  r[MXCSR] = MASKED;
  r[ESI] = DATA;
});

function set(register: number, ...words: number[]): void {
  words.forEach((word, i) => {
    r[XMM + register * 4 + i] = word;
  });
}
const get = (register: number): number[] =>
  [...r.subarray(XMM + register * 4, XMM + register * 4 + 4)].map((word) => word >>> 0);
const execute = (name: string, modrm = REGISTERS): Fault | null => bench.exec(...encodeSse(name, modrm));

/** Low word of the result, and flags, of a scalar instruction on singles. */
function scalar(name: string, a: number, b: number, mxcsr = MASKED): { bits: number; flags: number } {
  set(0, a, 0, 0, 0);
  set(1, b, 0, 0, 0);
  r[MXCSR] = mxcsr;
  expect(execute(name)).toBeNull();
  return { bits: get(0)[0], flags: r[MXCSR] & 0x3f };
}

describe("an SSE instruction", () => {
  it("is undefined while CR0.EM is set or CR4.OSFXSR clear, even where memory would fault", () => {
    bench.mmu.absent.add(DATA >>> 12);
    r[CR0] |= CR0_EM;
    expect(execute("addps", MEMORY_ESI)).toMatchObject({ vector: VEC_UD });
    r[CR0] &= ~CR0_EM;
    r[CR4] &= ~CR4_OSFXSR;
    expect(execute("addss", MEMORY_ESI)).toMatchObject({ vector: VEC_UD });
  });
  it("raises #NM while CR0.TS is set", () => {
    r[CR0] |= CR0_TS;
    for (const name of ["addps", "sqrtsd", "cmpss/0", "ucomisd", "cvtsi2sd", "rcpps", "cvtpi2ps", "minpd"]) {
      expect(execute(name), name).toMatchObject({ vector: VEC_NM });
    }
  });
  it("takes 16 bytes of memory only where they are aligned, fewer bytes anywhere", () => {
    r[ESI] = DATA + 8;
    for (const name of ["addps", "maxpd", "sqrtps", "cmppd/1", "cvtdq2ps", "cvtpd2pi", "rcpps"]) {
      expect(execute(name, MEMORY_ESI), name).toMatchObject({ vector: VEC_GP, errorCode: 0 });
    }
    r[ESI] = DATA + 3;
    for (const name of ["addss", "mulsd", "cvtps2pd", "cvtdq2pd", "cvtps2pi", "cvtpi2pd", "comisd"]) {
      expect(execute(name, MEMORY_ESI), name).toBeNull();
    }
  });
  it("finds a page fault before exceptions of numbers", () => {
    bench.mmu.absent.add(DATA >>> 12);
    r[MXCSR] = 0;
    set(0, SIGNALLING, SIGNALLING, SIGNALLING, SIGNALLING);
    expect(execute("addps", MEMORY_ESI)).toMatchObject({ vector: VEC_PF });
    expect(r[MXCSR]).toBe(0);
  });
});

describe("an exception that is not masked", () => {
  it("is #XM at the instruction: flags say why, the destination stays", () => {
    set(0, ONE, 2, 3, 4);
    set(1, 0, 0, 0, 0);
    r[MXCSR] = MASKED & ~(ZE << 7);
    expect(execute("divss")).toEqual({ vector: VEC_XM, errorCode: -1, eip: CODE });
    expect(r[MXCSR] & 0x3f).toBe(ZE);
    expect(get(0)).toEqual([ONE, 2, 3, 4]);
  });
  it("is #UD where the operating system has not set CR4.OSXMMEXCPT", () => {
    r[CR4] &= ~CR4_OSXMMEXCPT;
    set(0, SIGNALLING);
    r[MXCSR] = 0;
    expect(execute("addss")).toMatchObject({ vector: VEC_UD });
  });
  it("of an operand hides what the other elements' results would have raised", () => {
    set(0, SIGNALLING, ONE, ONE, ONE);
    set(1, ONE, THREE, DENORMAL, 0);
    r[MXCSR] = MASKED & ~(IE << 7);
    expect(execute("divps")).toMatchObject({ vector: VEC_XM });
    expect(r[MXCSR] & 0x3f).toBe(IE | DE | ZE);
  });
  it("of a result comes with the flags of all elements", () => {
    set(0, ONE, MAX, SIGNALLING, ONE);
    set(1, THREE, 0x3f00_0000, ONE, ONE);
    r[MXCSR] = MASKED & ~(OE << 7);
    expect(execute("divps")).toMatchObject({ vector: VEC_XM });
    expect(r[MXCSR] & 0x3f).toBe(IE | OE | PE);
  });
  it("that is already flagged raises nothing by itself", () => {
    r[MXCSR] = (MASKED & ~(PE << 7)) | PE;
    set(0, ONE);
    set(1, TWO);
    expect(execute("addss")).toBeNull();
    expect(get(0)[0]).toBe(THREE);
  });
});

describe("results", () => {
  it("of scalar forms leave the rest of the destination as it was", () => {
    set(0, ONE, 5, 6, 7);
    set(1, TWO, 8, 9, 10);
    execute("addss");
    expect(get(0)).toEqual([THREE, 5, 6, 7]);
    set(0, 0, 0x3ff0_0000, 6, 7);
    set(1, 0, 0x4000_0000, 9, 10);
    execute("addsd");
    expect(get(0)).toEqual([0, 0x4008_0000, 6, 7]);
  });
  it("are right where source and destination are one register", () => {
    set(0, ONE, TWO, THREE, 0);
    expect(execute("addps", 0xc0)).toBeNull();
    expect(get(0)).toEqual([TWO, 0x4080_0000, 0x40c0_0000, 0]);
  });
  it("are set in all flags until software clears them", () => {
    scalar("divss", ONE, 0);
    r[MXCSR] |= MASKED;
    set(0, ONE);
    set(1, THREE);
    execute("divss");
    expect(r[MXCSR] & 0x3f).toBe(ZE | PE);
  });
  it("with a NaN are the first NaN, made quiet; only signalling ones are invalid", () => {
    expect(scalar("addss", QUIET, SIGNALLING)).toEqual({ bits: QUIET, flags: IE });
    expect(scalar("subss", SIGNALLING, QUIET + 1)).toEqual({ bits: SIGNALLING | 0x40_0000, flags: IE });
    expect(scalar("mulss", ONE, QUIET)).toEqual({ bits: QUIET, flags: 0 });
    // A minus in the operation is none of the NaN's.
    expect(scalar("subss", ONE, QUIET)).toEqual({ bits: QUIET, flags: 0 });
  });
  it.each([
    ["subss", INFINITY, INFINITY],
    ["mulss", 0, INFINITY],
    ["divss", 0, 0],
    ["divss", INFINITY, INFINITY],
    ["sqrtss", 0, MINUS | ONE],
  ])("of the invalid %s %s, %s is the indefinite", (name, a, b) => {
    expect(scalar(name, a, b)).toEqual({ bits: INDEFINITE, flags: IE });
  });
  it("of a sum that cancels are +0, when rounding down -0", () => {
    expect(scalar("subss", ONE, ONE)).toEqual({ bits: 0, flags: 0 });
    expect(scalar("subss", ONE, ONE, MASKED | ROUND_DOWN)).toEqual({ bits: MINUS, flags: 0 });
    expect(scalar("addss", MINUS, MINUS, MASKED | ROUND_UP).bits).toBe(MINUS);
  });
  it("round as MXCSR says", () => {
    const third = (rounding: number) => scalar("divss", ONE, THREE, MASKED | rounding).bits;
    expect(third(0)).toBe(0x3eaa_aaab);
    expect(third(ROUND_DOWN)).toBe(0x3eaa_aaaa);
    expect(third(ROUND_UP)).toBe(0x3eaa_aaab);
    expect(third(ROUND_ZERO)).toBe(0x3eaa_aaaa);
  });
  it("too large are infinite, or the largest number where rounding goes the other way", () => {
    expect(scalar("addss", MAX, MAX)).toEqual({ bits: INFINITY, flags: OE | PE });
    expect(scalar("addss", MAX, MAX, MASKED | ROUND_ZERO).bits).toBe(MAX);
    expect(scalar("addss", MAX | MINUS, MAX | MINUS, MASKED | ROUND_UP).bits).toBe((MAX | MINUS) >>> 0);
  });
  it("too small underflow only where they are inexact, unless underflow is not masked", () => {
    expect(scalar("mulss", MIN_NORMAL, 0x3f00_0000)).toEqual({ bits: 0x40_0000, flags: 0 });
    expect(scalar("divss", MIN_NORMAL, THREE).flags).toBe(UE | PE);
    set(0, MIN_NORMAL);
    set(1, 0x3f00_0000);
    r[MXCSR] = MASKED & ~(UE << 7);
    expect(execute("mulss")).toMatchObject({ vector: VEC_XM });
    expect(r[MXCSR] & 0x3f).toBe(UE);
  });
  it("that round up to the smallest normal number did not underflow", () => {
    // (1 + 2^-23) * (1 - 2^-23) * 2^-126 lies just below it: nearer than any number of 24 bits.
    expect(scalar("mulss", MIN_NORMAL + 1, ONE - 2)).toEqual({ bits: MIN_NORMAL, flags: PE });
  });
  it("that are the smallest normal number only for want of smaller steps did underflow", () => {
    // (1 - 2^-24) * 2^-126 has 24 bits: without a limit of exponents it would not be rounded. PE is set before.
    expect(scalar("mulss", MIN_NORMAL, ONE - 1, MASKED | PE)).toEqual({ bits: MIN_NORMAL, flags: UE | PE });
    expect(scalar("mulss", MIN_NORMAL, ONE - 1, MASKED | PE | FTZ)).toEqual({ bits: 0, flags: UE | PE });
    set(0, 0, 0x0010_0000);
    set(1, -1, 0x3fef_ffff);
    r[MXCSR] = MASKED | PE | FTZ;
    execute("mulsd");
    expect(get(0).slice(0, 2)).toEqual([0, 0]);
    expect(r[MXCSR] & 0x3f).toBe(UE | PE);
  });
  it("too small become zero with FTZ, exact or not", () => {
    expect(scalar("mulss", MIN_NORMAL | MINUS, 0x3f00_0000, MASKED | FTZ)).toEqual({
      bits: MINUS,
      flags: UE | PE,
    });
  });
  it("take denormals for what they are, with DE, or with DAZ for zeros, without", () => {
    expect(scalar("addss", DENORMAL, 0)).toEqual({ bits: DENORMAL, flags: DE });
    expect(scalar("addss", DENORMAL, 0, MASKED | DAZ)).toEqual({ bits: 0, flags: 0 });
    expect(scalar("divss", ONE, MINUS | DENORMAL, MASKED | DAZ)).toEqual({
      bits: 0xff80_0000,
      flags: ZE,
    });
  });
});

describe("MIN and MAX", () => {
  it("give the second operand if one is a NaN, and take no NaN quietly", () => {
    expect(scalar("minss", QUIET, ONE)).toEqual({ bits: ONE, flags: IE });
    expect(scalar("maxss", ONE, SIGNALLING)).toEqual({ bits: SIGNALLING, flags: IE });
  });
  it("give the second of two zeros", () => {
    expect(scalar("minss", MINUS, 0).bits).toBe(0);
    expect(scalar("maxss", 0, MINUS).bits).toBe(MINUS);
  });
  it("order numbers of different signs", () => {
    expect(scalar("minss", ONE, MINUS | TWO).bits).toBe((MINUS | TWO) >>> 0);
    expect(scalar("maxss", ONE, MINUS | TWO).bits).toBe(ONE);
  });
});
