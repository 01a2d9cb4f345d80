/**
 * What a person may choose about the shadow MMU, in one flat record, and the sets of choices that have a name. Each
 * is a hypervisor that could have been built; no guest that flushes what it must can tell them apart, except by the
 * faults that `oosGlobal` had.
 */
import type { Model } from "../guest-walker.ts";

export interface Policy {
  /** Level-1 tables may go out of sync. KVM: module parameter oos_shadow; may be changed while the guest runs. */
  oos: boolean;
  /** Unsync tables with only global entries are left alone by CR3 loads. KVM: the patch of December 2008. */
  readonly oosGlobal: boolean;
  /**
   * The global list made sound, ours: INVLPG reaches the pages on it that the loaded roots do not (B-1), and no page
   * enters it while CR4.PGE is clear (the residue of B-2). Without meaning unless `oosGlobal` is on.
   */
  readonly oosGlobalFix: boolean;
  /** G counts while CR4.PGE is clear, too. KVM: before commit 25e2343246fe (B-2 in full). */
  readonly globalWithoutPge: boolean;
  /** Faults on entries known to be not present go to the guest without an exit. KVM: bypass_guest_pf, VMX only. */
  readonly bypassGuestPf: boolean;
  /** INVLPG makes the dropped entry again at once. KVM: commit ad218f85e388. */
  readonly invlpgPrefill: boolean;
  /** INVLPG makes an entry of an unsync table again from the guest's, instead of dropping it. KVM: since 2023. */
  readonly invlpgRederive: boolean;
  /** A table that is shadowed in several roles may go out of sync, all at once. KVM: since 2010. */
  readonly unsyncRoles: boolean;
  /** A sync that leaves nothing in a page keeps it. KVM: since 2010. */
  readonly keepEmpty: boolean;
  /** Emulated stores only remove entries, and stores to level-1 tables are no flood. KVM: since 2021. */
  readonly zapOnWrite: boolean;
  /** Which writes to control registers exit, and whether they are emulated. */
  readonly vendor: "vmx" | "svm";
  /** Quota of shadow pages, at least 64; 0 takes all that the layout has room for. */
  readonly shadowPages: number;
  /** Where KVM 2.6.29 visibly differs from the architecture: the architecture's side, or KVM's. */
  readonly model: Model;
}

/** KVM 2.6.29 with the patch. */
export const defaultPolicy: Policy = {
  oos: true,
  oosGlobal: true,
  oosGlobalFix: false,
  globalWithoutPge: false,
  bypassGuestPf: true,
  invlpgPrefill: false,
  invlpgRederive: false,
  unsyncRoles: false,
  keepEmpty: false,
  zapOnWrite: false,
  vendor: "vmx",
  shadowPages: 0,
  model: "sdm",
};

export type PolicyName = "write-protect" | "oos" | "oos+global" | "oos+global-fixed" | "modern";

/** The named sets, with a sentence each. */
export const policies: Record<PolicyName, { readonly policy: Policy; readonly sentence: string }> = {
  "write-protect": {
    policy: { ...defaultPolicy, oos: false, oosGlobal: false },
    sentence: "every store to a guest page table traps",
  },
  oos: {
    policy: { ...defaultPolicy, oosGlobal: false },
    sentence: "level-1 tables may go out of sync until the guest flushes",
  },
  "oos+global": {
    policy: defaultPolicy,
    sentence: "the patch of December 2008: CR3 loads leave unsync global tables alone, faults included",
  },
  "oos+global-fixed": {
    policy: { ...defaultPolicy, oosGlobalFix: true },
    sentence: "the same made sound: INVLPG reaches the whole global list, CR4.PGE decides who enters it",
  },
  modern: {
    policy: {
      ...defaultPolicy,
      oosGlobal: false,
      bypassGuestPf: false,
      invlpgRederive: true,
      unsyncRoles: true,
      keepEmpty: true,
      zapOnWrite: true,
    },
    sentence: "what KVM does today: no global list, unsync in any role, INVLPG makes the entry again",
  },
};

export const policyNames = Object.keys(policies) as PolicyName[];

/** Knobs that a name fixes; the others describe the host. */
const NAMED_KNOBS = [
  "oos",
  "oosGlobal",
  "oosGlobalFix",
  "globalWithoutPge",
  "bypassGuestPf",
  "invlpgPrefill",
  "invlpgRederive",
  "unsyncRoles",
  "keepEmpty",
  "zapOnWrite",
] as const;

/** The name of a policy, or "custom" if no name means these choices. */
export function nameOfPolicy(policy: Policy): PolicyName | "custom" {
  const same = (name: PolicyName) =>
    NAMED_KNOBS.every((knob) => policies[name].policy[knob] === policy[knob]);
  return policyNames.find(same) ?? "custom";
}

/** KVM: KVM_MIN_ALLOC_MMU_PAGES, KVM_PERMILLE_MMU_PAGES. */
export const MIN_SHADOW_PAGES = 64;
const PERMILLE = 20;

/** The quota KVM gives a VM of that much memory. KVM: kvm_mmu_calculate_mmu_pages. */
export function defaultShadowPages(ramBytes: number): number {
  return Math.max(MIN_SHADOW_PAGES, Math.floor((ramBytes / 4096) * (PERMILLE / 1000)));
}
