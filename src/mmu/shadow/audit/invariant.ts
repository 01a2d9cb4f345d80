/**
 * What an audit is made of: a sentence about the structures, and a function that looks for counterexamples.
 */
import { isPresent, type Kvm } from "../kvm.ts";
import type { ShadowPage } from "../shadow-page.ts";

export interface Violation {
  /** As numbered in shadow-mmu.md, section 4.4: "INV-16". */
  readonly invariant: string;
  readonly sentence: string;
  /** Pool index of the shadow page, 0 if it is about none. */
  readonly sp: number;
  /** Entry of that page, -1 if it is about the whole. */
  readonly entry: number;
  readonly detail: string;
}

/** Notes one counterexample. */
export type Report = (sp: ShadowPage | null, entry: number, detail: string) => void;

/** When an invariant may be asked for: at each quiescent point, or only right after an event. */
export type When = "always" | "after a CR0 or CR4 write" | "after a CR3 load";

export interface Invariant {
  readonly id: string;
  readonly sentence: string;
  readonly when: When;
  readonly check: (kvm: Kvm, report: Report) => void;
}

export function invariant(
  id: number,
  sentence: string,
  check: Invariant["check"],
  when: When = "always",
): Invariant {
  return { id: `INV-${id}`, sentence, when, check };
}

/** All live pages, in the order of the active list; stops if the list is a ring. */
export function livePages(kvm: Kvm): ShadowPage[] {
  const found: ShadowPage[] = [];
  for (let sp = kvm.activeHead; sp !== null && found.length <= kvm.pages.length; sp = sp.activeNext) {
    found.push(sp);
  }
  return found;
}

/** Calls back for each present entry of a page with its index, sptep and value. */
export function eachPresent(
  kvm: Kvm,
  sp: ShadowPage,
  see: (index: number, sptep: number, lo: number, hi: number) => void,
): void {
  for (let index = 0; index < 512; index++) {
    const sptep = sp.index * 512 + index;
    const lo = kvm.spt[sptep * 2];
    const hi = kvm.spt[sptep * 2 + 1];
    if (isPresent(lo, hi)) see(index, sptep, lo, hi);
  }
}

/** The members of an intrusive list that starts at `head`; stops if the list is a ring. */
export function listOf(kvm: Kvm, head: number): number[] {
  const found: number[] = [];
  for (let sptep = head; sptep !== 0 && found.length <= kvm.next.length; sptep = kvm.next[sptep]) {
    found.push(sptep);
  }
  return found;
}
