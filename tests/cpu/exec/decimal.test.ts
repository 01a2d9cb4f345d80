import { beforeEach, describe, expect, it } from "vitest";
import { EAX, EBX } from "../../../src/cpu/state.ts";
import { Bench } from "../../support/cpu.ts";

const CF = 1;
const AF = 0x10;

const bench = new Bench();
const { r } = bench.cpu;
beforeEach(() => bench.reset());

const bcd = (n: number): number => ((n / 10) | 0) * 16 + (n % 10);

describe("DAA, DAS", () => {
  it("make the sum and the difference of packed decimals decimal", () => {
    for (let a = 0; a < 100; a++) {
      for (let b = 0; b < 100; b += 7) {
        r[EAX] = bcd(a);
        r[EBX] = bcd(b);
        expect(bench.asm("add al, bl\n daa")).toBeNull();
        expect([r[EAX] & 0xff, bench.flags & CF]).toEqual([bcd((a + b) % 100), a + b > 99 ? 1 : 0]);
        r[EAX] = bcd(a);
        expect(bench.asm("sub al, bl\n das")).toBeNull();
        expect([r[EAX] & 0xff, bench.flags & CF]).toEqual([bcd((a - b + 100) % 100), a < b ? 1 : 0]);
      }
    }
  });
});

describe("AAA, AAS", () => {
  it("carry into AH and set AF and CF", () => {
    r[EAX] = 0x0209;
    expect(bench.asm("add al, 8\n aaa")).toBeNull();
    expect(r[EAX]).toBe(0x0307);
    expect(bench.flags & (CF | AF)).toBe(CF | AF);
    r[EAX] = 0x0203;
    expect(bench.asm("sub al, 8\n aas")).toBeNull();
    expect(r[EAX]).toBe(0x0105);
  });
});

describe("AAM, AAD", () => {
  it("split into digits and join them, in any base", () => {
    r[EAX] = 63;
    expect(bench.exec(0xd4, 10)).toBeNull();
    expect(r[EAX]).toBe(0x0603);
    expect(bench.exec(0xd5, 10)).toBeNull();
    expect(r[EAX]).toBe(63);
    expect(bench.exec(0xd4, 16)).toBeNull();
    expect(r[EAX]).toBe(0x030f);
  });
  it("AAM by 0 raises #DE", () => {
    r[EAX] = 5;
    expect(bench.exec(0xd4, 0)).toMatchObject({ vector: 0 });
    expect(r[EAX]).toBe(5);
  });
});
