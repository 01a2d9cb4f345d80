import { beforeEach, describe, expect, it } from "vitest";
import { EAX, EBX, ECX, EDX } from "../../../src/cpu/state.ts";
import { Bench, DATA } from "../../support/cpu.ts";
import { Random } from "../../support/random.ts";

const CF = 1;
const AF = 0x10;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;

const bench = new Bench();
const { r } = bench.cpu;
beforeEach(() => bench.reset());

/** Runs with EAX and EBX given; the arithmetic flags that are set, and EAX. */
function binary(text: string, eax: number, ebx: number, flags = 0): { eax: number; flags: number } {
  r[EAX] = eax;
  r[EBX] = ebx;
  bench.flags = flags;
  expect(bench.asm(text)).toBeNull();
  return { eax: r[EAX] >>> 0, flags: bench.flags & (CF | AF | ZF | SF | OF) };
}

describe("ADD", () => {
  it("sets CF when bits are carried out, OF when the sign is wrong", () => {
    expect(binary("add eax, ebx", 0xffff_ffff, 1)).toEqual({ eax: 0, flags: CF | AF | ZF });
    expect(binary("add eax, ebx", 0x7fff_ffff, 1)).toEqual({ eax: 0x8000_0000, flags: OF | SF | AF });
  });
  it("of a byte or a word leaves the rest of the register", () => {
    expect(binary("add al, bl", 0x1234_56ff, 1).eax).toBe(0x1234_5600);
    expect(binary("add ah, bl", 0x1234_ff00, 1).eax).toBe(0x1234_0000);
    expect(binary("add ax, bx", 0x1234_ffff, 1).eax).toBe(0x1234_0000);
  });
  it("sign-extends an immediate byte to the operand's size", () => {
    expect(binary("add eax, -1", 5, 0).eax).toBe(4);
    expect(binary("add ax, -1", 0x1_0005, 0).eax).toBe(0x1_0004);
  });
  it("to memory reads and writes the operand", () => {
    bench.write32(DATA, 40);
    binary(`add [${DATA}], ebx`, 0, 2);
    expect(bench.read32(DATA)).toBe(42);
  });
  it("to a read-only page faults as a write and changes nothing, flags included", () => {
    const own = new Bench();
    own.mmu.readOnly.add(DATA >>> 12);
    own.write32(DATA, 40);
    own.flags = CF;
    own.cpu.r[EBX] = 2;
    expect(own.asm(`add [${DATA}], ebx`)).toMatchObject({ vector: 14, errorCode: 3 });
    expect(own.read32(DATA)).toBe(40);
    expect(own.flags & (CF | AF | ZF | SF | OF)).toBe(CF);
  });
  it("across pages changes neither if the second cannot be written", () => {
    const own = new Bench();
    own.mmu.readOnly.add((DATA >>> 12) + 1);
    own.write32(DATA + 4094, 0x1111_1111);
    own.cpu.r[EBX] = 1;
    expect(own.asm(`add [${DATA + 4094}], ebx`)).toMatchObject({ vector: 14 });
    expect(own.read32(DATA + 4094)).toBe(0x1111_1111);
  });
  it("across pages works on both", () => {
    bench.write32(DATA + 4093, 0x00ff_ffff);
    binary(`add [${DATA + 4093}], ebx`, 0, 1);
    expect(bench.read32(DATA + 4093)).toBe(0x0100_0000);
  });
});

describe("ADC, SBB", () => {
  it("chain through CF for longer numbers", () => {
    r[EAX] = -1;
    r[EDX] = 0;
    expect(bench.asm("add eax, 1\n adc edx, 0")).toBeNull();
    expect([r[EAX], r[EDX]]).toEqual([0, 1]);
    expect(bench.asm("sub eax, 1\n sbb edx, 0")).toBeNull();
    expect([r[EAX], r[EDX]]).toEqual([-1, 0]);
  });
  it("carry when operand and carry together wrap", () => {
    expect(binary("adc eax, ebx", 5, 0xffff_ffff, CF)).toEqual({ eax: 5, flags: CF | AF });
    expect(binary("sbb eax, ebx", 5, 0xffff_ffff, CF)).toEqual({ eax: 5, flags: CF | AF });
  });
});

describe("SUB, CMP", () => {
  it("set CF when the unsigned difference is negative", () => {
    expect(binary("sub eax, ebx", 1, 2)).toEqual({ eax: 0xffff_ffff, flags: CF | AF | SF });
  });
  it("differ in that CMP keeps the operand", () => {
    expect(binary("cmp eax, ebx", 7, 7)).toEqual({ eax: 7, flags: ZF });
  });
  it("compare with memory that may be read-only", () => {
    const own = new Bench();
    own.mmu.readOnly.add(DATA >>> 12);
    expect(own.asm(`cmp dword [${DATA}], 0`)).toBeNull();
  });
});

describe("INC, DEC", () => {
  it("leave CF alone and set OF", () => {
    expect(binary("inc eax", 0x7fff_ffff, 0, CF)).toEqual({ eax: 0x8000_0000, flags: CF | OF | SF | AF });
    expect(binary("dec eax", 0x8000_0000, 0)).toEqual({ eax: 0x7fff_ffff, flags: OF | AF });
    expect(binary("inc eax", 0xffff_ffff, 0)).toEqual({ eax: 0, flags: ZF | AF });
  });
});

