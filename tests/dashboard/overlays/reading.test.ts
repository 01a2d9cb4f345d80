/** Help, answers, cards and the question before quitting: what they show and which keys they take. */
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/dashboard/effect.ts";
import { drawFrame } from "../../../src/dashboard/frame.ts";
import type { Model, Overlay, Size } from "../../../src/dashboard/model.ts";
import { answerBox } from "../../../src/dashboard/overlays/answer.ts";
import { helpBox } from "../../../src/dashboard/overlays/help.ts";
import { press } from "../../../src/dashboard/perform.ts";
import { ASCII, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { lineWidth, textOf } from "../../../src/dashboard/text/line.ts";
import { uiCommands } from "../../../src/dashboard/ui-commands.ts";
import { wholeModel } from "../whole-model.ts";

const STANDARD: Size = { columns: 80, rows: 24 };
const SMALL: Size = { columns: 40, rows: 10 };

const LINES = Array.from({ length: 100 }, (_, i) => `line ${i} of the answer`);
const ANSWER: Overlay = { kind: "answer", title: "info shadow", lines: LINES, top: 0 };
const OVERLAYS: readonly Overlay[] = [
  { kind: "help", top: 0 },
  ANSWER,
  { kind: "why", seq: 59 },
  { kind: "why", seq: 1_000_000 },
  { kind: "fault" },
  { kind: "quit" },
  { kind: "command", text: "screen", at: 3 },
  { kind: "filter", text: "", at: 0 },
];

const over = (overlay: Overlay, parts: Partial<Omit<Model, "ui">> = {}): Model =>
  wholeModel({ ...parts, ui: { overlay, screen: 4 } });
const key = (name: string, overlay: Overlay, terminal: Size = STANDARD): Outcome =>
  press(name, over(overlay), 0, terminal);
const picture = (overlay: Overlay, terminal: Size): string =>
  drawFrame(over(overlay), terminal).map(textOf).join("\n");
/** The overlay after some keys. */
const pressed = (names: readonly string[], overlay: Overlay, terminal: Size = STANDARD): Overlay | null =>
  names.reduce<Overlay | null>(
    (now, name) => (now === null ? null : key(name, now, terminal).ui.overlay),
    overlay,
  );

describe.each([STANDARD, SMALL])("in $columns x $rows", (terminal) => {
  it.each(OVERLAYS)("$kind leaves the frame its size", (overlay) => {
    for (const glyphs of [UNICODE, ASCII]) {
      const lines = drawFrame(over(overlay, { glyphs }), terminal);
      expect(lines.map(lineWidth)).toEqual(Array(terminal.rows - 1).fill(terminal.columns));
    }
  });

  it("an answer can be read to its end and back, in pages and in lines", () => {
    expect(picture(ANSWER, terminal)).toContain("line 0 of");
    const end = pressed(["G"], ANSWER, terminal) ?? ANSWER;
    expect(picture(end, terminal)).toContain("line 99 of");
    expect(picture(pressed(["k"], end, terminal) ?? ANSWER, terminal)).not.toContain("line 99 of");
    expect(picture(pressed(["g"], end, terminal) ?? ANSWER, terminal)).toContain("line 0 of");
    const pages = Array.from({ length: 100 }, () => "space");
    expect(pressed(pages, ANSWER, terminal)).toEqual(end);
  });

  it("help can be read to its end", () => {
    const end = pressed(["end"], { kind: "help", top: 0 }, terminal);
    expect(picture(end ?? ANSWER, terminal)).toContain("them");
  });
});

describe("an answer", () => {
  it("keeps the blanks of its columns and goes on in the next line where it is too long", () => {
    const box = answerBox(
      { kind: "answer", title: "x", lines: ["a    b", "0123456789abcdef"], top: 0 },
      12,
      UNICODE,
    );
    expect(box.lines.map(textOf)).toEqual([" a    b", " 012345678", "    9abcde", "    f"]);
  });
});

describe("help", () => {
  it.each([40, 80, 200])("loses no word at %i columns", (width) => {
    const words = helpBox(5, 0, width).lines.map(textOf).join(" ").split(/\s+/);
    for (const { name, usage, sentence } of uiCommands) {
      for (const word of `${name}${usage} ${sentence}`.split(" ")) expect(words).toContain(word);
    }
    for (const one of helpBox(5, 0, width).lines) expect(lineWidth(one)).toBeLessThanOrEqual(width - 2);
  });

  it("has the keys of the screen first", () => {
    const lines = helpBox(5, 0, 80).lines.map(textOf);
    expect(lines.slice(0, 2)).toEqual(["On this screen", expect.stringContaining("other kind of access")]);
    expect(helpBox(8, 0, 80).lines.map(textOf)[0]).toBe("Everywhere");
  });
});

describe("keys", () => {
  it.each(["esc", "q", "enter"])("%s closes what is read, and nothing else", (name) => {
    for (const overlay of [
      ANSWER,
      { kind: "help", top: 0 },
      { kind: "why", seq: 1 },
      { kind: "fault" },
    ] as const) {
      const { ui, effects } = key(name, overlay);
      expect(ui.overlay).toBeNull();
      expect(ui.screen).toBe(4);
      expect(effects).toEqual([]);
    }
  });

  it("others close it and do what they do on the screen below", () => {
    expect(key("7", { kind: "fault" }).ui).toMatchObject({ overlay: null, screen: 7 });
    expect(key("s", { kind: "why", seq: 1 }).effects).toEqual([{ kind: "monitor", text: "step" }]);
  });

  it("ctrl-c reaches the guest from under a card", () => {
    expect(key("ctrl-c", { kind: "help", top: 0 }).effects).toEqual([{ kind: "monitor", text: "stop" }]);
  });
});

describe("the question before quitting", () => {
  it("says that the guest still runs", () => {
    expect(picture({ kind: "quit" }, STANDARD)).toContain("The guest still runs. Quit?");
  });

  it.each(["y", "q", "enter"])("%s is yes", (name) => {
    expect(key(name, { kind: "quit" }).effects).toEqual([{ kind: "quit" }]);
  });

  it("ctrl-c is yes, and leaves as a signal does", () => {
    expect(key("ctrl-c", { kind: "quit" }).effects).toEqual([{ kind: "interrupt" }]);
  });

  it.each(["n", "esc", "j", "space"])("%s is no", (name) => {
    const { ui, effects } = key(name, { kind: "quit" });
    expect(ui.overlay).toBeNull();
    expect(effects).toEqual([]);
  });
});
