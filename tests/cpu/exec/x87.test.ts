/** The coprocessor's opcodes without a coprocessor. */
import { describe, expect, it } from "vitest";
import { CR0, CR0_EM, CR0_MP, CR0_TS, EAX, VEC_NM } from "../../../src/cpu/state.ts";
import { Bench } from "../../support/cpu.ts";

const FNINIT = [0xdb, 0xe3];
const FNSTSW_AX = [0xdf, 0xe0];
const WAIT = [0x9b];

describe("x87 escapes on a processor without x87", () => {
  it("do nothing, so that the status word a probe looks for never appears", () => {
    const bench = new Bench();
    bench.cpu.r[EAX] = 0x5a5a;
    expect(bench.exec(...FNINIT)).toBeNull();
    expect(bench.exec(...FNSTSW_AX)).toBeNull();
    expect(bench.cpu.r[EAX]).toBe(0x5a5a);
  });

  it.each([
    ["CR0.EM", CR0_EM],
    ["CR0.TS", CR0_TS],
  ])("raise #NM while %s is set", (_name, bit) => {
    const bench = new Bench();
    bench.cpu.r[CR0] |= bit;
    expect(bench.exec(...FNINIT)).toMatchObject({ vector: VEC_NM });
  });

  it("WAIT raises #NM only while CR0.MP and CR0.TS are both set", () => {
    const outcome = (bits: number) => {
      const bench = new Bench();
      bench.cpu.r[CR0] |= bits;
      return bench.exec(...WAIT);
    };
    expect(outcome(CR0_TS)).toBeNull();
    expect(outcome(CR0_MP)).toBeNull();
    expect(outcome(CR0_MP | CR0_TS)).toMatchObject({ vector: VEC_NM });
  });
});
