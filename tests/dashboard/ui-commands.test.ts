/** Commands about the picture: each one, its mistakes, and that all else is the monitor's. */
import { describe, expect, it } from "vitest";
import { commandHint, completed } from "../../src/dashboard/completion.ts";
import type { Outcome } from "../../src/dashboard/effect.ts";
import type { Model, UiState } from "../../src/dashboard/model.ts";
import { press } from "../../src/dashboard/perform.ts";
import { screens } from "../../src/dashboard/screens/index.ts";
import { runCommand, uiCommands } from "../../src/dashboard/ui-commands.ts";
import { commands } from "../../src/debug/commands/table.ts";
import { parseQuestion } from "../../src/debug/monitor.ts";
import { wholeModel, wholeSnapshot } from "./whole-model.ts";

const on = (ui: Partial<UiState> = {}, parts: Partial<Omit<Model, "ui">> = {}): Model =>
  wholeModel({ ...parts, ui });
const run = (text: string, model: Model = on()): Outcome => runCommand(text, model);

/** A command, the picture before, and what it changes of it. */
const CHANGES: readonly (readonly [text: string, before: Partial<UiState>, after: Partial<UiState>])[] = [
  ["screen 3", { pane: 1 }, { screen: 3, pane: 0 }],
  ["screen out of sync", {}, { screen: 3 }],
  ["filter gfn=10c -flush", {}, { filter: "gfn=10c -flush" }],
  ["filter", { filter: "sync" }, { filter: "" }],
  [
    "translate 0xc0101000 write user",
    {},
    { screen: 5, translate: { gva: 0xc010_1000, access: "write", user: true } },
  ],
  ["translate bffff000", {}, { screen: 5, translate: { gva: 0xbfff_f000, access: "read", user: false } }],
  ["page 41c", {}, { screen: 2, pane: 1, page: 0x41c }],
  ["page 0x41c", { screen: 2 }, { page: 0x41c }],
  ["sort stale", { screen: 2 }, { sorts: { 2: 2 } }],
  ["follow", { follow: true }, { follow: false }],
  ["zoom", {}, { zoomed: true }],
  ["raw", { raw: true }, { raw: false }],
  ["freeze", {}, { frozen: true }],
  ["thaw", { frozen: true }, { frozen: false }],
  ["speed 100k", {}, { speed: 100_000 }],
  ["speed full", { speed: 5 }, { speed: null }],
  ["fps 5", {}, { fps: 5 }],
  ["fps 99", {}, { fps: 15 }],
  ["type", { screen: 4 }, { typing: true, screen: 1 }],
  ["yank", { yanked: "sp 2a0" }, { message: { text: "sp 2a0", failed: false } }],
  ["keys", {}, { overlay: { kind: "help", top: 0 } }],
];

const EFFECTS: readonly (readonly [text: string, effect: object])[] = [
  ["speed 2M", { kind: "speed", limit: 2_000_000 }],
  ["speed full", { kind: "speed", limit: null }],
  ["reset", { kind: "reset-counters" }],
  ["redraw", { kind: "redraw" }],
  ["save a file.txt", { kind: "save", path: "a file.txt" }],
  ["w x.txt", { kind: "save", path: "x.txt" }],
  ["quit", { kind: "quit" }],
  ["q", { kind: "quit" }],
];

/** What is no use, and a word of the sentence that says so. */
const MISTAKES: readonly (readonly [text: string, word: string])[] = [
  ["screen 10", "'10'"],
  ["screen", "0 overview"],
  ["filter gfn=zz", "gfn"],
  ["filter nosuchfield=1", "nosuchfield"],
  ["translate", "address"],
  ["translate xyz", "'xyz'"],
  ["translate 0x123456789", "'0x123456789'"],
  ["translate 10c", "in hexadecimal it is 0x10c"],
  ["translate c0101000 sideways", "'sideways'"],
  ["page", "shadow page"],
  ["page here", "'here'"],
  ["sort stale", "screen 0"],
  ["zoom in", "'in'"],
  ["speed 0", "'0'"],
  ["speed fast", "'fast'"],
  ["speed", "speed 100k"],
  ["fps many", "'many'"],
  ["fps -3", "'-3'"],
  ["save", "name"],
  ["fault", "not ended"],
];

