import { beforeEach, describe, expect, test } from "vitest";
import {
  CPL,
  CR0,
  CS,
  DS,
  EAX,
  ECX,
  EDX,
  EFLAGS,
  EIP,
  ESP,
  IDTR_BASE,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
  SYSENTER_CS,
  SYSENTER_EIP,
  SYSENTER_ESP,
  TR,
  VEC_GP,
  VEC_NP,
  VEC_SS,
  VEC_TS,
} from "../../../src/cpu/state.ts";
import {
  Bench,
  CODE,
  DATA,
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
} from "../../support/cpu.ts";
import {
  CODE16,
  CODE32,
  CONFORMING32,
  callGate,
  DATA32,
  DPL3,
  GATE_CALL16,
  GATE_CALL32,
  GATE_INTERRUPT32,
  GATE_TASK,
  load,
  place,
  READ_ONLY32,
  run,
  segment,
  tssStack,
} from "../../support/descriptors.ts";

const bench = new Bench();
const { cpu } = bench;
const { r } = cpu;
const SEL = FREE_SELECTOR;
const GATE = FREE_SELECTOR + 8;
const TARGET = DATA;

beforeEach(() => {
  bench.mmu.absent.clear();
  bench.reset();
  place(bench, TARGET, "hlt");
});

describe("Jcc", () => {
  const CONDITIONS = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];
  /** SDM: volume 1, appendix B, from a plain EFLAGS image. */
  function holds(condition: number, flags: number): boolean {
    const [cf, pf, zf, sf, of] = [0, 2, 6, 7, 11].map((bit) => (flags >> bit) & 1);
    const yes = [of, cf, zf, cf | zf, sf, pf, sf ^ of, zf | (sf ^ of)][condition >> 1] === 1;
    return yes !== ((condition & 1) === 1);
  }
  for (const [condition, name] of CONDITIONS.entries()) {
    test(`j${name} depends on the flags as the SDM says, in all forms`, () => {
      for (let bits = 0; bits < 64; bits++) {
        const spread = [0, 2, 4, 6, 7, 11].map((bit, i) => ((bits >> i) & 1) << bit);
        const flags = spread.reduce((a, b) => a | b, 2);
        for (const form of ["short", "near", "o16"]) {
          const text = form === "o16" ? `o16 j${name} taken` : `j${name} ${form} taken`;
          bench.flags = flags;
          r[EAX] = 0;
          expect(run(bench, `${text}\nmov eax, 1\nhlt\ntaken: mov eax, 2`)).toBeNull();
          expect(r[EAX]).toBe(holds(condition, flags) ? 2 : 1);
        }
      }
    });
  }
  test("a 16-bit target is cut to 16 bits", () => {
    bench.load(0x1_1000, [0x66, 0xeb, 0x01]);
    place(bench, 0x1004, "mov eax, 7\nhlt");
    r[EIP] = 0x1_1000;
    bench.go(10);
    expect(r[EAX]).toBe(7);
  });
  test("a target beyond the limit of CS is #GP(0) at the jump; not taken it does nothing", () => {
    bench.setPrivilege(3);
    bench.setSegment(CS, USER_CODE, 0, 0x1fff, 0x40fb);
    bench.flags = 0x42;
    const text = "db 0x0f, 0x84\ndd 0x1000\nint3";
    expect(run(bench, text)).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
    bench.setSegment(CS, USER_CODE, 0, 0x1fff, 0x40fb);
    bench.flags = 2;
    expect(run(bench, text)?.eip).toBe(CODE + 6);
  });
});

