/**
 * Task switches: what is saved, what is loaded, which bits say so, and whose fault it is when a task cannot run.
 * SDM: volume 3, 7.3 "Task switching", table 7-1. The conformance guests (`guests/conformance/tasks`) go into every corner.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { EFLAGS_NT } from "../../src/cpu/eflags.ts";
import {
  CR0,
  CR0_TS,
  DR7,
  EAX,
  EBX,
  EIP,
  ESP,
  FPU_TAGS,
  GS,
  SEG_SELECTOR,
  TR,
  VEC_NM,
  VEC_NP,
  VEC_TS,
} from "../../src/cpu/state.ts";
import { assemble } from "../support/asm.ts";
import {
  Bench,
  CODE,
  DATA,
  FREE_SELECTOR,
  GDT,
  IDT,
  KERNEL_CODE,
  KERNEL_DATA,
  STACK_TOP,
  TSS,
  TSS_SELECTOR,
} from "../support/cpu.ts";

const OTHER = FREE_SELECTOR;
const OTHER_TSS = DATA;
const ENTRY = 0x1_8000;
const OTHER_STACK = 0x1_a000;

let bench: Bench;
let r: Int32Array;
beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
  bench.writeDescriptor(GDT + OTHER, OTHER_TSS, 0x67, 0x89);
  task32({});
});

interface Registers {
  readonly eip?: number;
  readonly eflags?: number;
  readonly cs?: number;
  readonly ss?: number;
  readonly gs?: number;
  readonly trap?: boolean;
}

/** Fills the other task's TSS. */
function task32({
  eip = ENTRY,
  eflags = 2,
  cs = KERNEL_CODE,
  ss = KERNEL_DATA,
  gs = 0,
  trap = false,
}: Registers): void {
  bench.write32(OTHER_TSS + 0x20, eip);
  bench.write32(OTHER_TSS + 0x24, eflags);
  bench.write32(OTHER_TSS + 0x28, 0x1111_1111);
  bench.write32(OTHER_TSS + 0x38, OTHER_STACK);
  for (const [at, selector] of [
    [0x48, KERNEL_DATA],
    [0x4c, cs],
    [0x50, ss],
    [0x54, KERNEL_DATA],
    [0x58, KERNEL_DATA],
    [0x5c, gs],
    [0x60, 0],
  ]) {
    bench.write32(OTHER_TSS + at, selector);
  }
  bench.write32(OTHER_TSS + 0x64, (0x68 << 16) | (trap ? 1 : 0));
}

/** Puts code at the other task's entry. */
function at(address: number, text: string): void {
  bench.load(address, assemble(text, { origin: address }).bytes);
}

const typeOf = (selector: number): number => bench.read8(GDT + selector + 5) & 15;

describe("JMP to a TSS", () => {
  test("saves the old task, loads the new one, and moves the busy bit", () => {
    at(ENTRY, "hlt");
    r[EBX] = 0x2222_2222;
    expect(bench.asm(`jmp ${OTHER}:0`)).toBeNull();
    expect([r[EAX], r[EIP], r[ESP], r[SEG_SELECTOR + TR]]).toEqual([
      0x1111_1111,
      ENTRY + 1,
      OTHER_STACK,
      OTHER,
    ]);
    expect([bench.read32(TSS + 0x20), bench.read32(TSS + 0x34), bench.read32(TSS + 0x38)]).toEqual([
      CODE + 7,
      0x2222_2222,
      STACK_TOP,
    ]);
    expect([typeOf(TSS_SELECTOR), typeOf(OTHER)]).toEqual([0x9, 0xb]);
    expect(bench.flags & EFLAGS_NT).toBe(0);
  });

  test("sets CR0.TS, so that the next x87 instruction raises #NM, and ends local breakpoints", () => {
    at(ENTRY, "hlt");
    r[DR7] |= 0x3;
    bench.asm(`jmp ${OTHER}:0`);
    expect(r[CR0] & CR0_TS).toBe(CR0_TS);
    expect(r[DR7] & 0x3ff).toBe(2);
    r[FPU_TAGS] = 0;
    expect(bench.exec(0xd9, 0xe8)).toMatchObject({ vector: VEC_NM });
  });

  test("through a task gate does the same", () => {
    at(ENTRY, "hlt");
    bench.write32(GDT + OTHER + 8, OTHER << 16);
    bench.write32(GDT + OTHER + 12, 0x8500);
    expect(bench.asm(`jmp ${OTHER + 8}:0x1234`)).toBeNull();
    expect(r[SEG_SELECTOR + TR]).toBe(OTHER);
  });

  test("to a 16-bit TSS loads sixteen bits of each register", () => {
    at(ENTRY & 0xffff, "hlt");
    bench.writeDescriptor(GDT + OTHER, OTHER_TSS, 0x2b, 0x81);
    for (let i = 0; i < 0x2c; i += 2) bench.write16(OTHER_TSS + i, 0);
    bench.write16(OTHER_TSS + 0x0e, ENTRY & 0xffff);
    bench.write16(OTHER_TSS + 0x10, 2);
    bench.write16(OTHER_TSS + 0x12, 0x1234);
    bench.write16(OTHER_TSS + 0x22, KERNEL_DATA);
    bench.write16(OTHER_TSS + 0x24, KERNEL_CODE);
    bench.write16(OTHER_TSS + 0x26, KERNEL_DATA);
    bench.write16(OTHER_TSS + 0x28, KERNEL_DATA);
    expect(bench.asm(`jmp ${OTHER}:0`)).toBeNull();
    expect([r[EAX] & 0xffff, r[EIP], r[SEG_SELECTOR + GS]]).toEqual([0x1234, (ENTRY & 0xffff) + 1, 0]);
  });
});

