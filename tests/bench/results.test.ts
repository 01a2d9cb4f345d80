import { describe, expect, it } from "vitest";
import {
  bestMs,
  eventMicroseconds,
  geometricMean,
  mips,
  parseResults,
  ResultsError,
  speedRatio,
  threadMs,
} from "../../bench/results.ts";
import { results, round, row } from "./support.ts";

describe("a result", () => {
  it("counts the best round", () => {
    const measured = row("alu", { umbra: [30, 10, 20] });
    expect(bestMs(measured, "umbra")).toBe(10);
    expect(mips(measured, "umbra")).toBe(100);
  });

  it("takes the smaller of wall and processor time", () => {
    expect(threadMs(round(30, 20))).toBe(20);
    expect(threadMs(round(30, 40))).toBe(30);
    expect(threadMs(round(30))).toBe(30);
  });

  it("says how many times as fast one peer is as the other", () => {
    const measured = row("alu", { umbra: [10], v86: [40] });
    expect(speedRatio(measured, "umbra", "v86")).toBe(4);
    expect(speedRatio(measured, "umbra", "qemu")).toBeNull();
  });

  it("has microseconds per event only where events are counted", () => {
    expect(eventMicroseconds(row("kmap", { umbra: [100] }, { events: 200_000 }), "umbra")).toBe(0.5);
    expect(eventMicroseconds(row("alu", { umbra: [100] }), "umbra")).toBeNull();
  });

  it("averages ratios geometrically", () => {
    expect(geometricMean([4, 1])).toBeCloseTo(2);
    expect(geometricMean([])).toBeNull();
  });
});

describe("a result file", () => {
  it("comes back as it was written", () => {
    const written = results([row("alu", { umbra: [10] })]);
    expect(parseResults("a.json", JSON.stringify(written))).toEqual(written);
  });

  it.each([
    ["not JSON", "not JSON"],
    ["{}", "not a result file of npm run bench -- --json"],
    ["null", "not a result file of npm run bench -- --json"],
  ])("that holds %s is refused", (text, why) => {
    expect(() => parseResults("a.json", text)).toThrow(new ResultsError(`a.json: ${why}`));
  });
});
