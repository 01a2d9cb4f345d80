/**
 * What a run would have cost a server of 2008, estimated from its counters. Host time of an emulator says nothing
 * about that. The table is flat and every price can be changed, because most of them are estimates of ours.
 */
import type { Stats } from "../mmu/shadow/stats.ts";

export interface Price {
  readonly key: string;
  /** Cycles for each. */
  readonly cycles: number;
  readonly sentence: string;
  readonly source: string;
  readonly count: (stats: Stats) => number;
}

const OURS = "estimate of ours, from the length of the code path";

/**
 * Penryn, a processor that one could buy when the patch was written. A round trip cost 3963 cycles on Prescott (2005),
 * 1579 on Merom (2006), 1266 on Penryn (2008), 1009 on Nehalem (2009).
 */
const TRANSITION =
  "Agesen, Mattson, Rugina, Sheldon: Software Techniques for Avoiding Hardware Virtualization Exits (USENIX ATC 2012), table 1: Penryn";

export const prices: readonly Price[] = [
  {
    key: "exit",
    cycles: 1266,
    sentence: "each exit: to the hypervisor and back",
    source: TRANSITION,
    count: (stats) => stats.exits,
  },
  {
    key: "handle",
    cycles: 500,
    sentence: "each exit: finding out why, saving and loading state",
    source: OURS,
    count: (stats) => stats.exits,
  },
  {
    key: "fault",
    cycles: 700,
    sentence: "each page-fault exit: the walk of the guest's tables, and of the shadow tables",
    source: OURS,
    count: (stats) => stats.exits_pf,
  },
  {
    key: "emulate",
    cycles: 2000,
    sentence: "each instruction that is fetched, decoded and executed in software",
    source: OURS,
    count: (stats) => stats.insn_emulation,
  },
  {
    key: "load",
    cycles: 600,
    sentence: "each load of the roots: four look-ups",
    source: OURS,
    count: (stats) => stats.root_loads,
  },
  {
    key: "make",
    cycles: 3000,
    sentence: "each shadow page made: two pages cleared, the guest's entries looked at, the frame protected",
    source: OURS,
    count: (stats) => stats.mmu_cache_miss,
  },
  {
    key: "zap",
    cycles: 1500,
    sentence: "each shadow page destroyed",
    source: OURS,
    count: (stats) => stats.mmu_shadow_zapped,
  },
  {
    key: "sync",
    cycles: 1000,
    sentence: "each page synced: found, protected, all 512 entries passed over",
    source: OURS,
    count: syncedPages,
  },
  {
    key: "entry",
    cycles: 40,
    sentence: "each present entry that a sync compares and makes again",
    source: OURS,
    count: (stats) => stats.sptes_examined,
  },
  {
    key: "look",
    cycles: 10,
    sentence: "each page of the global list that INVLPG or a fault looks at (oos+global-fixed)",
    source: OURS,
    count: (stats) => stats.invlpg_list_visits,
  },
  {
    key: "fill",
    cycles: 30,
    sentence: "each TLB miss that the shadow tables answer, as this emulator's TLB has them",
    source: OURS,
    count: (stats) => stats.tlb_fills,
  },
];

/** Pages that any event synced. */
export function syncedPages(stats: Stats): number {
  return (
    stats.sync_pages_cr3 +
    stats.sync_pages_cr0 +
    stats.sync_pages_cr4 +
    stats.sync_pages_lookup +
    stats.sync_pages_other
  );
}

/** Cycles by key, where they differ from the table. */
export type PriceChanges = Readonly<Record<string, number>>;

/** The estimate in cycles. */
export function estimatedCost(stats: Stats, changes: PriceChanges = {}): number {
  let total = 0;
  for (const { key, cycles, count } of prices) total += (changes[key] ?? cycles) * count(stats);
  return total;
}
