/**
 * Real mode: far pointers instead of descriptors, a vector table instead of the IDT, limits that stay what they were.
 * SDM: volume 3, 20.1 "Real-address mode", 9.9 "Mode switching". The conformance guest `real` runs more of it.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { RUN_SHUTDOWN } from "../../src/cpu/cpu.ts";
import { EFLAGS_AC, EFLAGS_ID, EFLAGS_VIF, EFLAGS_VIP, EFLAGS_VM } from "../../src/cpu/eflags.ts";
import {
  CR0,
  CR0_PE,
  CS,
  DS,
  EAX,
  EBX,
  ECX,
  EIP,
  ES,
  ESP,
  FS,
  GS,
  IDTR_BASE,
  IDTR_LIMIT,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
  VEC_BR,
  VEC_DE,
  VEC_DF,
  VEC_GP,
  VEC_SS,
} from "../../src/cpu/state.ts";
import { asm, assemble } from "../support/asm.ts";
import { ATTR_DATA16, Bench, DATA, KERNEL_CODE, KERNEL_DATA } from "../support/cpu.ts";

/** Code is at 0100:0000, the stack at 0700:1000, vector v's handler, a HLT, at 0050:v. */
const CODE_SEGMENT = 0x100;
const STACK_SEGMENT = 0x700;
const HANDLERS = 0x50;
const SP = 0x1000;

let bench: Bench;
let r: Int32Array;
beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
  r[CR0] &= ~CR0_PE;
  for (const seg of [ES, DS, FS, GS]) real(seg, 0);
  real(CS, CODE_SEGMENT);
  real(SS, STACK_SEGMENT);
  r[ESP] = SP;
  r[IDTR_BASE] = 0;
  r[IDTR_LIMIT] = 0x3ff;
  for (let vector = 0; vector < 256; vector++) {
    bench.write32(vector * 4, (HANDLERS << 16) | vector);
    bench.write8(HANDLERS * 16 + vector, 0xf4);
  }
});

function real(seg: number, selector: number): void {
  bench.setSegment(seg, selector, selector << 4, 0xffff, ATTR_DATA16);
}

function load(text: string): ReadonlyMap<string, number> {
  const { bytes, labels } = assemble(text, { origin: 0, bits: 16 });
  bench.load(CODE_SEGMENT * 16, [...bytes, 0xf4]);
  r[EIP] = 0;
  return labels;
}

/** Runs to a HLT. The vector whose handler that was, or null for the program's own HLT. */
function run(text: string): number | null {
  load(text);
  bench.step(100);
  bench.cpu.halted = false;
  return r[SEG_SELECTOR + CS] === HANDLERS ? r[EIP] - 1 : null;
}

/** Words from the top of the stack on. */
const stack = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => bench.read16(r[SEG_BASE + SS] + ((r[ESP] + 2 * i) & 0xffff)));

describe("an interrupt", () => {
  test("pushes FLAGS, CS and IP as words and clears IF, TF and AC", () => {
    bench.flags = 0x0004_0ad7;
    const after = load("int 0x40\nafter: nop").get("after");
    bench.step(1);
    expect([r[SEG_SELECTOR + CS], r[SEG_BASE + CS], r[EIP]]).toEqual([HANDLERS, HANDLERS << 4, 0x40]);
    expect(r[ESP]).toBe(SP - 6);
    expect(stack(3)).toEqual([after, CODE_SEGMENT, 0x0ad7]);
    expect(bench.flags).toBe(0x08d7);
  });
  test("finds its vector where IDTR says", () => {
    r[IDTR_BASE] = DATA;
    bench.write32(DATA + 0x40 * 4, (HANDLERS << 16) | 0x99);
    expect(run("int 0x40")).toBe(0x99);
  });
  test("comes back by IRET", () => {
    bench.load(HANDLERS * 16 + 0x40, [0xcf]);
    bench.flags = 0x0ad7;
    expect(run("int 0x40\nmov ebx, 7")).toBeNull();
    expect([r[EBX], r[ESP], bench.flags]).toEqual([7, SP, 0x0ad7]);
  });
  test("beyond IDTR's limit is #GP, that beyond it #DF, and that a shutdown", () => {
    r[IDTR_LIMIT] = 0x40 * 4 + 2;
    expect(run("int 0x40")).toBe(VEC_GP);
    r[IDTR_LIMIT] = VEC_GP * 4 + 2;
    real(CS, CODE_SEGMENT);
    expect(run("int 0x40")).toBe(VEC_DF);
    r[IDTR_LIMIT] = VEC_DF * 4 + 2;
    real(CS, CODE_SEGMENT);
    load("int 0x40");
    expect(bench.step(10)).toBe(RUN_SHUTDOWN);
    expect(bench.cpu.shutdownFaults).toEqual([VEC_GP, VEC_DF, VEC_GP]);
  });
  test("whose handler lies beyond the limit of CS is #GP", () => {
    bench.setSegment(CS, CODE_SEGMENT, CODE_SEGMENT << 4, 0x7fff, ATTR_DATA16);
    bench.write16(0x40 * 4, 0x8000);
    expect(run("int 0x40")).toBe(VEC_GP);
    expect(stack(2)).toEqual([0, CODE_SEGMENT]);
  });
});

