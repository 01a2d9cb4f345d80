/**
 * What CPUID says: a processor of the P6 class with a name of its own. The one place that lists features; control
 * register bits that need a feature are derived from it.
 *
 * SDM: volume 2, "CPUID".
 */
import { CR4_DE, CR4_MCE, CR4_PAE, CR4_PCE, CR4_PGE, CR4_PSE, CR4_PVI, CR4_TSD, CR4_VME } from "./state.ts";

/** EBX, EDX, ECX of leaf 0. Begins as Intel's does, for guests that look no further than the first register. */
const VENDOR = "GenuineUmbra";
/** Leaves 80000002 to 80000004. */
const BRAND = "Umbra i686 shadow-paged processor";

/** Type 0, family 6, model 8, stepping 6. */
const SIGNATURE = 0x0686;

// EDX of leaf 1.
const VME = 1 << 1;
const DE = 1 << 2;
const PSE = 1 << 3;
const TSC = 1 << 4;
const MSR = 1 << 5;
const PAE = 1 << 6;
const MCE = 1 << 7;
const CX8 = 1 << 8;
const SEP = 1 << 11;
const PGE = 1 << 13;
const CMOV = 1 << 15;
const PSE36 = 1 << 17;
// EDX of leaf 80000001.
const NX = 1 << 20;

const FEATURES = PSE | TSC | MSR | PAE | CX8 | SEP | PGE | CMOV | PSE36;
const EXTENDED_FEATURES = NX;

/** Physical and linear address bits: EAX of leaf 80000008. */
const ADDRESS_SIZES = 36 | (32 << 8);

const announced = (feature: number, bits: number): number => ((FEATURES & feature) !== 0 ? bits : 0);

/** Bits of CR4 that may be set. RDPMC, and with it PCE, is part of the P6 class without a feature bit. */
export const CR4_ALLOWED =
  announced(VME, CR4_VME | CR4_PVI) |
  announced(TSC, CR4_TSD) |
  announced(DE, CR4_DE) |
  announced(PSE, CR4_PSE) |
  announced(PAE, CR4_PAE) |
  announced(MCE, CR4_MCE) |
  announced(PGE, CR4_PGE) |
  CR4_PCE;

/** EAX, EBX, ECX, EDX. */
type Leaf = readonly [eax: number, ebx: number, ecx: number, edx: number];

/** Four characters, the first lowest. */
function word(text: string, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value |= (text.charCodeAt(at + i) || 0) << (8 * i);
  return value;
}

function brandLeaf(part: number): Leaf {
  const at = part * 16;
  return [word(BRAND, at), word(BRAND, at + 4), word(BRAND, at + 8), word(BRAND, at + 12)];
}

const BASIC: readonly Leaf[] = [
  [1, word(VENDOR, 0), word(VENDOR, 8), word(VENDOR, 4)],
  [SIGNATURE, 0, 0, FEATURES],
];

const EXTENDED: readonly Leaf[] = [
  [0x8000_0008 | 0, 0, 0, 0],
  [0, 0, 0, EXTENDED_FEATURES],
  brandLeaf(0),
  brandLeaf(1),
  brandLeaf(2),
  [0, 0, 0, 0],
  [0, 0, 0, 0],
  [0, 0, 0, 0],
  [ADDRESS_SIZES, 0, 0, 0],
];

const NOTHING: Leaf = [0, 0, 0, 0];

/** The four registers for a leaf; zeros where there is none. */
export function cpuidLeaf(leaf: number): Leaf {
  const leaves = leaf < 0 ? EXTENDED : BASIC;
  return leaves[leaf & 0x7fff_ffff] ?? NOTHING;
}
