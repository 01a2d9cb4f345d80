/** Typing after `:` and `/`: the keys that a shell has, what was typed before, what is refused. */
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/dashboard/effect.ts";
import { drawFrame } from "../../../src/dashboard/frame.ts";
import type { Model, UiState } from "../../../src/dashboard/model.ts";
import { press } from "../../../src/dashboard/perform.ts";
import { textOf } from "../../../src/dashboard/text/line.ts";
import { wholeModel } from "../whole-model.ts";

const TERMINAL = { columns: 80, rows: 24 };
const on = (ui: Partial<UiState>): Model => wholeModel({ ui });

/** Characters and, in angle brackets, names of keys. */
function type(keys: string, ui: Partial<UiState> = {}): Outcome {
  let outcome: Outcome = { ui: on(ui).ui, effects: [] };
  for (const [name] of keys.matchAll(/<[^>]+>|./g)) {
    const key = name.length > 1 ? name.slice(1, -1) : name === " " ? "space" : name;
    outcome = press(key, on(outcome.ui), 0, TERMINAL);
  }
  return outcome;
}
const typed = (keys: string, ui: Partial<UiState> = {}): readonly [string, number] | null => {
  const { overlay } = type(keys, ui).ui;
  return overlay?.kind === "command" || overlay?.kind === "filter" ? [overlay.text, overlay.at] : null;
};

describe("editing", () => {
  it.each([
    [":abc", "abc", 3],
    [":abc<left><left>X", "aXbc", 2],
    [":abc<home>X", "Xabc", 1],
    [":abc<home><right><right>X", "abXc", 3],
    [":abc<left><end>X", "abcX", 4],
    [":abc<left><backspace>", "ac", 1],
    [":abc<home><backspace>", "abc", 0],
    [":abc<left><ctrl-d>", "ab", 2],
    [":one two<ctrl-w>", "one ", 4],
    [":one two <ctrl-w>", "one ", 4],
    [":one two<left><left><ctrl-w>", "one wo", 4],
    [":one two<left><left><ctrl-u>", "wo", 0],
    [":one two<left><left><ctrl-k>", "one t", 5],
    [":q?:/ 0", "q?:/ 0", 6],
    [":a漢b<tab><pgup>", "ab", 2],
  ])("%s: '%s', cursor at %i", (keys, text, at) => {
    expect(typed(keys)).toEqual([text, at]);
  });

  it.each([":abc<esc>", ":abc<ctrl-c>", ":a<backspace><backspace>", ":<enter>"])("%s leaves it", (keys) => {
    const { ui, effects } = type(keys);
    expect(ui.overlay).toBeNull();
    expect(effects).toEqual([]);
  });

  it("shows the line as the last one, with the cursor where it is", () => {
    const { ui } = type(":info oos<left>");
    const last = drawFrame(on(ui), TERMINAL).at(-1) ?? [];
    expect(textOf(last).trimEnd()).toBe(":info oos");
    expect(last.find(({ style }) => style?.inverse === true)?.text).toBe("s");
  });

  it("keeps the cursor in sight of a line that is longer than the terminal", () => {
    const { ui } = type(`:${"x".repeat(60)}END`);
    const last = drawFrame(on(ui), { columns: 40, rows: 10 }).at(-1) ?? [];
    expect(textOf(last).trimEnd()).toMatch(/^:x+END$/);
    expect(last.at(-1)?.style?.inverse ?? last.at(-2)?.style?.inverse).toBe(true);
  });

  it("says above it what may be meant", () => {
    const above = textOf(drawFrame(on(type(":fps").ui), TERMINAL).at(-2) ?? []);
    expect(above.trim()).toBe("fps N: frames a second, 1 to 15");
  });
});

describe("after enter", () => {
  it("a command about the picture is done, one for the machine goes to its monitor", () => {
    expect(type(":screen 6<enter>").ui).toMatchObject({ screen: 6, overlay: null });
    expect(type(":info oos<enter>").effects).toEqual([{ kind: "monitor", text: "info oos" }]);
  });

  it("a filter holds", () => {
    expect(type("/gfn=10c<enter>").ui).toMatchObject({ filter: "gfn=10c", overlay: null });
  });

  it("a filter that means nothing can be put right, and says what is wrong", () => {
    const { ui } = type("/<ctrl-u>gfn=zz<enter>", { filter: "sync" });
    expect(ui.filter).toBe("sync");
    expect(ui.overlay).toMatchObject({ kind: "filter", text: "gfn=zz" });
    expect(textOf(drawFrame(on(ui), TERMINAL).at(-2) ?? [])).toContain("hexadecimal");
    expect(type("<backspace><backspace>1<enter>", ui).ui.filter).toBe("gfn=1");
  });

  it("/ begins with the filter that holds", () => {
    expect(typed("/", { filter: "sync" })).toEqual(["sync", 4]);
  });
});

describe("what was typed before", () => {
  const { history } = type(":screen 1<enter>:info oos<enter>:screen 1<enter>/sync<enter>").ui;

  it("is kept once each, the last time counts", () => {
    expect(history).toEqual(["info oos", "screen 1", "filter sync"]);
  });

  it.each([
    [":<up>", "filter sync"],
    [":<up><up>", "screen 1"],
    [":<up><up><up><up><up>", "info oos"],
    [":<up><up><down>", "filter sync"],
    [":<up><down>", ""],
    [":abc<down>", "abc"],
    ["/<ctrl-u><up>", "sync"],
  ])("%s: '%s'", (keys, text) => {
    expect(typed(keys, { history })?.[0]).toBe(text);
  });

  it("is at most a hundred lines", () => {
    const many = Array.from({ length: 100 }, (_, i) => `info ${i}`);
    const { ui } = type(":stop<enter>", { history: many });
    expect(ui.history).toHaveLength(100);
    expect(ui.history.at(-1)).toBe("stop");
    expect(ui.history[0]).toBe("info 1");
  });
});
