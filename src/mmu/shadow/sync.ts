/**
 * Bringing tables back in line with what the guest wrote unseen: one page, all below a root, all below the loaded
 * roots, or all on the global list.
 *
 * KVM: kvm_sync_page, FNAME(sync_page), mmu_sync_children, kvm_mmu_sync_roots, kvm_mmu_sync_global.
 */
import { KVM_MMU_SET_SPTE, KVM_MMU_SYNC_PAGE, KVM_MMU_SYNC_SKIP } from "../../trace/events.ts";
import {
  CR0_WRITE,
  CR3_LOAD,
  CR3_RELOAD,
  CR4_WRITE,
  EMPTY,
  GLOBAL,
  GPTE_CHANGED,
  LEVEL_MISMATCH,
  LOOKUP,
  NOT_ACCESSED,
  NOT_PRESENT,
  OTHER_TREE,
  RESERVED,
  RESYNC,
} from "../../trace/reasons.ts";
import { frameOf, PTE_A, PTE_D, PTE_G, PTE_P, TWO_LEVEL } from "../paging.ts";
import { ENTRIES } from "../types.ts";
import { isPresent, type Kvm, pageOf, setTrap } from "./kvm.ts";
import { unlinkUnsync } from "./oos-list.ts";
import { clearUnsyncChild, isUnderRoot } from "./parents.ts";
import { dropSpte, rmapWriteProtect } from "./rmap.ts";
import { roleAccess, roleGlevels, roleQuadrant } from "./role.ts";
import type { ShadowPage } from "./shadow-page.ts";
import { setSpte } from "./spte.ts";
import { SET_DIRTY, SET_GLOBAL, SET_SPECULATIVE } from "./spte-flags.ts";
import { unsyncWalk } from "./unsync-walk.ts";
import { zapPage } from "./zap.ts";

/** Brings an unsync page in sync. True if it was zapped instead. KVM: kvm_sync_page. */
export function syncPage(kvm: Kvm, sp: ShadowPage, reason: number): boolean {
  const { stats } = kvm;
  countPage(kvm, reason);
  if (roleGlevels(sp.role) !== kvm.walker.rootLevel) {
    stats.sync_pages_zapped++;
    zapPage(kvm, sp, LEVEL_MISMATCH);
    return true;
  }
  if (rmapWriteProtect(kvm, sp.gfn, reason)) kvm.flushRemoteTlbs();
  // Before the entries: one that maps this very table must be treated as mapping a protected frame.
  unlinkUnsync(kvm, sp);
  return compare(kvm, sp, reason);
}

/**
 * Brings the entries of an unsync page up to date, but leaves the page unsync and its table writable. True if it was
 * zapped instead. KVM: today's kvm_mmu_find_shadow_page; not in 2.6.29.
 */
export function refreshPage(kvm: Kvm, sp: ShadowPage, reason: number): boolean {
  countPage(kvm, reason);
  kvm.flushRemoteTlbs();
  return compare(kvm, sp, reason);
}

/** Compares all entries of a page with the guest's. True if nothing was left and the page was zapped. */
function compare(kvm: Kvm, sp: ShadowPage, reason: number): boolean {
  const { stats } = kvm;
  const examined = sp.present;
  const changedBefore = stats.sptes_changed;
  syncSptes(kvm, sp);
  const changed = stats.sptes_changed - changedBefore;
  stats.sptes_examined += examined;
  if (reason === CR3_LOAD || reason === CR3_RELOAD) {
    stats.sptes_examined_cr3 += examined;
    stats.sptes_changed_cr3 += changed;
  }
  if (kvm.tap !== null) {
    const { index, gfn, role, global } = sp;
    kvm.tap.emit(KVM_MMU_SYNC_PAGE, reason, index, gfn, role, global ? 1 : 0, examined, changed);
  }
  if (sp.present === 0 && kvm.policy.keepEmpty !== true) {
    // KVM: in 2.6.29 an empty page counts as a failed sync.
    stats.sync_pages_zapped++;
    zapPage(kvm, sp, EMPTY);
    return true;
  }
  kvm.flushTlb();
  return false;
}

