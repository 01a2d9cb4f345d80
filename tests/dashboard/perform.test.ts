/** Keys: what they change of the picture, and what they ask of the machine. */
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/dashboard/effect.ts";
import { bindings } from "../../src/dashboard/keymap.ts";
import type { Model, Size, UiState } from "../../src/dashboard/model.ts";
import { press } from "../../src/dashboard/perform.ts";
import { monitorHelp, parseQuestion } from "../../src/debug/monitor.ts";
import { KVM_EXIT } from "../../src/trace/events.ts";
import { GLOBAL_ROW, oosView } from "./screens/mmu-views.ts";
import { logOf, record, wholeModel, wholeSnapshot } from "./whole-model.ts";

const NOW = 5_000;
const TERMINAL: Size = { columns: 80, rows: 24 };

const key = (name: string, model: Model = wholeModel()): Outcome => press(name, model, NOW, TERMINAL);
const on = (ui: Partial<UiState>, parts: Partial<Omit<Model, "ui">> = {}): Model =>
  wholeModel({ ...parts, ui });
const stopped = (ui: Partial<UiState> = {}): Model => wholeModel({ running: false, ui });
/** The lines that go to the monitor. */
const asked = ({ effects }: Outcome): string[] =>
  effects.flatMap((effect) => (effect.kind === "monitor" ? [effect.text] : []));
/** One key after another. */
const keys = (names: readonly string[], model: Model = wholeModel()): Outcome =>
  names.reduce<Outcome>((outcome, name) => key(name, { ...model, ui: outcome.ui }), {
    ui: model.ui,
    effects: [],
  });

describe("keys that run and stop the guest say what a person would type", () => {
  it.each([
    ["s", "step"],
    ["n", "next"],
    ["f", "finish"],
    ["c", "cont"],
    ["B", "info breakpoints"],
  ])("%s: %s", (name, words) => {
    expect(asked(key(name, stopped()))).toEqual([words]);
  });

  it("space stops a guest that runs and lets one run that stands still", () => {
    expect(asked(key("space"))).toEqual(["stop"]);
    expect(asked(key("space", stopped()))).toEqual(["cont"]);
  });

  it("e runs to the next event that passes the filter", () => {
    expect(asked(key("e", on({ filter: "gfn=10c -flush" })))).toEqual(["until gfn=10c -flush"]);
  });

  it("e without a filter asks for one", () => {
    const { ui, effects } = key("e");
    expect(effects).toEqual([]);
    expect(ui.message).toMatchObject({ failed: true, text: expect.stringContaining("/") });
  });

  it("e with a filter that is a number does not run to that icount", () => {
    const [words] = asked(key("e", on({ filter: "118" })));
    expect(words).toBe("until 118 118");
  });

  it("every line is one that the monitor understands", () => {
    const lines = bindings.flatMap(({ keys: [name] }) => asked(key(name, on({ screen: 3, filter: "118" }))));
    expect(lines.length).toBeGreaterThan(8);
    expect(monitorHelp.length).toBeGreaterThan(0);
    for (const text of lines) expect(() => parseQuestion(text), text).not.toThrow();
  });
});

