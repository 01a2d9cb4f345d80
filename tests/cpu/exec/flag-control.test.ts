import { beforeEach, describe, expect, it } from "vitest";
import { CR0, CR0_MP, CR0_TS, EAX } from "../../../src/cpu/state.ts";
import { Bench } from "../../support/cpu.ts";

const bench = new Bench();
const { r } = bench.cpu;
beforeEach(() => bench.reset());

const CASES: readonly [string, number, number][] = [
  ["clc", 0x8d5, 0x8d4],
  ["stc", 0x8d4, 0x8d5],
  ["cmc", 0x8d4, 0x8d5],
  ["cmc", 0x8d5, 0x8d4],
  ["cld", 0xcd5, 0x8d5],
  ["std", 0x8d5, 0xcd5],
];

describe.each(CASES)("%s", (text, before, after) => {
  it(`turns ${before.toString(16)} into ${after.toString(16)}`, () => {
    bench.flags = before;
    expect(bench.asm(text)).toBeNull();
    expect(bench.flags & 0xcd5).toBe(after);
  });
});

describe("LAHF, SAHF", () => {
  it("LAHF puts the fixed bit 1 between the flags", () => {
    bench.flags = 0;
    expect(bench.asm("lahf")).toBeNull();
    expect(r[EAX]).toBe(0x0200);
    bench.flags = 0x8d5;
    expect(bench.asm("lahf")).toBeNull();
    expect(r[EAX]).toBe(0xd700);
  });
  it("SAHF leaves OF, for which AH has no bit", () => {
    bench.flags = 0x800;
    r[EAX] = 0xff00;
    expect(bench.asm("sahf")).toBeNull();
    expect(bench.flags & 0x8d5).toBe(0x8d5);
  });
});

describe("SALC", () => {
  it("fills AL with CF", () => {
    bench.flags = 1;
    r[EAX] = 0x1200;
    expect(bench.exec(0xd6)).toBeNull();
    expect(r[EAX]).toBe(0x12ff);
  });
});

describe("NOP", () => {
  it("does not access its operand", () => {
    const own = new Bench();
    own.mmu.absent.add(0);
    expect(own.exec(0x0f, 0x1f, 0x05, 0, 0, 0, 0)).toBeNull();
    expect(own.exec(0xf3, 0x90)).toBeNull();
  });
});

describe("WAIT", () => {
  it("raises #NM only when both CR0.MP and CR0.TS are set", () => {
    r[CR0] |= CR0_TS;
    expect(bench.exec(0x9b)).toBeNull();
    r[CR0] |= CR0_MP;
    expect(bench.exec(0x9b)).toMatchObject({ vector: 7 });
  });
});
