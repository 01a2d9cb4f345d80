/** Screen 6: every counter, what it does now, and how exits are shared out. */
import { describe, expect, it } from "vitest";
import { EXIT_COUNTERS } from "../../../src/dashboard/panes/rates-exits.ts";
import { rateLines } from "../../../src/dashboard/panes/rates-lines.ts";
import { CounterHistory } from "../../../src/dashboard/rate-history.ts";
import { ratesScreen } from "../../../src/dashboard/screens/rates.ts";
import { ASCII, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { lineWidth } from "../../../src/dashboard/text/line.ts";
import { counterTable } from "../../../src/inspect/hypervisor.ts";
import { reasons } from "../../../src/trace/reasons.ts";
import { counters, model, type Parts } from "./event-views.ts";
import { BARE, picture, STANDARD_BODY, texts, WIDE_BODY, wrongSizes } from "./mmu-views.ts";

const COUNTERS = {
  exits: 2000,
  exits_pf: 1500,
  exits_cr3: 400,
  io_exits: 100,
  pf_fixed: 1480,
  tlb_flush: 777_123,
  mmu_unsync: 4,
};
const HISTORY = new CounterHistory();
for (const share of [0.25, 0.5, 0.75, 1]) {
  const now = Object.entries(COUNTERS).map(([name, value]) => [name, value * share]);
  HISTORY.sample(counters(Object.fromEntries(now)), 0.25);
}
const busy = (parts: Parts = {}) =>
  model({ counters: COUNTERS, history: HISTORY, ...parts, ui: { screen: 6, ...parts.ui } });
const sorted = (sort: number) => busy({ ui: { sorts: { 6: sort } } });
/** The counter's row in the left pane. */
function rowOf(drawn: string, name: string): string {
  const row = drawn.split("\n").find((text) => new RegExp(`^│.${name} `).test(text));
  return row?.split("││")[0] ?? "";
}

describe("a counter", () => {
  const drawn = picture(ratesScreen, busy(), WIDE_BODY);

  it("has its total and its rate", () => {
    expect(rowOf(drawn, "tlb_flush")).toMatch(/tlb_flush +777 123 +777k /);
  });

  it("of a kind of exit has its share of all exits", () => {
    expect(rowOf(drawn, "exits_pf")).toMatch(/1 500 .* 75\.0 % /);
    expect(rowOf(drawn, "io_exits")).toMatch(/ 5\.0 % /);
    expect(rowOf(drawn, "pf_fixed")).not.toContain("%");
  });

  it("that goes up and down has a value and a peak, no rate", () => {
    expect(rowOf(drawn, "mmu_unsync")).toMatch(/now 4 +peak 4 /);
  });

  it("has no rate before there are samples, which a dash says", () => {
    const none = picture(ratesScreen, model({ counters: COUNTERS, ui: { screen: 6 } }), WIDE_BODY);
    expect(rowOf(none, "tlb_flush")).toMatch(/777 123 +- /);
  });

  it("counts from the last reset on", () => {
    const history = new CounterHistory();
    history.reset(counters({ exits: 1900, exits_pf: 1450, mmu_unsync: 3 }));
    const since = picture(ratesScreen, busy({ history }), WIDE_BODY);
    expect(rowOf(since, "exits")).toMatch(/exits +100 /);
    expect(rowOf(since, "exits_pf")).toMatch(/ 50 .* 50\.0 % /);
    expect(rowOf(since, "mmu_unsync")).toMatch(/now 4 /);
  });

  it("is explained in a sentence while it is selected", () => {
    const at = picture(ratesScreen, busy({ ui: { cursors: { "6.0": { at: 1, top: 0 } } } }), STANDARD_BODY);
    expect(at).toMatch(/│>tlb_flush/);
    expect(at).toContain("tlb_flush: flushes of the processor's TLB");
  });
});

describe("orders", () => {
  it("active: only what has happened, and gauges", () => {
    expect(ratesScreen.sorts[0]).toBe("active");
    const active = counterTable.filter(({ name, kind }) => kind === "gauge" || name in COUNTERS);
    expect(ratesScreen.count(busy())).toBe(active.length);
  });

  it("kvm: all, as KVM lists them", () => {
    expect(ratesScreen.count(sorted(1))).toBe(counterTable.length);
    expect(picture(ratesScreen, sorted(1), WIDE_BODY).split("\n")[2]).toMatch(/│>pf_fixed/);
  });

  it.each([
    [2, "total"],
    [3, "rate"],
  ])("%i: by %s, the highest first", (sort, name) => {
    expect(ratesScreen.sorts[sort]).toBe(name);
    expect(ratesScreen.subject(sorted(sort))).toEqual({ kind: "counter", name: "tlb_flush" });
    expect(picture(ratesScreen, sorted(sort), WIDE_BODY)).toContain(`sort ${name}`);
  });
});

describe("exits by reason", () => {
  it("have a counter for every reason that an exit can have", () => {
    const exits = reasons.filter(({ key }) => key.startsWith("exit_"));
    expect(EXIT_COUNTERS.length).toBe(exits.length);
    const known = counterTable.map(({ name }) => String(name));
    for (const { counter } of EXIT_COUNTERS) expect(known).toContain(counter);
  });

  it("are those that have occurred, the most frequent first, with shares that add up", () => {
    const drawn = picture(ratesScreen, busy(), WIDE_BODY);
    const shares = [...drawn.matchAll(/(page fault|mov cr3|port I\/O|hlt) .* (\d+\.\d) %/g)];
    expect(shares.map(([, name]) => name)).toEqual(["page fault", "mov cr3", "port I/O"]);
    expect(shares.reduce((sum, [, , share]) => sum + Number(share), 0)).toBe(100);
  });

  it("can be selected, and stand for their counter", () => {
    const of = busy({ ui: { pane: 1, cursors: { "6.1": { at: 1, top: 0 } } } });
    expect(ratesScreen.count(of)).toBe(3);
    expect(ratesScreen.subject(of)).toEqual({ kind: "counter", name: "exits_cr3" });
    expect(picture(ratesScreen, of, STANDARD_BODY)).toMatch(/│>mov cr3/);
  });

  it("say so when there are none", () => {
    expect(picture(ratesScreen, model({ ui: { screen: 6 } }), STANDARD_BODY)).toContain("no exits yet");
  });
});

describe("without a hypervisor", () => {
  it("says that there is none", () => {
    const bare = model({ snapshot: BARE, ui: { screen: 6 } });
    expect(picture(ratesScreen, bare, STANDARD_BODY)).toContain("no hypervisor: --mmu bare");
    expect([ratesScreen.count(bare), ratesScreen.subject(bare)]).toEqual([0, null]);
    expect(texts(rateLines(bare, 40, 5))[0]).toContain("no hypervisor");
  });
});

describe("the short form", () => {
  it("has the most telling counters, as many as fit, in lines of the width asked for", () => {
    const lines = rateLines(busy(), 46, 6);
    expect(lines.map(lineWidth)).toEqual(Array(6).fill(46));
    expect(texts(lines)[0]).toMatch(/^pf_fixed +1\.4k [▁-█]+/);
    expect(texts(lines)[4]).toMatch(/^mmu_unsync +now 4 /);
  });
});

describe("sizes", () => {
  it.each([
    ["busy", busy()],
    ["all counters", sorted(1)],
    ["nothing counted", model({ ui: { screen: 6 } })],
    [
      "figures that are too long",
      model({
        counters: Object.fromEntries(counterTable.map(({ name }) => [name, 2 ** 52])),
        ui: { screen: 6 },
      }),
    ],
    ["no hypervisor", model({ snapshot: BARE, ui: { screen: 6 } })],
    ["no snapshot", model({ snapshot: null, ui: { screen: 6 } })],
    [
      "a cursor and an order out of range",
      busy({ ui: { cursors: { "6.0": { at: 999, top: 999 } }, sorts: { 6: 99 } } }),
    ],
  ] as const)("%s: each line is as wide and the screen as high as asked", (_, of) => {
    for (const glyphs of [UNICODE, ASCII]) {
      for (const pane of [0, 1]) {
        expect(wrongSizes(ratesScreen, { ...of, glyphs, ui: { ...of.ui, pane } })).toEqual([]);
      }
    }
  });
});
