/**
 * What programs in virtual-8086 mode may do: system instructions, ports, and the virtual interrupt flag, which ring 3 can
 * have, too. SDM: volume 3, 20.2.7, 20.2.8, 20.3.3.4; 20.4 "Protected-mode virtual interrupts".
 */
import { beforeEach, describe, expect, test } from "vitest";
import {
  EFLAGS_IF,
  EFLAGS_IOPL,
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
  EIP,
  ES,
  ESP,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SYSENTER_CS,
  SYSENTER_EIP,
  SYSENTER_ESP,
  VEC_GP,
  VEC_UD,
} from "../../src/cpu/state.ts";
import { assemble } from "../support/asm.ts";
import { CODE, DATA, KERNEL_CODE, RING0_STACK_TOP } from "../support/cpu.ts";
import { IO_MAP, SEGMENT, SP, STACK_SEGMENT, VirtualBench } from "../support/virtual-8086.ts";

let bench: VirtualBench;
let r: Int32Array;
beforeEach(() => {
  bench = new VirtualBench();
  r = bench.cpu.r;
});

const errorCode = (): number => bench.frame(0);

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
  ])("%s is #UD", (text) => expect(bench.try(text, EFLAGS_IOPL)).toBe(VEC_UD));
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
    expect(bench.try(text, EFLAGS_IOPL)).toBe(VEC_GP);
    expect(errorCode()).toBe(0);
  });
  test("SMSW, SGDT and SIDT are allowed", () => {
    expect([bench.try("smsw ax"), bench.try("sgdt [0]"), bench.try("sidt [0]")]).toEqual([null, null, null]);
  });
  test("segment registers are loaded as in real mode, far transfers too", () => {
    bench.enter("mov ax, 0xffff\nmov es, ax\njmp 0x123:0x45");
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
      bench.write16(IO_MAP + (PORT >> 3), 0xffff);
      expect(bench.try(`out ${PORT}, al`, flags)).toBe(VEC_GP);
      bench.write16(IO_MAP + (PORT >> 3), 0);
      expect(bench.try(`out ${PORT}, al`, flags)).toBeNull();
    }
    expect(bench.bus.log).toEqual(["out 80 1 0", "out 80 1 0"]);
  });
  test("of a word or doubleword need a clear bit each", () => {
    bench.write16(IO_MAP + (PORT >> 3), 0b1100);
    expect([
      bench.try(`in ax, ${PORT}`),
      bench.try(`in eax, ${PORT}`),
      bench.try(`in ax, ${PORT + 1}`),
    ]).toEqual([null, VEC_GP, VEC_GP]);
  });
});

describe("16-bit POPF and IRET under CR4.VME with IOPL below 3", () => {
  beforeEach(() => {
    r[CR4] = CR4_VME;
  });
  /** Pops `image`; the frame of IRET leads to 0050. */
  function pop(op: "popf" | "iret", image: number, flags: number): number | null {
    bench.enter(op, flags);
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
    return bench.monitorVector;
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
    expect(bench.try(text)).toBe(VEC_GP);
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
    expect([bench.monitorVector, errorCode()]).toEqual([VEC_GP, 0]);
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
    expect(bench.try("sti")).toBe(VEC_GP);
    expect(bench.try("pushf")).toBe(VEC_GP);
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
  bench.enter("db 0x0f, 0x34", EFLAGS_IF);
  bench.step(1);
  expect([r[CPL], r[EIP], r[ESP], bench.flags]).toEqual([0, DATA, RING0_STACK_TOP, 2]);
});
