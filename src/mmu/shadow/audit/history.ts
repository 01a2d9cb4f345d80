/**
 * Invariants 23, 27, 28 and 34 compare with the audit before: they are made anew for each series of audits, with a
 * memory of their own. Pages are remembered by serial number, since descriptors are used again.
 */
import { CR4_PGE, PTE_A } from "../../paging.ts";
import { ENTRIES } from "../../types.ts";
import type { Kvm } from "../kvm.ts";
import { roleLevel } from "../role.ts";
import type { ShadowPage } from "../shadow-page.ts";
import { type Invariant, invariant, type Report } from "./invariant.ts";
import type { AuditView } from "./view.ts";

const SLOT = ENTRIES - 1;

/** INV-23. Says nothing about pages that went out of sync while `oos` was on. */
function noNewUnsync(pool: number): Invariant {
  const serials = new Int32Array(pool);
  let wasOff = false;
  return invariant(23, "while oos is off no page goes out of sync", ({ kvm, live }, report) => {
    const off = !kvm.policy.oos;
    for (const sp of live) {
      if (!sp.unsync) serials[sp.index] = 0;
      else {
        if (off && wasOff && serials[sp.index] !== sp.serial) report(sp, -1, "went out of sync");
        serials[sp.index] = sp.serial;
      }
    }
    wasOff = off;
  });
}

/** INV-27. */
function globalNeverRises(pool: number): Invariant {
  /** The last page of each index that was seen not to be global. */
  const serials = new Int32Array(pool);
  return invariant(27, "a page that lost its global flag never gets it back", ({ live }, report) => {
    for (const sp of live) {
      if (!sp.global) serials[sp.index] = sp.serial;
      else if (serials[sp.index] === sp.serial) report(sp, -1, "is global again");
    }
  });
}

/**
 * INV-28, the part about CR4.PGE: while it is clear no entry counts as global, so a global page gets no new leaf.
 * Policies where G counts by itself are exempt. Looks only at times during which CR4 was not written.
 */
function noLeafWithoutPge(pool: number): Invariant {
  const serials = new Int32Array(pool);
  const leaves = new Uint8Array(pool * ENTRIES);
  let since = -1;
  return invariant(28, "while CR4.PGE is clear a global page gets no leaf", (view, report) => {
    const { kvm, live, present, first, end } = view;
    const clear = (kvm.walker.cr4 & CR4_PGE) === 0 && !kvm.plainG;
    const comparable = since === kvm.stats.exits_cr4;
    since = clear ? kvm.stats.exits_cr4 : -1;
    if (!clear) return;
    for (const sp of live) {
      if (roleLevel(sp.role) !== 1 || !sp.global) continue;
      const known = comparable && serials[sp.index] === sp.serial;
      const base = sp.index * ENTRIES;
      for (let i = first[sp.index]; i < end[sp.index]; i++) {
        if (known && leaves[present[i]] === 0)
          report(sp, present[i] & SLOT, "got a leaf, and is still global");
      }
      serials[sp.index] = sp.serial;
      leaves.fill(0, base, base + ENTRIES);
      for (let i = first[sp.index]; i < end[sp.index]; i++) leaves[present[i]] = 1;
    }
  });
}

/** What may touch pages of the list during a CR3 load, or shows that more than that happened. */
function otherWork({ stats }: Kvm): number {
  const { mmu_shadow_zapped, mmu_pte_write, sync_pages_lookup, pf_fixed, invlpg, write_protects } = stats;
  return mmu_shadow_zapped + mmu_pte_write + sync_pages_lookup + pf_fixed + invlpg + write_protects;
}

/** A digest of a page's entries, without the bits that the host MMU sets by itself. */
function digestOf(kvm: Kvm, { present, first, end }: AuditView, sp: ShadowPage): number {
  let digest = end[sp.index] - first[sp.index];
  for (let i = first[sp.index]; i < end[sp.index]; i++) {
    const sptep = present[i];
    digest = Math.imul(digest ^ sptep, 0x0100_0193);
    digest = Math.imul(digest ^ (kvm.spt[sptep * 2] & ~PTE_A), 0x0100_0193);
    digest = Math.imul(digest ^ kvm.spt[sptep * 2 + 1], 0x0100_0193);
  }
  return digest;
}

/**
 * INV-34. Compares with the audit at the entry right before, if there was one; what a CR3 load may do to pages of the
 * list, through the pages it looks up or makes, is counted, and excuses it.
 */
function listSurvivesCr3(): Invariant {
  const list: number[] = [];
  const digests: number[] = [];
  let exits = -1;
  let work = -1;
  const compare = ({ kvm, oosList }: AuditView, now: readonly number[], report: Report): void => {
    if (list.length !== oosList.length || list.some((serial, i) => serial !== oosList[i].serial)) {
      report(null, -1, `the list had ${list.length} pages and has ${oosList.length}, or other ones`);
      return;
    }
    oosList.forEach((sp, i) => {
      if (digests[i] !== now[i]) report(sp, -1, `entries of gfn ${sp.gfn.toString(16)} changed`);
    });
    if (kvm.stats.mmu_unsync_global !== list.length) report(null, -1, "the gauge moved");
  };
  return invariant(34, "a CR3 load leaves the global list and its pages alone", (view, report) => {
    const { kvm, oosList, after } = view;
    const now = oosList.map((sp) => digestOf(kvm, view, sp));
    const adjacent = kvm.stats.exits === exits + 1 && otherWork(kvm) === work;
    if (after === "after a CR3 load" && adjacent) compare(view, now, report);
    list.length = 0;
    digests.length = 0;
    for (const sp of oosList) list.push(sp.serial);
    digests.push(...now);
    exits = kvm.stats.exits;
    work = otherWork(kvm);
  });
}

/** A set of these invariants that remembers nothing yet. */
export function historyInvariants(kvm: Kvm): Invariant[] {
  const pool = kvm.pages.length;
  return [noNewUnsync(pool), globalNeverRises(pool), noLeafWithoutPge(pool), listSurvivesCr3()];
}
