/**
 * Where INT n of a virtual-8086 program goes, what may stop it, and the virtual interrupt flag outside that mode.
 * SDM: volume 3, 20.3.3 and table 20-2 "Software interrupt handling methods while in virtual-8086 mode"; 20.4.
 */
import { beforeEach, describe, expect, test } from "vitest";
import {
  EFLAGS_AC,
  EFLAGS_IF,
  EFLAGS_IOPL,
  EFLAGS_NT,
  EFLAGS_RF,
  EFLAGS_TF,
  EFLAGS_VIF,
  EFLAGS_VIP,
  EFLAGS_VM,
} from "../../src/cpu/eflags.ts";
import {
  CPL,
  CR4,
  CR4_PVI,
  CR4_VME,
  CS,
  DS,
  EIP,
  ES,
  ESP,
  FS,
  GS,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
  SYSENTER_CS,
  SYSENTER_EIP,
  SYSENTER_ESP,
  TR,
  VEC_BP,
  VEC_DB,
  VEC_GP,
  VEC_NP,
  VEC_OF,
  VEC_SS,
  VEC_UD,
} from "../../src/cpu/state.ts";
import { assemble } from "../support/asm.ts";
import {
  Bench,
  CODE,
  DATA,
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

const SEGMENT = 0x100;
const STACK_SEGMENT = 0x200;
const SP = 0x1000;
const VECTOR = 0x42;
/** The monitor's handler of vector v. */
const MONITOR = 0xd000;
/** The program's own. */
const OWN = { segment: 0x777, offset: 0x1234 };
const MAP = TSS + 0x100;

let bench: Bench;
let r: Int32Array;
beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
  bench.setSegment(TR, TSS_SELECTOR, TSS, 0x2fff, 0x8b);
  bench.write16(TSS + 0x66, MAP - TSS);
  redirect(true);
  bench.write16(VECTOR * 4, OWN.offset);
  bench.write16(VECTOR * 4 + 2, OWN.segment);
});

/** Bit `VECTOR` of the redirection map, which ends where the I/O map begins: whether the monitor gets it. */
function redirect(toMonitor: boolean): void {
  for (let i = 1; i <= 32; i++) bench.write8(MAP - i, toMonitor ? 0xff : 0);
}

/** Puts the processor in front of `text` in virtual-8086 mode. */
function enter(text: string, flags = 0): ReadonlyMap<string, number> {
  const { bytes, labels } = assemble(text, { origin: 0, bits: 16 });
  bench.load(SEGMENT << 4, [...bytes, 0xf4]);
  r[CPL] = 3;
  bench.flags = flags | EFLAGS_VM | 2;
  for (const [seg, selector] of [
    [CS, SEGMENT],
    [SS, STACK_SEGMENT],
    [ES, 0x300],
    [DS, 0x400],
    [FS, 0x500],
    [GS, 0x600],
  ]) {
    bench.setSegment(seg, selector, selector << 4, 0xffff, 0xf3);
  }
  r[ESP] = SP;
  r[EIP] = 0;
  return labels;
}

/** One instruction in virtual-8086 mode: the vector whose monitor's handler it ended in, or null. */
function step(text: string, flags = 0): number | null {
  enter(text, flags);
  bench.step(1);
  return r[CPL] === 0 ? (r[EIP] >>> 0) - MONITOR : null;
}

const errorCode = (): number => bench.read32(r[ESP] >>> 0);
const ownStack = (): number[] => [4, 2, 0].map((at) => bench.read16((STACK_SEGMENT << 4) + r[ESP] + at));

