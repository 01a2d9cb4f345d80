import { beforeEach, describe, expect, test } from "vitest";
import { RUN_SHUTDOWN } from "../../src/cpu/cpu.ts";
import { EFLAGS_RF } from "../../src/cpu/eflags.ts";
import {
  CPL,
  CR2,
  CS,
  DR6,
  DR6_BS,
  DR7,
  EAX,
  EBX,
  ECX,
  EFLAGS,
  EIP,
  ESP,
  FLAG_RESULT,
  FS,
  GDTR_BASE,
  IDTR_LIMIT,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
  TR,
  VEC_DB,
  VEC_DF,
  VEC_GP,
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
  GDT,
  KERNEL_CODE,
  KERNEL_DATA,
  RING0_STACK_TOP,
  STACK_TOP,
  TSS,
  TSS_SELECTOR,
  USER_CODE,
  USER_DATA,
} from "../support/cpu.ts";
import {
  CODE16,
  CODE32,
  CONFORMING32,
  DATA32,
  DPL3,
  GATE_CALL32,
  GATE_INTERRUPT16,
  GATE_INTERRUPT32,
  GATE_TASK,
  GATE_TRAP32,
  load,
  place,
  READ_ONLY32,
  run,
  segment,
  tssStack,
  vectorGate,
} from "../support/descriptors.ts";

const bench = new Bench();
const { cpu } = bench;
const { r } = cpu;

/** Vector the tests call; the handler is a HLT at HANDLER unless a test puts something else there. */
const VECTOR = 0x40;
const HANDLER = DATA;
const IDT_ERROR = VECTOR * 8 + 2;
const SEL = FREE_SELECTOR;

beforeEach(() => {
  bench.mmu.absent.clear();
  bench.mmu.readOnly.clear();
  cpu.setInterruptLine(false);
  cpu.acknowledge = () => VECTOR;
  bench.reset();
  place(bench, HANDLER, "hlt");
  vectorGate(bench, VECTOR, GATE_INTERRUPT32 | DPL3, KERNEL_CODE, HANDLER);
});

const words = (address: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => bench.read32(address + i * 4) >>> 0);

/** State that a delivery which faults must leave alone; RF is in the image that the fault pushed. */
function registers(): number[] {
  return [r[CPL], r[ESP], r[EFLAGS] & ~EFLAGS_RF, r[FLAG_RESULT], ...r.subarray(SEG_SELECTOR, SEG_ATTR + 8)];
}

describe("an interrupt gate of the same privilege", () => {
  test("pushes EFLAGS, CS, EIP and clears IF, TF, NT", () => {
    bench.flags = 0x4a02 | 0x41;
    const labels = load(bench, "int 0x40\nafter: nop");
    expect(bench.go(10)).toBeNull();
    expect(r[EIP]).toBe(HANDLER + 1);
    expect(words(STACK_TOP - 12, 3)).toEqual([labels.get("after"), KERNEL_CODE, 0x4a43]);
    expect(r[ESP]).toBe(STACK_TOP - 12);
    expect(bench.flags).toBe(0x0843);
  });
  test("a trap gate leaves IF", () => {
    vectorGate(bench, VECTOR, GATE_TRAP32, KERNEL_CODE, HANDLER);
    bench.flags = 0x202;
    run(bench, "int 0x40");
    expect(bench.flags).toBe(0x202);
  });
  test("a 16-bit gate pushes words and uses 16 bits of the offset", () => {
    vectorGate(bench, VECTOR, GATE_INTERRUPT16, KERNEL_CODE, 0x5550_0000 | 0x2000);
    place(bench, 0x2000, "hlt");
    const labels = load(bench, "int 0x40\nafter: nop");
    bench.go(10);
    expect(r[EIP]).toBe(0x2001);
    expect(r[ESP]).toBe(STACK_TOP - 6);
    expect([0, 2, 4].map((at) => bench.read16(STACK_TOP - 6 + at))).toEqual([
      labels.get("after"),
      KERNEL_CODE,
      2,
    ]);
  });
  test("a handler in conforming code keeps CPL 3 and its stack", () => {
    segment(bench, SEL, CONFORMING32);
    vectorGate(bench, VECTOR, GATE_INTERRUPT32 | DPL3, SEL, HANDLER);
    place(bench, HANDLER, "int3");
    bench.setPrivilege(3);
    load(bench, "int 0x40");
    bench.step(1);
    expect(r[CPL]).toBe(3);
    expect(r[SEG_SELECTOR + CS]).toBe(SEL | 3);
    expect(r[ESP]).toBe(STACK_TOP - 12);
  });
  test("sets the accessed bit of the handler's code segment", () => {
    segment(bench, SEL, CODE32 & ~1);
    vectorGate(bench, VECTOR, GATE_INTERRUPT32, SEL, HANDLER);
    run(bench, "int 0x40");
    expect(bench.read8(GDT + SEL + 5)).toBe(0x9b);
  });
});