describe("commands about the picture", () => {
  it.each(CHANGES)(":%s", (text, before, after) => {
    const { ui } = run(text, on(before));
    expect(ui).toMatchObject(after);
  });

  it.each(EFFECTS)(":%s is for the surroundings", (text, effect) => {
    expect(run(text).effects).toEqual([effect]);
  });

  it.each(MISTAKES)(":%s is refused in a sentence that names it, and nothing happens", (text, word) => {
    const { ui, effects } = run(text);
    expect(effects).toEqual([]);
    expect(ui.message).toMatchObject({ failed: true, text: expect.stringContaining(word) });
    expect({ ...ui, message: null }).toEqual(on().ui);
  });

  it(":fault shows how the machine ended", () => {
    const stop = {
      kind: "ended",
      reason: "triple-fault",
      detail: "triple fault",
      status: null,
      failed: true,
    } as const;
    expect(run("fault", on({}, { stop, running: false })).ui.overlay?.kind).toBe("fault");
  });

  it(":sort names the orders that there are", () => {
    expect(run("sort size", on({ screen: 2 })).ui.message?.text).toContain("tree, gfn, stale, present");
  });

  it("all have an example here", () => {
    const examples = [...CHANGES, ...EFFECTS, ...MISTAKES].map(([text]) => text.split(" ")[0]);
    expect(uiCommands.map(({ name }) => name).filter((name) => !examples.includes(name))).toEqual([]);
  });

  it("reach every screen by number and by name", () => {
    for (const { number, name } of screens) {
      expect(run(`screen ${number}`).ui.screen).toBe(number);
      expect(run(`screen ${name}`).ui.screen).toBe(number);
    }
  });
});

describe("all else", () => {
  it.each(["info oos", "x/4wx $esp", "break 0xc0101000", "stop", "nonsense", "help", "help info", "why 12"])(
    ":%s goes to the monitor as it is",
    (text) => {
      const { ui, effects } = run(`  ${text} `);
      expect(effects).toEqual([{ kind: "monitor", text }]);
      expect(ui).toEqual(on().ui);
    },
  );

  it(":translate of what only the machine knows is answered by it in words", () => {
    expect(run("translate $esp+8 write").effects).toEqual([
      { kind: "monitor", text: "translate $esp+8 write" },
    ]);
  });
});

describe(":translate", () => {
  const { status } = wholeSnapshot();
  const at = (cpl: number): Model => on({}, { snapshot: wholeSnapshot({ status: { ...status, cpl } }) });

  it("understands an address as the monitor does: decimal, 0x, eight digits, sums", () => {
    const gvaOf = (words: string) => run(`translate ${words}`).ui.translate.gva;
    expect(gvaOf("08050000")).toBe(0x0805_0000);
    expect(gvaOf("0x10c + 0x1000")).toBe(0x110c);
    expect(gvaOf("4096")).toBe(4096);
    for (const words of ["08050000", "0x10c + 0x1000", "4096"]) {
      expect(() => parseQuestion(`translate ${words}`), words).not.toThrow();
    }
  });

  it("is about what the guest runs as now, if nothing else is said", () => {
    expect(run("translate 08050000", at(3)).ui.translate.user).toBe(true);
    expect(run("translate 08050000", at(0)).ui.translate.user).toBe(false);
    expect(run("translate 08050000 supervisor", at(3)).ui.translate.user).toBe(false);
  });
});

describe("Tab after the colon", () => {
  it.each([
    ["scr", "screen"],
    ["tr", "tra"],
    ["trans", "translate "],
    ["info o", "info oos"],
    ["inf", "info "],
    ["  fil", "filter "],
    ["gva2", "gva2"],
    ["gva2s", "gva2spte "],
    ["frob", "frob"],
    ["", ""],
    ["screen 3", "screen 3"],
  ])("makes of '%s' '%s'", (text, expected) => {
    expect(completed(text)).toBe(expected);
  });

  it("completes what is before the cursor, and leaves the rest", () => {
    const typing = (text: string, at: number) => on({ overlay: { kind: "command", text, at } });
    const tab = (text: string, at: number) => press("tab", typing(text, at), 0).ui;
    expect(tab("fil", 3).overlay).toEqual({ kind: "command", text: "filter ", at: 7 });
    expect(tab("fil 3", 3).overlay).toEqual({ kind: "command", text: "filter 3", at: 7 });
    expect(tab("frob", 4)).toMatchObject({ pane: 0, overlay: { text: "frob" } });
  });

  it("reaches every command there is by its whole name", () => {
    for (const { name } of [...uiCommands, ...commands]) expect(completed(name).startsWith(name)).toBe(true);
  });
});

describe("the line of help while a command is typed", () => {
  it("names those that begin so", () => {
    expect(commandHint("f")).toBe("filter  follow  freeze  fps  fault  finish");
    expect(commandHint("in")).toBe("info");
    expect(commandHint("info p")).toBe("policy  pic  pit  pci");
  });

  it("says what the only one does, also behind its name", () => {
    expect(commandHint("fp")).toBe("fps N: frames a second, 1 to 15");
    expect(commandHint("fps 5")).toBe("fps N: frames a second, 1 to 15");
    expect(commandHint("q")).toContain("quit: ");
  });

  it("knows the monitor's commands, and has nothing to say of what is none", () => {
    expect(commandHint("info oos")).toMatch(/^info oos: ./);
    expect(commandHint("gva2gpa 0x1000")).toMatch(/^gva2gpa ADDRESS: ./);
    expect(commandHint("")).toBe("");
    expect(commandHint("frob")).toBe("");
  });
});
