/**
 * RF in what events push, and GD when a debug handler is entered.
 * SDM: volume 3, 17.3.1.1 "Instruction-breakpoint exception condition"; 17.2.4 "Debug control register (DR7)".
 */
import { beforeEach, describe, expect, test } from "vitest";
import { EFLAGS_IF, EFLAGS_RF, EFLAGS_TF } from "../../src/cpu/eflags.ts";
import {
  DR0,
  DR7,
  DR7_GD,
  EAX,
  ECX,
  EDI,
  EIP,
  ESI,
  ESP,
  VEC_DB,
  VEC_GP,
  VEC_PF,
  VEC_UD,
} from "../../src/cpu/state.ts";
import { Bench, CODE, DATA, FAULT_STUBS, KERNEL_CODE, STACK_TOP } from "../support/cpu.ts";
import { GATE_INTERRUPT32, load, place, run, vectorGate } from "../support/descriptors.ts";

const VECTOR = 0x40;
const REP = "rep movsb\nafter: nop";

let bench: Bench;
let r: Int32Array;
beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
  bench.cpu.acknowledge = () => VECTOR;
  r[ESI] = DATA;
  r[EDI] = DATA + 0x100;
  r[ECX] = 4;
});

/** RF in the frame on top of the stack, and the return address, behind an error code if there is one. */
function frame(errorCode = false): [rf: boolean, eip: number] {
  const at = (r[ESP] >>> 0) + (errorCode ? 4 : 0);
  return [(bench.read32(at + 8) & EFLAGS_RF) !== 0, bench.read32(at)];
}

describe("RF in what is pushed", () => {
  test("is set by faults", () => {
    bench.mmu.absent.add(0x40);
    for (const [text, vector] of [
      ["ud2", VEC_UD],
      ["mov ax, 0x2000\nmov ds, ax", VEC_GP],
      ["mov eax, [0x40000]", VEC_PF],
    ] as const) {
      expect(run(bench, text)?.vector).toBe(vector);
      expect(bench.flags & EFLAGS_RF).toBe(EFLAGS_RF);
    }
  });
  test("is clear for INT n, traps and interrupts between instructions", () => {
    load(bench, "int 0x40");
    bench.step(1);
    expect(frame()).toEqual([false, CODE + 2]);
    bench.flags = EFLAGS_TF | 2;
    load(bench, "nop");
    bench.step(1);
    expect([r[EIP] - FAULT_STUBS, frame()]).toEqual([VEC_DB, [false, CODE + 1]]);
    bench.flags = EFLAGS_IF | 2;
    load(bench, "nop\nnop");
    bench.step(1);
    bench.cpu.setInterruptLine(true);
    bench.step(1);
    expect(frame()).toEqual([false, CODE + 1]);
  });
  test("is set by an interrupt between two iterations of a repeated instruction, not after the last", () => {
    for (const iterations of [1, 2, 3, 4]) {
      bench.reset();
      [r[ESI], r[EDI], r[ECX]] = [DATA, DATA + 0x100, 4];
      bench.flags = EFLAGS_IF | 2;
      const after = load(bench, REP).get("after");
      for (let i = 0; i < iterations; i++) bench.step(1);
      expect(r[ECX]).toBe(4 - iterations);
      bench.cpu.setInterruptLine(true);
      bench.step(1);
      bench.cpu.setInterruptLine(false);
      expect(frame()).toEqual(iterations < 4 ? [true, CODE] : [false, after]);
    }
  });
  test("is set by the single-step trap there, too", () => {
    place(bench, FAULT_STUBS, "iretd");
    vectorGate(bench, VEC_DB, GATE_INTERRUPT32, KERNEL_CODE, FAULT_STUBS);
    r[ECX] = 3;
    const after = load(bench, REP).get("after");
    bench.flags = EFLAGS_TF | 2;
    const seen = [];
    for (let i = 0; i < 3; i++) {
      bench.step(1);
      seen.push(frame());
      bench.step(1);
    }
    expect(seen).toEqual([
      [true, CODE],
      [true, CODE],
      [false, after],
    ]);
  });
  test("does not outlive the interruption: the next event between instructions has it clear", () => {
    bench.flags = EFLAGS_IF | 2;
    load(bench, REP);
    bench.step(2);
    bench.cpu.setInterruptLine(true);
    bench.step(1);
    bench.cpu.setInterruptLine(false);
    place(bench, FAULT_STUBS + VECTOR, "nop\nint 0x41");
    bench.step(2);
    expect(frame()).toEqual([false, FAULT_STUBS + VECTOR + 3]);
  });
  test("lets the instruction go on without meeting its own breakpoint again", () => {
    place(bench, FAULT_STUBS, "iretd");
    vectorGate(bench, VECTOR, GATE_INTERRUPT32, KERNEL_CODE, FAULT_STUBS);
    load(bench, REP);
    bench.flags = EFLAGS_IF | EFLAGS_RF | 2;
    r[DR0] = CODE;
    r[DR7] |= 1;
    bench.cpu.refreshDebug();
    bench.step(2);
    expect(r[ECX]).toBe(2);
    bench.cpu.setInterruptLine(true);
    bench.step(1);
    bench.cpu.setInterruptLine(false);
    expect(r[EIP]).toBe(FAULT_STUBS);
    bench.step(3);
    expect([r[ECX], r[EIP]]).toEqual([0, CODE + 2]);
  });
});

describe("DR7.GD", () => {
  const GUARDED = 0x2400;
  beforeEach(() => {
    // The handler may use the debug registers at once.
    place(bench, DATA + 0x800, "mov eax, dr7\nhlt");
    vectorGate(bench, VEC_DB, GATE_INTERRUPT32, KERNEL_CODE, DATA + 0x800);
    r[DR7] = GUARDED;
    bench.cpu.refreshDebug();
  });
  test("is cleared on the way into each debug handler, whatever raised #DB", () => {
    for (const text of ["mov eax, dr0", "int1", "nop"]) {
      r[DR7] = GUARDED;
      r[ESP] = STACK_TOP;
      bench.flags = text === "nop" ? EFLAGS_TF | 2 : 2;
      load(bench, text);
      bench.step(10);
      bench.cpu.halted = false;
      expect([text, r[EIP], r[EAX] & DR7_GD, r[DR7] & DR7_GD]).toEqual([text, DATA + 0x804, 0, 0]);
      expect(r[ESP], "the handler was entered once").toBe(STACK_TOP - 12);
    }
  });
  test("stays for INT 1, which is no debug exception", () => {
    load(bench, "db 0xcd, 1");
    bench.step(1);
    expect([r[EIP], r[DR7] & DR7_GD]).toEqual([DATA + 0x800, DR7_GD]);
  });
  test("stays if the handler cannot be entered", () => {
    vectorGate(bench, VEC_DB, 0, 0, 0);
    load(bench, "int1");
    bench.step(1);
    expect([r[EIP] - FAULT_STUBS, r[DR7] & DR7_GD]).toEqual([VEC_GP, DR7_GD]);
    expect(frame(true)[1]).toBe(CODE);
  });
});
