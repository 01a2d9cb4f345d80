/** Runs as they came back from threads once: the `kmap` guest under two policies and without a hypervisor. */
import type { Worker } from "node:worker_threads";
import type { Finished } from "../../../src/cli/compare/job.ts";
import type { Run } from "../../../src/cli/compare/runs.ts";
import { policyNamed, type RunPolicyName } from "../../../src/cli/policy-options.ts";
import { type CounterName, Stats } from "../../../src/mmu/shadow/stats.ts";

type Counts = Partial<Record<CounterName, number>>;

/** What both policies have alike. */
const COMMON: Counts = {
  pf_guest: 6380,
  invlpg: 37_429,
  io_exits: 2231,
  irq_window: 355,
  halt_exits: 2,
  halt_wakeup: 2,
  irq_exits: 227,
  insn_emulation: 1911,
  irq_injections: 582,
  mmu_pte_write: 4374,
  mmu_pte_updated: 2288,
  mmu_pde_zapped: 1604,
  mmu_flooded: 309,
  mmu_unsync: 83,
  exits_cr0: 2,
  exits_cr3: 13_893,
  exits_cr4: 33,
  exits_invlpg: 37_429,
  exits_cpuid: 4,
  exits_msr: 2,
  pf_bypassed: 247,
  root_loads: 13_759,
  sync_pages_lookup: 130,
};

const OOS: Counts = {
  ...COMMON,
  pf_fixed: 67_430,
  tlb_flush: 65_670,
  exits: 127_988,
  mmu_shadow_zapped: 6612,
  mmu_cache_miss: 6638,
  exits_pf: 73_810,
  tlb_fills: 523_106,
  sync_pages_cr3: 16_362,
  sync_pages_cr4: 25,
  sync_pages_other: 1,
  sync_pages_zapped: 6009,
  sptes_examined: 1_109_270,
  sptes_changed: 13_159,
  sptes_examined_cr3: 1_100_986,
  sptes_changed_cr3: 5405,
  write_protects: 17_282,
  unsync_refused: 5297,
};

const OOS_GLOBAL: Counts = {
  ...COMMON,
  pf_fixed: 55_291,
  tlb_flush: 65_122,
  exits: 115_849,
  mmu_shadow_zapped: 815,
  mmu_cache_miss: 841,
  mmu_unsync_global: 1,
  exits_pf: 61_671,
  tlb_fills: 437_846,
  sync_pages_cr3: 10_009,
  sync_pages_cr4: 34,
  sync_pages_zapped: 212,
  sync_skipped_global: 13_921,
  sptes_examined: 943_893,
  sptes_changed: 13_094,
  sptes_examined_cr3: 935_610,
  sptes_changed_cr3: 5341,
  write_protects: 5081,
  unsync_refused: 4216,
};

export function finished(counts: Counts | null, changes: Partial<Finished> = {}): Finished {
  return {
    kind: "finished",
    reason: "debug-exit",
    status: 0,
    instructions: 62_491_435,
    icount: 62_672_427,
    console: new Uint8Array(814).fill(0x2e),
    stats: counts === null ? null : Object.assign(new Stats(), counts),
    stateHash: "bbd0fa2928107b23",
    digest: { registers: [["eip", 0xc010_0000]], pages: new Int32Array(8) },
    hostSeconds: 2.5,
    ...changes,
  };
}

/** A thread that is not asked. */
const NOBODY = null as unknown as Worker;

export function run(name: RunPolicyName, result: Finished, worker: Worker = NOBODY): Run {
  return { name, choice: policyNamed(name, {}), result, worker };
}

export const oos = run("oos", finished(OOS));
export const oosGlobal = run("oos+global", finished(OOS_GLOBAL, { hostSeconds: 2.25 }));
export const bare = run("bare", finished(null, { hostSeconds: 1.25 }));