describe("CALL and IRET", () => {
  test("nest: the link leads back, NT is set in the new task only, both are busy meanwhile", () => {
    at(ENTRY, "mov ebx, 1\niretd\nmov ebx, 2\niretd");
    const { bytes, labels } = assemble(`call ${OTHER}:0\nback: mov ecx, 3\ncall ${OTHER}:0`, {
      origin: CODE,
    });
    bench.load(CODE, [...bytes, 0xf4]);
    r[EIP] = CODE;
    bench.step(1);
    expect([bench.read16(OTHER_TSS), bench.flags & EFLAGS_NT]).toEqual([TSS_SELECTOR, EFLAGS_NT]);
    expect([typeOf(TSS_SELECTOR), typeOf(OTHER)]).toEqual([0xb, 0xb]);
    bench.step(2);
    expect([r[EIP], r[SEG_SELECTOR + TR], bench.flags & EFLAGS_NT]).toEqual([
      labels.get("back"),
      TSS_SELECTOR,
      0,
    ]);
    expect([typeOf(TSS_SELECTOR), typeOf(OTHER)]).toEqual([0xb, 0x9]);
    // The other task goes on behind its IRET.
    bench.step(3);
    expect(r[EBX]).toBe(2);
  });

  test("IRET to a task that is not busy is #TS(link)", () => {
    bench.flags |= EFLAGS_NT;
    bench.write16(TSS, OTHER);
    expect(bench.asm("iretd")).toEqual({ vector: VEC_TS, errorCode: OTHER, eip: CODE });
  });
});

describe("an exception through a task gate", () => {
  test("pushes its error code on the new task's stack, and saves where it happened", () => {
    at(ENTRY, "hlt");
    bench.write32(IDT + 13 * 8, OTHER << 16);
    bench.write32(IDT + 13 * 8 + 4, 0x8500);
    bench.load(CODE, assemble(`mov ax, 0x1234\nmov ds, ax`, { origin: CODE }).bytes);
    r[EIP] = CODE;
    bench.step(3);
    expect([r[ESP], bench.read32(OTHER_STACK - 4), bench.read32(TSS + 0x20)]).toEqual([
      OTHER_STACK - 4,
      0x1234,
      CODE + 4,
    ]);
  });
});

describe("what is wrong with the new task is its own fault", () => {
  test.each([["a data segment that is not there", { gs: 0x50 }, VEC_TS, 0x50]])(
    "%s",
    (_name, registers, vector, errorCode) => {
      task32(registers);
      const fault = bench.asm(`jmp ${OTHER}:0`);
      expect(fault).toMatchObject({ vector, errorCode, eip: ENTRY });
      expect(r[SEG_SELECTOR + TR]).toBe(OTHER);
    },
  );

  test("but a TSS that is not present is the old task's", () => {
    bench.writeDescriptor(GDT + OTHER, OTHER_TSS, 0x67, 0x09);
    expect(bench.asm(`jmp ${OTHER}:0`)).toEqual({ vector: VEC_NP, errorCode: OTHER, eip: CODE });
    expect(r[SEG_SELECTOR + TR]).toBe(TSS_SELECTOR);
  });
});

test("the T bit raises #DB in front of the new task's first instruction", () => {
  at(ENTRY, "inc eax\nhlt");
  task32({ trap: true });
  expect(bench.asm(`jmp ${OTHER}:0`)).toEqual({ vector: 1, errorCode: -1, eip: ENTRY });
  expect(r[66] & 0x8000).toBe(0x8000);
});
