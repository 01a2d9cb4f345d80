/**
 * The audit: what must hold between any two guest instructions, checked over the structures themselves. KVM's own
 * audit code (AUDIT in mmu.c) had fallen behind this version: it takes legal states for errors.
 *
 * Invariants carry the numbers of shadow-mmu.md, section 4.4. Those about the guest's view cannot be seen in the
 * structures: `umbra check` looks for counterexamples of 36 to 38, and 39, the same run under every policy, is what
 * `umbra compare` shows.
 */
import { agreementInvariants } from "./audit/agreement.ts";
import { counterInvariants } from "./audit/counters.ts";
import { globalListInvariants } from "./audit/global-list.ts";
import { historyInvariants } from "./audit/history.ts";
import type { Invariant, Report, Violation, When } from "./audit/invariant.ts";
import { mappingInvariants } from "./audit/mappings.ts";
import { structureInvariants } from "./audit/structure.ts";
import { AuditView } from "./audit/view.ts";
import type { Kvm } from "./kvm.ts";

export type { Invariant, Violation, When } from "./audit/invariant.ts";

/** A series of audits of one machine: some invariants compare with the audit before. */
export class Audit {
  readonly invariants: readonly Invariant[];
  private readonly view: AuditView;

  constructor(kvm: Kvm) {
    this.view = new AuditView(kvm);
    this.invariants = [
      ...structureInvariants,
      ...mappingInvariants,
      ...agreementInvariants,
      ...globalListInvariants,
      ...historyInvariants(kvm),
      ...counterInvariants,
    ];
  }

  /** Looks for violations of what always holds, and of what holds right after an event of that kind. */
  run(after: When = "always"): Violation[] {
    const violations: Violation[] = [];
    let asked = this.invariants[0];
    const report: Report = (sp, entry, detail) => {
      const { id, sentence } = asked;
      violations.push({ invariant: id, sentence, sp: sp === null ? 0 : sp.index, entry, detail });
    };
    this.view.refresh(after);
    for (asked of this.invariants) {
      if (asked.when === "always" || asked.when === after) asked.check(this.view, report);
    }
    return violations;
  }
}
