/**
 * Where INT n of a virtual-8086 program goes, and the way of an interrupt to the monitor.
 * SDM: volume 3, 20.3 and table 20-2 "Software interrupt handling methods while in virtual-8086 mode".
 */
import { beforeEach, describe, expect, test } from "vitest";
import {
  EFLAGS_AC,
  EFLAGS_IF,
  EFLAGS_IOPL,
  EFLAGS_NT,
  EFLAGS_RF,
  EFLAGS_VIF,
  EFLAGS_VM,
} from "../../src/cpu/eflags.ts";
import {
  CR4,
  CR4_VME,
  CS,
  DS,
  EIP,
  ES,
  ESP,
  FS,
  GS,
  SEG_ATTR,
  SEG_LIMIT,
  SEG_SELECTOR,
  TR,
  VEC_BP,
  VEC_DB,
  VEC_GP,
  VEC_NP,
  VEC_OF,
  VEC_SS,
  VEC_UD,
} from "../../src/cpu/state.ts";
import {
  FAULT_STUBS,
  FREE_SELECTOR,
  KERNEL_CODE,
  KERNEL_DATA,
  RING0_STACK_TOP,
  TSS,
  TSS_SELECTOR,
} from "../support/cpu.ts";
import {
  CODE32,
  CONFORMING32,
  DPL3,
  GATE_INTERRUPT16,
  GATE_INTERRUPT32,
  segment,
  vectorGate,
} from "../support/descriptors.ts";
import { IO_MAP, SEGMENT, SP, STACK_SEGMENT, VirtualBench } from "../support/virtual-8086.ts";

const VECTOR = 0x42;
/** The program's own handler of it. */
const OWN = { segment: 0x777, offset: 0x1234 };

let bench: VirtualBench;
let r: Int32Array;
beforeEach(() => {
  bench = new VirtualBench();
  r = bench.cpu.r;
  bench.write16(VECTOR * 4, OWN.offset);
  bench.write16(VECTOR * 4 + 2, OWN.segment);
});

const errorCode = (): number => bench.frame(0);
const ownStack = (): number[] => [4, 2, 0].map((at) => bench.read16((STACK_SEGMENT << 4) + r[ESP] + at));

