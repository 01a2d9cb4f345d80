/**
 * What a task switch saves and loads, for tasks of 16 and of 32 bits, and what an exception leaves on the new stack.
 * SDM: volume 3, 7.2.1, 7.3 "Task switching", 7.6 "16-bit task-state segment".
 */
import { beforeEach, describe, expect, test } from "vitest";
import { EFLAGS_IF, EFLAGS_NT, EFLAGS_RF, EFLAGS_TF, EFLAGS_VM } from "../../src/cpu/eflags.ts";
import {
  CPL,
  CR0,
  CR0_PG,
  CR3,
  CS,
  DR6,
  DR6_BT,
  DS,
  EAX,
  EIP,
  ESP,
  LDTR,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
  TR,
  VEC_DB,
  VEC_DF,
  VEC_GP,
  VEC_SS,
  VEC_UD,
} from "../../src/cpu/state.ts";
import {
  Bench,
  CODE,
  FAULT_STUBS,
  GDT,
  KERNEL_DATA,
  RING0_STACK_TOP,
  STACK_TOP,
  TSS,
  TSS_SELECTOR,
  USER_CODE,
  USER_DATA,
} from "../support/cpu.ts";
import {
  CONFORMING32,
  DATA16,
  GATE_TASK,
  load,
  place,
  run,
  segment,
  vectorGate,
} from "../support/descriptors.ts";
import {
  BEYOND,
  buildTask16,
  buildTasks,
  ENTRY,
  HANDLER,
  HANDLER_TSS,
  NEW,
  NEW_STACK,
  NEW_TSS,
  SEL,
  T,
  typeOf,
} from "../support/tasks.ts";

let bench: Bench;
let r: Int32Array;
beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
  buildTasks(bench);
});

describe("an error code on the new task's stack", () => {
  const BAD_LOAD = `mov ax, ${BEYOND}\nmov ds, ax`;
  const openGate = (): void => vectorGate(bench, VEC_GP, GATE_TASK, NEW, 0);

  test("is a doubleword for a 32-bit TSS, a word for a 16-bit one", () => {
    openGate();
    expect(run(bench, BAD_LOAD)).toBeNull();
    expect([r[ESP], bench.read32(NEW_STACK - 4)]).toEqual([NEW_STACK - 4, BEYOND]);
    bench.reset();
    openGate();
    buildTask16(bench, 0x2000, 0x6000);
    segment(bench, SEL, DATA16, 0, 0xffff);
    bench.write16(NEW_TSS + 0x26, SEL);
    expect(run(bench, BAD_LOAD)).toBeNull();
    expect([r[ESP] & 0xffff, bench.read16(0x6000 - 2)]).toEqual([0x6000 - 2, BEYOND]);
  });
  test("without room is #SS(EXT), which ends in a double fault of the new task", () => {
    segment(bench, SEL, 0x4093, 0, NEW_STACK - 1);
    bench.write32(NEW_TSS + T.SS, SEL);
    bench.write32(NEW_TSS + T.ESP, 2);
    openGate();
    vectorGate(bench, VEC_DF, GATE_TASK, HANDLER, 0);
    expect(run(bench, BAD_LOAD)).toBeNull();
    expect([r[SEG_SELECTOR + TR], bench.read16(HANDLER_TSS), bench.read32(NEW_TSS + T.ESP)]).toEqual([
      HANDLER,
      NEW,
      2,
    ]);
    // A benign first exception would have shown it: that has no error code to push, so look at the chain instead.
    bench.reset();
    buildTasks(bench);
    segment(bench, SEL, 0x4093, 0, NEW_STACK - 1);
    bench.write32(NEW_TSS + T.SS, SEL);
    bench.write32(NEW_TSS + T.ESP, 2);
    vectorGate(bench, VEC_GP, 0, 0, 0);
    vectorGate(bench, VEC_DF, GATE_TASK, NEW, 0);
    load(bench, BAD_LOAD);
    bench.step(10);
    expect([bench.cpu.shutdownFaults, bench.cpu.shutdownErrors]).toEqual([
      [VEC_GP, VEC_DF, VEC_SS],
      [BEYOND, 0, 1],
    ]);
  });
});

