/**
 * What CPUID answers for a model, under a name of our own; and the bits of CR4 that follow from it.
 *
 * SDM: volume 2, "CPUID".
 */
import type { CpuModel } from "./models.ts";
import {
  CR4_DE,
  CR4_MCE,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_PAE,
  CR4_PCE,
  CR4_PGE,
  CR4_PSE,
  CR4_PVI,
  CR4_SMAP,
  CR4_SMEP,
  CR4_TSD,
  CR4_UMIP,
  CR4_VME,
} from "./state.ts";

/** EBX, EDX, ECX of leaf 0. Begins as Intel's does, for guests that look no further than the first register. */
const VENDOR = "GenuineUmbra";

/** Bit numbers in EDX of leaf 1. */
const LEAF1_EDX: Readonly<Record<string, number>> = {
  fpu: 0,
  vme: 1,
  de: 2,
  pse: 3,
  tsc: 4,
  msr: 5,
  pae: 6,
  mce: 7,
  cx8: 8,
  apic: 9,
  sep: 11,
  mtrr: 12,
  pge: 13,
  mca: 14,
  cmov: 15,
  pat: 16,
  pse36: 17,
  clfsh: 19,
  mmx: 23,
  fxsr: 24,
  sse: 25,
  sse2: 26,
};
/** EDX of leaf 1: a local APIC. */
export const CPUID_APIC = 1 << LEAF1_EDX.apic;
const LEAF7_EBX: Readonly<Record<string, number>> = { smep: 7, smap: 20 };
const LEAF7_ECX: Readonly<Record<string, number>> = { umip: 2 };
const EXTENDED1_EDX: Readonly<Record<string, number>> = { nx: 20 };

/** EBX of leaf 1: bytes that CLFLUSH takes, in units of eight. */
const CLFLUSH_LINE = 8 << 8;
/** EAX of leaf 2: one descriptor byte after the other, all empty: no caches. */
const NO_CACHES = 1;
/** Physical and linear address bits: EAX of leaf 80000008. */
const ADDRESS_SIZES = 36 | (32 << 8);

const CR4_BITS: readonly (readonly [feature: string, bits: number])[] = [
  ["vme", CR4_VME | CR4_PVI],
  ["tsc", CR4_TSD],
  ["de", CR4_DE],
  ["pse", CR4_PSE],
  ["pae", CR4_PAE],
  ["mce", CR4_MCE],
  ["pge", CR4_PGE],
  ["family6", CR4_PCE],
  ["fxsr", CR4_OSFXSR],
  ["sse", CR4_OSXMMEXCPT],
  ["umip", CR4_UMIP],
  ["smep", CR4_SMEP],
  ["smap", CR4_SMAP],
];

/** Bits of CR4 that may be set. */
export function cr4Allowed({ features }: CpuModel): number {
  return CR4_BITS.reduce((all, [feature, bits]) => (features.has(feature) ? all | bits : all), 0);
}

/** EAX, EBX, ECX, EDX. */
type Leaf = readonly [eax: number, ebx: number, ecx: number, edx: number];
const NOTHING: Leaf = [0, 0, 0, 0];

function bitsOf(places: Readonly<Record<string, number>>, features: ReadonlySet<string>): number {
  let bits = 0;
  for (const [feature, place] of Object.entries(places)) if (features.has(feature)) bits |= 1 << place;
  return bits;
}

/** Four characters, the first lowest. */
function word(text: string, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value |= (text.charCodeAt(at + i) || 0) << (8 * i);
  return value;
}

function brandLeaf(brand: string, part: number): Leaf {
  const at = part * 16;
  return [word(brand, at), word(brand, at + 4), word(brand, at + 8), word(brand, at + 12)];
}

export class Cpuid {
  private readonly basic: readonly Leaf[];
  private readonly extended: readonly Leaf[];

  constructor({ name, signature, features }: CpuModel) {
    const leaf7: Leaf = [0, bitsOf(LEAF7_EBX, features), bitsOf(LEAF7_ECX, features), 0];
    const top = leaf7.some((word) => word !== 0) ? 7 : features.has("family6") ? 2 : 1;
    const line = features.has("clfsh") ? CLFLUSH_LINE : 0;
    this.basic = [
      [top, word(VENDOR, 0), word(VENDOR, 8), word(VENDOR, 4)] as const,
      [signature, line, 0, bitsOf(LEAF1_EDX, features)] as const,
      [NO_CACHES, 0, 0, 0] as const,
      NOTHING,
      NOTHING,
      NOTHING,
      NOTHING,
      leaf7,
    ].slice(0, top + 1);
    const brand = `Umbra ${name} shadow-paged processor`;
    const last = features.has("extended") ? 8 : 4;
    this.extended = [
      [0x8000_0000 | last, 0, 0, 0] as const,
      [0, 0, 0, bitsOf(EXTENDED1_EDX, features)] as const,
      brandLeaf(brand, 0),
      brandLeaf(brand, 1),
      brandLeaf(brand, 2),
      NOTHING,
      NOTHING,
      NOTHING,
      [ADDRESS_SIZES, 0, 0, 0] as const,
    ].slice(0, last + 1);
  }

  /** The four registers for a leaf. One beyond the last answers as the last basic one, as Intel's processors do. */
  leaf(number: number): Leaf {
    const leaves = number < 0 ? this.extended : this.basic;
    return leaves[number & 0x7fff_ffff] ?? this.basic[this.basic.length - 1];
  }
}
