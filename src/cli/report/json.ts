/** The report as one JSON document. */
import { stateHash } from "../../inspect/state-hash.ts";
import { GUEST_HZ } from "../../machine/machine.ts";
import { kvmCounters, umbraCounters } from "../../mmu/shadow/stats.ts";
import type { RunResult } from "../run-session.ts";

export function jsonReport(result: RunResult): object {
  const { machine } = result;
  const { mmu, policy } = machine.options;
  const { shadow } = machine;
  const counters: Record<string, number> = {};
  if (shadow !== null) {
    for (const { name } of [...kvmCounters, ...umbraCounters]) counters[name] = shadow.stats[name];
  }
  return {
    image: result.image,
    policy: { mmu, oos: mmu === "shadow" && policy.oos, oosGlobal: mmu === "shadow" && policy.oosGlobal },
    exit: { reason: result.reason, status: result.status, guestStatus: result.guestStatus },
    instructions: machine.instructions,
    guestSeconds: machine.icount / GUEST_HZ,
    hostSeconds: Number(result.hostSeconds.toFixed(3)),
    guestErrors: machine.guestErrors,
    counters,
    stateHash: stateHash(machine),
  };
}
