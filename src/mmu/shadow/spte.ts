/**
 * Making one leaf spte, and the question that decides whether it may have W: does the frame hold a guest table?
 *
 *     63   62:36   35:12   8 7 6 5   2 1 0
 *     NX   0       pfn     0 0 D A   U W P      a leaf: D always, A unless speculative, W if nothing speaks against it
 *     0    0       table   0 0 0 A   1 1 1      a table pointer: all rights are decided at the leaf
 *     all ones     ...f f001                    trap: present with reserved bits, so that an access exits
 *     0    0       0       0 0 0 0   0 0 0      notrap: not present, so that the guest gets its fault directly
 *
 * G is never set: a host TLB flush always means everything. KVM: set_spte, mmu_set_spte, mmu_need_write_protect.
 */
import {
  KVM_MMU_DEMOTE,
  KVM_MMU_KEEP_PROTECTED,
  KVM_MMU_SET_SPTE,
  KVM_MMU_UNSYNC_PAGE,
} from "../../trace/events.ts";
import {
  GPTE_CHANGED,
  LEVEL1_ALL_ROLES,
  LEVEL1_ONE_ROLE,
  MANY_ROLES,
  NON_GLOBAL_SPTE,
  PGE_CLEAR,
  POLICY_OFF,
  UNREACHED,
  UPPER_LEVEL,
  WHILE_SYNCING,
} from "../../trace/reasons.ts";
import {
  ACC_EXEC,
  ACC_USER,
  ACC_WRITE,
  CR0_WP,
  CR4_PGE,
  CR4_SMEP,
  PTE_A,
  PTE_D,
  PTE_NX_HI,
  PTE_P,
  PTE_RW,
  PTE_US,
} from "../paging.ts";
import { ENTRIES, type Gfn, type Pfn, PT_PAGE_TABLE_LEVEL } from "../types.ts";
import { isPresent, type Kvm, lookupPage, setTrap } from "./kvm.ts";
import { linkUnsyncGlobal, unlinkUnsyncGlobal } from "./oos-list.ts";
import { isUnderRoot, markParentsUnsync } from "./parents.ts";
import { dropSpte, rmapAdd } from "./rmap.ts";
import { isDirect, ROLE_DIRECT, ROLE_INVALID, roleLevel } from "./role.ts";
import type { ShadowPage } from "./shadow-page.ts";
import {
  SET_CAN_UNSYNC,
  SET_DIRTY,
  SET_GLOBAL,
  SET_SPECULATIVE,
  SET_USER_FAULT,
  SET_WRITE_FAULT,
} from "./spte-flags.ts";

/** A table pointer's flags. KVM: shadow_base_present_pte and friends in FNAME(fetch). */
export const LINK_FLAGS = PTE_P | PTE_RW | PTE_US | PTE_A;
/** Direct maps leave A to the hardware. KVM: nonpaging_map. */
export const DIRECT_LINK_FLAGS = PTE_P | PTE_RW | PTE_US;

/**
 * Writes a leaf spte. True if the page had to stay read-only because its frame is a shadowed table.
 * The reverse map is the caller's business. KVM: set_spte.
 */
export function setSpte(
  kvm: Kvm,
  sptep: number,
  pteAccess: number,
  flags: number,
  gfn: Gfn,
  pfn: Pfn,
): boolean {
  const { spt, walker } = kvm;
  const sp = kvm.pages[sptep >>> 9];
  const global = (flags & SET_GLOBAL) !== 0 && (kvm.plainG === true || (walker.cr4 & CR4_PGE) !== 0);
  if (sp.global === true && !global) demote(kvm, sp, NON_GLOBAL_SPTE);

  let lo = (pfn << 12) | PTE_P | PTE_D;
  if ((flags & SET_SPECULATIVE) === 0) lo |= PTE_A;
  const mayWrite = (flags & SET_DIRTY) !== 0 && !kvm.memory.isReadOnly(gfn);
  const access = mayWrite ? pteAccess : pteAccess & ~ACC_WRITE;
  if ((access & ACC_USER) !== 0) lo |= PTE_US;
  let denied = false;
  let executable = (access & ACC_EXEC) !== 0;
  if ((access & ACC_WRITE) !== 0) {
    // A page that was writable before a sync needs no new check, and a sync must not unsync another page.
    const known = (flags & SET_CAN_UNSYNC) === 0 && (spt[sptep * 2] & PTE_RW) !== 0;
    denied = !known && needsWriteProtect(kvm, gfn, (flags & SET_CAN_UNSYNC) !== 0);
    if (!denied) {
      lo |= PTE_RW;
      // Stores through this entry will not be seen.
      if (kvm.memory.logging === true) kvm.memory.markDirty(gfn);
    }
  } else if (
    (flags & (SET_WRITE_FAULT | SET_USER_FAULT)) === SET_WRITE_FAULT &&
    (walker.cr0 & CR0_WP) === 0
  ) {
    denied = needsWriteProtect(kvm, gfn, (flags & SET_CAN_UNSYNC) !== 0);
    if (!denied) {
      lo = openWpHole(kvm, lo);
      // The entry no longer says that the page is a user's.
      if ((walker.cr4 & CR4_SMEP) !== 0) executable = false;
      // KVM: forgets the dirty log here.
      if (kvm.memory.logging === true && walker.sdm) kvm.memory.markDirty(gfn);
    }
  }
  spt[sptep * 2] = lo;
  spt[sptep * 2 + 1] = executable ? 0 : PTE_NX_HI;
  return denied;
}

