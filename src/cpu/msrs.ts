/**
 * Model-specific registers that hold what was written to them, within the values that the SDM allows, and nothing more:
 * memory types (there are no caches), machine checks (there are none), microcode (a revision of 0).
 *
 * SDM: volume 4, tables 2-2 and 2-20; volume 3, 11.11 "Memory type range registers (MTRRs)", 11.12 "Page attribute
 * table (PAT)", 15.3 "Machine-check MSRs".
 */
import type { CpuModel } from "./models.ts";
import { MSR_STORE } from "./state.ts";

export interface StoredMsr {
  /** What the processor must announce. */
  readonly feature: string;
  /** First of its two words in the state block. */
  readonly word: number;
  /** After power-on: low, high. */
  readonly initial: readonly [low: number, high: number];
  /** Reads as after power-on, whatever is written. */
  readonly constant: boolean;
  /** Whether a write is taken; otherwise it raises #GP(0). */
  readonly accepts: (low: number, high: number) => boolean;
}

type Accepts = StoredMsr["accepts"];

/** IA32_APIC_BASE, and its bits: the processor that booted, the local APIC is on. */
export const IA32_APIC_BASE = 0x1b;
const APIC_BASE_BSP = 1 << 8;
const APIC_BASE_ENABLE = 1 << 11;
const APIC_BASE_MASK = APIC_BASE_BSP | APIC_BASE_ENABLE | 0xffff_f000;
const APIC_BASE_AFTER_RESET = 0xfee0_0000 | APIC_BASE_BSP | APIC_BASE_ENABLE;

const nothing: Accepts = () => false;
const zero: Accepts = (low, high) => (low | high) === 0;
const anything: Accepts = () => true;
const within =
  (lowMask: number, highMask: number): Accepts =>
  (low, high) =>
    (low & ~lowMask) === 0 && (high & ~highMask) === 0;

/** Memory types as bits: UC, WC, WT, WP, WB; the PAT has UC- as well. */
const MTRR_TYPES = 0b0111_0011;
const PAT_TYPES = 0b1111_0011;

function typesIn(word: number, types: number): boolean {
  for (let i = 0; i < 4; i++) {
    const type = (word >>> (8 * i)) & 0xff;
    if (type > 7 || ((types >> type) & 1) === 0) return false;
  }
  return true;
}
const types =
  (allowed: number): Accepts =>
  (low, high) =>
    typesIn(low, allowed) && typesIn(high, allowed);
const hasMtrrType = (low: number): boolean => typesIn((low & 0xff) * 0x0101_0101, MTRR_TYPES);

/** Bits 35 to 32 of a physical address. */
const HIGH_ADDRESS = 0xf;
const BASE_MASK = 0xffff_f0ff | 0;
const MASK_VALID = 0xffff_f800 | 0;
/** Default type; fixed ranges enabled, all enabled. */
const DEFAULT_TYPE_MASK = 0x0cff;

/** Eight variable ranges, fixed ranges, write combining. */
const MTRR_CAPABILITIES = 8 | (1 << 8) | (1 << 10);
/** IA32_BIOS_UPDT_TRIG and the performance counters, which do not count. */
const CONSTANT = new Set([0x79, 0xc1, 0xc2]);
const FIXED_RANGES = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f];
const PAT_AFTER_RESET = 0x0007_0406;
/** Fast strings. */
const MISC_ENABLE_AFTER_RESET = 1;

type Definition = readonly [index: number, feature: string, accepts: Accepts, low?: number, high?: number];

const DEFINITIONS: readonly Definition[] = [
  // IA32_P5_MC_ADDR, IA32_P5_MC_TYPE
  [0x00, "mce", anything],
  [0x01, "mce", anything],
  [
    IA32_APIC_BASE,
    "apic",
    (low, high) => within(APIC_BASE_MASK, HIGH_ADDRESS)(low, high),
    APIC_BASE_AFTER_RESET,
  ],
  // IA32_PLATFORM_ID, EBL_CR_POWERON, IA32_BIOS_UPDT_TRIG, IA32_BIOS_SIGN_ID
  [0x17, "family6", nothing],
  [0x2a, "family6", anything],
  [0x79, "family6", anything],
  [0x8b, "family6", anything],
  // Performance counters and what they count
  [0xc1, "family6", anything],
  [0xc2, "family6", anything],
  [0x186, "family6", anything],
  [0x187, "family6", anything],
  // IA32_MTRRCAP, IA32_MTRR_DEF_TYPE, fixed ranges
  [0xfe, "mtrr", nothing, MTRR_CAPABILITIES],
  [0x2ff, "mtrr", (low, high) => within(DEFAULT_TYPE_MASK, 0)(low, high) && hasMtrrType(low)],
  ...FIXED_RANGES.map((index): Definition => [index, "mtrr", types(MTRR_TYPES)]),
  // Variable ranges: base, mask
  ...Array.from({ length: 8 }, (_, i): readonly Definition[] => [
    [0x200 + 2 * i, "mtrr", (low, high) => within(BASE_MASK, HIGH_ADDRESS)(low, high) && hasMtrrType(low)],
    [0x201 + 2 * i, "mtrr", within(MASK_VALID, HIGH_ADDRESS)],
  ]).flat(),
  // IA32_MCG_CAP: no banks; IA32_MCG_STATUS
  [0x179, "mca", nothing],
  [0x17a, "mca", zero],
  // IA32_MISC_ENABLE, IA32_DEBUGCTL: no branch is recorded
  [0x1a0, "clfsh", within(-1, 0x4), MISC_ENABLE_AFTER_RESET],
  [0x1d9, "family6", zero],
  // IA32_PAT
  [0x277, "pat", types(PAT_TYPES), PAT_AFTER_RESET, PAT_AFTER_RESET],
];

const STORED: ReadonlyMap<number, StoredMsr> = new Map(
  DEFINITIONS.map(([index, feature, accepts, low = 0, high = 0], place) => [
    index,
    { feature, accepts, constant: CONSTANT.has(index), word: MSR_STORE + 2 * place, initial: [low, high] },
  ]),
);

const APIC_BASE = STORED.get(IA32_APIC_BASE) as StoredMsr;

/** The MSR with this number, if a processor of the model has it and it is of this kind. */
export function storedMsr(model: CpuModel, index: number): StoredMsr | undefined {
  const msr = STORED.get(index);
  return msr !== undefined && model.features.has(msr.feature) ? msr : undefined;
}

/** Whether IA32_APIC_BASE switches the local APIC on, on a model that has one. */
export function isApicOn(r: Int32Array): boolean {
  return (r[APIC_BASE.word] & APIC_BASE_ENABLE) !== 0;
}

/** Where IA32_APIC_BASE puts the registers of the local APIC: a gpa of 36 bits. */
export function apicPage(r: Int32Array): number {
  return ((r[APIC_BASE.word] & 0xffff_f000) >>> 0) + r[APIC_BASE.word + 1] * 2 ** 32;
}

/** Power-on values. */
export function resetMsrs(r: Int32Array): void {
  for (const { word, initial } of STORED.values()) {
    r[word] = initial[0];
    r[word + 1] = initial[1];
  }
}
