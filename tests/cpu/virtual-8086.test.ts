/**
 * Virtual-8086 mode: ways in and out, and what IOPL and CR4.VME make of the interrupt flag.
 * SDM: volume 3, chapter 20. The conformance guest `v86` goes into every corner.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { EFLAGS_IF, EFLAGS_IOPL, EFLAGS_VIF, EFLAGS_VIP, EFLAGS_VM } from "../../src/cpu/eflags.ts";
import {
  CPL,
  CR4,
  CR4_VME,
  CS,
  DS,
  EFLAGS,
  EIP,
  ESP,
  SEG_BASE,
  SEG_SELECTOR,
  SS,
  TR,
  VEC_GP,
  VEC_SS,
} from "../../src/cpu/state.ts";
import { assemble } from "../support/asm.ts";
import {
  Bench,
  CODE,
  FAULT_STUBS,
  KERNEL_DATA,
  RING0_STACK_TOP,
  STACK_TOP,
  TSS,
  TSS_SELECTOR,
} from "../support/cpu.ts";

const SEGMENT = 0x100;
const CODE_86 = SEGMENT << 4;

let bench: Bench;
let r: Int32Array;
beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
});

/** Enters the mode by IRETD from ring 0, at 0100:0000, with a stack at 0200:1000. */
function enter(text: string, flags = 0): void {
  bench.flags = 2;
  bench.setPrivilege(0);
  r[EFLAGS] = 2;
  bench.setPrivilege(0);
  const { bytes } = assemble(text, { origin: 0, bits: 16 });
  bench.load(CODE_86, [...bytes, 0xf4]);
  const frame = [0, SEGMENT, flags | EFLAGS_VM | 2, 0x1000, 0x200, 0x300, 0x400, 0x500, 0x600];
  r[ESP] = STACK_TOP - 4 * frame.length;
  for (const [i, word] of frame.entries()) bench.write32((r[ESP] >>> 0) + 4 * i, word);
  bench.load(0x5_0000, [0xcf]);
  r[EIP] = 0x5_0000;
  bench.step(1);
}

/** The vector whose handler EIP is in. */
const vectorEntered = (): number => (r[EIP] >>> 0) - FAULT_STUBS;

test("IRETD with VM set at CPL 0 loads all segments as an 8086 does, and CPL 3", () => {
  enter("nop");
  expect([r[CPL], r[SEG_SELECTOR + CS], r[SEG_BASE + CS], r[SEG_BASE + SS], r[SEG_BASE + DS]]).toEqual([
    3,
    SEGMENT,
    CODE_86,
    0x2000,
    0x4000,
  ]);
  expect([r[EIP], r[ESP]]).toEqual([0, 0x1000]);
});

describe("IRETD with VM set changes nothing if", () => {
  /** Of nine doublewords at the top of the stack. */
  function fault(eip: number, limit: number): unknown {
    const frame = [eip, SEGMENT, EFLAGS_VM | 2, 0x1000, 0x200, 0x300, 0x400, 0x500, 0x600];
    r[ESP] = STACK_TOP - 4 * frame.length;
    for (const [i, word] of frame.entries()) bench.write32((r[ESP] >>> 0) + 4 * i, word);
    bench.setSegment(SS, KERNEL_DATA, 0, limit, 0x4093);
    const before = [...r.subarray(SEG_SELECTOR, SEG_SELECTOR + 8), r[CPL], r[ESP]];
    const fault = bench.exec(0xcf);
    expect([...r.subarray(SEG_SELECTOR, SEG_SELECTOR + 8), r[CPL], r[ESP]]).toEqual(before);
    return fault;
  }
  test("EIP has more than 16 bits: #GP(0)", () => {
    expect(fault(0x1_0000, -1)).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
  });
  test("the stack holds less than the nine doublewords: #SS(0)", () => {
    expect(fault(0, STACK_TOP - 2)).toEqual({ vector: VEC_SS, errorCode: 0, eip: CODE });
  });
});

