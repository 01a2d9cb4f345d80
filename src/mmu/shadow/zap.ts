/**
 * How shadow pages go: one by one, to make room, or all at once.
 *
 * Zapping a page does not zap its in-sync children: they lose a parent, stay protected and current, and are found
 * again by their gfn. That is KVM's cache of page tables over context switches.
 */
import { KVM_MMU_ZAP_PAGE } from "../../trace/events.ts";
import { PARENT_ZAP, QUOTA, RECYCLE, SHRINK, UNPROTECT } from "../../trace/reasons.ts";
import { TABLE_GFNS } from "../guest-memory.ts";
import { ENTRIES, type Gfn, type Gva, PT_DIRECTORY_LEVEL, PT_PAGE_TABLE_LEVEL } from "../types.ts";
import { isPresent, type Kvm, pageOf, setTrap } from "./kvm.ts";
import { unlinkUnsync } from "./oos-list.ts";
import { clearUnsyncChild, removeParent } from "./parents.ts";
import { rmapRemove } from "./rmap.ts";
import { isDirect, ROLE_INVALID, roleLevel } from "./role.ts";
import type { ShadowPage } from "./shadow-page.ts";
import { unsyncWalk } from "./unsync-walk.ts";

/** KVM: KVM_MIN_FREE_MMU_PAGES, KVM_REFILL_PAGES. */
const MIN_FREE = 5;
const REFILL = 25;

/**
 * Destroys a page; one that is in use as a root becomes invalid and goes when it is dropped.
 * Returns how many others went with it: then the caller's lists have changed under it. KVM: kvm_mmu_zap_page.
 */
export function zapPage(kvm: Kvm, sp: ShadowPage, reason: number): number {
  kvm.stats.mmu_shadow_zapped++;
  if (kvm.tap !== null) {
    const { index, gfn, role, unsync, global, rootCount } = sp;
    kvm.tap.emit(KVM_MMU_ZAP_PAGE, reason, index, gfn, role, unsync ? 1 : 0, global ? 1 : 0, rootCount);
  }
  const zapped = zapUnsyncChildren(kvm, sp);
  unlinkChildren(kvm, sp);
  unlinkParents(kvm, sp);
  kvm.flushRemoteTlbs();
  if ((sp.role & ROLE_INVALID) === 0 && !isDirect(sp.role)) accountShadowed(kvm, sp.gfn, -1);
  if (sp.unsync) unlinkUnsync(kvm, sp);
  if (sp.rootCount === 0) {
    freePage(kvm, sp);
  } else {
    sp.role |= ROLE_INVALID;
    activeRemove(kvm, sp);
    activePush(kvm, sp);
    kvm.requestMmuReload = true;
  }
  // It may point into the table that went.
  kvm.lastPteUpdated = 0;
  return zapped;
}

/** An unsync page under a zapped parent could not be found any more. KVM: mmu_zap_unsync_children. */
function zapUnsyncChildren(kvm: Kvm, parent: ShadowPage): number {
  if (roleLevel(parent.role) === PT_PAGE_TABLE_LEVEL || parent.unsyncChildren === 0) return 0;
  let zapped = 0;
  for (let count = unsyncWalk(kvm, parent); count > 0; count = unsyncWalk(kvm, parent)) {
    for (let i = 0; i < count; i++) {
      const sptep = kvm.unsyncVector[i];
      // Two entries may have led to one page, which is gone now.
      if (isPresent(kvm.spt[sptep * 2], kvm.spt[sptep * 2 + 1])) {
        zapPage(kvm, pageOf(kvm, kvm.spt[sptep * 2]), PARENT_ZAP);
      }
      clearUnsyncChild(kvm, sptep);
    }
    zapped += count + 1;
  }
  return zapped;
}

/** KVM: kvm_mmu_page_unlink_children. */
function unlinkChildren(kvm: Kvm, sp: ShadowPage): void {
  const { spt } = kvm;
  const first = sp.index * ENTRIES;
  const leaves = roleLevel(sp.role) !== PT_DIRECTORY_LEVEL;
  for (let sptep = first; sp.present > 0; sptep++) {
    const lo = spt[sptep * 2];
    if (!isPresent(lo, spt[sptep * 2 + 1])) continue;
    if (leaves) rmapRemove(kvm, sptep);
    else removeParent(kvm, pageOf(kvm, lo), sptep);
    setTrap(kvm, sptep);
  }
  spt.set(kvm.trapTable, first * 2);
}

/** KVM: kvm_mmu_unlink_parents. */
function unlinkParents(kvm: Kvm, sp: ShadowPage): void {
  while (sp.parents !== 0) {
    const sptep = sp.parents;
    removeParent(kvm, sp, sptep);
    setTrap(kvm, sptep);
  }
}