describe("an exception", () => {
  test.each([
    ["beyond 64 KiB: #GP", "mov eax, [0xfffd]", VEC_GP],
    ["beyond 64 KiB through SS: #SS", "mov ax, [ss:0xffff]", VEC_SS],
    ["beyond 64 KiB with 32-bit addresses: #GP", "a32 mov al, [dword 0x10000]", VEC_GP],
    ["a division by 0: #DE", "div cl", VEC_DE],
    ["BOUND: #BR", "bound ax, [0xc00]", VEC_BR],
  ])("%s, at the instruction, without an error code", (_name, text, vector) => {
    r[EAX] = 1;
    expect(run(text)).toBe(vector);
    expect(r[ESP]).toBe(SP - 6);
    expect(stack(2)).toEqual([0, CODE_SEGMENT]);
  });
  test("an instruction that goes over the end of 64 KiB: #GP in front of it", () => {
    bench.load(CODE_SEGMENT * 16 + 0xfffe, [0xb8, 1, 2]);
    r[EIP] = 0xfffe;
    bench.step(1);
    expect([r[EIP], ...stack(2)]).toEqual([VEC_GP, 0xfffe, CODE_SEGMENT]);
  });
});

describe("the stack", () => {
  test("wraps at 64 KiB between words", () => {
    r[ESP] = 0xffff_0002 | 0;
    expect(run("int 0x40")).toBe(0x40);
    expect(r[ESP] >>> 0).toBe(0xffff_fffc);
    expect([bench.read16(0x7000), bench.read16(0x1_6ffe), bench.read16(0x1_6ffc)]).toEqual([
      2,
      CODE_SEGMENT,
      2,
    ]);
  });
  test("does not wrap within a word: with SP 1 not even the handler of #SS can be called", () => {
    r[ESP] = 1;
    load("int 0x40");
    expect(bench.step(10)).toBe(RUN_SHUTDOWN);
    expect(bench.cpu.shutdownFaults).toEqual([VEC_SS, VEC_DF, VEC_SS]);
    expect(r[ESP]).toBe(1);
  });
  test.each([
    ["pusha", 7],
    ["o32 pusha", 7],
    ["enter 0, 3", 7],
    ["call 0x100:0x40", 0x10003],
    ["push ax", 0x10001],
  ])("%s that would do so is #SS, and stores nothing", (text, sp) => {
    // The handler gets a frame of its own only where three words fit.
    r[ESP] = sp;
    bench.write32(0x7000, 0x1234_5678);
    bench.write32(0x1_6ffe, 0x1234_5678);
    load(text);
    const ended = bench.step(1);
    if (sp === 7) expect([r[EIP], r[ESP]]).toEqual([VEC_SS, 1]);
    else expect([ended, r[EIP], r[ESP]]).toEqual([RUN_SHUTDOWN, 0, sp]);
    expect([bench.read8(0x7000), bench.read32(0x1_6ffe)]).toEqual([0x78, 0x1234_5678]);
  });
  test("RETF with SP FFFF is #SS", () => {
    r[ESP] = 0xffff;
    expect(run("retf")).toBe(VEC_SS);
    expect(r[ESP]).toBe(0xffff - 6);
  });
});