/**
 * Lets a supervisor with CR0.WP clear write a read-only page.
 * KVM: leaves U as it is, so that a user may write too, and forgets nothing when WP is set again. The sdm model
 * takes U away, so that user accesses fault and make the entry again, and zaps all when WP rises.
 */
function openWpHole(kvm: Kvm, lo: number): number {
  kvm.wpHoles = true;
  return (kvm.walker.sdm ? lo & ~PTE_US : lo) | PTE_RW;
}

/**
 * Installs a leaf spte over whatever is there, and keeps the reverse map right. True if a store that faulted has
 * to be emulated. KVM: mmu_set_spte.
 */
export function mmuSetSpte(
  kvm: Kvm,
  sptep: number,
  pteAccess: number,
  flags: number,
  gfn: Gfn,
  pfn: Pfn,
  reason: number,
): boolean {
  const { spt } = kvm;
  const sp = kvm.pages[sptep >>> 9];
  let wasRmapped = false;
  if (isPresent(spt[sptep * 2], spt[sptep * 2 + 1])) {
    if (spt[sptep * 2] >>> 12 !== pfn) dropSpte(kvm, sptep, GPTE_CHANGED);
    else wasRmapped = true;
  }
  let writePt = false;
  if (setSpte(kvm, sptep, pteAccess, flags | SET_CAN_UNSYNC, gfn, pfn)) {
    writePt = (flags & SET_WRITE_FAULT) !== 0;
    kvm.tlb.flush();
  }
  sp.slotBitmap |= 1 << kvm.memory.slotId(gfn);
  if (!wasRmapped) rmapAdd(kvm, sptep, gfn);
  if ((flags & SET_SPECULATIVE) !== 0) {
    kvm.lastPteUpdated = sptep;
    kvm.lastPteGfn = gfn;
  }
  if (kvm.tap !== null) {
    const nx = spt[sptep * 2 + 1] < 0 ? 1 : 0;
    kvm.tap.emit(
      KVM_MMU_SET_SPTE,
      reason,
      sp.index,
      sptep & 511,
      gfn,
      spt[sptep * 2] & 0xfff,
      nx,
      sp.global ? 1 : 0,
    );
  }
  return writePt;
}

/**
 * A leaf that is not global ends the page's exemption from CR3 loads, for the rest of its life. If it is out of
 * sync it has to leave a trail now, or no CR3 load would ever find it. KVM: set_spte, first lines.
 */
export function demote(kvm: Kvm, sp: ShadowPage, reason: number): void {
  sp.global = false;
  if (sp.unsync) {
    unlinkUnsyncGlobal(kvm, sp);
    markParentsUnsync(kvm, sp);
  }
  if (kvm.tap !== null) {
    kvm.tap.emit(KVM_MMU_DEMOTE, reason, sp.index, sp.gfn, sp.role, sp.unsync ? 1 : 0);
  }
}

/** Whether mappings of a frame must stay read-only because it holds a table. KVM: mmu_need_write_protect. */
function needsWriteProtect(kvm: Kvm, gfn: Gfn, canUnsync: boolean): boolean {
  if (kvm.policy.unsyncRoles === true) return !unsyncPages(kvm, gfn, canUnsync);
  const shadow = lookupPage(kvm, gfn);
  if (shadow === null) return false;
  if (roleLevel(shadow.role) !== PT_PAGE_TABLE_LEVEL) return refuse(kvm, shadow, UPPER_LEVEL);
  if (shadow.unsync === true) return false;
  if (!canUnsync) return refuse(kvm, shadow, WHILE_SYNCING);
  if (!kvm.policy.oos) return refuse(kvm, shadow, POLICY_OFF);
  return unsyncPage(kvm, shadow);
}

