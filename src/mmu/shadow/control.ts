/**
 * Writes to control registers and INVLPG, after the processor's own checks. Which of them exit depends on the
 * vendor: VMX filters writes that change nothing the host owns, SVM shows them all, through the emulator.
 *
 * KVM: kvm_set_cr0, kvm_set_cr3, kvm_set_cr4, kvm_mmu_invlpg, FNAME(invlpg), kvm_mmu_reset_context.
 */
import {
  CR0_WRITE,
  CR3_LOAD,
  CR3_RELOAD,
  CR4_WRITE,
  GUEST_FAULT,
  INVLPG,
  INVLPG_ELSEWHERE,
  MODE_CHANGE,
  PREFILL,
} from "../../trace/reasons.ts";
import {
  CR0_PG,
  CR0_WP,
  CR4_PAE,
  CR4_PGE,
  CR4_PSE,
  CR4_SMAP,
  CR4_SMEP,
  CR4_VME,
  CR4_VMXE,
  EFER_NXE,
  NO_PAGING,
  PAE,
  PTE_A,
  PTE_P,
  reloadsPdptes,
} from "../paging.ts";
import { ENTRIES, type Gva } from "../types.ts";
import { directorySptep, leafSptep } from "./fetch.ts";
import { isPresent, type Kvm, pageOf, setTrap } from "./kvm.ts";
import { ptesWritten } from "./pte-write.ts";
import { dropSpte } from "./rmap.ts";
import { isDirect } from "./role.ts";
import { freeRoots } from "./roots.ts";
import { rederiveSpte, syncGlobal, syncRoots } from "./sync.ts";
import { zapAll } from "./zap.ts";

/** KVM: KVM_GUEST_CR4_MASK: the bits of CR4 that the host owns under VMX; SMEP and SMAP came later. */
const HOST_OWNED_CR4 = CR4_VME | CR4_PSE | CR4_PAE | CR4_PGE | CR4_VMXE | CR4_SMEP | CR4_SMAP;
/** KVM: CR3_PAE_RESERVED_BITS, which means PCD to be legal but masks it by a slip. */
const KVM_CR3_PAE_RESERVED = 0x17;

/** Whether the write reaches the hypervisor at all. */
export function cr0WriteExits(kvm: Kvm, value: number): boolean {
  return kvm.svm === true || kvm.walker.cr0 !== value;
}

export function cr4WriteExits(kvm: Kvm, value: number): boolean {
  return kvm.svm === true || ((kvm.walker.cr4 ^ value) & HOST_OWNED_CR4) !== 0;
}

/** False: #GP, and nothing changed. KVM: kvm_set_cr0. */
export function writeCr0(kvm: Kvm, value: number): boolean {
  const { walker } = kvm;
  const old = walker.cr0;
  // KVM: only when paging is switched on.
  const load = walker.sdm
    ? reloadsPdptes(old, walker.cr4, value, walker.cr4)
    : (~old & value & CR0_PG) !== 0 && (walker.cr4 & CR4_PAE) !== 0;
  if (load && !walker.loadPdptes(walker.cr3)) return false;
  walker.cr0 = value;
  // With the old callbacks still: pages of another paging mode are zapped rather than synced.
  syncGlobal(kvm, CR0_WRITE);
  resetContext(kvm, CR0_WRITE);
  // KVM: sptes that CR0.WP = 0 opened stay open.
  if ((~old & value & CR0_WP) !== 0) closeWpHoles(kvm);
  return true;
}

/** Sptes that CR0.WP = 0 opened may not stay as they are. KVM: leaves them. */
export function closeWpHoles(kvm: Kvm): void {
  if (!kvm.walker.sdm || !kvm.wpHoles) return;
  kvm.wpHoles = false;
  zapAll(kvm, MODE_CHANGE);
}

/** KVM: kvm_set_cr4. */
export function writeCr4(kvm: Kvm, value: number): boolean {
  const { walker } = kvm;
  const old = walker.cr4;
  const paging = (walker.cr0 & CR0_PG) !== 0;
  // KVM: not when PGE or PSE changes (B-8).
  const load = walker.sdm
    ? reloadsPdptes(walker.cr0, old, walker.cr0, value)
    : paging && (~old & value & CR4_PAE) !== 0;
  if (load && !walker.loadPdptes(walker.cr3)) return false;
  walker.cr4 = value;
  syncGlobal(kvm, CR4_WRITE);
  resetContext(kvm, CR4_WRITE);
  // KVM: links made while PSE had another value stay, since roles do not record it.
  if (walker.sdm && ((old ^ value) & CR4_PSE) !== 0) zapAll(kvm, MODE_CHANGE);
  if (((old ^ value) & (CR4_SMEP | CR4_SMAP)) !== 0) closeWpHoles(kvm);
  return true;
}

/** KVM: kvm_set_cr3. */
export function writeCr3(kvm: Kvm, value: number): boolean {
  const { walker } = kvm;
  const pae = (walker.cr4 & CR4_PAE) !== 0;
  if (value === walker.cr3 && !(pae && walker.pdptesChanged())) {
    syncRoots(kvm, CR3_RELOAD);
    kvm.flushTlb();
    return true;
  }
  // KVM: refuses reserved bits, and a CR3 outside all memory slots; the architecture ignores both.
  if (!walker.sdm && ((pae && (value & KVM_CR3_PAE_RESERVED) !== 0) || kvm.memory.pfn(value >>> 12) < 0)) {
    return false;
  }
  if (walker.rootLevel === PAE && !walker.loadPdptes(value)) return false;
  walker.cr3 = value;
  if (kvm.tap !== null) kvm.tap.cr3 = value;
  if (walker.rootLevel === NO_PAGING) return true;
  kvm.loadReason = CR3_LOAD;
  freeRoots(kvm);
  return true;
}