describe("what is selected", () => {
  const global = wholeSnapshot({ oos: oosView({ nonGlobal: [], global: [GLOBAL_ROW] }) });
  const outOfSync = on({ screen: 3 }, { snapshot: global });
  const eventAt = (event: number, fields: readonly number[]): Model =>
    on({ screen: 4 }, { events: logOf([record(7, event, fields)]) });
  const fault = eventAt(KVM_EXIT, [0xbfff_e004 | 0]);

  it("a page is opened in detail, watched by its number, and its frame has a reverse map", () => {
    expect(key("enter", outOfSync).ui).toMatchObject({ screen: 2, page: GLOBAL_ROW.sp, pane: 1 });
    expect(asked(key("w", outOfSync))).toEqual(["watch sp:2a0"]);
    expect(asked(key("r", outOfSync))).toEqual(["info rmap 42"]);
  });

  it("an event is opened as the card that says why", () => {
    expect(key("enter", fault).ui.overlay).toMatchObject({ kind: "why", seq: 7 });
  });

  it("an event's address is translated", () => {
    expect(key("t", fault).ui).toMatchObject({ screen: 5, translate: { gva: 0xbfff_e004 } });
  });

  it("b stops at the instruction that caused an event, else at the next one", () => {
    expect(asked(key("b", fault))).toEqual(["break 0xc0101f22"]);
    expect(asked(key("b", outOfSync))).toEqual(["break $eip"]);
  });

  it("an instruction is a place to stop, a register something to watch", () => {
    expect(asked(key("b", on({ screen: 7, pane: 1 })))).toEqual(["break 0xc0101f22"]);
    expect(asked(key("w", on({ screen: 7, pane: 0 })))).toEqual(["watch eax"]);
  });

  it("a register is translated as the address that is in it", () => {
    expect(key("t", on({ screen: 7 })).ui).toMatchObject({ screen: 5, translate: { gva: 0x01f3_a067 } });
  });

  it("is copied as one line, which is kept", () => {
    const { ui, effects } = key("y", outOfSync);
    expect(effects).toEqual([{ kind: "copy", text: "sp 2a0 gfn 00042" }]);
    expect(ui.yanked).toBe("sp 2a0 gfn 00042");
  });

  it.each(["enter", "t", "r", "w", "y"])("nothing: %s says so in a sentence", (name) => {
    const { ui, effects } = key(name, on({ screen: 1 }));
    expect(effects).toEqual([]);
    expect(ui.message?.failed).toBe(true);
  });

  it("of the overview is the focused pane: enter opens its screen", () => {
    expect(key("enter", on({ pane: 1 })).ui.screen).toBe(3);
    expect(key("enter", on({ pane: 3 })).ui.screen).toBe(4);
  });
});

describe("an address that is translated", () => {
  const { status } = wholeSnapshot();
  it.each([
    [0, false],
    [3, true],
  ])("is read as the guest runs now: at CPL %i by a user: %s", (cpl, user) => {
    const snapshot = wholeSnapshot({ status: { ...status, cpl } });
    const { ui } = key("t", on({ screen: 7 }, { snapshot }));
    expect(ui.translate).toMatchObject({ access: "read", user });
  });
});

describe("moving", () => {
  const list = on({ screen: 4, follow: false, cursors: { "4.0": { at: 0, top: 0 } } });
  const at = ({ ui }: Outcome): number => ui.cursors["4.0"].at;

  it("goes by one, by a page, to the ends, and not beyond", () => {
    expect(at(key("j", list))).toBe(1);
    expect(at(key("k", list))).toBe(0);
    expect(at(key("G", list))).toBe(59);
    expect(at(keys(["G", "j", "k"], list))).toBe(58);
    expect(at(keys(["pgdn"], list))).toBe(18);
    expect(at(keys(["pgdn", "pgup", "pgup"], list))).toBe(0);
  });

  it("starts at the last event where the list has followed its end, and follows no more", () => {
    const { ui } = key("k", on({ screen: 4, follow: true }));
    expect(ui.cursors["4.0"].at).toBe(58);
    expect(ui.follow).toBe(false);
    const moved = { screen: 4, follow: true, cursors: { "4.0": { at: 3, top: 0 } } } as const;
    expect(key("k", on(moved)).ui.cursors["4.0"].at).toBe(58);
  });

  it("starts at the end of the console, where its last line was in sight", () => {
    expect(key("k", on({ screen: 1 })).ui.cursors["1.0"].at).toBe(63);
  });

  it("keeps the row where it is in a window until the cursor would leave it", () => {
    const down = keys(
      Array.from({ length: 30 }, () => "j"),
      list,
    ).ui.cursors["4.0"];
    expect(down).toEqual({ at: 30, top: 12 });
    const up = keys([...Array.from({ length: 30 }, () => "j"), "k", "k"], list).ui.cursors["4.0"];
    expect(up).toEqual({ at: 28, top: 12 });
  });

  it("begins within a list that has become shorter", () => {
    const { ui } = key("k", on({ screen: 4, follow: false, cursors: { "4.0": { at: 1_000, top: 990 } } }));
    expect(ui.cursors["4.0"].at).toBe(58);
  });

  it("moves nothing where there is no list", () => {
    expect(key("j").ui.cursors).toEqual({});
  });

  it("each pane of each screen has a cursor of its own", () => {
    const { ui } = keys(["2", "j", "3", "j", "j"]);
    expect(ui.cursors["2.0"].at).toBe(1);
    expect(ui.cursors["3.0"].at).toBe(2);
  });
});