describe("an interrupt from ring 3", () => {
  beforeEach(() => bench.setPrivilege(3));

  test("switches to the stack in the TSS and pushes SS and ESP first", () => {
    bench.flags = 0x202;
    const labels = load(bench, "int 0x40\nafter: nop");
    bench.go(10);
    expect(r[CPL]).toBe(0);
    expect(r[SEG_SELECTOR + SS]).toBe(KERNEL_DATA);
    expect(r[ESP]).toBe(RING0_STACK_TOP - 20);
    expect(words(RING0_STACK_TOP - 20, 5)).toEqual([
      labels.get("after"),
      USER_CODE,
      0x202,
      STACK_TOP,
      USER_DATA,
    ]);
  });
  test("comes back by IRET with everything as it was", () => {
    place(bench, HANDLER, "iretd");
    bench.flags = 0x2d7;
    load(bench, "int 0x40\nnop");
    const before = registers();
    bench.step(2);
    expect(registers()).toEqual(before);
    expect(bench.flags).toBe(0x2d7);
    expect(r[EIP]).toBe(CODE + 2);
  });
  test("uses the 16-bit TSS layout when TR holds one", () => {
    bench.setSegment(TR, TSS_SELECTOR, TSS, 0x2b, 0x83);
    bench.write16(TSS + 2, 0x3000);
    bench.write16(TSS + 4, KERNEL_DATA);
    run(bench, "int 0x40");
    expect(r[ESP]).toBe(0x3000 - 20);
  });
  test("through a 16-bit gate pushes five words", () => {
    vectorGate(bench, VECTOR, GATE_INTERRUPT16 | DPL3, KERNEL_CODE, 0x2000);
    place(bench, 0x2000, "iret");
    load(bench, "int 0x40\nnop");
    bench.step(1);
    expect(r[ESP]).toBe(RING0_STACK_TOP - 10);
    expect(bench.read16(RING0_STACK_TOP - 2)).toBe(USER_DATA);
    expect(bench.read16(RING0_STACK_TOP - 4)).toBe(STACK_TOP);
  });
  test("reads descriptors and the TSS as a supervisor, whatever the page tables give to users", () => {
    expect(run(bench, "int 0x40")).toBeNull();
    expect(r[EIP]).toBe(HANDLER + 1);
  });
  test("sets the accessed bit of the new stack segment", () => {
    segment(bench, SEL, DATA32 & ~1);
    tssStack(bench, 0, SEL, RING0_STACK_TOP);
    run(bench, "int 0x40");
    expect(bench.read8(GDT + SEL + 5)).toBe(0x93);
  });
});

