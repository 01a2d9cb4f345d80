/** The hypervisor of a machine, asked about itself: its policy, its counters, its audit. */
import type { Machine } from "../machine/machine.ts";
import { describeViolation } from "../mmu/shadow/audit/describe-violation.ts";
import { Audit } from "../mmu/shadow/audit.ts";
import { nameOfPolicy } from "../mmu/shadow/policy.ts";
import type { ShadowMmu } from "../mmu/shadow/shadow-mmu.ts";
import { type CounterInfo, kvmCounters, umbraCounters } from "../mmu/shadow/stats.ts";

export interface PolicyView {
  readonly name: string;
  readonly choices: readonly (readonly [name: string, value: string])[];
}

export interface CounterView {
  readonly name: string;
  readonly value: number;
  /** It goes up and down. */
  readonly gauge: boolean;
  readonly sentence: string;
}

/** All counters, in the order in which they are listed: KVM's, then ours. */
export const counterTable: readonly CounterInfo[] = [...kvmCounters, ...umbraCounters];

/** Null without a hypervisor. */
export function policyView({ shadow, options }: Machine): PolicyView | null {
  if (shadow === null) return null;
  const choices = Object.entries(options.policy).map(([name, value]) => [name, String(value)] as const);
  return { name: nameOfPolicy(options.policy), choices };
}

export function counters({ stats }: ShadowMmu): CounterView[] {
  return counterTable.map(({ name, kind, sentence }) => ({
    name,
    value: stats[name],
    gauge: kind === "gauge",
    sentence,
  }));
}

/** What is wrong with the shadow structures now, in lines; none if nothing is. */
export function auditNow({ kvm }: ShadowMmu): string[] {
  return new Audit(kvm).run().flatMap((violation) => describeViolation(kvm, violation));
}
