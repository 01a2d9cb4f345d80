/** Invariants 16 to 35: write protection, agreement with guest tables, and who is out of sync. */
import {
  ACC_WRITE,
  CR4_PSE,
  frameOf,
  PTE_A,
  PTE_D,
  PTE_G,
  PTE_P,
  PTE_PS,
  PTE_RW,
  PTE_US,
  TWO_LEVEL,
} from "../../paging.ts";
import { type Kvm, pageOf } from "../kvm.ts";
import { isDirect, isInvalid, roleAccess, roleGlevels, roleLevel, roleQuadrant } from "../role.ts";
import type { ShadowPage } from "../shadow-page.ts";
import { eachPresent, invariant, listOf, livePages, type Report } from "./invariant.ts";

/** Valid pages that shadow a guest table in memory. */
function tables(kvm: Kvm): ShadowPage[] {
  return livePages(kvm).filter(
    (sp) => !isInvalid(sp.role) && !isDirect(sp.role) && kvm.memory.pfn(sp.gfn) >= 0,
  );
}

function oosList(kvm: Kvm): ShadowPage[] {
  const found: ShadowPage[] = [];
  for (let sp = kvm.oosGlobalPages; sp !== null && found.length <= kvm.pages.length; sp = sp.oosNext) {
    found.push(sp);
  }
  return found;
}

/** The guest entry that an entry of a page stands for, as [lo, hi]. */
function gpteOf(kvm: Kvm, sp: ShadowPage, index: number): [number, number] {
  if (roleGlevels(sp.role) !== TWO_LEVEL) {
    return [kvm.memory.read32(sp.gfn, index * 8), kvm.memory.read32(sp.gfn, index * 8 + 4)];
  }
  const at =
    roleLevel(sp.role) === 1
      ? roleQuadrant(sp.role) * 512 + index
      : roleQuadrant(sp.role) * 256 + (index >> 1);
  return [kvm.memory.read32(sp.gfn, at * 4), 0];
}

function inv16(kvm: Kvm, report: Report): void {
  for (const sp of tables(kvm)) {
    if (sp.unsync) continue;
    for (const sptep of listOf(kvm, kvm.rmap[sp.gfn])) {
      if ((kvm.spt[sptep * 2] & PTE_RW) === 0) continue;
      report(sp, -1, `in sync, but entry ${sptep & 511} of sp ${sptep >>> 9} maps it writable`);
    }
  }
}

function inv17(kvm: Kvm, report: Report): void {
  for (const sp of kvm.pages) {
    if (!sp.live || !sp.unsync) continue;
    if (roleLevel(sp.role) !== 1 || isDirect(sp.role) || isInvalid(sp.role)) report(sp, -1, "unsync");
  }
}

function inv18(kvm: Kvm, report: Report): void {
  const pages = livePages(kvm).filter((sp) => !isDirect(sp.role));
  for (const sp of pages) {
    if (!sp.unsync) continue;
    const other = pages.find((page) => page !== sp && page.gfn === sp.gfn);
    if (other !== undefined) report(sp, -1, `unsync, and sp ${other.index} shadows the same table`);
  }
}

function inv19(kvm: Kvm, report: Report): void {
  if (!kvm.bypass) return;
  for (const sp of livePages(kvm)) {
    if (!sp.unsync) continue;
    for (let i = 0; i < 512; i++) {
      if (kvm.spt[(sp.index * 512 + i) * 2] === 0) report(sp, i, "unsync with a notrap entry");
    }
  }
}

function inv20(kvm: Kvm, report: Report): void {
  if (!kvm.bypass) return;
  for (const sp of tables(kvm)) {
    if (sp.unsync) continue;
    for (let i = 0; i < 512; i++) {
      if (kvm.spt[(sp.index * 512 + i) * 2] !== 0) continue;
      if ((gpteOf(kvm, sp, i)[0] & PTE_P) !== 0) report(sp, i, "notrap, but the guest's entry is present");
    }
  }
}

