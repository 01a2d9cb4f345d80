/** Screen 0: short forms of the others, as many as there is room for. */
import { describe, expect, it } from "vitest";
import type { Model, Size, UiState } from "../../../src/dashboard/model.ts";
import { overviewScreen, screenOfPane } from "../../../src/dashboard/screens/overview.ts";
import { ASCII } from "../../../src/dashboard/text/glyphs.ts";
import { textOf } from "../../../src/dashboard/text/line.ts";
import { wholeModel, wholeSnapshot } from "../whole-model.ts";
import { SITUATIONS, STANDARD_BODY, WIDE_BODY, wrongSizes } from "./mmu-views.ts";

const THREE_COLUMNS: Size = { columns: 160, rows: 47 };
const PANES = overviewScreen.panes;

const on = (ui: Partial<UiState> = {}, parts: Partial<Omit<Model, "ui">> = {}): Model =>
  wholeModel({ ...parts, ui });
const picture = (model: Model, size: Size): string => overviewScreen.draw(model, size).map(textOf).join("\n");
/** Titles of the panes that are drawn, in reading order. */
const titles = (model: Model, size: Size): string[] =>
  [...picture(model, size).matchAll(/┌ (\d [a-z][a-z ]*?)(?= {2}| \/s| COM1| ─)/g)].map(([, title]) => title);

describe("what there is room for", () => {
  it("in 80x24: console, lists beside each other, the last events without a border", () => {
    expect(titles(on(), STANDARD_BODY)).toEqual(["1 console", "3 out of sync", "6 rates"]);
    const lines = overviewScreen.draw(on(), STANDARD_BODY).map(textOf);
    expect(lines.slice(-4).map((text) => text.trim().split(" ")[0])).toEqual([
      "4812056",
      "4812057",
      "4812058",
      "4812059",
    ]);
  });

  it("in 120x40: six panes in two columns", () => {
    expect(titles(on(), WIDE_BODY)).toEqual([
      "1 console",
      "7 cpu",
      "2 shadow",
      "3 out of sync",
      "4 timeline",
      "6 rates",
    ]);
  });

  it("in 160x50: three columns", () => {
    const first = overviewScreen.draw(on(), THREE_COLUMNS).map(textOf)[0];
    expect(first).toMatch(/1 console.*4 timeline.*7 cpu/);
  });

  it.each(PANES.map((name, pane) => [name, pane] as const))("in 60x16: one pane, %s", (name, pane) => {
    const [title, ...more] = titles(on({ pane }), { columns: 60, rows: 12 });
    expect(title).toContain(name);
    expect(more).toEqual([]);
  });
});

describe("the focused pane", () => {
  it.each(PANES.map((name, pane) => [name, pane] as const))("is in sight in 80x24: %s", (name, pane) => {
    expect(titles(on({ pane }), STANDARD_BODY).join()).toContain(name);
  });

  it("is the only one when zoomed", () => {
    expect(titles(on({ pane: 5, zoomed: true }), WIDE_BODY)).toEqual(["7 cpu"]);
  });

  it("has a bold border", () => {
    const corner = (pane: number) => overviewScreen.draw(on({ pane }), STANDARD_BODY)[0][0];
    expect(corner(0).style?.bold).toBe(true);
    expect(corner(1).style?.bold).not.toBe(true);
  });

  it("is the short form of a screen", () => {
    expect(PANES.map((_, pane) => screenOfPane(on({ pane }).ui))).toEqual([1, 3, 6, 4, 2, 7]);
    expect(screenOfPane(on({ pane: 99 }).ui)).toBe(7);
  });
});

describe("what is asked of the machine", () => {
  it("is what the panes in sight need, and no more", () => {
    const parts = (ui: Partial<UiState>, size: Size): string[] =>
      Object.keys(overviewScreen.wish(on(ui).ui, size)).sort();
    expect(parts({}, STANDARD_BODY)).toEqual(["display", "oos"]);
    expect(parts({ pane: 4 }, STANDARD_BODY)).toEqual(["display", "shadow"]);
    expect(parts({ pane: 5 }, STANDARD_BODY)).toEqual(["cpu", "display", "oos"]);
    expect(parts({}, WIDE_BODY)).toEqual(["cpu", "display", "oos", "shadow"]);
    expect(parts({ zoomed: true }, WIDE_BODY)).toEqual(["display"]);
  });

  it("is as many rows as the pane has", () => {
    const { shadow, cpu } = overviewScreen.wish(on().ui, WIDE_BODY);
    expect(cpu?.code).toBe(11);
    expect(shadow?.count).toBeLessThan(20);
  });
});

describe("words", () => {
  it("say who has the keys, what is filtered, how many pages there are, what passed by unseen", () => {
    expect(picture(on({ typing: true }), STANDARD_BODY)).toContain("1 console COM1  TYPING");
    expect(picture(on({ filter: "sync" }), WIDE_BODY)).toContain("4 timeline   filter sync   0 unseen");
    expect(picture(on(), WIDE_BODY)).toContain("2 shadow   214 sp of 1024");
  });

  it("say that there is no hypervisor", () => {
    const [, bare] = SITUATIONS.find(([name]) => name === "no hypervisor") ?? [];
    expect(picture(on({}, { snapshot: bare ?? null }), STANDARD_BODY)).toContain("no hypervisor: --mmu bare");
  });

  it("mark what is out of sync with words", () => {
    expect(picture(on({}, { snapshot: wholeSnapshot() }), WIDE_BODY)).toMatch(/UNSYNC G/);
  });
});

describe("every size", () => {
  it.each(SITUATIONS)("is filled exactly: %s", (_, snapshot) => {
    const whole = snapshot?.counters == null ? snapshot : { ...snapshot, counters: wholeSnapshot().counters };
    for (const pane of [0, 3, 4, 99]) {
      expect(wrongSizes(overviewScreen, on({ pane }, { snapshot: whole }))).toEqual([]);
    }
    expect(wrongSizes(overviewScreen, on({}, { snapshot: whole, glyphs: ASCII }))).toEqual([]);
  });
});
