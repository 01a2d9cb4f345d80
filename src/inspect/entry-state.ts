/** How a shadow entry compares with the guest's entry that it was made from. */
import { digits } from "../common/hex.ts";
import {
  ACC_EXEC,
  ACC_USER,
  ACC_WRITE,
  CR0_WP,
  CR4_PSE,
  frameOf,
  PTE_A,
  PTE_D,
  PTE_NX_HI,
  PTE_P,
  PTE_PS,
  PTE_RW,
  PTE_US,
  TWO_LEVEL,
} from "../mmu/paging.ts";
import { gpteAt, gpteHiAt } from "../mmu/shadow/audit/view.ts";
import { isPresent, type Kvm, lookupPage, pageOf } from "../mmu/shadow/kvm.ts";
import { isDirect, roleAccess, roleGlevels, roleLevel } from "../mmu/shadow/role.ts";
import type { ShadowPage } from "../mmu/shadow/shadow-page.ts";
import { ENTRIES } from "../mmu/types.ts";
import type { EntryState } from "./page-view.ts";

export interface EntryComparison {
  readonly state: EntryState;
  /** In words, such as "same", "D not set", "STALE gfn", "STALE gone", "not used yet". */
  readonly text: string;
}

/** The two halves of an entry; `hi` is 0 where entries have 4 bytes. */
export interface EntryWords {
  readonly lo: number;
  readonly hi: number;
}

const NOTHING: EntryWords = { lo: 0, hi: 0 };

/** The guest's entry behind an entry of a page; nothing for a direct page, or where the table has no memory. */
export function guestEntry(kvm: Kvm, sp: ShadowPage, index: number): EntryWords {
  if (isDirect(sp.role) || kvm.memory.pfn(sp.gfn) < 0) return NOTHING;
  const at = gpteAt(kvm, sp, index);
  return { lo: kvm.memory.linear.i32[at], hi: gpteHiAt(kvm, sp, at) };
}

/** Null for an entry that is empty on both sides. */
export function compareEntry(kvm: Kvm, sp: ShadowPage, index: number): EntryComparison | null {
  const sptep = sp.index * ENTRIES + index;
  const [lo, hi] = [kvm.spt[sptep * 2], kvm.spt[sptep * 2 + 1]];
  const guest = guestEntry(kvm, sp, index);
  if (!isPresent(lo, hi)) {
    return (guest.lo & PTE_P) === 0 ? null : { state: "unused", text: "not used yet" };
  }
  if (roleLevel(sp.role) > 1) return compareLink(kvm, sp, lo, guest);
  if (isDirect(sp.role)) return { state: "same", text: "direct" };
  const why = staleness(kvm, sp, sptep, guest);
  if (why !== null) return { state: why === "gone" ? "gone" : "stale", text: `STALE ${why}` };
  const less = whatLacks(kvm, sp, sptep, guest);
  if (less !== null) return { state: "less", text: less };
  return { state: "same", text: isHole(kvm, sp, lo, guest) ? "same, W as CR0.WP is 0" : "same" };
}

function compareLink(kvm: Kvm, sp: ShadowPage, link: number, guest: EntryWords): EntryComparison {
  const child = pageOf(kvm, link);
  const name = `-> sp ${digits(child.index, 3)}`;
  if (isDirect(sp.role)) return { state: "same", text: name };
  if ((guest.lo & PTE_P) === 0) return { state: "gone", text: `STALE gone ${name}` };
  const large =
    (guest.lo & PTE_PS) !== 0 && (roleGlevels(sp.role) !== TWO_LEVEL || (kvm.walker.cr4 & CR4_PSE) !== 0);
  const frame = frameOf(guest.lo, guest.hi);
  const same = large === isDirect(child.role) && (large ? frame : kvm.memory.unalias(frame)) === child.gfn;
  return same ? { state: "same", text: name } : { state: "stale", text: `STALE gfn ${name}` };
}

/**
 * Why a present leaf of a level-1 page does not say what the guest's entry says now: a word, or null if it does. Less
 * than the guest allows is no staleness: the next access asks again.
 */
export function staleness(kvm: Kvm, sp: ShadowPage, sptep: number, guest: EntryWords): string | null {
  const [lo, hi] = [kvm.spt[sptep * 2], kvm.spt[sptep * 2 + 1]];
  if ((guest.lo & PTE_P) === 0) return "gone";
  if (kvm.memory.unalias(frameOf(guest.lo, guest.hi)) !== kvm.gfns[sptep]) return "gfn";
  if ((guest.lo & PTE_A) === 0) return "A";
  if (kvm.walker.leafReserved(guest.lo, guest.hi)) return "reserved bits";
  const rights = rightsOf(kvm, sp, guest);
  if ((lo & PTE_US) !== 0 && (rights & ACC_USER) === 0) return "U";
  if ((lo & PTE_RW) !== 0 && !isHole(kvm, sp, lo, guest)) {
    if ((rights & ACC_WRITE) === 0) return "W";
    if ((guest.lo & PTE_D) === 0) return "D";
  }
  return (rights & ACC_EXEC) === 0 && (hi & PTE_NX_HI) === 0 ? "NX" : null;
}

/** What the guest's path allows: above the table, and by the entry itself. */
const rightsOf = (kvm: Kvm, sp: ShadowPage, { lo, hi }: EntryWords): number =>
  roleAccess(sp.role) & kvm.walker.entryAccess(lo, hi);

/**
 * The entry lets a supervisor write a read-only page, as it may with CR0.WP clear. KVM: leaves U in such an entry; the
 * sdm model takes it away.
 */
function isHole(kvm: Kvm, sp: ShadowPage, lo: number, guest: EntryWords): boolean {
  const { walker, wpHoles } = kvm;
  const open = wpHoles && (walker.cr0 & CR0_WP) === 0 && (lo & PTE_RW) !== 0;
  if (!open || (rightsOf(kvm, sp, guest) & ACC_WRITE) !== 0) return false;
  return !walker.sdm || (lo & PTE_US) === 0;
}

/** What the guest's entry allows and the shadow entry does not, and why if that is known; null for nothing. */
function whatLacks(kvm: Kvm, sp: ShadowPage, sptep: number, guest: EntryWords): string | null {
  const [lo, hi] = [kvm.spt[sptep * 2], kvm.spt[sptep * 2 + 1]];
  const rights = rightsOf(kvm, sp, guest);
  if ((rights & ACC_WRITE) !== 0 && (lo & PTE_RW) === 0) {
    if ((guest.lo & PTE_D) === 0) return "D not set";
    if (lookupPage(kvm, kvm.gfns[sptep])?.unsync === false) return "read-only: a table";
    return kvm.memory.isReadOnly(kvm.gfns[sptep]) ? "read-only memory" : "W not used yet";
  }
  if ((rights & ACC_USER) !== 0 && (lo & PTE_US) === 0) return "U not used yet";
  return (rights & ACC_EXEC) !== 0 && (hi & PTE_NX_HI) !== 0 ? "X not used yet" : null;
}
