import { describe, expect, it } from "vitest";
import { compareResults } from "../../bench/compare.ts";
import { comparisonTable } from "../../bench/report.ts";
import { results, row } from "./support.ts";

describe("comparing two runs", () => {
  it("gives B's speed as a multiple of A's, by row, by group and in all", () => {
    const a = results([row("alu", { umbra: [20] }), row("kmap", { umbra: [10] }, { group: "paging" })]);
    const b = results([row("alu", { umbra: [5] }), row("kmap", { umbra: [10] }, { group: "paging" })]);
    const [umbra] = compareResults(a, b).peers;
    expect(umbra.rows).toEqual([
      { name: "alu", a: 50, b: 200, ratio: 4 },
      { name: "kmap", a: 100, b: 100, ratio: 1 },
    ]);
    expect(umbra.groups.map(({ group }) => group)).toEqual(["integer", "paging", "all"]);
    expect(umbra.groups.at(-1)?.ratio).toBeCloseTo(2);
  });

  it("leaves out rows whose guest changed, and says so", () => {
    const a = results([row("alu", { umbra: [20] })]);
    const b = results([row("alu", { umbra: [20] }, { instructions: 2_000_000 })]);
    const { peers, notes } = compareResults(a, b);
    expect(peers[0].rows).toEqual([]);
    expect(notes).toEqual(["alu: the guest changed; not compared."]);
  });

  it("names rows that only one run has", () => {
    const { notes } = compareResults(results([row("alu", {})]), results([row("fib", {})]));
    expect(notes).toEqual(["alu: only in A.", "fib: only in B."]);
  });

  it("leaves out rows on which a peer failed", () => {
    const a = results([row("alu", { umbra: [] }, { errors: { umbra: "it broke" } })]);
    expect(compareResults(a, results([row("alu", { umbra: [20] })])).peers[0].rows).toEqual([]);
  });

  it("says when nothing is common, and when the computers or settings differ", () => {
    const a = results([], ["umbra"]);
    expect(compareResults(a, results([], ["v86"])).notes).toEqual(["The two runs have no peer in common."]);
    const b = {
      ...a,
      processor: "another one",
      node: "v24.0.0",
      peers: [{ name: "umbra", about: "umbra 2" }],
    };
    expect(compareResults(a, b).notes).toEqual([
      "A ran on a processor, B on another one.",
      "A ran on Node v20.20.2, B on Node v24.0.0.",
      "A is umbra 1; B is umbra 2.",
    ]);
  });

  it("prints a table of at most 80 columns", () => {
    const a = results([row("alu", { umbra: [20] }), row("fib", {})]);
    const b = results([row("alu", { umbra: [5] })]);
    expect(comparisonTable(compareResults(a, b))).toBe(
      [
        "umbra          A MIPS    B MIPS     B : A",
        "alu              50.0       200      4.00",
        "mean, integer                        4.00",
        "mean, all                            4.00",
        "fib: only in A.",
      ].join("\n"),
    );
  });
});