function countPage(kvm: Kvm, reason: number): void {
  const { stats } = kvm;
  if (reason === CR3_LOAD || reason === CR3_RELOAD) stats.sync_pages_cr3++;
  else if (reason === LOOKUP) stats.sync_pages_lookup++;
  else if (reason === CR4_WRITE) stats.sync_pages_cr4++;
  else if (reason === CR0_WRITE) stats.sync_pages_cr0++;
  else stats.sync_pages_other++;
}

/**
 * Compares each present spte with the guest's entry. Absent ones stay absent, and trap: from then on a miss on an
 * entry that is not present costs an exit even with the bypass. KVM: FNAME(sync_page).
 */
function syncSptes(kvm: Kvm, sp: ShadowPage): void {
  const { spt, memory } = kvm;
  const wide = roleGlevels(sp.role) !== TWO_LEVEL;
  const pfn = memory.pfn(sp.gfn);
  const { i32 } = memory.linear;
  const table = pfn * 1024 + (wide ? 0 : roleQuadrant(sp.role) * ENTRIES);
  const rights = roleAccess(sp.role);
  const first = sp.index * ENTRIES;
  for (let i = 0, left = sp.present; left > 0; i++) {
    const sptep = first + i;
    if (!isPresent(spt[sptep * 2], spt[sptep * 2 + 1])) continue;
    left--;
    if (wide === true) syncSpte(kvm, sp, sptep, rights, i32[table + i * 2], i32[table + i * 2 + 1]);
    else syncSpte(kvm, sp, sptep, rights, i32[table + i], 0);
  }
}

/**
 * Makes one present leaf agree with its guest entry, or drops it. KVM: the body of FNAME(sync_page), today a function
 * of its own, FNAME(sync_spte).
 */
function syncSpte(
  kvm: Kvm,
  sp: ShadowPage,
  sptep: number,
  rights: number,
  gpte: number,
  gpteHi: number,
): void {
  const { spt, walker, stats } = kvm;
  const lo = spt[sptep * 2];
  const hi = spt[sptep * 2 + 1];
  const why = staleness(kvm, gpte, gpteHi, kvm.gfns[sptep]);
  if (why !== 0) {
    dropSpte(kvm, sptep, why);
    // A page that stays unsync has to see every miss.
    if ((gpte & PTE_P) !== 0 || sp.unsync === true) {
      setTrap(kvm, sptep);
    } else {
      spt[sptep * 2] = 0;
      spt[sptep * 2 + 1] = 0;
    }
    stats.sptes_changed++;
    return;
  }
  const flags =
    SET_SPECULATIVE | ((gpte & PTE_D) !== 0 ? SET_DIRTY : 0) | ((gpte & PTE_G) !== 0 ? SET_GLOBAL : 0);
  setSpte(kvm, sptep, rights & walker.entryAccess(gpte, gpteHi), flags, kvm.gfns[sptep], lo >>> 12);
  // A is cleared by every sync; that alone is no change.
  if (((spt[sptep * 2] ^ lo) & ~PTE_A) !== 0 || spt[sptep * 2 + 1] !== hi) stats.sptes_changed++;
}

