/**
 * Finding or making the shadow page of a guest table. KVM: kvm_mmu_get_page, prefetch_page.
 */
import { KVM_MMU_GET_PAGE } from "../../trace/events.ts";
import { HIT, LOOKUP, MISS, OTHER_LEVEL, SEVERAL_ADDRESSES, SHADOWED } from "../../trace/reasons.ts";
import { NO_PAGING, PAE, PTE_P, TWO_LEVEL } from "../paging.ts";
import { ENTRIES, type Gfn, type Gva, PT_PAGE_TABLE_LEVEL } from "../types.ts";
import { isPresent, type Kvm, pageOf } from "./kvm.ts";
import { addParent, markParentsUnsync } from "./parents.ts";
import { rmapWriteProtect } from "./rmap.ts";
import { makeRole, type Role, roleLevel, roleQuadrant } from "./role.ts";
import { SEVERAL, type ShadowPage } from "./shadow-page.ts";
import { demote } from "./spte.ts";
import { refreshPage, syncPage } from "./sync.ts";
import { accountShadowed, activePush, zapPage } from "./zap.ts";

/**
 * The page for a guest table in a role, linked from `parent` (an sptep, 0 for a root). KVM: kvm_mmu_get_page.
 * @param direct 0, ROLE_DIRECT, or that with ROLE_CLEAN
 */
export function getPage(
  kvm: Kvm,
  gfn: Gfn,
  gva: Gva,
  level: number,
  direct: number,
  access: number,
  parent: number,
): ShadowPage {
  const { rootLevel } = kvm.walker;
  // A 4-byte guest table maps twice (level 1) or four times (level 2) what one shadow table can.
  const quadrant = rootLevel <= TWO_LEVEL ? (gva >>> (12 + 9 * level)) & ((1 << level) - 1) : 0;
  const role = makeRole(rootLevel, level, quadrant, direct, access);
  let sp = kvm.buckets[gfn & kvm.hashMask];
  while (sp !== null) {
    const next: ShadowPage | null = sp.hashNext;
    if (sp.gfn === gfn && !(sp.unsync && syncForLookup(kvm, sp, role)) && sp.role === role) {
      if (kvm.policy.oosGlobalFix === true) noteRegion(kvm, sp, gva, parent);
      addParent(kvm, sp, parent);
      sp.writeFloodingCount = 0;
      if (sp.unsyncChildren !== 0) {
        kvm.requestMmuSync = true;
        markParentsUnsync(kvm, sp);
      } else if (sp.unsync) {
        markParentsUnsync(kvm, sp);
      }
      if (kvm.tap !== null) kvm.tap.emit(KVM_MMU_GET_PAGE, HIT, sp.index, gfn, role, 0);
      return sp;
    }
    sp = next;
  }
  const made = newPage(kvm, gfn, role, direct, parent);
  made.region = gva >>> 21;
  if (kvm.policy.oosGlobalFix === true) noteRegion(kvm, made, gva, parent);
  return made;
}

/**
 * Makes an unsync page of the table right before it may be linked. True if it was zapped.
 * KVM: in 2.6.29 a page in whatever role is brought in sync. Modern KVM refreshes the page it looks for, which stays
 * unsync, leaves other level-1 roles alone, and zaps them when the table is to be an upper one.
 */
function syncForLookup(kvm: Kvm, sp: ShadowPage, wanted: Role): boolean {
  if (kvm.policy.unsyncRoles !== true) return syncPage(kvm, sp, LOOKUP);
  if (sp.role === wanted) return refreshPage(kvm, sp, LOOKUP);
  if (roleLevel(wanted) === PT_PAGE_TABLE_LEVEL) return false;
  zapPage(kvm, sp, OTHER_LEVEL);
  return true;
}

/**
 * The page is about to be reached at `gva`. A CR3 load may leave an unsync global table alone because its translations
 * may be cached, but that is only so at the linear addresses where they were used. Ours.
 */
function noteRegion(kvm: Kvm, sp: ShadowPage, gva: Gva, parent: number): void {
  const orphan = parent !== 0 && sp.parents === 0;
  // It was synced just now, and all that it holds may be cached here from now on.
  if (orphan) sp.region = gva >>> 21;
  const several = sp.region !== gva >>> 21 || (parent !== 0 && kvm.pages[parent >>> 9].region === SEVERAL);
  if (several && sp.region !== SEVERAL) severalAddresses(kvm, sp);
}

