/** XMM instructions without arithmetic: what each checks first, alignment, masked stores, MXCSR, and cache control. */
import { describe, expect, it } from "vitest";
import { rows } from "../../../src/cpu/opcodes.ts";
import {
  CR0,
  CR0_AM,
  CR0_EM,
  CR0_TS,
  CR2,
  CR4,
  CR4_OSFXSR,
  DS,
  EDI,
  ES,
  ESI,
  FPR,
  MXCSR,
  SS,
  VEC_AC,
  VEC_GP,
  VEC_NM,
  VEC_PF,
  VEC_SS,
  VEC_UD,
  XMM,
} from "../../../src/cpu/state.ts";
import { ATTR_DATA32, Bench, DATA } from "../../support/cpu.ts";

const ABSENT = 0x2_0000;
const EFLAGS_AC = 1 << 18;
const ESI_OPERAND = 0x0e;

/** Floating-point arithmetic has tests of its own. */
const ARITHMETIC = /^(?:cvt|u?comi|r?sqrt|rcp|add|mul|sub|div|min|max|cmp)/;
const xmmRows = rows.filter(
  ({ mnemonic, operands }) => /\b[VUW]/.test(operands) && !ARITHMETIC.test(mnemonic),
);

function encode(key: string, operands: string, modrm: number): number[] {
  const [prefix, ...bytes] = key.split(" ");
  const [opcode, group] = bytes[1].replace(/[mr]$/, "").split("/");
  const code = [0x0f, Number.parseInt(opcode, 16)];
  if (prefix !== "np") code.unshift(Number.parseInt(prefix, 16));
  code.push(group === undefined ? modrm : (modrm & 0xc7) | (Number(group) << 3));
  return operands.endsWith("Ib") ? [...code, 0] : code;
}

const forms = xmmRows.flatMap(({ key, operands, mnemonic }) => {
  const memoryOnly = /\bM[a-z]+\b/.test(operands.replace("Rd/Mw", "E")) || /m$/.test(key);
  const registerOnly = /\b[UN]/.test(operands) || /r$/.test(key);
  return [false, true]
    .filter((memory) => (memory ? !registerOnly : !memoryOnly))
    .map((memory) => ({
      name: `${mnemonic} ${operands}${memory ? ", memory" : ""}`,
      code: encode(key, operands, memory ? ESI_OPERAND : 0xca),
      memory,
      /** A memory operand of 128 bits that must be aligned. */
      aligned:
        memory && /\bW(?:dq|ps|pd)|^M(?:dq|ps|pd)/.test(operands) && !/^mov(?:ups|upd|dqu)$/.test(mnemonic),
    }));
});

const bench = new Bench();

/** The bench as each test finds it. One serves all: making them would be most of the work. */
function prepared(): Bench {
  bench.reset();
  bench.mmu.absent.clear();
  bench.mmu.readOnly.clear();
  bench.bus.log.length = 0;
  bench.load(DATA, new Uint8Array(ABSENT - DATA));
  const { r } = bench.cpu;
  r[CR4] |= CR4_OSFXSR;
  r[ESI] = DATA;
  r[EDI] = DATA;
  for (let i = 0; i < 32; i++) r[XMM + i] = Math.imul(i + 1, 0x0123_4567);
  for (let i = 0; i < 16; i++) bench.write32(DATA + i * 4, Math.imul(i + 1, 0x1020_3041));
  bench.mmu.absent.add(ABSENT >>> 12);
  return bench;
}

const registers = (bench: Bench): number[] => [...bench.cpu.r.subarray(XMM, XMM + 32)];

