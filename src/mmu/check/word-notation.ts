/** Words of page-table entries as text: `F0:P,RW,A,D`, `NX`, `0`, or a hexadecimal number. */
import { PTE_A, PTE_D, PTE_G, PTE_NX_HI, PTE_P, PTE_PS, PTE_RW, PTE_US } from "../paging.ts";
import { FRAME_NAMES, frameNamed, frameOfGfn, GFNS } from "./universe.ts";

/** Bit 17, which is reserved in an entry that maps 4 MiB. */
const R17 = 0x2_0000;
/** Bit 36 of an entry, in its high half: reserved, as MAXPHYADDR is 36. */
export const R36_HI = 0x10;

const LOW_FLAGS: readonly (readonly [string, number])[] = [
  ["P", PTE_P],
  ["RW", PTE_RW],
  ["US", PTE_US],
  ["A", PTE_A],
  ["D", PTE_D],
  ["PS", PTE_PS],
  ["G", PTE_G],
  ["R17", R17],
];
const HIGH_FLAGS: readonly (readonly [string, number])[] = [
  ["R36", R36_HI],
  ["NX", PTE_NX_HI],
];
const LOW_BITS = LOW_FLAGS.reduce((all, [, bit]) => all | bit, 0);
const HIGH_BITS = HIGH_FLAGS.reduce((all, [, bit]) => all | bit, 0);
const BYTE_BITS = LOW_BITS & 0xff;

function namesOf(value: number, flags: readonly (readonly [string, number])[]): string[] {
  return flags.filter(([, bit]) => (value & bit) !== 0).map(([name]) => name);
}

/** The frame that an entry names, if it has a name, and -1 if not. */
export function namedFrame(lo: number): number {
  return frameOfGfn((lo & ~R17) >>> 12);
}

/** An entry, or half of one. `isHigh`: the word is a high half. */
export function formatWord(lo: number, hi = 0, isHigh = false): string {
  if (lo === 0 && hi === 0) return "0";
  if (isHigh) return (lo & ~HIGH_BITS) === 0 ? namesOf(lo, HIGH_FLAGS).join(",") : formatLow(lo, []);
  if ((hi & ~HIGH_BITS) !== 0) {
    return `0x${(hi >>> 0).toString(16)}${(lo >>> 0).toString(16).padStart(8, "0")}`;
  }
  return formatLow(lo, namesOf(hi, HIGH_FLAGS));
}

function formatLow(lo: number, more: readonly string[]): string {
  const frame = namedFrame(lo);
  if (frame < 0 || (lo & 0xfff & ~LOW_BITS) !== 0) {
    if (more.length === 0) return `0x${(lo >>> 0).toString(16)}`;
    return `0x${(lo >>> 0).toString(16)}:${more.join(",")}`;
  }
  return `${FRAME_NAMES[frame]}:${[...namesOf(lo, LOW_FLAGS), ...more].join(",")}`;
}

/** The lowest byte of an entry: only flags. */
export function formatFlags(value: number): string {
  if (value === 0) return "0";
  return (value & ~BYTE_BITS) === 0 ? namesOf(value, LOW_FLAGS).join(",") : `0x${value.toString(16)}`;
}

/** Low and high half of an entry, or null if the text is none. `wide`: it has eight bytes. */
export function parseWord(text: string, wide: boolean, isHigh: boolean): [number, number] | null {
  if (/^(0|0x[0-9a-f]{1,16})$/i.test(text)) return parseNumber(text, wide);
  const colon = text.indexOf(":");
  if (colon < 0) {
    const high = isHigh ? parseNames(text, HIGH_FLAGS) : null;
    return high === null ? null : [high, 0];
  }
  const base = parseBase(text.slice(0, colon));
  const names = text.slice(colon + 1);
  if (base === null) return null;
  const low = parseNames(names, wide ? [...LOW_FLAGS, ...HIGH_FLAGS] : LOW_FLAGS, LOW_FLAGS);
  const high = wide ? parseNames(names, [...LOW_FLAGS, ...HIGH_FLAGS], HIGH_FLAGS) : 0;
  return low === null || high === null ? null : [base | low, high];
}

/** The same for a byte of flags. */
export function parseFlags(text: string): [number, number] | null {
  const value = /^(0|0x[0-9a-f]{1,2})$/i.test(text) ? Number(text) : parseNames(text, LOW_FLAGS);
  return value === null || value > 0xff ? null : [value, 0];
}

function parseNumber(text: string, wide: boolean): [number, number] | null {
  const value = BigInt(text);
  const lo = Number(BigInt.asIntN(32, value));
  const hi = Number(BigInt.asIntN(32, value >> 32n));
  return wide || hi === 0 ? [lo, hi] : null;
}

function parseBase(text: string): number | null {
  const frame = frameNamed(text);
  if (frame >= 0) return GFNS[frame] << 12;
  return /^0x[0-9a-f]{1,8}$/i.test(text) ? Number(text) | 0 : null;
}

/** The OR of the bits of comma-separated names, of those that `counted` has; null if one is not in `known`. */
function parseNames(
  text: string,
  known: readonly (readonly [string, number])[],
  counted = known,
): number | null {
  let value = 0;
  if (text === "") return 0;
  for (const name of text.split(",")) {
    if (!known.some(([flag]) => flag === name)) return null;
    value |= counted.find(([flag]) => flag === name)?.[1] ?? 0;
  }
  return value;
}
