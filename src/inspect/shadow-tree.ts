/** What the hypervisor has built, as the loaded roots lead to it. */
import { ACC_EXEC, ACC_USER, ACC_WRITE } from "../mmu/paging.ts";
import { isPresent, type Kvm, pageOf } from "../mmu/shadow/kvm.ts";
import { isDirect, roleAccess, roleLevel } from "../mmu/shadow/role.ts";
import type { ShadowPage } from "../mmu/shadow/shadow-page.ts";
import { ENTRIES, type Gfn } from "../mmu/types.ts";
import { staleEntries } from "./oos-lists.ts";

export interface ShadowPageView {
  /** Pool index. */
  readonly sp: number;
  readonly gfn: Gfn;
  readonly level: number;
  /** What is granted above the table: w, u and x, or dashes. */
  readonly access: string;
  readonly direct: boolean;
  readonly unsync: boolean;
  readonly global: boolean;
  readonly present: number;
  /** Entries that a sync would drop or alter; 0 for pages in sync. */
  readonly stale: number;
}

export interface ChildView extends ShadowPageView {
  /** The entry of the directory that leads here. */
  readonly entry: number;
}

export interface RootView extends ShadowPageView {
  /** Slot of pae_root: the gigabyte. */
  readonly slot: number;
  readonly children: readonly ChildView[];
}

export function shadowPageView(kvm: Kvm, sp: ShadowPage): ShadowPageView {
  return {
    sp: sp.index,
    gfn: sp.gfn,
    level: roleLevel(sp.role),
    access: accessText(roleAccess(sp.role)),
    direct: isDirect(sp.role),
    unsync: sp.unsync,
    global: sp.global,
    present: sp.present,
    stale: sp.unsync ? staleEntries(kvm, sp) : 0,
  };
}

function accessText(access: number): string {
  const letter = (bit: number, name: string): string => ((access & bit) !== 0 ? name : "-");
  return letter(ACC_WRITE, "w") + letter(ACC_USER, "u") + letter(ACC_EXEC, "x");
}

/** The loaded roots with their tables; a slot without a directory is left out. */
export function shadowTree(kvm: Kvm): RootView[] {
  const roots: RootView[] = [];
  for (let slot = 0; kvm.rootLoaded && slot < 4; slot++) {
    const lo = kvm.spt[slot * 2];
    if (lo === 0) continue;
    const root = pageOf(kvm, lo);
    const children: ChildView[] = [];
    for (let entry = 0; entry < ENTRIES; entry++) {
      const sptep = root.index * ENTRIES + entry;
      const link = kvm.spt[sptep * 2];
      if (!isPresent(link, kvm.spt[sptep * 2 + 1])) continue;
      children.push({ entry, ...shadowPageView(kvm, pageOf(kvm, link)) });
    }
    roots.push({ slot, ...shadowPageView(kvm, root), children });
  }
  return roots;
}
