/** Invariants 16 to 22 and 28: write protection, and agreement with the guest's tables. */
import {
  ACC_EXEC,
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
import { ENTRIES } from "../../types.ts";
import type { Kvm } from "../kvm.ts";
import { isDirect, isInvalid, roleAccess, roleGlevels, roleLevel } from "../role.ts";
import type { ShadowPage } from "../shadow-page.ts";
import { invariant, type Report } from "./invariant.ts";
import { type AuditView, childAt, gpteAt, gpteHiAt } from "./view.ts";

const SLOT = ENTRIES - 1;

function inv16({ kvm, tables }: AuditView, report: Report): void {
  const { rmap, next, spt } = kvm;
  for (const sp of tables) {
    if (sp.unsync) continue;
    let guard = 0;
    for (let sptep = rmap[sp.gfn]; sptep !== 0 && guard <= next.length; sptep = next[sptep], guard++) {
      if ((spt[sptep * 2] & PTE_RW) === 0) continue;
      report(
        sp,
        -1,
        `in sync, but entry ${sptep & SLOT} of sp ${(sptep >>> 9).toString(16)} maps it writable`,
      );
    }
  }
}

function inv17({ live }: AuditView, report: Report): void {
  for (const sp of live) {
    if (!sp.unsync) continue;
    if (roleLevel(sp.role) !== 1 || isDirect(sp.role) || isInvalid(sp.role)) report(sp, -1, "unsync");
  }
}

/** With `unsyncRoles` all level-1 shadows of a table may be out of sync at once, but none may be of another level. */
function inv18({ kvm, live }: AuditView, report: Report): void {
  const severalRoles = kvm.policy.unsyncRoles;
  for (const sp of live) {
    if (!sp.unsync) continue;
    for (const other of live) {
      if (other === sp || other.gfn !== sp.gfn || isDirect(other.role)) continue;
      if (severalRoles && (roleLevel(other.role) === 1 || isInvalid(other.role))) continue;
      report(sp, -1, `unsync, and sp ${other.index.toString(16)} shadows the same table`);
      break;
    }
  }
}

function inv19({ kvm, live }: AuditView, report: Report): void {
  if (!kvm.bypass) return;
  for (const sp of live) {
    if (!sp.unsync) continue;
    for (let i = 0; i < ENTRIES; i++) {
      if (kvm.spt[(sp.index * ENTRIES + i) * 2] === 0) report(sp, i, "unsync with a notrap entry");
    }
  }
}

function inv20({ kvm, tables }: AuditView, report: Report): void {
  if (!kvm.bypass) return;
  const { spt } = kvm;
  const { i32 } = kvm.memory.linear;
  for (const sp of tables) {
    if (sp.unsync) continue;
    // Entries lie one after the other, but for directories of 4-byte entries, where two share one.
    const narrow = roleGlevels(sp.role) === TWO_LEVEL;
    const shift = !narrow ? 1 : roleLevel(sp.role) === 1 ? 0 : -1;
    const table = gpteAt(kvm, sp, 0);
    const first = sp.index * ENTRIES;
    for (let i = 0; i < ENTRIES; i++) {
      if (spt[(first + i) * 2] !== 0) continue;
      const gpte = i32[table + (shift < 0 ? i >> 1 : i << shift)];
      if ((gpte & PTE_P) !== 0) report(sp, i, "notrap, but the guest's entry is present");
    }
  }
}

function inv21({ kvm, tables, present, first, end }: AuditView, report: Report): void {
  for (const sp of tables) {
    if (sp.unsync || roleLevel(sp.role) !== 1) continue;
    for (let i = first[sp.index]; i < end[sp.index]; i++) checkLeaf(kvm, sp, present[i], report);
  }
}

function checkLeaf(kvm: Kvm, sp: ShadowPage, sptep: number, report: Report): void {
  const { walker, memory, spt } = kvm;
  const index = sptep & SLOT;
  const at = gpteAt(kvm, sp, index);
  const gpte = memory.linear.i32[at];
  const gpteHi = gpteHiAt(kvm, sp, at);
  const lo = spt[sptep * 2];
  if ((gpte & PTE_P) === 0 || (gpte & PTE_A) === 0) report(sp, index, "the guest's entry lacks P or A");
  else if (memory.unalias(frameOf(gpte, gpteHi)) !== kvm.gfns[sptep]) {
    report(sp, index, "the guest's entry maps another frame");
  }
  const allowed = roleAccess(sp.role) & walker.entryAccess(gpte, gpteHi);
  const wide = (lo & PTE_US & ~allowed) !== 0 || (spt[sptep * 2 + 1] >= 0 && (allowed & ACC_EXEC) === 0);
  // KVM: EFER.NXE may have changed under its pages.
  if (wide && walker.sdm) report(sp, index, "grants U or X that the guest does not");
  if (kvm.wpHoles || (lo & PTE_RW) === 0) return;
  if ((allowed & ACC_WRITE) === 0) report(sp, index, "grants W that the guest does not");
  else if ((gpte & PTE_D) === 0) report(sp, index, "grants W before the guest's entry has D");
}

function inv22({ kvm, tables, present, first, end }: AuditView, report: Report): void {
  // KVM: its roles do not record CR4.PSE, EFER.NXE and the rights of a large entry.
  if (!kvm.walker.sdm) return;
  for (const sp of tables) {
    if (roleLevel(sp.role) !== 2) continue;
    for (let i = first[sp.index]; i < end[sp.index]; i++) checkLink(kvm, sp, present[i], report);
  }
}

function checkLink(kvm: Kvm, sp: ShadowPage, sptep: number, report: Report): void {
  const { walker, memory } = kvm;
  const index = sptep & SLOT;
  const child = childAt(kvm, sptep);
  // A pointer to nothing is for INV-4.
  if (child === undefined) return;
  const at = gpteAt(kvm, sp, index);
  const gpde = memory.linear.i32[at];
  const gpdeHi = gpteHiAt(kvm, sp, at);
  const pse = roleGlevels(sp.role) !== TWO_LEVEL || (walker.cr4 & CR4_PSE) !== 0;
  const large = (gpde & PTE_PS) !== 0 && pse;
  if ((gpde & PTE_P) === 0 || (gpde & PTE_A) === 0) report(sp, index, "the guest's entry lacks P or A");
  const frame = frameOf(gpde, gpdeHi);
  if ((large ? frame : memory.unalias(frame)) !== child.gfn) {
    report(sp, index, "the guest's entry names another table");
  }
  if (large !== isDirect(child.role)) report(sp, index, "direct, or not, against the guest's entry");
  const granted = walker.entryAccess(gpde, gpdeHi);
  const rights = large && (gpde & PTE_D) === 0 ? granted & ~ACC_WRITE : granted;
  const given = roleAccess(child.role);
  if (given === rights) return;
  // Modern KVM does not look at D bits that the walker sets: the link is made again when it is used next.
  if (kvm.policy.zapOnWrite && large && given === (rights & ~ACC_WRITE)) return;
  report(sp, index, "the child has other rights than the entry grants");
}

function inv28({ kvm, tables, present, first, end }: AuditView, report: Report): void {
  for (const sp of tables) {
    if (roleLevel(sp.role) !== 1 || sp.unsync || !sp.global) continue;
    for (let i = first[sp.index]; i < end[sp.index]; i++) {
      const index = present[i] & SLOT;
      if ((kvm.memory.linear.i32[gpteAt(kvm, sp, index)] & PTE_G) === 0) {
        report(sp, index, "global with a leaf that is not");
      }
    }
  }
}

export const agreementInvariants = [
  invariant(16, "the frame of a table that is in sync is mapped writable nowhere", inv16),
  invariant(17, "only valid level-1 tables are out of sync", inv17),
  invariant(
    18,
    "a table that is out of sync has no other shadow, or none of another level if roles may share",
    inv18,
  ),
  invariant(19, "a table that is out of sync traps on every miss", inv19),
  invariant(20, "a notrap entry of a table in sync stands for an entry that is not present", inv20),
  invariant(21, "a leaf of a table in sync grants what the guest's entry does, and no more", inv21),
  invariant(22, "a link agrees with the guest's directory entry", inv22),
  invariant(28, "a global page in sync has only leaves of global entries", inv28),
];