describe("screens and panes", () => {
  it("a digit goes to a screen, to its first pane", () => {
    expect(key("6", on({ screen: 2, pane: 1, zoomed: true })).ui).toMatchObject({
      screen: 6,
      pane: 0,
      zoomed: false,
    });
  });

  it("tab goes round the panes, shift-tab the other way", () => {
    expect(key("tab", on({ screen: 3 })).ui.pane).toBe(1);
    expect(keys(["tab", "tab"], on({ screen: 3 })).ui.pane).toBe(0);
    expect(key("shift-tab", on({ screen: 7 })).ui.pane).toBe(2);
    expect(keys(["shift-tab", "shift-tab"], on({ screen: 7 })).ui.pane).toBe(1);
  });

  it("z zooms and leaves again", () => {
    expect(key("z").ui.zoomed).toBe(true);
    expect(keys(["z", "z"]).ui.zoomed).toBe(false);
  });

  it("esc leaves what was opened last, and never the program", () => {
    expect(key("esc", on({ screen: 2, zoomed: true, page: 3 })).ui).toMatchObject({
      screen: 2,
      zoomed: false,
    });
    expect(key("esc", on({ screen: 2, page: 3, pane: 1 })).ui).toMatchObject({
      screen: 2,
      page: null,
      pane: 0,
    });
    expect(key("esc", on({ screen: 2 })).ui.screen).toBe(0);
    expect(key("esc").effects).toEqual([]);
  });

  it("i gives the keys to the guest where its console can be seen", () => {
    expect(key("i", on({ pane: 2 })).ui).toMatchObject({ typing: true, screen: 0, pane: 0 });
    expect(key("i", on({ screen: 5 })).ui).toMatchObject({ typing: true, screen: 1 });
  });

  it("i says that a guest which stands still does not read", () => {
    expect(key("i", stopped()).ui.message?.text).toContain("stands still");
  });
});

describe("a machine that has ended", () => {
  const end = {
    kind: "ended",
    reason: "debug-exit",
    detail: "it is over",
    status: 0,
    failed: false,
  } as const;
  const over = (ui: Partial<UiState> = {}): Model => wholeModel({ running: false, stop: end, ui });

  it.each(["space", "s", "n", "f", "c", "e", "i", "b", "w", "<", ">"])(
    "does nothing for %s, and says why",
    (name) => {
      const { ui, effects } = key(name, over({ screen: 3, filter: "gfn=10c" }));
      expect(effects).toEqual([]);
      expect(ui).toMatchObject({ typing: false, screen: 3 });
      expect(ui.message).toEqual({ text: "the machine has ended: it is over", failed: true });
    },
  );

  it("is not typed to by the command either", () => {
    expect(keys([":", "t", "y", "p", "e", "enter"], over()).ui).toMatchObject({
      typing: false,
      message: { failed: true, text: expect.stringContaining("has ended") },
    });
  });

  it("can still be looked at, and left without a question", () => {
    expect(key("7", over()).ui.screen).toBe(7);
    expect(
      asked(
        key(
          "r",
          on(
            { screen: 3 },
            {
              snapshot: wholeSnapshot({ oos: oosView({ nonGlobal: [], global: [GLOBAL_ROW] }) }),
              running: false,
              stop: end,
            },
          ),
        ),
      ),
    ).toEqual(["info rmap 42"]);
    expect(key("q", over()).effects).toEqual([{ kind: "quit" }]);
  });
});

describe("leaving", () => {
  it("q goes back to the overview first", () => {
    const { ui, effects } = key("q", on({ screen: 4 }));
    expect(ui.screen).toBe(0);
    expect(effects).toEqual([]);
  });

  it("q asks once while the guest runs, and not where it stands still", () => {
    expect(key("q").ui.overlay).toEqual({ kind: "quit" });
    expect(key("q").effects).toEqual([]);
    expect(keys(["q", "q"]).effects).toEqual([{ kind: "quit" }]);
    expect(key("q", stopped()).effects).toEqual([{ kind: "quit" }]);
  });

  it("q means to leave where the terminal is too small to show a way back", () => {
    const { effects } = press("q", wholeModel({ running: false, ui: { screen: 1 } }), NOW, {
      columns: 30,
      rows: 8,
    });
    expect(effects).toEqual([{ kind: "quit" }]);
  });

  it("any other key than yes answers no, and does nothing else", () => {
    const { ui, effects } = keys(["q", "s"]);
    expect(ui.overlay).toBeNull();
    expect(effects).toEqual([]);
  });

  it("ctrl-c pauses; again within a second it quits; later it pauses again", () => {
    const first = press("ctrl-c", wholeModel(), NOW, TERMINAL);
    expect(asked(first)).toEqual(["stop"]);
    const after = wholeModel({ ui: first.ui });
    expect(press("ctrl-c", after, NOW + 999, TERMINAL).effects).toEqual([{ kind: "interrupt" }]);
    expect(asked(press("ctrl-c", after, NOW + 1_000, TERMINAL))).toEqual(["stop"]);
  });

  it("ctrl-c does not stop what stands still", () => {
    expect(key("ctrl-c", stopped()).effects).toEqual([]);
  });
});

