/**
 * A store to guest memory that was done in software. If the frame holds a shadowed table, its shadows follow the
 * store; if the frame looks like a table no more, they go.
 *
 * KVM: kvm_mmu_pte_write and the functions before it in mmu.c. The bytes are in RAM already, so new entries are
 * read from there.
 */
import { KVM_MMU_PTE_WRITE } from "../../trace/events.ts";
import { FLOOD, MISALIGNED, PTE_REMOVED, SPECULATIVE } from "../../trace/reasons.ts";
import {
  CR4_PAE,
  frameOf,
  PTE_A,
  PTE_D,
  PTE_G,
  PTE_NX_HI,
  PTE_P,
  PTE_RW,
  PTE_US,
  TWO_LEVEL,
} from "../paging.ts";
import { ENTRIES, type Gfn, PT_DIRECTORY_LEVEL, PT_PAGE_TABLE_LEVEL } from "../types.ts";
import { isPresent, type Kvm, pageOf, setTrap } from "./kvm.ts";
import { isOosGlobal } from "./oos-list.ts";
import { isUnderRoot, removeParent } from "./parents.ts";
import { dropSpte } from "./rmap.ts";
import { ROLE_DIRECT, ROLE_INVALID, roleAccess, roleGlevels, roleLevel, roleQuadrant } from "./role.ts";
import type { ShadowPage } from "./shadow-page.ts";
import { mmuSetSpte } from "./spte.ts";
import { SET_DIRTY, SET_GLOBAL, SET_SPECULATIVE } from "./spte-flags.ts";
import { freeSomePages, zapPage } from "./zap.ts";

/** Stores without use of the table in between, before it counts as something else. */
const FLOOD_COUNT = 3;
const FRAME_MASK = ~0xfff;
const PERMISSIONS = PTE_P | PTE_RW | PTE_US;

/**
 * @param guestInitiated the guest stored there itself: feeds the flood detector
 * KVM: kvm_mmu_pte_write.
 */
export function ptesWritten(
  kvm: Kvm,
  gfn: Gfn,
  offset: number,
  bytes: number,
  guestInitiated: boolean,
  reason: number,
): void {
  if (kvm.memory.logging === true) kvm.memory.markDirty(gfn);
  if (kvm.policy.zapOnWrite === true) {
    zapWritten(kvm, gfn, offset, bytes, reason);
    return;
  }
  guessPage(kvm, gfn, offset, bytes);
  accessPage(kvm, gfn);
  freeSomePages(kvm);
  kvm.stats.mmu_pte_write++;
  const flooded = guestInitiated && detectFlood(kvm, gfn);
  if (kvm.tap !== null) {
    kvm.tap.emit(KVM_MMU_PTE_WRITE, reason, gfn, offset, bytes, kvm.lastPtWriteCount);
  }
  let sp = kvm.buckets[gfn & kvm.hashMask];
  while (sp !== null) {
    const next: ShadowPage | null = sp.hashNext;
    if (sp.gfn !== gfn || (sp.role & (ROLE_DIRECT | ROLE_INVALID)) !== 0) {
      sp = next;
    } else if (flooded || isMisaligned(sp, offset, bytes)) {
      const others = zapPage(kvm, sp, flooded ? FLOOD : MISALIGNED);
      kvm.stats.mmu_flooded++;
      sp = others > 0 ? kvm.buckets[gfn & kvm.hashMask] : next;
    } else {
      writeEntries(kvm, sp, offset);
      sp = next;
    }
  }
  kvm.updateGfn = -1;
  kvm.updatePfn = -1;
}

/**
 * The same as modern KVM does it: entries are only removed, and what looks like a flood is counted for each page by
 * itself, above level 1. KVM: today's kvm_mmu_track_write, detect_write_flooding.
 */
