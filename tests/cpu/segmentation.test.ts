import { beforeEach, describe, expect, test } from "vitest";
import {
  CS,
  DS,
  EAX,
  EBX,
  ECX,
  ES,
  ESP,
  FS,
  GS,
  LDTR,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
  VEC_GP,
  VEC_NP,
  VEC_PF,
  VEC_SS,
  VEC_UD,
} from "../../src/cpu/state.ts";
import {
  Bench,
  CODE,
  DATA,
  FREE_SELECTOR,
  GDT,
  KERNEL_CODE,
  KERNEL_DATA,
  STACK_TOP,
  TSS_SELECTOR,
  USER_CODE,
  USER_DATA,
} from "../support/cpu.ts";
import {
  CONFORMING32,
  DATA32,
  DPL3,
  EXECUTE_ONLY32,
  EXPAND_DOWN32,
  load,
  READ_ONLY32,
  run,
  segment,
} from "../support/descriptors.ts";

const bench = new Bench();
const { cpu } = bench;
const { r } = cpu;
const SEL = FREE_SELECTOR;

beforeEach(() => {
  bench.mmu.absent.clear();
  bench.mmu.readOnly.clear();
  bench.reset();
});

/** MOV to a segment register; the selector is in EAX. */
const NAMES = ["es", "cs", "ss", "ds", "fs", "gs"];
const move = (seg: number, selector: number) => {
  r[EAX] = selector;
  return run(bench, `mov ${NAMES[seg]}, eax`);
};

describe("loading DS, ES, FS, GS", () => {
  const fault = (selector: number, vector: number, errorCode: number): void => {
    for (const seg of [ES, DS, FS, GS]) {
      const before = [...r.subarray(SEG_SELECTOR, SEG_ATTR + 8)];
      expect(move(seg, selector)).toEqual({ vector, errorCode, eip: CODE });
      expect([...r.subarray(SEG_SELECTOR, SEG_ATTR + 8)]).toEqual(before);
    }
  };

  test("caches base, limit and attributes, and sets the accessed bit", () => {
    segment(bench, SEL, 0xc092, 0x1234_5678, 0x12345);
    for (const seg of [ES, DS, FS, GS]) {
      bench.write8(GDT + SEL + 5, 0x92);
      expect(move(seg, SEL)).toBeNull();
      expect([r[SEG_SELECTOR + seg], r[SEG_BASE + seg], r[SEG_LIMIT + seg], r[SEG_ATTR + seg]]).toEqual([
        SEL,
        0x1234_5678,
        0x1234_5fff,
        0xc093,
      ]);
      expect(bench.read8(GDT + SEL + 5)).toBe(0x93);
    }
  });
  test("without granularity the limit counts bytes", () => {
    segment(bench, SEL, 0x4093, 0, 0x12345);
    move(FS, SEL);
    expect(r[SEG_LIMIT + FS]).toBe(0x12345);
  });
  test("an accessed descriptor is not written", () => {
    bench.mmu.readOnly.add(GDT >>> 12);
    expect(move(FS, KERNEL_DATA)).toBeNull();
  });
  test("the accessed bit is set by a supervisor write that may fault, with nothing loaded", () => {
    segment(bench, SEL, DATA32 & ~1);
    bench.mmu.readOnly.add(GDT >>> 12);
    expect(move(FS, SEL)).toEqual({ vector: VEC_PF, errorCode: 3, eip: CODE });
    expect(r[SEG_SELECTOR + FS]).toBe(KERNEL_DATA);
  });
  test("a null selector loads, and the first access through it is #GP(0)", () => {
    for (const null_ of [0, 3]) {
      expect(move(FS, null_)).toBeNull();
      expect(r[SEG_SELECTOR + FS]).toBe(null_);
      expect(run(bench, "mov eax, [fs:0]")).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
    }
  });
  test("a selector beyond the table is #GP(selector)", () => fault(0x2003, VEC_GP, 0x2000));
  test("a selector of a missing LDT is #GP(selector)", () => fault(0x0f, VEC_GP, 0x0c));
  test("a system segment is #GP(selector)", () => fault(TSS_SELECTOR, VEC_GP, TSS_SELECTOR));
  test("execute-only code is #GP(selector)", () => {
    segment(bench, SEL, EXECUTE_ONLY32);
    fault(SEL, VEC_GP, SEL);
  });
  test("readable code loads, and refuses writes", () => {
    expect(move(FS, KERNEL_CODE)).toBeNull();
    expect(run(bench, "mov eax, [fs:0x1000]")).toBeNull();
    expect(run(bench, "mov [fs:0x1000], eax")?.vector).toBe(VEC_GP);
  });
  test("RPL above DPL is #GP(selector)", () => fault(KERNEL_DATA | 3, VEC_GP, KERNEL_DATA));
  test("CPL above DPL is #GP(selector)", () => {
    bench.setPrivilege(3);
    fault(KERNEL_DATA, VEC_GP, KERNEL_DATA);
  });
  test("conforming code loads at any level", () => {
    segment(bench, SEL, CONFORMING32);
    bench.setPrivilege(3);
    load(bench, `mov eax, ${SEL | 3}\nmov ds, eax`);
    bench.step(2);
    expect(r[SEG_SELECTOR + DS]).toBe(SEL | 3);
  });
  test("a segment that is not present is #NP(selector), after the other checks", () => {
    segment(bench, SEL, DATA32 & ~0x80);
    fault(SEL, VEC_NP, SEL);
    fault(SEL | 3, VEC_GP, SEL);
  });
  test("through the LDT", () => {
    bench.setSegment(LDTR, SEL, DATA, 15, 0x82);
    bench.writeDescriptor(DATA + 8, 0x5000, 0xfff, 0x4093);
    expect(move(GS, 0x0c)).toBeNull();
    expect(r[SEG_BASE + GS]).toBe(0x5000);
    expect(move(GS, 0x14)).toEqual({ vector: VEC_GP, errorCode: 0x14, eip: CODE });
  });
});

