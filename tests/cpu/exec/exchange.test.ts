import { beforeEach, describe, expect, it } from "vitest";
import { EAX, EBX, ECX, EDX } from "../../../src/cpu/state.ts";
import { Bench, DATA } from "../../support/cpu.ts";

const ZF = 0x40;
const bench = new Bench();
const { r } = bench.cpu;
beforeEach(() => bench.reset());

describe("XCHG", () => {
  it("swaps registers, and a register with memory", () => {
    r[EAX] = 1;
    r[EBX] = 2;
    bench.write32(DATA, 3);
    expect(bench.asm(`xchg eax, ebx\n xchg [${DATA}], eax\n xchg ah, bl`)).toBeNull();
    expect([r[EAX], r[EBX], bench.read32(DATA)]).toEqual([0x0103, 0, 2]);
  });
  it("changes nothing when memory cannot be written", () => {
    const own = new Bench();
    own.mmu.readOnly.add(DATA >>> 12);
    own.cpu.r[EAX] = 9;
    expect(own.asm(`xchg [${DATA}], eax`)).toMatchObject({ vector: 14, errorCode: 3 });
    expect(own.cpu.r[EAX]).toBe(9);
  });
});

describe("BSWAP", () => {
  it("reverses the bytes of 32 bits; of 16 it leaves 0", () => {
    r[EAX] = 0x1234_5678;
    expect(bench.asm("bswap eax")).toBeNull();
    expect(r[EAX]).toBe(0x7856_3412);
    expect(bench.exec(0x66, 0x0f, 0xc8)).toBeNull();
    expect(r[EAX]).toBe(0x7856_0000);
  });
});

describe("XADD", () => {
  it("gives the sum to the destination and the old value to the source", () => {
    bench.write32(DATA, 40);
    r[EAX] = 2;
    expect(bench.asm(`lock xadd [${DATA}], eax`)).toBeNull();
    expect([bench.read32(DATA), r[EAX]]).toEqual([42, 40]);
  });
  it("of a register with itself doubles it", () => {
    r[EAX] = 21;
    expect(bench.asm("xadd eax, eax")).toBeNull();
    expect(r[EAX]).toBe(42);
  });
});

describe("CMPXCHG", () => {
  it("stores the source if the accumulator matches, else loads the accumulator", () => {
    bench.write32(DATA, 5);
    r[EAX] = 5;
    r[ECX] = 6;
    expect(bench.asm(`cmpxchg [${DATA}], ecx`)).toBeNull();
    expect([bench.read32(DATA), r[EAX], bench.flags & ZF]).toEqual([6, 5, ZF]);
    expect(bench.asm(`cmpxchg [${DATA}], ecx`)).toBeNull();
    expect([bench.read32(DATA), r[EAX], bench.flags & ZF]).toEqual([6, 6, 0]);
  });
  it("writes memory even if it does not match: a read-only page faults, and EAX stays", () => {
    const own = new Bench();
    own.mmu.readOnly.add(DATA >>> 12);
    own.cpu.r[EAX] = 1;
    expect(own.asm(`cmpxchg [${DATA}], ecx`)).toMatchObject({ vector: 14, errorCode: 3 });
    expect(own.cpu.r[EAX]).toBe(1);
  });
  it("compares bytes and words by themselves", () => {
    r[EAX] = 0x1234_5605;
    r[EBX] = 0xffff_ff05 | 0;
    r[ECX] = 7;
    expect(bench.asm("cmpxchg bl, cl")).toBeNull();
    expect(r[EBX] >>> 0).toBe(0xffff_ff07);
    expect(bench.asm("cmpxchg bx, cx")).toBeNull();
    expect(r[EAX] >>> 0).toBe(0x1234_ff07);
  });
});

describe("CMPXCHG8B", () => {
  it("compares and exchanges eight bytes, across pages too; only ZF changes", () => {
    const at = DATA + 4092;
    bench.write32(at, 1);
    bench.write32(at + 4, 2);
    [r[EAX], r[EDX], r[EBX], r[ECX]] = [1, 2, 3, 4];
    bench.flags = 0x895;
    expect(bench.asm(`lock cmpxchg8b [${at}]`)).toBeNull();
    expect([bench.read32(at), bench.read32(at + 4), bench.flags & 0x8d5]).toEqual([3, 4, 0x8d5]);
    expect(bench.asm(`cmpxchg8b [${at}]`)).toBeNull();
    expect([r[EAX], r[EDX], bench.flags & 0x8d5]).toEqual([3, 4, 0x895]);
  });
  it("writes even if it does not match", () => {
    const own = new Bench();
    own.mmu.readOnly.add(DATA >>> 12);
    expect(own.asm(`cmpxchg8b [${DATA}]`)).toMatchObject({ vector: 14, errorCode: 3 });
  });
});
