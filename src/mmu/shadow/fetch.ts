/**
 * From a finished walk to an installed spte, in the paging modes and without paging.
 *
 * KVM: FNAME(fetch), nonpaging_map. Differs: with one vCPU nothing can change a guest entry between the walk and
 * the link, so it is not read again.
 */
import { DIRECT_MAP, FAULT } from "../../trace/reasons.ts";
import { PFERR_USER, PFERR_WRITE } from "../mmu.ts";
import { ACC_ALL, ACC_WRITE, frameOf, PTE_D, PTE_G } from "../paging.ts";
import { type Gfn, type Gva, type Pfn, PT_DIRECTORY_LEVEL, PT_PAGE_TABLE_LEVEL } from "../types.ts";
import { firstSptep, isPresent, type Kvm, pageOf, setTrap, tableLo } from "./kvm.ts";
import { getPage } from "./pages.ts";
import { removeParent } from "./parents.ts";
import { ROLE_CLEAN, ROLE_DIRECT, roleAccess } from "./role.ts";
import type { ShadowPage } from "./shadow-page.ts";
import { DIRECT_LINK_FLAGS, LINK_FLAGS, mmuSetSpte } from "./spte.ts";
import { SET_DIRTY, SET_GLOBAL, SET_USER_FAULT, SET_WRITE_FAULT } from "./spte-flags.ts";

/** Where the loaded level-2 table has its entry for `gva`. */
export function directorySptep(kvm: Kvm, gva: Gva): number {
  return firstSptep(kvm, kvm.spt[(gva >>> 30) * 2]) + ((gva >>> 21) & 0x1ff);
}

/** Where the level-1 table that a table pointer names has its entry for `gva`. */
export function leafSptep(kvm: Kvm, lo: number, gva: Gva): number {
  return firstSptep(kvm, lo) + ((gva >>> 12) & 0x1ff);
}

/**
 * Installs what the guest walk found. True if a store has to be emulated, since it goes to a protected table.
 * An existing link is followed without checks: tables above level 1 are always in sync. KVM: FNAME(fetch).
 */
export function fetch(kvm: Kvm, gva: Gva, access: number, gfn: Gfn, pfn: Pfn): boolean {
  const { spt, walker } = kvm;
  const sptep = directorySptep(kvm, gva);
  if (kvm.policy.zapOnWrite === true) prepareUse(kvm, sptep);
  let link = spt[sptep * 2];
  if (!isPresent(link, spt[sptep * 2 + 1])) {
    const child =
      walker.level === PT_DIRECTORY_LEVEL ? largePage(kvm, gva, sptep) : tablePage(kvm, gva, sptep);
    link = tableLo(kvm, child) | LINK_FLAGS;
    spt[sptep * 2] = link;
    spt[sptep * 2 + 1] = 0;
  }
  const flags =
    ((access & PFERR_USER) !== 0 ? SET_USER_FAULT : 0) |
    ((access & PFERR_WRITE) !== 0 ? SET_WRITE_FAULT : 0) |
    ((walker.lo & PTE_D) !== 0 ? SET_DIRTY : 0) |
    ((walker.lo & PTE_G) !== 0 ? SET_GLOBAL : 0);
  return mmuSetSpte(kvm, leafSptep(kvm, link, gva), walker.pteAccess, flags, gfn, pfn, FAULT);
}

/**
 * Modern KVM, before it uses a link: the tables are in use, so no flood; and the direct table of a large page goes if
 * D gave the page other rights meanwhile. KVM: today's clear_sp_write_flooding_count, validate_direct_spte.
 */
function prepareUse(kvm: Kvm, sptep: number): void {
  const { spt } = kvm;
  kvm.pages[sptep >>> 9].writeFloodingCount = 0;
  if (!isPresent(spt[sptep * 2], spt[sptep * 2 + 1])) return;
  const child = pageOf(kvm, spt[sptep * 2]);
  child.writeFloodingCount = 0;
  if (kvm.walker.level !== PT_DIRECTORY_LEVEL) return;
  const clean = child.role & ROLE_CLEAN;
  if (roleAccess(child.role) === largeAccess(kvm) && clean === (largeDirect(kvm) & ROLE_CLEAN)) return;
  removeParent(kvm, child, sptep);
  setTrap(kvm, sptep);
  kvm.flushRemoteTlbs();
}

function tablePage(kvm: Kvm, gva: Gva, sptep: number): ShadowPage {
  const gfn = kvm.memory.unalias(kvm.walker.tableGfn);
  return getPage(kvm, gfn, gva, PT_PAGE_TABLE_LEVEL, 0, kvm.walker.ptAccess, sptep);
}

/**
 * A large guest page over 4 KiB host frames becomes a direct table. Its gfn is the entry's whole frame field, with
 * PAT and PSE-36 bits: a key, through which nothing is read.
 */
function largePage(kvm: Kvm, gva: Gva, sptep: number): ShadowPage {
  const gfn = frameOf(kvm.walker.lo, kvm.walker.hi);
  return getPage(kvm, gfn, gva, PT_PAGE_TABLE_LEVEL, largeDirect(kvm), largeAccess(kvm), sptep);
}

function largeDirect(kvm: Kvm): number {
  const { walker } = kvm;
  return walker.sdm && (walker.lo & PTE_D) === 0 ? ROLE_DIRECT | ROLE_CLEAN : ROLE_DIRECT;
}

function largeAccess(kvm: Kvm): number {
  const { walker } = kvm;
  // KVM: takes the rights above the entry, so entries with other rights share the table (B-18, fixed in 2010).
  const access = walker.sdm ? walker.pteAccess : walker.ptAccess;
  return (walker.lo & PTE_D) === 0 ? access & ~ACC_WRITE : access;
}

/** Maps linear as physical. True if a store has to be emulated. KVM: nonpaging_map. */
export function directMap(kvm: Kvm, gva: Gva, access: number, gfn: Gfn, pfn: Pfn): boolean {
  const { spt } = kvm;
  const sptep = directorySptep(kvm, gva);
  let link = spt[sptep * 2];
  if (!isPresent(link, spt[sptep * 2 + 1])) {
    const base = (gva >>> 21) << 9;
    const child = getPage(kvm, base, gva, PT_PAGE_TABLE_LEVEL, ROLE_DIRECT, ACC_ALL, sptep);
    link = tableLo(kvm, child) | DIRECT_LINK_FLAGS;
    spt[sptep * 2] = link;
    spt[sptep * 2 + 1] = 0;
  }
  const flags = SET_DIRTY | ((access & PFERR_WRITE) !== 0 ? SET_WRITE_FAULT : 0);
  kvm.stats.pf_fixed++;
  return mmuSetSpte(kvm, leafSptep(kvm, link, gva), ACC_ALL, flags, gfn, pfn, DIRECT_MAP);
}