describe("INT n", () => {
  const openGate = (): void =>
    vectorGate(bench, VECTOR, GATE_INTERRUPT32 | DPL3, KERNEL_CODE, MONITOR + VECTOR);
  const own = [OWN.segment, OWN.offset];
  const at = (): number[] => [r[SEG_SELECTOR + CS], r[EIP]];

  test("method 1, no VME and IOPL 3: through the IDT, whose gate needs DPL 3", () => {
    expect(step(`int ${VECTOR}`, EFLAGS_IOPL)).toBe(VEC_GP);
    expect(errorCode()).toBe(VECTOR * 8 + 2);
    openGate();
    expect(step(`int ${VECTOR}`, EFLAGS_IOPL)).toBe(VECTOR);
    expect(bench.read32(RING0_STACK_TOP - 36)).toBe(2);
  });
  test("method 2, no VME and IOPL below 3: #GP(0) for the monitor", () => {
    openGate();
    for (const iopl of [0, 1, 2]) {
      expect(step(`int ${VECTOR}`, iopl << 12)).toBe(VEC_GP);
      expect([errorCode(), bench.read32((r[ESP] >>> 0) + 4)]).toEqual([0, 0]);
    }
  });
  test("method 3, VME, IOPL below 3, bit set: #GP(0) for the monitor", () => {
    openGate();
    r[CR4] = CR4_VME;
    expect(step(`int ${VECTOR}`)).toBe(VEC_GP);
    expect(errorCode()).toBe(0);
  });
  test("method 4, VME, IOPL 3, bit set: through the IDT", () => {
    openGate();
    r[CR4] = CR4_VME;
    expect(step(`int ${VECTOR}`, EFLAGS_IOPL)).toBe(VECTOR);
  });
  test("method 5, VME, IOPL 3, bit clear: to the program, as in real mode", () => {
    r[CR4] = CR4_VME;
    redirect(false);
    expect(step(`int ${VECTOR}`, EFLAGS_IOPL | EFLAGS_IF | EFLAGS_VIF | EFLAGS_AC | 0xc5)).toBeNull();
    expect(at()).toEqual(own);
    expect(ownStack()).toEqual([EFLAGS_IOPL | EFLAGS_IF | 0xc7, SEGMENT, 2]);
    expect(bench.flags).toBe(EFLAGS_VM | EFLAGS_IOPL | EFLAGS_VIF | EFLAGS_AC | 0xc7);
  });
  test("method 6, VME, IOPL below 3, bit clear: to the program, with VIF instead of IF and IOPL 3 shown", () => {
    r[CR4] = CR4_VME;
    redirect(false);
    expect(step(`int ${VECTOR}`, EFLAGS_VIF | 0x1000)).toBeNull();
    expect(at()).toEqual(own);
    expect(ownStack()).toEqual([EFLAGS_IOPL | EFLAGS_IF | 2, SEGMENT, 2]);
    expect(bench.flags).toBe(EFLAGS_VM | 0x1000 | 2);
    expect(step(`int ${VECTOR}`, EFLAGS_IF)).toBeNull();
    expect(ownStack()[0]).toBe(EFLAGS_IOPL | 2);
    expect(bench.flags & EFLAGS_IF, "IF is the monitor's").toBe(EFLAGS_IF);
  });
  test("each vector has a bit of its own", () => {
    r[CR4] = CR4_VME;
    for (const vector of [0, 7, 8, 0x41, 0x43, 0xff]) {
      redirect(false);
      bench.write8(MAP - 32 + (vector >> 3), 1 << (vector & 7));
      expect(step(`int ${VECTOR}`)).toBeNull();
      expect(step(`int ${vector}`)).toBe(VEC_GP);
    }
  });
  test("needs a TSS that reaches to the map, else #GP(0)", () => {
    r[CR4] = CR4_VME;
    redirect(false);
    r[SEG_LIMIT + TR] = MAP - TSS - 32 + (VECTOR >> 3);
    expect(step(`int ${VECTOR}`)).toBeNull();
    r[SEG_LIMIT + TR]--;
    expect(step(`int ${VECTOR}`)).toBe(VEC_GP);
    expect(errorCode()).toBe(0);
    bench.setSegment(TR, TSS_SELECTOR, TSS, 0x2fff, 0x83);
    bench.write16(TSS + 2, RING0_STACK_TOP & 0xffff);
    bench.write16(TSS + 4, KERNEL_DATA);
    expect(step(`int ${VECTOR}`), "a 16-bit TSS has none").toBe(VEC_GP);
  });
  test("to the program without room for three words is #SS(0), with nothing stored", () => {
    r[CR4] = CR4_VME;
    redirect(false);
    enter(`int ${VECTOR}`);
    r[ESP] = 3;
    bench.write32(STACK_SEGMENT << 4, -1);
    bench.step(1);
    expect([(r[EIP] >>> 0) - MONITOR, errorCode()]).toEqual([VEC_SS, 0]);
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
      vectorGate(bench, vector, GATE_INTERRUPT32 | DPL3, KERNEL_CODE, MONITOR + vector);
      for (const cr4 of [0, CR4_VME]) {
        r[CR4] = cr4;
        redirect(false);
        expect(step(text, 0x800)).toBe(vector);
        expect(bench.read32(r[ESP] >>> 0)).toBe(1);
      }
    }
  });
  test("INT3 and INTO need a gate of DPL 3, INT1 does not", () => {
    expect(step("int3", EFLAGS_IOPL)).toBe(VEC_GP);
    expect(errorCode()).toBe(VEC_BP * 8 + 2);
    expect(step("into", EFLAGS_IOPL | 0x800)).toBe(VEC_GP);
    expect(step("int1")).toBe(VEC_DB);
  });
});