/** KVM: set_efer. */
export function writeEfer(kvm: Kvm, value: number): void {
  const { walker } = kvm;
  const changed = walker.efer ^ value;
  walker.efer = value;
  // KVM: changes nothing, so sptes keep the meaning NX had. The role got a bit for it later.
  if (!walker.sdm || (changed & EFER_NXE) === 0) return;
  resetContext(kvm, MODE_CHANGE);
  zapAll(kvm, MODE_CHANGE);
}

/** Drops the roots and chooses the paging mode again; the next entry loads. KVM: kvm_mmu_reset_context. */
export function resetContext(kvm: Kvm, reason: number): void {
  kvm.loadReason = reason;
  freeRoots(kvm);
  kvm.walker.chooseMode();
}

/** KVM: kvm_mmu_invlpg. */
export function invalidatePage(kvm: Kvm, gva: Gva): void {
  if (kvm.walker.rootLevel !== NO_PAGING) {
    dropTranslation(kvm, gva);
    if (kvm.policy.oosGlobalFix === true) dropGlobalTranslations(kvm, gva);
  }
  kvm.flushTlbPage(gva);
  kvm.stats.invlpg++;
}

/** Reaches only what the loaded roots reach: the flaw of the global list (B-1). KVM: FNAME(invlpg). */
function dropTranslation(kvm: Kvm, gva: Gva): void {
  const { spt } = kvm;
  if (spt[(gva >>> 30) * 2] === 0) return;
  const directory = directorySptep(kvm, gva);
  const lo = spt[directory * 2];
  if (!isPresent(lo, spt[directory * 2 + 1])) return;
  const sptep = leafSptep(kvm, lo, gva);
  const sp = pageOf(kvm, lo);
  // The entry may serve another address too, for which the TLB holds what is going to change here.
  if (kvm.next[sp.parents] !== 0 || kvm.pages[directory >>> 9].rootCount > 1) kvm.flushRemoteTlbs();
  if (kvm.policy.invlpgRederive === true) {
    // An entry of a page in sync is right already.
    if (sp.unsync && isPresent(spt[sptep * 2], spt[sptep * 2 + 1])) rederiveSpte(kvm, sp, sptep);
    return;
  }
  if (isPresent(spt[sptep * 2], spt[sptep * 2 + 1])) dropSpte(kvm, sptep, INVLPG);
  setTrap(kvm, sptep);
  // Differs: a direct page has no entries in the guest; KVM reads the mapped frame as if it were a table.
  if (kvm.policy.invlpgPrefill !== true || isDirect(sp.role)) return;
  const size = kvm.walker.entryBytes;
  // KVM: forgets the quadrant, so for the upper half of a 4-byte table it looks at the lower (B-9).
  const offset = (sptep & 0x1ff) * size;
  const gpte = kvm.memory.read32(sp.gfn, offset);
  if ((gpte & (PTE_P | PTE_A)) !== (PTE_P | PTE_A)) return;
  ptesWritten(kvm, sp.gfn, offset, size, false, PREFILL);
}

/**
 * INVLPG ends a global translation in whichever address space it is executed. CR3 loads bring the other unsync pages
 * back in line, but not those on the global list: so each of them that some directory links for this address forgets
 * the entry now. One without a parent is synced before it is linked again. Ours.
 */
function dropGlobalTranslations(kvm: Kvm, gva: Gva): void {
  const { spt, next } = kvm;
  const directoryIndex = (gva >>> 21) & 0x1ff;
  for (let sp = kvm.oosGlobalPages; sp !== null; sp = sp.oosNext) {
    kvm.stats.invlpg_list_visits++;
    const sptep = sp.index * ENTRIES + ((gva >>> 12) & 0x1ff);
    if (!isPresent(spt[sptep * 2], spt[sptep * 2 + 1])) continue;
    let parent = sp.parents;
    while (parent !== 0 && (parent & 0x1ff) !== directoryIndex) parent = next[parent];
    if (parent === 0) continue;
    dropSpte(kvm, sptep, INVLPG_ELSEWHERE);
    setTrap(kvm, sptep);
    // The same page may be mapped under the loaded roots at another address.
    kvm.flushRemoteTlbs();
    kvm.stats.invlpg_list_drops++;
  }
}

/**
 * A page fault drops the translations of its address, as INVLPG does. What is left of them is in tables that are out
 * of sync: others agree with the fault. SDM: volume 3, 4.10.4.1.
 */
export function forgetFaulted(kvm: Kvm, gva: Gva): void {
  if (kvm.policy.oosGlobalFix === true) dropGlobalTranslations(kvm, gva);
  const { spt } = kvm;
  if (spt[(gva >>> 30) * 2] === 0) return;
  const directory = directorySptep(kvm, gva);
  const lo = spt[directory * 2];
  if (!isPresent(lo, spt[directory * 2 + 1]) || !pageOf(kvm, lo).unsync) return;
  const sptep = leafSptep(kvm, lo, gva);
  if (!isPresent(spt[sptep * 2], spt[sptep * 2 + 1])) return;
  dropSpte(kvm, sptep, GUEST_FAULT);
  setTrap(kvm, sptep);
  kvm.flushRemoteTlbs();
}
