/** The benchmark of the shadow MMU: its arithmetic, and that work, counted instead of timed, does not grow. */
import { describe, expect, it } from "vitest";
import { growths, livePages, longestChain } from "../../bench/mmu/growth.ts";
import { KMAP_COUNTS, kmapsPerSwitch } from "../../bench/mmu/kmaps.ts";
import {
  growthExponent,
  growthReport,
  kmapsReport,
  nanoseconds,
  stepsReport,
  textTable,
} from "../../bench/mmu/report.ts";
import { assertSteady, type Cell, cellsOf, type Sampled } from "../../bench/mmu/results.ts";
import { KMAP, PAGE, Scene, type SceneSize } from "../../bench/mmu/scene.ts";
import { counted, steps, switchInTurn } from "../../bench/mmu/steps.ts";
import { interleaved, median, pairedRatio } from "../../bench/mmu/timing.ts";
import { type PolicyName, policies, policyNames } from "../../src/mmu/shadow/policy.ts";
import type { CounterName } from "../../src/mmu/shadow/stats.ts";

describe("the arithmetic", () => {
  it("takes the middle of an odd number of values, and the mean of the two of an even one", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
  });

  it("compares round by round, so that a slow minute hits both sides", () => {
    expect(pairedRatio([20, 2000, 40], [10, 1000, 20])).toBe(2);
  });

  it("calls growth by its exponent over all sizes: 0 is flat, 1 linear, 2 quadratic", () => {
    expect(growthExponent([10, 100, 1000], [5, 5, 5])).toBeCloseTo(0);
    expect(growthExponent([10, 100, 1000], [3, 30, 300])).toBeCloseTo(1);
    expect(growthExponent([2, 4, 8], [4, 16, 64])).toBeCloseTo(2);
    // One slow end is less than linear growth.
    expect(growthExponent([10, 100, 1000], [5, 5, 50])).toBeCloseTo(0.5);
  });

  it("lets all take turns, forwards and backwards", () => {
    const order: string[] = [];
    const work = (name: string) => () => {
      order.push(name);
      return { one: 1 };
    };
    const found = interleaved(
      new Map([
        ["a", work("a")],
        ["b", work("b")],
      ]),
      { warmUpMs: 0, rounds: 2 },
    );
    expect(order.join("")).toBe("abba");
    expect(found.get("b")).toEqual([{ one: 1 }, { one: 1 }]);
  });

  it("refuses counts that differ from round to round", () => {
    expect(() => assertSteady("exits", [{ exits: 3 }, { exits: 3 }])).not.toThrow();
    expect(() => assertSteady("exits", [{ exits: 3 }, { exits: 4 }])).toThrow(
      "exits differs from round to round: 3, 4",
    );
  });

  it("makes a cell of each reading: its median, and its ratio to the base", () => {
    const samples: Sampled[] = [
      { subject: "oos", size: 1, rounds: [{ kmap: 10 }, { kmap: 30 }, { kmap: 20 }] },
      { subject: "modern", size: 1, rounds: [{ kmap: 5 }, { kmap: 15 }, { kmap: 10 }] },
    ];
    const cells = cellsOf("kmaps", samples, () => samples[0]);
    expect(cells.map(({ subject, value, ratio }) => [subject, value, ratio])).toEqual([
      ["oos", 20, 1],
      ["modern", 10, 0.5],
    ]);
  });
});

describe("the report", () => {
  const cell = (step: string, subject: string, size: number | null, value: number, ratio: number): Cell => ({
    section: "steps",
    step,
    subject,
    size,
    value,
    ratio,
  });

  it("prints as many digits as mean something, and lines columns up", () => {
    expect([nanoseconds(12.34), nanoseconds(1234.5)]).toEqual(["12.3", "1235"]);
    expect(textTable(["", "ns"], [["fill", "12.3"]])).toBe("        ns\nfill  12.3");
  });

  it("shows a step that a policy does not know as a dash", () => {
    const cells = [
      cell("fill", "a", null, 10, 1),
      cell("fill", "b", null, 20, 2),
      cell("sync", "b", null, 5, 1),
    ];
    expect(stepsReport(cells)).toBe(
      [
        "nanoseconds for one",
        "",
        "         a     b",
        "fill  10.0  20.0",
        "sync     -   5.0",
        "",
        "ratios",
        "",
        "         a     b",
        "fill  1.00  2.00",
        "sync     -  1.00",
      ].join("\n"),
    );
  });

  it("names a growing step once, at the first policy that knows it, and what the largest size costs", () => {
    const cells = [
      cell("switch", "a", 10, 10, 1),
      cell("switch", "a", 100, 10, 1),
      cell("switch", "b", 10, 4, 1),
      cell("switch", "b", 100, 40, 10),
      cell("sync", "b", 100, 7, 1),
    ];
    expect(growthReport(cells)).toBe(
      [
        "             10   100  ratio  exponent",
        "switch  a  10.0  10.0   1.00      0.00",
        "        b   4.0  40.0  10.00      1.00",
        "sync    b     -   7.0   1.00         -",
      ].join("\n"),
    );
  });

  it("has a table for each count of a kmap, one for the time, and one for its ratios", () => {
    const cells = [...KMAP_COUNTS, "nanoseconds"].map((step, i) => cell(step, "oos", 1, i + 1, 1));
    const tables = kmapsReport(cells)
      .split("\n\n")
      .filter((text) => text.startsWith("N  oos") || text.startsWith("N   oos"));
    expect(tables.map((table) => table.split("\n")[1].split(/ +/)[1])).toEqual([
      "1.00",
      "2.00",
      "3.00",
      "4.0",
      "1.00",
    ]);
  });
});