describe("NEG", () => {
  it("sets CF unless the operand is 0", () => {
    expect(binary("neg eax", 1, 0)).toEqual({ eax: 0xffff_ffff, flags: CF | SF | AF });
    expect(binary("neg eax", 0, 0)).toEqual({ eax: 0, flags: ZF });
  });
  it("of the most negative number overflows", () => {
    expect(binary("neg eax", 0x8000_0000, 0)).toEqual({ eax: 0x8000_0000, flags: CF | OF | SF });
  });
});

describe("MUL, IMUL", () => {
  it("give a product of twice the size", () => {
    binary("mul ebx", 0xffff_ffff, 0xffff_ffff);
    expect([r[EAX] >>> 0, r[EDX] >>> 0]).toEqual([1, 0xffff_fffe]);
    binary("imul ebx", 0xffff_ffff, 0x8000_0000);
    expect([r[EAX] >>> 0, r[EDX] >>> 0]).toEqual([0x8000_0000, 0]);
  });
  it("set CF and OF together, when the upper half says more than the sign", () => {
    expect(binary("imul ebx", 0x8000, 0x8000).flags & (CF | OF)).toBe(0);
    expect(binary("imul ebx", 0x1_0000, 0x8000).flags & (CF | OF)).toBe(CF | OF);
    expect(binary("imul eax, ebx", 0x1_0000, 0x8000).flags & (CF | OF)).toBe(CF | OF);
    expect(binary("imul eax, ebx, -3", 0, 5)).toMatchObject({ eax: 0xffff_fff1 });
  });
  it("agree with exact arithmetic on every pair of edges", () => {
    const edges = [
      0, 1, 2, 3, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
    ];
    for (const a of edges) {
      for (const b of edges) {
        binary("mul ebx", a, b);
        expect((BigInt(r[EDX] >>> 0) << 32n) | BigInt(r[EAX] >>> 0)).toBe(BigInt(a) * BigInt(b));
        binary("imul ebx", a, b);
        const signed = BigInt.asUintN(64, BigInt(a | 0) * BigInt(b | 0));
        expect((BigInt(r[EDX] >>> 0) << 32n) | BigInt(r[EAX] >>> 0)).toBe(signed);
      }
    }
  });
});

describe("DIV, IDIV", () => {
  const divide = (text: string, high: number, low: number, divisor: number) => {
    r[EDX] = high;
    r[EAX] = low;
    r[ECX] = divisor;
    return bench.asm(text);
  };
  const DE = { vector: 0 };

  it("raise #DE for 0, with nothing changed", () => {
    expect(divide("div ecx", 1, 2, 0)).toMatchObject(DE);
    expect(divide("idiv ecx", 1, 2, 0)).toMatchObject(DE);
    expect([r[EAX], r[EDX]]).toEqual([2, 1]);
  });
  it("raise #DE when the quotient does not fit", () => {
    expect(divide("div ecx", 5, 0, 5)).toMatchObject(DE);
    expect(divide("div ecx", 4, -1, 5)).toBeNull();
    expect([r[EAX] >>> 0, r[EDX]]).toEqual([0xffff_ffff, 4]);
    expect(divide("idiv ecx", -1, 0x8000_0000, -1)).toMatchObject(DE);
    expect(divide("idiv ecx", -1, 0x8000_0000, 1)).toBeNull();
    expect([r[EAX] >>> 0, r[EDX]]).toEqual([0x8000_0000, 0]);
    // -2^32 - 1 by 2 rounds towards 0 to -2^31, which fits; -2^32 - 2 gives one less.
    expect(divide("idiv ecx", -2, -1, 2)).toBeNull();
    expect([r[EAX] >>> 0, r[EDX]]).toEqual([0x8000_0000, -1]);
    expect(divide("idiv ecx", -2, -2, 2)).toMatchObject(DE);
    expect(divide("idiv ecx", -1, 1, 2)).toBeNull();
    expect([r[EAX], r[EDX]]).toEqual([-0x7fff_ffff, -1]);
  });
  it("round towards 0; the remainder has the sign of the dividend", () => {
    divide("idiv ecx", -1, -7, 2);
    expect([r[EAX], r[EDX]]).toEqual([-3, -1]);
    divide("idiv ecx", 0, 7, -2);
    expect([r[EAX], r[EDX]]).toEqual([-3, 1]);
  });
  it("divide 64 bits exactly", () => {
    const random = new Random(1);
    for (let i = 0; i < 2000; i++) {
      const divisor = random.word() >>> (i & 31) || 1;
      const high = (random.word() >>> 0) % (divisor >>> 0);
      const low = random.word();
      expect(divide("div ecx", high, low, divisor)).toBeNull();
      const dividend = (BigInt(high) << 32n) | BigInt(low >>> 0);
      expect([BigInt(r[EAX] >>> 0), BigInt(r[EDX] >>> 0)]).toEqual([
        dividend / BigInt(divisor >>> 0),
        dividend % BigInt(divisor >>> 0),
      ]);
    }
  });
  it("of bytes and words take AX and DX:AX", () => {
    expect(divide("div cl", 0x1234, 0xabcd_0207, 4)).toBeNull();
    expect([r[EAX] >>> 0, r[EDX]]).toEqual([0xabcd_0381, 0x1234]);
    expect(divide("div cl", 0, 0x0400, 4)).toMatchObject(DE);
    expect(divide("div cx", 0xffff_0001, 0xabcd_0000, 0x100)).toBeNull();
    expect([r[EAX] >>> 0, r[EDX] >>> 0]).toEqual([0xabcd_0100, 0xffff_0000]);
    expect(divide("idiv cl", 0, 0xff80, 0xff)).toMatchObject(DE);
  });
});