function inv21(kvm: Kvm, report: Report): void {
  for (const sp of tables(kvm)) {
    if (sp.unsync || roleLevel(sp.role) !== 1) continue;
    eachPresent(kvm, sp, (index, sptep, lo, hi) => {
      const [gpte, gpteHi] = gpteOf(kvm, sp, index);
      if ((gpte & PTE_P) === 0 || (gpte & PTE_A) === 0) report(sp, index, "the guest's entry lacks P or A");
      else if (kvm.memory.unalias(frameOf(gpte, gpteHi)) !== kvm.gfns[sptep])
        report(sp, index, "the guest's entry maps another frame");
      const allowed = roleAccess(sp.role) & kvm.walker.entryAccess(gpte, gpteHi);
      const wide = (lo & PTE_US & ~allowed) !== 0 || (hi >= 0 && (allowed & 1) === 0);
      // KVM: EFER.NXE may have changed under its pages.
      if (wide && kvm.walker.sdm) report(sp, index, "grants U or X that the guest does not");
      if (kvm.wpHoles || (lo & PTE_RW) === 0) return;
      if ((allowed & ACC_WRITE) === 0) report(sp, index, "grants W that the guest does not");
      else if ((gpte & PTE_D) === 0) report(sp, index, "grants W before the guest's entry has D");
    });
  }
}

function inv22(kvm: Kvm, report: Report): void {
  // KVM: its roles do not record CR4.PSE, EFER.NXE and the rights of a large entry.
  if (!kvm.walker.sdm) return;
  for (const sp of tables(kvm)) {
    if (roleLevel(sp.role) !== 2) continue;
    eachPresent(kvm, sp, (index, _, lo) => {
      const child = pageOf(kvm, lo);
      const [gpde, gpdeHi] = gpteOf(kvm, sp, index);
      const large =
        (gpde & PTE_PS) !== 0 && (roleGlevels(sp.role) !== TWO_LEVEL || (kvm.walker.cr4 & CR4_PSE) !== 0);
      let rights = kvm.walker.entryAccess(gpde, gpdeHi);
      if (large && (gpde & PTE_D) === 0) rights &= ~ACC_WRITE;
      if ((gpde & PTE_P) === 0 || (gpde & PTE_A) === 0) report(sp, index, "the guest's entry lacks P or A");
      const frame = frameOf(gpde, gpdeHi);
      const named = large ? frame : kvm.memory.unalias(frame);
      if (named !== child.gfn) report(sp, index, "the guest's entry names another table");
      if (large !== isDirect(child.role)) report(sp, index, "direct, or not, against the guest's entry");
      if (roleAccess(child.role) !== rights)
        report(sp, index, "the child has other rights than the entry grants");
    });
  }
}

function inv24(kvm: Kvm, report: Report): void {
  const list = oosList(kvm);
  const listed = new Set(list);
  if (listed.size !== list.length) report(null, -1, "a page is on the list twice");
  for (const sp of kvm.pages) {
    const belongs = sp.live && sp.unsync && sp.global;
    if (belongs !== listed.has(sp)) report(sp, -1, belongs ? "missing on the list" : "wrongly on the list");
  }
}

function inv25(kvm: Kvm, report: Report): void {
  const length = oosList(kvm).length;
  const { mmu_unsync_global } = kvm.stats;
  if (mmu_unsync_global !== length)
    report(null, -1, `the gauge says ${mmu_unsync_global}, the list has ${length}`);
}

function inv26(kvm: Kvm, report: Report): void {
  const count = livePages(kvm).filter((sp) => sp.unsync).length;
  if (kvm.stats.mmu_unsync !== count)
    report(null, -1, `the gauge says ${kvm.stats.mmu_unsync}, it is ${count}`);
}