describe("far transfers", () => {
  test("JMP moves the base of CS and nothing else", () => {
    r[SEG_LIMIT + CS] = 0xf_ffff;
    load("jmp 0x1234:0x10");
    bench.step(1);
    expect([r[SEG_SELECTOR + CS], r[SEG_BASE + CS], r[SEG_LIMIT + CS], r[EIP]]).toEqual([
      0x1234, 0x1_2340, 0xf_ffff, 0x10,
    ]);
  });
  test("CALL and RETF n", () => {
    bench.load(0x1_2350, asm("mov bx, cs\nretf 4", { bits: 16 }));
    const after = load("push 1\npush 2\ncall 0x1234:0x10\nafter: nop").get("after");
    bench.step(3);
    expect(stack(2)).toEqual([after, CODE_SEGMENT]);
    bench.step(2);
    expect([r[EBX], r[EIP], r[SEG_BASE + CS], r[ESP]]).toEqual([0x1234, after, CODE_SEGMENT << 4, SP]);
  });
  test("a 32-bit offset beyond the limit of CS is #GP", () => {
    expect(run("o32 jmp 0x1234:0x10000")).toBe(VEC_GP);
    real(CS, CODE_SEGMENT);
    expect(run("o32 call 0x1234:0x10000")).toBe(VEC_GP);
  });
});

describe("IRET", () => {
  test("with 32 bits takes RF, AC and ID too, but not VM, VIF and VIP", () => {
    load("o32 iret");
    r[ESP] = SP - 12;
    bench.write32(0x7000 + SP - 12, 0x40);
    bench.write32(0x7000 + SP - 8, CODE_SEGMENT);
    bench.write32(0x7000 + SP - 4, EFLAGS_AC | EFLAGS_ID | EFLAGS_VM | EFLAGS_VIF | EFLAGS_VIP | 0x3002);
    bench.step(1);
    expect([r[EIP], bench.flags]).toEqual([0x40, EFLAGS_AC | EFLAGS_ID | 0x3002]);
  });
  test("with 16 bits leaves the upper half, and NT has no meaning", () => {
    bench.flags = EFLAGS_AC | 0x4002;
    load("push word 0x7041\npush word 0x100\npush word 0x50\niret");
    bench.step(4);
    expect([r[EIP], bench.flags]).toEqual([0x50, EFLAGS_AC | 0x7043]);
  });
});

describe("segments that protected mode left", () => {
  /** To protected mode and back; DS is as large as KERNEL_DATA meanwhile. */
  const VISIT = `mov eax, cr0
    or al, 1
    mov cr0, eax
    mov bx, ${KERNEL_DATA}
    mov ds, bx
    and al, 0xfe
    mov cr0, eax`;

  test("keep their limits when real mode loads them: only the base follows", () => {
    bench.write32(0x2_0010 + 0x5_0000, 0x1234_5678);
    expect(run(`${VISIT}\nmov bx, 0x2001\nmov ds, bx\na32 mov ecx, [dword 0x50000]`)).toBeNull();
    expect([r[ECX], r[SEG_BASE + DS], r[SEG_LIMIT + DS] >>> 0]).toEqual([0x1234_5678, 0x2_0010, 0xffff_ffff]);
  });
  test("a null one is unusable until then, and has 64 KiB afterwards", () => {
    const nothing = VISIT.replace(`${KERNEL_DATA}`, "0");
    expect(run(`${nothing}\nmov cl, [0]`)).toBe(VEC_GP);
    real(CS, CODE_SEGMENT);
    r[ESP] = SP;
    expect(run(`${nothing}\nmov bx, 0x2001\nmov ds, bx\nmov cl, [0xffff]`)).toBeNull();
    expect(run("a32 mov cl, [dword 0x10000]")).toBe(VEC_GP);
  });
  test("a code segment can be written in real mode, also before CS is loaded there", () => {
    bench.setSegment(CS, KERNEL_CODE, CODE_SEGMENT << 4, 0xffff, 0x009b);
    expect(run("mov word [cs:0x800], 0x1234")).toBeNull();
    expect(bench.read16(CODE_SEGMENT * 16 + 0x800)).toBe(0x1234);
    bench.setSegment(CS, KERNEL_CODE, CODE_SEGMENT << 4, 0xffff, 0x0099);
    expect(run("mov word [cs:0x800], 0x1234"), "but not if it cannot be read").toBe(VEC_GP);
    bench.setSegment(CS, KERNEL_CODE, CODE_SEGMENT << 4, 0xfff, 0x009b);
    expect(run("mov word [cs:0xfff], 0x1234"), "nor beyond its limit").toBe(VEC_GP);
  });
  test("and becomes data when it is", () => {
    bench.setSegment(CS, KERNEL_CODE, CODE_SEGMENT << 4, 0xffff, 0x009b);
    load("jmp 0x100:0x20");
    bench.step(1);
    expect(r[SEG_ATTR + CS]).toBe(0x0093);
  });
});
