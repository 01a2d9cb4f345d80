/**
 * Where streams run: 128 KiB of memory with descriptor tables, task-state segments and page tables of every kind, and a
 * processor in a random mode. Descriptors, gates, page-table entries and control bits are wrong now and then.
 *
 *     00000  interrupt vectors of real mode         06000  page directory, PDPT
 *     01000  code                                   07000  page tables: 2-level, PAE directories, PAE
 *     02000  GDT, 02800 LDT                         0b000  data, stacks
 *     03000  IDT                                    10000  more data
 *     04000  32-bit TSS, 04800 16-bit, 05000 32-bit
 */
import type { CpuState } from "../../../src/cpu/cpu.ts";
import { cr4Allowed } from "../../../src/cpu/cpuid.ts";
import { CPU_MODELS, cpuModel } from "../../../src/cpu/models.ts";
import { resetState } from "../../../src/cpu/power-on.ts";
import * as S from "../../../src/cpu/state.ts";
import type { MmuState } from "../../../src/mmu/mmu.ts";
import type { Random } from "../../support/random.ts";
import { stream } from "./instructions.ts";

export const RAM_BYTES = 0x2_0000;
const CODE = 0x1000;
const GDT = 0x2000;
const LDT = 0x2800;
const IDT = 0x3000;
const TSS_A = 0x4000;
const TSS_16 = 0x4800;
const TSS_B = 0x5000;
const DIRECTORY = 0x6000;
const TABLE = 0x7000;
const STACKS = 0xc000;

export const MODES = ["real", "unreal", "protected16", "protected32", "v86", "paging", "pae"] as const;
export type Mode = (typeof MODES)[number];

/** A stream that is ready to run; the next one uses the same memory for its `ram`. */
export interface Scene {
  readonly seed: number;
  readonly mode: Mode;
  readonly model: string;
  readonly shadow: boolean;
  readonly ram: Uint8Array;
  readonly cpu: CpuState;
  readonly mmu: MmuState;
  /** An interrupt waits, with this vector; -1 for none. */
  readonly interrupt: number;
  readonly instructions: number;
}

const EDGES = [
  0,
  1,
  -1,
  0x7f,
  0x80,
  0xff,
  0x7fff,
  0x8000,
  0xffff,
  0x7fff_ffff,
  0x8000_0000 | 0,
  0xc000,
  0xb123,
  0x1_0000,
];

const edge = (random: Random): number => (random.oneIn(3) ? random.word() : random.pick(EDGES));

// --- Memory ----------------------------------------------------------------------------------------------------------

const ram = new Uint8Array(RAM_BYTES);
const view = new DataView(ram.buffer);

function putDescriptor(at: number, base: number, limit: number, attr: number): void {
  view.setInt32(at, (limit & 0xffff) | (base << 16), true);
  view.setInt32(
    at + 4,
    ((base >>> 16) & 0xff) | (attr << 8) | (limit & 0xf0000) | (base & 0xff00_0000),
    true,
  );
}

function putGate(at: number, selector: number, offset: number, type: number, count: number): void {
  view.setInt32(at, (selector << 16) | (offset & 0xffff), true);
  view.setInt32(at + 4, (offset & 0xffff_0000) | (type << 8) | count, true);
}

/** Base, limit, attributes: the GDT from 0x08 on. */
const SEGMENTS: readonly (readonly [number, number, number])[] = [
  [0, 0xfffff, 0xc09b],
  [0, 0xfffff, 0xc093],
  [0, 0xfffff, 0xc0fb],
  [0, 0xfffff, 0xc0f3],
  [0, 0xffff, 0x009b],
  [0, 0xffff, 0x0093],
  [0, 0xffff, 0x00fb],
  [0, 0xffff, 0x00f3],
  [TSS_A, 0x207, 0x008b],
  [TSS_B, 0x67, 0x0089],
  [TSS_16, 0x2b, 0x0081],
  [LDT, 0x3f, 0x0082],
  [0xb000, 0xfff, 0x4097],
  [0xb000, 0x1fff, 0x00f7],
  [0, 0xfffff, 0xc09f],
  [0, 0xfffff, 0xc0bb],
  [0, 0xfffff, 0xc0b3],
];
/** Selectors that the scene knows, with RPL 0. */
const SELECTORS = SEGMENTS.map((_, i) => (i + 1) * 8);
const GATES = 0x90;

