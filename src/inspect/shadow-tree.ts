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
  /** All its leaves came from global entries. False for directories, which have no leaves. */
  readonly global: boolean;
  readonly present: number;
  /** Entries that a sync would drop or alter; 0 for pages in sync. */
  readonly stale: number;
}

export function shadowPageView(kvm: Kvm, sp: ShadowPage): ShadowPageView {
  return {
    sp: sp.index,
    gfn: sp.gfn,
    level: roleLevel(sp.role),
    access: accessText(roleAccess(sp.role)),
    direct: isDirect(sp.role),
    unsync: sp.unsync,
    global: sp.global && roleLevel(sp.role) === 1,
    present: sp.present,
    stale: sp.unsync ? staleEntries(kvm, sp) : 0,
  };
}

function accessText(access: number): string {
  const letter = (bit: number, name: string): string => ((access & bit) !== 0 ? name : "-");
  return letter(ACC_WRITE, "w") + letter(ACC_USER, "u") + letter(ACC_EXEC, "x");
}

/** The directories in pae_root, null for a slot without one; none at all while no roots are loaded. */
export function loadedRoots(kvm: Kvm): (ShadowPage | null)[] {
  if (!kvm.rootLoaded) return [];
  return Array.from({ length: 4 }, (_, slot) => {
    const lo = kvm.spt[slot * 2];
    return lo === 0 ? null : pageOf(kvm, lo);
  });
}

/** Where a page hangs: slot of pae_root, and entry of the directory there; null for the directory itself. */
export interface TreePlace {
  readonly slot: number;
  readonly entry: number | null;
}

/** The first place, in the order of addresses, that the loaded roots give a page; null if they do not lead to it. */
export function placeOf(kvm: Kvm, sp: ShadowPage): TreePlace | null {
  const roots = loadedRoots(kvm);
  const slot = roots.indexOf(sp);
  if (slot >= 0) return { slot, entry: null };
  let found: { readonly slot: number; readonly entry: number } | null = null;
  for (let sptep = sp.parents; sptep !== 0; sptep = kvm.next[sptep]) {
    const entry = sptep % ENTRIES;
    const under = roots.indexOf(kvm.pages[Math.floor(sptep / ENTRIES)]);
    if (under < 0) continue;
    if (found === null || under < found.slot || (under === found.slot && entry < found.entry)) {
      found = { slot: under, entry };
    }
  }
  return found;
}

/** Entries of a page that are present, in order. */
export function presentEntries({ spt }: Kvm, sp: ShadowPage): number[] {
  const present: number[] = [];
  for (let entry = 0; entry < ENTRIES; entry++) {
    const sptep = sp.index * ENTRIES + entry;
    if (isPresent(spt[sptep * 2], spt[sptep * 2 + 1])) present.push(entry);
  }
  return present;
}
