/** The estimate: a sum of counts times prices, which anybody can redo by hand. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { estimatedCost, prices, syncedPages } from "../../src/inspect/cost-model.ts";
import { type CounterName, Stats } from "../../src/mmu/shadow/stats.ts";

function counted(counts: Partial<Record<CounterName, number>>): Stats {
  return Object.assign(new Stats(), counts);
}

describe("the estimate", () => {
  it("is 0 for a guest that never left guest mode", () => {
    expect(estimatedCost(new Stats())).toBe(0);
  });

  it.each<[string, Partial<Record<CounterName, number>>, number]>([
    ["an exit costs the round trip and the handling", { exits: 1 }, 1266 + 500],
    ["a page-fault exit costs two walks on top", { exits: 1, exits_pf: 1 }, 1266 + 500 + 700],
    ["a page fault without an exit costs nothing", { pf_bypassed: 1 }, 0],
    ["an emulated instruction", { insn_emulation: 1 }, 2000],
    ["a load of the roots", { root_loads: 1 }, 600],
    ["a shadow page made", { mmu_cache_miss: 1 }, 3000],
    ["a shadow page destroyed", { mmu_shadow_zapped: 1 }, 1500],
    ["a page synced with three entries in it", { sync_pages_cr3: 1, sptes_examined: 3 }, 1000 + 3 * 40],
    ["a look at the global list", { invlpg_list_visits: 1 }, 10],
    ["a page that a CR3 load left alone costs nothing: that is the point", { sync_skipped_global: 1 }, 0],
    ["a TLB miss", { tlb_fills: 1 }, 30],
  ])("%s", (_rule, counts, cycles) => {
    expect(estimatedCost(counted(counts))).toBe(cycles);
  });

  it("adds up: the sum over a run is the sum over its parts", () => {
    const one = counted({ exits: 7, exits_pf: 3, tlb_fills: 5 });
    const other = counted({ root_loads: 2, sptes_examined: 11 });
    const both = counted({ exits: 7, exits_pf: 3, tlb_fills: 5, root_loads: 2, sptes_examined: 11 });
    expect(estimatedCost(both)).toBe(estimatedCost(one) + estimatedCost(other));
  });

  it("counts a sync once, whatever caused it", () => {
    const causes = ["cr3", "cr0", "cr4", "lookup", "other"] as const;
    for (const cause of causes) expect(syncedPages(counted({ [`sync_pages_${cause}`]: 4 }))).toBe(4);
    // Those that the sync destroyed are among them already.
    expect(syncedPages(counted({ sync_pages_cr3: 4, sync_pages_zapped: 3 }))).toBe(4);
  });
});

describe("other prices", () => {
  const stats = counted({ exits: 10, exits_pf: 10, tlb_fills: 100 });

  it("replace those of the table, and leave the others", () => {
    expect(estimatedCost(stats, { exit: 4000 })).toBe(estimatedCost(stats) + 10 * (4000 - 1266));
    expect(estimatedCost(stats, { fault: 0, fill: 0 })).toBe(10 * (1266 + 500));
  });

  it("may be fractions of a cycle", () => {
    expect(estimatedCost(stats, { exit: 0, handle: 0, fault: 0, fill: 0.5 })).toBe(50);
  });

  it("all at 0 make everything free: no cost is hidden outside the table", () => {
    const everything = Object.assign(new Stats(), ...Object.keys(new Stats()).map((name) => ({ [name]: 1 })));
    const free = Object.fromEntries(prices.map(({ key }) => [key, 0]));
    expect(estimatedCost(everything)).toBeGreaterThan(0);
    expect(estimatedCost(everything, free)).toBe(0);
  });
});

describe("the table of prices", () => {
  it("has each key once, something to count, and a price", () => {
    expect(new Set(prices.map(({ key }) => key)).size).toBe(prices.length);
    const ones = Object.assign(new Stats(), ...Object.keys(new Stats()).map((name) => ({ [name]: 1 })));
    for (const { cycles, count } of prices) {
      expect(cycles).toBeGreaterThan(0);
      expect(count(ones)).toBeGreaterThan(0);
    }
  });

  it("is in docs/compare.md, row by row, with the same numbers", () => {
    const text = readFileSync(resolve(import.meta.dirname, "../../docs/compare.md"), "utf8");
    const rows = [...text.matchAll(/^\| `(\w+)` \| ([\d ]+) \|/gm)];
    const documented = rows.map(([, key, cycles]) => [key, Number(cycles.replaceAll(" ", ""))]);
    expect(documented).toEqual(prices.map(({ key, cycles }) => [key, cycles]));
  });
});
