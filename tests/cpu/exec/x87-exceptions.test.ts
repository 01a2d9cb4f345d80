/** When x87 instructions may run at all, and how the FPU's own exceptions are reported. */
import { beforeEach, describe, expect, it } from "vitest";
import { RUN_HALTED } from "../../../src/cpu/cpu.ts";
import { EFLAGS_IF } from "../../../src/cpu/eflags.ts";
import {
  CR0,
  CR0_EM,
  CR0_MP,
  CR0_NE,
  CR0_TS,
  EAX,
  EDI,
  EIP,
  FPU_CONTROL,
  FPU_DP,
  FPU_IP,
  FPU_OPCODE,
  FPU_STATUS,
  FPU_TAGS,
  VEC_MF,
  VEC_NM,
  VEC_PF,
  VEC_UD,
} from "../../../src/cpu/state.ts";
import { Bench, CODE, DATA, FAULT_STUBS } from "../../support/cpu.ts";

const WAIT = [0x9b];
const FNINIT = [0xdb, 0xe3];
const FNCLEX = [0xdb, 0xe2];
const FNOP = [0xd9, 0xd0];
const FNSTSW_AX = [0xdf, 0xe0];
const FCHS = [0xd9, 0xe0];
const FLDCW = [0xd9, 0x2f];
const FNSTCW = [0xd9, 0x3f];
const FNSTENV = [0xd9, 0x37];
const FLDENV = [0xd9, 0x27];
const FNSAVE = [0xdd, 0x37];
const NO_MEANING = [0xd9, 0xd1];

const IE = 1;
const ES_AND_B = 0x8080;
/** All masked but invalid operation. */
const UNMASKED_IE = 0x37e;

let bench: Bench;

beforeEach(() => {
  bench = new Bench();
  bench.exec(...FNINIT);
  bench.cpu.r[EDI] = DATA;
});

/** An exception is pending: FCHS of an empty register, not masked. */
function fail(): void {
  bench.cpu.r[FPU_CONTROL] = UNMASKED_IE;
  bench.cpu.r[FPU_TAGS] = 0;
  expect(bench.exec(...FCHS)).toBeNull();
  expect(bench.cpu.r[FPU_STATUS] & ES_AND_B).toBe(ES_AND_B);
}

describe("#NM", () => {
  it.each([
    ["CR0.EM", CR0_EM],
    ["CR0.TS", CR0_TS],
  ])("is what every escape raises while %s is set, with a meaning or without", (_name, bit) => {
    bench.cpu.r[CR0] |= bit;
    for (const code of [FNINIT, FNCLEX, FNOP, FNSTSW_AX, FLDCW, FNSTCW, FNSTENV, FNSAVE, NO_MEANING]) {
      expect(bench.exec(...code)).toMatchObject({ vector: VEC_NM });
    }
  });

  it("is what WAIT raises while both CR0.MP and CR0.TS are set, and not for CR0.EM", () => {
    const outcome = (bits: number) => {
      bench.cpu.r[CR0] = (bench.cpu.r[CR0] & ~(CR0_MP | CR0_TS | CR0_EM)) | bits;
      return bench.exec(...WAIT);
    };
    expect(outcome(CR0_TS)).toBeNull();
    expect(outcome(CR0_MP)).toBeNull();
    expect(outcome(CR0_EM)).toBeNull();
    expect(outcome(CR0_MP | CR0_TS)).toMatchObject({ vector: VEC_NM });
  });

  it("comes before a pending exception, and otherwise an escape without a meaning raises #UD", () => {
    fail();
    expect(bench.exec(...NO_MEANING)).toMatchObject({ vector: VEC_UD });
    bench.cpu.r[CR0] |= CR0_TS;
    expect(bench.exec(...FNOP)).toMatchObject({ vector: VEC_NM });
  });
});

describe("#MF, with CR0.NE set", () => {
  it("comes with the next instruction that waits, not with the one that failed", () => {
    bench.cpu.r[FPU_CONTROL] = UNMASKED_IE;
    const fault = bench.exec(...FCHS, 0x90, ...FNSTSW_AX, ...FNOP);
    expect(fault).toEqual({ vector: VEC_MF, errorCode: -1, eip: CODE + 5 });
    expect(bench.cpu.r[EAX] & 0xffff).toBe(0x80c1);
  });

  it.each([
    ["WAIT", WAIT],
    ["FNOP", FNOP],
    ["FLDCW", FLDCW],
    ["FLDENV", FLDENV],
  ])("is raised by %s", (_name, code) => {
    fail();
    expect(bench.exec(...code)).toMatchObject({ vector: VEC_MF, eip: CODE });
  });

  it.each([
    ["FNINIT", FNINIT],
    ["FNCLEX", FNCLEX],
    ["FNSTSW AX", FNSTSW_AX],
    ["FNSTCW", FNSTCW],
    ["FNSTENV", FNSTENV],
    ["FNSAVE", FNSAVE],
  ])("is not raised by %s", (_name, code) => {
    fail();
    expect(bench.exec(...code)).toBeNull();
  });

  it("leaves the pointers at the instruction that failed", () => {
    bench.cpu.r[FPU_CONTROL] = UNMASKED_IE;
    bench.exec(0x90, ...FCHS, ...FNOP);
    expect(bench.cpu.r[FPU_IP]).toBe(CODE + 1);
    expect(bench.cpu.r[FPU_OPCODE]).toBe(0x1e0);
  });

  it("is not raised for exceptions that are masked, until FLDCW unmasks one", () => {
    expect(bench.exec(...FCHS, ...FNOP)).toBeNull();
    expect(bench.cpu.r[FPU_STATUS] & ES_AND_B).toBe(0);
    bench.write16(DATA, UNMASKED_IE);
    expect(bench.exec(...FLDCW, ...WAIT)).toMatchObject({ vector: VEC_MF, eip: CODE + 2 });
  });

  it("is over after FNCLEX, and after FNSTENV, which masks everything", () => {
    fail();
    expect(bench.exec(...FNCLEX, ...FNOP)).toBeNull();
    fail();
    expect(bench.exec(...FNSTENV, ...FNOP)).toBeNull();
    expect(bench.cpu.r[FPU_STATUS] & (ES_AND_B | IE)).toBe(IE);
    expect(bench.read16(DATA + 4) & ES_AND_B).toBe(ES_AND_B);
  });
});

