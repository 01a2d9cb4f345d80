/** The comparison as a person reads it: whole texts, made of recorded numbers. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAssertion } from "../../../src/cli/compare/assertion.ts";
import { numberNames, numberOf, rows } from "../../../src/cli/compare/rows.ts";
import { comparisonText } from "../../../src/cli/compare/table.ts";
import { policyNames } from "../../../src/mmu/shadow/policy.ts";
import { Stats } from "../../../src/mmu/shadow/stats.ts";
import { bare, finished, oos, oosGlobal, run } from "./recorded.ts";

const KMAP = `\
guest state equal: yes
814 bytes on the console; ends with debug-exit, status 0

                                         oos        oos+global
exits                                127 988           115 849
  page faults                         73 810            61 671
  CR3 writes                          13 893            13 893
  CR4 writes                              33                33
  CR0 writes                               2                 2
  INVLPG                              37 429            37 429
  port I/O                             2 231             2 231
  others                                 590               590
faults fixed                          67 430            55 291
faults injected                        6 380             6 380
faults without an exit                   247               247
pte writes emulated                    4 374             4 374
pages synced                          16 518            10 173
  at CR3 loads                        16 362            10 009
  at CR0 and CR4 writes                   25                34
  at look-ups                            130               130
  for other reasons                        1                 0
sptes examined                     1 109 270           943 893
  at CR3 loads                     1 100 986           935 610
sptes changed                         13 159            13 094
skipped because global                     0            13 921
shadow pages made                      6 638               841
shadow pages zapped                    6 612               815
TLB flushes by name                   65 670            65 122
TLB misses refilled                  523 106           437 846
instructions                      62 491 435        62 491 435
host time                             2.50 s            2.25 s
estimated Mcycles                        396               325
  against oos                           1.00              0.82

oos+global: 13 921 times a CR3 load left an unsync global table alone; 34 tables
were synced at CR0 and CR4 writes instead.
Against oos that saves 12 139 exits (9.5 %) and 165 377 of 1 109 270
comparisons.
Cycles are an estimate for a processor of 2008 (docs/compare.md has the prices,
--cost changes them); the host time of an emulator says nothing about that.
`;

const manual = readFileSync(resolve(import.meta.dirname, "../../../docs/compare.md"), "utf8");

/** The cells of a row, in one table. */
function cells(text: string, label: string): string[] {
  const line = text.split("\n").find((one) => one.startsWith(label.padEnd(26)));
  return line === undefined ? [] : line.slice(26).trim().split(/ {2,}/);
}

