/**
 * The small world in which the checker looks for incoherent translations: a dozen frames, each of which may hold data
 * or any kind of table, ten words in each that are ever written, and the linear addresses that those words can map.
 *
 * The frame numbers are chosen so that large pages meet them: a 2 MiB page over F0 shows F0, T0, D0, T2 and IO0 at
 * the same indexes 0, 1, 2, 128 and 256 that tables use; a 4 MiB page shows F0, T0, F1 and T1 at 0, 1, 512 and 513.
 *
 *     gfn   0  1  2  3  4  5   8 to 10           128 129   256 257 258   512 513
 *           F0 T0 D0 R0 R1 D1  (kernel window)   T2  F2    IO0 IO1 AL    F1  T1
 *
 * T2 and F2 have a memory slot of their own, which may vanish or move to IO0 and IO1, where otherwise nothing is. AL has
 * no memory of its own either, but an alias may make it show that of another frame.
 */
import { PTE_A, PTE_D, PTE_G, PTE_P, PTE_RW, PTE_US } from "../paging.ts";
import type { Gfn, Gva } from "../types.ts";

/** Which guests are made: PAE tables, 2-level tables, or both with CR4.PAE toggling. */
export type Mode = "pae" | "32bit" | "mixed";
export const modes: readonly Mode[] = ["pae", "32bit", "mixed"];

/** Bytes of an entry, as stories of that mode count them. */
export function entryBytes(mode: Mode): 4 | 8 {
  return mode === "32bit" ? 4 : 8;
}

/** Roots, directories, tables, data, and frames without memory, as they are at first. */
export const FRAME_NAMES = [
  "R0",
  "R1",
  "D0",
  "D1",
  "T0",
  "T1",
  "T2",
  "F0",
  "F1",
  "F2",
  "IO0",
  "IO1",
  "AL",
] as const;
export const FRAMES = FRAME_NAMES.length;
export const [R0, R1, D0, D1, T0, T1, T2, F0, F1, F2, IO0, IO1, AL] = FRAME_NAMES.map((_, index) => index);
/** The gfn of each frame. */
export const GFNS: readonly Gfn[] = [3, 4, 2, 5, 1, 513, 128, 0, 512, 129, 256, 257, 258];

/** Byte offsets of the words that are ever written in a frame; every other word of every frame stays 0. */
export const OFFSETS: readonly number[] = [0, 4, 8, 12, 16, 20, 1024, 1028, 2048, 2052];
export const WORDS = FRAMES * OFFSETS.length;

const GFN_LIMIT = 1024;
const FRAME_INDEXES = new Int8Array(GFN_LIMIT).fill(-1);
for (const [frame, gfn] of GFNS.entries()) FRAME_INDEXES[gfn] = frame;
const OFFSET_INDEXES = new Int8Array(1024).fill(-1);
for (const [index, offset] of OFFSETS.entries()) OFFSET_INDEXES[offset >>> 2] = index;

/** Which frame a gfn is, or -1. */
export function frameOfGfn(gfn: Gfn): number {
  return gfn < GFN_LIMIT ? FRAME_INDEXES[gfn] : -1;
}

/** Number of the tracked word at a 4-aligned offset of a frame, from 0 to WORDS - 1, or -1. */
export function wordAt(gfn: Gfn, offset: number): number {
  const index = OFFSET_INDEXES[offset >>> 2];
  const frame = index < 0 ? -1 : frameOfGfn(gfn);
  return frame < 0 ? -1 : frame * OFFSETS.length + index;
}

/** Whether a word of that offset is ever written. */
export function isTrackedOffset(offset: number): boolean {
  return OFFSETS.includes(offset);
}

/** The frame of that name, or -1. */
export function frameNamed(name: string): number {
  return (FRAME_NAMES as readonly string[]).indexOf(name);
}

// --- Memory --------------------------------------------------------------------------------------------------------

/** Slots; `page` counts from the start of guest RAM. */
export const LOW_SLOT = { id: 0, baseGfn: 0, npages: 16, page: 0 };
export const HIGH_SLOT = { id: 2, baseGfn: 512, npages: 2, page: 16 };
/** The slot of T2 and F2, with its two places and its two memories. */
export const MOVABLE_SLOT = { id: 1, npages: 2, homeGfn: 128, otherGfn: 256, page: 18, otherPage: 20 };
/** Guest RAM in all, and the shadow pages there is room for. */
export const RAM_BYTES = 24 * 4096;
export const SHADOW_PAGES = 80;
/** A quota that is used up at once: four roots and the five that are kept free leave room for three. */
export const TIGHT_QUOTA = 12;

// --- Kernel window -------------------------------------------------------------------------------------------------

/** Each frame is mapped here, writable for the supervisor, under both roots: this is how the guest reaches tables. */
const WINDOW: Gva = 0xc000_0000;
/** Stories never write these, nor can a partial store make an entry point at them. */
const WINDOW_DIRECTORY: Gfn = 8;
const WINDOW_TABLE: Gfn = 9;
const WINDOW_TABLE_2_LEVEL: Gfn = 10;
const WINDOW_FLAGS = PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G;

/** Where the kernel window shows a frame. */
export function windowOf(frame: number): Gva {
  return WINDOW + frame * 4096;
}

// --- Linear addresses ----------------------------------------------------------------------------------------------

