/** Runs as they came back from threads once: the `kmap` guest under two policies and without a hypervisor. */
import type { Worker } from "node:worker_threads";
import type { Finished } from "../../../src/cli/compare/job.ts";
import type { Run } from "../../../src/cli/compare/runs.ts";
import { policyNamed, type RunPolicyName } from "../../../src/cli/policy-options.ts";
import { type CounterName, Stats } from "../../../src/mmu/shadow/stats.ts";

type Counts = Partial<Record<CounterName, number>>;

/** What both policies have alike. */
const COMMON: Counts = {
  pf_guest: 6375,
  invlpg: 37_413,
  io_exits: 2232,
  irq_window: 381,
  halt_exits: 2,
  halt_wakeup: 2,
  irq_exits: 202,
  insn_emulation: 1911,
  irq_injections: 583,
  mmu_pte_write: 4375,
  mmu_pte_updated: 2286,
  mmu_pde_zapped: 1604,
  mmu_flooded: 309,
  mmu_unsync: 94,
  exits_cr0: 2,
  exits_cr3: 13_881,
  exits_cr4: 33,
  exits_invlpg: 37_413,
  exits_cpuid: 4,
  exits_msr: 2,
  pf_bypassed: 251,
  root_loads: 13_747,
  sync_pages_lookup: 115,
};

const OOS: Counts = {
  ...COMMON,
  pf_fixed: 67_602,
  tlb_flush: 65_720,
  exits: 128_129,
  mmu_shadow_zapped: 6585,
  mmu_cache_miss: 6622,
  exits_pf: 73_977,
  tlb_fills: 513_481,
  sync_pages_cr3: 16_424,
  sync_pages_cr4: 27,
  sync_pages_other: 1,
  sync_pages_zapped: 5978,
  sptes_examined: 1_136_948,
  sptes_changed: 13_221,
  sptes_examined_cr3: 1_128_766,
  sptes_changed_cr3: 5471,
  write_protects: 17_419,
  unsync_refused: 5442,
};

const OOS_GLOBAL: Counts = {
  ...COMMON,
  pf_fixed: 55_524,
  tlb_flush: 65_191,
  exits: 116_051,
  mmu_shadow_zapped: 810,
  mmu_cache_miss: 847,
  mmu_unsync_global: 1,
  exits_pf: 61_899,
  tlb_fills: 428_343,
  sync_pages_cr3: 10_113,
  sync_pages_cr4: 35,
  sync_pages_zapped: 203,
  sync_skipped_global: 13_311,
  sptes_examined: 976_860,
  sptes_changed: 13_151,
  sptes_examined_cr3: 968_678,
  sptes_changed_cr3: 5401,
  write_protects: 5274,
  unsync_refused: 4095,
};

export function finished(counts: Counts | null, changes: Partial<Finished> = {}): Finished {
  return {
    kind: "finished",
    reason: "debug-exit",
    status: 0,
    instructions: 62_591_519,
    icount: 62_981_204,
    console: new Uint8Array(814).fill(0x2e),
    stats: counts === null ? null : Object.assign(new Stats(), counts),
    stateHash: "b45e7ee8e567d7d9",
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