describe("the text", () => {
  it("of two policies is this", () => {
    expect(comparisonText([oos, oosGlobal], null, {})).toBe(KMAP);
  });

  it("is the example of docs/compare.md", () => {
    expect(manual).toContain(KMAP);
  });

  it("says at once if the guest's state differs, and where first", () => {
    const text = comparisonText([oos, oosGlobal], "register eax: 1 under oos, 2 under oos+global", {});
    expect(text.split("\n").slice(0, 2)).toEqual([
      "guest state equal: NO",
      "first difference: register eax: 1 under oos, 2 under oos+global",
    ]);
  });

  it("has a column for each policy, at most three to a table of 80 columns", () => {
    const names = [...policyNames, "bare"] as const;
    const text = comparisonText(
      names.map((name) => run(name, name === "bare" ? bare.result : oosGlobal.result)),
      null,
      {},
    );
    const heads = text.split("\n").filter((line) => /^ {27,}\S/.test(line));
    expect(heads.map((line) => line.trim().split(/ {2,}/))).toEqual([names.slice(0, 3), names.slice(3)]);
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("stays within 80 columns with numbers of a guest that runs for days", () => {
    const huge = Object.assign(new Stats(), oos.result.stats);
    for (const name of Object.keys(huge) as (keyof Stats)[]) huge[name] += 1e12;
    const result = finished(huge, { instructions: 8.64e12 });
    const text = comparisonText([run("write-protect", result), run("oos", result)], null, {});
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("leaves out rows that are 0 under every policy, and keeps those that are not", () => {
    const none = run("oos", finished({ exits: 5 }));
    const some = run("oos+global-fixed", finished({ exits: 5, invlpg_list_visits: 9 }));
    expect(comparisonText([none, none], null, {})).not.toContain("INVLPG");
    expect(cells(comparisonText([none, some], null, {}), "looks at the global list")).toEqual(["0", "9"]);
  });

  it("shows no counters where there is no hypervisor, rather than zeros", () => {
    const text = comparisonText([oos, bare], null, {});
    expect(cells(text, "exits")).toEqual(["127 988", "-"]);
    expect(cells(text, "estimated Mcycles")).toEqual(["396", "-"]);
    expect(cells(text, "instructions")).toEqual(["62 491 435", "62 491 435"]);
    expect(cells(text, "host time")).toEqual(["2.50 s", "1.25 s"]);
  });

  it("relates costs to the first policy that has any", () => {
    expect(cells(comparisonText([bare, oosGlobal, oos], null, {}), "  against oos+global")).toEqual([
      "-",
      "1.00",
      "1.22",
    ]);
  });

  it("follows other prices", () => {
    const exitsOnly = Object.fromEntries(
      ["handle", "fault", "emulate", "load", "make", "zap", "sync", "entry", "look", "fill"].map((key) => [
        key,
        0,
      ]),
    );
    const text = comparisonText([oos, oosGlobal], null, { ...exitsOnly, exit: 1e4 });
    expect(cells(text, "estimated Mcycles")).toEqual(["1 280", "1 158"]);
    expect(cells(text, "  against oos")).toEqual(["1.00", "0.91"]);
  });

  it("says what the patch saved only if a policy used its list, and against oos only if that ran", () => {
    const saved = /CR3 load left an unsync global table alone/;
    expect(comparisonText([oos, bare], null, {})).not.toMatch(saved);
    expect(comparisonText([oosGlobal, bare], null, {})).toMatch(saved);
    expect(comparisonText([oosGlobal, bare], null, {})).not.toContain("Against oos");
  });
});

describe("names in assertions", () => {
  const number = (name: string) => numberOf(oos, name, {});

  it("are all counters, all rows and the derived numbers, each once", () => {
    const all = new Set(numberNames);
    expect(all.size).toBe(numberNames.length);
    for (const name of Object.keys(new Stats())) expect(all).toContain(name);
    for (const { name } of rows) expect(all).toContain(name);
    for (const name of ["instructions", "cost", "sync_pages"]) expect(all).toContain(name);
  });

  it("each have a number, which is 0 without a hypervisor but for instructions", () => {
    for (const name of numberNames) {
      expect(Number.isFinite(number(name)), name).toBe(true);
      expect(numberOf(bare, name, {}), name).toBe(name === "instructions" ? 62_491_435 : 0);
    }
  });

  it("kinds of exits add up to all exits", () => {
    const kinds = rows.filter(({ label }) => label.startsWith("  ")).slice(0, 7);
    expect(kinds.map(({ name }) => number(name)).reduce((sum, one) => sum + one)).toBe(number("exits"));
    expect(kinds.map(({ name }) => name)).toContain("exits_other");
  });

  it("causes of syncs add up to all pages synced", () => {
    const parts = ["sync_pages_cr3", "sync_pages_control", "sync_pages_lookup", "sync_pages_other"];
    expect(parts.map(number).reduce((sum, one) => sum + one)).toBe(number("sync_pages"));
  });

  it("cost is the estimate in cycles, by hand", () => {
    const { exits, exits_pf, insn_emulation, root_loads, mmu_cache_miss } = oos.result.stats as Stats;
    const { mmu_shadow_zapped, sptes_examined, tlb_fills } = oos.result.stats as Stats;
    expect(number("cost")).toBe(
      exits * (1266 + 500) +
        exits_pf * 700 +
        insn_emulation * 2000 +
        root_loads * 600 +
        mmu_cache_miss * 3000 +
        mmu_shadow_zapped * 1500 +
        16_518 * 1000 +
        sptes_examined * 40 +
        tlb_fills * 30,
    );
    expect(number("cost")).toBe(396_185_188);
    expect(numberOf(oos, "cost", { fill: 31 })).toBe(396_185_188 + tlb_fills);
  });
});

describe("the assertions that docs/compare.md has as examples", () => {
  const runs = [oos, oosGlobal];
  const texts = [...manual.matchAll(/^\| `(oos[^`]+)` \|/gm)].map(([, text]) => text);

  it("are there", () => {
    expect(texts.length).toBeGreaterThan(5);
  });

  it.each(texts)("%s", (text) => {
    const assertion = parseAssertion(
      text,
      runs.map(({ name }) => name),
      numberNames,
    );
    const result = assertion.evaluate((policy, counter) => {
      const found = runs.find(({ name }) => name === policy);
      return found === undefined ? Number.NaN : numberOf(found, counter, {});
    });
    expect(result).toMatchObject({ holds: true });
  });
});
