/** The out-of-sync lists with their history: since when, how often a CR3 load left a page alone. */
import type { Machine } from "../machine/machine.ts";
import { type OosPage, oosLists } from "./oos-lists.ts";

/** Who has listened to the events of a machine, and knows what its structures have forgotten. */
export interface UnsyncMemory {
  /** When a shadow page (pool index) went out of sync, and where; null if nobody listened then. */
  unsyncOrigin(sp: number): { readonly icount: number; readonly eip: number } | null;
  /** CR3 loads that left it alone since then. */
  skips(sp: number): number;
}

export interface OosRow extends OosPage {
  /** When it went out of sync, in icount; null if nobody listened then. */
  readonly since: number | null;
  /** The instruction that did it (linear address); null as above. */
  readonly eip: number | null;
  /** CR3 loads that left it alone since then, because it is global. */
  readonly skipped: number;
  /** What will sync it: "CR3 load", or "CR4/CR0 write". */
  readonly nextSync: string;
}

export interface OosView {
  readonly nonGlobal: readonly OosRow[];
  /** In the order of oos_global_pages. */
  readonly global: readonly OosRow[];
  /** Since power-on: root loads, pages synced by CR3 loads, links to global pages skipped. */
  readonly rootLoads: number;
  readonly syncedByCr3: number;
  readonly skipped: number;
}

/** A page that is not global: the next load of a CR3 that leads to it. */
const AT_CR3_LOAD = "CR3 load";
/** A page on oos_global_pages: KVM calls kvm_mmu_sync_global from kvm_set_cr0 and kvm_set_cr4 only. */
const AT_CONTROL_WRITE = "CR4/CR0 write";

/** Null without a hypervisor. */
export function oosView({ shadow }: Pick<Machine, "shadow">, memory: UnsyncMemory): OosView | null {
  if (shadow === null) return null;
  const { kvm, stats } = shadow;
  const row = (page: OosPage): OosRow => {
    const origin = memory.unsyncOrigin(page.sp);
    return {
      ...page,
      since: origin?.icount ?? null,
      eip: origin?.eip ?? null,
      skipped: memory.skips(page.sp),
      nextSync: page.global ? AT_CONTROL_WRITE : AT_CR3_LOAD,
    };
  };
  const lists = oosLists(kvm);
  return {
    nonGlobal: lists.nonGlobal.map(row),
    global: lists.global.map(row),
    rootLoads: stats.root_loads,
    syncedByCr3: stats.sync_pages_cr3,
    skipped: stats.sync_skipped_global,
  };
}