describe("checks of an interrupt's gate, in the SDM's order", () => {
  /** Faults of INT n at CPL 3 return to the instruction itself and leave the state alone. */
  function expectFault(vector: number, errorCode: number): void {
    bench.setPrivilege(3);
    bench.flags = 2;
    cpu.setInterruptLine(false);
    load(bench, "int 0x40");
    const before = registers();
    expect(bench.go(10)).toEqual({ vector, errorCode, eip: CODE });
    expect(registers()).toEqual(before);
  }
  /** The same for an external interrupt: EXT is set. */
  function expectExternalFault(vector: number, errorCode: number): void {
    bench.setPrivilege(3);
    load(bench, "nop\nnop");
    bench.flags = 0x202;
    cpu.setInterruptLine(true);
    expect(bench.go(10)).toEqual({ vector, errorCode: errorCode | 1, eip: CODE });
  }
  const gateTo = (selector: number, type = GATE_INTERRUPT32 | DPL3, offset = HANDLER): void =>
    vectorGate(bench, VECTOR, type, selector, offset);

  test("a vector beyond the IDT's limit is #GP(vector, IDT)", () => {
    r[IDTR_LIMIT] = VECTOR * 8 + 6;
    expectFault(VEC_GP, IDT_ERROR);
    expectExternalFault(VEC_GP, IDT_ERROR);
  });
  test("what is no gate is #GP(vector, IDT)", () => {
    gateTo(KERNEL_CODE, GATE_CALL32 | DPL3);
    expectFault(VEC_GP, IDT_ERROR);
    expectExternalFault(VEC_GP, IDT_ERROR);
  });
  test("a software interrupt needs gate DPL >= CPL; a hardware interrupt does not", () => {
    gateTo(KERNEL_CODE, GATE_INTERRUPT32);
    expectFault(VEC_GP, IDT_ERROR);
    bench.flags = 0x202;
    cpu.setInterruptLine(true);
    load(bench, "nop");
    expect(bench.go(10)).toBeNull();
    expect(r[EIP]).toBe(HANDLER + 1);
  });
  test("a gate that is not present is #NP(vector, IDT), after the DPL check", () => {
    gateTo(KERNEL_CODE, 0x0e | DPL3);
    expectFault(VEC_NP, IDT_ERROR);
    expectExternalFault(VEC_NP, IDT_ERROR);
    gateTo(KERNEL_CODE, 0x0e);
    expectFault(VEC_GP, IDT_ERROR);
  });
  test("a null code selector is #GP(0)", () => {
    gateTo(3);
    expectFault(VEC_GP, 0);
    expectExternalFault(VEC_GP, 0);
  });
  test("a code selector beyond the GDT is #GP(selector)", () => {
    gateTo(0x2003);
    expectFault(VEC_GP, 0x2000);
    expectExternalFault(VEC_GP, 0x2000);
  });
  test("a selector of the LDT without an LDT is #GP(selector)", () => {
    gateTo(0x0c);
    expectFault(VEC_GP, 0x0c);
  });
  test("a handler that is no code segment is #GP(selector)", () => {
    gateTo(KERNEL_DATA);
    expectFault(VEC_GP, KERNEL_DATA);
  });
  test("a handler with less privilege than CPL is #GP(selector)", () => {
    bench.reset();
    gateTo(USER_CODE & ~3);
    expect(run(bench, "int 0x40")).toEqual({ vector: VEC_GP, errorCode: USER_CODE & ~3, eip: CODE });
  });
  test("a code segment that is not present is #NP(selector)", () => {
    segment(bench, SEL, CODE32 & ~0x80);
    gateTo(SEL);
    expectFault(VEC_NP, SEL);
    expectExternalFault(VEC_NP, SEL);
  });
  test("an offset beyond the limit of the handler's segment is #GP(0)", () => {
    segment(bench, SEL, 0x409b, 0, 0xfff);
    gateTo(SEL);
    expectFault(VEC_GP, 0);
    expectExternalFault(VEC_GP, 0);
  });

  // A fault by way of the TSS cannot be delivered on that stack, unless its own handler runs at CPL 3.
  describe("of the new stack", () => {
    const CONFORMING = SEL + 8;
    beforeEach(() => {
      segment(bench, CONFORMING, CONFORMING32);
      place(bench, FAULT_STUBS + 0x100, "mov eax, [esp]\nmov ebx, [esp+4]\nself: jmp self");
      for (const vector of [VEC_TS, VEC_SS]) {
        vectorGate(bench, vector, GATE_INTERRUPT32, CONFORMING, FAULT_STUBS + 0x100);
      }
    });
    function expectStackFault(errorCode: number): void {
      bench.setPrivilege(3);
      load(bench, "int 0x40");
      bench.step(3);
      expect([r[EAX], r[EBX]]).toEqual([errorCode, CODE]);
      expect(r[SEG_SELECTOR + SS]).toBe(USER_DATA);
      bench.setPrivilege(3);
      load(bench, "nop");
      r[ESP] = STACK_TOP;
      bench.flags = 0x202;
      cpu.setInterruptLine(true);
      bench.step(3);
      expect([r[EAX], r[EBX]]).toEqual([errorCode | 1, CODE]);
    }
    test("a TSS too short for it is #TS(TSS selector)", () => {
      bench.setSegment(TR, TSS_SELECTOR, TSS, 8, 0x8b);
      expectStackFault(TSS_SELECTOR);
    });
    test("a null SS is #TS(0)", () => {
      tssStack(bench, 0, 0, RING0_STACK_TOP);
      expectStackFault(0);
    });
    test("an SS beyond the GDT is #TS(SS)", () => {
      tssStack(bench, 0, 0x2000, RING0_STACK_TOP);
      expectStackFault(0x2000);
    });
    test("an SS whose RPL is not the handler's level is #TS(SS)", () => {
      tssStack(bench, 0, KERNEL_DATA | 3, RING0_STACK_TOP);
      expectStackFault(KERNEL_DATA);
    });
    test("an SS whose DPL is not the handler's level is #TS(SS)", () => {
      segment(bench, SEL, DATA32 | DPL3);
      tssStack(bench, 0, SEL, RING0_STACK_TOP);
      expectStackFault(SEL);
    });
    test("an SS that is not writable data is #TS(SS)", () => {
      segment(bench, SEL, READ_ONLY32);
      tssStack(bench, 0, SEL, RING0_STACK_TOP);
      expectStackFault(SEL);
    });
    test("an SS that is not present is #SS(SS)", () => {
      segment(bench, SEL, DATA32 & ~0x80);
      tssStack(bench, 0, SEL, RING0_STACK_TOP);
      expectStackFault(SEL);
    });
    test("a new stack without room for the frame is #SS(SS)", () => {
      segment(bench, SEL, 0x4093, RING0_STACK_TOP - 0x1000, 0xfff);
      tssStack(bench, 0, SEL, 19);
      expectStackFault(SEL);
    });
  });

  test("a page fault while the frame is pushed changes nothing, and is no user access", () => {
    const page = RING0_STACK_TOP + 0x8000;
    bench.mmu.readOnly.add(page >>> 12);
    bench.mmu.readOnly.add((page >>> 12) - 1);
    tssStack(bench, 0, KERNEL_DATA, page);
    segment(bench, SEL, CONFORMING32);
    vectorGate(bench, VEC_PF, GATE_INTERRUPT32, SEL, FAULT_STUBS + 0x100);
    place(bench, FAULT_STUBS + 0x100, "mov eax, [esp]\nself: jmp self");
    bench.setPrivilege(3);
    load(bench, "int 0x40");
    bench.step(2);
    expect(r[EAX]).toBe(3);
    expect(r[CR2]).toBe(page - 4);
    expect(bench.read32((r[ESP] >>> 0) + 4)).toBe(CODE);
  });
});