/** KVM: account_shadowed, unaccount_shadowed. */
export function accountShadowed(kvm: Kvm, gfn: Gfn, change: number): void {
  if (gfn < TABLE_GFNS) kvm.writeCount[gfn >>> 9] += change;
}

/** KVM: kvm_mmu_free_page. */
function freePage(kvm: Kvm, sp: ShadowPage): void {
  if (sp.hashPrev === null) kvm.buckets[sp.gfn & kvm.hashMask] = sp.hashNext;
  else sp.hashPrev.hashNext = sp.hashNext;
  if (sp.hashNext !== null) sp.hashNext.hashPrev = sp.hashPrev;
  sp.hashNext = null;
  sp.hashPrev = null;
  activeRemove(kvm, sp);
  kvm.unsyncChildBitmap.fill(0, sp.index * 16, sp.index * 16 + 16);
  sp.unsyncChildren = 0;
  sp.live = false;
  kvm.freeIndices[kvm.freeCount++] = sp.index;
  kvm.freeMmuPages++;
}

export function activePush(kvm: Kvm, sp: ShadowPage): void {
  const head = kvm.activeHead;
  sp.activePrev = null;
  sp.activeNext = head;
  if (head === null) kvm.activeTail = sp;
  else head.activePrev = sp;
  kvm.activeHead = sp;
}

function activeRemove(kvm: Kvm, sp: ShadowPage): void {
  if (sp.activePrev === null) kvm.activeHead = sp.activeNext;
  else sp.activePrev.activeNext = sp.activeNext;
  if (sp.activeNext === null) kvm.activeTail = sp.activePrev;
  else sp.activeNext.activePrev = sp.activePrev;
  sp.activePrev = null;
  sp.activeNext = null;
}

/**
 * Makes room before pages are needed: the oldest go, used or not. A root only becomes invalid and moves away from
 * the tail, so the loop goes on. KVM: __kvm_mmu_free_some_pages.
 */
export function freeSomePages(kvm: Kvm): void {
  if (kvm.freeMmuPages >= MIN_FREE) return;
  while (kvm.freeMmuPages < REFILL && zapOldest(kvm, RECYCLE)) kvm.stats.mmu_recycled++;
}

/** False if nothing is left but roots in use that are invalid already. */
function zapOldest(kvm: Kvm, reason: number): boolean {
  const sp = kvm.activeTail;
  if (sp === null || (sp.role & ROLE_INVALID) !== 0) return false;
  zapPage(kvm, sp, reason);
  return true;
}

/**
 * Sets the quota while the guest runs; what is too much goes, oldest first.
 * KVM: kvm_mmu_change_mmu_pages. Differs: KVM counts zapped roots as freed though they are still there (B-12).
 */
export function changeQuota(kvm: Kvm, pages: number): void {
  kvm.freeMmuPages += pages - kvm.allocMmuPages;
  kvm.allocMmuPages = pages;
  while (kvm.freeMmuPages < 0 && zapOldest(kvm, QUOTA));
}

/** The host takes one page back. Not counted as recycled. KVM: mmu_shrink. */
export function shrink(kvm: Kvm): void {
  if (kvm.activeTail !== null) zapPage(kvm, kvm.activeTail, SHRINK);
}

/** KVM: kvm_mmu_zap_all. */
export function zapAll(kvm: Kvm, reason: number): void {
  let sp = kvm.activeHead;
  while (sp !== null) {
    // A root moves to the head, behind the iteration.
    const next: ShadowPage | null = sp.activeNext;
    sp = zapPage(kvm, sp, reason) > 0 ? kvm.activeHead : next;
  }
  kvm.flushRemoteTlbs();
}

/** Ends all shadows of a frame whose stores cannot be emulated. KVM: kvm_mmu_unprotect_page. */
export function unprotectPage(kvm: Kvm, gfn: Gfn): boolean {
  let found = false;
  let sp = kvm.buckets[gfn & kvm.hashMask];
  while (sp !== null) {
    const next: ShadowPage | null = sp.hashNext;
    if (sp.gfn !== gfn || isDirect(sp.role)) {
      sp = next;
      continue;
    }
    found = true;
    sp = zapPage(kvm, sp, UNPROTECT) > 0 ? kvm.buckets[gfn & kvm.hashMask] : next;
  }
  return found;
}

/** Event delivery cannot be emulated: whatever shadows the frame at `gva` goes. KVM: kvm_mmu_unprotect_page_virt. */
export function unprotectVirtual(kvm: Kvm, gva: Gva): void {
  const gpa = kvm.walker.probe(gva);
  if (gpa >= 0) unprotectPage(kvm, Math.floor(gpa / 4096));
}
