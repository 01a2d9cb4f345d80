/** The benchmark of the shadow MMU: its arithmetic, and that work, counted instead of timed, does not grow. */
import { describe, expect, it } from "vitest";
import { kmapsPerSwitch, measures } from "../../bench/mmu/measures.ts";
import { growthExponent, median, nanoseconds, textTable } from "../../bench/mmu/report.ts";
import { Scene } from "../../bench/mmu/scene.ts";
import { policies, policyNames } from "../../src/mmu/shadow/policy.ts";

describe("the report", () => {
  it("takes the middle of an odd number of values, and the mean of the two of an even one", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
  });

  it("calls growth by its exponent: 0 is flat, 1 linear", () => {
    expect(growthExponent([10, 100, 1000], [5, 7, 5])).toBeCloseTo(0);
    expect(growthExponent([10, 1000], [5, 500])).toBeCloseTo(1);
  });

  it("prints as many digits as mean something, and lines columns up", () => {
    expect([nanoseconds(12.34), nanoseconds(1234.5)]).toEqual(["12.3", "1235"]);
    expect(textTable(["", "ns"], [["fill", "12.3"]])).toBe("        ns\nfill  12.3");
  });
});

describe("what is measured is what happens", () => {
  it.each(policyNames)("every measure runs under %s", (name) => {
    for (const { prepare } of measures) expect(prepare(policies[name].policy)()).toBeGreaterThan(0);
  });

  it("one kmap for each switch: three exits with the list, four without, seven without unsync tables", () => {
    const exits = (name: keyof typeof policies): number => {
      const run = kmapsPerSwitch(policies[name].policy, 1);
      run();
      return Math.round(run().exits);
    };
    expect(
      ["oos+global", "oos", "write-protect"].map((name) => exits(name as keyof typeof policies)),
    ).toEqual([3, 4, 7]);
  });
});

describe("a CR3 switch costs what is out of sync under the new root", () => {
  /** Entries examined by a switch to space 0, of which `unsync` tables are out of sync. */
  function examined(spaces: number, tables: number, unsync: number): number {
    const scene = new Scene(policies.oos.policy, { spaces, tables, entries: 4 });
    scene.warmUp();
    scene.mmu.setCr3(scene.roots[0]);
    scene.unsync(0, unsync);
    const before = scene.mmu.stats.sptes_examined_cr3;
    scene.mmu.setCr3(scene.roots[0]);
    return scene.mmu.stats.sptes_examined_cr3 - before;
  }

  it("not what exists", () => {
    expect(examined(2, 10, 5)).toBe(20);
    expect(examined(40, 10, 5)).toBe(20);
    expect(examined(2, 200, 5)).toBe(20);
  });

  it("and nothing if nothing is", () => {
    expect(examined(10, 10, 0)).toBe(0);
  });
});