function refuse(kvm: Kvm, sp: ShadowPage, reason: number): true {
  kvm.stats.unsync_refused++;
  if (kvm.tap !== null) kvm.tap.emit(KVM_MMU_KEEP_PROTECTED, reason, sp.index, sp.gfn, sp.role);
  return true;
}

/** Lets the guest write a level-1 table unseen. True if that is refused. KVM: kvm_unsync_page. */
function unsyncPage(kvm: Kvm, sp: ShadowPage): boolean {
  // Whole roles are compared, so an invalid page of this gfn refuses too.
  let other = kvm.buckets[sp.gfn & kvm.hashMask];
  while (other !== null) {
    if (other.gfn === sp.gfn && !isDirect(other.role) && other.role !== sp.role) {
      return refuse(kvm, sp, MANY_ROLES);
    }
    other = other.hashNext;
  }
  markUnsync(kvm, sp, LEVEL1_ONE_ROLE);
  return false;
}

/** Lets the guest write a table unseen in all its roles. False if that is refused. KVM: mmu_try_to_unsync_pages. */
function unsyncPages(kvm: Kvm, gfn: Gfn, canUnsync: boolean): boolean {
  const bucket = kvm.buckets[gfn & kvm.hashMask];
  for (let sp = bucket; sp !== null; sp = sp.hashNext) {
    if (sp.gfn !== gfn || (sp.role & (ROLE_DIRECT | ROLE_INVALID)) !== 0) continue;
    if (roleLevel(sp.role) !== PT_PAGE_TABLE_LEVEL) return !refuse(kvm, sp, UPPER_LEVEL);
    if (sp.unsync === true) continue;
    if (!canUnsync) return !refuse(kvm, sp, WHILE_SYNCING);
    if (!kvm.policy.oos) return !refuse(kvm, sp, POLICY_OFF);
  }
  for (let sp = bucket; sp !== null; sp = sp.hashNext) {
    if (sp.gfn !== gfn || (sp.role & (ROLE_DIRECT | ROLE_INVALID)) !== 0) continue;
    if (sp.unsync !== true) markUnsync(kvm, sp, LEVEL1_ALL_ROLES);
  }
  return true;
}

function markUnsync(kvm: Kvm, sp: ShadowPage, reason: number): void {
  if (sp.global && kvm.policy.oosGlobalFix) prepareForList(kvm, sp);
  kvm.stats.mmu_unsync++;
  sp.unsync = true;
  if (sp.global) linkUnsyncGlobal(kvm, sp);
  else markParentsUnsync(kvm, sp);
  convertNotrap(kvm, sp);
  if (kvm.tap !== null) {
    const { mmu_unsync, mmu_unsync_global } = kvm.stats;
    const { index, gfn, role, global } = sp;
    kvm.tap.emit(
      KVM_MMU_UNSYNC_PAGE,
      reason,
      index,
      gfn,
      role,
      global ? 1 : 0,
      mmu_unsync,
      mmu_unsync_global,
    );
  }
}

/**
 * What must be so for a page that CR3 loads are going to leave alone. Ours.
 *
 * While CR4.PGE is clear nothing is global, so every CR3 load has to find the page. And each entry has to be one that a
 * processor may hold now: if the loaded roots do not lead to the page, it may have been made long ago, and an INVLPG that
 * could not reach it may have ended it since.
 */
function prepareForList(kvm: Kvm, sp: ShadowPage): void {
  if ((kvm.walker.cr4 & CR4_PGE) === 0) {
    demote(kvm, sp, PGE_CLEAR);
    return;
  }
  if (isUnderRoot(kvm, sp)) return;
  const first = sp.index * ENTRIES;
  for (let sptep = first; sp.present > 0; sptep++) {
    if (!isPresent(kvm.spt[sptep * 2], kvm.spt[sptep * 2 + 1])) continue;
    dropSpte(kvm, sptep, UNREACHED);
    setTrap(kvm, sptep);
  }
}

/** From here on the guest can make entries present unseen, so every miss must exit. KVM: mmu_convert_notrap. */
function convertNotrap(kvm: Kvm, sp: ShadowPage): void {
  if (!kvm.bypass) return;
  const { spt } = kvm;
  const first = sp.index * ENTRIES;
  for (let sptep = first; sptep < first + ENTRIES; sptep++) {
    if (spt[sptep * 2] === 0) setTrap(kvm, sptep);
  }
}
