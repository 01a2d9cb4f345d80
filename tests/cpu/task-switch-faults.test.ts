/**
 * What can be wrong with a task switch, whose exception it is, and what the switch has done by then.
 * SDM: volume 3, table 7-1 "Exception conditions checked during a task switch"; 7.4 "Task linking"; 7.6.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { EFLAGS_NT, EFLAGS_RF } from "../../src/cpu/eflags.ts";
import {
  CPL,
  CR0,
  CR0_TS,
  CR2,
  DS,
  EAX,
  EDI,
  EIP,
  ESP,
  LDTR,
  SEG_ATTR,
  SEG_SELECTOR,
  TR,
  VEC_DF,
  VEC_GP,
  VEC_NP,
  VEC_PF,
  VEC_SS,
  VEC_TS,
  VEC_UD,
} from "../../src/cpu/state.ts";
import { Bench, CODE, GDT, KERNEL_DATA, TSS, TSS_SELECTOR } from "../support/cpu.ts";
import {
  CODE32,
  CONFORMING32,
  callGate,
  DATA32,
  DPL3,
  EXECUTE_ONLY32,
  GATE_TASK,
  load,
  READ_ONLY32,
  run,
  segment,
  vectorGate,
} from "../support/descriptors.ts";
import {
  BEYOND,
  buildTasks,
  ENTRY,
  GATE,
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

/** All registers, descriptor types and both tasks' memory: what a switch that did not begin leaves. */
function everything(): unknown {
  return [
    [...r.subarray(EAX, EDI + 1), bench.flags & ~EFLAGS_RF, r[CPL], r[CR0]],
    [...r.subarray(SEG_SELECTOR, SEG_ATTR + 8)],
    [typeOf(bench, TSS_SELECTOR), typeOf(bench, NEW)],
    [bench.bytes(TSS, 0x68), bench.bytes(NEW_TSS, 0x68)],
  ];
}

