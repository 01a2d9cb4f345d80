/** The rows of the comparison, and the numbers that assertions may use: the same list for both. */
import { estimatedCost, type PriceChanges, syncedPages } from "../../inspect/cost-model.ts";
import { kvmCounters, type Stats, umbraCounters } from "../../mmu/shadow/stats.ts";
import type { Run } from "./runs.ts";

export interface Row {
  readonly label: string;
  /** Name in assertions. */
  readonly name: string;
}

/** Numbers that no counter has by itself. */
const DERIVED: Record<string, (stats: Stats) => number> = {
  sync_pages: syncedPages,
  sync_pages_control: (stats) => stats.sync_pages_cr0 + stats.sync_pages_cr4,
  exits_other: (stats) =>
    stats.exits -
    stats.exits_pf -
    stats.exits_cr0 -
    stats.exits_cr3 -
    stats.exits_cr4 -
    stats.exits_invlpg -
    stats.io_exits,
};

export const rows: readonly Row[] = [
  { label: "exits", name: "exits" },
  { label: "  page faults", name: "exits_pf" },
  { label: "  CR3 writes", name: "exits_cr3" },
  { label: "  CR4 writes", name: "exits_cr4" },
  { label: "  CR0 writes", name: "exits_cr0" },
  { label: "  INVLPG", name: "exits_invlpg" },
  { label: "  port I/O", name: "io_exits" },
  { label: "  others", name: "exits_other" },
  { label: "faults fixed", name: "pf_fixed" },
  { label: "faults injected", name: "pf_guest" },
  { label: "faults without an exit", name: "pf_bypassed" },
  { label: "pte writes emulated", name: "mmu_pte_write" },
  { label: "pages synced", name: "sync_pages" },
  { label: "  at CR3 loads", name: "sync_pages_cr3" },
  { label: "  at CR0 and CR4 writes", name: "sync_pages_control" },
  { label: "  at look-ups", name: "sync_pages_lookup" },
  { label: "  for other reasons", name: "sync_pages_other" },
  { label: "sptes examined", name: "sptes_examined" },
  { label: "  at CR3 loads", name: "sptes_examined_cr3" },
  { label: "sptes changed", name: "sptes_changed" },
  { label: "skipped because global", name: "sync_skipped_global" },
  { label: "looks at the global list", name: "invlpg_list_visits" },
  { label: "shadow pages made", name: "mmu_cache_miss" },
  { label: "shadow pages zapped", name: "mmu_shadow_zapped" },
  { label: "TLB flushes by name", name: "tlb_flush" },
  { label: "TLB misses refilled", name: "tlb_fills" },
  { label: "instructions", name: "instructions" },
];

const COUNTERS = [...kvmCounters, ...umbraCounters].map(({ name }) => name);

/** Every name that an assertion may use after a policy's. */
export const numberNames: readonly string[] = [...COUNTERS, ...Object.keys(DERIVED), "instructions", "cost"];

/** A number of a run by name; 0 where there is no hypervisor to count. */
export function numberOf({ result }: Run, name: string, changes: PriceChanges): number {
  if (name === "instructions") return result.instructions;
  const { stats } = result;
  if (stats === null) return 0;
  if (name === "cost") return estimatedCost(stats, changes);
  return name in DERIVED ? DERIVED[name](stats) : stats[name as keyof Stats];
}
