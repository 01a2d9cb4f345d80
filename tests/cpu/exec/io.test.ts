import { beforeEach, describe, expect, it } from "vitest";
import {
  CPL,
  CR0,
  CR0_PE,
  CS,
  EAX,
  ECX,
  EDI,
  EDX,
  EIP,
  ESI,
  ESP,
  SEG_LIMIT,
  TR,
} from "../../../src/cpu/state.ts";
import { EXIT_IO } from "../../../src/mmu/mmu.ts";
import {
  ATTR_CODE32,
  Bench,
  CODE,
  DATA,
  FREE_SELECTOR,
  GDT,
  KERNEL_DATA,
  RING0_STACK_TOP,
  STACK_TOP,
  TSS,
  TSS_SELECTOR,
} from "../../support/cpu.ts";

let bench = new Bench();
let { r } = bench.cpu;
beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
});

const GP = { vector: 13, errorCode: 0 };

describe("IN, OUT", () => {
  it("reach ports by immediate and by DX, in every width", () => {
    r[EDX] = 0xabcd_1234 | 0;
    r[EAX] = 0x1122_3344;
    expect(bench.asm("out 0x80, al\n out 0x80, ax\n out dx, eax\n out dx, al")).toBeNull();
    expect(bench.bus.log).toEqual(["out 80 1 44", "out 80 2 3344", "out 1234 4 11223344", "out 1234 1 44"]);
  });
  it("change only the part of EAX that is read", () => {
    bench.bus.ports.set(0x60, 0x8765_4321);
    r[EAX] = -1;
    r[EDX] = 0x60;
    expect(bench.asm("in al, 0x60")).toBeNull();
    expect(r[EAX] >>> 0).toBe(0xffff_ff21);
    expect(bench.asm("in ax, dx")).toBeNull();
    expect(r[EAX] >>> 0).toBe(0xffff_4321);
    expect(bench.asm("in eax, dx")).toBeNull();
    expect(r[EAX] >>> 0).toBe(0x8765_4321);
  });
  it("leave guest mode", () => {
    expect(bench.asm("out 0x80, al")).toBeNull();
    expect(bench.mmu.exits).toContain(EXIT_IO);
  });
  it("show the device the exact instruction count", () => {
    const counts: number[] = [];
    bench.cpu.beforeDevice = () => counts.push(bench.cpu.icount);
    const start = bench.cpu.icount;
    expect(bench.asm("nop\n nop\n out 0x80, al\n nop\n out 0x80, al")).toBeNull();
    expect(counts.map((count) => count - start)).toEqual([2, 4]);
  });
});