describe("the way to the monitor", () => {
  test("pushes nine doublewords, and nulls the data segments", () => {
    expect(step("cli", EFLAGS_IF | EFLAGS_NT)).toBe(VEC_GP);
    const frame = Array.from({ length: 10 }, (_, i) => bench.read32((r[ESP] >>> 0) + 4 * i));
    const flags = EFLAGS_VM | EFLAGS_RF | EFLAGS_IF | EFLAGS_NT | 2;
    expect(frame).toEqual([0, 0, SEGMENT, flags, SP, STACK_SEGMENT, 0x300, 0x400, 0x500, 0x600]);
    expect([ES, DS, FS, GS].map((seg) => [r[SEG_SELECTOR + seg], r[SEG_ATTR + seg]])).toEqual(
      Array(4).fill([0, 0]),
    );
    expect(bench.flags & (EFLAGS_VM | EFLAGS_IF | EFLAGS_NT | EFLAGS_RF)).toBe(0);
  });
  test("through a 16-bit gate pushes nine words", () => {
    vectorGate(bench, VEC_UD, GATE_INTERRUPT16, KERNEL_CODE, MONITOR + VEC_UD);
    expect(step("ud2")).toBe(VEC_UD);
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
    vectorGate(bench, VEC_UD, GATE_INTERRUPT32, FREE_SELECTOR, MONITOR);
    expect(step("ud2")).toBe(VEC_GP);
    expect(errorCode()).toBe(FREE_SELECTOR | 1);
    vectorGate(bench, VECTOR, GATE_INTERRUPT32 | DPL3, FREE_SELECTOR, MONITOR);
    expect(step(`int ${VECTOR}`, EFLAGS_IOPL)).toBe(VEC_GP);
    expect(errorCode()).toBe(FREE_SELECTOR);
  });
  test("a code segment that is not present is #NP before its level is looked at", () => {
    segment(bench, FREE_SELECTOR, (CODE32 | DPL3) & ~0x80);
    vectorGate(bench, VEC_UD, GATE_INTERRUPT32, FREE_SELECTOR, MONITOR);
    expect(step("ud2")).toBe(VEC_NP);
  });
});

