/**
 * An exception while an interrupt or exception is delivered: which pairs make a double fault, which are delivered one
 * after the other, and when the processor shuts down. SDM: volume 3, 6.15 "Interrupt 8—Double fault exception", tables
 * 6-4 "Interrupt and exception classes" and 6-5 "Conditions for generating a double fault".
 */
import { beforeEach, describe, expect, test } from "vitest";
import { RUN_SHUTDOWN } from "../../src/cpu/cpu.ts";
import { EFLAGS_AC, EFLAGS_IF, EFLAGS_NT, EFLAGS_TF } from "../../src/cpu/eflags.ts";
import {
  CPL,
  CR0,
  CR0_AM,
  CR0_TS,
  CS,
  EAX,
  EIP,
  ESP,
  LDTR,
  SEG_ATTR,
  SEG_SELECTOR,
  SS,
  VEC_AC,
  VEC_BP,
  VEC_BR,
  VEC_DB,
  VEC_DE,
  VEC_DF,
  VEC_GP,
  VEC_NM,
  VEC_NP,
  VEC_PF,
  VEC_SS,
  VEC_TS,
  VEC_UD,
} from "../../src/cpu/state.ts";
import {
  Bench,
  CODE,
  DATA,
  FAULT_STUBS,
  FREE_SELECTOR,
  KERNEL_CODE,
  RING0_STACK_TOP,
  STACK_TOP,
  USER_DATA,
} from "../support/cpu.ts";
import {
  CONFORMING32,
  DATA32,
  DPL3,
  GATE_INTERRUPT32,
  load,
  segment,
  tssStack,
  vectorGate,
} from "../support/descriptors.ts";

/** Handlers that can be called come in conforming code, so that they need nothing of the TSS. */
const HANDLERS = FREE_SELECTOR;
const ABSENT = FREE_SELECTOR + 8;
const ABSENT_PAGE = 0x4_0000;
const VECTOR = 0x40;
const EXTERNAL = 0x41;

let bench: Bench;
let r: Int32Array;
beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
  segment(bench, HANDLERS, CONFORMING32);
  segment(bench, ABSENT, (DATA32 | DPL3) & ~0x80);
  bench.mmu.absent.add(ABSENT_PAGE >>> 12);
  for (const vector of [VEC_DF, VEC_TS, VEC_NP, VEC_SS, VEC_GP, VEC_PF]) {
    vectorGate(bench, vector, GATE_INTERRUPT32, HANDLERS, FAULT_STUBS + vector);
  }
  bench.cpu.acknowledge = () => EXTERNAL;
});

/** Ways to raise each first event at CPL 3. */
const FIRST: Readonly<
  Record<string, { vector: number; text: string; prepare?: () => void; flags?: number }>
> = {
  "#DE": { vector: VEC_DE, text: "mov ecx, 0\ndiv ecx" },
  "#DB": { vector: VEC_DB, text: "nop", flags: EFLAGS_TF },
  INT3: { vector: VEC_BP, text: "int3" },
  "#BR": { vector: VEC_BR, text: `mov eax, -1\nbound eax, [${DATA}]` },
  "#UD": { vector: VEC_UD, text: "ud2" },
  "#NM": {
    vector: VEC_NM,
    text: "fnop",
    prepare: () => {
      r[CR0] |= CR0_TS;
    },
  },
  "#TS": { vector: VEC_TS, text: "iretd", flags: EFLAGS_NT },
  "#NP": { vector: VEC_NP, text: `mov ax, ${ABSENT | 3}\nmov ds, ax` },
  "#SS": {
    vector: VEC_SS,
    text: `mov eax, [ss:${STACK_TOP + 0x1000}]`,
    prepare: () => bench.setSegment(SS, USER_DATA, 0, STACK_TOP + 0xfff, 0x40f3),
  },
  "#GP": { vector: VEC_GP, text: "mov ax, 0x2003\nmov ds, ax" },
  "#PF": { vector: VEC_PF, text: `mov eax, [${ABSENT_PAGE + 0x100}]` },
  "#AC": {
    vector: VEC_AC,
    text: `mov eax, [${DATA + 1}]`,
    flags: EFLAGS_AC,
    prepare: () => {
      r[CR0] |= CR0_AM;
    },
  },
  "INT n": { vector: VECTOR, text: `int ${VECTOR}` },
  "an external interrupt": {
    vector: EXTERNAL,
    text: "nop",
    flags: EFLAGS_IF,
    prepare: () => bench.cpu.setInterruptLine(true),
  },
};

/** What makes its delivery raise a second exception, by the gate of the first, and that one's error code without EXT. */
const SECOND: Readonly<
  Record<string, { vector: number; error: (first: number) => number; break: (first: number) => void }>
