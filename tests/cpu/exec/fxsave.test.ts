/** FXSAVE and FXRSTOR. SDM: volume 2, table 3-47. */
import { beforeEach, describe, expect, it } from "vitest";
import {
  CR0,
  CR0_EM,
  CR0_TS,
  CR4,
  CR4_OSFXSR,
  EDI,
  FPR,
  FPU_CONTROL,
  FPU_CS,
  FPU_DP,
  FPU_DS,
  FPU_IP,
  FPU_OPCODE,
  FPU_STATUS,
  FPU_TAGS,
  MXCSR,
  VEC_GP,
  VEC_NM,
  VEC_PF,
  XMM,
} from "../../../src/cpu/state.ts";
import { Bench, DATA } from "../../support/cpu.ts";

const FXSAVE = [0x0f, 0xae, 0x07];
const FXRSTOR = [0x0f, 0xae, 0x0f];
const BACKGROUND = 0xcc;

let bench: Bench;
let r: Int32Array;

beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
  r[CR4] |= CR4_OSFXSR;
  r[EDI] = DATA;
  bench.load(DATA, new Uint8Array(1024).fill(BACKGROUND));
  r[FPU_CONTROL] = 0x0a7f;
  r[FPU_STATUS] = 0x7724;
  r[FPU_TAGS] = 0b1101_0101;
  r[FPU_IP] = 0x0001_2345;
  r[FPU_CS] = 0x1b1b;
  r[FPU_DP] = 0x0005_6789;
  r[FPU_DS] = 0x2323;
  r[FPU_OPCODE] = 0x5a7;
  r[MXCSR] = 0x1fa5;
  for (let i = 0; i < 8; i++) {
    r.set([0x100 + i, 0x200 + i, 0x300 + i, 0], FPR + i * 4);
    r.set([0x1000 + i, 0x2000 + i, 0x3000 + i, 0x4000 + i], XMM + i * 4);
  }
});

const word = (offset: number) => bench.read32(DATA + offset) >>> 0;
const state = () => [...r.subarray(FPU_CONTROL, MXCSR + 1), ...r.subarray(FPR, XMM + 32)];

describe("FXSAVE", () => {
  it("stores control, status, tags of one bit each, opcode and pointers", () => {
    expect(bench.exec(...FXSAVE)).toBeNull();
    expect([0, 4, 8, 12, 16, 20].map(word)).toEqual([
      0x7724_0a7f, 0x05a7_00d5, 0x0001_2345, 0x1b1b, 0x0005_6789, 0x2323,
    ]);
  });

  it("stores MXCSR and the mask of its bits", () => {
    bench.exec(...FXSAVE);
    expect([word(24), word(28)]).toEqual([0x1fa5, 0xffff]);
  });

  it("stores ST(0) to ST(7), from TOP on, and zeros behind each", () => {
    bench.exec(...FXSAVE);
    for (let i = 0; i < 8; i++) {
      const physical = (6 + i) & 7;
      expect([0, 4, 8, 12].map((at) => word(32 + i * 16 + at))).toEqual([
        0x100 + physical,
        0x200 + physical,
        0x300 + physical,
        0,
      ]);
    }
  });

  it("stores XMM0 to XMM7, also while CR4.OSFXSR is clear, and nothing behind", () => {
    r[CR4] &= ~CR4_OSFXSR;
    bench.exec(...FXSAVE);
    expect([word(160), word(164), word(284)]).toEqual([0x1000, 0x2000, 0x4007]);
    expect(bench.bytes(DATA + 288, 224)).toEqual(new Array(224).fill(BACKGROUND));
  });

  it("changes no state, and does not wait for a pending exception", () => {
    r[FPU_CONTROL] = 0x37b;
    r[FPU_STATUS] |= 0x8080;
    const before = state();
    expect(bench.exec(...FXSAVE)).toBeNull();
    expect(state()).toEqual(before);
  });

  it("writes nothing if the second of its pages cannot be written", () => {
    r[EDI] = DATA + 0xf00;
    bench.load(DATA + 0xf00, [BACKGROUND]);
    bench.mmu.readOnly.add((DATA >>> 12) + 1);
    expect(bench.exec(...FXSAVE)).toMatchObject({ vector: VEC_PF });
    expect(bench.read8(DATA + 0xf00)).toBe(BACKGROUND);
  });
});

describe("FXRSTOR", () => {
  it("takes back what FXSAVE stored", () => {
    const before = state();
    bench.exec(...FXSAVE);
    r.fill(0, FPU_CONTROL, MXCSR + 1);
    r.fill(0, FPR, XMM + 32);
    expect(bench.exec(...FXRSTOR)).toBeNull();
    expect(state()).toEqual(before);
  });

  it("leaves XMM registers and MXCSR alone while CR4.OSFXSR is clear, and does not check MXCSR", () => {
    bench.exec(...FXSAVE);
    bench.write32(DATA + 24, 0xffff_ffff | 0);
    r[CR4] &= ~CR4_OSFXSR;
    r[MXCSR] = 0x1f80;
    r[XMM] = 77;
    r[FPU_CONTROL] = 0x37f;
    expect(bench.exec(...FXRSTOR)).toBeNull();
    expect([r[MXCSR], r[XMM], r[FPU_CONTROL]]).toEqual([0x1f80, 77, 0x0a7f]);
  });

  it("raises #GP(0) for a reserved bit of MXCSR, and then changes nothing", () => {
    bench.exec(...FXSAVE);
    bench.write32(DATA + 24, 0x1_1f80);
    r[FPU_CONTROL] = 0x37f;
    const before = state();
    expect(bench.exec(...FXRSTOR)).toMatchObject({ vector: VEC_GP, errorCode: 0 });
    expect(state()).toEqual(before);
  });

  it("makes an exception pending that its control word does not mask, whatever ES said", () => {
    bench.exec(...FXSAVE);
    bench.write16(DATA, 0x37b);
    expect(bench.exec(...FXRSTOR)).toBeNull();
    expect(r[FPU_STATUS]).toBe(0x7724 | 0x8080);
    bench.write16(DATA, 0x37f);
    bench.write16(DATA + 2, 0x8080);
    bench.exec(...FXRSTOR);
    expect(r[FPU_STATUS]).toBe(0);
  });

  it("changes nothing if the image cannot be read to its end", () => {
    bench.exec(...FXSAVE);
    r[EDI] = DATA + 0x1000 - 496;
    bench.mmu.absent.add((DATA >>> 12) + 1);
    const before = state();
    expect(bench.exec(...FXRSTOR)).toMatchObject({ vector: VEC_PF });
    expect(state()).toEqual(before);
  });
});

describe.each([
  ["FXSAVE", FXSAVE],
  ["FXRSTOR", FXRSTOR],
])("%s", (_name, code) => {
  it("wants its operand aligned to 16 bytes", () => {
    for (const offset of [1, 2, 4, 8]) {
      r[EDI] = DATA + offset;
      expect(bench.exec(...code)).toMatchObject({ vector: VEC_GP, errorCode: 0 });
    }
  });

  it.each([
    ["CR0.EM", CR0_EM],
    ["CR0.TS", CR0_TS],
  ])("raises #NM while %s is set", (_bit, bit) => {
    r[CR0] |= bit;
    expect(bench.exec(...code)).toMatchObject({ vector: VEC_NM });
  });
});
