/**
 * What is out of sync right now, in two lists: pages that any CR3 load of a root above them syncs, and those on
 * oos_global_pages, which only writes to CR4 and CR0 do.
 */
import { isPresent, type Kvm } from "../mmu/shadow/kvm.ts";
import { isUnderRoot } from "../mmu/shadow/parents.ts";
import type { ShadowPage } from "../mmu/shadow/shadow-page.ts";
import { ENTRIES, type Gfn } from "../mmu/types.ts";
import { guestEntry, staleness } from "./entry-state.ts";

/** An entry of a shadow page that links to another one. */
export interface ParentLink {
  readonly sp: number;
  readonly entry: number;
}

export interface OosPage {
  /** Pool index of the shadow page. */
  readonly sp: number;
  /** The guest table. */
  readonly gfn: Gfn;
  readonly global: boolean;
  /** Present entries, and how many of them a sync would drop or alter. */
  readonly present: number;
  readonly stale: number;
  readonly parents: readonly ParentLink[];
  /** The loaded roots lead to it. */
  readonly reachable: boolean;
}

export interface OosLists {
  readonly nonGlobal: readonly OosPage[];
  /** In the order of oos_global_pages. */
  readonly global: readonly OosPage[];
}

export function oosLists(kvm: Kvm): OosLists {
  const nonGlobal: OosPage[] = [];
  const global: OosPage[] = [];
  for (let sp = kvm.activeHead; sp !== null; sp = sp.activeNext) {
    if (sp.unsync && !sp.global) nonGlobal.push(pageOf(kvm, sp));
  }
  for (let sp = kvm.oosGlobalPages; sp !== null; sp = sp.oosNext) global.push(pageOf(kvm, sp));
  return { nonGlobal, global };
}

/** The entries that link to a page. */
export function parentsOf(kvm: Kvm, sp: ShadowPage): ParentLink[] {
  const parents: ParentLink[] = [];
  for (let sptep = sp.parents; sptep !== 0; sptep = kvm.next[sptep]) {
    parents.push({ sp: Math.floor(sptep / ENTRIES), entry: sptep % ENTRIES });
  }
  return parents;
}

function pageOf(kvm: Kvm, sp: ShadowPage): OosPage {
  return {
    sp: sp.index,
    gfn: sp.gfn,
    global: sp.global,
    present: sp.present,
    stale: staleEntries(kvm, sp),
    parents: parentsOf(kvm, sp),
    reachable: isUnderRoot(kvm, sp),
  };
}

/**
 * Present entries of a level-1 page that do not say what the guest's entries say now. Less than the guest allows is no
 * staleness: the next access asks again.
 */
export function staleEntries(kvm: Kvm, sp: ShadowPage): number {
  const { spt } = kvm;
  let stale = 0;
  for (let index = 0, left = sp.present; index < ENTRIES && left > 0; index++) {
    const sptep = sp.index * ENTRIES + index;
    if (!isPresent(spt[sptep * 2], spt[sptep * 2 + 1])) continue;
    left--;
    if (staleness(kvm, sp, sptep, guestEntry(kvm, sp, index)) !== null) stale++;
  }
  return stale;
}