describe("I/O permission", () => {
  /** Permits the ports given, in a map that begins behind the TSS, and forbids the others up to 0x3ff. */
  function permit(...ports: number[]): void {
    bench.write16(TSS + 0x66, 0x68);
    const map = new Uint8Array(0x81).fill(0xff);
    for (const port of ports) map[port >> 3] &= ~(1 << (port & 7));
    bench.load(TSS + 0x68, map);
    r[SEG_LIMIT + TR] = 0x68 + 0x80;
  }
  /** HLT is privileged, so at CPL 3 every run ends in #GP: there, or at the I/O instruction. */
  const ioAllowed = (text: string): boolean => {
    expect(bench.asm(text)).toMatchObject(GP);
    return bench.bus.log.length > 0;
  };

  it("is given by IOPL >= CPL, whatever the map says", () => {
    bench.setPrivilege(3);
    bench.flags = 3 << 12;
    expect(ioAllowed("out 0x80, al")).toBe(true);
  });
  it("is refused with #GP(0) when the TSS has no room for a map", () => {
    bench.setPrivilege(3);
    expect(ioAllowed("out 0x80, al")).toBe(false);
  });
  it("is given by clear bits for each of the ports of an access", () => {
    permit(0x80, 0x81, 0x87, 0x88);
    for (const [text, allowed] of [
      ["out 0x80, al", true],
      ["out 0x82, al", false],
      ["out 0x80, ax", true],
      ["out 0x80, eax", false],
      ["out 0x87, ax", true],
      ["out 0x88, ax", false],
    ] as const) {
      bench.bus.log.length = 0;
      bench.setPrivilege(3);
      expect(ioAllowed(text), text).toBe(allowed);
    }
  });
  it("is refused by a 16-bit TSS, which has no map, and by a TSS that ends before the map's address", () => {
    for (const [limit, attr, allowed] of [
      [0xe8, 0x8b, true],
      [0xe8, 0x83, false],
      [0x66, 0x8b, false],
    ]) {
      permit(0x80);
      // Where the word with the map's address is cut off, a map that is all there is of no use.
      if (limit === 0x66) bench.write16(TSS + 0x66, 0x50);
      bench.load(TSS + 0x60, [0, 0]);
      bench.setSegment(TR, TSS_SELECTOR, TSS, limit as number, attr as number);
      // The way of #GP to ring 0, in the layout of 16 bits.
      if (attr === 0x83) bench.load(TSS + 2, [0, RING0_STACK_TOP >> 8, KERNEL_DATA, 0]);
      else bench.load(TSS + 4, [0, RING0_STACK_TOP >> 8, 0, 0, KERNEL_DATA, 0]);
      bench.bus.log.length = 0;
      bench.setPrivilege(3);
      expect(ioAllowed("in al, 0x80")).toBe(allowed);
    }
  });
  it("is given at CPL 1 and 2 by IOPL, too, and not asked for in real mode", () => {
    for (const [cpl, iopl, allowed] of [
      [1, 1, true],
      [1, 0, false],
      [2, 1, false],
    ]) {
      bench.bus.log.length = 0;
      bench.flags = ((iopl as number) << 12) | 2;
      const selector = FREE_SELECTOR;
      bench.writeDescriptor(GDT + selector, 0, 0xfffff, ATTR_CODE32 | ((cpl as number) << 5));
      r[CPL] = cpl as number;
      bench.setSegment(CS, selector | (cpl as number), 0, -1, ATTR_CODE32 | ((cpl as number) << 5));
      bench.load(CODE, [0xe4, 0x80]);
      r[EIP] = CODE;
      bench.step(1);
      expect([cpl, iopl, bench.bus.log.length > 0]).toEqual([cpl, iopl, allowed]);
      r[ESP] = STACK_TOP;
    }
    bench.setPrivilege(0);
    r[CR0] &= ~CR0_PE;
    bench.bus.log.length = 0;
    expect(bench.asm("in al, 0x80")).toBeNull();
    expect(bench.bus.log.length).toBe(1);
  });
  it("needs both bytes that the processor reads within the limit", () => {
    permit(0x80);
    r[SEG_LIMIT + TR] = 0x68 + 0x10 + 1;
    bench.setPrivilege(3);
    expect(ioAllowed("in al, 0x80")).toBe(true);
    bench.bus.log.length = 0;
    r[SEG_LIMIT + TR] = 0x68 + 0x10;
    bench.setPrivilege(3);
    expect(ioAllowed("in al, 0x80")).toBe(false);
  });
});

describe("INS, OUTS", () => {
  it("move between DX and memory", () => {
    bench.bus.ports.set(0x1f0, 0xbeef);
    bench.load(DATA + 0x100, [1, 2, 3, 4]);
    [r[EDX], r[EDI], r[ESI]] = [0x1f0, DATA, DATA + 0x100];
    expect(bench.asm("insw\n outsd")).toBeNull();
    expect([bench.read16(DATA), r[EDI], r[ESI]]).toEqual([0xbeef, DATA + 2, DATA + 0x104]);
    expect(bench.bus.log).toEqual(["in 1f0 2", "out 1f0 4 4030201"]);
  });
  it("REP repeats them, each iteration an instruction", () => {
    bench.load(
      DATA,
      [..."hello"].map((letter) => letter.charCodeAt(0)),
    );
    [r[EDX], r[ESI], r[ECX]] = [0xe9, DATA, 5];
    const counts: number[] = [];
    bench.cpu.beforeDevice = () => counts.push(bench.cpu.icount);
    const start = bench.cpu.icount;
    expect(bench.asm("rep outsb")).toBeNull();
    expect(bench.bus.log).toEqual([
      "out e9 1 68",
      "out e9 1 65",
      "out e9 1 6c",
      "out e9 1 6c",
      "out e9 1 6f",
    ]);
    expect([r[ECX], r[ESI], bench.cpu.icount - start]).toEqual([0, DATA + 5, 6]);
    expect(counts.map((count) => count - start)).toEqual([0, 1, 2, 3, 4]);
  });
  it("INS takes a fault of its destination before it reads the port", () => {
    bench.mmu.readOnly.add(DATA >>> 12);
    [r[EDX], r[EDI], r[ECX]] = [0x60, DATA, 3];
    expect(bench.asm("rep insb")).toMatchObject({ vector: 14, errorCode: 3 });
    expect([bench.bus.log, r[ECX], r[EDI]]).toEqual([[], 3, DATA]);
  });
  it("with ECX 0 touch no port", () => {
    [r[EDX], r[EDI], r[ECX]] = [0x60, DATA, 0];
    expect(bench.asm("rep insb")).toBeNull();
    expect(bench.bus.log).toEqual([]);
  });
});