describe("instructions of protected mode in virtual-8086 mode", () => {
  test.each([
    "lar ax, bx",
    "lsl ax, bx",
    "verr bx",
    "verw bx",
    "arpl ax, bx",
    "sldt ax",
    "str ax",
    "lldt ax",
    "ltr ax",
  ])("%s is #UD", (text) => expect(step(text, EFLAGS_IOPL)).toBe(VEC_UD));
  test.each([
    "hlt",
    "clts",
    "lmsw ax",
    "lgdt [0]",
    "lidt [0]",
    "mov eax, cr0",
    "mov cr3, eax",
    "mov eax, dr0",
    "wbinvd",
    "invlpg [0]",
    "rdmsr",
    "wrmsr",
  ])("%s is #GP(0), also with IOPL 3", (text) => {
    expect(step(text, EFLAGS_IOPL)).toBe(VEC_GP);
    expect(errorCode()).toBe(0);
  });
  test("SMSW, SGDT and SIDT are allowed", () => {
    expect([step("smsw ax"), step("sgdt [0]"), step("sidt [0]")]).toEqual([null, null, null]);
  });
  test("segment registers are loaded as in real mode, far transfers too", () => {
    enter("mov ax, 0xffff\nmov es, ax\njmp 0x123:0x45");
    bench.step(3);
    expect([SEG_SELECTOR, SEG_BASE, SEG_LIMIT, SEG_ATTR].map((column) => r[column + ES])).toEqual([
      0xffff, 0xf_fff0, 0xffff, 0xf3,
    ]);
    expect([SEG_SELECTOR, SEG_BASE, SEG_LIMIT, SEG_ATTR].map((column) => r[column + CS])).toEqual([
      0x123, 0x1230, 0xffff, 0xf3,
    ]);
    expect([r[EIP], r[CPL]]).toEqual([0x45, 3]);
  });
});

describe("ports", () => {
  const PORT = 0x80;
  test("depend on the I/O map alone, whatever IOPL is", () => {
    for (const flags of [0, EFLAGS_IOPL]) {
      bench.write16(MAP + (PORT >> 3), 0xffff);
      expect(step(`out ${PORT}, al`, flags)).toBe(VEC_GP);
      bench.write16(MAP + (PORT >> 3), 0);
      expect(step(`out ${PORT}, al`, flags)).toBeNull();
    }
    expect(bench.bus.log).toEqual(["out 80 1 0", "out 80 1 0"]);
  });
  test("of a word or doubleword need a clear bit each", () => {
    bench.write16(MAP + (PORT >> 3), 0b1100);
    expect([step(`in ax, ${PORT}`), step(`in eax, ${PORT}`), step(`in ax, ${PORT + 1}`)]).toEqual([
      null,
      VEC_GP,
      VEC_GP,
    ]);
  });
});

describe("16-bit POPF and IRET under CR4.VME with IOPL below 3", () => {
  beforeEach(() => {
    r[CR4] = CR4_VME;
  });
  /** Pops `image`; the frame of IRET leads to 0050. */
  function pop(op: "popf" | "iret", image: number, flags: number): number | null {
    enter(op, flags);
    r[ESP] = op === "popf" ? SP - 2 : SP - 6;
    const at = (STACK_SEGMENT << 4) + r[ESP];
    for (const [i, word] of (op === "popf" ? [image] : [0x50, SEGMENT, image]).entries()) {
      bench.write16(at + 2 * i, word);
    }
    const esp = r[ESP];
    bench.step(1);
    if (r[CPL] !== 0) {
      expect(r[ESP]).toBe(SP);
      return null;
    }
    expect([errorCode(), bench.read32((r[ESP] >>> 0) + 16)]).toEqual([0, esp]);
    return (r[EIP] >>> 0) - MONITOR;
  }
  test.each(["popf", "iret"] as const)("%s moves IF to VIF and leaves IF and IOPL alone", (op) => {
    expect(pop(op, 0x7ed7, EFLAGS_IF | 0x1000)).toBeNull();
    expect(bench.flags).toBe(EFLAGS_VM | EFLAGS_VIF | 0x5ed7);
    expect(pop(op, 0x0002, EFLAGS_IF | EFLAGS_VIF)).toBeNull();
    expect(bench.flags).toBe(EFLAGS_VM | EFLAGS_IF | 2);
  });
  test.each(["popf", "iret"] as const)("%s of TF, or of IF while VIP is set, is #GP(0)", (op) => {
    expect(pop(op, EFLAGS_TF | 2, 0)).toBe(VEC_GP);
    expect(pop(op, EFLAGS_IF | 2, EFLAGS_VIP)).toBe(VEC_GP);
    expect(pop(op, 2, EFLAGS_VIP)).toBeNull();
  });
  test.each(["pushfd", "popfd", "iretd"])("%s stays the monitor's", (text) => {
    expect(step(text)).toBe(VEC_GP);
    expect(errorCode()).toBe(0);
  });
});

