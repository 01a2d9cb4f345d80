/**
 * The memory behind guest frames changes while the guest runs: slots come, go, move, become read-only; and the dirty
 * log, which tells which frames were stored to.
 *
 * KVM: kvm_set_memory_region, kvm_arch_flush_shadow, kvm_vm_ioctl_get_dirty_log, kvm_mmu_slot_remove_write_access.
 * Read-only slots came to KVM in 2012.
 */

import { KVM_MMU_WRITE_PROTECT } from "../../trace/events.ts";
import { DIRTY_LOG, SLOT_CHANGE } from "../../trace/reasons.ts";
import type { MemoryAlias, MemorySlot } from "../guest-memory.ts";
import { PTE_RW } from "../paging.ts";
import { ENTRIES, PT_PAGE_TABLE_LEVEL } from "../types.ts";
import { isPresent, type Kvm } from "./kvm.ts";
import { roleLevel } from "./role.ts";
import { zapAll } from "./zap.ts";

const GFNS_OF_2_MIB = ENTRIES;

/** Frames that had no memory have some now. Nothing maps them yet. Throws a RangeError for an unfit slot. */
export function addSlot(kvm: Kvm, slot: MemorySlot): void {
  kvm.memory.addSlot(slot);
  accountSlotEdges(kvm, slot, 1);
}

/** Takes memory away; all shadow pages go, as some map it. Throws a RangeError if there is no such slot. */
export function removeSlot(kvm: Kvm, id: number): MemorySlot {
  const slot = kvm.memory.removeSlot(id);
  accountSlotEdges(kvm, slot, -1);
  zapAll(kvm, SLOT_CHANGE);
  return slot;
}

/** Replaces a slot by another of the same number: at another place, over other memory, read-only or not. */
export function changeSlot(kvm: Kvm, slot: MemorySlot): void {
  const old = removeSlot(kvm, slot.id);
  try {
    addSlot(kvm, slot);
  } catch (error) {
    addSlot(kvm, old);
    throw error;
  }
}

/** Replaces all gfn aliases. Throws a RangeError if they do not fit. KVM: kvm_vm_ioctl_set_memory_alias. */
export function setAliases(kvm: Kvm, aliases: readonly MemoryAlias[]): void {
  kvm.memory.setAliases(aliases);
  zapAll(kvm, SLOT_CHANGE);
}

/**
 * A large page may not reach beyond its slot: the blocks of 2 MiB that a slot cuts count as if they held one more
 * shadowed table. KVM: __kvm_set_memory_region, lpage_info.write_count.
 */
export function accountSlotEdges(kvm: Kvm, { baseGfn, npages }: MemorySlot, change: number): void {
  const end = baseGfn + npages;
  if (baseGfn % GFNS_OF_2_MIB !== 0) kvm.writeCount[baseGfn >>> 9] += change;
  if (end % GFNS_OF_2_MIB !== 0) kvm.writeCount[end >>> 9] += change;
}

/** Starts to log stores to a slot. Throws a RangeError if there is no such slot. */
export function startDirtyLog(kvm: Kvm, id: number): void {
  if (kvm.memory.slot(id) === undefined) throw new RangeError(`there is no slot ${id}`);
  kvm.memory.setDirtyLog(id, true);
  removeWriteAccess(kvm, id);
}

/**
 * The frames of a slot that were stored to since the last call or the start of the log: bit i of word w is gfn
 * base + 32 w + i. Another round starts. Null if the slot has no log. KVM: kvm_vm_ioctl_get_dirty_log.
 */
export function takeDirtyLog(kvm: Kvm, id: number): Uint32Array | null {
  const bitmap = kvm.memory.takeDirtyBitmap(id);
  if (bitmap?.some((word) => word !== 0) === true) removeWriteAccess(kvm, id);
  return bitmap;
}

/**
 * Makes every leaf read-only in the pages that ever mapped the slot, so that the first store to each frame exits.
 * KVM: takes W from table pointers, too, if such a page is a directory (B-26), which needs large host pages.
 */
function removeWriteAccess(kvm: Kvm, id: number): void {
  const { spt } = kvm;
  for (let sp = kvm.activeHead; sp !== null; sp = sp.activeNext) {
    if ((sp.slotBitmap & (1 << id)) === 0 || roleLevel(sp.role) !== PT_PAGE_TABLE_LEVEL) continue;
    const first = sp.index * ENTRIES;
    let changed = 0;
    for (let sptep = first; sptep < first + ENTRIES; sptep++) {
      const lo = spt[sptep * 2];
      if (!isPresent(lo, spt[sptep * 2 + 1]) || (lo & PTE_RW) === 0) continue;
      spt[sptep * 2] = lo & ~PTE_RW;
      changed++;
    }
    if (changed > 0 && kvm.tap !== null) kvm.tap.emit(KVM_MMU_WRITE_PROTECT, DIRTY_LOG, sp.gfn, changed);
  }
  kvm.flushRemoteTlbs();
}