/** The page, and all that it leads to, is nothing for the global list any more. */
function severalAddresses(kvm: Kvm, sp: ShadowPage): void {
  sp.region = SEVERAL;
  if (roleLevel(sp.role) === PT_PAGE_TABLE_LEVEL) {
    if (sp.global) demote(kvm, sp, SEVERAL_ADDRESSES);
    return;
  }
  const { spt } = kvm;
  const first = sp.index * ENTRIES;
  for (let sptep = first; sptep < first + ENTRIES; sptep++) {
    const lo = spt[sptep * 2];
    if (isPresent(lo, spt[sptep * 2 + 1])) severalAddresses(kvm, pageOf(kvm, lo));
  }
}

function newPage(kvm: Kvm, gfn: Gfn, role: Role, direct: number, parent: number): ShadowPage {
  kvm.stats.mmu_cache_miss++;
  const sp = allocPage(kvm, gfn, role);
  addParent(kvm, sp, parent);
  if (kvm.tap !== null) kvm.tap.emit(KVM_MMU_GET_PAGE, MISS, sp.index, gfn, role, 1);
  // Protected before it is filled, so that no store in between can be missed.
  if (direct === 0) {
    if (rmapWriteProtect(kvm, gfn, SHADOWED)) kvm.flushRemoteTlbs();
    accountShadowed(kvm, gfn, 1);
  }
  kvm.spt.set(kvm.trapTable, sp.index * ENTRIES * 2);
  if (kvm.bypass && direct === 0) prefetchPage(kvm, sp);
  return sp;
}

/** KVM: kvm_mmu_alloc_page. Callers made room before: `freeSomePages`. */
function allocPage(kvm: Kvm, gfn: Gfn, role: Role): ShadowPage {
  if (kvm.freeCount === 0) throw new Error("the shadow page pool is empty: a path forgot to make room");
  const sp = kvm.pages[kvm.freeIndices[--kvm.freeCount]];
  kvm.freeMmuPages--;
  sp.gfn = gfn;
  sp.role = role;
  sp.live = true;
  sp.serial = kvm.nextSerial++;
  sp.rootCount = 0;
  sp.unsync = false;
  // Without the patch the flag is 0 from birth, which is how it was switched off in 2.6.30.
  sp.global = kvm.policy.oosGlobal;
  sp.unsyncChildren = 0;
  sp.oosGlobalChildren = 0;
  sp.slotBitmap = 0;
  sp.parents = 0;
  sp.present = 0;
  sp.writeFloodingCount = 0;
  const bucket = gfn & kvm.hashMask;
  const head = kvm.buckets[bucket];
  sp.hashNext = head;
  if (head !== null) head.hashPrev = sp;
  kvm.buckets[bucket] = sp;
  activePush(kvm, sp);
  return sp;
}

/**
 * Marks the entries that the guest has not present, so that faults on them need no exit. The rest trap.
 * KVM: FNAME(prefetch_page): both levels of PAE, only level 1 of 2-level paging.
 */
function prefetchPage(kvm: Kvm, sp: ShadowPage): void {
  const { rootLevel } = kvm.walker;
  if (rootLevel === NO_PAGING) return;
  const wide = rootLevel === PAE;
  if (!wide && roleLevel(sp.role) !== PT_PAGE_TABLE_LEVEL) return;
  const pfn = kvm.memory.pfn(sp.gfn);
  if (pfn < 0) return;
  const { spt } = kvm;
  const { i32 } = kvm.memory.linear;
  const table = pfn * 1024 + (wide ? 0 : roleQuadrant(sp.role) * ENTRIES);
  const step = wide ? 2 : 1;
  const end = (sp.index + 1) * ENTRIES * 2;
  for (let at = sp.index * ENTRIES * 2, gpte = table; at < end; at += 2, gpte += step) {
    if ((i32[gpte] & PTE_P) !== 0) continue;
    spt[at] = 0;
    spt[at + 1] = 0;
  }
}