describe("CR4.PVI: STI and CLI at CPL 3 with IOPL below 3", () => {
  /** In 32-bit code of ring 3; the flags afterwards, or the fault. */
  function at3(text: string, flags: number): number | "#GP(0)" {
    bench.setPrivilege(3);
    bench.flags = flags | 2;
    bench.load(CODE, assemble(text, { origin: CODE }).bytes);
    r[EIP] = CODE;
    bench.step(1);
    if (r[CPL] === 3) return bench.flags & ~2;
    expect([(r[EIP] >>> 0) - MONITOR, errorCode()]).toEqual([VEC_GP, 0]);
    return "#GP(0)";
  }
  test("work on VIF", () => {
    r[CR4] = CR4_PVI;
    expect(at3("sti", 0)).toBe(EFLAGS_VIF);
    expect(at3("cli", EFLAGS_VIF | EFLAGS_IF)).toBe(EFLAGS_IF);
    expect(at3("sti", EFLAGS_VIP)).toBe("#GP(0)");
    expect(at3("cli", EFLAGS_VIP | EFLAGS_VIF)).toBe(EFLAGS_VIP);
  });
  test("with IOPL 3 work on IF", () => {
    r[CR4] = CR4_PVI;
    expect(at3("sti", EFLAGS_IOPL | EFLAGS_VIP)).toBe(EFLAGS_IOPL | EFLAGS_VIP | EFLAGS_IF);
    expect(at3("cli", EFLAGS_IOPL | EFLAGS_IF | EFLAGS_VIF)).toBe(EFLAGS_IOPL | EFLAGS_VIF);
  });
  test("CR4.VME means nothing there, nor CR4.PVI in virtual-8086 mode", () => {
    r[CR4] = CR4_VME;
    expect(at3("sti", 0)).toBe("#GP(0)");
    r[CR4] = CR4_PVI;
    expect(step("sti")).toBe(VEC_GP);
    expect(step("pushf")).toBe(VEC_GP);
  });
  test("POPF and PUSHF do not know VIF", () => {
    r[CR4] = CR4_PVI;
    expect(at3("pushfd", EFLAGS_VIF)).toBe(EFLAGS_VIF);
    expect(bench.read32(r[ESP] >>> 0) & (EFLAGS_IF | EFLAGS_VIF)).toBe(EFLAGS_VIF);
    bench.write32(r[ESP] >>> 0, 0);
    expect(at3("popfd", EFLAGS_VIF | EFLAGS_IF)).toBe(EFLAGS_VIF | EFLAGS_IF);
  });
});

test("SYSENTER leaves virtual-8086 mode", () => {
  r[SYSENTER_CS] = KERNEL_CODE;
  r[SYSENTER_ESP] = RING0_STACK_TOP;
  r[SYSENTER_EIP] = DATA;
  enter("db 0x0f, 0x34", EFLAGS_IF);
  bench.step(1);
  expect([r[CPL], r[EIP], r[ESP], bench.flags]).toEqual([0, DATA, RING0_STACK_TOP, 2]);
});