describe("choices", () => {
  it("o takes the next order, and says which", () => {
    const { ui } = key("o", on({ screen: 2 }));
    expect(ui.sorts[2]).toBe(1);
    expect(ui.message?.text).toBe("order: gfn");
    expect(keys(["o", "o", "o", "o"], on({ screen: 2 })).ui.sorts[2]).toBe(0);
  });

  it("< and > step through the speeds, as fast as it goes being the last", () => {
    expect(key("<").effects).toEqual([{ kind: "speed", limit: 100_000_000 }]);
    expect(key(">").effects).toEqual([{ kind: "speed", limit: null }]);
    expect(key("<", on({ speed: 1_000 })).ui.speed).toBe(1_000);
    expect(key("<", on({ speed: 50_000 })).ui.speed).toBe(10_000);
    expect(key(">", on({ speed: 50_000 })).ui.speed).toBe(100_000);
    expect(key("<", on({ speed: 5 })).ui.speed).toBe(1_000);
    expect(key("<", on({ speed: 900_000_000 })).ui.speed).toBe(100_000_000);
  });

  it("+ and - stay between 1 and 15 frames a second", () => {
    expect(key("+").ui.fps).toBe(11);
    expect(key("+", on({ fps: 15 })).ui.fps).toBe(15);
    expect(key("-", on({ fps: 1 })).ui.fps).toBe(1);
  });

  it("a goes through read, write, fetch, as user and as supervisor, and comes round", () => {
    const seen = new Set<string>();
    let model = on({ screen: 5 });
    for (let i = 0; i < 6; i++) {
      model = on(key("a", model).ui);
      const { access, user } = model.ui.translate;
      seen.add(`${access} ${user}`);
    }
    expect(seen.size).toBe(6);
    expect(model.ui.translate).toEqual(on({}).ui.translate);
  });

  it("ctrl-s freezes the view, ctrl-q thaws it; the guest is not asked", () => {
    expect(key("ctrl-s").ui.frozen).toBe(true);
    expect(key("ctrl-s").effects).toEqual([]);
    expect(keys(["ctrl-s", "ctrl-q"]).ui.frozen).toBe(false);
  });

  it.each([
    ["R", { kind: "reset-counters" }],
    ["ctrl-l", { kind: "redraw" }],
    ["ctrl-z", { kind: "suspend" }],
    ["S", { kind: "save", path: "umbra-overview-32186550.txt" }],
  ])("%s is for the surroundings", (name, effect) => {
    expect(key(name).effects).toEqual([effect]);
  });

  it("F follows or no more, p shows what is in an entry", () => {
    expect(key("F", on({ screen: 4 })).ui.follow).toBe(false);
    expect(key("p", on({ screen: 2 })).ui.raw).toBe(true);
  });
});

describe("any key", () => {
  it("clears the message of the one before", () => {
    expect(key("z", on({ message: { text: "old", failed: true } })).ui.message).toBeNull();
  });

  it("that means nothing is said to mean nothing, and where it would", () => {
    expect(key("x").ui.message?.text).toBe("x does nothing here; ? lists the keys");
    expect(key("a").ui.message?.text).toBe("a does nothing here, but on screen 5; ? lists the keys");
  });

  it.each([null, wholeSnapshot({ cpu: null, oos: null, shadow: null, page: null, translate: null })])(
    "does something on every screen, also without an answer from the machine",
    (snapshot) => {
      const names = bindings.flatMap((binding) => binding.keys);
      for (let screen = 0; screen < 10; screen++) {
        for (const name of names) {
          const model = on({ screen: screen as UiState["screen"], pane: 1 }, { snapshot });
          expect(() => key(name, model), `${name} on ${screen}`).not.toThrow();
        }
      }
    },
  );
});
