/** What can be wrong, with the sentence that is broken then. Numbers are those of the audit's invariants. */
import type { Gfn, Gva } from "../types.ts";
import type { Allowed, Forgotten } from "./oracle.ts";

export const CHECKS = {
  inv36:
    "a translation the guest gets is one that a processor may still have cached, or that its tables give now",
  inv37:
    "a page fault is one that the guest's tables give now, with that error code; never one of stale entries",
  inv38:
    "A is set in every entry on the path before an access is seen, and D in the last one before a store is",
  gp: "MOV to a control register raises #GP for a malformed PDPTE, and only then",
  slots: "an access reaches the memory that backs its frame now, and a store only what may be written",
  log: "the dirty log has every frame that was stored to",
  audit: "the shadow structures agree with each other and with the guest's tables",
  crash: "the MMU never gives up",
} as const;
export type CheckName = keyof typeof CHECKS;

/** What an access came to. */
export interface Outcome {
  /** The frame, FAULT or STRAY. */
  readonly gfn: Gfn;
  readonly error: number;
}

export interface Violation {
  readonly check: CheckName;
  /** Index of the op. */
  readonly step: number;
  /** What happened, for those that are not about an access. */
  readonly detail: string;
  /** The access that went wrong; null if it was none. */
  readonly access: {
    readonly gva: Gva;
    readonly access: number;
    readonly got: Outcome;
    readonly allowed: readonly Allowed[];
    /** When the translation was last made, as a step, and what dropped it. */
    readonly forgotten: (Forgotten & { readonly madeStep: number; readonly dropStep: number }) | null;
  } | null;
}
