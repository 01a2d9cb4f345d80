/** One shadow page in detail: what it stands for, who links to it, its entries beside the guest's. */
import type { Machine } from "../machine/machine.ts";
import { PTE_P } from "../mmu/paging.ts";
import { isPresent, type Kvm, pageOf } from "../mmu/shadow/kvm.ts";
import { roleLevel } from "../mmu/shadow/role.ts";
import type { ShadowPage } from "../mmu/shadow/shadow-page.ts";
import { ENTRIES } from "../mmu/types.ts";
import { compareEntry, guestEntry } from "./entry-state.ts";
import { type ParentLink, parentsOf } from "./oos-lists.ts";
import type { UnsyncMemory } from "./oos-view.ts";
import { placeOf, type ShadowPageView, shadowPageView } from "./shadow-tree.ts";

export interface PageWindow {
  /** Pool index. */
  readonly sp: number;
  /** First entry in sight, and how many; entries that are empty on both sides are left out. */
  readonly first: number;
  readonly count: number;
}

/** How an entry of the guest's table and the shadow entry made from it compare. */
export type EntryState =
  | "same"
  /** Less is allowed than the guest's entry says: the next access that needs more asks. */
  | "less"
  | "stale"
  /** The guest's is present, no shadow entry has been made yet. */
  | "unused"
  /** The shadow entry is present, the guest's is not. */
  | "gone";

export interface EntryView {
  readonly index: number;
  readonly gpteLo: number;
  readonly gpteHi: number;
  readonly spteLo: number;
  readonly spteHi: number;
  /** The frame that the shadow entry maps, or that of the table it links to; -1 if it is not present. */
  readonly gfn: number;
  readonly state: EntryState;
  /** In words, such as "same", "D not set", "STALE gfn", "STALE gone", "not used yet". */
  readonly text: string;
}

export interface PageView {
  readonly page: ShadowPageView;
  /** First and last linear address that it translates under the loaded roots; null if they do not lead to it. */
  readonly gva: readonly [first: number, last: number] | null;
  readonly rootCount: number;
  readonly unsyncChildren: number;
  readonly parents: readonly ParentLink[];
  /** When it went out of sync (icount) and the instruction that did it; null if it is in sync or nobody listened. */
  readonly since: { readonly icount: number; readonly eip: number } | null;
  /** Entries that are not empty on both sides. */
  readonly total: number;
  readonly first: number;
  readonly entries: readonly EntryView[];
}

/** Null without a hypervisor, and for a page that is not in use. */
export function pageView(
  { shadow }: Pick<Machine, "shadow">,
  { sp: index, first, count }: PageWindow,
  memory: UnsyncMemory,
): PageView | null {
  const sp = shadow?.kvm.pages[index];
  if (shadow === null || sp === undefined || !sp.live) return null;
  const { kvm } = shadow;
  const used = usedEntries(kvm, sp);
  const from = Math.max(0, Math.min(first, used.length));
  return {
    page: shadowPageView(kvm, sp),
    gva: addressesOf(kvm, sp),
    rootCount: sp.rootCount,
    unsyncChildren: sp.unsyncChildren,
    parents: parentsOf(kvm, sp),
    since: sp.unsync ? memory.unsyncOrigin(index) : null,
    total: used.length,
    first: from,
    entries: used.slice(from, from + count).map((entry) => entryView(kvm, sp, entry)),
  };
}

/** Indexes of the entries that are not empty on both sides. */
function usedEntries(kvm: Kvm, sp: ShadowPage): number[] {
  const used: number[] = [];
  for (let index = 0; index < ENTRIES; index++) {
    const sptep = sp.index * ENTRIES + index;
    const present = isPresent(kvm.spt[sptep * 2], kvm.spt[sptep * 2 + 1]);
    if (present || (guestEntry(kvm, sp, index).lo & PTE_P) !== 0) used.push(index);
  }
  return used;
}

function entryView(kvm: Kvm, sp: ShadowPage, index: number): EntryView {
  const sptep = sp.index * ENTRIES + index;
  const [spteLo, spteHi] = [kvm.spt[sptep * 2], kvm.spt[sptep * 2 + 1]];
  const { lo: gpteLo, hi: gpteHi } = guestEntry(kvm, sp, index);
  const { state, text } = compareEntry(kvm, sp, index) ?? { state: "same", text: "empty" };
  const link = roleLevel(sp.role) > 1;
  const gfn = !isPresent(spteLo, spteHi) ? -1 : link ? pageOf(kvm, spteLo).gfn : kvm.gfns[sptep];
  return { index, gpteLo, gpteHi, spteLo, spteHi, gfn, state, text };
}

const ROOT_BYTES = 2 ** 30;
const TABLE_BYTES = 2 ** 21;

/** The first place that the loaded roots give a page. */
function addressesOf(kvm: Kvm, sp: ShadowPage): PageView["gva"] {
  const place = placeOf(kvm, sp);
  if (place === null) return null;
  const first = place.slot * ROOT_BYTES + (place.entry ?? 0) * TABLE_BYTES;
  return [first, first + (place.entry === null ? ROOT_BYTES : TABLE_BYTES) - 1];
}