describe("mixtures of 16 and 32 bits", () => {
  test("a 16-bit task is saved in 16 bits, and comes back with FS and GS null", () => {
    buildTask16(bench, 0x2000, 0x6000);
    place(
      bench,
      0x2000,
      `mov eax, 0x12345678\nmov bx, ${KERNEL_DATA}\nmov fs, bx\njmp ${TSS_SELECTOR}:0\nhlt`,
    );
    const back = load(bench, `jmp ${NEW}:0\nback: jmp ${NEW}:0`).get("back");
    bench.step(5);
    expect([r[EIP], r[SEG_SELECTOR + TR]]).toEqual([back, TSS_SELECTOR]);
    expect([bench.read16(NEW_TSS + 0x12), bench.read32(NEW_TSS + 0x2a)]).toEqual([0x5678, 0]);
    bench.step(1);
    expect([r[EAX] & 0xffff, r[SEG_SELECTOR + 4], r[SEG_ATTR + 4], r[CR3]]).toEqual([0x5678, 0, 0, 0]);
    expect(bench.go(10)).toBeNull();
  });
  test("a 16-bit task has no CR3: that of the task before stays, paging or not", () => {
    buildTask16(bench, 0x2000, 0x6000);
    r[CR0] |= CR0_PG;
    r[CR3] = 0x5000;
    expect(run(bench, `jmp ${NEW}:0`)).toBeNull();
    expect([r[SEG_SELECTOR + TR], r[CR3]]).toEqual([NEW, 0x5000]);
  });
  test("a 16-bit task has no upper half of EFLAGS, thus no virtual-8086 mode", () => {
    buildTask16(bench, 0x2000, 0x6000);
    bench.flags = 0x0020_0002;
    bench.write16(NEW_TSS + 0x10, 0x0ad7);
    load(bench, `jmp ${NEW}:0`);
    bench.step(1);
    expect(bench.flags).toBe(0x0ad7);
    expect(bench.read32(TSS + T.EFLAGS)).toBe(0x0020_0002);
  });
});

describe("what a 32-bit TSS brings", () => {
  test("CR3, while paging is on, announced like a MOV to CR3", () => {
    bench.write32(NEW_TSS + T.CR3, 0x7000);
    let announced = 0;
    bench.cpu.afterControlWrite = () => announced++;
    expect(run(bench, `jmp ${NEW}:0`)).toBeNull();
    expect([r[CR3], announced]).toEqual([0, 0]);
    bench.reset();
    buildTasks(bench);
    bench.write32(NEW_TSS + T.CR3, 0x7000);
    r[CR0] |= CR0_PG;
    expect(run(bench, `jmp ${NEW}:0`)).toBeNull();
    expect([r[CR3], announced]).toEqual([0x7000, 1]);
    expect(bench.read32(TSS + T.CR3), "the old one is not saved").toBe(0);
  });
  test("an LDT, from which the other segments may come", () => {
    segment(bench, SEL, 0x82, 0x3_0000, 0x0f);
    bench.writeDescriptor(0x3_0008, 0x5_0000, 0xfff, 0x4093);
    bench.write32(NEW_TSS + T.LDT, SEL);
    bench.write32(NEW_TSS + T.DS, 0x0c);
    expect(run(bench, `jmp ${NEW}:0`)).toBeNull();
    expect([r[SEG_BASE + LDTR], r[SEG_LIMIT + LDTR], r[SEG_SELECTOR + DS], r[SEG_BASE + DS]]).toEqual([
      0x3_0000, 0x0f, 0x0c, 0x5_0000,
    ]);
  });
  test("another privilege level", () => {
    bench.write32(NEW_TSS + T.CS, USER_CODE);
    bench.write32(NEW_TSS + T.SS, USER_DATA);
    for (const at of [T.ES, T.DS, T.FS, T.GS]) bench.write32(NEW_TSS + at, USER_DATA);
    bench.write32(NEW_TSS + T.ESP0, RING0_STACK_TOP);
    bench.write32(NEW_TSS + T.SS0, KERNEL_DATA);
    load(bench, `jmp ${NEW}:0`);
    bench.step(1);
    expect([r[CPL], r[EIP], r[SEG_SELECTOR + SS]]).toEqual([3, ENTRY, USER_DATA]);
    // HLT is privileged; the way to its handler is by the new TSS.
    bench.step(1);
    expect([r[CPL], r[EIP] - FAULT_STUBS, r[ESP]]).toEqual([0, VEC_GP, RING0_STACK_TOP - 24]);
  });
  test("conforming code of an inner level, which keeps the level of its selector", () => {
    segment(bench, SEL, CONFORMING32);
    bench.write32(NEW_TSS + T.CS, SEL | 3);
    for (const at of [T.SS, T.ES, T.DS, T.FS, T.GS]) bench.write32(NEW_TSS + at, USER_DATA);
    load(bench, `jmp ${NEW}:0`);
    bench.step(1);
    expect([r[CPL], r[EIP], r[SEG_SELECTOR + CS], r[SEG_SELECTOR + SS]]).toEqual([
      3,
      ENTRY,
      SEL | 3,
      USER_DATA,
    ]);
    expect([bench.cpu.shutdown, r[SEG_ATTR + CS]]).toEqual([false, CONFORMING32]);
  });
  test("virtual-8086 mode", () => {
    bench.write32(NEW_TSS + T.EFLAGS, EFLAGS_VM | 0x3002);
    bench.write32(NEW_TSS + T.EIP, 0x20);
    for (const [i, at] of [T.ES, T.CS, T.SS, T.DS, T.FS, T.GS].entries()) {
      bench.write32(NEW_TSS + at, 0x1000 + i);
    }
    load(bench, `jmp ${NEW}:0`);
    bench.step(1);
    expect([r[CPL], r[EIP], bench.flags]).toEqual([3, 0x20, EFLAGS_VM | 0x3002]);
    for (let seg = 0; seg < 6; seg++) {
      expect([SEG_SELECTOR, SEG_BASE, SEG_LIMIT, SEG_ATTR].map((column) => r[column + seg])).toEqual([
        0x1000 + seg,
        0x1_0000 + 16 * seg,
        0xffff,
        0xf3,
      ]);
    }
    expect(r[SEG_SELECTOR + CS]).toBe(0x1001);
  });
  test("only those bits of EFLAGS that exist", () => {
    bench.write32(NEW_TSS + T.EFLAGS, ~(EFLAGS_VM | EFLAGS_TF | EFLAGS_IF));
    load(bench, `jmp ${NEW}:0`);
    bench.step(1);
    expect(bench.flags).toBe(0x003d_7cd7);
  });
});