describe("INT n", () => {
  const openGate = (): void =>
    vectorGate(bench, VECTOR, GATE_INTERRUPT32 | DPL3, KERNEL_CODE, FAULT_STUBS + VECTOR);
  const own = [OWN.segment, OWN.offset];
  const at = (): number[] => [r[SEG_SELECTOR + CS], r[EIP]];

  test("method 1, no VME and IOPL 3: through the IDT, whose gate needs DPL 3", () => {
    expect(bench.try(`int ${VECTOR}`, EFLAGS_IOPL)).toBe(VEC_GP);
    expect(errorCode()).toBe(VECTOR * 8 + 2);
    openGate();
    expect(bench.try(`int ${VECTOR}`, EFLAGS_IOPL)).toBe(VECTOR);
    expect(bench.read32(RING0_STACK_TOP - 36)).toBe(2);
  });
  test("method 2, no VME and IOPL below 3: #GP(0) for the monitor", () => {
    openGate();
    for (const iopl of [0, 1, 2]) {
      expect(bench.try(`int ${VECTOR}`, iopl << 12)).toBe(VEC_GP);
      expect([errorCode(), bench.read32((r[ESP] >>> 0) + 4)]).toEqual([0, 0]);
    }
  });
  test("method 3, VME, IOPL below 3, bit set: #GP(0) for the monitor", () => {
    openGate();
    r[CR4] = CR4_VME;
    expect(bench.try(`int ${VECTOR}`)).toBe(VEC_GP);
    expect(errorCode()).toBe(0);
  });
  test("method 4, VME, IOPL 3, bit set: through the IDT", () => {
    openGate();
    r[CR4] = CR4_VME;
    expect(bench.try(`int ${VECTOR}`, EFLAGS_IOPL)).toBe(VECTOR);
  });
  test("method 5, VME, IOPL 3, bit clear: to the program, as in real mode", () => {
    r[CR4] = CR4_VME;
    bench.redirect(false);
    expect(bench.try(`int ${VECTOR}`, EFLAGS_IOPL | EFLAGS_IF | EFLAGS_AC | 0xc5)).toBeNull();
    expect(at()).toEqual(own);
    expect(ownStack()).toEqual([EFLAGS_IOPL | EFLAGS_IF | 0xc7, SEGMENT, 2]);
    expect(bench.flags).toBe(EFLAGS_VM | EFLAGS_IOPL | EFLAGS_AC | 0xc7);
    expect(bench.try(`int ${VECTOR}`, EFLAGS_IOPL | EFLAGS_VIF)).toBeNull();
    expect([ownStack()[0], bench.flags], "VIF has no meaning").toEqual([
      EFLAGS_IOPL | 2,
      EFLAGS_VM | EFLAGS_IOPL | EFLAGS_VIF | 2,
    ]);
  });
  test("method 6, VME, IOPL below 3, bit clear: to the program, with VIF instead of IF and IOPL 3 shown", () => {
    r[CR4] = CR4_VME;
    bench.redirect(false);
    expect(bench.try(`int ${VECTOR}`, EFLAGS_VIF | 0x1000)).toBeNull();
    expect(at()).toEqual(own);
    expect(ownStack()).toEqual([EFLAGS_IOPL | EFLAGS_IF | 2, SEGMENT, 2]);
    expect(bench.flags).toBe(EFLAGS_VM | 0x1000 | 2);
    expect(bench.try(`int ${VECTOR}`, EFLAGS_IF)).toBeNull();
    expect(ownStack()[0]).toBe(EFLAGS_IOPL | 2);
    expect(bench.flags & EFLAGS_IF, "IF is the monitor's").toBe(EFLAGS_IF);
  });
  test("each vector has a bit of its own", () => {
    r[CR4] = CR4_VME;
    for (const vector of [0, 7, 8, 0x41, 0x43, 0xff]) {
      bench.redirect(false);
      bench.write8(IO_MAP - 32 + (vector >> 3), 1 << (vector & 7));
      expect(bench.try(`int ${VECTOR}`)).toBeNull();
      expect(bench.try(`int ${vector}`)).toBe(VEC_GP);
    }
  });
  test("needs a TSS that reaches to the map, else #GP(0)", () => {
    r[CR4] = CR4_VME;
    bench.redirect(false);
    r[SEG_LIMIT + TR] = IO_MAP - TSS - 32 + (VECTOR >> 3);
    expect(bench.try(`int ${VECTOR}`)).toBeNull();
    r[SEG_LIMIT + TR]--;
    expect(bench.try(`int ${VECTOR}`)).toBe(VEC_GP);
    expect(errorCode()).toBe(0);
    bench.write16(TSS + 0x66, 0x60);
    bench.load(TSS + 0x40, new Uint8Array(0x20));
    r[SEG_LIMIT + TR] = 0x67;
    expect(bench.try(`int ${VECTOR}`)).toBeNull();
    r[SEG_LIMIT + TR] = 0x66;
    expect(bench.try(`int ${VECTOR}`), "the map's address is not in it").toBe(VEC_GP);
    bench.setSegment(TR, TSS_SELECTOR, TSS, 0x2fff, 0x83);
    bench.write16(TSS + 2, RING0_STACK_TOP & 0xffff);
    bench.write16(TSS + 4, KERNEL_DATA);
    expect(bench.try(`int ${VECTOR}`), "a 16-bit TSS has none").toBe(VEC_GP);
  });
  test("to the program without room for three words is #SS(0), with nothing stored", () => {
    r[CR4] = CR4_VME;
    bench.redirect(false);
    bench.enter(`int ${VECTOR}`);
    r[ESP] = 3;
    bench.write32(STACK_SEGMENT << 4, -1);
    bench.step(1);
    expect([bench.monitorVector, errorCode()]).toEqual([VEC_SS, 0]);
    expect(bench.read32(STACK_SEGMENT << 4)).toBe(-1);
  });
});