function fillTables(random: Random): void {
  for (const [i, [base, limit, attr]] of SEGMENTS.entries()) {
    putDescriptor(GDT + 8 * (i + 1), base, limit, attr);
  }
  const gateTypes = [0x84, 0x8c, 0xe4, 0xec, 0x85, 0xe5];
  for (let i = 0; i < 8; i++) {
    putGate(
      GDT + GATES + 8 * i,
      random.pick(SELECTORS),
      CODE + random.below(64),
      random.pick(gateTypes),
      random.below(4),
    );
  }
  for (let i = 0; i < 8; i++)
    putDescriptor(LDT + 8 * i, random.below(0x1000), 0xfffff, random.pick([0xc0f3, 0xc0fb, 0x40f2]));
  for (let vector = 0; vector < 256; vector++) {
    const type = random.oneIn(24) ? random.byte() : random.pick([0x8e, 0x8f, 0xee, 0xef, 0x86, 0x87]);
    const selector = random.oneIn(16) ? random.pick(SELECTORS) : random.pick([0x08, 0x08, 0x08, 0x28]);
    if (random.oneIn(24)) putGate(IDT + 8 * vector, 0x50, 0, 0xe5, 0);
    else putGate(IDT + 8 * vector, selector, CODE + random.below(64), type, 0);
    view.setUint16(4 * vector, CODE + random.below(64), true);
    view.setUint16(4 * vector + 2, random.oneIn(8) ? random.byte() : 0, true);
  }
  for (const tss of [TSS_A, TSS_B]) {
    for (let level = 0; level < 3; level++) {
      view.setInt32(tss + 4 + 8 * level, STACKS + 0x400 * (level + 1), true);
      view.setInt32(tss + 8 + 8 * level, 0x10 | (level === 0 ? 0 : level), true);
    }
    view.setInt32(tss + 0x1c, DIRECTORY, true);
    view.setInt32(tss + 0x20, CODE + random.below(64), true);
    view.setInt32(tss + 0x24, random.oneIn(4) ? random.word() : 2, true);
    for (let at = 0x28; at < 0x48; at += 4) view.setInt32(tss + at, edge(random), true);
    view.setInt32(tss + 0x38, STACKS + 0x1000, true);
    for (const [at, selector] of [
      [0x48, 0x10],
      [0x4c, 0x08],
      [0x50, 0x10],
      [0x54, 0x10],
      [0x58, 0x10],
      [0x5c, 0],
    ]) {
      view.setInt32(tss + at, random.oneIn(16) ? random.word() : selector, true);
    }
    view.setInt32(tss + 0x64, (0x68 << 16) | (random.oneIn(8) ? 1 : 0), true);
  }
  for (let at = 0; at < 0x2c; at += 2) view.setUint16(TSS_16 + at, random.pick(EDGES) & 0xffff, true);
  view.setUint16(TSS_16 + 0x0e, CODE + random.below(64), true);
  view.setUint16(TSS_16 + 0x22, 0x10, true);
  view.setUint16(TSS_16 + 0x24, 0x28, true);
  view.setUint16(TSS_16 + 0x26, 0x10, true);
  view.setUint16(TSS_16 + 0x28, 0x10, true);
  view.setUint16(TSS_16 + 0x2a, 0x60, true);
}