describe("exceptions while an exception is delivered", () => {
  /** A selector whose descriptor is at 0x20000 once the GDT has moved. */
  const BEYOND = 0xf00;
  function moveGdt(): void {
    const base = 0x2_0000 - BEYOND;
    bench.load(base, bench.bytes(GDT, 0x40));
    r[GDTR_BASE] = base;
  }
  /** INT 0xff raises #GP. */
  const breakVectorFF = (): void => broken(0xff);
  const broken = (vector: number): void => vectorGate(bench, vector, 0, 0, 0);

  test("#NP while a page fault is delivered is a double fault, with error code 0 and the first EIP", () => {
    vectorGate(bench, VEC_PF, 0x0e, KERNEL_CODE, HANDLER);
    bench.mmu.absent.add(0x20);
    expect(run(bench, "mov eax, [0x20000]")).toEqual({ vector: VEC_DF, errorCode: 0, eip: CODE });
    expect(r[CR2]).toBe(0x20000);
  });
  test("a page fault while a page fault is delivered is a double fault, CR2 is the second address", () => {
    moveGdt();
    vectorGate(bench, VEC_PF, GATE_INTERRUPT32, BEYOND, HANDLER);
    bench.mmu.absent.add(0x20);
    expect(run(bench, "mov eax, [0x20100]")).toEqual({ vector: VEC_DF, errorCode: 0, eip: CODE });
    expect(r[CR2]).toBe(0x2_0000);
  });
  test("#GP while #UD is delivered is a plain #GP with EXT", () => {
    broken(VEC_UD);
    expect(run(bench, "ud2")).toEqual({ vector: VEC_GP, errorCode: VEC_UD * 8 + 3, eip: CODE });
  });
  test("#NP while #GP is delivered is a double fault", () => {
    vectorGate(bench, VEC_GP, 0x0e, KERNEL_CODE, HANDLER);
    breakVectorFF();
    expect(run(bench, "int 0xff")).toEqual({ vector: VEC_DF, errorCode: 0, eip: CODE });
  });
  test("a page fault while #GP is delivered is a plain page fault", () => {
    moveGdt();
    vectorGate(bench, VEC_GP, GATE_INTERRUPT32, BEYOND, HANDLER);
    bench.mmu.absent.add(0x20);
    breakVectorFF();
    expect(run(bench, "int 0xff")).toEqual({ vector: VEC_PF, errorCode: 0, eip: CODE });
    expect(r[CR2]).toBe(0x20000);
  });
  test("a fault while the double fault is delivered shuts the processor down", () => {
    broken(VEC_DF);
    broken(VEC_GP);
    load(bench, "int 0xff");
    breakVectorFF();
    const before = registers();
    expect(bench.step(10)).toBe(RUN_SHUTDOWN);
    expect(registers()).toEqual(before);
    expect(r[EIP]).toBe(CODE);
    expect(cpu.shutdownFaults).toEqual([VEC_GP, VEC_DF, VEC_GP]);
  });
  test("RF is set in the image that a fault pushes, not in that of a trap", () => {
    run(bench, "ud2");
    expect(bench.flags & 0x1_0000).toBe(0x1_0000);
    bench.flags = 2;
    run(bench, "int 0x40");
    expect(bench.read32(STACK_TOP - 4)).toBe(2);
  });
});