describe("loading SS", () => {
  const fault = (selector: number, vector: number, errorCode: number): void => {
    expect(move(SS, selector)).toEqual({ vector, errorCode, eip: CODE });
    expect(r[SEG_SELECTOR + SS]).toBe(KERNEL_DATA);
  };
  test("a null selector is #GP(0)", () => fault(0, VEC_GP, 0));
  test("a selector beyond the table is #GP(selector)", () => fault(0x2000, VEC_GP, 0x2000));
  test("RPL must be CPL", () => fault(KERNEL_DATA | 3, VEC_GP, KERNEL_DATA));
  test("DPL must be CPL", () => {
    segment(bench, SEL, DATA32 | DPL3);
    fault(SEL, VEC_GP, SEL);
  });
  test("must be writable data", () => {
    segment(bench, SEL, READ_ONLY32);
    fault(SEL, VEC_GP, SEL);
    fault(KERNEL_CODE, VEC_GP, KERNEL_CODE);
  });
  test("must be present, else #SS(selector)", () => {
    segment(bench, SEL, DATA32 & ~0x80);
    fault(SEL, VEC_SS, SEL);
  });
  test("holds interrupts off until the next instruction has run", () => {
    const labels = load(bench, "mov eax, ss\nmov ss, eax\nmov ebx, 1\nthere: nop");
    cpu.acknowledge = () => 0x40;
    bench.flags = 0x202;
    bench.step(2);
    cpu.setInterruptLine(true);
    expect(bench.go(10)).toMatchObject({ vector: 0x40, eip: labels.get("there") });
    expect(r[EBX]).toBe(1);
    cpu.setInterruptLine(false);
  });
});

test("MOV to CS is #UD", () => {
  expect(bench.exec(0x8e, 0xc8)?.vector).toBe(VEC_UD);
});

describe("MOV from a segment register", () => {
  test("zero-extends into a 32-bit register, writes 16 bits to memory", () => {
    r[EBX] = -1;
    bench.write32(DATA, -1);
    run(bench, `mov ebx, ds\nmov [${DATA}], ds`);
    expect(r[EBX]).toBe(KERNEL_DATA);
    expect(bench.read32(DATA) >>> 0).toBe(0xffff_0000 + KERNEL_DATA);
  });
  test("leaves the upper half of the register with 16-bit operands", () => {
    r[EBX] = -1;
    run(bench, "mov bx, ds");
    expect(r[EBX] >>> 0).toBe(0xffff_0000 + KERNEL_DATA);
  });
});

