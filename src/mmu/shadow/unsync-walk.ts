/**
 * Collects what is out of sync below a page, by following the hints. It costs what is marked, not what exists.
 *
 * KVM: mmu_unsync_walk, struct kvm_mmu_pages. KVM recurses for deeper trees; here level 2 has only level 1 below.
 * Differs: a hint that turns out stale is taken back. KVM visits it again each time.
 */
import { isPresent, type Kvm, pageOf } from "./kvm.ts";
import { clearUnsyncChild } from "./parents.ts";
import type { ShadowPage } from "./shadow-page.ts";

/**
 * Puts entries that lead to unsync pages into `kvm.unsyncVector` and returns how many there are. When it is full
 * there may be more: walk again after dealing with these. KVM: mmu_unsync_walk.
 */
export function unsyncWalk(kvm: Kvm, parent: ShadowPage): number {
  if (parent.unsyncChildren === 0) return 0;
  const { spt, unsyncChildBitmap, unsyncVector } = kvm;
  let count = 0;
  const first = parent.index * 16;
  for (let word = first; word < first + 16; word++) {
    let bits = unsyncChildBitmap[word];
    while (bits !== 0) {
      const bit = 31 - Math.clz32(bits & -bits);
      bits &= bits - 1;
      const sptep = word * 32 + bit;
      const lo = spt[sptep * 2];
      if (!isPresent(lo, spt[sptep * 2 + 1]) || !pageOf(kvm, lo).unsync) {
        clearUnsyncChild(kvm, sptep);
        continue;
      }
      unsyncVector[count++] = sptep;
      if (count === unsyncVector.length) return count;
    }
  }
  return count;
}