describe("a task gate", () => {
  test("that names no available TSS is #GP(selector), for an exception with EXT", () => {
    vectorGate(bench, VECTOR, GATE_TASK | DPL3, KERNEL_CODE, 0);
    expect(run(bench, "int 0x40")).toEqual({ vector: VEC_GP, errorCode: KERNEL_CODE, eip: CODE });
    vectorGate(bench, VEC_UD, GATE_TASK, KERNEL_CODE, 0);
    expect(run(bench, "ud2")).toEqual({ vector: VEC_GP, errorCode: KERNEL_CODE | 1, eip: CODE });
  });
});

describe("IRET", () => {
  const frame = (...values: number[]): void => {
    r[ESP] = STACK_TOP - values.length * 4;
    for (const [i, value] of values.entries()) bench.write32((r[ESP] >>> 0) + i * 4, value);
  };
  const fault = (vector: number, errorCode: number): void => {
    const esp = r[ESP];
    expect(run(bench, "iretd")).toEqual({ vector, errorCode, eip: CODE });
    expect(r[ESP]).toBe(esp);
    expect(r[CPL]).toBe(0);
  };

  test("at the same level takes EIP, CS and EFLAGS", () => {
    frame(HANDLER, KERNEL_CODE, 0x0020_0ed7);
    expect(run(bench, "iretd")).toBeNull();
    expect(r[EIP]).toBe(HANDLER + 1);
    expect(r[ESP]).toBe(STACK_TOP);
    expect(bench.flags).toBe(0x0020_0ed7);
  });
  test("to ring 3 takes ESP and SS too, and drops segments that ring 3 may not use", () => {
    bench.setSegment(FS, 1, 0, 0, 0);
    frame(HANDLER, USER_CODE, 0x202, 0x5000, USER_DATA);
    load(bench, "iretd");
    bench.step(1);
    expect([r[CPL], r[EIP], r[ESP], r[SEG_SELECTOR + SS]]).toEqual([3, HANDLER, 0x5000, USER_DATA]);
    // DS was kernel data, FS a null selector with an RPL.
    expect(r[SEG_SELECTOR + 3]).toBe(0);
    expect(r[SEG_ATTR + 3]).toBe(0);
    expect(r[SEG_SELECTOR + FS]).toBe(0);
  });
  test("keeps user segments when it goes to ring 3", () => {
    frame(HANDLER, USER_CODE, 0x202, 0x5000, USER_DATA);
    load(bench, `mov ax, ${USER_DATA}\nmov ds, ax\niretd`);
    bench.step(3);
    expect(r[SEG_SELECTOR + 3]).toBe(USER_DATA);
  });
  test("at CPL 3 changes neither IF nor IOPL", () => {
    bench.setPrivilege(3);
    bench.flags = 0x202;
    frame(HANDLER, USER_CODE, 0x3000);
    load(bench, "iretd");
    bench.step(1);
    expect(bench.flags & 0x3200).toBe(0x200);
  });
  test("of 16 bits leaves the upper half of EFLAGS", () => {
    bench.flags = 0x0020_0002;
    r[ESP] = STACK_TOP - 6;
    for (const [i, word] of [0x2000, KERNEL_CODE, 0x0041].entries())
      bench.write16(STACK_TOP - 6 + i * 2, word);
    place(bench, 0x2000, "hlt");
    run(bench, "iretw");
    expect(bench.flags).toBe(0x0020_0043);
    expect(r[EIP]).toBe(0x2001);
  });
  test("to a 16-bit stack changes SP only", () => {
    segment(bench, SEL, 0x0093 | DPL3, 0, 0xffff);
    frame(HANDLER, USER_CODE, 2, 0xabcd_5000, SEL | 3);
    load(bench, "iretd");
    bench.step(1);
    expect(r[ESP]).toBe(((STACK_TOP >>> 16) << 16) | 0x5000);
  });
  test("with a null CS is #GP(0)", () => {
    frame(HANDLER, 3, 2);
    fault(VEC_GP, 0);
  });
  test("with a CS beyond the GDT is #GP(CS)", () => {
    frame(HANDLER, 0x2000, 2);
    fault(VEC_GP, 0x2000);
  });
  test("with a CS that is data is #GP(CS)", () => {
    frame(HANDLER, KERNEL_DATA, 2);
    fault(VEC_GP, KERNEL_DATA);
  });
  test("to an inner level is #GP(CS)", () => {
    bench.setPrivilege(3);
    frame(HANDLER, KERNEL_CODE, 2);
    expect(run(bench, "iretd")).toEqual({ vector: VEC_GP, errorCode: KERNEL_CODE, eip: CODE });
  });
  test("with RPL and DPL of non-conforming code apart is #GP(CS)", () => {
    frame(HANDLER, KERNEL_CODE | 3, 2, 0x5000, USER_DATA);
    fault(VEC_GP, KERNEL_CODE);
  });
  test("to a CS that is not present is #NP(CS)", () => {
    segment(bench, SEL, CODE32 & ~0x80);
    frame(HANDLER, SEL, 2);
    fault(VEC_NP, SEL);
  });
  test("beyond the limit of CS is #GP(0)", () => {
    segment(bench, SEL, 0x409b, 0, 0xfff);
    frame(HANDLER, SEL, 2);
    fault(VEC_GP, 0);
  });
  test("to ring 3 with a bad SS is #GP(SS), or #SS(SS) if it is not present", () => {
    frame(HANDLER, USER_CODE, 2, 0x5000, 0);
    fault(VEC_GP, 0);
    frame(HANDLER, USER_CODE, 2, 0x5000, 0x2003);
    fault(VEC_GP, 0x2000);
    frame(HANDLER, USER_CODE, 2, 0x5000, USER_DATA & ~3);
    fault(VEC_GP, USER_DATA & ~3);
    frame(HANDLER, USER_CODE, 2, 0x5000, KERNEL_DATA | 3);
    fault(VEC_GP, KERNEL_DATA);
    segment(bench, SEL, READ_ONLY32 | DPL3);
    frame(HANDLER, USER_CODE, 2, 0x5000, SEL | 3);
    fault(VEC_GP, SEL);
    segment(bench, SEL, (DATA32 | DPL3) & ~0x80);
    frame(HANDLER, USER_CODE, 2, 0x5000, SEL | 3);
    fault(VEC_SS, SEL);
  });
  test("with less on the stack than it takes is #SS(0)", () => {
    // From ring 1, whose handlers in ring 0 have a stack of their own.
    const ring1 = (selector: number): number => (SEL + selector) | 1;
    segment(bench, SEL, CODE32 | 0x20);
    for (const [limit, frame1] of [
      [STACK_TOP - 2, [CODE + 0x100, ring1(0), 2]],
      [STACK_TOP - 2, [CODE + 0x100, USER_CODE, 2, 0x5000, USER_DATA]],
    ] as const) {
      bench.setPrivilege(0);
      frame(...frame1);
      r[CPL] = 1;
      bench.setSegment(CS, ring1(0), 0, -1, CODE32 | 0x20);
      bench.setSegment(SS, ring1(8), 0, limit, 0x40b3);
      const esp = r[ESP];
      load(bench, "iretd");
      bench.step(1);
      expect([r[CPL], (r[EIP] >>> 0) - FAULT_STUBS]).toEqual([0, VEC_SS]);
      expect(words(r[ESP] >>> 0, 5).filter((_, i) => i !== 3)).toEqual([0, CODE, ring1(0), esp]);
    }
  });
  test("that sets IF lets a waiting interrupt in before the next instruction", () => {
    frame(CODE + 0x100, KERNEL_CODE, 0x202);
    cpu.setInterruptLine(true);
    run(bench, "iretd");
    expect(r[EIP]).toBe(HANDLER + 1);
    expect(bench.read32(r[ESP] >>> 0)).toBe(CODE + 0x100);
  });
  test("RF of the image lasts until the next instruction, if there are breakpoints to keep quiet", () => {
    r[DR7] |= 1;
    frame(HANDLER, KERNEL_CODE, 0x1_0002);
    place(bench, HANDLER, "pushfd\nint 0x41");
    vectorGate(bench, 0x41, GATE_INTERRUPT32, KERNEL_CODE, FAULT_STUBS);
    load(bench, "iretd");
    bench.step(1);
    expect(bench.flags).toBe(0x1_0002);
    bench.step(2);
    expect(words((r[ESP] >>> 0) + 8, 2)).toEqual([2, 2]);
  });
});