function inv28(kvm: Kvm, report: Report): void {
  for (const sp of tables(kvm)) {
    if (roleLevel(sp.role) !== 1 || sp.unsync || !sp.global) continue;
    eachPresent(kvm, sp, (index) => {
      if ((gpteOf(kvm, sp, index)[0] & PTE_G) === 0) report(sp, index, "global with a leaf that is not");
    });
  }
}

function inv29(kvm: Kvm, report: Report): void {
  for (const sp of livePages(kvm)) {
    if (roleLevel(sp.role) !== 1 || roleGlevels(sp.role) !== 0) continue;
    if (sp.present > 0 && sp.global) report(sp, -1, "made without paging, has leaves, and is global");
  }
}

function inv30(kvm: Kvm, report: Report): void {
  for (const sp of livePages(kvm)) {
    if (!sp.unsync || sp.global) continue;
    for (const sptep of listOf(kvm, sp.parents)) {
      const marked = (kvm.unsyncChildBitmap[sptep >>> 5] & (1 << (sptep & 31))) !== 0;
      if (!marked || kvm.pages[sptep >>> 9].unsyncChildren === 0) {
        report(sp, -1, `unsync, and entry ${sptep & 511} of sp ${sptep >>> 9} leaves no trail`);
      }
    }
  }
}

function inv31(kvm: Kvm, report: Report): void {
  for (const sp of livePages(kvm)) {
    let bits = 0;
    for (let i = 0; i < 512; i++) {
      const sptep = sp.index * 512 + i;
      if ((kvm.unsyncChildBitmap[sptep >>> 5] & (1 << (sptep & 31))) !== 0) bits++;
    }
    if (bits !== sp.unsyncChildren)
      report(sp, -1, `counts ${sp.unsyncChildren} unsync children, marks ${bits}`);
    let skipped = 0;
    if (roleLevel(sp.role) === 2) {
      eachPresent(kvm, sp, (_index, _sptep, lo) => {
        const child = pageOf(kvm, lo);
        if (child.unsync && child.global) skipped++;
      });
    }
    if (skipped !== sp.oosGlobalChildren) {
      report(sp, -1, `counts ${sp.oosGlobalChildren} links to the global list, has ${skipped}`);
    }
  }
}

function inv32(kvm: Kvm, report: Report): void {
  for (const sp of oosList(kvm)) report(sp, -1, "still on the global list");
}

function inv33(kvm: Kvm, report: Report): void {
  for (let i = 0; kvm.rootLoaded && i < 4; i++) {
    if (kvm.spt[i * 2] === 0) continue;
    const root = pageOf(kvm, kvm.spt[i * 2]);
    eachPresent(kvm, root, (index, _, lo) => {
      const child = pageOf(kvm, lo);
      if (child.unsync && !child.global)
        report(root, index, `sp ${child.index} is reachable and still unsync`);
    });
  }
}

function inv35(kvm: Kvm, report: Report): void {
  if (kvm.policy.oosGlobal) return;
  for (const sp of livePages(kvm))
    if (sp.global) report(sp, -1, "global, though the policy has no global pages");
}

export const syncInvariants = [
  invariant(16, "the frame of a table that is in sync is mapped writable nowhere", inv16),
  invariant(17, "only valid level-1 tables are out of sync", inv17),
  invariant(18, "a table that is out of sync has no other shadow", inv18),
  invariant(19, "a table that is out of sync traps on every miss", inv19),
  invariant(20, "a notrap entry of a table in sync stands for an entry that is not present", inv20),
  invariant(21, "a leaf of a table in sync grants what the guest's entry does, and no more", inv21),
  invariant(22, "a link agrees with the guest's directory entry", inv22),
  invariant(24, "the global list holds exactly the pages that are out of sync and global", inv24),
  invariant(25, "mmu_unsync_global is the length of the global list", inv25),
  invariant(26, "mmu_unsync is the number of pages out of sync", inv26),
  invariant(28, "a global page in sync has only leaves of global entries", inv28),
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
