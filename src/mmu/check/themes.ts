/**
 * What random stories are made of. Each has a theme, which says what happens in it how often: a story in which a
 * little of everything happens is long before two rare things meet. All tables have a power of two of entries.
 */
import { PTE_A, PTE_D, PTE_G, PTE_P, PTE_RW, PTE_US } from "../paging.ts";
import type { Op } from "./ops.ts";
import { AL, D0, D1, F0, F1, F2, IO0, R0, R1, T0, T1, T2 } from "./universe.ts";

export type Kind = Op["kind"];

export interface Theme {
  /** What to do, out of 64. */
  readonly kinds: readonly Kind[];
  /** Frames whose entries are stored. */
  readonly stored: readonly number[];
  /** Flags of entries that map pages. */
  readonly flags: readonly number[];
  /** Stores of 16 that the emulator makes. */
  readonly emulated: number;
}

const KINDS_IN_ALL = 64;

/** So many of each kind, and accesses for the rest. */
function kinds(weights: Partial<Record<Kind, number>>): readonly Kind[] {
  const list = (Object.keys(weights) as Kind[]).flatMap((kind) => Array<Kind>(weights[kind] ?? 0).fill(kind));
  return [...list, ...Array<Kind>(KINDS_IN_ALL - list.length).fill("access")];
}

const USED = PTE_P | PTE_A;
const COMMON_FLAGS: readonly number[] = [
  USED | PTE_G,
  USED | PTE_G,
  USED | PTE_RW | PTE_D | PTE_G,
  USED | PTE_RW | PTE_D | PTE_G,
  USED | PTE_RW | PTE_D | PTE_G,
  USED | PTE_RW | PTE_US | PTE_D | PTE_G,
  USED | PTE_RW | PTE_US | PTE_G,
  USED | PTE_RW | PTE_D,
  USED | PTE_RW | PTE_D,
  USED | PTE_RW | PTE_US | PTE_D,
  USED | PTE_RW | PTE_US | PTE_D,
  USED | PTE_US | PTE_D,
  USED,
  PTE_P | PTE_RW | PTE_US | PTE_G,
  PTE_P | PTE_RW | PTE_US,
  0,
];
/** Every set of RW, US, A, D and G, with P. */
const ALL_FLAGS: readonly number[] = [0, PTE_G].flatMap((g) =>
  [0, PTE_D].flatMap((d) =>
    [0, PTE_A].flatMap((a) =>
      [0, PTE_US].flatMap((us) => [0, PTE_RW].map((rw) => PTE_P | rw | us | a | d | g)),
    ),
  ),
);

const TABLES = [T0, T0, T0, T0, T0, T0, T0, T1, T1, T2, T2, D0, D0, D1, R0, F0];
const MOVABLE = [T2, T2, T2, T2, T0, T0, F2, AL];
const DIRECTORIES = [D0, D0, D0, D1, D1, R0, T0, T0];

const PLAIN: Theme = {
  kinds: kinds({ store: 22, write: 6, invlpg: 6, cr3: 7, bit: 4, host: 1, slot: 1 }),
  stored: TABLES,
  flags: COMMON_FLAGS,
  emulated: 2,
};
/** Global translations and what should end them, in more than one address space. */
const GLOBAL: Theme = {
  kinds: kinds({ store: 18, write: 3, invlpg: 9, cr3: 12, bit: 6, host: 1 }),
  stored: [T0, T0, T0, T0, T0, T0, T0, T0, D0, D0, D1, D1, R0, R1, T1, T2],
  flags: COMMON_FLAGS.slice(0, 4),
  emulated: 5,
};
/** Rights, A and D, and the stores that set D. */
const RIGHTS: Theme = {
  kinds: kinds({ store: 16, write: 14, invlpg: 4, cr3: 4, bit: 5, unprotect: 1 }),
  stored: [T0, T0, T0, D0],
  flags: ALL_FLAGS,
  emulated: 2,
};
const REGISTERS: Theme = {
  kinds: kinds({ store: 18, write: 7, invlpg: 3, cr3: 5, bit: 15, host: 1 }),
  stored: TABLES,
  flags: COMMON_FLAGS,
  emulated: 2,
};
/** Tables above others, that are shared, large, or of two levels at once. */
const UPPER_LEVELS: Theme = {
  kinds: kinds({ store: 22, write: 8, invlpg: 4, cr3: 7, bit: 3, host: 1, unprotect: 1 }),
  stored: DIRECTORIES,
  flags: COMMON_FLAGS,
  emulated: 2,
};
/** What the host does while the guest runs. */
const HOST: Theme = {
  kinds: kinds({ store: 15, write: 8, invlpg: 2, cr3: 4, bit: 1, host: 4, unprotect: 2, slot: 10, alias: 4 }),
  stored: MOVABLE,
  flags: COMMON_FLAGS,
  emulated: 2,
};

export const THEMES: readonly Theme[] = [PLAIN, PLAIN, PLAIN, GLOBAL, RIGHTS, REGISTERS, UPPER_LEVELS, HOST];

/** What the entries of a page table, a directory, a root point at. */
export const LEAF_TARGETS = [F0, F0, F0, F0, F1, F1, F1, F2, F2, T0, T1, T2, D0, AL, IO0, R0];
export const DIRECTORY_TARGETS = [T0, T0, T0, T0, T1, T1, T1, T2, T2, D0, F0, F0, F1, R0, AL, D1];
export const LARGE_TARGETS = [F0, F0, F0, F1];
export const ROOT_TARGETS = [D0, D0, D0, D1, D1, D1, T0, R0];
export const CR3_FRAMES = [R0, R0, R0, R0, R0, R0, R0, R1, R1, R1, R1, R1, R1, R1, D0, T2];
/** What AL may show; nothing with -1. */
export const ALIASES = [T0, F0, T2, -1];

/** Flags of entries that point at tables. */
export const DIRECTORY_FLAGS: readonly number[] = [
  USED | PTE_RW | PTE_US,
  USED | PTE_RW | PTE_US,
  USED | PTE_RW | PTE_US,
  USED | PTE_RW | PTE_US,
  USED | PTE_RW,
  USED | PTE_US,
  PTE_P | PTE_RW | PTE_US,
  0,
];
