import { beforeEach, describe, expect, it } from "vitest";
import { EAX, EBX } from "../../../src/cpu/state.ts";
import { Bench, DATA } from "../../support/cpu.ts";

const ALL = 0x8d5;
const PF = 4;
const ZF = 0x40;
const SF = 0x80;

const bench = new Bench();
const { r } = bench.cpu;
beforeEach(() => bench.reset());

function run(text: string, eax: number, ebx: number): { eax: number; flags: number } {
  r[EAX] = eax;
  r[EBX] = ebx;
  bench.flags = ALL;
  expect(bench.asm(text)).toBeNull();
  return { eax: r[EAX] >>> 0, flags: bench.flags & ALL };
}

describe("AND, OR, XOR", () => {
  it("clear CF, OF and AF", () => {
    expect(run("and eax, ebx", 0x8000_0001, 0x8000_0002)).toEqual({ eax: 0x8000_0000, flags: SF | PF });
    expect(run("or eax, ebx", 1, 2)).toEqual({ eax: 3, flags: PF });
    expect(run("xor eax, eax", 5, 0)).toEqual({ eax: 0, flags: ZF | PF });
  });
  it("take SF from the top bit of their own width", () => {
    expect(run("or al, bl", 0x180, 0).flags & SF).toBe(SF);
    expect(run("or ax, bx", 0x80, 0).flags & SF).toBe(0);
    expect(run("or ax, bx", 0x8000, 0).flags & SF).toBe(SF);
  });
  it("work on all parts of memory operands", () => {
    bench.write32(DATA, 0x1122_3344);
    run(`xor byte [${DATA + 1}], 0xff`, 0, 0);
    run(`and word [${DATA + 2}], 0x0ff0`, 0, 0);
    expect(bench.read32(DATA) >>> 0).toBe(0x0120_cc44);
  });
});

describe("TEST", () => {
  it("is AND without the result, and only reads", () => {
    const own = new Bench();
    own.mmu.readOnly.add(DATA >>> 12);
    own.write32(DATA, 6);
    expect(own.asm(`test dword [${DATA}], 2`)).toBeNull();
    expect(own.flags & ZF).toBe(0);
    expect(run("test eax, ebx", 1, 2)).toEqual({ eax: 1, flags: ZF | PF });
  });
});

describe("NOT", () => {
  it("changes no flag", () => {
    expect(run("not eax", 0, 0)).toEqual({ eax: 0xffff_ffff, flags: ALL });
    expect(run("not al", 0x1200, 0)).toEqual({ eax: 0x12ff, flags: ALL });
  });
});
