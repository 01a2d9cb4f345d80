/**
 * The four roots in pae_root, and what happens before the guest runs again.
 *
 * KVM: mmu_alloc_roots, mmu_free_roots, kvm_mmu_load, vcpu_enter_guest.
 */
import { KVM_MMU_FREE_ROOTS, KVM_MMU_LOAD_ROOTS } from "../../trace/events.ts";
import { MMU_RELOAD, MMU_SYNC_REQUEST, ROOT_FREE } from "../../trace/reasons.ts";
import { ACC_ALL, frameOf, NO_PAGING, PAE, PTE_P } from "../paging.ts";
import { PT_DIRECTORY_LEVEL } from "../types.ts";
import { INVALID_PAGE, isPresent, type Kvm, pageOf, tableLo } from "./kvm.ts";
import { getPage } from "./pages.ts";
import { isInvalid, ROLE_DIRECT } from "./role.ts";
import { syncRoots } from "./sync.ts";
import { freeSomePages, zapPage } from "./zap.ts";

/** KVM: mmu_alloc_roots. */
function allocRoots(kvm: Kvm): void {
  const { spt, walker } = kvm;
  const { rootLevel, pdptes } = walker;
  const direct = rootLevel === NO_PAGING ? ROLE_DIRECT : 0;
  for (let i = 0; i < 4; i++) {
    let gfn = rootLevel === NO_PAGING ? 0 : walker.cr3 >>> 12;
    if (rootLevel === PAE) {
      if ((pdptes[i * 2] & PTE_P) === 0) {
        spt[i * 2] = 0;
        spt[i * 2 + 1] = 0;
        continue;
      }
      gfn = frameOf(pdptes[i * 2], pdptes[i * 2 + 1]);
    }
    gfn = kvm.memory.unalias(gfn);
    const sp = getPage(kvm, gfn, i << 30, PT_DIRECTORY_LEVEL, direct, ACC_ALL, 0);
    sp.rootCount++;
    spt[i * 2] = tableLo(kvm, sp) | PTE_P;
    spt[i * 2 + 1] = 0;
  }
  kvm.rootLoaded = true;
}

/** KVM: mmu_free_roots. */
export function freeRoots(kvm: Kvm): void {
  if (!kvm.rootLoaded) return;
  const { spt } = kvm;
  for (let i = 0; i < 4; i++) {
    const lo = spt[i * 2];
    if (isPresent(lo, spt[i * 2 + 1])) {
      const sp = pageOf(kvm, lo);
      sp.rootCount--;
      if (sp.rootCount === 0 && isInvalid(sp.role)) zapPage(kvm, sp, ROOT_FREE);
    }
    spt[i * 2] = INVALID_PAGE;
    spt[i * 2 + 1] = INVALID_PAGE;
  }
  kvm.rootLoaded = false;
  if (kvm.tap !== null) kvm.tap.emit(KVM_MMU_FREE_ROOTS, kvm.loadReason);
}

/** KVM: kvm_mmu_load. */
function loadMmu(kvm: Kvm): void {
  const { spt, stats } = kvm;
  freeSomePages(kvm);
  allocRoots(kvm);
  stats.root_loads++;
  if (kvm.tap !== null) {
    const { rootLevel } = kvm.walker;
    kvm.tap.emit(
      KVM_MMU_LOAD_ROOTS,
      kvm.loadReason,
      rootLevel,
      rootIndex(kvm, spt[0]),
      rootIndex(kvm, spt[2]),
      rootIndex(kvm, spt[4]),
      rootIndex(kvm, spt[6]),
    );
  }
  syncRoots(kvm, kvm.loadReason);
  kvm.flushTlb();
}

/** Pool index of a root, 0 where the guest has no directory. */
function rootIndex(kvm: Kvm, lo: number): number {
  return lo === 0 ? 0 : pageOf(kvm, lo).index;
}

/** What must be done before the guest runs. KVM: vcpu_enter_guest, up to the entry itself. */
export function enterGuest(kvm: Kvm): void {
  if (kvm.requestMmuReload === true) {
    kvm.requestMmuReload = false;
    if (kvm.rootLoaded) kvm.loadReason = MMU_RELOAD;
    freeRoots(kvm);
  }
  if (kvm.rootLoaded !== true) loadMmu(kvm);
  if (kvm.requestMmuSync === true) {
    kvm.requestMmuSync = false;
    syncRoots(kvm, MMU_SYNC_REQUEST);
  }
  if (kvm.requestTlbFlush === true) {
    kvm.requestTlbFlush = false;
    kvm.tlb.flush();
  }
}
