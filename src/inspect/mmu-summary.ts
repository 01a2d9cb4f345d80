/** Paging and what the hypervisor keeps for it, in a few numbers. */
import type { Machine } from "../machine/machine.ts";
import { BareMmu } from "../mmu/bare.ts";
import { CR4_PSE, NO_PAGING, PAE } from "../mmu/paging.ts";
import { pageOf } from "../mmu/shadow/kvm.ts";
import type { ShadowMmu } from "../mmu/shadow/shadow-mmu.ts";
import type { Gfn, Hpa } from "../mmu/types.ts";

export interface RootSummary {
  /** The gigabyte. */
  readonly slot: number;
  /** Pool index. */
  readonly sp: number;
  readonly gfn: Gfn;
}

export interface ShadowSummary {
  /** hpa of pae_root. */
  readonly rootHpa: Hpa;
  /** Slots of pae_root that hold a directory. */
  readonly roots: readonly RootSummary[];
  /** Shadow pages in use, and how many there may be. KVM: n_alloc_mmu_pages - n_free_mmu_pages, n_alloc_mmu_pages. */
  readonly used: number;
  readonly quota: number;
  /** Pages out of sync. */
  readonly unsync: number;
  /** Those of them that are on oos_global_pages. */
  readonly unsyncGlobal: number;
}

export interface MmuSummary {
  /** In words: off, or the kind of tables and how large their pages may be. */
  readonly paging: string;
  /** Null without a hypervisor. */
  readonly shadow: ShadowSummary | null;
}

export function mmuSummary({ mmu, shadow }: Machine): MmuSummary {
  const walker = shadow?.kvm.walker ?? (mmu instanceof BareMmu ? mmu.walker : null);
  if (walker === null) throw new Error("an MMU of a kind that is not known here");
  const { rootLevel, cr4 } = walker;
  const wide = rootLevel === PAE ? "PAE, pages of 4 KiB and 2 MiB" : "32-bit, pages of 4 KiB";
  const pse = rootLevel !== PAE && (cr4 & CR4_PSE) !== 0 ? " and 4 MiB" : "";
  return {
    paging: rootLevel === NO_PAGING ? "off" : wide + pse,
    shadow: shadow === null ? null : shadowSummary(shadow),
  };
}

function shadowSummary({ kvm, stats }: ShadowMmu): ShadowSummary {
  const roots: RootSummary[] = [];
  for (let slot = 0; kvm.rootLoaded && slot < 4; slot++) {
    const lo = kvm.spt[slot * 2];
    if (lo === 0) continue;
    const { index, gfn } = pageOf(kvm, lo);
    roots.push({ slot, sp: index, gfn });
  }
  return {
    rootHpa: kvm.rootHpa,
    roots,
    used: kvm.allocMmuPages - kvm.freeMmuPages,
    quota: kvm.allocMmuPages,
    unsync: stats.mmu_unsync,
    unsyncGlobal: stats.mmu_unsync_global,
  };
}