/** Identity for the first 128 KiB, whatever the tables are read as. */
function fillPageTables(random: Random, pae: boolean): void {
  const flags = (): number => (random.oneIn(24) ? random.below(256) : 0x67);
  if (pae) {
    for (let i = 0; i < 4; i++)
      view.setInt32(DIRECTORY + 8 * i, random.oneIn(32) ? random.word() : 0x8001, true);
    view.setInt32(0x8000, TABLE | 0x67, true);
    view.setInt32(0x8008, random.oneIn(4) ? 0x0000_00e7 : 0, true);
    for (let page = 0; page < 32; page++) {
      view.setInt32(TABLE + 8 * page, (page << 12) | flags(), true);
      view.setInt32(TABLE + 8 * page + 4, random.oneIn(32) ? random.word() : 0, true);
    }
  } else {
    for (let i = 0; i < 1024; i += 256) view.setInt32(DIRECTORY + 4 * i, TABLE | 0x67, true);
    view.setInt32(DIRECTORY + 4, random.oneIn(4) ? 0xe7 : 0, true);
    for (let page = 0; page < 32; page++) view.setInt32(TABLE + 4 * page, (page << 12) | flags(), true);
  }
}

// --- Processor -------------------------------------------------------------------------------------------------------

const words = new Int32Array(S.STATE_WORDS);

function setSegment(seg: number, selector: number, base: number, limit: number, attr: number): void {
  words[S.SEG_SELECTOR + seg] = selector;
  words[S.SEG_BASE + seg] = base;
  words[S.SEG_LIMIT + seg] = limit;
  words[S.SEG_ATTR + seg] = attr;
}

function loadFromGdt(seg: number, selector: number): void {
  const [base, limit, attr] = SEGMENTS[(selector >> 3) - 1];
  setSegment(seg, selector, base, (attr & 0x8000) !== 0 ? (limit << 12) | 0xfff : limit, attr & 0xf0ff);
}

const DATA_SEGMENTS = [S.ES, S.SS, S.DS, S.FS, S.GS];

function realSegments(limit: number, attr: number): void {
  for (const seg of DATA_SEGMENTS) setSegment(seg, 0, 0, limit, attr);
  setSegment(S.CS, 0, 0, 0xffff, attr === 0xf3 ? 0xf3 : 0x9b);
}

function protectedSegments(random: Random, wide: boolean): void {
  const user = random.oneIn(2);
  const code = wide ? (user ? 0x1b : 0x08) : user ? 0x3b : 0x28;
  loadFromGdt(S.CS, code);
  for (const seg of DATA_SEGMENTS) loadFromGdt(seg, code + 8);
  words[S.CPL] = user ? 3 : 0;
  if (random.oneIn(6)) loadFromGdt(random.pick([S.ES, S.DS, S.FS]), user ? 0x73 : 0x68);
}

const CR0_BITS = S.CR0_MP | S.CR0_EM | S.CR0_TS | S.CR0_NE | S.CR0_WP | S.CR0_AM;

