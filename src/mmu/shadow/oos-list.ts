/**
 * The list of pages that are out of sync and global, which CR3 loads leave alone. It is what the patch of
 * December 2008 added.
 *
 * KVM: kvm->arch.oos_global_pages, kvm_unlink_unsync_page, kvm_unlink_unsync_global.
 */
import type { Kvm } from "./kvm.ts";
import type { ShadowPage } from "./shadow-page.ts";

/** A page is on the list exactly while this holds. */
export function isOosGlobal(sp: ShadowPage): boolean {
  return sp.unsync && sp.global;
}

/** Puts a page that has just become unsync on the list. */
export function linkUnsyncGlobal(kvm: Kvm, sp: ShadowPage): void {
  const head = kvm.oosGlobalPages;
  sp.oosPrev = null;
  sp.oosNext = head;
  if (head !== null) head.oosPrev = sp;
  kvm.oosGlobalPages = sp;
  kvm.stats.mmu_unsync_global++;
  countInParents(kvm, sp, 1);
}

/** KVM: kvm_unlink_unsync_global. */
export function unlinkUnsyncGlobal(kvm: Kvm, sp: ShadowPage): void {
  if (sp.oosPrev === null) kvm.oosGlobalPages = sp.oosNext;
  else sp.oosPrev.oosNext = sp.oosNext;
  if (sp.oosNext !== null) sp.oosNext.oosPrev = sp.oosPrev;
  sp.oosPrev = null;
  sp.oosNext = null;
  kvm.stats.mmu_unsync_global--;
  countInParents(kvm, sp, -1);
}

/** The page counts as in sync from here on. Hints in parents stay. KVM: kvm_unlink_unsync_page. */
export function unlinkUnsync(kvm: Kvm, sp: ShadowPage): void {
  // The flag as it is now decides: a page that lost `global` left the list at that moment.
  if (sp.global) unlinkUnsyncGlobal(kvm, sp);
  sp.unsync = false;
  kvm.stats.mmu_unsync--;
}

function countInParents(kvm: Kvm, sp: ShadowPage, change: number): void {
  for (let sptep = sp.parents; sptep !== 0; sptep = kvm.next[sptep]) {
    kvm.pages[sptep >>> 9].oosGlobalChildren += change;
  }
}