const PAE_PAGES: readonly Gva[] = [0, 1].flatMap((pdpte) =>
  [0, 1].flatMap((pde) => [0, 1, 2, 128, 256].map((pte) => pdpte * 2 ** 30 + pde * 2 ** 21 + pte * 2 ** 12)),
);
const TWO_LEVEL_PAGES: readonly Gva[] = [0, 1, 256].flatMap((pde) =>
  [0, 1, 512, 513].map((pte) => pde * 2 ** 22 + pte * 2 ** 12),
);

/** The pages that accesses and INVLPG are about. */
export const PAGES: Record<Mode, readonly Gva[]> = {
  pae: PAE_PAGES,
  "32bit": TWO_LEVEL_PAGES,
  mixed: [...new Set([...PAE_PAGES, ...TWO_LEVEL_PAGES])],
};

// --- Presets -------------------------------------------------------------------------------------------------------

/** A word that is not 0 when a story begins. */
export interface Preset {
  readonly gfn: Gfn;
  readonly offset: number;
  readonly value: number;
}

const TABLE_FLAGS = PTE_P | PTE_RW | PTE_US | PTE_A;

function entry(gfn: Gfn, offset: number, target: Gfn, flags: number): Preset {
  return { gfn, offset, value: (target << 12) | flags };
}

const PAE_LINKS: readonly Preset[] = [
  entry(GFNS[R0], 0, GFNS[D0], PTE_P),
  entry(GFNS[R1], 0, GFNS[D1], PTE_P),
  entry(GFNS[D0], 0, GFNS[T0], TABLE_FLAGS),
  entry(GFNS[D1], 0, GFNS[T0], TABLE_FLAGS),
  entry(GFNS[D0], 8, GFNS[T1], TABLE_FLAGS),
  entry(GFNS[D1], 8, GFNS[T2], TABLE_FLAGS),
];
const TWO_LEVEL_LINKS: readonly Preset[] = [
  entry(GFNS[R0], 0, GFNS[T0], TABLE_FLAGS),
  entry(GFNS[R1], 0, GFNS[T0], TABLE_FLAGS),
  entry(GFNS[R0], 4, GFNS[T1], TABLE_FLAGS),
  entry(GFNS[R1], 4, GFNS[T2], TABLE_FLAGS),
];
/** The first 32 bytes of a PAE root are PDPTEs, so its 2-level view starts with entry 256. */
const MIXED_LINKS: readonly Preset[] = [
  entry(GFNS[R0], 1024, GFNS[T0], TABLE_FLAGS),
  entry(GFNS[R1], 1024, GFNS[T0], TABLE_FLAGS),
];

function windowEntries(table: Gfn, bytes: 4 | 8): Preset[] {
  return GFNS.map((gfn, frame) => entry(table, frame * bytes, gfn, WINDOW_FLAGS));
}

const PAE_WINDOW: readonly Preset[] = [
  entry(GFNS[R0], (WINDOW / 2 ** 30) * 8, WINDOW_DIRECTORY, PTE_P),
  entry(GFNS[R1], (WINDOW / 2 ** 30) * 8, WINDOW_DIRECTORY, PTE_P),
  entry(WINDOW_DIRECTORY, 0, WINDOW_TABLE, TABLE_FLAGS),
  ...windowEntries(WINDOW_TABLE, 8),
];
const TWO_LEVEL_WINDOW: readonly Preset[] = [
  entry(GFNS[R0], (WINDOW / 2 ** 22) * 4, WINDOW_TABLE_2_LEVEL, TABLE_FLAGS),
  entry(GFNS[R1], (WINDOW / 2 ** 22) * 4, WINDOW_TABLE_2_LEVEL, TABLE_FLAGS),
  ...windowEntries(WINDOW_TABLE_2_LEVEL, 4),
];

/** The trees that every story begins with, and the kernel window. */
export const PRESETS: Record<Mode, readonly Preset[]> = {
  pae: [...PAE_LINKS, ...PAE_WINDOW],
  "32bit": [...TWO_LEVEL_LINKS, ...TWO_LEVEL_WINDOW],
  mixed: [...PAE_LINKS, ...MIXED_LINKS, ...PAE_WINDOW, ...TWO_LEVEL_WINDOW],
};

/** The same for a reader. */
export const PRESET_LINES: Record<Mode, readonly string[]> = {
  pae: [
    "PAE paging; CR3 is R0; CR0.WP, CR4.PGE and PSE are set.",
    "R0[0] -> D0, D0[0] -> T0, D0[1] -> T1.",
    "R1[0] -> D1, D1[0] -> T0, D1[1] -> T2.",
  ],
  "32bit": [
    "2-level paging; CR3 is R0; CR0.WP, CR4.PGE and PSE are set.",
    "R0[0] -> T0, R0[1] -> T1.",
    "R1[0] -> T0, R1[1] -> T2.",
  ],
  mixed: [
    "PAE paging; CR3 is R0; CR0.WP, CR4.PGE and PSE are set.",
    "R0[0] -> D0, D0[0] -> T0, D0[1] -> T1.",
    "R1[0] -> D1, D1[0] -> T0, D1[1] -> T2.",
    "As page directories of 2-level paging, R0[256] -> T0 and R1[256] -> T0.",
  ],
};