describe("near JMP, CALL, RET", () => {
  test("CALL pushes the next EIP, RET takes it", () => {
    const labels = load(bench, "call sub\nback: hlt\nsub: mov eax, [esp]\nret");
    bench.go(10);
    expect(r[EAX]).toBe(labels.get("back"));
    expect(r[EIP]).toBe((labels.get("back") ?? 0) + 1);
    expect(r[ESP]).toBe(STACK_TOP);
  });
  test("through registers and memory", () => {
    r[ECX] = TARGET;
    run(bench, "jmp ecx");
    expect(r[EIP]).toBe(TARGET + 1);
    bench.write32(DATA + 0x100, TARGET);
    run(bench, `call [${DATA + 0x100}]`);
    expect(r[EIP]).toBe(TARGET + 1);
    expect(r[ESP]).toBe(STACK_TOP - 4);
    run(bench, `jmp [${DATA + 0x100}]`);
    expect(r[EIP]).toBe(TARGET + 1);
  });
  test("CALL [ESP] reads its target with the ESP from before", () => {
    bench.write32(STACK_TOP, TARGET);
    run(bench, "call [esp]");
    expect(r[EIP]).toBe(TARGET + 1);
  });
  test("RET n releases n bytes more", () => {
    run(bench, "push 1\npush 2\ncall sub\nhlt\nsub: ret 8");
    expect(r[ESP]).toBe(STACK_TOP);
  });
  test("16-bit forms move two bytes", () => {
    place(bench, 0x1100, "hlt");
    r[ECX] = 0xffff_1100 | 0;
    run(bench, "call cx");
    expect(r[EIP]).toBe(0x1101);
    expect(r[ESP]).toBe(STACK_TOP - 2);
    run(bench, "push word 0x1100\nretw");
    expect(r[EIP]).toBe(0x1101);
    expect(r[ESP]).toBe(STACK_TOP - 2);
  });
  test("targets beyond the limit are #GP(0), and the stack stays", () => {
    for (const text of ["call ecx", "jmp ecx", "ret", "ret 4"]) {
      bench.setPrivilege(3);
      bench.setSegment(CS, USER_CODE, 0, 0x1fff, 0x40fb);
      r[ECX] = 0x2000;
      r[ESP] = STACK_TOP;
      bench.write32(STACK_TOP, 0x2000);
      expect(run(bench, text)).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
      expect(r[ESP]).toBe(STACK_TOP);
    }
  });
});

describe("LOOP and JECXZ", () => {
  test("LOOP counts ECX down to 0", () => {
    run(bench, "mov ecx, 5\nmov eax, 0\nagain: inc eax\nloop again");
    expect([r[EAX], r[ECX]]).toEqual([5, 0]);
  });
  test("LOOPE and LOOPNE look at ZF too, and change no flag", () => {
    run(bench, "mov ecx, 5\nmov eax, 0\nagain: inc eax\ncmp eax, 2\nloopne again");
    expect([r[EAX], r[ECX]]).toEqual([2, 3]);
    expect(bench.flags & 0x40).toBe(0x40);
    run(bench, "mov ecx, 5\ncmp ecx, 6\nagain: loope again");
    expect(r[ECX]).toBe(4);
  });
  test("with 16-bit addresses count CX", () => {
    r[ECX] = 0x1_0001;
    run(bench, "db 0x67, 0xe2, 5\nmov eax, 1");
    expect(r[ECX]).toBe(0x1_0000);
    run(bench, "mov eax, 0\ndb 0x67, 0xe3, 5\nmov eax, 1");
    expect(r[EAX]).toBe(0);
  });
  test("a fault leaves ECX", () => {
    bench.setPrivilege(3);
    bench.setSegment(CS, USER_CODE, 0, CODE + 16, 0x40fb);
    r[ECX] = 5;
    expect(run(bench, "db 0xe2, 0x7f")).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
    expect(r[ECX]).toBe(5);
  });
});