function zapWritten(kvm: Kvm, gfn: Gfn, offset: number, bytes: number, reason: number): void {
  kvm.stats.mmu_pte_write++;
  let sp = kvm.buckets[gfn & kvm.hashMask];
  if (kvm.tap !== null) kvm.tap.emit(KVM_MMU_PTE_WRITE, reason, gfn, offset, bytes, 0);
  while (sp !== null) {
    const next: ShadowPage | null = sp.hashNext;
    if (sp.gfn !== gfn || (sp.role & (ROLE_DIRECT | ROLE_INVALID)) !== 0) {
      sp = next;
      continue;
    }
    const misaligned = isMisaligned(sp, offset, bytes);
    const upper = roleLevel(sp.role) !== PT_PAGE_TABLE_LEVEL;
    if (misaligned || (upper && ++sp.writeFloodingCount >= FLOOD_COUNT)) {
      const others = zapPage(kvm, sp, misaligned ? MISALIGNED : FLOOD);
      kvm.stats.mmu_flooded++;
      sp = others > 0 ? kvm.buckets[gfn & kvm.hashMask] : next;
    } else {
      writeEntries(kvm, sp, offset);
      sp = next;
    }
  }
}

/** Remembers which frame the new entry maps, as read in the vCPU's mode. KVM: mmu_guess_page_from_pte_write. */
function guessPage(kvm: Kvm, gfn: Gfn, offset: number, bytes: number): void {
  const { memory } = kvm;
  const wide = (kvm.walker.cr4 & CR4_PAE) !== 0;
  const whole = wide
    ? (bytes === 4 && (offset & 3) === 0) || (bytes === 8 && (offset & 7) === 0)
    : bytes === 4;
  if (!whole || (offset & 3) !== 0) return;
  const lo = memory.read32(gfn, wide ? offset & ~7 : offset);
  if ((lo & PTE_P) === 0) return;
  const target = memory.unalias(frameOf(lo, wide ? memory.read32(gfn, (offset & ~7) + 4) : 0));
  kvm.updateGfn = target;
  kvm.updatePfn = memory.pfn(target);
}

/**
 * The guest used its mapping of the table, though the store was emulated: without this, mapping and clearing one
 * page again and again would look like a flood. KVM: kvm_mmu_access_page.
 */
function accessPage(kvm: Kvm, gfn: Gfn): void {
  const sptep = kvm.lastPteUpdated;
  if (sptep === 0 || kvm.lastPteGfn !== gfn) return;
  const lo = kvm.spt[sptep * 2];
  if (isPresent(lo, kvm.spt[sptep * 2 + 1])) kvm.spt[sptep * 2] = lo | PTE_A;
}

/** KVM: kvm_mmu_pte_write, last_updated_pte_accessed. */
function detectFlood(kvm: Kvm, gfn: Gfn): boolean {
  const sptep = kvm.lastPteUpdated;
  const used = sptep !== 0 && (kvm.spt[sptep * 2] & PTE_A) !== 0;
  if (gfn === kvm.lastPtWriteGfn && !used) {
    kvm.lastPtWriteCount++;
    return kvm.lastPtWriteCount >= FLOOD_COUNT;
  }
  kvm.lastPtWriteGfn = gfn;
  kvm.lastPtWriteCount = 1;
  kvm.lastPteUpdated = 0;
  return false;
}

/** Whether a store is not made of whole entries, or of part of one. */
function isMisaligned(sp: ShadowPage, offset: number, bytes: number): boolean {
  const size = roleGlevels(sp.role) === TWO_LEVEL ? 4 : 8;
  return bytes < 4 || ((offset ^ (offset + bytes - 1)) & ~(size - 1)) !== 0;
}

