import { describe, expect, it } from "vitest";
import { number, RunTable, wrap } from "../../bench/report.ts";
import { row } from "./support.ts";

describe("numbers", () => {
  it.each([
    [null, "-"],
    [0.1234, "0.12"],
    [9.994, "9.99"],
    [9.996, "10.0"],
    [99.94, "99.9"],
    [99.96, "100"],
    [5208.4, "5208"],
  ])("%s is written %s", (value, text) => {
    expect(number(value)).toBe(text);
  });
});

describe("the table of a run", () => {
  const peers = ["umbra", "v86", "v86 jit", "qemu"];
  const table = new RunTable(peers);

  it("has a column for each peer, and ratios against all but compilers' columns", () => {
    expect(table.head()).toBe(
      "row         M insns    umbra      v86  v86 jit     qemu   : v86  : qemu us/event",
    );
    const kmap = row("kmap", { umbra: [10], v86: [20], "v86 jit": [5], qemu: [1] }, { events: 20_000 });
    expect(table.line(kmap)).toBe(
      "kmap           1.00      100     50.0      200     1000    2.00    0.10     0.50",
    );
  });

  it("fits in 80 columns with all peers", () => {
    expect(table.head().length).toBeLessThanOrEqual(80);
  });

  it("says failed where a peer failed, and why below", () => {
    const failed = row("cow", { umbra: [], v86: [20] }, { errors: { umbra: "it broke" } });
    expect(table.line(failed)).toContain("failed");
    expect(table.foot([failed])).toBe("cow on umbra: it broke");
  });

  it("ends with the mean and the rows that are behind", () => {
    const two = new RunTable(["umbra", "v86"]);
    const rows = [row("alu", { umbra: [10], v86: [80] }), row("fib", { umbra: [20], v86: [10] })];
    expect(two.foot(rows)).toBe(
      "umbra is 2.00 times as fast as v86 (geometric mean of 2 rows)\nslower on: fib",
    );
    expect(two.foot(rows.slice(0, 1))).toContain("no row is slower");
  });

  it("ends with nothing when there is nothing to add", () => {
    expect(new RunTable(["umbra"]).foot([row("alu", { umbra: [10] })])).toBe("");
  });
});

describe("long lines", () => {
  it("are broken at spaces and indented", () => {
    expect(wrap("one two three", 8)).toEqual(["one two", "  three"]);
  });

  it("keep words that are longer than the line", () => {
    expect(wrap("extraordinary", 8)).toEqual(["extraordinary"]);
  });
});
