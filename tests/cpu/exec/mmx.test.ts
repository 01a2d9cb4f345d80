/** MMX instructions and the x87 whose registers they use: what each checks first, and in what state each leaves it. */
import { describe, expect, it } from "vitest";
import { rows } from "../../../src/cpu/opcodes.ts";
import {
  CR0,
  CR0_EM,
  CR0_NE,
  CR0_TS,
  CR4,
  CR4_OSFXSR,
  EDI,
  ESI,
  ESP,
  FPR,
  FPU_CONTROL,
  FPU_STATUS,
  FPU_TAGS,
  VEC_MF,
  VEC_NM,
  VEC_PF,
  VEC_UD,
  XMM,
} from "../../../src/cpu/state.ts";
import { Bench, DATA } from "../../support/cpu.ts";

const ABSENT = 0x2_0000;
const EMMS = [0x0f, 0x77];

/** The code of a row: its register form with registers 1 and 2, or its memory form with [esi]. */
function encode(key: string, operands: string, memory: boolean): number[] {
  const [prefix, ...bytes] = key.split(" ");
  const [opcode, group = "1"] = bytes[1].split("/");
  const code = [0x0f, Number.parseInt(opcode, 16)];
  if (prefix !== "np") code.unshift(Number.parseInt(prefix, 16));
  if (operands !== "") code.push((memory ? 0x06 : 0xc2) | (Number.parseInt(group, 16) << 3));
  return operands.endsWith("Ib") ? [...code, 0] : code;
}

/** Rows with an MMX register, but for those that convert numbers of XMM registers (`sse-convert.test.ts`). */
const mmxRows = rows.filter(({ operands, mnemonic }) => /\b[PNQ]/.test(operands) && !/^cvt/.test(mnemonic));
const forms = mmxRows.flatMap(({ key, operands, mnemonic }) =>
  [false, true]
    .filter(
      (memory) => !(memory ? /r$/.test(key) || !/[QME][dqw]?\b/.test(operands) : /\bM[a-z]+,/.test(operands)),
    )
    .map((memory) => ({
      name: `${mnemonic} ${operands}${memory ? ", memory" : ""}`,
      code: encode(key, operands, memory),
      memory,
      xmm: /[VU]/.test(operands),
      /** Which MMX register it writes, or -1. */
      written:
        operands.startsWith("P") && mnemonic !== "maskmovq" ? 1 : /^[NQ]/.test(operands) && !memory ? 2 : -1,
    })),
);

const bench = new Bench();

/** The bench as each test finds it. One serves all: making them would be most of the work. */
function prepared(): Bench {
  bench.reset();
  bench.mmu.absent.clear();
  bench.load(DATA, new Uint8Array(ABSENT - DATA));
  const { r } = bench.cpu;
  r[CR4] |= CR4_OSFXSR;
  r[ESI] = DATA;
  r[EDI] = DATA;
  r[FPU_CONTROL] = 0x37f;
  r[FPU_STATUS] = 5 << 11;
  r[FPU_TAGS] = 0b1110_0000;
  for (let i = 0; i < 8; i++) r.set([0x1234_5678 + i, 0x8765_4321 - i, 0x3fff, 0], FPR + i * 4);
  return bench;
}

const exponents = (bench: Bench): number[] =>
  Array.from({ length: 8 }, (_, i) => bench.cpu.r[FPR + i * 4 + 2]);
const stack = (bench: Bench): number[] => [bench.cpu.r[FPU_STATUS], bench.cpu.r[FPU_TAGS]];

describe("every MMX instruction", () => {
  it("is among those looked at here", () => {
    expect(forms.length).toBeGreaterThan(120);
    expect(forms.map(({ name }) => name)).toContain("movq Qq,Pq, memory");
    expect(forms.map(({ name }) => name)).toContain("psrlw Nq,Ib");
  });

  it.each(forms)("$name: TOP becomes 0, all registers valid; an exponent of ones where it writes", (form) => {
    const bench = prepared();
    expect(bench.exec(...form.code)).toBeNull();
    expect(stack(bench)).toEqual([0, 0xff]);
    expect(exponents(bench)).toEqual(
      Array.from({ length: 8 }, (_, i) => (i === form.written ? 0xffff : 0x3fff)),
    );
  });

  it.each(forms)("$name: #UD for CR0.EM, then #NM for CR0.TS, then #MF, then what memory raises", (form) => {
    const bench = prepared();
    const { r } = bench.cpu;
    bench.mmu.absent.add(ABSENT >>> 12);
    r[ESI] = ABSENT;
    r[EDI] = ABSENT;
    // Invalid operation: flagged, not masked.
    r[FPU_CONTROL] = 0x37e;
    r[FPU_STATUS] |= 0x8081;
    const before = [...r.subarray(FPR, XMM + 32)];
    const state = stack(bench);
    const vector = () => bench.exec(...form.code)?.vector;

    r[CR0] |= CR0_EM | CR0_TS | CR0_NE;
    expect(vector()).toBe(VEC_UD);
    r[CR0] &= ~CR0_EM;
    expect(vector()).toBe(VEC_NM);
    r[CR0] &= ~CR0_TS;
    expect(vector()).toBe(VEC_MF);
    r[FPU_STATUS] = state[0] = 5 << 11;
    if (form.memory || form.name.startsWith("maskmovq")) {
      expect(vector()).toBe(VEC_PF);
      expect(stack(bench)).toEqual(state);
      expect([...r.subarray(FPR, XMM + 32)]).toEqual(before);
    }
  });

  it.each(forms)("$name: CR4.OSFXSR matters only if there is an XMM register too", (form) => {
    const bench = prepared();
    bench.cpu.r[CR4] &= ~CR4_OSFXSR;
    const fault = bench.exec(...form.code);
    if (form.xmm) expect(fault).toMatchObject({ vector: VEC_UD });
    else expect(fault).toBeNull();
  });
});