describe("what is saved", () => {
  test("a fault's own EIP with RF, a trap's or an interrupt's next one without", () => {
    vectorGate(bench, VEC_UD, GATE_TASK, NEW, 0);
    run(bench, "nop\nud2");
    expect([bench.read32(TSS + T.EIP), bench.read32(TSS + T.EFLAGS)]).toEqual([CODE + 1, EFLAGS_RF | 2]);
    bench.reset();
    buildTasks(bench);
    vectorGate(bench, 3, GATE_TASK, NEW, 0);
    run(bench, "nop\nint3");
    expect([bench.read32(TSS + T.EIP), bench.read32(TSS + T.EFLAGS)]).toEqual([CODE + 2, 2]);
    bench.reset();
    buildTasks(bench);
    vectorGate(bench, 0x40, GATE_TASK, NEW, 0);
    bench.cpu.acknowledge = () => 0x40;
    bench.flags = EFLAGS_IF | 2;
    load(bench, "nop");
    bench.cpu.setInterruptLine(true);
    bench.step(1);
    bench.cpu.setInterruptLine(false);
    expect([bench.read32(TSS + T.EIP), bench.read32(TSS + T.EFLAGS), r[SEG_SELECTOR + TR]]).toEqual([
      CODE,
      EFLAGS_IF | 2,
      NEW,
    ]);
    expect([bench.flags, bench.read16(NEW_TSS)]).toEqual([EFLAGS_NT | 2, TSS_SELECTOR]);
  });
  test("by IRET without NT, the task that it returns to keeping what its TSS says", () => {
    bench.flags = EFLAGS_NT | 2;
    bench.write16(TSS, NEW);
    bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x67, 0x8b);
    bench.write32(NEW_TSS + T.EFLAGS, EFLAGS_NT | 2);
    expect(run(bench, "iretd")).toBeNull();
    expect([bench.read32(TSS + T.EFLAGS), bench.flags, bench.read32(TSS + T.ESP)]).toEqual([
      2,
      EFLAGS_NT | 2,
      STACK_TOP,
    ]);
    expect([typeOf(bench, TSS_SELECTOR), typeOf(bench, NEW)]).toEqual([0x9, 0xb]);
  });
});

test("the T bit traps also when an exception made the switch, behind its error code", () => {
  bench.write32(NEW_TSS + T.TRAP, (0x68 << 16) | 1);
  vectorGate(bench, VEC_GP, GATE_TASK, NEW, 0);
  r[DR6] = 0;
  expect(run(bench, `mov ax, ${BEYOND}\nmov ds, ax`)).toEqual({ vector: VEC_DB, errorCode: -1, eip: ENTRY });
  expect([r[DR6], r[ESP], bench.read32(NEW_STACK - 4)]).toEqual([DR6_BT, NEW_STACK - 4, BEYOND]);
});
