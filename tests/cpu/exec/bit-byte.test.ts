import { beforeEach, describe, expect, it } from "vitest";
import { EAX, EBX, ECX, ESI } from "../../../src/cpu/state.ts";
import { Bench, DATA } from "../../support/cpu.ts";

const CF = 1;
const ZF = 0x40;

const bench = new Bench();
const { r } = bench.cpu;
beforeEach(() => bench.reset());

describe("BT, BTS, BTR, BTC", () => {
  it("with a register offset reach memory beyond the operand, in both directions", () => {
    bench.write32(DATA + 8, 0);
    bench.write32(DATA - 4, 0);
    r[EAX] = 8 * 8 + 5;
    expect(bench.asm(`bts [${DATA}], eax`)).toBeNull();
    expect(bench.read32(DATA + 8)).toBe(1 << 5);
    r[EAX] = -1;
    expect(bench.asm(`bts [${DATA}], eax`)).toBeNull();
    expect(bench.read32(DATA - 4) >>> 0).toBe(0x8000_0000);
    expect(bench.asm(`btr [${DATA}], eax`)).toBeNull();
    expect(bench.flags & CF).toBe(CF);
    expect(bench.read32(DATA - 4)).toBe(0);
  });
  it("of 16 bits take the register offset as a signed word", () => {
    bench.write32(DATA - 4, 0);
    r[EAX] = 0x1234_fff0;
    expect(bench.asm(`btc [${DATA}], ax`)).toBeNull();
    expect(bench.read16(DATA - 2)).toBe(1);
  });
  it("with an immediate offset or a register base take it modulo the size", () => {
    r[EAX] = 0;
    r[ECX] = 35;
    expect(bench.asm("bts eax, ecx")).toBeNull();
    expect(r[EAX]).toBe(8);
    bench.write32(DATA, 0);
    expect(bench.asm(`bts dword [${DATA}], 33`)).toBeNull();
    expect(bench.read32(DATA)).toBe(2);
  });
  it("change no flag but CF", () => {
    r[EAX] = 0;
    bench.flags = 0x8d5;
    expect(bench.asm("bt eax, 0")).toBeNull();
    expect(bench.flags & 0x8d5).toBe(0x8d4);
  });
  it("BT needs no right to write, the others do", () => {
    const own = new Bench();
    own.mmu.readOnly.add(DATA >>> 12);
    expect(own.asm(`bt dword [${DATA}], 0`)).toBeNull();
    expect(own.asm(`bts dword [${DATA}], 0`)).toMatchObject({ vector: 14, errorCode: 3 });
  });
  it("wrap the address at 64 KiB under 16-bit addressing", () => {
    r[ESI] = 0x9ff0;
    r[ECX] = -(0x9ff0 + 16) * 8;
    const before = bench.bytes(0xfff0, 4);
    expect(bench.asm("btc [si], ecx")).toBeNull();
    expect(bench.bytes(0xfff0, 4)).toEqual([before[0] ^ 1, ...before.slice(1)]);
  });
});

describe("BSF, BSR", () => {
  it("find the lowest and the highest bit", () => {
    r[EBX] = 0x0012_3400;
    expect(bench.asm("bsf eax, ebx\n bsr ecx, ebx")).toBeNull();
    expect([r[EAX], r[ECX]]).toEqual([10, 20]);
    expect(bench.flags & ZF).toBe(0);
  });
  it("of 0 set ZF and leave the destination", () => {
    r[EBX] = 0;
    r[EAX] = 77;
    expect(bench.asm("bsr eax, ebx")).toBeNull();
    expect(r[EAX]).toBe(77);
    expect(bench.flags & ZF).toBe(ZF);
  });
  it("find bit 0 with ZF clear", () => {
    r[EBX] = 1;
    expect(bench.asm("bsf eax, ebx")).toBeNull();
    expect(r[EAX]).toBe(0);
    expect(bench.flags & ZF).toBe(0);
  });
});

/** By condition number: whether it holds for the flags OF SF ZF PF CF. */
const HOLDS: readonly ((o: number, s: number, z: number, p: number, c: number) => boolean)[] = [
  (o) => o === 1,
  (_o, _s, _z, _p, c) => c === 1,
  (_o, _s, z) => z === 1,
  (_o, _s, z, _p, c) => c === 1 || z === 1,
  (_o, s) => s === 1,
  (_o, _s, _z, p) => p === 1,
  (o, s) => s !== o,
  (o, s, z) => z === 1 || s !== o,
];

/** Calls with each of the 32 combinations of flags, each condition, and whether it holds. */
function eachCondition(check: (code: number, flags: number, holds: boolean) => void): void {
  for (let bits = 0; bits < 32; bits++) {
    const [o, s, z, p, c] = [4, 3, 2, 1, 0].map((bit) => (bits >> bit) & 1);
    const flags = (o << 11) | (s << 7) | (z << 6) | (p << 2) | c;
    for (let code = 0; code < 16; code++)
      check(code, flags, HOLDS[code >> 1](o, s, z, p, c) !== ((code & 1) === 1));
  }
}

describe("SETcc", () => {
  it("gives 1 or 0 for every condition and every combination of flags", () => {
    eachCondition((code, flags, holds) => {
      r[EAX] = -1;
      bench.flags = flags;
      expect(bench.exec(0x0f, 0x90 + code, 0xc0)).toBeNull();
      expect(r[EAX] & 0xff, `set${code} ${flags.toString(16)}`).toBe(holds ? 1 : 0);
    });
  });
});

describe("CMOVcc", () => {
  it("moves for every condition and every combination of flags", () => {
    eachCondition((code, flags, holds) => {
      r[EAX] = 1;
      r[ECX] = 2;
      bench.flags = flags;
      expect(bench.exec(0x0f, 0x40 + code, 0xc1)).toBeNull();
      expect(r[EAX], `cmov${code} ${flags.toString(16)}`).toBe(holds ? 2 : 1);
    });
  });
  it("reads its source even when it does not move", () => {
    const own = new Bench();
    own.mmu.absent.add(DATA >>> 12);
    own.flags = 0;
    expect(own.asm(`cmovz eax, [${DATA}]`)).toMatchObject({ vector: 14, errorCode: 0 });
  });
});
