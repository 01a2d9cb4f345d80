/**
 * The audit: what must hold between any two guest instructions, checked over the structures themselves. KVM's own
 * audit code (AUDIT in mmu.c) had fallen behind this version: it takes legal states for errors.
 *
 * Invariants carry the numbers of shadow-mmu.md, section 4.4. Those about the guest's view (36 to 39) cannot be
 * seen in the structures: tests compare with a bare machine for them. INV-23 and INV-34 are about what events
 * leave alone, and have tests of their own.
 */
import { counterInvariants } from "./audit/counters.ts";
import { type Invariant, invariant, livePages, type Violation, type When } from "./audit/invariant.ts";
import { mappingInvariants } from "./audit/mappings.ts";
import { structureInvariants } from "./audit/structure.ts";
import { syncInvariants } from "./audit/sync-state.ts";
import type { Kvm } from "./kvm.ts";

export type { Invariant, Violation, When } from "./audit/invariant.ts";

/** INV-27 needs a memory of which pages were global when last seen, by serial number. */
function globalNeverRises(): Invariant {
  let seen = new Map<number, boolean>();
  return invariant(27, "a page that lost its global flag never gets it back", (kvm, report) => {
    const now = new Map<number, boolean>();
    for (const sp of livePages(kvm)) {
      if (sp.global && seen.get(sp.serial) === false) report(sp, -1, "is global again");
      now.set(sp.serial, sp.global);
    }
    seen = now;
  });
}

export class Audit {
  readonly invariants: readonly Invariant[];
  private readonly kvm: Kvm;

  constructor(kvm: Kvm) {
    this.kvm = kvm;
    this.invariants = [
      ...structureInvariants,
      ...mappingInvariants,
      ...syncInvariants,
      globalNeverRises(),
      ...counterInvariants,
    ];
  }

  /** Looks for violations of what always holds, and of what holds right after an event of that kind. */
  run(after: When = "always"): Violation[] {
    const violations: Violation[] = [];
    for (const { id, sentence, when, check } of this.invariants) {
      if (when !== "always" && when !== after) continue;
      check(this.kvm, (sp, entry, detail) => {
        violations.push({ invariant: id, sentence, sp: sp === null ? 0 : sp.index, entry, detail });
      });
    }
    return violations;
  }
}