describe("EMMS", () => {
  it("leaves all registers empty, their contents as they were, and TOP 0", () => {
    const bench = prepared();
    expect(bench.exec(...EMMS)).toBeNull();
    expect(stack(bench)).toEqual([0, 0]);
    expect(exponents(bench)).toEqual(Array(8).fill(0x3fff));
    expect(bench.cpu.r[FPR]).toBe(0x1234_5678);
  });

  it("raises #UD for CR0.EM, then #NM for CR0.TS, then #MF", () => {
    const bench = prepared();
    const { r } = bench.cpu;
    r[FPU_CONTROL] = 0x37e;
    r[FPU_STATUS] |= 0x8081;
    r[CR0] |= CR0_EM | CR0_TS | CR0_NE;
    expect(bench.exec(...EMMS)).toMatchObject({ vector: VEC_UD });
    r[CR0] &= ~CR0_EM;
    expect(bench.exec(...EMMS)).toMatchObject({ vector: VEC_NM });
    r[CR0] &= ~CR0_TS;
    expect(bench.exec(...EMMS)).toMatchObject({ vector: VEC_MF });
    expect(r[FPU_TAGS]).toBe(0b1110_0000);
  });
});

describe("MMX memory operands", () => {
  /** PUNPCKLBW mm1, [esi] at the last doubleword before a page that is not there. */
  it("of the unpacking of low halves have 32 bits", () => {
    const bench = prepared();
    bench.mmu.absent.add(ABSENT >>> 12);
    bench.cpu.r[ESI] = ABSENT - 4;
    bench.write32(ABSENT - 4, 0x4433_2211);
    expect(bench.exec(0x0f, 0x60, 0x0e)).toBeNull();
    expect(bench.cpu.r[FPR + 4] & 0xff00).toBe(0x1100);
    // PUNPCKHBW reads all 64.
    expect(bench.exec(0x0f, 0x68, 0x0e)).toMatchObject({ vector: VEC_PF });
  });

  it("need not be aligned, and may span pages", () => {
    const bench = prepared();
    bench.cpu.r[ESI] = DATA + 0xffd;
    bench.write32(DATA + 0xffd, 0x0403_0201);
    bench.write32(DATA + 0x1001, 0x0807_0605);
    expect(bench.exec(0x0f, 0x6f, 0x0e)).toBeNull();
    expect([...bench.cpu.r.subarray(FPR + 4, FPR + 6)]).toEqual([0x0403_0201, 0x0807_0605]);
  });

  it("are stored whole or not at all", () => {
    const bench = prepared();
    bench.mmu.absent.add(ABSENT >>> 12);
    bench.cpu.r[ESI] = ABSENT - 4;
    // MOVQ [esi], mm1; MOVNTQ
    for (const opcode of [0x7f, 0xe7]) {
      expect(bench.exec(0x0f, opcode, 0x0e)).toMatchObject({ vector: VEC_PF });
      expect(bench.read32(ABSENT - 4)).toBe(0);
      expect(stack(bench)).toEqual([5 << 11, 0b1110_0000]);
    }
  });

  it("use the stack segment where EBP or ESP is the base", () => {
    const bench = prepared();
    bench.write32(bench.cpu.r[ESP] + 8, 0x1111_1111);
    // MOVD mm1, [esp+8]
    expect(bench.exec(0x0f, 0x6e, 0x4c, 0x24, 0x08)).toBeNull();
    expect([...bench.cpu.r.subarray(FPR + 4, FPR + 6)]).toEqual([0x1111_1111, 0]);
  });
});