describe("far JMP and CALL to code segments", () => {
  const fault = (text: string, vector: number, errorCode: number): void => {
    expect(run(bench, text)).toEqual({ vector, errorCode, eip: CODE });
  };
  const both = (selector: number, vector: number, errorCode: number): void => {
    fault(`jmp ${selector}:${TARGET}`, vector, errorCode);
    fault(`call ${selector}:${TARGET}`, vector, errorCode);
  };

  test("JMP loads CS with its base, limit and attributes", () => {
    segment(bench, SEL, 0x409a, DATA, 0x7fff);
    run(bench, `jmp ${SEL}:0`);
    expect(r[EIP]).toBe(1);
    expect([r[SEG_SELECTOR + CS], r[SEG_BASE + CS], r[SEG_LIMIT + CS]]).toEqual([SEL, DATA, 0x7fff]);
    expect(r[SEG_ATTR + CS]).toBe(0x409b);
    expect(bench.read8(GDT + SEL + 5)).toBe(0x9b);
  });
  test("through a pointer in memory", () => {
    bench.write32(DATA + 0x100, TARGET);
    bench.write16(DATA + 0x104, KERNEL_CODE);
    run(bench, `jmp far [${DATA + 0x100}]`);
    expect(r[EIP]).toBe(TARGET + 1);
    run(bench, `call far [${DATA + 0x100}]`);
    expect(r[EIP]).toBe(TARGET + 1);
  });
  test("CALL pushes CS, zero-extended, and EIP; RETF takes them", () => {
    place(bench, TARGET, "mov eax, [esp]\nmov edx, [esp+4]\nretf");
    bench.write32(STACK_TOP - 4, -1);
    const labels = load(bench, `call ${KERNEL_CODE}:${TARGET}\nback: nop`);
    expect(bench.go(10)).toBeNull();
    expect([r[EAX], r[EDX]]).toEqual([labels.get("back"), KERNEL_CODE]);
    expect(r[ESP]).toBe(STACK_TOP);
  });
  test("16-bit forms push words", () => {
    place(bench, 0x2000, "hlt");
    run(bench, `db 0x66, 0x9a\ndw 0x2000, ${KERNEL_CODE}`);
    expect(r[EIP]).toBe(0x2001);
    expect(r[ESP]).toBe(STACK_TOP - 4);
    expect(bench.read16(STACK_TOP - 2)).toBe(KERNEL_CODE);
  });
  test("a null selector is #GP(0)", () => both(3, VEC_GP, 0));
  test("a selector beyond the table is #GP(selector)", () => both(0x2000, VEC_GP, 0x2000));
  test("data is #GP(selector)", () => both(KERNEL_DATA, VEC_GP, KERNEL_DATA));
  test("non-conforming code needs DPL = CPL", () => both(USER_CODE, VEC_GP, USER_CODE & ~3));
  test("non-conforming code needs RPL <= CPL", () => {
    both(KERNEL_CODE | 1, VEC_GP, KERNEL_CODE);
    bench.setPrivilege(3);
    segment(bench, SEL, CODE32 | DPL3);
    load(bench, `jmp ${SEL}:${TARGET}`);
    bench.step(1);
    // RPL 0 is fine; CS gets CPL.
    expect(r[SEG_SELECTOR + CS]).toBe(SEL | 3);
  });
  test("conforming code needs DPL <= CPL, and keeps CPL", () => {
    segment(bench, SEL, CONFORMING32 | DPL3);
    both(SEL, VEC_GP, SEL);
    segment(bench, SEL, CONFORMING32);
    bench.setPrivilege(3);
    load(bench, `jmp ${SEL}:${TARGET}`);
    bench.step(1);
    expect([r[CPL], r[SEG_SELECTOR + CS], r[EIP]]).toEqual([3, SEL | 3, TARGET]);
  });
  test("a segment that is not present is #NP(selector)", () => {
    segment(bench, SEL, CODE32 & ~0x80);
    both(SEL, VEC_NP, SEL);
  });
  test("an offset beyond the limit is #GP(0)", () => {
    segment(bench, SEL, 0x409b, 0, 0xfff);
    both(SEL, VEC_GP, 0);
  });
  test("CALL without room for the return address is #SS(0)", () => {
    bench.setPrivilege(3);
    bench.setSegment(SS, USER_DATA, DATA, 0xfff, 0x40f3);
    r[ESP] = 4;
    fault(`call ${USER_CODE}:${TARGET}`, VEC_SS, 0);
    expect(r[ESP]).toBe(4);
  });
  test("a busy TSS is #GP(selector), one that is too short #TS(selector), also through a task gate", () => {
    both(TSS_SELECTOR, VEC_GP, TSS_SELECTOR);
    bench.writeDescriptor(GDT + SEL, 0x2_0000, 0x66, 0x89);
    fault(`jmp ${SEL}:0`, VEC_TS, SEL);
    callGate(bench, GATE, GATE_TASK, SEL, 0);
    fault(`call ${GATE}:0`, VEC_TS, SEL);
  });
});