describe("every XMM instruction", () => {
  it("is among those looked at here", () => {
    expect(forms.length).toBeGreaterThan(180);
    expect(forms.filter(({ aligned }) => aligned).length).toBeGreaterThan(80);
  });

  it.each(forms)("$name: #UD for CR0.EM and without CR4.OSFXSR, #NM for CR0.TS, before all else", (form) => {
    const bench = prepared();
    const { r } = bench.cpu;
    const before = registers(bench);
    if (form.memory) r[ESI] = ABSENT + 1;
    const vector = () => bench.exec(...form.code)?.vector;
    r[CR0] |= CR0_EM | CR0_TS;
    expect(vector()).toBe(VEC_UD);
    r[CR0] &= ~CR0_EM;
    r[CR4] &= ~CR4_OSFXSR;
    expect(vector()).toBe(VEC_UD);
    r[CR4] |= CR4_OSFXSR;
    expect(vector()).toBe(VEC_NM);
    r[CR0] &= ~CR0_TS;
    // Alignment comes before the page.
    if (form.memory) expect(vector()).toBe(form.aligned ? VEC_GP : VEC_PF);
    expect(form.memory ? registers(bench) : before).toEqual(before);
  });

  it.each(forms.filter(({ memory }) => memory))(
    "$name: 16-byte operands must be aligned, but for moves that say so",
    (form) => {
      const bench = prepared();
      const before = registers(bench);
      for (const offset of [1, 4, 8]) {
        bench.cpu.r[ESI] = DATA + 16 + offset;
        const fault = bench.exec(...form.code);
        if (form.aligned) expect(fault).toMatchObject({ vector: VEC_GP, errorCode: 0 });
        else expect(fault).toBeNull();
      }
      if (form.aligned) expect(registers(bench)).toEqual(before);
      bench.cpu.r[ESI] = DATA + 16;
      expect(bench.exec(...form.code)).toBeNull();
    },
  );
});

describe("unaligned moves", () => {
  it("store 16 bytes across pages whole, or not at all", () => {
    const bench = prepared();
    // MOVUPS [esi], xmm1
    bench.cpu.r[ESI] = ABSENT - 7;
    expect(bench.exec(0x0f, 0x11, ESI_OPERAND)).toMatchObject({ vector: VEC_PF });
    expect(bench.cpu.r[CR2]).toBe(ABSENT);
    expect(bench.bytes(ABSENT - 7, 7)).toEqual(Array(7).fill(0));
    bench.cpu.r[ESI] = DATA + 0xffb;
    expect(bench.exec(0x0f, 0x11, ESI_OPERAND)).toBeNull();
    // MOVUPS xmm2, [esi]
    expect(bench.exec(0x0f, 0x10, 0x16)).toBeNull();
    expect(registers(bench).slice(8, 12)).toEqual(registers(bench).slice(4, 8));
  });

  it("leave the destination alone if any part of the source cannot be read", () => {
    const bench = prepared();
    const before = registers(bench);
    bench.cpu.r[ESI] = ABSENT - 12;
    expect(bench.exec(0x0f, 0x10, ESI_OPERAND)).toMatchObject({ vector: VEC_PF });
    expect(registers(bench)).toEqual(before);
  });
});

describe("alignment checking at CPL 3", () => {
  it.each([
    ["movlps xmm1, m64", [0x0f, 0x12, ESI_OPERAND], 8],
    ["movhps m64, xmm1", [0x0f, 0x17, ESI_OPERAND], 8],
    ["movq mm1, m64", [0x0f, 0x6f, ESI_OPERAND], 8],
    ["movss xmm1, m32", [0xf3, 0x0f, 0x10, ESI_OPERAND], 4],
    ["punpcklbw mm1, m32", [0x0f, 0x60, ESI_OPERAND], 4],
    ["pinsrw xmm1, m16, 1", [0x66, 0x0f, 0xc4, ESI_OPERAND, 1], 2],
    ["stmxcsr m32", [0x0f, 0xae, 0x1e], 4],
    ["maskmovq mm1, mm2", [0x0f, 0xf7, 0xca], 8],
    ["maskmovdqu xmm1, xmm2", [0x66, 0x0f, 0xf7, 0xca], 8],
  ])("%s: #AC, as recorded", (_name, code, size) => {
    const bench = prepared();
    const run = (offset: number) => {
      bench.setPrivilege(3);
      bench.cpu.r[CR0] |= CR0_AM;
      bench.cpu.r[ESI] = DATA + 16 + offset;
      bench.cpu.r[EDI] = DATA + 16 + offset;
      bench.flags |= EFLAGS_AC;
      bench.cpu.refreshPrivilege();
      return bench.exec(...code)?.vector;
    };
    expect(run(size / 2)).toBe(VEC_AC);
    // HLT, which ends the program, is privileged.
    expect(run(size)).toBe(VEC_GP);
    expect(run(1)).toBe(VEC_AC);
  });
});