> = {
  "#TS": {
    vector: VEC_TS,
    error: () => 0,
    break: (first) => {
      vectorGate(bench, first, GATE_INTERRUPT32 | DPL3, KERNEL_CODE, FAULT_STUBS + first);
      tssStack(bench, 0, 0, RING0_STACK_TOP);
    },
  },
  "#NP": {
    vector: VEC_NP,
    error: (first) => first * 8 + 2,
    break: (first) => vectorGate(bench, first, 0x0e | DPL3, KERNEL_CODE, 0),
  },
  "#SS": {
    vector: VEC_SS,
    error: () => ABSENT + 8,
    break: (first) => {
      vectorGate(bench, first, GATE_INTERRUPT32 | DPL3, KERNEL_CODE, FAULT_STUBS + first);
      segment(bench, ABSENT + 8, DATA32 & ~0x80);
      tssStack(bench, 0, ABSENT + 8, RING0_STACK_TOP);
    },
  },
  "#GP": {
    vector: VEC_GP,
    error: (first) => first * 8 + 2,
    break: (first) => vectorGate(bench, first, 0, 0, 0),
  },
  "#PF": {
    vector: VEC_PF,
    error: () => -1,
    break: (first) => {
      bench.setSegment(LDTR, 0x50, ABSENT_PAGE, 0xfff, 0x82);
      vectorGate(bench, first, GATE_INTERRUPT32 | DPL3, 0x0c, 0);
    },
  },
};

const CONTRIBUTORY = ["#DE", "#TS", "#NP", "#SS", "#GP"];
const doubles = (first: string, second: string): boolean =>
  (CONTRIBUTORY.includes(first) && CONTRIBUTORY.includes(second)) || first === "#PF";

describe.each(Object.keys(FIRST))("while %s is delivered", (firstName) => {
  test.each(Object.keys(SECOND))("%s", (secondName) => {
    const first = FIRST[firstName];
    const second = SECOND[secondName];
    bench.write32(DATA, 0);
    bench.write32(DATA + 4, 0);
    bench.setPrivilege(3);
    load(bench, first.text);
    const steps = first.text.split("\n").length;
    if (steps === 2) bench.step(1);
    bench.flags = (first.flags ?? 0) | 2;
    first.prepare?.();
    bench.cpu.refreshMode();
    second.break(first.vector);
    const at = r[EIP];
    // The trap of TF comes with its instruction; whatever is raised then is delivered together.
    bench.step(1);
    expect([r[CPL], r[SEG_SELECTOR + CS]]).toEqual([3, HANDLERS | 3]);
    const vector = (r[EIP] >>> 0) - FAULT_STUBS;
    expect(vector).toBe(doubles(firstName, secondName) ? VEC_DF : second.vector);
    const errorCode = bench.read32(r[ESP] >>> 0);
    if (vector === VEC_DF) expect(errorCode).toBe(0);
    else if (vector !== VEC_PF) expect(errorCode).toBe(second.error(first.vector) | isExternal(firstName));
    expect(bench.read32((r[ESP] >>> 0) + 4)).toBe(firstName === "#DB" ? at + 1 : at);
  });
});

/** EXT is clear only for what the program asked for itself. */
const isExternal = (name: string): number => (name === "INT3" || name === "INT n" ? 0 : 1);

test("a benign exception does not hide the next pair: #UD, #GP and #NP end in a double fault", () => {
  vectorGate(bench, VEC_UD, 0, 0, 0);
  vectorGate(bench, VEC_GP, 0x0e, KERNEL_CODE, 0);
  load(bench, "ud2");
  bench.step(1);
  expect([r[EIP] - FAULT_STUBS, bench.read32(r[ESP]), bench.read32(r[ESP] + 4)]).toEqual([VEC_DF, 0, CODE]);
});

describe("whatever is raised while a double fault is delivered shuts the processor down", () => {
  test.each(["#TS", "#NP", "#SS", "#GP", "#PF"])("%s", (name) => {
    SECOND[name].break(VEC_DF);
    vectorGate(bench, VEC_GP, 0, 0, 0);
    bench.setPrivilege(3);
    load(bench, "hlt");
    const before = [...r.subarray(EAX, SEG_ATTR + 8)];
    expect(bench.step(10)).toBe(RUN_SHUTDOWN);
    expect(bench.cpu.shutdownFaults).toEqual([VEC_GP, VEC_DF, SECOND[name].vector]);
    const third = name === "#PF" ? 0 : SECOND[name].error(VEC_DF) | 1;
    expect(bench.cpu.shutdownErrors).toEqual([0, 0, third]);
    expect([...r.subarray(EAX, SEG_ATTR + 8)]).toEqual(before);
  });
});
