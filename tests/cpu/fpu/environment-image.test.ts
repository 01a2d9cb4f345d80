/** FNSTENV, FLDENV, FNSAVE and FRSTOR: the four formats of their images. SDM: volume 1, figures 8-9 to 8-12. */
import { beforeEach, describe, expect, it } from "vitest";
import { EFLAGS_FIXED, EFLAGS_VM, writeEflags } from "../../../src/cpu/eflags.ts";
import {
  CR0,
  CR0_PE,
  CS,
  DS,
  EDI,
  EIP,
  FPR,
  FPU_CONTROL,
  FPU_CS,
  FPU_DP,
  FPU_DS,
  FPU_IP,
  FPU_OPCODE,
  FPU_STATUS,
  FPU_TAGS,
  VEC_PF,
} from "../../../src/cpu/state.ts";
import { ATTR_CODE16, ATTR_DATA16, Bench, CODE, DATA } from "../../support/cpu.ts";

const FNSTENV = [0xd9, 0x37];
const FLDENV = [0xd9, 0x27];
const FNSAVE = [0xdd, 0x37];
const FRSTOR = [0xdd, 0x27];
const OPERAND_SIZE = 0x66;
const HLT = 0xf4;

let bench: Bench;
let r: Int32Array;

/** What a test of a format needs to know about it. */
interface Format {
  readonly name: string;
  readonly real: boolean;
  readonly prefix: readonly number[];
  readonly bytes: number;
}

// In 16-bit code the prefix makes the operand size 32 bits.
const FORMATS: readonly Format[] = [
  { name: "protected, 32 bits", real: false, prefix: [], bytes: 28 },
  { name: "protected, 16 bits", real: false, prefix: [OPERAND_SIZE], bytes: 14 },
  { name: "real, 32 bits", real: true, prefix: [OPERAND_SIZE], bytes: 28 },
  { name: "real, 16 bits", real: true, prefix: [], bytes: 14 },
];

beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
});

/** Real mode with CS and DS at CODE and DATA. */
function enterReal(): void {
  r[CR0] &= ~CR0_PE;
  bench.setSegment(CS, CODE >>> 4, CODE, 0xffff, ATTR_CODE16);
  bench.setSegment(DS, DATA >>> 4, DATA, 0xffff, ATTR_DATA16);
  bench.cpu.refreshMode();
}

/** Runs an instruction whose memory operand is at DATA. */
function run(format: Format, code: readonly number[]): void {
  if (!format.real) {
    r[EDI] = DATA;
    expect(bench.exec(...format.prefix, ...code)).toBeNull();
    return;
  }
  enterReal();
  r[EDI] = 0;
  // [di] in the ModR/M byte of 16-bit addresses.
  bench.load(CODE, [...format.prefix, code[0], (code[1] & ~7) | 5, HLT]);
  r[EIP] = 0;
  expect(bench.go(100)).toBeNull();
}

/** A state in which every field differs from every other. */
function fill(): void {
  r[FPU_CONTROL] = 0x0a7f;
  r[FPU_STATUS] = 0x4700 | (6 << 11) | 0x24;
  r[FPU_TAGS] = 0b1101_0101;
  r[FPU_IP] = 0x0001_2345;
  r[FPU_CS] = 0x1b1b;
  r[FPU_DP] = 0x0005_6789;
  r[FPU_DS] = 0x2323;
  r[FPU_OPCODE] = 0x5a7;
  const contents: [number, number, number][] = [
    [0x3fff, 0x8000_0000, 0],
    [0x3fff, 0x8000_0000, 0],
    [0, 0, 0],
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
    [0x7fff, 0x8000_0000, 0],
    [0x4000, 0x4000_0000, 7],
  ];
  contents.forEach(([top, high, low], i) => {
    r.set([low, high | 0, top], FPR + i * 4);
  });
}
/** R7 to R0: special (unnormal), special (infinity), empty, special (denormal), empty, zero, empty, valid. */
const TAG_WORD = 0b10_10_11_10_11_01_11_00;

const word16 = (field: number) => bench.read16(DATA + field * 2);
const word32 = (field: number) => bench.read32(DATA + field * 4) >>> 0;