test("an exception goes to ring 0 with the data segments on its stack, and null in the registers", () => {
  enter("hlt");
  bench.step(1);
  expect([vectorEntered(), r[CPL], r[EFLAGS] & EFLAGS_VM]).toEqual([VEC_GP, 0, 0]);
  const at = (index: number) => bench.read32(RING0_STACK_TOP - 4 * index);
  // GS FS DS ES SS ESP EFLAGS CS EIP, error code
  expect([1, 2, 3, 4, 5, 6, 8, 9, 10].map(at)).toEqual([
    0x600,
    0x500,
    0x400,
    0x300,
    0x200,
    0x1000,
    SEGMENT,
    0,
    0,
  ]);
  expect([r[SEG_SELECTOR + DS], r[SEG_SELECTOR + SS]]).toEqual([0, KERNEL_DATA]);
});

describe("with IOPL below 3", () => {
  test.each(["cli", "sti", "pushf", "popf", "int 0x20", "iret"])("%s is the monitor's", (text) => {
    enter(text);
    bench.step(1);
    expect(vectorEntered()).toBe(VEC_GP);
  });
});

describe("with IOPL 3", () => {
  test("CLI, STI, PUSHF and POPF work on IF; IOPL and VM stay", () => {
    enter("sti\npushf\npop ax\ncli\npush ax\npopf", EFLAGS_IOPL);
    bench.step(6);
    expect(r[EFLAGS] & (EFLAGS_IF | EFLAGS_IOPL | EFLAGS_VM)).toBe(EFLAGS_IF | EFLAGS_IOPL | EFLAGS_VM);
  });
  test("INT goes through the IDT", () => {
    bench.write32(0xb000 + 0x20 * 8 + 4, 0xee00);
    enter("int 0x20", EFLAGS_IOPL);
    bench.step(1);
    expect(vectorEntered()).toBe(0x20);
  });
});

describe("with CR4.VME and IOPL below 3", () => {
  beforeEach(() => {
    r[CR4] |= CR4_VME;
  });

  test("CLI and STI work on VIF, and PUSHF shows it as IF with IOPL 3", () => {
    enter("sti\npushf\npop ax\ncli");
    bench.step(3);
    expect(r[EFLAGS] & (EFLAGS_IF | EFLAGS_VIF)).toBe(EFLAGS_VIF);
    expect(r[0] & (EFLAGS_IF | EFLAGS_IOPL)).toBe(EFLAGS_IF | EFLAGS_IOPL);
    bench.step(1);
    expect(r[EFLAGS] & EFLAGS_VIF).toBe(0);
  });

  test("STI is the monitor's while a virtual interrupt is pending", () => {
    enter("sti", EFLAGS_VIP);
    bench.step(1);
    expect(vectorEntered()).toBe(VEC_GP);
  });

  test("INT goes to the program's own handler where the redirection map has a zero", () => {
    // The map lies below the I/O permission map.
    bench.setSegment(TR, TSS_SELECTOR, TSS, 0x2ff, 0x8b);
    bench.write16(TSS + 0x66, 0x100);
    for (let i = 0; i < 32; i++) bench.write8(TSS + 0xe0 + i, 0);
    bench.write8(TSS + 0xe0 + (0x21 >> 3), 1 << (0x21 & 7));
    bench.write16(0x20 * 4, 0x1234);
    bench.write16(0x20 * 4 + 2, 0x777);
    enter("int 0x20");
    bench.step(1);
    expect([r[EIP], r[SEG_SELECTOR + CS], r[EFLAGS] & EFLAGS_VM]).toEqual([0x1234, 0x777, EFLAGS_VM]);
    expect([bench.read16(0x2000 + 0x0ffa), bench.read16(0x2000 + 0x0ffc)]).toEqual([2, SEGMENT]);
    enter("int 0x21");
    bench.step(1);
    expect(vectorEntered()).toBe(VEC_GP);
  });
});