/** A scene from its number, always the same. */
export function makeScene(seed: number, random: Random): Scene {
  const mode = random.pick(MODES);
  const drawn = random.oneIn(3) ? random.pick(CPU_MODELS) : cpuModel("max");
  const model = mode === "pae" && !drawn.features.has("pae") ? cpuModel("i686") : drawn;
  ram.fill(0);
  fillTables(random);
  fillPageTables(random, mode === "pae");
  for (let at = 0xb000; at < RAM_BYTES; at += 4 * (1 + random.below(64)))
    view.setInt32(at, random.word(), true);
  ram.set(stream(random, 24 + random.below(100)), CODE);
  if (random.oneIn(4)) for (let i = 0; i < 6; i++) ram[0x2000 + random.below(0x6000)] ^= 1 << random.below(8);

  resetState(words, model);
  for (let i = S.EAX; i <= S.EDI; i++) words[i] = edge(random);
  words[S.ESP] = STACKS + 0x1000 + (random.oneIn(8) ? random.below(8) : 0);
  words[S.EIP] = CODE;
  words[S.EFLAGS] = 2 | (random.word() & 0x0024_7600);
  if (random.oneIn(10)) words[S.EFLAGS] |= 0x100;
  words[S.CR0] = S.CR0_ET | (random.oneIn(3) ? random.word() & CR0_BITS : S.CR0_NE);
  const cr4 = random.word() & random.word() & ((1 << 21) | (1 << 20) | 0x7ff);
  const always = (1 << 9) | (1 << 10);
  const announced = cr4Allowed(model);
  words[S.CR4] = (random.oneIn(2) ? always : always | cr4) & announced & ~S.CR4_PAE;
  setSegment(S.TR, 0x48, TSS_A, 0x207, 0x8b);
  setSegment(S.LDTR, 0x60, LDT, 0x3f, 0x82);
  words[S.GDTR_BASE] = GDT;
  words[S.GDTR_LIMIT] = 0xff;
  words[S.IDTR_BASE] = mode === "real" || mode === "unreal" ? 0 : IDT;
  words[S.IDTR_LIMIT] = mode === "real" || mode === "unreal" ? 0x3ff : 0x7ff;
  words[S.FPU_CONTROL] = 0x40 | (random.oneIn(2) ? 0x33f : random.word() & 0xf3f);
  words[S.FPU_STATUS] = random.below(8) << 11;
  words[S.FPU_TAGS] = random.byte();
  for (let i = 0; i < 8; i++) {
    words[S.FPR + 4 * i] = edge(random);
    words[S.FPR + 4 * i + 1] = random.oneIn(4) ? edge(random) : random.word() | (1 << 31);
    words[S.FPR + 4 * i + 2] = random.pick([
      0x3fff,
      0x4000,
      0xbfff,
      0x7fff,
      0,
      0x403e,
      random.word() & 0xffff,
    ]);
    for (let w = 0; w < 4; w++)
      words[S.XMM + 4 * i + w] = random.oneIn(2)
        ? random.word()
        : random.pick([0, 0x3f80_0000, 0x7f80_0000, 0x7fa0_0000, 1]);
  }
  words[S.MXCSR] = random.oneIn(2) ? 0x1f80 : random.word() & 0xffff;
  if (random.oneIn(12)) {
    words[S.DR7] = 0x400 | (random.word() & 0xffff_00ff);
    for (let i = 0; i < 4; i++)
      words[S.DR0 + i] = random.oneIn(2) ? CODE + random.below(32) : STACKS + 0xff0 + random.below(32);
  }
  enterMode(mode, random);
  const { [S.CR0]: cr0, [S.CR3]: cr3, [S.CR4]: finalCr4, [S.EFER]: efer } = words;
  const pdptes = Array.from(
    { length: 8 },
    (_, i) => view.getInt32(DIRECTORY + 4 * i, true) & (i % 2 === 0 ? ~0x1e6 : 0xf),
  );
  return {
    seed,
    mode,
    model: model.name,
    shadow: random.oneIn(8),
    ram,
    cpu: {
      words: words.slice(),
      icount: 1000,
      halted: false,
      shutdown: false,
      inhibitInterrupts: random.oneIn(16),
      stackShadow: false,
      pendingDebug: 0,
      nmiPending: random.oneIn(32),
      interruptWaited: false,
    },
    mmu: { cr0, cr3, cr4: finalCr4, efer, userAccess: false, pdptes },
    interrupt: random.oneIn(6) ? random.byte() : -1,
    instructions: 8 + random.below(120),
  };
}

function enterMode(mode: Mode, random: Random): void {
  switch (mode) {
    case "real":
      realSegments(0xffff, 0x93);
      break;
    case "unreal":
      realSegments(-1, 0x93);
      break;
    case "v86":
      words[S.CR0] |= S.CR0_PE;
      realSegments(0xffff, 0xf3);
      words[S.CPL] = 3;
      words[S.EFLAGS] |= 1 << 17;
      if (random.oneIn(2)) words[S.EFLAGS] |= 3 << 12;
      break;
    case "protected16":
      words[S.CR0] |= S.CR0_PE;
      protectedSegments(random, false);
      break;
    case "protected32":
      words[S.CR0] |= S.CR0_PE;
      protectedSegments(random, true);
      break;
    default:
      words[S.CR0] |= S.CR0_PE | S.CR0_PG;
      words[S.CR3] = DIRECTORY;
      if (mode === "pae") {
        words[S.CR4] |= S.CR4_PAE;
        if (random.oneIn(2)) words[S.EFER] = S.EFER_NXE;
      }
      protectedSegments(random, !random.oneIn(8));
  }
}