describe("call gates", () => {
  const fault = (vector: number, errorCode: number, text = `call ${GATE | 3}:0`): void => {
    bench.setPrivilege(3);
    r[ESP] = STACK_TOP;
    expect(run(bench, text)).toEqual({ vector, errorCode, eip: CODE });
    expect([r[CPL], r[ESP]]).toEqual([3, STACK_TOP]);
  };

  test("to an inner level switch stacks, copy parameters and come back by RETF n", () => {
    callGate(bench, GATE, GATE_CALL32 | DPL3, KERNEL_CODE, TARGET, 2);
    place(bench, TARGET, "mov ecx, cs\nmov edx, esp\nmov eax, [esp+12]\nretf 8");
    bench.setPrivilege(3);
    const labels = load(bench, `push 11\npush 22\ncall ${GATE}:0x12345678\nback: nop`);
    bench.step(3);
    expect([r[CPL], r[SEG_SELECTOR + SS], r[ESP]]).toEqual([0, KERNEL_DATA, RING0_STACK_TOP - 24]);
    const frame = Array.from({ length: 6 }, (_, i) => bench.read32(RING0_STACK_TOP - 24 + i * 4));
    expect(frame).toEqual([labels.get("back"), USER_CODE, 22, 11, STACK_TOP - 8, USER_DATA]);
    bench.step(4);
    expect(r[EAX]).toBe(11);
    expect([r[CPL], r[EIP], r[ESP], r[SEG_SELECTOR + SS]]).toEqual([
      3,
      labels.get("back"),
      STACK_TOP,
      USER_DATA,
    ]);
  });
  test("of 16 bits copy words", () => {
    callGate(bench, GATE, GATE_CALL16 | DPL3, KERNEL_CODE, 0x7777_2000, 1);
    bench.setPrivilege(3);
    load(bench, `push word 11\ncall ${GATE}:0`);
    bench.step(2);
    expect(r[EIP]).toBe(0x2000);
    expect(r[ESP]).toBe(RING0_STACK_TOP - 10);
    expect(bench.read16(RING0_STACK_TOP - 6)).toBe(11);
  });
  test("with more parameters than the old stack holds are #SS(0); without any it is not touched", () => {
    callGate(bench, GATE, GATE_CALL32 | DPL3, KERNEL_CODE, TARGET, 2);
    bench.setPrivilege(3);
    bench.setSegment(SS, USER_DATA, 0, STACK_TOP + 3, 0x40f3);
    r[ESP] = STACK_TOP;
    expect(run(bench, `call ${GATE}:0`)).toEqual({ vector: VEC_SS, errorCode: 0, eip: CODE });
    bench.setSegment(SS, USER_DATA, 0, STACK_TOP - 0x100, 0x40f3);
    callGate(bench, GATE, GATE_CALL32 | DPL3, KERNEL_CODE, TARGET, 0);
    load(bench, `call ${GATE}:0`);
    bench.step(1);
    expect([r[CPL], r[EIP], bench.read32(RING0_STACK_TOP - 8)]).toEqual([0, TARGET, STACK_TOP]);
  });
  test("to the same level push on the same stack", () => {
    callGate(bench, GATE, GATE_CALL32, KERNEL_CODE, TARGET, 3);
    run(bench, `call ${GATE}:0`);
    expect(r[EIP]).toBe(TARGET + 1);
    expect(r[ESP]).toBe(STACK_TOP - 8);
  });
  test("JMP reaches the same level only", () => {
    callGate(bench, GATE, GATE_CALL32 | DPL3, KERNEL_CODE, TARGET);
    run(bench, `jmp ${GATE}:0`);
    expect([r[EIP], r[ESP]]).toEqual([TARGET + 1, STACK_TOP]);
    fault(VEC_GP, KERNEL_CODE, `jmp ${GATE}:0`);
  });
  test("to conforming code keep CPL", () => {
    segment(bench, SEL, CONFORMING32);
    callGate(bench, GATE, GATE_CALL32 | DPL3, SEL, TARGET);
    bench.setPrivilege(3);
    load(bench, `call ${GATE}:0`);
    bench.step(1);
    expect([r[CPL], r[EIP], r[ESP]]).toEqual([3, TARGET, STACK_TOP - 8]);
  });
  test("need gate DPL >= CPL and RPL, else #GP(gate)", () => {
    callGate(bench, GATE, GATE_CALL32, KERNEL_CODE, TARGET);
    fault(VEC_GP, GATE);
    bench.setPrivilege(0);
    expect(run(bench, `call ${GATE | 3}:0`)).toEqual({ vector: VEC_GP, errorCode: GATE, eip: CODE });
  });
  test("that are not present are #NP(gate)", () => {
    callGate(bench, GATE, 0x6c, KERNEL_CODE, TARGET);
    fault(VEC_NP, GATE);
  });
  test("with a null code selector are #GP(0)", () => {
    callGate(bench, GATE, GATE_CALL32 | DPL3, 2, TARGET);
    fault(VEC_GP, 0);
  });
  test("to what is no code, or lies beyond the table, are #GP(code)", () => {
    callGate(bench, GATE, GATE_CALL32 | DPL3, KERNEL_DATA, TARGET);
    fault(VEC_GP, KERNEL_DATA);
    callGate(bench, GATE, GATE_CALL32 | DPL3, 0x2000, TARGET);
    fault(VEC_GP, 0x2000);
  });
  test("to code that is not present are #NP(code)", () => {
    segment(bench, SEL, CODE32 & ~0x80);
    callGate(bench, GATE, GATE_CALL32 | DPL3, SEL, TARGET);
    fault(VEC_NP, SEL);
  });
  test("beyond the limit are #GP(0)", () => {
    segment(bench, SEL, 0x409b, 0, 0xfff);
    callGate(bench, GATE, GATE_CALL32 | DPL3, SEL, TARGET);
    fault(VEC_GP, 0);
  });
  test("find no stack: #TS(SS), #SS(SS), #TS(TSS)", () => {
    callGate(bench, GATE, GATE_CALL32 | DPL3, KERNEL_CODE, TARGET, 1);
    const handlers = GATE + 8;
    segment(bench, handlers, CONFORMING32);
    const expectCode = (vector: number, errorCode: number): void => {
      bench.write32(0xb000 + vector * 8, (handlers << 16) | TARGET);
      bench.write32(0xb000 + vector * 8 + 4, (TARGET & 0xffff_0000) | (GATE_INTERRUPT32 << 8));
      place(bench, TARGET, "mov eax, [esp]\nmov edx, [esp+4]\nself: jmp self");
      bench.setPrivilege(3);
      r[ESP] = STACK_TOP;
      load(bench, `call ${GATE}:0`);
      bench.step(3);
      expect([r[EAX], r[EDX], r[CPL]]).toEqual([errorCode, CODE, 3]);
    };
    tssStack(bench, 0, 0, RING0_STACK_TOP);
    expectCode(VEC_TS, 0);
    segment(bench, SEL, READ_ONLY32);
    tssStack(bench, 0, SEL, RING0_STACK_TOP);
    expectCode(VEC_TS, SEL);
    segment(bench, SEL, DATA32 & ~0x80);
    expectCode(VEC_SS, SEL);
    segment(bench, SEL, 0x4093, DATA, 0xfff);
    tssStack(bench, 0, SEL, 19);
    expectCode(VEC_SS, SEL);
    bench.setSegment(TR, TSS_SELECTOR, TSS, 8, 0x8b);
    expectCode(VEC_TS, TSS_SELECTOR);
  });
});