describe("before anything has changed the exception is the old task's", () => {
  function expectFault(text: string, vector: number, errorCode: number): void {
    const before = everything();
    expect(run(bench, text)).toEqual({ vector, errorCode, eip: CODE });
    expect(everything()).toEqual(before);
  }
  const both = (selector: number, vector: number, errorCode: number): void => {
    expectFault(`jmp ${selector}:0`, vector, errorCode);
    expectFault(`call ${selector}:0`, vector, errorCode);
  };

  test("a TSS that is busy: #GP, not present: #NP, too short: #TS", () => {
    bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x67, 0x8b);
    both(NEW, VEC_GP, NEW);
    bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x67, 0x09);
    both(NEW, VEC_NP, NEW);
    bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x66, 0x89);
    both(NEW, VEC_TS, NEW);
    bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x2a, 0x81);
    both(NEW, VEC_TS, NEW);
  });
  test("less privilege than its DPL asks for: #GP", () => both(NEW | 1, VEC_GP, NEW));
  test("a TSS in the LDT: #GP, present or not", () => {
    bench.setSegment(LDTR, SEL, 0x3_0000, 0x0f, 0x82);
    bench.writeDescriptor(0x3_0008, NEW_TSS, 0x67, 0x89);
    both(0x0c, VEC_GP, 0x0c);
    bench.writeDescriptor(0x3_0008, NEW_TSS, 0x67, 0x09);
    both(0x0c, VEC_GP, 0x0c);
  });
  test("through a task gate the same, and its own DPL and P bit", () => {
    callGate(bench, GATE, GATE_TASK, NEW, 0);
    both(GATE | 1, VEC_GP, GATE);
    callGate(bench, GATE, GATE_TASK & ~0x80, NEW, 0);
    both(GATE, VEC_NP, GATE);
    for (const [tss, error] of [
      [0, 0],
      [NEW | 4, NEW | 4],
      [BEYOND, BEYOND],
      [KERNEL_DATA, KERNEL_DATA],
      [TSS_SELECTOR, TSS_SELECTOR],
    ]) {
      callGate(bench, GATE, GATE_TASK, tss, 0);
      both(GATE, VEC_GP, error);
    }
    bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x67, 0x09);
    callGate(bench, GATE, GATE_TASK, NEW, 0);
    both(GATE, VEC_NP, NEW);
  });
  test("a task gate in the IDT: as INT n without EXT, as an exception with it", () => {
    for (const [vector, text, ext] of [
      [0x40, "int 0x40", 0],
      [VEC_UD, "ud2", 1],
    ] as const) {
      vectorGate(bench, vector, GATE_TASK, TSS_SELECTOR, 0);
      expectFault(text, VEC_GP, TSS_SELECTOR | ext);
      vectorGate(bench, vector, GATE_TASK, 0, 0);
      expectFault(text, VEC_GP, ext);
      bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x67, 0x09);
      vectorGate(bench, vector, GATE_TASK, NEW, 0);
      expectFault(text, VEC_NP, NEW | ext);
      bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x66, 0x89);
      expectFault(text, VEC_TS, NEW | ext);
    }
  });
  test.each([
    ["nothing", 0, VEC_TS, 0],
    ["an available TSS", NEW, VEC_TS, NEW],
    ["data", KERNEL_DATA, VEC_TS, KERNEL_DATA],
    ["the LDT", NEW | 4, VEC_TS, NEW | 4],
    ["beyond the GDT", BEYOND, VEC_TS, BEYOND],
  ])("IRET with NT and a link to %s: #TS(link)", (_name, link, vector, errorCode) => {
    bench.flags = EFLAGS_NT | 2;
    bench.write16(TSS, link);
    expectFault("iretd", vector, errorCode);
  });
  test("IRET to a TSS that is not present: #NP, too short: #TS", () => {
    bench.flags = EFLAGS_NT | 2;
    bench.write16(TSS, NEW);
    bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x67, 0x0b);
    expectFault("iretd", VEC_NP, NEW);
    bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x66, 0x8b);
    expectFault("iretd", VEC_TS, NEW);
  });

  describe("page faults", () => {
    const OLD_TSS = 0x3_0000;
    /** The old task's TSS gets a page of its own. */
    const moveOldTss = (): void => {
      bench.load(OLD_TSS, bench.bytes(TSS, 0x68));
      bench.setSegment(TR, TSS_SELECTOR, OLD_TSS, 0x67, 0x8b);
      bench.writeDescriptor(GDT + TSS_SELECTOR, OLD_TSS, 0x67, 0x8b);
    };
    test("of the new TSS: read by JMP, also written by CALL", () => {
      moveOldTss();
      bench.mmu.absent.add(NEW_TSS >>> 12);
      const before = [typeOf(bench, TSS_SELECTOR), bench.bytes(OLD_TSS, 0x68)];
      expect(run(bench, `jmp ${NEW}:0`)).toEqual({ vector: VEC_PF, errorCode: 0, eip: CODE });
      expect(r[CR2]).toBe(NEW_TSS + T.CR3);
      bench.mmu.absent.clear();
      bench.mmu.readOnly.add(NEW_TSS >>> 12);
      expect(run(bench, `call ${NEW}:0`)).toEqual({ vector: VEC_PF, errorCode: 3, eip: CODE });
      expect(r[CR2]).toBe(NEW_TSS);
      expect([typeOf(bench, TSS_SELECTOR), bench.bytes(OLD_TSS, 0x68)]).toEqual(before);
      expect(run(bench, `jmp ${NEW}:0`)).toBeNull();
    });
    test("of the old TSS, and of the descriptors whose busy bits change", () => {
      moveOldTss();
      bench.mmu.readOnly.add(OLD_TSS >>> 12);
      const before = [
        [...r.subarray(SEG_SELECTOR, SEG_ATTR + 8)],
        typeOf(bench, NEW),
        bench.bytes(NEW_TSS, 0x68),
      ];
      const now = () => [
        [...r.subarray(SEG_SELECTOR, SEG_ATTR + 8)],
        typeOf(bench, NEW),
        bench.bytes(NEW_TSS, 0x68),
      ];
      expect(run(bench, `jmp ${NEW}:0`)).toEqual({ vector: VEC_PF, errorCode: 3, eip: CODE });
      expect(r[CR2]).toBe(OLD_TSS + T.EIP);
      expect(now()).toEqual(before);
      bench.mmu.readOnly.clear();
      bench.mmu.readOnly.add(GDT >>> 12);
      bench.cpu.mmu.tlb.flush();
      const saved = bench.bytes(OLD_TSS, 0x68);
      expect(run(bench, `call ${NEW}:0`)).toEqual({ vector: VEC_PF, errorCode: 3, eip: CODE });
      expect(r[CR2]).toBe(GDT + NEW + 5);
      expect(now()).toEqual(before);
      expect(bench.bytes(OLD_TSS, 0x68)).toEqual(saved);
    });
    test("of the old descriptor, which IRET makes available", () => {
      moveOldTss();
      bench.write16(OLD_TSS, NEW);
      bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x67, 0x8b);
      bench.flags = EFLAGS_NT | 2;
      load(bench, "iretd");
      bench.mmu.readOnly.add(GDT >>> 12);
      bench.cpu.mmu.tlb.flush();
      const saved = bench.bytes(OLD_TSS, 0x68);
      expect(bench.go(10)).toEqual({ vector: VEC_PF, errorCode: 3, eip: CODE });
      expect(r[CR2]).toBe(GDT + TSS_SELECTOR + 5);
      expect(bench.bytes(OLD_TSS, 0x68)).toEqual(saved);
      expect(bench.flags & EFLAGS_NT).toBe(EFLAGS_NT);
    });
  });
});