/** Makes one present leaf of an unsync page again from its guest entry. KVM: today's kvm_mmu_invlpg. */
export function rederiveSpte(kvm: Kvm, sp: ShadowPage, sptep: number): void {
  const { memory } = kvm;
  const index = sptep & (ENTRIES - 1);
  const wide = roleGlevels(sp.role) !== TWO_LEVEL;
  const offset = wide ? index * 8 : (roleQuadrant(sp.role) * ENTRIES + index) * 4;
  const gpte = memory.read32(sp.gfn, offset);
  syncSpte(kvm, sp, sptep, roleAccess(sp.role), gpte, wide ? memory.read32(sp.gfn, offset + 4) : 0);
  if (kvm.tap !== null && isPresent(kvm.spt[sptep * 2], kvm.spt[sptep * 2 + 1])) {
    const nx = kvm.spt[sptep * 2 + 1] < 0 ? 1 : 0;
    const flags = kvm.spt[sptep * 2] & 0xfff;
    kvm.tap.emit(KVM_MMU_SET_SPTE, RESYNC, sp.index, index, kvm.gfns[sptep], flags, nx, sp.global ? 1 : 0);
  }
}

/** Why an spte cannot stand for this gpte any more, 0 if it can. */
function staleness(kvm: Kvm, lo: number, hi: number, gfn: number): number {
  if ((lo & PTE_P) === 0) return NOT_PRESENT;
  if (kvm.memory.unalias(frameOf(lo, hi)) !== gfn) return GPTE_CHANGED;
  if ((lo & PTE_A) === 0) return NOT_ACCESSED;
  // Differs: KVM does not know reserved bits; the sdm model does.
  return kvm.walker.leafReserved(lo, hi) ? RESERVED : 0;
}

/** Syncs what is marked below one root. KVM: mmu_sync_children. */
function syncChildren(kvm: Kvm, root: ShadowPage, reason: number): void {
  const { spt, unsyncVector } = kvm;
  for (let count = unsyncWalk(kvm, root); count > 0; count = unsyncWalk(kvm, root)) {
    // All are protected first, so that one flush covers them.
    let changed = false;
    for (let i = 0; i < count; i++) {
      if (rmapWriteProtect(kvm, pageOf(kvm, spt[unsyncVector[i] * 2]).gfn, reason)) changed = true;
    }
    if (changed) kvm.flushRemoteTlbs();
    for (let i = 0; i < count; i++) {
      const sptep = unsyncVector[i];
      const lo = spt[sptep * 2];
      // Two entries may lead to one page: the second finds it in sync, or gone.
      if (isPresent(lo, spt[sptep * 2 + 1]) && pageOf(kvm, lo).unsync) syncPage(kvm, pageOf(kvm, lo), reason);
      clearUnsyncChild(kvm, sptep);
    }
  }
}

/** Syncs what the loaded roots reach, except what is global. KVM: kvm_mmu_sync_roots, mmu_sync_roots. */
export function syncRoots(kvm: Kvm, reason: number): void {
  if (!kvm.rootLoaded) return;
  for (let i = 0; i < 4; i++) {
    const lo = kvm.spt[i * 2];
    if (lo !== 0) syncChildren(kvm, pageOf(kvm, lo), reason);
  }
  if (reason === CR3_LOAD || reason === CR3_RELOAD) countSkipped(kvm);
}

/** Syncs every page on the global list, reachable or not. KVM: kvm_mmu_sync_global. */
export function syncGlobal(kvm: Kvm, reason: number): void {
  let sp = kvm.oosGlobalPages;
  while (sp !== null) {
    const next: ShadowPage | null = sp.oosNext;
    syncPage(kvm, sp, reason);
    sp = next;
  }
}

/** What a CR3 load left alone. KVM visits nothing here; the count is kept up to date in the roots. */
function countSkipped(kvm: Kvm): void {
  for (let i = 0; i < 4; i++) {
    const lo = kvm.spt[i * 2];
    if (lo !== 0) kvm.stats.sync_skipped_global += pageOf(kvm, lo).oosGlobalChildren;
  }
  if (kvm.tap === null) return;
  for (let sp = kvm.oosGlobalPages; sp !== null; sp = sp.oosNext) {
    kvm.tap.emit(KVM_MMU_SYNC_SKIP, isUnderRoot(kvm, sp) ? GLOBAL : OTHER_TREE, sp.index, sp.gfn, sp.role);
  }
}
