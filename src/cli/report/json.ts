/** The report as one JSON document. */
import { stateHash } from "../../inspect/state-hash.ts";
import { GUEST_HZ, type Machine } from "../../machine/machine.ts";
import { nameOfPolicy } from "../../mmu/shadow/policy.ts";
import { kvmCounters, umbraCounters } from "../../mmu/shadow/stats.ts";
import type { AuditRun } from "../audit-run.ts";
import type { DirtyLog } from "../dirty-log.ts";
import { nearestPolicy, policyLabel } from "../policy-options.ts";
import type { RunResult } from "../run-result.ts";
import type { TraceFile } from "../trace-file.ts";

/** Which MMU ran and how: the policy's name, and all choices that it stands for. */
export function policyReport({ options, shadow }: Machine): object {
  const { mmu, policy } = options;
  if (shadow === null) return { name: policyLabel(options), mmu, oos: false, oosGlobal: false };
  const { differs } = nearestPolicy(policy);
  return {
    name: nameOfPolicy(policy),
    ...(differs.length > 0 ? { label: policyLabel(options) } : {}),
    mmu,
    ...policy,
    shadowPages: policy.shadowPages > 0 ? policy.shadowPages : shadow.kvm.allocMmuPages,
  };
}

function auditReport({ entries, audits, violations }: AuditRun): object {
  return { entries, audits, violations };
}

function dirtyLogReport({ rounds, total }: DirtyLog): object {
  return { rounds, frames: total };
}

function traceReport({ path, seen, written }: TraceFile): object {
  return { file: path, events: seen, written };
}

export function jsonReport(result: RunResult): object {
  const { machine } = result;
  const { shadow } = machine;
  const counters: Record<string, number> = {};
  if (shadow !== null) {
    for (const { name } of [...kvmCounters, ...umbraCounters]) counters[name] = shadow.stats[name];
  }
  return {
    image: result.image,
    policy: policyReport(machine),
    exit: { reason: result.reason, status: result.status, guestStatus: result.guestStatus },
    instructions: machine.instructions,
    guestSeconds: machine.icount / GUEST_HZ,
    hostSeconds: Number(result.hostSeconds.toFixed(3)),
    guestErrors: machine.guestErrors,
    counters,
    ...(result.audit === null ? {} : { audit: auditReport(result.audit) }),
    ...(result.dirtyLog === null ? {} : { dirtyLog: dirtyLogReport(result.dirtyLog) }),
    ...(result.trace === null ? {} : { trace: traceReport(result.trace) }),
    stateHash: stateHash(machine),
  };
}
