/** Invariants 1 to 11: pages, links and roots. */
import { NO_PAGING, PAE, PTE_P, TWO_LEVEL } from "../../paging.ts";
import { ENTRIES } from "../../types.ts";
import { INVALID_PAGE, type Kvm, pageOf } from "../kvm.ts";
import { isInvalid, roleGlevels, roleLevel, roleQuadrant } from "../role.ts";
import type { ShadowPage } from "../shadow-page.ts";
import { invariant, type Report } from "./invariant.ts";
import { type AuditView, childAt, isPresentAt } from "./view.ts";

const SLOT = ENTRIES - 1;

function inv1({ kvm, live }: AuditView, report: Report): void {
  const { pages, buckets, hashMask } = kvm;
  let before: ShadowPage | null = null;
  for (const sp of live) {
    if (!sp.live) report(sp, -1, "active but not live");
    if (sp.activePrev !== before) report(sp, -1, "the active list is broken here");
    before = sp;
  }
  let liveCount = 0;
  for (const sp of pages) {
    if (!sp.live) continue;
    liveCount++;
    let found = 0;
    let guard = 0;
    for (
      let at = buckets[sp.gfn & hashMask];
      at !== null && guard <= pages.length;
      at = at.hashNext, guard++
    ) {
      if (at === sp) found++;
    }
    if (found !== 1) report(sp, -1, `in its bucket ${found} times`);
  }
  if (liveCount !== live.length) report(null, -1, `${liveCount} pages are live, ${live.length} are active`);
  let hashed = 0;
  for (const head of buckets) {
    for (let sp = head; sp !== null && hashed <= pages.length; sp = sp.hashNext) hashed++;
  }
  if (hashed !== liveCount) report(null, -1, `${liveCount} pages are live, ${hashed} are in buckets`);
}

function inv2({ kvm, live }: AuditView, report: Report): void {
  const used = kvm.allocMmuPages - kvm.freeMmuPages;
  if (used !== live.length) report(null, -1, `quota says ${used} pages are in use, ${live.length} are`);
  const taken = kvm.pages.length - 1 - kvm.freeCount;
  if (taken !== live.length) report(null, -1, `${taken} pool pages are taken, ${live.length} are in use`);
}

function inv3({ kvm, live }: AuditView, report: Report): void {
  for (const sp of live) {
    if (isInvalid(sp.role)) continue;
    let guard = 0;
    let other = kvm.buckets[sp.gfn & kvm.hashMask];
    for (; other !== null && guard <= live.length; other = other.hashNext, guard++) {
      if (other === sp || other.gfn !== sp.gfn || other.role !== sp.role) continue;
      report(sp, -1, `gfn ${sp.gfn.toString(16)} twice in role ${sp.role.toString(16)}`);
      break;
    }
  }
}

/** Whether an entry is among the parents of a page, once. */
function isListed(kvm: Kvm, child: ShadowPage, sptep: number): boolean {
  let times = 0;
  let guard = 0;
  for (let at = child.parents; at !== 0 && guard <= kvm.next.length; at = kvm.next[at], guard++) {
    if (at === sptep) times++;
  }
  return times === 1;
}

function inv4({ kvm, live, present, first, end }: AuditView, report: Report): void {
  for (const sp of live) {
    if (roleLevel(sp.role) < 2) continue;
    for (let i = first[sp.index]; i < end[sp.index]; i++) {
      const sptep = present[i];
      const child = childAt(kvm, sptep);
      if (child === undefined || !child.live) report(sp, sptep & SLOT, "points to no live page");
      else if (roleLevel(child.role) !== roleLevel(sp.role) - 1) {
        report(sp, sptep & SLOT, "points to a wrong level");
      } else if (!isListed(kvm, child, sptep)) {
        report(sp, sptep & SLOT, `is not once among the parents of sp ${child.index.toString(16)}`);
      }
    }
  }
}