describe("what is measured is what happens", () => {
  it.each(policyNames)("every step moves the counters it names under %s", (name) => {
    const known = steps.filter(({ prepare }) => {
      const work = prepare(policies[name].policy);
      if (work === null) return false;
      for (const found of Object.values(work())) expect(Number.isFinite(found)).toBe(true);
      return true;
    });
    // Only where no table may go out of sync is there nothing to sync.
    expect(known.length).toBe(name === "write-protect" ? steps.length - 2 : steps.length);
  });

  it.each(policyNames)("every growth has a scene of its smallest size under %s", (name) => {
    const { policy } = policies[name];
    const grown = growths.filter(({ prepare, sizes }) => {
      const found = prepare(policy, sizes[0]);
      found?.work();
      return found !== null;
    });
    expect(grown.length).toBe(policy.oosGlobal ? growths.length : growths.length - 1);
  });

  it("one kmap for each switch: three exits with the list, four without, seven without unsync tables", () => {
    const exits = (name: PolicyName): number => {
      const work = kmapsPerSwitch(policies[name].policy, 1);
      work();
      return work().exits;
    };
    expect(exits("oos+global")).toBe(3);
    expect(exits("oos+global-fixed")).toBe(3);
    expect(exits("oos")).toBe(4);
    expect(exits("modern")).toBe(4);
    expect(exits("write-protect")).toBe(7);
  });

  it("the more kmaps between two switches, the less is left to save", () => {
    const synced = (name: PolicyName, kmaps: number): number => {
      const work = kmapsPerSwitch(policies[name].policy, kmaps);
      work();
      return work()["pages synced"];
    };
    expect([1, 4, 16].map((kmaps) => synced("oos", kmaps))).toEqual([1, 1 / 4, 1 / 16]);
    expect([1, 4, 16].map((kmaps) => synced("oos+global", kmaps))).toEqual([0, 0, 0]);
  });
});

/** How far a counter moves while `work` runs in a guest of that size. */
function moved(
  name: PolicyName,
  counter: CounterName,
  size: SceneSize,
  work: (scene: Scene) => void,
): number {
  const scene = new Scene(policies[name].policy, size);
  scene.warmUp();
  const { stats } = scene.mmu;
  const before = stats[counter];
  work(scene);
  return stats[counter] - before;
}

describe("a CR3 switch costs what is out of sync under the new root", () => {
  /** Entries examined by a switch from the first space to the second, of which `unsync` tables are out of sync. */
  function examined(spaces: number, tables: number, unsync: number): number {
    return moved("oos", "sptes_examined_cr3", { spaces, tables, entries: 4 }, (scene) => {
      scene.unsync(1, unsync);
      scene.mmu.setCr3(scene.roots[1]);
    });
  }

  it("not what exists", () => {
    expect(examined(2, 10, 5)).toBe(20);
    expect(examined(40, 10, 5)).toBe(20);
    expect(examined(2, 200, 5)).toBe(20);
  });

  it("and nothing if nothing is", () => {
    expect(examined(10, 10, 0)).toBe(0);
  });

  it("nor what is out of sync under other roots", () => {
    const size = { spaces: 20, tables: 10, entries: 4 };
    const found = moved("oos", "sync_pages_cr3", size, (scene) => {
      for (let space = 1; space < 20; space++) scene.unsync(space, 10);
      scene.mmu.setCr3(scene.roots[7]);
    });
    expect(found).toBe(10);
  });
});

describe("what grows, and with what", () => {
  const kernelSize = (listed: number): SceneSize => ({
    spaces: 2,
    tables: 2,
    entries: 2,
    kernelTables: listed - 1,
  });

  /** A scene with so many tables on the global list. */
  function list(scene: Scene, listed: number): void {
    for (const table of scene.kernelTables) scene.store(table, PAGE / 2, 0);
    scene.kmapCycle(0);
    expect(scene.mmu.stats.mmu_unsync_global).toBe(listed);
  }

  it.each([1, 16, 64])(
    "INVLPG of the fixed list looks at each of %i listed tables, the patch's at none",
    (listed) => {
      const visits = (name: PolicyName): number => {
        const scene = new Scene(policies[name].policy, kernelSize(listed));
        scene.warmUp();
        list(scene, listed);
        const { stats } = scene.mmu;
        const before = stats.invlpg_list_visits;
        scene.mmu.invlpg(KMAP);
        return stats.invlpg_list_visits - before;
      };
      expect(visits("oos+global-fixed")).toBe(listed);
      expect(visits("oos+global")).toBe(0);
    },
  );

  it("CR3 loads look at none of the list, however long it is", () => {
    for (const listed of [1, 64]) {
      const found = moved("oos+global", "sptes_examined_cr3", kernelSize(listed), (scene) => {
        list(scene, listed);
        switchInTurn(scene, 10);
      });
      expect(found).toBe(0);
    }
  });

  it("shadows of user tables spread over the hash table", () => {
    const scene = new Scene(policies.oos.policy, { spaces: 10, tables: 200, entries: 1 });
    scene.warmUp();
    expect(livePages(scene)).toBeGreaterThan(2000);
    expect(longestChain(scene)).toBeLessThanOrEqual(scene.largePages + 3);
  });

  it("a measured step that does something else is an error", () => {
    const scene = new Scene(policies.oos.policy, { spaces: 2, tables: 1, entries: 1 });
    scene.warmUp();
    expect(() => counted(scene, { root_loads: 3 }, () => switchInTurn(scene, 1))).toThrow(
      "root_loads moved by 2, not by 3",
    );
  });
});