describe("INT3, INTO, BOUND, INT1", () => {
  test("INT3 and INTO return behind themselves", () => {
    expect(run(bench, "nop\nint3")?.eip).toBe(CODE + 2);
    bench.flags = 0x802;
    expect(run(bench, "into")).toMatchObject({ vector: 4, eip: CODE + 1 });
    bench.flags = 2;
    expect(run(bench, "into")).toBeNull();
  });
  test("at CPL 3 INT3 needs a gate of DPL 3, INT1 does not", () => {
    bench.setPrivilege(3);
    expect(run(bench, "int3")).toEqual({ vector: VEC_GP, errorCode: 3 * 8 + 2, eip: CODE });
    expect(run(bench, "int1")).toEqual({ vector: VEC_DB, errorCode: -1, eip: CODE + 1 });
  });
  test("BOUND raises #BR as a fault when the index is outside, compared with sign", () => {
    bench.write32(DATA + 16, -5);
    bench.write32(DATA + 20, 10);
    for (const [index, vector] of [
      [-6, 5],
      [11, 5],
    ]) {
      r[ECX] = index;
      expect(run(bench, `bound ecx, [${DATA + 16}]`)).toMatchObject({ vector, eip: CODE });
    }
    for (const index of [-5, 10, 0]) {
      r[ECX] = index;
      expect(run(bench, `bound ecx, [${DATA + 16}]`)).toBeNull();
    }
  });
});

