import { beforeEach, describe, expect, test } from "vitest";
import { CR0, EAX, EBX, EIP, IDTR_BASE, VEC_UD } from "../../../src/cpu/state.ts";
import { Bench, DATA, FREE_SELECTOR } from "../../support/cpu.ts";
import {
  CODE32,
  CONFORMING32,
  DATA32,
  DPL3,
  EXECUTE_ONLY32,
  load,
  READ_ONLY32,
  run,
  segment,
} from "../../support/descriptors.ts";

const bench = new Bench();
const { r } = bench.cpu;
const SEL = FREE_SELECTOR;
const ZF = 0x40;

beforeEach(() => bench.reset());

/** Executes `op` on a selector; null if ZF is clear afterwards, else what is in EAX. */
function ask(op: string, selector: number): number | null {
  r[EBX] = selector;
  r[EAX] = 0x5555_5555;
  load(bench, op);
  bench.step(1);
  if ((bench.flags & ZF) !== 0) return r[EAX] >>> 0;
  expect(r[EAX]).toBe(0x5555_5555);
  return null;
}
const lar = (selector: number) => ask("lar eax, ebx", selector);
const lsl = (selector: number) => ask("lsl eax, ebx", selector);
const verr = (selector: number) => ask("verr bx", selector) !== null;
const verw = (selector: number) => ask("verw bx", selector) !== null;

describe("LAR and LSL", () => {
  test("LAR gives the access rights, with the limit's upper bits as real processors do", () => {
    segment(bench, SEL, 0xc093, 0x1234_5678, 0x51234);
    expect(lar(SEL)).toBe(0x00c5_9300);
    expect(ask("lar ax, bx", SEL)).toBe(0x5555_9300);
  });
  test("LSL gives the limit in bytes", () => {
    segment(bench, SEL, 0xc093, 0, 0x51234);
    expect(lsl(SEL)).toBe(0x5123_4fff);
    segment(bench, SEL, 0x4093, 0, 0x51234);
    expect(lsl(SEL)).toBe(0x5_1234);
    expect(ask("lsl ax, bx", SEL)).toBe(0x5555_1234);
  });
  test("a null selector or one beyond the table clears ZF", () => {
    for (const selector of [0, 3, 0x2000, 0x0c]) {
      expect(lar(selector)).toBeNull();
      expect(lsl(selector)).toBeNull();
    }
  });
  test("which system types they accept", () => {
    const accepted = (question: (selector: number) => number | null): number[] => {
      const types = Array.from({ length: 16 }, (_, type) => type);
      return types.filter((type) => {
        segment(bench, SEL, 0x80 | type);
        return question(SEL) !== null;
      });
    };
    expect(accepted(lar)).toEqual([1, 2, 3, 4, 5, 9, 11, 12]);
    expect(accepted(lsl)).toEqual([1, 2, 3, 9, 11]);
  });
  test("CPL and RPL must not exceed DPL, except for conforming code", () => {
    segment(bench, SEL, DATA32);
    expect(lar(SEL | 1)).toBeNull();
    expect(lsl(SEL | 3)).toBeNull();
    bench.setPrivilege(3);
    expect(lar(SEL)).toBeNull();
    segment(bench, SEL, CONFORMING32);
    expect(lar(SEL | 3)).not.toBeNull();
    segment(bench, SEL, DATA32 | DPL3);
    expect(lsl(SEL | 3)).toBe(0xffff_ffff);
  });
  test("a segment that is not present answers too", () => {
    segment(bench, SEL, DATA32 & ~0x80);
    expect(lar(SEL)).toBe(0x00cf_1300);
  });
  test("change no other flag", () => {
    segment(bench, SEL, DATA32);
    bench.flags = 0x8d7;
    lar(0);
    expect(bench.flags).toBe(0x897);
  });
});

describe("VERR and VERW", () => {
  test("data is readable; writable only with the W bit", () => {
    segment(bench, SEL, DATA32);
    expect([verr(SEL), verw(SEL)]).toEqual([true, true]);
    segment(bench, SEL, READ_ONLY32);
    expect([verr(SEL), verw(SEL)]).toEqual([true, false]);
  });
  test("code is never writable, and readable only with the R bit", () => {
    segment(bench, SEL, CODE32);
    expect([verr(SEL), verw(SEL)]).toEqual([true, false]);
    segment(bench, SEL, EXECUTE_ONLY32);
    expect([verr(SEL), verw(SEL)]).toEqual([false, false]);
  });
  test("privilege counts, but not for conforming code", () => {
    segment(bench, SEL, DATA32);
    expect(verr(SEL | 3)).toBe(false);
    segment(bench, SEL, CONFORMING32);
    expect(verr(SEL | 3)).toBe(true);
  });
  test("system segments are neither", () => {
    segment(bench, SEL, 0x89);
    expect([verr(SEL), verw(SEL)]).toEqual([false, false]);
  });
});

describe("ARPL", () => {
  test("raises RPL to that of the source and says so in ZF", () => {
    r[EAX] = 0x1234_0010;
    r[EBX] = 3;
    run(bench, "arpl ax, bx");
    expect(r[EAX]).toBe(0x1234_0013);
    expect(bench.flags & ZF).toBe(ZF);
    r[EBX] = 1;
    run(bench, "arpl ax, bx");
    expect(r[EAX]).toBe(0x1234_0013);
    expect(bench.flags & ZF).toBe(0);
  });
  test("works on memory", () => {
    bench.write16(DATA, 0x20);
    r[EBX] = 2;
    run(bench, `arpl [${DATA}], bx`);
    expect(bench.read16(DATA)).toBe(0x22);
  });
});

test("in real mode these instructions are #UD", () => {
  r[CR0] &= ~1;
  bench.cpu.refreshMode();
  for (const text of [
    "lar eax, ebx",
    "lsl eax, ebx",
    "verr bx",
    "verw bx",
    "arpl ax, bx",
    "sldt ax",
    "ltr ax",
  ]) {
    load(bench, text);
    r[IDTR_BASE] = 0;
    bench.write32(VEC_UD * 4, 0x0123_0004);
    bench.step(1);
    expect(r[EIP]).toBe(4);
    bench.reset();
    r[CR0] &= ~1;
    bench.cpu.refreshMode();
  }
});
