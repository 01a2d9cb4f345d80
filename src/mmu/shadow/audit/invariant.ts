/**
 * What an audit is made of: a sentence about the structures, and a function that looks for counterexamples.
 */
import type { ShadowPage } from "../shadow-page.ts";
import type { AuditView } from "./view.ts";

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
  readonly check: (view: AuditView, report: Report) => void;
}

export function invariant(
  id: number,
  sentence: string,
  check: Invariant["check"],
  when: When = "always",
): Invariant {
  return { id: `INV-${id}`, sentence, when, check };
}