describe("when interrupts are taken", () => {
  test("STI lets one more instruction run", () => {
    const labels = load(bench, "sti\nmov eax, 1\nthere: mov eax, 2");
    cpu.setInterruptLine(true);
    bench.go(10);
    expect(r[EAX]).toBe(1);
    expect(bench.read32(r[ESP] >>> 0)).toBe(labels.get("there"));
  });
  test("STI with IF already set does not wait", () => {
    bench.flags = 0x202;
    const labels = load(bench, "sti\nthere: mov eax, 1");
    bench.step(1);
    cpu.setInterruptLine(true);
    bench.go(10);
    expect(bench.read32(r[ESP] >>> 0)).toBe(labels.get("there"));
  });
  test("STI; HLT wakes and returns behind the HLT", () => {
    const { injected, wakeups } = bench.mmu;
    const labels = load(bench, "sti\nhlt\nthere: nop");
    expect(bench.go(10)).toBeNull();
    cpu.halted = true;
    cpu.setInterruptLine(true);
    bench.step(1);
    expect(bench.read32(r[ESP] >>> 0)).toBe(labels.get("there"));
    expect([bench.mmu.injected - injected, bench.mmu.wakeups - wakeups]).toEqual([1, 1]);
  });
  test("the hypervisor can tell the stores of a delivery from those of an instruction", () => {
    const { injected, wakeups } = bench.mmu;
    bench.flags = 0x202;
    bench.mmu.watched.add((r[ESP] - 4) >>> 12);
    load(bench, "push 1\nnop");
    bench.step(1);
    expect([bench.mmu.watchedWrites.length, bench.mmu.deliveryWrites]).toEqual([1, 0]);
    cpu.setInterruptLine(true);
    bench.step(1);
    expect([bench.mmu.watchedWrites.length, bench.mmu.deliveryWrites]).toEqual([4, 3]);
    expect([bench.mmu.injected - injected, bench.mmu.wakeups - wakeups]).toEqual([1, 0]);
    expect(bench.mmu.delivering).toBe(false);
  });
  test("CLI and STI at CPL 3 need IOPL 3", () => {
    bench.setPrivilege(3);
    expect(run(bench, "cli")).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
    expect(run(bench, "sti")).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
    bench.flags = 0x3002;
    load(bench, "sti");
    bench.step(1);
    expect(bench.flags & 0x200).toBe(0x200);
  });
  test("a delivery counts as one instruction", () => {
    bench.flags = 0x202;
    load(bench, "nop");
    cpu.setInterruptLine(true);
    const before = cpu.icount;
    bench.step(1);
    expect(cpu.icount).toBe(before + 1);
    expect(r[EIP]).toBe(HANDLER);
  });
});