function inv5({ kvm, live }: AuditView, report: Report): void {
  const { next, pages } = kvm;
  for (const sp of live) {
    let guard = 0;
    for (let sptep = sp.parents; sptep !== 0 && guard <= next.length; sptep = next[sptep], guard++) {
      const parent = pages[sptep >>> 9];
      if (!parent.live || roleLevel(parent.role) < 2) {
        report(sp, -1, `parent ${parent.index.toString(16)} holds no links`);
      } else if (!isPresentAt(kvm, sptep) || childAt(kvm, sptep) !== sp) {
        report(sp, -1, `entry ${sptep & SLOT} of parent ${parent.index.toString(16)} points elsewhere`);
      }
    }
  }
}

function inv6({ kvm, live, first, end }: AuditView, report: Report): void {
  const { next, prev } = kvm;
  for (const sp of live) {
    let before = 0;
    for (let sptep = sp.parents; sptep !== 0; sptep = next[sptep]) {
      if (prev[sptep] !== before) {
        report(sp, -1, `its list of parents is broken at entry ${sptep & SLOT} of sp ${sptep >>> 9}`);
        break;
      }
      before = sptep;
    }
    const present = end[sp.index] - first[sp.index];
    if (present !== sp.present) report(sp, -1, `${present} entries are present, counted ${sp.present}`);
  }
}

function inv7({ live }: AuditView, report: Report): void {
  for (const sp of live) {
    const limit = roleGlevels(sp.role) >= PAE ? 1 : 2 ** roleLevel(sp.role);
    if (roleQuadrant(sp.role) >= limit) report(sp, -1, `quadrant ${roleQuadrant(sp.role)}`);
  }
}

function inv8({ kvm, live }: AuditView, report: Report): void {
  for (const sp of live) {
    if (!isInvalid(sp.role)) continue;
    if (sp.rootCount === 0) report(sp, -1, "invalid without being a root");
    if (sp.parents !== 0) report(sp, -1, "invalid with parents");
    if (!kvm.requestMmuReload) report(sp, -1, "invalid, and no reload is requested");
  }
}

/** Pool index of the root in a slot of pae_root, -1 for none. */
function rootIndex({ spt, rootLoaded, shadowPfn }: Kvm, slot: number): number {
  const lo = spt[slot * 2];
  return rootLoaded && lo !== 0 ? (lo >>> 12) - shadowPfn : -1;
}

function inv9({ kvm }: AuditView, report: Report): void {
  const [a, b, c, d] = [0, 1, 2, 3].map((slot) => rootIndex(kvm, slot));
  for (const sp of kvm.pages) {
    const i = sp.index;
    const named = (a === i ? 1 : 0) + (b === i ? 1 : 0) + (c === i ? 1 : 0) + (d === i ? 1 : 0);
    if (sp.rootCount !== named) report(sp, -1, `root count ${sp.rootCount}, but ${named} slots name it`);
  }
}

function inv10({ kvm }: AuditView, report: Report): void {
  if (!kvm.rootLoaded) return;
  const { rootLevel, pdptes } = kvm.walker;
  for (let i = 0; i < 4; i++) {
    const lo = kvm.spt[i * 2];
    if (lo === 0) {
      if (rootLevel !== PAE || (pdptes[i * 2] & PTE_P) !== 0) report(null, i, "the root is missing");
      continue;
    }
    const sp = pageOf(kvm, lo);
    if (sp === undefined || roleLevel(sp.role) !== 2 || roleGlevels(sp.role) !== rootLevel) {
      report(sp ?? null, i, "is no root of this mode");
    } else if ((rootLevel === TWO_LEVEL || rootLevel === NO_PAGING) && roleQuadrant(sp.role) !== i) {
      report(sp, i, `has quadrant ${roleQuadrant(sp.role)}`);
    }
  }
}

function inv11({ kvm }: AuditView, report: Report): void {
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
