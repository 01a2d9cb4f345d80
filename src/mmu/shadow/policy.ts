/**
 * What a person may choose about the shadow MMU, in one flat record. Each set of choices is a hypervisor that
 * could have been built in 2009; the guest should not be able to tell them apart.
 */
import type { Model } from "../guest-walker.ts";

export interface Policy {
  /** Level-1 tables may go out of sync. KVM: module parameter oos_shadow; may be changed while the guest runs. */
  oos: boolean;
  /** Unsync tables with only global entries are left alone by CR3 loads. KVM: the patch of December 2008. */
  readonly oosGlobal: boolean;
  /** Faults on entries known to be not present go to the guest without an exit. KVM: bypass_guest_pf, VMX only. */
  readonly bypassGuestPf: boolean;
  /** INVLPG makes the dropped entry again at once. KVM: commit ad218f85e388. */
  readonly invlpgPrefill: boolean;
  /** Which writes to control registers exit, and whether they are emulated. */
  readonly vendor: "vmx" | "svm";
  /** Quota of shadow pages, at least 64; 0 takes all that the layout has room for. */
  readonly shadowPages: number;
  /** Where KVM 2.6.29 visibly differs from the architecture: the architecture's side, or KVM's. */
  readonly model: Model;
}

export const defaultPolicy: Policy = {
  oos: true,
  oosGlobal: true,
  bypassGuestPf: true,
  invlpgPrefill: false,
  vendor: "vmx",
  shadowPages: 0,
  model: "sdm",
};

/** KVM: KVM_MIN_ALLOC_MMU_PAGES, KVM_PERMILLE_MMU_PAGES. */
export const MIN_SHADOW_PAGES = 64;
const PERMILLE = 20;

/** The quota KVM gives a VM of that much memory. KVM: kvm_mmu_calculate_mmu_pages. */
export function defaultShadowPages(ramBytes: number): number {
  return Math.max(MIN_SHADOW_PAGES, Math.floor((ramBytes / 4096) * (PERMILLE / 1000)));
}