describe("RETF", () => {
  const frame = (...values: number[]): void => {
    r[ESP] = STACK_TOP - values.length * 4;
    for (const [i, value] of values.entries()) bench.write32((r[ESP] >>> 0) + i * 4, value);
  };
  const fault = (vector: number, errorCode: number): void => {
    const esp = r[ESP];
    expect(run(bench, "retf 4")).toEqual({ vector, errorCode, eip: CODE });
    expect([r[ESP], r[CPL]]).toEqual([esp, 0]);
  };

  test("to an outer level releases parameters on both stacks and drops segments", () => {
    frame(TARGET, USER_CODE, 0xaaaa, 0x5000, USER_DATA);
    load(bench, "retf 4");
    bench.step(1);
    expect([r[CPL], r[EIP], r[ESP], r[SEG_SELECTOR + DS]]).toEqual([3, TARGET, 0x5004, 0]);
  });
  test("releases up to 65535 bytes", () => {
    frame(TARGET, KERNEL_CODE);
    run(bench, "retf 0xfffc");
    expect([r[EIP], r[ESP]]).toEqual([TARGET + 1, STACK_TOP + 0xfffc]);
    r[ESP] = STACK_TOP - 4;
    bench.write32(STACK_TOP - 4, TARGET);
    run(bench, "ret 0xfffc");
    expect([r[EIP], r[ESP]]).toEqual([TARGET + 1, STACK_TOP + 0xfffc]);
  });
  test("keeps conforming code in DS when it goes out", () => {
    segment(bench, SEL, CONFORMING32);
    frame(TARGET, USER_CODE, 0xaaaa, 0x5000, USER_DATA);
    load(bench, `mov ax, ${SEL}\nmov ds, ax\nretf 4`);
    bench.step(3);
    expect(r[SEG_SELECTOR + DS]).toBe(SEL);
  });
  test("checks CS: #GP(0) null, #GP(CS) type, level, #NP(CS)", () => {
    frame(TARGET, 1, 0);
    fault(VEC_GP, 0);
    frame(TARGET, KERNEL_DATA, 0);
    fault(VEC_GP, KERNEL_DATA);
    frame(TARGET, USER_CODE & ~3, 0);
    fault(VEC_GP, USER_CODE & ~3);
    segment(bench, SEL, CONFORMING32 | DPL3);
    frame(TARGET, SEL, 0);
    fault(VEC_GP, SEL);
    segment(bench, SEL, CODE32 & ~0x80);
    frame(TARGET, SEL, 0);
    fault(VEC_NP, SEL);
    segment(bench, SEL, 0x409b, 0, 0xfff);
    frame(TARGET, SEL, 0);
    fault(VEC_GP, 0);
  });
  test("checks SS on the way out", () => {
    frame(TARGET, USER_CODE, 0, 0x5000, 3);
    fault(VEC_GP, 0);
    frame(TARGET, USER_CODE, 0, 0x5000, USER_DATA & ~3);
    fault(VEC_GP, USER_DATA & ~3);
    segment(bench, SEL, (DATA32 | DPL3) & ~0x80);
    frame(TARGET, USER_CODE, 0, 0x5000, SEL | 3);
    fault(VEC_SS, SEL);
  });
  test("never goes to an inner level", () => {
    bench.setPrivilege(3);
    frame(TARGET, KERNEL_CODE);
    expect(run(bench, "retf")).toEqual({ vector: VEC_GP, errorCode: KERNEL_CODE, eip: CODE });
  });
});

