import { beforeEach, describe, expect, it } from "vitest";
import { DS, EAX, EBP, EBX, ECX, EDX, ESI, FS } from "../../../src/cpu/state.ts";
import { ATTR_DATA32, Bench, CODE, DATA } from "../../support/cpu.ts";

const bench = new Bench();
const { r } = bench.cpu;
beforeEach(() => bench.reset());

describe("MOV", () => {
  it("of a byte register touches that byte only", () => {
    r[EAX] = 0x1122_3344;
    r[EBX] = 0xaabb_ccdd | 0;
    expect(bench.asm("mov ah, bl\n mov al, bh")).toBeNull();
    expect(r[EAX]).toBe(0x1122_ddcc);
  });
  it("of a word register leaves the upper half", () => {
    r[EAX] = 0x1122_3344;
    expect(bench.asm("mov ax, 0x5566")).toBeNull();
    expect(r[EAX]).toBe(0x1122_5566);
  });
  it("reads and writes unaligned operands across pages", () => {
    r[EBX] = DATA + 4094;
    r[EAX] = 0x1234_5678;
    expect(bench.asm("mov [ebx], eax\n mov ecx, [ebx]\n mov dx, [ebx+1]")).toBeNull();
    expect(r[ECX]).toBe(0x1234_5678);
    expect(r[EDX] & 0xffff).toBe(0x3456);
  });
  it("to memory writes nothing when the second of two pages is absent", () => {
    const own = new Bench();
    own.mmu.absent.add((DATA >>> 12) + 1);
    own.write16(DATA + 4094, 0x1111);
    expect(own.asm(`mov dword [${DATA + 4094}], -1`)).toMatchObject({ vector: 14, errorCode: 2 });
    expect(own.read16(DATA + 4094)).toBe(0x1111);
  });
  it("with an absolute offset moves the accumulator", () => {
    r[EAX] = 0x1122_3344;
    expect(bench.exec(0xa3, 0, 0, 1, 0, 0xa0, 2, 0, 1, 0)).toBeNull();
    expect(bench.read32(DATA)).toBe(0x1122_3344);
    expect(r[EAX]).toBe(0x1122_3322);
    expect(bench.exec(0x66, 0xa1, 2, 0, 1, 0, 0xa2, 4, 0, 1, 0)).toBeNull();
    expect(r[EAX]).toBe(0x1122_1122);
    expect(bench.read8(DATA + 4)).toBe(0x22);
  });
  it("adds the segment's base, and checks its limit", () => {
    bench.setSegment(FS, 0, DATA, 0xf, ATTR_DATA32);
    bench.write32(DATA + 12, 77);
    expect(bench.asm("mov eax, fs:[12]")).toBeNull();
    expect(r[EAX]).toBe(77);
    expect(bench.asm("mov eax, fs:[13]")).toMatchObject({ vector: 13, errorCode: 0 });
    expect(r[EAX]).toBe(77);
  });
  it("cuts 16-bit addresses to 16 bits", () => {
    r[EBX] = 0x9_ff00;
    r[ESI] = 0x7_0200;
    bench.write32(0x0100, 0xabcd);
    expect(bench.asm("mov eax, [bx+si]")).toBeNull();
    expect(r[EAX]).toBe(0xabcd);
  });
  it("uses SS for addresses based on EBP", () => {
    bench.setSegment(DS, 0, 0, 0, ATTR_DATA32);
    r[EBP] = DATA;
    bench.write32(DATA, 5);
    expect(bench.asm("mov eax, [ebp]")).toBeNull();
    expect(r[EAX]).toBe(5);
    expect(bench.asm("mov eax, ds:[ebp]")).toMatchObject({ vector: 13 });
  });
  it("into the next instruction is seen by it", () => {
    // mov byte [next + 1], 42; next: mov al, 1
    const next = CODE + 7;
    expect(bench.exec(0xc6, 0x05, (next + 1) & 0xff, (next + 1) >> 8, 0, 0, 42, 0xb0, 1)).toBeNull();
    expect(r[EAX] & 0xff).toBe(42);
  });
});

describe("MOVZX, MOVSX", () => {
  it("extend bytes and words to the destination's size", () => {
    bench.write32(DATA, 0x8081_8283);
    r[EBX] = DATA;
    expect(bench.asm("movzx eax, byte [ebx]\n movsx ecx, byte [ebx]\n movzx edx, word [ebx]")).toBeNull();
    expect([r[EAX], r[ECX], r[EDX]]).toEqual([0x83, -0x7d, 0x8283]);
    r[EAX] = -1;
    expect(bench.asm("movsx ebx, word [ebx]\n movzx ax, bl")).toBeNull();
    expect([r[EBX] >>> 0, r[EAX] >>> 0]).toEqual([0xffff_8283, 0xffff_0083]);
  });
});

describe("LEA", () => {
  it("computes an offset without accessing it", () => {
    r[EBX] = 0x7000_0000;
    r[ECX] = 0x4000_0000;
    expect(bench.asm("lea eax, [ebx+ecx*4-8]")).toBeNull();
    expect(r[EAX]).toBe(0x6fff_fff8);
  });
  it("cuts to the address size, then to the operand size", () => {
    r[EBX] = 0x1_fffe;
    r[EAX] = -1;
    expect(bench.asm("lea eax, [bx+4]")).toBeNull();
    expect(r[EAX]).toBe(2);
    r[EAX] = -1;
    expect(bench.asm("lea ax, [ebx]")).toBeNull();
    expect(r[EAX] >>> 0).toBe(0xffff_fffe);
  });
});

describe("XLAT", () => {
  it("looks AL up in the table at EBX", () => {
    bench.load(DATA, [10, 11, 12, 13]);
    r[EBX] = DATA;
    r[EAX] = 0x1102;
    expect(bench.exec(0xd7)).toBeNull();
    expect(r[EAX]).toBe(0x110c);
  });
});

describe("CBW, CWDE, CWD, CDQ", () => {
  it("extend the sign of the accumulator", () => {
    r[EAX] = 0x1234_5680;
    expect(bench.asm("cbw")).toBeNull();
    expect(r[EAX]).toBe(0x1234_ff80);
    expect(bench.asm("cwde")).toBeNull();
    expect(r[EAX]).toBe(-128);
    r[EDX] = 0x1111_1111;
    expect(bench.asm("cwd")).toBeNull();
    expect(r[EDX]).toBe(0x1111_ffff);
    expect(bench.asm("cdq")).toBeNull();
    expect(r[EDX]).toBe(-1);
  });
});