/** Finds the sptes that the stored entry stands for: two for a 4-byte directory entry, none in another quadrant. */
function writeEntries(kvm: Kvm, sp: ShadowPage, offset: number): void {
  const level = roleLevel(sp.role);
  const narrow = roleGlevels(sp.role) === TWO_LEVEL;
  let at = offset;
  let count = 1;
  if (narrow) {
    at *= 2;
    if (level === PT_DIRECTORY_LEVEL) {
      at = (at & ~7) * 2;
      count = 2;
    }
    if (at >>> 12 !== roleQuadrant(sp.role)) return;
    at &= 0xfff;
  }
  const lo = kvm.memory.read32(sp.gfn, narrow ? offset & ~3 : offset & ~7);
  const hi = narrow ? 0 : kvm.memory.read32(sp.gfn, (offset & ~7) + 4);
  const first = sp.index * ENTRIES + (at >>> 3);
  for (let sptep = first; sptep < first + count; sptep++) {
    const oldLo = kvm.spt[sptep * 2];
    const oldHi = kvm.spt[sptep * 2 + 1];
    zapSpte(kvm, sptep, level);
    if (level !== PT_PAGE_TABLE_LEVEL) kvm.stats.mmu_pde_zapped++;
    else if (kvm.policy.zapOnWrite !== true) updateSpte(kvm, sp, sptep, lo, hi);
    flushAfterWrite(kvm, oldLo, oldHi, kvm.spt[sptep * 2], kvm.spt[sptep * 2 + 1]);
  }
}

/** KVM: mmu_pte_write_zap_pte. */
function zapSpte(kvm: Kvm, sptep: number, level: number): void {
  const lo = kvm.spt[sptep * 2];
  if (isPresent(lo, kvm.spt[sptep * 2 + 1])) {
    if (level === PT_PAGE_TABLE_LEVEL) dropSpte(kvm, sptep, PTE_REMOVED);
    else removeParent(kvm, pageOf(kvm, lo), sptep);
  }
  setTrap(kvm, sptep);
}

/**
 * Makes the new leaf at once, in the hope that the guest uses it soon.
 * KVM: mmu_pte_write_new_pte, FNAME(update_pte).
 */
function updateSpte(kvm: Kvm, sp: ShadowPage, sptep: number, lo: number, hi: number): void {
  kvm.stats.mmu_pte_updated++;
  const { walker } = kvm;
  if ((lo & PTE_P) === 0) {
    // KVM: notrap even in an unsync page, where a later store may make the entry present unseen (B-15).
    if (walker.sdm && sp.unsync) return;
    kvm.spt[sptep * 2] = 0;
    kvm.spt[sptep * 2 + 1] = 0;
    return;
  }
  if ((lo & PTE_A) === 0) return;
  // The list made sound: no processor can hold now what the loaded roots do not lead to.
  if (kvm.policy.oosGlobalFix && isOosGlobal(sp) && !isUnderRoot(kvm, sp)) return;
  const gfn = kvm.memory.unalias(frameOf(lo, hi));
  if (gfn !== kvm.updateGfn || kvm.updatePfn < 0 || walker.leafReserved(lo, hi)) return;
  const access = roleAccess(sp.role) & walker.entryAccess(lo, hi);
  const flags =
    SET_SPECULATIVE | ((lo & PTE_D) !== 0 ? SET_DIRTY : 0) | ((lo & PTE_G) !== 0 ? SET_GLOBAL : 0);
  mmuSetSpte(kvm, sptep, access, flags, gfn, kvm.updatePfn, SPECULATIVE);
}

/** KVM: mmu_pte_write_flush_tlb, need_remote_flush. */
function flushAfterWrite(kvm: Kvm, oldLo: number, oldHi: number, lo: number, hi: number): void {
  if (isPresent(oldLo, oldHi) && losesRights(oldLo, oldHi, lo, hi)) kvm.flushRemoteTlbs();
  else kvm.flushTlb();
}

function losesRights(oldLo: number, oldHi: number, lo: number, hi: number): boolean {
  if (!isPresent(lo, hi) || ((oldLo ^ lo) & FRAME_MASK) !== 0) return true;
  return (oldLo & ~lo & PERMISSIONS) !== 0 || (~oldHi & hi & PTE_NX_HI) !== 0;
}