describe("INT3, INTO and INT1", () => {
  test("depend neither on IOPL nor on the redirection map", () => {
    for (const [text, vector] of [
      ["int3", VEC_BP],
      ["into", VEC_OF],
      ["int1", VEC_DB],
    ] as const) {
      vectorGate(bench, vector, GATE_INTERRUPT32 | DPL3, KERNEL_CODE, FAULT_STUBS + vector);
      for (const cr4 of [0, CR4_VME]) {
        r[CR4] = cr4;
        bench.redirect(false);
        expect(bench.try(text, 0x800)).toBe(vector);
        expect(bench.read32(r[ESP] >>> 0)).toBe(1);
      }
    }
  });
  test("INT3 and INTO need a gate of DPL 3, INT1 does not", () => {
    expect(bench.try("int3", EFLAGS_IOPL)).toBe(VEC_GP);
    expect(errorCode()).toBe(VEC_BP * 8 + 2);
    expect(bench.try("into", EFLAGS_IOPL | 0x800)).toBe(VEC_GP);
    expect(bench.try("int1")).toBe(VEC_DB);
  });
});

describe("the way to the monitor", () => {
  test("pushes nine doublewords, and nulls the data segments", () => {
    expect(bench.try("cli", EFLAGS_IF | EFLAGS_NT)).toBe(VEC_GP);
    const frame = Array.from({ length: 10 }, (_, i) => bench.read32((r[ESP] >>> 0) + 4 * i));
    const flags = EFLAGS_VM | EFLAGS_RF | EFLAGS_IF | EFLAGS_NT | 2;
    expect(frame).toEqual([0, 0, SEGMENT, flags, SP, STACK_SEGMENT, 0x300, 0x400, 0x500, 0x600]);
    expect([ES, DS, FS, GS].map((seg) => [r[SEG_SELECTOR + seg], r[SEG_ATTR + seg]])).toEqual(
      Array(4).fill([0, 0]),
    );
    expect(bench.flags & (EFLAGS_VM | EFLAGS_IF | EFLAGS_NT | EFLAGS_RF)).toBe(0);
  });
  test("through a 16-bit gate pushes nine words", () => {
    vectorGate(bench, VEC_UD, GATE_INTERRUPT16, KERNEL_CODE, FAULT_STUBS + VEC_UD);
    expect(bench.try("ud2")).toBe(VEC_UD);
    expect(r[ESP]).toBe(RING0_STACK_TOP - 18);
    const frame = Array.from({ length: 9 }, (_, i) => bench.read16((r[ESP] >>> 0) + 2 * i));
    expect(frame).toEqual([0, SEGMENT, 2, SP, STACK_SEGMENT, 0x300, 0x400, 0x500, 0x600]);
  });
  test.each([
    ["conforming", CONFORMING32],
    ["ring 1", CODE32 | 0x20],
    ["ring 3", CODE32 | DPL3],
  ])("a handler in %s code is #GP(selector), EXT for what is no INT", (_name, attr) => {
    segment(bench, FREE_SELECTOR, attr);
    vectorGate(bench, VEC_UD, GATE_INTERRUPT32, FREE_SELECTOR, FAULT_STUBS);
    expect(bench.try("ud2")).toBe(VEC_GP);
    expect(errorCode()).toBe(FREE_SELECTOR | 1);
    vectorGate(bench, VECTOR, GATE_INTERRUPT32 | DPL3, FREE_SELECTOR, FAULT_STUBS);
    expect(bench.try(`int ${VECTOR}`, EFLAGS_IOPL)).toBe(VEC_GP);
    expect(errorCode()).toBe(FREE_SELECTOR);
  });
  test("a code segment that is not present is #NP before its level is looked at", () => {
    segment(bench, FREE_SELECTOR, (CODE32 | DPL3) & ~0x80);
    vectorGate(bench, VEC_UD, GATE_INTERRUPT32, FREE_SELECTOR, FAULT_STUBS);
    expect(bench.try("ud2")).toBe(VEC_NP);
  });
});