describe("FERR#, with CR0.NE clear", () => {
  let levels: boolean[];

  beforeEach(() => {
    levels = [];
    bench.cpu.fpuError = (level) => levels.push(level);
    bench.cpu.r[CR0] &= ~CR0_NE;
  });

  it("rises when an exception that is not masked is recorded, and falls when none is pending", () => {
    fail();
    expect(levels).toEqual([true]);
    bench.exec(...FNCLEX);
    expect(levels).toEqual([true, false]);
  });

  it("does not move for masked exceptions, nor rise while CR0.NE is set", () => {
    bench.exec(...FCHS);
    bench.cpu.r[CR0] |= CR0_NE;
    fail();
    expect(levels).toEqual([]);
  });

  it.each([
    ["an x87 instruction", FNOP],
    ["WAIT", WAIT],
  ])("freezes the processor in front of %s until an interrupt comes", (_name, code) => {
    const { cpu } = bench;
    fail();
    bench.load(CODE, [0x90, ...code, 0xf4]);
    cpu.r[EIP] = CODE;
    bench.flags |= EFLAGS_IF;
    const start = cpu.icount;
    expect(bench.step(100)).toBe(RUN_HALTED);
    expect(cpu.r[EIP]).toBe(CODE + 1);
    expect(cpu.icount).toBe(start + 1);
    expect(bench.step(100)).toBe(RUN_HALTED);

    // The handler clears the exception and returns to the instruction, which now runs.
    const handler = FAULT_STUBS + 0x75;
    bench.load(handler, [...FNCLEX, 0xcf]);
    cpu.acknowledge = () => {
      cpu.setInterruptLine(false);
      return 0x75;
    };
    cpu.setInterruptLine(true);
    expect(bench.step(100)).toBe(RUN_HALTED);
    expect(cpu.r[EIP]).toBe(CODE + 2 + code.length);
    expect(cpu.halted).toBe(true);
  });

  it("is ignored while IGNNE# is asserted", () => {
    fail();
    bench.cpu.ignoreNumericError = true;
    expect(bench.exec(...FNOP, ...WAIT)).toBeNull();
    expect(bench.cpu.r[EIP]).toBe(CODE + 4);
  });
});

describe("a fault of the memory operand", () => {
  const ABSENT = 0x8_0000;
  // FLD m64, FSTP m64, FSTP m80, FADD m32, FCOMP m64, FISTP m64, FBSTP, FLDENV, FNSAVE
  const CODES = [0xdd07, 0xdd1f, 0xdb3f, 0xd807, 0xdc1f, 0xdf3f, 0xdf37, 0xd927, 0xdd37];

  it.each(CODES)("of %i leaves the FPU as it was", (code) => {
    const { r } = bench.cpu;
    bench.exec(0xd9, 0xe8, 0xd9, 0xeb);
    bench.mmu.absent.add(ABSENT >>> 12);
    const before = [...r.subarray(FPU_CONTROL, FPU_OPCODE + 1)];
    // The first bytes are there, the last are not.
    r[EDI] = ABSENT - 2;
    expect(bench.exec(code >> 8, code & 0xff)).toMatchObject({ vector: VEC_PF });
    expect([...r.subarray(FPU_CONTROL, FPU_OPCODE + 1)]).toEqual(before);
  });

  it("does not happen if an exception of the store is not masked: there is nothing to store", () => {
    const { r } = bench.cpu;
    bench.mmu.absent.add(ABSENT >>> 12);
    r[FPU_CONTROL] = UNMASKED_IE;
    r[EDI] = ABSENT;
    expect(bench.exec(0xdd, 0x1f)).toBeNull();
    expect(r[FPU_STATUS]).toBe(0x80c1);
    expect(r[FPU_TAGS]).toBe(0);
  });
});

describe("the pointers", () => {
  it("are those of the last instruction that is no control instruction", () => {
    const { r } = bench.cpu;
    bench.exec(0x90, 0xd9, 0x47, 0x10, ...FNCLEX, ...FNSTSW_AX, ...WAIT, ...FNSTCW);
    expect(r[FPU_IP]).toBe(CODE + 1);
    expect(r[FPU_DP]).toBe(DATA + 0x10);
    expect(r[FPU_OPCODE]).toBe(0x147);
  });

  it("keep the operand when an instruction has none, and the address includes prefixes", () => {
    const { r } = bench.cpu;
    bench.exec(0xd9, 0x07, 0x26, ...FNOP);
    expect(r[FPU_IP]).toBe(CODE + 2);
    expect(r[FPU_DP]).toBe(DATA);
  });
});
