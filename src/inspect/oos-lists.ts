/**
 * What is out of sync right now, in two lists: pages that any CR3 load of a root above them syncs, and those on
 * oos_global_pages, which only writes to CR4 and CR0 do.
 */
import { ACC_EXEC, frameOf, PTE_A, PTE_D, PTE_NX_HI, PTE_P, PTE_RW, PTE_US } from "../mmu/paging.ts";
import { gpteAt, gpteHiAt } from "../mmu/shadow/audit/view.ts";
import { isPresent, type Kvm } from "../mmu/shadow/kvm.ts";
import { isUnderRoot } from "../mmu/shadow/parents.ts";
import { roleAccess } from "../mmu/shadow/role.ts";
import type { ShadowPage } from "../mmu/shadow/shadow-page.ts";
import { ENTRIES, type Gfn } from "../mmu/types.ts";

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

function pageOf(kvm: Kvm, sp: ShadowPage): OosPage {
  const parents: ParentLink[] = [];
  for (let sptep = sp.parents; sptep !== 0; sptep = kvm.next[sptep]) {
    parents.push({ sp: Math.floor(sptep / ENTRIES), entry: sptep % ENTRIES });
  }
  return {
    sp: sp.index,
    gfn: sp.gfn,
    global: sp.global,
    present: sp.present,
    stale: staleEntries(kvm, sp),
    parents,
    reachable: isUnderRoot(kvm, sp),
  };
}

/** Present entries of a level-1 page that do not say what the guest's entries say now. */
export function staleEntries(kvm: Kvm, sp: ShadowPage): number {
  let stale = 0;
  for (let index = 0; index < ENTRIES; index++) {
    const sptep = sp.index * ENTRIES + index;
    const lo = kvm.spt[sptep * 2];
    const hi = kvm.spt[sptep * 2 + 1];
    if (isPresent(lo, hi) && !agrees(kvm, sp, index, lo, hi)) stale++;
  }
  return stale;
}

function agrees(kvm: Kvm, sp: ShadowPage, index: number, lo: number, hi: number): boolean {
  const at = gpteAt(kvm, sp, index);
  const gpte = kvm.memory.linear.i32[at];
  const gpteHi = gpteHiAt(kvm, sp, at);
  if ((gpte & PTE_P) === 0 || (gpte & PTE_A) === 0) return false;
  if (kvm.memory.unalias(frameOf(gpte, gpteHi)) !== kvm.gfns[sp.index * ENTRIES + index]) return false;
  const rights = roleAccess(sp.role) & kvm.walker.entryAccess(gpte, gpteHi);
  const more = (bit: number): boolean => (lo & bit) !== 0 && (rights & bit) === 0;
  // Less than the guest allows is no staleness: the next access asks again.
  if (more(PTE_US) || more(PTE_RW) || ((lo & PTE_RW) !== 0 && (gpte & PTE_D) === 0)) return false;
  return (rights & ACC_EXEC) !== 0 || (hi & PTE_NX_HI) !== 0;
}
