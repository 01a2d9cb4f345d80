/** The tree of shadow pages as rows, of which only those in sight are made. */
import type { Machine } from "../machine/machine.ts";
import { type Kvm, pageOf } from "../mmu/shadow/kvm.ts";
import { roleLevel } from "../mmu/shadow/role.ts";
import type { ShadowPage } from "../mmu/shadow/shadow-page.ts";
import { ENTRIES } from "../mmu/types.ts";
import { staleEntries } from "./oos-lists.ts";
import { loadedRoots, placeOf, presentEntries, type ShadowPageView, shadowPageView } from "./shadow-tree.ts";

export const SHADOW_SORTS = ["tree", "gfn", "stale", "present"] as const;
export type ShadowSort = (typeof SHADOW_SORTS)[number];

export interface ShadowWindow {
  readonly first: number;
  readonly count: number;
  readonly sort: ShadowSort;
}

export type ShadowRow =
  /** A slot of pae_root that holds no directory. */
  | { readonly kind: "no-root"; readonly slot: number }
  /**
   * A page: under slot and entry of a loaded root (depth 0 the root itself, 1 a table), or of another root. A table that
   * several directories share has a row under each. In another order than the tree's each page has one row.
   */
  | {
      readonly kind: "page";
      readonly depth: 0 | 1;
      /** Slot of pae_root; null for pages that the loaded roots do not lead to. */
      readonly slot: number | null;
      /** Entry of the directory above; null for a root, and for a table that none links to. */
      readonly entry: number | null;
      /** Last among its siblings. Only the tree has any. */
      readonly last: boolean;
      readonly page: ShadowPageView;
      readonly rootCount: number;
      readonly unsyncChildren: number;
    }
  /** A title between the loaded roots and what is kept for reuse. */
  | { readonly kind: "title"; readonly text: string };

export interface ShadowView {
  readonly total: number;
  readonly first: number;
  readonly rows: readonly ShadowRow[];
  readonly used: number;
  readonly quota: number;
  /** hpa of pae_root. */
  readonly rootHpa: number;
  readonly longestChain: number;
  readonly recycled: number;
  readonly flooded: number;
}

/** Null without a hypervisor. */
export function shadowView({ shadow }: Pick<Machine, "shadow">, window: ShadowWindow): ShadowView | null {
  if (shadow === null) return null;
  const { kvm, stats } = shadow;
  const parts = window.sort === "tree" ? treeParts(kvm) : [sortedPart(kvm, window.sort)];
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  const first = Math.max(0, Math.min(window.first, total));
  return {
    total,
    first,
    rows: rowsOf(parts, first, window.count),
    used: kvm.allocMmuPages - kvm.freeMmuPages,
    quota: kvm.allocMmuPages,
    rootHpa: kvm.rootHpa,
    longestChain: longestChain(kvm),
    recycled: stats.mmu_recycled,
    flooded: stats.mmu_flooded,
  };
}

/** Rows that belong together, of which only their number is known before they are asked for. */
interface Part {
  readonly size: number;
  /** The rows from `first` up to `end`. */
  readonly rows: (first: number, end: number) => ShadowRow[];
}

function rowsOf(parts: readonly Part[], first: number, count: number): ShadowRow[] {
  const end = first + count;
  const rows: ShadowRow[] = [];
  let at = 0;
  for (const part of parts) {
    const from = Math.max(first - at, 0);
    const to = Math.min(end - at, part.size);
    if (from < to) rows.push(...part.rows(from, to));
    at += part.size;
  }
  return rows;
}

const oneRow = (row: ShadowRow): Part => ({ size: 1, rows: () => [row] });

const OTHER_ROOTS = "other roots, kept for reuse";
const NO_DIRECTORY = "tables that no directory links to";

function treeParts(kvm: Kvm): Part[] {
  const roots = loadedRoots(kvm);
  const others: ShadowPage[] = [];
  const alone: ShadowPage[] = [];
  for (const sp of livePages(kvm)) {
    if (roleLevel(sp.role) === 1) {
      if (sp.parents === 0) alone.push(sp);
    } else if (!roots.includes(sp)) others.push(sp);
  }
  const titled = (text: string, parts: Part[]): Part[] =>
    parts.length === 0 ? [] : [oneRow({ kind: "title", text }), ...parts];
  return [
    ...roots.map((sp, slot) => (sp === null ? oneRow({ kind: "no-root", slot }) : rootPart(kvm, sp, slot))),
    ...titled(
      OTHER_ROOTS,
      others.map((sp) => rootPart(kvm, sp, null)),
    ),
    ...titled(
      NO_DIRECTORY,
      alone.map((sp) => ({ size: 1, rows: () => [pageRow(kvm, sp, null, null, false)] })),
    ),
  ];
}

/** A directory and its tables. */
function rootPart(kvm: Kvm, root: ShadowPage, slot: number | null): Part {
  return {
    size: 1 + root.present,
    rows: (first, end) => {
      const entries = presentEntries(kvm, root);
      const tables = entries.slice(Math.max(first - 1, 0), end - 1).map((entry) => {
        const sp = pageOf(kvm, kvm.spt[(root.index * ENTRIES + entry) * 2]);
        return pageRow(kvm, sp, slot, entry, entry === entries[entries.length - 1]);
      });
      return first === 0 ? [pageRow(kvm, root, slot, null, slot === LAST_SLOT), ...tables] : tables;
    },
  };
}

const LAST_SLOT = 3;

function pageRow(
  kvm: Kvm,
  sp: ShadowPage,
  slot: number | null,
  entry: number | null,
  last: boolean,
): ShadowRow {
  const { rootCount, unsyncChildren } = sp;
  const depth = roleLevel(sp.role) === 1 ? 1 : 0;
  return { kind: "page", depth, slot, entry, last, page: shadowPageView(kvm, sp), rootCount, unsyncChildren };
}

/** All pages by one of their numbers: gfn upwards, the counts downwards. Equal ones in the order of the pool. */
function sortedPart(kvm: Kvm, sort: Exclude<ShadowSort, "tree">): Part {
  const key = (sp: ShadowPage): number => {
    if (sort === "gfn") return sp.gfn;
    if (sort === "present") return -sp.present;
    return sp.unsync ? -staleEntries(kvm, sp) : 0;
  };
  const pages = livePages(kvm)
    .map((sp) => ({ sp, key: key(sp) }))
    .sort((one, other) => one.key - other.key || one.sp.index - other.sp.index);
  return {
    size: pages.length,
    rows: (first, end) =>
      pages.slice(first, end).map(({ sp }) => {
        const place = placeOf(kvm, sp);
        return pageRow(kvm, sp, place?.slot ?? null, place?.entry ?? null, false);
      }),
  };
}

/** Most recent first. */
function livePages(kvm: Kvm): ShadowPage[] {
  const pages: ShadowPage[] = [];
  for (let sp = kvm.activeHead; sp !== null; sp = sp.activeNext) pages.push(sp);
  return pages;
}

function longestChain({ buckets }: Kvm): number {
  let longest = 0;
  for (const bucket of buckets) {
    let length = 0;
    for (let sp = bucket; sp !== null; sp = sp.hashNext) length++;
    longest = Math.max(longest, length);
  }
  return longest;
}