describe("what is wrong with the new task is its own exception, in front of its first instruction", () => {
  /** Switches by JMP; the exception goes to a task of its own, which sees whom it came from. */
  function expectFault(vector: number, errorCode: number): void {
    vectorGate(bench, vector, GATE_TASK, HANDLER, 0);
    load(bench, `jmp ${NEW}:0`);
    bench.step(1);
    bench.step(1);
    expect(r[SEG_SELECTOR + TR], "the handler runs").toBe(HANDLER);
    expect([bench.read32(r[ESP] >>> 0), bench.read16(HANDLER_TSS)]).toEqual([errorCode, NEW]);
    expect([bench.read32(NEW_TSS + T.EIP), bench.read32(NEW_TSS + T.ESP)]).toEqual([ENTRY, NEW_STACK]);
    expect([typeOf(bench, TSS_SELECTOR), typeOf(bench, NEW), typeOf(bench, HANDLER)]).toEqual([
      0x9, 0xb, 0xb,
    ]);
    expect(bench.read32(TSS + T.EIP)).toBe(CODE + 7);
    expect(r[CR0] & CR0_TS).toBe(CR0_TS);
  }
  const set = (at: number, selector: number): void => bench.write32(NEW_TSS + at, selector);

  test.each([
    ["in the LDT", SEL | 4, SEL | 4, 0x82],
    ["beyond the GDT", BEYOND, BEYOND, 0x82],
    ["data", KERNEL_DATA, KERNEL_DATA, 0x82],
    ["not present", SEL, SEL, 0x02],
  ])("an LDT that is %s: #TS(LDT)", (_name, selector, errorCode, attr) => {
    segment(bench, SEL, attr, 0x3_0000, 0x1f);
    set(T.LDT, selector);
    expectFault(VEC_TS, errorCode);
    expect(r[SEG_SELECTOR + LDTR]).toBe(0);
  });
  test.each([
    ["null", 3, CODE32, VEC_TS, 0],
    ["beyond the GDT", BEYOND, CODE32, VEC_TS, BEYOND],
    ["data", SEL, DATA32, VEC_TS, SEL],
    ["of another DPL than its RPL", SEL, CODE32 | DPL3, VEC_TS, SEL],
    ["of another DPL than its RPL, in ring 3", SEL | 3, CODE32, VEC_TS, SEL],
    ["conforming, of a DPL above its RPL", SEL, CONFORMING32 | DPL3, VEC_TS, SEL],
    ["not present", SEL, CODE32 & ~0x80, VEC_NP, SEL],
  ])("a CS that is %s", (_name, selector, attr, vector, errorCode) => {
    segment(bench, SEL, attr);
    set(T.CS, selector);
    expectFault(vector, errorCode);
  });
  test.each([
    ["null", 0, DATA32, VEC_TS, 0],
    ["beyond the GDT", BEYOND, DATA32, VEC_TS, BEYOND],
    ["read-only", SEL, READ_ONLY32, VEC_TS, SEL],
    ["code", SEL, CODE32, VEC_TS, SEL],
    ["of another RPL than CPL", SEL | 3, DATA32, VEC_TS, SEL],
    ["of another DPL than CPL", SEL, DATA32 | DPL3, VEC_TS, SEL],
    ["not present", SEL, DATA32 & ~0x80, VEC_SS, SEL],
  ])("an SS that is %s", (_name, selector, attr, vector, errorCode) => {
    segment(bench, SEL, attr);
    set(T.SS, selector);
    expectFault(vector, errorCode);
  });
  describe.each(["ES", "DS", "FS", "GS"] as const)("%s", (register) => {
    const at = T[register];
    test.each([
      ["beyond the GDT", BEYOND, DATA32, VEC_TS, BEYOND],
      ["a system segment", SEL, 0x82, VEC_TS, SEL],
      ["execute-only", SEL, EXECUTE_ONLY32, VEC_TS, SEL],
      ["of an RPL above its DPL", SEL | 3, DATA32, VEC_TS, SEL],
      ["not present", SEL, DATA32 & ~0x80, VEC_NP, SEL],
    ])("%s", (_name, selector, attr, vector, errorCode) => {
      segment(bench, SEL, attr);
      set(at, selector);
      expectFault(vector, errorCode);
    });
    test("null, or conforming code of any level: no fault", () => {
      segment(bench, SEL, CONFORMING32);
      for (const selector of [0, 3, SEL | 3]) {
        set(at, selector);
        bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x67, 0x89);
        expect(run(bench, `jmp ${NEW}:0`)).toBeNull();
        expect([r[SEG_SELECTOR + (at - T.ES) / 4], r[EIP]]).toEqual([selector, ENTRY + 1]);
        bench.reset();
        buildTasks(bench);
        segment(bench, SEL, CONFORMING32);
      }
    });
  });
  test("an EIP beyond the limit of CS: #GP(0)", () => {
    segment(bench, SEL, 0x409b, 0, ENTRY - 1);
    set(T.CS, SEL);
    expectFault(VEC_GP, 0);
  });
  test("the registers are the new task's by then, and segments after the bad one hold selectors only", () => {
    set(T.ES, BEYOND);
    expect(run(bench, `jmp ${NEW}:0`)).toEqual({ vector: VEC_TS, errorCode: BEYOND, eip: ENTRY });
    expect([r[SEG_SELECTOR + TR], r[ESP], r[SEG_SELECTOR + DS], r[SEG_ATTR + DS]]).toEqual([
      NEW,
      NEW_STACK,
      KERNEL_DATA,
      0,
    ]);
  });
  test("an exception through a task gate whose task is broken: EXT is set", () => {
    // #UD is benign, so that #TS is delivered as it is.
    set(T.ES, BEYOND);
    vectorGate(bench, VEC_UD, GATE_TASK, NEW, 0);
    expect(run(bench, "ud2")).toEqual({ vector: VEC_TS, errorCode: BEYOND | 1, eip: ENTRY });
  });
  test("a contributory one becomes a double fault, in the new task", () => {
    set(T.ES, BEYOND);
    vectorGate(bench, VEC_GP, GATE_TASK, NEW, 0);
    expect(run(bench, "mov ax, 0x2000\nmov ds, ax")).toEqual({ vector: VEC_DF, errorCode: 0, eip: ENTRY });
    expect(r[SEG_SELECTOR + TR]).toBe(NEW);
  });
});
