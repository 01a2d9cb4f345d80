/** Invariants 12 to 15: what leaves map, and who knows it. */
import { ENTRIES } from "../../types.ts";
import type { Kvm } from "../kvm.ts";
import { isDirect, isInvalid, roleLevel } from "../role.ts";
import { invariant, type Report } from "./invariant.ts";
import { type AuditView, isPresentAt } from "./view.ts";

const SLOT = ENTRIES - 1;

/** Checks one reverse map and returns how many entries it has, up to where it is broken. */
function checkList(kvm: Kvm, gfn: number, report: Report): number {
  const { rmap, next, prev, pages, gfns } = kvm;
  let before = 0;
  let count = 0;
  for (let sptep = rmap[gfn]; sptep !== 0; sptep = next[sptep]) {
    const sp = pages[sptep >>> 9];
    if (!sp.live || roleLevel(sp.role) !== 1 || !isPresentAt(kvm, sptep)) {
      report(sp, sptep & SLOT, `in the rmap of gfn ${gfn.toString(16)}, but not present`);
    } else if (gfns[sptep] !== gfn) {
      report(sp, sptep & SLOT, `in the rmap of gfn ${gfn.toString(16)}, but maps another`);
    }
    if (prev[sptep] !== before) {
      // Going on could go round for ever.
      report(sp, sptep & SLOT, "its rmap list is broken");
      return count;
    }
    before = sptep;
    count++;
  }
  return count;
}

/**
 * Every list is made of leaves that belong there, none twice; then it is enough that there are as many leaves as list
 * members. Only if not, the missing ones are looked for.
 */
function inv12(view: AuditView, report: Report): void {
  const { kvm, live, first, end } = view;
  let listed = 0;
  for (const { baseGfn, npages } of kvm.memory.slots) {
    for (let gfn = baseGfn; gfn < baseGfn + npages; gfn++) {
      if (kvm.rmap[gfn] !== 0) listed += checkList(kvm, gfn, report);
    }
  }
  let leaves = 0;
  for (const sp of live) if (roleLevel(sp.role) === 1) leaves += end[sp.index] - first[sp.index];
  if (listed !== leaves) findUnlisted(view, report);
}

function findUnlisted({ kvm, live, present, first, end }: AuditView, report: Report): void {
  for (const sp of live) {
    if (roleLevel(sp.role) !== 1) continue;
    for (let i = first[sp.index]; i < end[sp.index]; i++) {
      const gfn = kvm.gfns[present[i]];
      let guard = 0;
      let at = kvm.rmap[gfn];
      while (at !== present[i] && at !== 0 && guard++ <= kvm.next.length) at = kvm.next[at];
      if (at !== present[i]) report(sp, present[i] & SLOT, `missing in the rmap of gfn ${gfn.toString(16)}`);
    }
  }
}

function inv13({ kvm, live, present, first, end }: AuditView, report: Report): void {
  for (const sp of live) {
    if (roleLevel(sp.role) !== 1) continue;
    for (let i = first[sp.index]; i < end[sp.index]; i++) {
      const sptep = present[i];
      const lo = kvm.spt[sptep * 2];
      const pfn = kvm.memory.pfn(kvm.gfns[sptep]);
      if (lo >>> 12 !== pfn) report(sp, sptep & SLOT, `maps pfn ${lo >>> 12}, its gfn is at ${pfn}`);
    }
  }
}

function inv14({ kvm, live, present, first, end }: AuditView, report: Report): void {
  const { memory, gfns } = kvm;
  for (const sp of live) {
    if (roleLevel(sp.role) !== 1) continue;
    for (let i = first[sp.index]; i < end[sp.index]; i++) {
      const gfn = gfns[present[i]];
      // What has no memory of its own is for INV-13.
      if (memory.pfn(gfn) < 0 || memory.unalias(gfn) !== gfn) continue;
      const slot = memory.slotId(gfn);
      if ((sp.slotBitmap & (1 << slot)) === 0) {
        report(sp, present[i] & SLOT, `slot ${slot} is not in the slot bitmap`);
      }
    }
  }
}

function inv15({ kvm, live }: AuditView, report: Report): void {
  const expected = new Map<number, number>();
  for (const sp of live) {
    if (isInvalid(sp.role) || isDirect(sp.role)) continue;
    const block = sp.gfn >>> 9;
    expected.set(block, (expected.get(block) ?? 0) + 1);
  }
  for (const { baseGfn, npages } of kvm.memory.slots) {
    for (const edge of [baseGfn, baseGfn + npages]) {
      if (edge % 512 !== 0) expected.set(edge >>> 9, (expected.get(edge >>> 9) ?? 0) + 1);
    }
  }
  const { writeCount } = kvm;
  for (let block = 0; block < writeCount.length; block++) {
    const reasons = writeCount[block] === 0 && expected.size === 0 ? 0 : (expected.get(block) ?? 0);
    if (writeCount[block] === reasons) continue;
    report(null, -1, `write count of block ${block} is ${writeCount[block]}, for ${reasons} reasons`);
  }
}

export const mappingInvariants = [
  invariant(12, "every leaf is in the reverse map of its gfn once, and nothing else is", inv12),
  invariant(13, "every leaf maps the host frame of its gfn", inv13),
  invariant(14, "a page's slot bitmap has the slot of every leaf", inv14),
  invariant(
    15,
    "a block's write count is the number of its shadowed frames' pages and of cutting slot edges",
    inv15,
  ),
];