describe("SYSENTER and SYSEXIT", () => {
  beforeEach(() => {
    r[SYSENTER_CS] = KERNEL_CODE;
    r[SYSENTER_ESP] = RING0_STACK_TOP;
    r[SYSENTER_EIP] = TARGET;
  });
  test("SYSENTER loads flat ring-0 segments and clears IF", () => {
    bench.setPrivilege(3);
    bench.flags = 0x202;
    expect(run(bench, "sysenter")).toBeNull();
    expect([r[CPL], r[ESP], r[EIP]]).toEqual([0, RING0_STACK_TOP, TARGET + 1]);
    expect([r[SEG_SELECTOR + CS], r[SEG_SELECTOR + SS]]).toEqual([KERNEL_CODE, KERNEL_CODE + 8]);
    expect([r[SEG_ATTR + CS], r[SEG_ATTR + SS], r[SEG_LIMIT + SS]]).toEqual([0xc09b, 0xc093, -1]);
    expect(r[EFLAGS] & 0x200).toBe(0);
  });
  test("SYSEXIT goes to ring 3 at EDX with the stack ECX", () => {
    r[EDX] = TARGET;
    r[ECX] = 0x5000;
    load(bench, "sysexit");
    bench.step(1);
    expect([r[CPL], r[ESP], r[EIP]]).toEqual([3, 0x5000, TARGET]);
    expect([r[SEG_SELECTOR + CS], r[SEG_SELECTOR + SS]]).toEqual([
      (KERNEL_CODE + 16) | 3,
      (KERNEL_CODE + 24) | 3,
    ]);
    expect([r[SEG_ATTR + CS], r[SEG_ATTR + SS]]).toEqual([0xc0fb, 0xc0f3]);
  });
  test("need SYSENTER_CS, SYSEXIT also CPL 0: else #GP(0)", () => {
    bench.setPrivilege(3);
    expect(run(bench, "sysexit")).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
    r[SYSENTER_CS] = 3;
    expect(run(bench, "sysenter")).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
  });
});

describe("16-bit code and real mode", () => {
  test("a far jump to a 16-bit segment runs 16-bit code", () => {
    segment(bench, SEL, CODE16, DATA, 0xffff);
    bench.load(DATA, [0xb8, 0x34, 0x12, 0xf4]);
    r[EAX] = -1;
    run(bench, `jmp ${SEL}:0`);
    expect(r[EAX] >>> 0).toBe(0xffff_1234);
  });
  test("in real mode a far jump loads selector times 16", () => {
    bench.load(0x8000, [0xf4]);
    r[CR0] &= ~1;
    cpu.refreshMode();
    run(bench, "jmp 0x700:0x1000");
    expect([r[SEG_SELECTOR + CS], r[SEG_BASE + CS], r[EIP]]).toEqual([0x700, 0x7000, 0x1001]);
  });
  test("in real mode interrupts go through the vector table", () => {
    r[CR0] &= ~1;
    cpu.refreshMode();
    r[IDTR_BASE] = 0;
    bench.write16(0x40 * 4, 0x1234);
    bench.write16(0x40 * 4 + 2, 0x700);
    bench.load(0x7000 + 0x1234, [0xf4]);
    load(bench, "int 0x40");
    bench.go(10);
    expect([r[SEG_BASE + CS], r[EIP], r[ESP]]).toEqual([0x7000, 0x1235, STACK_TOP - 6]);
  });
});
