/** Invariants 1 to 11: pages, links and roots. */
import { NO_PAGING, PAE, PTE_P, TWO_LEVEL } from "../../paging.ts";
import { INVALID_PAGE, isPresent, type Kvm, pageOf } from "../kvm.ts";
import { isInvalid, roleGlevels, roleLevel, roleQuadrant } from "../role.ts";
import type { ShadowPage } from "../shadow-page.ts";
import { eachPresent, invariant, listOf, livePages, type Report } from "./invariant.ts";

function inv1(kvm: Kvm, report: Report): void {
  const active = livePages(kvm);
  const onList = new Set(active);
  if (onList.size !== active.length) report(null, -1, "a page is on the active list twice");
  const inBuckets = new Map<ShadowPage, number>();
  kvm.buckets.forEach((head, bucket) => {
    let guard = 0;
    for (let sp = head; sp !== null && guard <= kvm.pages.length; sp = sp.hashNext, guard++) {
      inBuckets.set(sp, (inBuckets.get(sp) ?? 0) + 1);
      if ((sp.gfn & kvm.hashMask) !== bucket) report(sp, -1, `in bucket ${bucket}`);
    }
  });
  for (const sp of kvm.pages.slice(1)) {
    const buckets = inBuckets.get(sp) ?? 0;
    if (sp.live !== onList.has(sp)) report(sp, -1, sp.live ? "live but not active" : "active but not live");
    if (buckets !== (sp.live ? 1 : 0)) report(sp, -1, `in ${buckets} buckets`);
  }
}

function inv2(kvm: Kvm, report: Report): void {
  const live = livePages(kvm).length;
  const used = kvm.allocMmuPages - kvm.freeMmuPages;
  if (used !== live) report(null, -1, `quota says ${used} pages are in use, ${live} are`);
  const taken = kvm.pages.length - 1 - kvm.freeCount;
  if (taken !== live) report(null, -1, `${taken} pool pages are taken, ${live} are in use`);
}

function inv3(kvm: Kvm, report: Report): void {
  const seen = new Set<string>();
  for (const sp of livePages(kvm)) {
    if (isInvalid(sp.role)) continue;
    const key = `${sp.gfn}/${sp.role}`;
    if (seen.has(key)) report(sp, -1, `gfn ${sp.gfn.toString(16)} twice in role ${sp.role.toString(16)}`);
    seen.add(key);
  }
}

function inv4(kvm: Kvm, report: Report): void {
  for (const sp of livePages(kvm)) {
    if (roleLevel(sp.role) < 2) continue;
    eachPresent(kvm, sp, (index, sptep, lo) => {
      const child = pageOf(kvm, lo);
      if (child === undefined || !child.live) report(sp, index, "points to no live page");
      else if (roleLevel(child.role) !== roleLevel(sp.role) - 1) report(sp, index, "points to a wrong level");
      else if (listOf(kvm, child.parents).filter((parent) => parent === sptep).length !== 1) {
        report(sp, index, `is not once among the parents of sp ${child.index}`);
      }
    });
  }
}

function inv5(kvm: Kvm, report: Report): void {
  for (const sp of livePages(kvm)) {
    for (const sptep of listOf(kvm, sp.parents)) {
      const parent = kvm.pages[sptep >>> 9];
      const lo = kvm.spt[sptep * 2];
      if (!parent.live || roleLevel(parent.role) < 2) report(sp, -1, `parent ${parent.index} holds no links`);
      else if (!isPresent(lo, kvm.spt[sptep * 2 + 1]) || pageOf(kvm, lo) !== sp) {
        report(sp, -1, `entry ${sptep & 511} of parent ${parent.index} points elsewhere`);
      }
    }
  }
}

function inv6(kvm: Kvm, report: Report): void {
  for (const sp of livePages(kvm)) {
    let before = 0;
    for (const sptep of listOf(kvm, sp.parents)) {
      if (kvm.prev[sptep] !== before) report(sp, -1, `its list of parents is broken at sptep ${sptep}`);
      before = sptep;
    }
    let present = 0;
    eachPresent(kvm, sp, () => present++);
    if (present !== sp.present) report(sp, -1, `${present} entries are present, counted ${sp.present}`);
  }
}

function inv7(kvm: Kvm, report: Report): void {
  for (const sp of livePages(kvm)) {
    const limit = roleGlevels(sp.role) >= PAE ? 1 : 2 ** roleLevel(sp.role);
    if (roleQuadrant(sp.role) >= limit) report(sp, -1, `quadrant ${roleQuadrant(sp.role)}`);
  }
}

function inv8(kvm: Kvm, report: Report): void {
  for (const sp of livePages(kvm)) {
    if (!isInvalid(sp.role)) continue;
    if (sp.rootCount === 0) report(sp, -1, "invalid without being a root");
    if (sp.parents !== 0) report(sp, -1, "invalid with parents");
    if (!kvm.requestMmuReload) report(sp, -1, "invalid, and no reload is requested");
  }
}

function inv9(kvm: Kvm, report: Report): void {
  const slots = new Map<ShadowPage, number>();
  for (let i = 0; kvm.rootLoaded && i < 4; i++) {
    const lo = kvm.spt[i * 2];
    if (lo === 0) continue;
    const sp = pageOf(kvm, lo);
    slots.set(sp, (slots.get(sp) ?? 0) + 1);
  }
  for (const sp of kvm.pages) {
    const named = slots.get(sp) ?? 0;
    if (sp.rootCount !== named) report(sp, -1, `root count ${sp.rootCount}, but ${named} slots name it`);
  }
}

function inv10(kvm: Kvm, report: Report): void {
  if (!kvm.rootLoaded) return;
  const { rootLevel, pdptes } = kvm.walker;
  for (let i = 0; i < 4; i++) {
    const lo = kvm.spt[i * 2];
    if (lo === 0) {
      if (rootLevel !== PAE || (pdptes[i * 2] & PTE_P) !== 0) report(null, i, "the root is missing");
      continue;
    }
    const sp = pageOf(kvm, lo);
    if (roleLevel(sp.role) !== 2 || roleGlevels(sp.role) !== rootLevel)
      report(sp, i, "is no root of this mode");
    if ((rootLevel === TWO_LEVEL || rootLevel === NO_PAGING) && roleQuadrant(sp.role) !== i) {
      report(sp, i, `has quadrant ${roleQuadrant(sp.role)}`);
    }
  }
}

function inv11(kvm: Kvm, report: Report): void {
  if (kvm.rootLoaded) return;
  for (let i = 0; i < 8; i++) {
    if (kvm.spt[i] !== INVALID_PAGE) report(null, i >> 1, "a slot is in use without a root");
  }
}

export const structureInvariants = [
  invariant(1, "every live page is on the active list once and in its bucket once", inv1),
  invariant(2, "the quota less what is free is the number of live pages", inv2),
  invariant(3, "no two valid pages have the same gfn and role", inv3),
  invariant(4, "every table pointer leads to a live page one level below, which knows it as a parent", inv4),
  invariant(5, "every parent of a page is an entry that points to it", inv5),
  invariant(6, "lists of parents are whole, and present entries are counted right", inv6),
  invariant(7, "quadrants fit the level, and exist only for 4-byte entries", inv7),
  invariant(8, "an invalid page is a root without parents, and a reload is requested", inv8),
  invariant(9, "a page's root count is the number of loaded slots that name it", inv9),
  invariant(
    10,
    "a loaded root slot names a level-2 page of this paging mode, or the guest has no directory",
    inv10,
  ),
  invariant(11, "while no roots are loaded all four slots are invalid", inv11),
];