describe("LDS, LES, LFS, LGS, LSS", () => {
  for (const [name, seg] of [
    ["les", ES],
    ["lds", DS],
    ["lfs", FS],
    ["lgs", GS],
    ["lss", SS],
  ] as const) {
    test(`${name} loads a segment register and a register`, () => {
      segment(bench, SEL, DATA32);
      bench.write32(DATA, 0x1234_5678);
      bench.write16(DATA + 4, SEL);
      expect(run(bench, `${name} ecx, [${DATA}]`)).toBeNull();
      expect([r[SEG_SELECTOR + seg], r[ECX]]).toEqual([SEL, 0x1234_5678]);
    });
  }
  test("with 16-bit operands the offset is a word", () => {
    r[ECX] = -1;
    bench.write16(DATA, 0x5678);
    bench.write16(DATA + 2, KERNEL_DATA);
    run(bench, `lfs cx, [${DATA}]`);
    expect(r[ECX] >>> 0).toBe(0xffff_5678);
  });
  test("a selector that faults leaves the register", () => {
    bench.write16(DATA + 4, 0x2000);
    r[ECX] = 7;
    expect(run(bench, `les ecx, [${DATA}]`)).toEqual({ vector: VEC_GP, errorCode: 0x2000, eip: CODE });
    expect(r[ECX]).toBe(7);
  });
});

describe("accesses through segments", () => {
  test("add the base and stop at the limit: #GP(0), #SS(0) through SS", () => {
    segment(bench, SEL, 0x4093, DATA, 0xfff);
    bench.write32(DATA + 0xffc, 42);
    move(FS, SEL);
    expect(run(bench, "mov ebx, [fs:0xffc]")).toBeNull();
    expect(r[EBX]).toBe(42);
    expect(run(bench, "mov ebx, [fs:0xffd]")).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
    bench.setPrivilege(3);
    bench.setSegment(SS, USER_DATA, DATA, 0xfff, 0x40f3);
    expect(run(bench, "mov ebx, [ss:0xffd]")).toEqual({ vector: VEC_SS, errorCode: 0, eip: CODE });
  });
  test("to a read-only segment refuse writes", () => {
    segment(bench, SEL, READ_ONLY32);
    move(FS, SEL);
    expect(run(bench, `mov ebx, [fs:${DATA}]`)).toBeNull();
    expect(run(bench, `mov [fs:${DATA}], ebx`)?.vector).toBe(VEC_GP);
  });
  test("to an expand-down segment begin above its limit", () => {
    segment(bench, SEL, EXPAND_DOWN32, 0, 0x0f);
    move(FS, SEL);
    expect(run(bench, `mov ebx, [fs:${DATA}]`)).toBeNull();
    expect(run(bench, "mov ebx, [fs:0xffff]")?.vector).toBe(VEC_GP);
  });
  test("execute-only code refuses reads through CS", () => {
    bench.setPrivilege(3);
    bench.setSegment(CS, USER_CODE, 0, -1, 0xc0f9);
    expect(run(bench, "mov ebx, [cs:0x1000]")?.vector).toBe(VEC_GP);
  });
});

test("fetching beyond the limit of CS is #GP(0) at that instruction", () => {
  bench.setPrivilege(3);
  bench.setSegment(CS, USER_CODE, 0, CODE + 1, 0x40fb);
  expect(run(bench, "nop\nnop\nnop")).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE + 2 });
});

test("POP into a segment register faults with the stack as it was", () => {
  r[ESP] = STACK_TOP - 4;
  bench.write32(STACK_TOP - 4, 0x2000);
  expect(run(bench, "pop fs")).toEqual({ vector: VEC_GP, errorCode: 0x2000, eip: CODE });
  expect(r[ESP]).toBe(STACK_TOP - 4);
});