describe("MASKMOVDQU and MASKMOVQ", () => {
  /** Only those signs of the mask, all else ones. */
  function masked(mask: number): Bench {
    const bench = prepared();
    const { r8 } = bench.cpu;
    for (let i = 0; i < 16; i++) {
      r8[(XMM + 4) * 4 + i] = 0x10 + i;
      r8[(XMM + 8) * 4 + i] = (mask >> i) & 1 ? 0x80 : 0x7f;
      if (i >= 8) continue;
      r8[(FPR + 4) * 4 + i] = 0x10 + i;
      r8[(FPR + 8) * 4 + i] = (mask >> i) & 1 ? 0xff : 0;
    }
    return bench;
  }
  const MASKMOVDQU = [0x66, 0x0f, 0xf7, 0xca];
  const MASKMOVQ = [0x0f, 0xf7, 0xca];

  it("write the bytes that the signs of the mask select, and leave the others", () => {
    const bench = masked(0x8421);
    bench.load(DATA, new Uint8Array(16).fill(0xee));
    expect(bench.exec(...MASKMOVDQU)).toBeNull();
    const expected = Array(16).fill(0xee);
    for (const i of [0, 5, 10, 15]) expected[i] = 0x10 + i;
    expect(bench.bytes(DATA, 16)).toEqual(expected);
    bench.load(DATA, new Uint8Array(16).fill(0xee));
    expect(bench.exec(...MASKMOVQ)).toBeNull();
    expect(bench.bytes(DATA, 9)).toEqual([0x10, 0xee, 0xee, 0xee, 0xee, 0x15, 0xee, 0xee, 0xee]);
  });

  it("write to a device only what is selected", () => {
    const bench = masked(0b11);
    bench.cpu.r[EDI] = 0xf000_0000 | 0;
    expect(bench.exec(...MASKMOVQ)).toBeNull();
    expect(bench.bus.log).toEqual(["write f0000000 1 10", "write f0000001 1 11"]);
  });

  it("need no alignment", () => {
    const bench = masked(0xffff);
    bench.cpu.r[EDI] = DATA + 0xff9;
    expect(bench.exec(...MASKMOVDQU)).toBeNull();
    expect(bench.bytes(DATA + 0xff9, 16)).toEqual(Array.from({ length: 16 }, (_, i) => 0x10 + i));
  });

  it.each([
    ["selects nothing", 0],
    ["selects bytes of the page before only", 1],
  ])("check all bytes for writing, as recorded, when the mask %s", (_name, mask) => {
    const bench = masked(mask);
    for (const code of [MASKMOVDQU, MASKMOVQ]) {
      bench.cpu.r[EDI] = ABSENT - 4;
      expect(bench.exec(...code)).toMatchObject({ vector: VEC_PF, errorCode: 2 });
      expect(bench.cpu.r[CR2]).toBe(code === MASKMOVQ ? ABSENT : ABSENT + 4);
      expect(bench.read32(ABSENT - 4)).toBe(0);
    }
  });

  it("address memory at DS:EDI, whatever ES is, unless another segment is named", () => {
    const bench = masked(0xffff);
    bench.setSegment(ES, 0x10, DATA + 0x100, 0xfff, ATTR_DATA32);
    bench.setSegment(DS, 0x10, DATA + 0x200, 0xfff, ATTR_DATA32);
    bench.cpu.r[EDI] = 0;
    expect(bench.exec(...MASKMOVDQU)).toBeNull();
    expect(bench.read8(DATA + 0x200)).toBe(0x10);
    expect(bench.read8(DATA + 0x100)).toBe(0);
    expect(bench.exec(0x26, ...MASKMOVQ)).toBeNull();
    expect(bench.read8(DATA + 0x100)).toBe(0x10);
    bench.cpu.r[EDI] = 0xff1;
    expect(bench.exec(...MASKMOVDQU)).toMatchObject({ vector: VEC_GP, errorCode: 0 });
  });

  it("have 16-bit addresses where the address size says so", () => {
    const bench = masked(0xffff);
    bench.cpu.r[EDI] = 0x1234_8000;
    expect(bench.exec(0x67, ...MASKMOVQ)).toBeNull();
    expect(bench.read8(0x8000)).toBe(0x10);
  });
});

describe("segments", () => {
  it("beyond the limit, #GP(0), or #SS(0) in the stack segment, also where the operand is not aligned", () => {
    const bench = prepared();
    bench.setSegment(SS, 0x10, 0, 0x0fff_ffff, ATTR_DATA32);
    bench.setSegment(DS, 0x10, 0, 0x0fff_ffff, ATTR_DATA32);
    bench.cpu.r[ESI] = 0x0fff_fff8;
    // MOVAPS xmm1, [esi]; SS: MOVAPS xmm1, [esi]
    expect(bench.exec(0x0f, 0x28, ESI_OPERAND)).toMatchObject({ vector: VEC_GP, errorCode: 0 });
    expect(bench.exec(0x36, 0x0f, 0x28, ESI_OPERAND)).toMatchObject({ vector: VEC_SS, errorCode: 0 });
  });
});

