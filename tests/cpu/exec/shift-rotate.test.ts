import { beforeEach, describe, expect, it } from "vitest";
import { EAX, EBX, ECX } from "../../../src/cpu/state.ts";
import { Bench, DATA } from "../../support/cpu.ts";

const ALL = 0x8d5;
const CF = 1;
const OF = 0x800;

const bench = new Bench();
const { r } = bench.cpu;
beforeEach(() => bench.reset());

function run(text: string, eax: number, ecx = 0, flags = 0): { eax: number; flags: number } {
  r[EAX] = eax;
  r[ECX] = ecx;
  bench.flags = flags;
  expect(bench.asm(text)).toBeNull();
  return { eax: r[EAX] >>> 0, flags: bench.flags & ALL };
}

describe("SHL, SHR, SAR", () => {
  it("put the last bit that left into CF", () => {
    expect(run("shl eax, 4", 0x1234_5678)).toMatchObject({ eax: 0x2345_6780 });
    expect(run("shl eax, 4", 0x1000_0000).flags & CF).toBe(CF);
    expect(run("shr eax, 4", 0x8).flags & CF).toBe(CF);
    expect(run("sar eax, 4", 0x8000_0008)).toMatchObject({ eax: 0xf800_0000 });
  });
  it("by 1 set OF when the sign changed", () => {
    expect(run("shl eax, 1", 0x4000_0000).flags & OF).toBe(OF);
    expect(run("shr eax, 1", 0x8000_0000).flags & OF).toBe(OF);
    expect(run("sar eax, 1", 0x8000_0000).flags & OF).toBe(0);
  });
  it("take counts modulo 32, whatever the width", () => {
    expect(run("shl eax, cl", 1, 33)).toMatchObject({ eax: 2 });
    expect(run("shl al, cl", 0xff, 9)).toMatchObject({ eax: 0 });
    expect(run("sar al, cl", 0x80, 31)).toMatchObject({ eax: 0xff });
  });
  it("by 0 change nothing, flags included", () => {
    for (const op of ["shl", "shr", "sar", "rol", "ror", "rcl", "rcr"]) {
      expect(run(`${op} eax, cl`, 0, 32, ALL)).toEqual({ eax: 0, flags: ALL });
      expect(run(`${op} ax, cl`, 0, 0, ALL)).toEqual({ eax: 0, flags: ALL });
    }
  });
  it("of memory by 0 write all the same: a read-only page faults", () => {
    const own = new Bench();
    own.mmu.readOnly.add(DATA >>> 12);
    own.cpu.r[ECX] = 0;
    expect(own.asm(`shl dword [${DATA}], cl`)).toMatchObject({ vector: 14, errorCode: 3 });
  });
});

describe("ROL, ROR", () => {
  it("leave SF ZF PF AF", () => {
    const others = 0xd4;
    expect(run("rol eax, 8", 0x1234_5678, 0, others).flags & others).toBe(others);
    expect(run("ror ax, 4", 0xffff_1234, 0, others).eax).toBe(0xffff_4123);
  });
  it("by a multiple of the width still set CF", () => {
    expect(run("rol al, cl", 0x81, 8)).toMatchObject({ eax: 0x81 });
    expect(run("rol al, cl", 0x81, 8).flags & CF).toBe(CF);
  });
});

describe("RCL, RCR", () => {
  it("rotate through CF, 33 bits in all", () => {
    expect(run("rcl eax, 1", 0x8000_0000, 0, 0)).toMatchObject({ eax: 0 });
    expect(run("rcl eax, 1", 0, 0, CF)).toMatchObject({ eax: 1 });
    expect(run("rcr eax, 2", 1, 0, CF).eax).toBe(0xc000_0000);
  });
  it("of a byte by 9 are a whole turn", () => {
    expect(run("rcl al, cl", 0x5a, 9, CF)).toEqual({ eax: 0x5a, flags: CF });
  });
});

describe("SHLD, SHRD", () => {
  it("bring in the bits of the second register, which stays", () => {
    r[EBX] = 0xabcd_ef01 | 0;
    expect(run("shld eax, ebx, 8", 0x1234_5678)).toMatchObject({ eax: 0x3456_78ab });
    expect(run("shrd eax, ebx, 8", 0x1234_5678)).toMatchObject({ eax: 0x0112_3456 });
    expect(r[EBX] >>> 0).toBe(0xabcd_ef01);
  });
});
