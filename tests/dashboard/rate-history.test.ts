/** Counters over time: rates are changes per second, gauges have a peak instead, and counting can begin anew. */
import { describe, expect, it } from "vitest";
import { CounterHistory } from "../../src/dashboard/rate-history.ts";

/** Samples a quarter of a second apart. */
function sampled(name: string, values: readonly number[]): CounterHistory {
  const history = new CounterHistory();
  for (const value of values) history.sample({ [name]: value }, 0.25);
  return history;
}

describe("a counter", () => {
  it("has no rate before there are two samples", () => {
    expect(new CounterHistory().rate("exits")).toBeNull();
    expect(sampled("exits", [100]).rate("exits")).toBeNull();
    expect(sampled("exits", [100, 150]).rate("exits")).toBe(200);
  });

  it("has the mean rate of the last second, not of all time", () => {
    const history = sampled("exits", [0, 1000, 1000, 1010, 1020, 1030]);
    expect(history.rate("exits")).toBe(30);
  });

  it("is divided by the time that really passed", () => {
    const history = new CounterHistory();
    history.sample({ exits: 0 }, 0.25);
    history.sample({ exits: 50 }, 0.5);
    expect(history.rate("exits")).toBe(100);
  });

  it("has a history of changes, the last 60", () => {
    expect(sampled("exits", [5, 6, 8, 11]).history("exits")).toEqual([1, 2, 3]);
    const long = sampled(
      "exits",
      Array.from({ length: 100 }, (_, i) => i * i),
    );
    expect(long.history("exits").length).toBe(60);
    expect(long.history("exits").at(-1)).toBe(99 * 99 - 98 * 98);
  });

  it("that is not known has nothing", () => {
    const history = new CounterHistory();
    expect([history.history("x"), history.peak("x"), history.base("x")]).toEqual([[], 0, 0]);
  });
});

describe("a gauge", () => {
  it("has values and a peak, and no rate", () => {
    const history = sampled("mmu_unsync", [3, 9, 4]);
    expect(history.rate("mmu_unsync")).toBeNull();
    expect(history.history("mmu_unsync")).toEqual([3, 9, 4]);
    expect(history.peak("mmu_unsync")).toBe(9);
  });
});

describe("a reset", () => {
  it("makes counters count from here on, and leaves gauges what they are", () => {
    const history = new CounterHistory();
    history.sample({ exits: 100, mmu_unsync: 7 }, 0.25);
    history.sample({ exits: 140, mmu_unsync: 5 }, 0.25);
    history.reset();
    expect(history.base("exits")).toBe(140);
    expect(history.base("mmu_unsync")).toBe(0);
    expect(history.peak("mmu_unsync"), "the peak begins at what it is now").toBe(5);
    expect(history.rate("exits"), "rates are not about totals").toBe(160);
  });

  it("takes counters read since the last sample, if it is given them", () => {
    const history = sampled("exits", [100]);
    history.reset({ exits: 123 });
    expect(history.base("exits")).toBe(123);
  });
});