describe("single-stepping", () => {
  beforeEach(() => {
    // Counts its calls in ECX and keeps the last EIP in EBX.
    place(bench, HANDLER, "inc ecx\nmov ebx, [esp]\niretd");
    vectorGate(bench, VEC_DB, GATE_INTERRUPT32, KERNEL_CODE, HANDLER);
    r[DR6] = 0;
  });
  test("#DB follows each instruction that began with TF set", () => {
    const labels = load(bench, "push 0x102\npopfd\nnop\nnop\npush 2\npopfd\nend: nop");
    bench.go(100);
    expect(r[ECX]).toBe(4);
    expect(r[EBX]).toBe(labels.get("end"));
    expect(r[DR6] & DR6_BS).toBe(DR6_BS);
  });
  test("MOV SS takes no trap, the next instruction does", () => {
    load(bench, "mov eax, ss\npush 0x102\npopfd\nmov ss, eax\nnop\npush 2\npopfd");
    bench.go(100);
    expect(r[ECX]).toBe(3);
  });
  test("INT n clears TF: its handler is not stepped through, nor is the INT", () => {
    place(bench, DATA + 0x100, "nop\niretd");
    vectorGate(bench, VECTOR, GATE_INTERRUPT32, KERNEL_CODE, DATA + 0x100);
    load(bench, "push 0x102\npopfd\nint 0x40\nnop\npush 2\npopfd");
    bench.go(100);
    expect(r[ECX]).toBe(3);
  });
  test("REP stops after each iteration", () => {
    load(
      bench,
      `mov edi, ${DATA + 0x200}\nmov edx, esp\nmov ecx, 3\npush 0x102\npopfd\nrep stosb\nsub esp, 4\n`,
    );
    place(bench, HANDLER, "iretd");
    bench.step(5);
    for (const left of [2, 1, 0]) {
      bench.step(1);
      expect(r[ECX]).toBe(left);
      expect(r[EIP]).toBe(HANDLER);
      bench.step(1);
    }
  });
});

describe("16-bit code", () => {
  test("an interrupt through a 32-bit gate returns to it by IRETD", () => {
    segment(bench, SEL, CODE16, CODE, 0xfff);
    place(bench, HANDLER, "iretd");
    bench.load(CODE, [0xcd, VECTOR, 0x90]);
    bench.setSegment(CS, SEL, CODE, 0xfff, CODE16);
    r[EIP] = 0;
    bench.step(2);
    expect(r[EIP]).toBe(2);
    expect([r[SEG_SELECTOR + CS], r[SEG_BASE + CS], r[SEG_LIMIT + CS]]).toEqual([SEL, CODE, 0xfff]);
  });
});
