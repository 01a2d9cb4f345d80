/** How the monitor writes numbers, entries and pages: one way for all commands. */
import { digits } from "../common/hex.ts";
import type { ShadowPageView } from "../inspect/shadow-tree.ts";
import type { RmapLeaf } from "../inspect/translation.ts";

export const gfnText = (gfn: number): string => digits(gfn, 5);
export const spText = (sp: number): string => digits(sp);

const FLAGS: readonly (readonly [bit: number, letter: string])[] = [
  [0x100, "G"],
  [0x80, "S"],
  [0x40, "D"],
  [0x20, "A"],
  [0x10, "C"],
  [0x8, "T"],
  [0x4, "U"],
  [0x2, "W"],
  [0x1, "P"],
];

/** The flags of an entry as QEMU's `info tlb` writes them: XGSDACTUWP, a dash for each that is clear. */
export function entryFlags(lo: number, hi: number): string {
  const low = FLAGS.map(([bit, letter]) => ((lo & bit) !== 0 ? letter : "-")).join("");
  return (hi < 0 ? "X" : "-") + low;
}

/** An entry of eight bytes in hexadecimal. */
export const entryHex = (lo: number, hi: number): string => `${digits(hi, 8)}${digits(lo, 8)}`;

/** A shadow entry that maps a frame, and the table that it is made from. */
export function rmapLine({ sp, entry, lo, hi, table, level, unsync, global }: RmapLeaf): string {
  const state = `${unsync ? "  unsync" : ""}${global ? "  G" : ""}`;
  const where = `sp ${spText(sp)} entry ${digits(entry, 3)}`;
  return `${where}  ${entryHex(lo, hi)}  ${entryFlags(lo, hi)}  l${level} of gfn ${gfnText(table)}${state}`;
}

/** The columns that all lists of shadow pages share. */
export function pageColumns(page: ShadowPageView): string {
  const kind = page.direct ? "direct" : page.unsync ? "unsync" : "sync";
  const stale = page.unsync ? String(page.stale) : "-";
  return [
    `sp ${spText(page.sp).padStart(4)}`,
    `gfn ${gfnText(page.gfn)}`,
    `l${page.level}`,
    page.access,
    kind.padEnd(6),
    page.global ? "G" : "-",
    `present ${String(page.present).padStart(3)}`,
    `stale ${stale.padStart(3)}`,
  ].join("  ");
}

const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [1, "s"],
  [1e-3, "ms"],
  [1e-6, "us"],
];

/** Guest time in three figures: "20 us", "8.12 ms". */
export function timeText(seconds: number): string {
  const [size, name] = UNITS.find(([size]) => seconds >= size) ?? [1e-9, "ns"];
  const value = seconds / size;
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${name}`;
}
