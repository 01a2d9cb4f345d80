/** Names of the processor's bits: flags, control bits, kinds of segments. */
import {
  EFLAGS_AC,
  EFLAGS_AF,
  EFLAGS_CF,
  EFLAGS_DF,
  EFLAGS_ID,
  EFLAGS_IF,
  EFLAGS_IOPL,
  EFLAGS_NT,
  EFLAGS_OF,
  EFLAGS_PF,
  EFLAGS_RF,
  EFLAGS_SF,
  EFLAGS_TF,
  EFLAGS_VIF,
  EFLAGS_VIP,
  EFLAGS_VM,
  EFLAGS_ZF,
} from "../cpu/eflags.ts";
import {
  ATTR_CODE,
  ATTR_DB,
  ATTR_DC,
  ATTR_NULL,
  ATTR_P,
  ATTR_RW,
  ATTR_S,
  ATTR_TYPE,
  attrDpl,
} from "../cpu/segmentation.ts";
import {
  CR0,
  CR0_AM,
  CR0_CD,
  CR0_EM,
  CR0_ET,
  CR0_MP,
  CR0_NE,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR0_TS,
  CR0_WP,
  CR2,
  CR3,
  CR4,
  CR4_DE,
  CR4_MCE,
  CR4_PAE,
  CR4_PCE,
  CR4_PGE,
  CR4_PSE,
  CR4_PVI,
  CR4_TSD,
  CR4_VME,
  EFER,
  EFER_NXE,
} from "../cpu/state.ts";

type NamedBit = readonly [bit: number, name: string];

/** SDM: volume 1, 3.4.3. */
const LOW_FLAGS: readonly NamedBit[] = [
  [EFLAGS_CF, "CF"],
  [EFLAGS_PF, "PF"],
  [EFLAGS_AF, "AF"],
  [EFLAGS_ZF, "ZF"],
  [EFLAGS_SF, "SF"],
  [EFLAGS_TF, "TF"],
  [EFLAGS_IF, "IF"],
  [EFLAGS_DF, "DF"],
  [EFLAGS_OF, "OF"],
];
const HIGH_FLAGS: readonly NamedBit[] = [
  [EFLAGS_NT, "NT"],
  [EFLAGS_RF, "RF"],
  [EFLAGS_VM, "VM"],
  [EFLAGS_AC, "AC"],
  [EFLAGS_VIF, "VIF"],
  [EFLAGS_VIP, "VIP"],
  [EFLAGS_ID, "ID"],
];
const IOPL_SHIFT = 12;

/** SDM: volume 3, 2.5. Of CR4 and EFER those bits that this processor has. */
const CR0_BITS: readonly NamedBit[] = [
  [CR0_PE, "PE"],
  [CR0_MP, "MP"],
  [CR0_EM, "EM"],
  [CR0_TS, "TS"],
  [CR0_ET, "ET"],
  [CR0_NE, "NE"],
  [CR0_WP, "WP"],
  [CR0_AM, "AM"],
  [CR0_NW, "NW"],
  [CR0_CD, "CD"],
  [CR0_PG, "PG"],
];
const CR4_BITS: readonly NamedBit[] = [
  [CR4_VME, "VME"],
  [CR4_PVI, "PVI"],
  [CR4_TSD, "TSD"],
  [CR4_DE, "DE"],
  [CR4_PSE, "PSE"],
  [CR4_PAE, "PAE"],
  [CR4_MCE, "MCE"],
  [CR4_PGE, "PGE"],
  [CR4_PCE, "PCE"],
];
/** Name, word of the state block, and bits. */
export const CONTROL_REGISTERS: readonly (readonly [
  name: string,
  word: number,
  bits: readonly NamedBit[],
])[] = [
  ["cr0", CR0, CR0_BITS],
  ["cr2", CR2, []],
  ["cr3", CR3, []],
  ["cr4", CR4, CR4_BITS],
  ["efer", EFER, [[EFER_NXE, "NXE"]]],
];

/** Names of the bits that are set. */
export function namesOf(value: number, bits: readonly NamedBit[]): string[] {
  return bits.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name);
}

/** The lowest bit first. IOPL is named if it is not 0. */
export function flagNames(eflags: number): string[] {
  const iopl = (eflags & EFLAGS_IOPL) >>> IOPL_SHIFT;
  return [
    ...namesOf(eflags, LOW_FLAGS),
    ...(iopl === 0 ? [] : [`IOPL${iopl}`]),
    ...namesOf(eflags, HIGH_FLAGS),
  ];
}

/** SDM: volume 3, 3.4.5.1, code- and data-segment descriptor types. */
export function segmentKind(attr: number): string {
  if (attr === ATTR_NULL) return "null";
  const size = (attr & ATTR_DB) !== 0 ? "32" : "16";
  const code = (attr & ATTR_CODE) !== 0;
  const right = (attr & ATTR_RW) !== 0;
  const rights = code ? `${right ? "r" : "-"}-x` : `r${right ? "w" : "-"}-`;
  const special = (attr & ATTR_DC) === 0 ? "" : code ? " conforming" : " expand-down";
  return `${code ? "code" : "data"}${size} ${rights} dpl ${attrDpl(attr)}${special}${absence(attr)}`;
}

/** SDM: volume 3, table 3-2, those that LDTR and TR may hold. */
const SYSTEM_TYPES: Readonly<Record<number, string>> = {
  1: "tss16",
  2: "ldt",
  3: "tss16 busy",
  9: "tss32",
  11: "tss32 busy",
};

/** Of LDTR and TR. */
export function systemKind(attr: number): string {
  if (attr === ATTR_NULL) return "null";
  const type = attr & ATTR_TYPE;
  const name = (attr & ATTR_S) === 0 ? (SYSTEM_TYPES[type] ?? `type ${type}`) : "no system segment";
  return `${name} dpl ${attrDpl(attr)}${absence(attr)}`;
}

const absence = (attr: number): string => ((attr & ATTR_P) !== 0 ? "" : " not present");
