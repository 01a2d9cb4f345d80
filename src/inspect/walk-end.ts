/** Where a walk ends for one access, and which level denies it. SDM: volume 3, 4.6 (access rights). */
import type { GuestWalker } from "../mmu/guest-walker.ts";
import {
  ACC_ALL,
  ACC_EXEC,
  ACC_USER,
  ACC_WRITE,
  CR0_WP,
  CR4_PSE,
  frameOf,
  NO_PAGING,
  PAE,
  PTE_NX_HI,
  PTE_P,
  PTE_PS,
  PTE_RW,
  PTE_US,
  paeLargeFrame,
  paeReserved,
  pse36Frame,
  pse36Reserved,
} from "../mmu/paging.ts";
import type { Kvm } from "../mmu/shadow/kvm.ts";
import type { Gfn } from "../mmu/types.ts";
import type { TranslateWish, WalkEnd } from "./translate-view.ts";
import type { ShadowWalk, WalkStep } from "./translation.ts";

const ALLOWED = "allowed";
/** PDPTEs have no rights and are read from the processor, not from memory. SDM: volume 3, 4.4.1. */
const PDPTE_LEVEL = 3;

/** A walk of the guest's own tables, as far as it gets, for the access that is asked about. */
export function guestEnd(walker: GuestWalker, steps: readonly WalkStep[], wish: TranslateWish): WalkEnd {
  if (walker.rootLevel === NO_PAGING) {
    return { steps, gfn: wish.gva >>> 12, verdict: ALLOWED, allowed: true };
  }
  const frame = leafFrame(walker, steps, wish.gva);
  const end = (verdict: string): WalkEnd => ({ steps, gfn: frame, verdict, allowed: verdict === ALLOWED });
  const denials: string[] = [];
  for (const step of steps) {
    const missing = whyMissing(walker, step);
    // KVM: checks the rights of each level before it reads the next.
    if (missing !== null) return end(!walker.sdm && denials.length > 0 ? denials[0] : missing);
    const denied = step.level === PDPTE_LEVEL ? null : denial(guestRights(walker, step), wish, walker.cr0);
    if (denied !== null) denials.push(`${denied} at level ${step.level}`);
  }
  return end(denials[0] ?? ALLOWED);
}

const guestRights = (walker: GuestWalker, { lo, hi }: WalkStep): number => walker.entryAccess(lo, hi);

/** Why an entry ends the walk whatever the access; null if it does not. */
function whyMissing(walker: GuestWalker, step: WalkStep): string | null {
  const { level, table, lo, hi } = step;
  if (level !== PDPTE_LEVEL && walker.memory.pfn(table) < 0)
    return `no memory for the table at level ${level}`;
  if ((lo & PTE_P) === 0) return `not present at level ${level}`;
  if (level === PDPTE_LEVEL || !walker.sdm) return null;
  const large = isLarge(walker, step);
  const reserved =
    walker.rootLevel === PAE ? paeReserved(lo, hi, large, walker.nxEnabled()) : large && pse36Reserved(lo);
  return reserved ? `reserved bit at level ${level}` : null;
}

function isLarge({ rootLevel, cr4 }: GuestWalker, { level, lo }: WalkStep): boolean {
  return level === 2 && (lo & PTE_PS) !== 0 && (rootLevel === PAE || (cr4 & CR4_PSE) !== 0);
}

/** The frame that the last entry names, whoever may use it; -1 if the walk does not get there. */
function leafFrame(walker: GuestWalker, steps: readonly WalkStep[], gva: number): Gfn | -1 {
  const last = steps[steps.length - 1];
  if (last === undefined || steps.some((step) => whyMissing(walker, step) !== null)) return -1;
  if (last.level === 1) return frameOf(last.lo, last.hi);
  if (!isLarge(walker, last)) return -1;
  return walker.rootLevel === PAE ? paeLargeFrame(last.lo, last.hi, gva) : pse36Frame(last.lo, gva);
}

/**
 * What one entry forbids, or null. It is enough that one of the path does. Without SMEP and SMAP a supervisor may use
 * pages of users.
 */
function denial(rights: number, { access, user }: TranslateWish, cr0: number): string | null {
  if (user && (rights & ACC_USER) === 0) return "supervisor only";
  if (access === "write" && (rights & ACC_WRITE) === 0 && (user || (cr0 & CR0_WP) !== 0)) return "read-only";
  return access === "fetch" && (rights & ACC_EXEC) === 0 ? "no execute" : null;
}

/** A walk of the shadow tables, as the processor makes it: KVM keeps CR0.WP and EFER.NXE on. */
export function shadowEnd(kvm: Kvm, { steps, gfn }: ShadowWalk, wish: TranslateWish): WalkEnd {
  const end = (verdict: string): WalkEnd => ({ steps, gfn, verdict, allowed: verdict === ALLOWED });
  if (!kvm.rootLoaded) return end("no roots are loaded");
  const last = steps[steps.length - 1];
  if (last.kind === "trap") return end(`trap at level ${last.level}`);
  if (last.kind === "absent") return end(`not present at level ${last.level}`);
  for (const { level, lo, hi } of steps) {
    const denied = level === PDPTE_LEVEL ? null : denial(spteRights(lo, hi), wish, CR0_WP);
    if (denied !== null) return end(`${denied} at level ${level}`);
  }
  return end(ALLOWED);
}

function spteRights(lo: number, hi: number): number {
  const more = (lo & (PTE_RW | PTE_US)) | ((hi & PTE_NX_HI) === 0 ? ACC_EXEC : 0);
  return more & ACC_ALL;
}
