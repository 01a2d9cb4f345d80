/** The register stack, and what MMX makes of it. */
import { beforeEach, describe, expect, it } from "vitest";
import { Extended } from "../../../src/cpu/fpu/extended.ts";
import {
  emptyMmx,
  enterMmx,
  getRegister,
  getTop,
  INDEFINITE,
  isEmpty,
  pop,
  push,
  requireMmx,
  setEmpty,
  setRegister,
  setTop,
} from "../../../src/cpu/fpu/registers.ts";
import {
  CR0,
  CR0_EM,
  CR0_TS,
  FPR,
  FPU_STATUS,
  FPU_TAGS,
  VEC_MF,
  VEC_NM,
  VEC_UD,
} from "../../../src/cpu/state.ts";
import { Bench } from "../../support/cpu.ts";

const bench = new Bench();
const { cpu } = bench;
const { r } = cpu;

/** The small integer `n`, as far as these tests care. */
function number(n: number): Extended {
  const x = new Extended();
  x.set(0, 0x3fff, 0x8000_0000 | 0, n);
  return x;
}

function low(i: number): number {
  const x = new Extended();
  getRegister(cpu, i, x);
  return x.low;
}

beforeEach(() => {
  bench.reset();
  r[FPU_STATUS] = 0;
  r[FPU_TAGS] = 0;
});

describe("the stack", () => {
  it("grows downwards from R7", () => {
    push(cpu, number(1));
    expect(getTop(cpu)).toBe(7);
    push(cpu, number(2));
    expect(getTop(cpu)).toBe(6);
    expect(r[FPU_TAGS]).toBe(0xc0);
    expect([low(0), low(1)]).toEqual([2, 1]);
    expect(r[FPR + 6 * 4]).toBe(2);
  });

  it("wraps around, and eight pushes fill it", () => {
    setTop(cpu, 3);
    for (let n = 0; n < 8; n++) {
      expect(isEmpty(cpu, 7)).toBe(true);
      push(cpu, number(n));
    }
    expect(getTop(cpu)).toBe(3);
    expect(r[FPU_TAGS]).toBe(0xff);
    expect(isEmpty(cpu, 7)).toBe(false);
    expect(low(7)).toBe(0);
  });

  it("keeps what a popped register holds, but calls it empty", () => {
    push(cpu, number(5));
    pop(cpu);
    expect(getTop(cpu)).toBe(0);
    expect(isEmpty(cpu, 7)).toBe(true);
    expect(low(7)).toBe(5);
  });

  it("can have holes", () => {
    push(cpu, number(1));
    push(cpu, number(2));
    setEmpty(cpu, 1);
    expect([isEmpty(cpu, 0), isEmpty(cpu, 1)]).toEqual([false, true]);
    setRegister(cpu, 1, INDEFINITE);
    expect(isEmpty(cpu, 1)).toBe(false);
    expect(r[FPR + 7 * 4 + 2]).toBe(0xffff);
    expect(r[FPR + 7 * 4 + 1]).toBe(0xc000_0000 | 0);
  });

  it("changes no other bit of the status word", () => {
    r[FPU_STATUS] = 0x4722;
    setTop(cpu, 5);
    expect(r[FPU_STATUS]).toBe(0x4722 | (5 << 11));
    setTop(cpu, getTop(cpu) + 3);
    expect(r[FPU_STATUS]).toBe(0x4722);
  });
});

describe("MMX", () => {
  /** The vector that `action` raises, or null. */
  function fault(action: () => void): number | null {
    try {
      action();
      return null;
    } catch (thrown) {
      if (thrown !== cpu.fault) throw thrown;
      return cpu.fault.vector;
    }
  }

  it("sets TOP to 0 and marks all registers as in use", () => {
    r[FPU_STATUS] = 0x4722 | (5 << 11);
    enterMmx(cpu);
    expect(r[FPU_STATUS]).toBe(0x4722);
    expect(r[FPU_TAGS]).toBe(0xff);
  });

  it("EMMS marks them as empty", () => {
    enterMmx(cpu);
    emptyMmx(cpu);
    expect(r[FPU_TAGS]).toBe(0);
  });

  it("checks CR0.EM (#UD), then CR0.TS (#NM), then for a pending x87 exception (#MF), and then changes nothing", () => {
    r[FPU_STATUS] = 0x8081 | (5 << 11);
    for (const enter of [requireMmx, enterMmx, emptyMmx]) {
      r[CR0] |= CR0_EM | CR0_TS;
      expect(fault(() => enter(cpu))).toBe(VEC_UD);
      r[CR0] &= ~CR0_EM;
      expect(fault(() => enter(cpu))).toBe(VEC_NM);
      r[CR0] &= ~CR0_TS;
      expect(fault(() => enter(cpu))).toBe(VEC_MF);
      expect(getTop(cpu)).toBe(5);
      expect(r[FPU_TAGS]).toBe(0);
    }
  });
});
