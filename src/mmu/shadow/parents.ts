/**
 * Links from level-2 entries to level-1 tables, and the hints in the level-2 pages that say which links lead to
 * something out of sync. Hints may be stale when set, never when clear.
 *
 * With two shadow levels an ancestor is a parent, and a parent is a root: nothing here has to climb further.
 *
 * KVM: mmu_page_add_parent_pte, mmu_page_remove_parent_pte, kvm_mmu_mark_parents_unsync, mmu_pages_clear_parents.
 */

import type { Kvm } from "./kvm.ts";
import { isOosGlobal } from "./oos-list.ts";
import type { ShadowPage } from "./shadow-page.ts";

/** Records that `sptep` points to `sp`; a root has no such entry. KVM: mmu_page_add_parent_pte. */
export function addParent(kvm: Kvm, sp: ShadowPage, sptep: number): void {
  if (sptep === 0) return;
  const head = sp.parents;
  kvm.next[sptep] = head;
  kvm.prev[sptep] = 0;
  if (head !== 0) kvm.prev[head] = sptep;
  sp.parents = sptep;
  const parent = kvm.pages[sptep >>> 9];
  parent.present++;
  if (isOosGlobal(sp)) parent.oosGlobalChildren++;
}

/** KVM: mmu_page_remove_parent_pte. */
export function removeParent(kvm: Kvm, sp: ShadowPage, sptep: number): void {
  const { next, prev } = kvm;
  const after = next[sptep];
  const before = prev[sptep];
  if (before !== 0) next[before] = after;
  else sp.parents = after;
  if (after !== 0) prev[after] = before;
  const parent = kvm.pages[sptep >>> 9];
  parent.present--;
  if (isOosGlobal(sp)) parent.oosGlobalChildren--;
}

/** Leaves a trail from the parents of an unsync page. KVM: kvm_mmu_mark_parents_unsync. */
export function markParentsUnsync(kvm: Kvm, sp: ShadowPage): void {
  const { next, unsyncChildBitmap } = kvm;
  for (let sptep = sp.parents; sptep !== 0; sptep = next[sptep]) {
    const word = sptep >>> 5;
    const bit = 1 << (sptep & 31);
    if ((unsyncChildBitmap[word] & bit) !== 0) continue;
    unsyncChildBitmap[word] |= bit;
    kvm.pages[sptep >>> 9].unsyncChildren++;
  }
}

/** Takes back one hint. KVM: mmu_pages_clear_parents. */
export function clearUnsyncChild(kvm: Kvm, sptep: number): void {
  const word = sptep >>> 5;
  const bit = 1 << (sptep & 31);
  if ((kvm.unsyncChildBitmap[word] & bit) === 0) return;
  kvm.unsyncChildBitmap[word] &= ~bit;
  kvm.pages[sptep >>> 9].unsyncChildren--;
}

/** Whether a loaded root links the page. */
export function isUnderRoot(kvm: Kvm, sp: ShadowPage): boolean {
  for (let sptep = sp.parents; sptep !== 0; sptep = kvm.next[sptep]) {
    if (kvm.pages[sptep >>> 9].rootCount > 0) return true;
  }
  return false;
}
