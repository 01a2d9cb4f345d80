/** Invariants 24 to 26 and 29 to 35: the global list, the gauges, and the trails that lead to pages out of sync. */
import { CR4_PGE } from "../../paging.ts";
import { ENTRIES } from "../../types.ts";
import { pageOf } from "../kvm.ts";
import { roleGlevels, roleLevel } from "../role.ts";
import { invariant, type Report } from "./invariant.ts";
import { type AuditView, childAt } from "./view.ts";

const SLOT = ENTRIES - 1;
const BITMAP_WORDS = ENTRIES / 32;

function inv24({ kvm, oosList, onOosList }: AuditView, report: Report): void {
  for (let i = 0; i < oosList.length; i++) {
    const before = i === 0 ? null : oosList[i - 1];
    if (oosList[i].oosPrev !== before) report(oosList[i], -1, "the list is broken here, or has it twice");
  }
  for (const sp of kvm.pages) {
    const belongs = sp.live && sp.unsync && sp.global;
    if (belongs !== (onOosList[sp.index] === 1)) {
      report(sp, -1, belongs ? "missing on the list" : "wrongly on the list");
    }
  }
}

function inv25({ kvm, oosList }: AuditView, report: Report): void {
  const { mmu_unsync_global } = kvm.stats;
  if (mmu_unsync_global !== oosList.length) {
    report(null, -1, `the gauge says ${mmu_unsync_global}, the list has ${oosList.length}`);
  }
}

function inv26({ kvm, live }: AuditView, report: Report): void {
  let count = 0;
  for (const sp of live) if (sp.unsync) count++;
  const { mmu_unsync } = kvm.stats;
  if (mmu_unsync !== count) report(null, -1, `the gauge says ${mmu_unsync}, it is ${count}`);
}

function inv29({ live }: AuditView, report: Report): void {
  for (const sp of live) {
    if (roleLevel(sp.role) !== 1 || roleGlevels(sp.role) !== 0) continue;
    if (sp.present > 0 && sp.global) report(sp, -1, "made without paging, has leaves, and is global");
  }
}

function inv30({ kvm, live }: AuditView, report: Report): void {
  const { next, pages, unsyncChildBitmap } = kvm;
  for (const sp of live) {
    if (!sp.unsync || sp.global) continue;
    let guard = 0;
    for (let sptep = sp.parents; sptep !== 0 && guard <= next.length; sptep = next[sptep], guard++) {
      const marked = (unsyncChildBitmap[sptep >>> 5] & (1 << (sptep & 31))) !== 0;
      if (marked && pages[sptep >>> 9].unsyncChildren !== 0) continue;
      report(sp, -1, `unsync, and entry ${sptep & SLOT} of sp ${(sptep >>> 9).toString(16)} leaves no trail`);
    }
  }
}

function bitsSet(word: number): number {
  let bits = 0;
  for (let left = word; left !== 0; left &= left - 1) bits++;
  return bits;
}

function inv31({ kvm, live, present, first, end }: AuditView, report: Report): void {
  for (const sp of live) {
    let bits = 0;
    for (let word = 0; word < BITMAP_WORDS; word++) {
      bits += bitsSet(kvm.unsyncChildBitmap[sp.index * BITMAP_WORDS + word]);
    }
    if (bits !== sp.unsyncChildren) {
      report(sp, -1, `counts ${sp.unsyncChildren} unsync children, marks ${bits}`);
    }
    let skipped = 0;
    if (roleLevel(sp.role) === 2) {
      for (let i = first[sp.index]; i < end[sp.index]; i++) {
        const child = childAt(kvm, present[i]);
        if (child?.unsync === true && child.global) skipped++;
      }
    }
    if (skipped !== sp.oosGlobalChildren) {
      report(sp, -1, `counts ${sp.oosGlobalChildren} links to the global list, has ${skipped}`);
    }
  }
}

function inv32({ oosList }: AuditView, report: Report): void {
  for (const sp of oosList) report(sp, -1, "still on the global list");
}

function inv33({ kvm, present, first, end }: AuditView, report: Report): void {
  for (let slot = 0; kvm.rootLoaded && slot < 4; slot++) {
    const root = kvm.spt[slot * 2] === 0 ? undefined : pageOf(kvm, kvm.spt[slot * 2]);
    if (root === undefined) continue;
    for (let i = first[root.index]; i < end[root.index]; i++) {
      const child = childAt(kvm, present[i]);
      if (child?.unsync !== true || child.global) continue;
      report(root, present[i] & SLOT, `sp ${child.index.toString(16)} is reachable and still unsync`);
    }
  }
}

/** With `oosGlobalFix` the same goes for the list while CR4.PGE is clear, for nothing is global then. */
function inv35({ kvm, live, oosList }: AuditView, report: Report): void {
  if (!kvm.policy.oosGlobal) {
    for (const sp of live) if (sp.global) report(sp, -1, "global, though the policy has no global pages");
  } else if (kvm.policy.oosGlobalFix && (kvm.walker.cr4 & CR4_PGE) === 0) {
    for (const sp of oosList) report(sp, -1, "on the global list while CR4.PGE is clear");
  }
}

export const globalListInvariants = [
  invariant(24, "the global list holds exactly the pages that are out of sync and global", inv24),
  invariant(25, "mmu_unsync_global is the length of the global list", inv25),
  invariant(26, "mmu_unsync is the number of pages out of sync", inv26),
  invariant(29, "a direct map with leaves is not global", inv29),
  invariant(30, "every parent of a page that is out of sync and not global knows of it", inv30),
  invariant(31, "a page's count of unsync children is the number of its marks", inv31),
  invariant(32, "after a write to CR0 or CR4 the global list is empty", inv32, "after a CR0 or CR4 write"),
  invariant(
    33,
    "after a CR3 load nothing reachable is out of sync and not global",
    inv33,
    "after a CR3 load",
  ),
  invariant(35, "without the global list no page is global", inv35),
];