describe("FNSTENV", () => {
  it("protected, 32 bits: selectors and offsets; reserved halves are ones", () => {
    fill();
    run(FORMATS[0], FNSTENV);
    expect([0, 1, 2, 3, 4, 5, 6].map(word32)).toEqual([
      0xffff_0a7f,
      0xffff_7724,
      0xffff_0000 + TAG_WORD,
      0x0001_2345,
      0x05a7_1b1b,
      0x0005_6789,
      0xffff_2323,
    ]);
  });

  it("protected, 16 bits: no opcode", () => {
    fill();
    run(FORMATS[1], FNSTENV);
    expect([0, 1, 2, 3, 4, 5, 6].map(word16)).toEqual([
      0x0a7f,
      0x7724,
      TAG_WORD,
      0x2345,
      0x1b1b,
      0x6789,
      0x2323,
    ]);
  });

  it("real, 32 bits: linear addresses and the opcode", () => {
    fill();
    run(FORMATS[2], FNSTENV);
    // IP: 1b1b0 + 12345 = 2d4f5. DP: 23230 + 56789 = 799b9.
    expect([3, 4, 5, 6].map(word32)).toEqual([0xffff_d4f5, 0x0000_25a7, 0xffff_99b9, 0x0000_7000]);
  });

  it("real, 16 bits: 20 bits of the linear addresses", () => {
    fill();
    run(FORMATS[3], FNSTENV);
    expect([3, 4, 5, 6].map(word16)).toEqual([0xd4f5, 0x25a7, 0x99b9, 0x7000]);
  });

  it("virtual-8086 mode has the format of real mode", () => {
    fill();
    enterReal();
    r[CR0] |= CR0_PE;
    writeEflags(bench.cpu, EFLAGS_FIXED | EFLAGS_VM | (3 << 12));
    bench.cpu.refreshMode();
    r[EDI] = 0;
    bench.load(CODE, [0xd9, 0x35]);
    r[EIP] = 0;
    bench.step(1);
    expect([3, 4, 5, 6].map(word16)).toEqual([0xd4f5, 0x25a7, 0x99b9, 0x7000]);
  });

  it.each(FORMATS)("$name: writes $bytes bytes, and masks all exceptions", (format) => {
    fill();
    r[FPU_CONTROL] = 0x0a40;
    bench.load(DATA, new Uint8Array(64).fill(0xcc));
    run(format, FNSTENV);
    expect(bench.read8(DATA + format.bytes)).toBe(0xcc);
    expect(bench.read8(DATA + format.bytes - 1)).not.toBe(0xcc);
    expect(bench.read16(DATA)).toBe(0x0a40);
    expect(r[FPU_CONTROL]).toBe(0x0a7f);
  });

  it("may lie across two pages, and faults before its first byte", () => {
    fill();
    const start = DATA + 0xff8;
    r[EDI] = start;
    bench.load(start, new Uint8Array(32).fill(0xcc));
    bench.mmu.readOnly.add((DATA >>> 12) + 1);
    expect(bench.exec(...FNSTENV)).toMatchObject({ vector: VEC_PF });
    expect(bench.read8(start)).toBe(0xcc);
    expect(r[FPU_CONTROL]).toBe(0x0a7f);
    bench.mmu.readOnly.clear();
    bench.mmu.tlb.flush();
    expect(bench.exec(...FNSTENV)).toBeNull();
    expect(bench.read16(start)).toBe(0x0a7f);
    expect(bench.read16(start + 24)).toBe(0x2323);
  });
});

describe("FLDENV", () => {
  it.each(FORMATS)("$name: takes back what FNSTENV stored", (format) => {
    fill();
    run(format, FNSTENV);
    const image = bench.bytes(DATA, format.bytes);
    for (let word = FPU_CONTROL; word <= FPU_OPCODE; word++) r[word] = 0;
    run(format, FLDENV);
    expect(r[FPU_CONTROL]).toBe(0x0a7f);
    expect(r[FPU_STATUS]).toBe(0x7724);
    expect(r[FPU_TAGS]).toBe(0b1101_0101);
    run(format, FNSTENV);
    expect(bench.bytes(DATA, format.bytes)).toEqual(image);
  });

  it("does not believe tags that say more than whether a register is empty", () => {
    run(FORMATS[0], FNSTENV);
    bench.write16(DATA + 8, 0b11_01_11_10_11_00_11_00);
    fill();
    run(FORMATS[0], FLDENV);
    expect(r[FPU_TAGS]).toBe(0b0101_0101);
    run(FORMATS[0], FNSTENV);
    expect(word16(4)).toBe(0b11_10_11_10_11_01_11_00);
  });

  it("makes an exception pending that it unmasks, whatever ES said", () => {
    run(FORMATS[1], FNSTENV);
    bench.write16(DATA, 0x37e);
    bench.write16(DATA + 2, 0x0001);
    run(FORMATS[1], FLDENV);
    expect(r[FPU_STATUS]).toBe(0x8081);
    r[FPU_STATUS] = 0;
    bench.write16(DATA, 0x37f);
    bench.write16(DATA + 2, 0x8080);
    run(FORMATS[1], FLDENV);
    expect(r[FPU_STATUS]).toBe(0);
  });
});

describe("FNSAVE and FRSTOR", () => {
  it.each(FORMATS)("$name: the registers follow, ST(0) first, and the FPU is initialised", (format) => {
    fill();
    const registers = [...r.subarray(FPR, FPR + 32)];
    run(format, FNSAVE);
    // ST(0) is R6, an infinity, then R7.
    expect(bench.bytes(DATA + format.bytes, 20)).toEqual([
      ...[0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f],
      ...[7, 0, 0, 0, 0, 0, 0, 0x40, 0, 0x40],
    ]);
    expect(r[FPU_CONTROL]).toBe(0x37f);
    expect([FPU_STATUS, FPU_TAGS, FPU_IP, FPU_CS, FPU_DP, FPU_DS, FPU_OPCODE].map((word) => r[word])).toEqual(
      new Array(7).fill(0),
    );
    r.fill(0, FPR, FPR + 32);
    run(format, FRSTOR);
    expect([...r.subarray(FPR, FPR + 32)]).toEqual(registers);
    expect(r[FPU_STATUS]).toBe(0x7724);
    expect(r[FPU_TAGS]).toBe(0b1101_0101);
    expect(r[FPU_CONTROL]).toBe(0x0a7f);
  });

  it("FRSTOR changes nothing if a part of the image cannot be read", () => {
    fill();
    const before = [...r.subarray(FPU_CONTROL, FPR + 32)];
    r[EDI] = DATA + 0x1000 - 100;
    bench.mmu.absent.add((DATA >>> 12) + 1);
    expect(bench.exec(...FRSTOR)).toMatchObject({ vector: VEC_PF });
    expect([...r.subarray(FPU_CONTROL, FPR + 32)]).toEqual(before);
  });
});
