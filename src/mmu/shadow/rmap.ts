/**
 * Reverse maps: for each gfn the leaf sptes that map it, so that the frame of a guest table can be made read-only
 * wherever it is mapped.
 *
 * KVM: rmap_add, rmap_remove, rmap_write_protect. Host frames are 4 KiB, so there is no list of large sptes.
 */
import { KVM_MMU_DROP_SPTE, KVM_MMU_WRITE_PROTECT } from "../../trace/events.ts";
import { TABLE_GFNS } from "../guest-memory.ts";
import { PTE_RW } from "../paging.ts";
import type { Gfn } from "../types.ts";
import type { Kvm } from "./kvm.ts";

/** Enters a present leaf spte in the reverse map of `gfn`. KVM: rmap_add. */
export function rmapAdd(kvm: Kvm, sptep: number, gfn: Gfn): void {
  const head = kvm.rmap[gfn];
  kvm.gfns[sptep] = gfn;
  kvm.next[sptep] = head;
  kvm.prev[sptep] = 0;
  if (head !== 0) kvm.prev[head] = sptep;
  kvm.rmap[gfn] = sptep;
  kvm.pages[sptep >>> 9].present++;
}

/** Takes a present leaf spte out of its reverse map; the caller overwrites it. KVM: rmap_remove. */
export function rmapRemove(kvm: Kvm, sptep: number): void {
  const { next, prev } = kvm;
  const after = next[sptep];
  const before = prev[sptep];
  if (before !== 0) next[before] = after;
  else kvm.rmap[kvm.gfns[sptep]] = after;
  if (after !== 0) prev[after] = before;
  kvm.pages[sptep >>> 9].present--;
}

/** Takes a leaf spte out of its reverse map for a reason that is reported. The caller overwrites it. */
export function dropSpte(kvm: Kvm, sptep: number, reason: number): void {
  if (kvm.tap !== null) {
    kvm.tap.emit(KVM_MMU_DROP_SPTE, reason, sptep >>> 9, sptep & 511, kvm.gfns[sptep], 1);
  }
  rmapRemove(kvm, sptep);
}

/** Makes a frame read-only in every mapping. True if that changed anything. KVM: rmap_write_protect. */
export function rmapWriteProtect(kvm: Kvm, gfn: Gfn, reason: number): boolean {
  // Tables can be named where there is no memory; nothing ever maps those frames.
  if (gfn >= TABLE_GFNS) return false;
  const { spt, next } = kvm;
  let changed = 0;
  for (let sptep = kvm.rmap[gfn]; sptep !== 0; sptep = next[sptep]) {
    const lo = spt[sptep * 2];
    if ((lo & PTE_RW) === 0) continue;
    spt[sptep * 2] = lo & ~PTE_RW;
    changed++;
  }
  if (changed === 0) return false;
  kvm.stats.write_protects++;
  if (kvm.tap !== null) kvm.tap.emit(KVM_MMU_WRITE_PROTECT, reason, gfn, changed);
  return true;
}