describe("MXCSR", () => {
  const LDMXCSR = [0x0f, 0xae, 0x16];
  const STMXCSR = [0x0f, 0xae, 0x1e];

  it("is loaded and stored, all 16 bits of it", () => {
    const bench = prepared();
    for (const value of [0x1f80, 0xffff, 0]) {
      bench.write32(DATA, value);
      expect(bench.exec(...LDMXCSR)).toBeNull();
      expect(bench.cpu.r[MXCSR]).toBe(value);
      bench.write32(DATA, -1);
      expect(bench.exec(...STMXCSR)).toBeNull();
      expect(bench.read32(DATA)).toBe(value);
    }
  });

  it.each([16, 17, 31])("LDMXCSR with bit %i set raises #GP(0)", (bit) => {
    const bench = prepared();
    bench.cpu.r[MXCSR] = 0x1f80;
    bench.write32(DATA, (1 << bit) | 0x1fbf);
    expect(bench.exec(...LDMXCSR)).toMatchObject({ vector: VEC_GP, errorCode: 0 });
    expect(bench.cpu.r[MXCSR]).toBe(0x1f80);
  });

  it.each([
    ["LDMXCSR", LDMXCSR],
    ["STMXCSR", STMXCSR],
  ])("%s has the checks of XMM instructions", (_name, code) => {
    const bench = prepared();
    const { r } = bench.cpu;
    r[ESI] = ABSENT;
    r[CR0] |= CR0_TS | CR0_EM;
    expect(bench.exec(...code)).toMatchObject({ vector: VEC_UD });
    r[CR0] &= ~CR0_EM;
    expect(bench.exec(...code)).toMatchObject({ vector: VEC_NM });
    r[CR4] &= ~CR4_OSFXSR;
    expect(bench.exec(...code)).toMatchObject({ vector: VEC_UD });
    r[CR4] |= CR4_OSFXSR;
    r[CR0] &= ~CR0_TS;
    expect(bench.exec(...code)).toMatchObject({ vector: VEC_PF });
  });
});

describe("fences, MOVNTI and CLFLUSH", () => {
  it.each([
    ["sfence", [0x0f, 0xae, 0xf8]],
    ["lfence", [0x0f, 0xae, 0xe8]],
    ["mfence", [0x0f, 0xae, 0xf0]],
    ["movnti [esi], ecx", [0x0f, 0xc3, ESI_OPERAND]],
    ["clflush [esi]", [0x0f, 0xae, 0x3e]],
  ])("%s heeds neither CR0.EM, CR0.TS nor CR4.OSFXSR", (_name, code) => {
    const bench = prepared();
    bench.cpu.r[CR0] |= CR0_EM | CR0_TS;
    bench.cpu.r[CR4] &= ~CR4_OSFXSR;
    expect(bench.exec(...code)).toBeNull();
  });

  it("CLFLUSH is checked as a load of one byte", () => {
    const bench = prepared();
    bench.mmu.readOnly.add(DATA >>> 12);
    expect(bench.exec(0x0f, 0xae, 0x3e)).toBeNull();
    bench.cpu.r[ESI] = ABSENT - 1;
    expect(bench.exec(0x0f, 0xae, 0x3e)).toBeNull();
    bench.cpu.r[ESI] = ABSENT;
    expect(bench.exec(0x0f, 0xae, 0x3e)).toMatchObject({ vector: VEC_PF, errorCode: 0 });
    expect(bench.cpu.r[CR2]).toBe(ABSENT);
    bench.setSegment(DS, 0x10, 0, 0xfff, ATTR_DATA32);
    expect(bench.exec(0x0f, 0xae, 0x3e)).toMatchObject({ vector: VEC_GP, errorCode: 0 });
  });

  it("CLFLUSH reads nothing from a device", () => {
    const bench = prepared();
    bench.cpu.r[ESI] = 0xf000_0000 | 0;
    expect(bench.exec(0x0f, 0xae, 0x3e)).toBeNull();
    expect(bench.bus.log).toEqual([]);
  });
});
