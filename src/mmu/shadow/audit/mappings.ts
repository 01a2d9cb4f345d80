/** Invariants 12 to 15: what leaves map, and who knows it. */
import { isPresent, type Kvm } from "../kvm.ts";
import { isDirect, isInvalid, roleLevel } from "../role.ts";
import { eachPresent, invariant, listOf, livePages, type Report } from "./invariant.ts";

function inv12(kvm: Kvm, report: Report): void {
  const leaves = new Map<number, number>();
  for (const sp of livePages(kvm)) {
    if (roleLevel(sp.role) === 1) eachPresent(kvm, sp, (_, sptep) => leaves.set(sptep, kvm.gfns[sptep]));
  }
  const gfns = new Set(leaves.values());
  for (const slot of kvm.memory.slots) {
    for (let gfn = slot.baseGfn; gfn < slot.baseGfn + slot.npages; gfn++)
      if (kvm.rmap[gfn] !== 0) gfns.add(gfn);
  }
  for (const gfn of gfns) {
    let before = 0;
    for (const sptep of listOf(kvm, kvm.rmap[gfn])) {
      const sp = kvm.pages[sptep >>> 9];
      if (!isPresent(kvm.spt[sptep * 2], kvm.spt[sptep * 2 + 1])) {
        report(sp, sptep & 511, `in the rmap of gfn ${gfn.toString(16)}, but not present`);
      } else if (leaves.get(sptep) !== gfn) {
        report(sp, sptep & 511, `in the rmap of gfn ${gfn.toString(16)}, but maps another`);
      }
      if (kvm.prev[sptep] !== before) report(sp, sptep & 511, "its rmap list is broken");
      before = sptep;
      leaves.delete(sptep);
    }
  }
  for (const [sptep, gfn] of leaves) {
    report(kvm.pages[sptep >>> 9], sptep & 511, `missing in the rmap of gfn ${gfn.toString(16)}`);
  }
}

function inv13(kvm: Kvm, report: Report): void {
  for (const sp of livePages(kvm)) {
    if (roleLevel(sp.role) !== 1) continue;
    eachPresent(kvm, sp, (index, sptep, lo) => {
      const pfn = kvm.memory.pfn(kvm.gfns[sptep]);
      if (lo >>> 12 !== pfn) report(sp, index, `maps pfn ${lo >>> 12}, its gfn is at ${pfn}`);
    });
  }
}

function inv14(kvm: Kvm, report: Report): void {
  for (const sp of livePages(kvm)) {
    if (roleLevel(sp.role) !== 1) continue;
    eachPresent(kvm, sp, (index, sptep) => {
      const slot = kvm.memory.slotId(kvm.gfns[sptep]);
      if ((sp.slotBitmap & (1 << slot)) === 0) report(sp, index, `slot ${slot} is not in the slot bitmap`);
    });
  }
}

function inv15(kvm: Kvm, report: Report): void {
  const expected = new Map<number, number>();
  for (const sp of livePages(kvm)) {
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
