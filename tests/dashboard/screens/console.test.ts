/** Screen 1: which part of the guest's console is in sight, and who has the keys. */
import { describe, expect, it } from "vitest";
import type { ConsoleScreen } from "../../../src/dashboard/console-screen.ts";
import type { Cursor, Model, UiState } from "../../../src/dashboard/model.ts";
import { crop, inAscii, withCursor } from "../../../src/dashboard/panes/console-crop.ts";
import { consoleLines, consoleWindow } from "../../../src/dashboard/panes/console-lines.ts";
import { consoleScreen } from "../../../src/dashboard/screens/console.ts";
import { ASCII, type Glyphs, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { type Line, lineWidth, span, textOf } from "../../../src/dashboard/text/line.ts";
import { model, picture, STANDARD_BODY, wrongSizes } from "./mmu-views.ts";

interface Parts {
  readonly scrollback?: number;
  readonly column?: number;
  readonly row?: number;
  readonly dropped?: number;
}

/** A console whose lines say which they are, with a ruler behind. */
function consoleWith({ scrollback = 0, column = 0, row = 0, dropped = 0 }: Parts = {}): ConsoleScreen {
  const rows = 25;
  const text = (i: number): string => `line ${i} `.padEnd(80, "0123456789");
  return {
    columns: 80,
    rows,
    scrollback,
    cursor: { column, row },
    droppedBytes: dropped,
    lines: (first, count): Line[] =>
      Array.from({ length: Math.max(Math.min(count, scrollback + rows - first), 0) }, (_, i) => [
        span(text(first + i)),
      ]),
  };
}

const modelWith = (parts: Parts, ui: Partial<UiState> = {}, glyphs: Glyphs = UNICODE): Model => ({
  ...model({ glyphs, ui: { screen: 1, ...ui } }),
  console: consoleWith(parts),
});

const at = (row: number, top = 0): Partial<UiState> => ({ cursors: { "1.0": { at: row, top } } });

describe("what is in sight", () => {
  const windowWith = (parts: Parts, chosen: Cursor | null, width: number, rows: number) =>
    consoleWindow(consoleWith(parts), chosen, width, rows);

  it.each([
    ["the whole screen if it fits, with scrollback above it", { scrollback: 100, row: 3 }, 30, 95],
    [
      "the first lines of a screen that is too high, as long as the cursor is there",
      { scrollback: 100 },
      10,
      100,
    ],
    ["the part with the cursor, else", { scrollback: 100, row: 24 }, 10, 115],
    ["from the first line on if there are fewer than fit", { row: 24 }, 40, 0],
  ])("%s", (_, parts, rows, first) => {
    expect(windowWith(parts, null, 80, rows)).toMatchObject({ first, at: null });
  });

  it("the row that the list keys chose", () => {
    expect(windowWith({ scrollback: 100 }, { at: 40, top: 35 }, 80, 10)).toMatchObject({ first: 35, at: 40 });
    expect(windowWith({ scrollback: 100 }, { at: 50, top: 35 }, 80, 10)).toMatchObject({ first: 41, at: 50 });
  });

  it("the last row follows the guest again, also when it lies beyond the end", () => {
    for (const row of [124, 125, 100_000]) {
      expect(windowWith({ scrollback: 100 }, { at: row, top: 0 }, 80, 25).at).toBeNull();
    }
  });

  it("less than 80 columns go sideways with the cursor, never beyond the last", () => {
    expect(windowWith({ column: 0 }, null, 38, 10).left).toBe(0);
    expect(windowWith({ column: 50 }, null, 38, 10).left).toBe(13);
    expect(windowWith({ column: 79 }, null, 38, 10).left).toBe(42);
    expect(windowWith({ column: 79 }, null, 100, 10).left).toBe(0);
  });

  it("before the list keys are used they start at the last row", () => {
    expect(consoleScreen.start?.(modelWith({ scrollback: 100 })).at).toBe(124);
    expect(consoleScreen.count(modelWith({ scrollback: 100 }))).toBe(125);
  });
});

describe("the screen", () => {
  it("says how to type, and while typing that keys go to the guest and how to leave", () => {
    const idle = picture(consoleScreen, modelWith({}), STANDARD_BODY);
    expect(idle).toContain("1 console COM1");
    expect(idle).toContain("i type  ^] leave");
    expect(idle).not.toContain("TYPING");
    const typing = picture(consoleScreen, modelWith({}, { typing: true }), STANDARD_BODY);
    expect(typing).toContain("TYPING");
    expect(typing).toContain("keys go to the guest  ^] leave");
  });

  it("shows all 80 columns in a terminal of 80", () => {
    expect(picture(consoleScreen, modelWith({}), STANDARD_BODY).split("\n")[1]).toBe(
      "line 0 ".padEnd(80, "0123456789"),
    );
  });

  it("says which columns are in sight if not all are", () => {
    const narrow = picture(consoleScreen, modelWith({ column: 70 }), { columns: 60, rows: 10 });
    expect(narrow).toContain("columns 14-71 of 80");
  });

  it("says which line the list keys are at, and what was lost", () => {
    const lost = picture(
      consoleScreen,
      modelWith({ scrollback: 100, dropped: 2_345_678 }, at(9)),
      STANDARD_BODY,
    );
    expect(lost).toContain("line 10 of 125");
    expect(lost).toContain("2.3M bytes dropped");
  });

  it("turns the cursor's cell to inverse video while typing, and only then", () => {
    const inverse = (ui: Partial<UiState>): string[] =>
      consoleScreen
        .draw(modelWith({ column: 2, row: 0 }, ui), STANDARD_BODY)
        .flatMap((line) => line.filter(({ style }) => style?.inverse === true).map(({ text }) => text));
    expect(inverse({ typing: true })).toEqual(["n"]);
    expect(inverse({ typing: false })).toEqual([]);
  });

  it("has exactly the size it is given, in all states", () => {
    for (const glyphs of [UNICODE, ASCII]) {
      for (const ui of [{}, { typing: true }, at(0), at(60, 55), at(1e9)]) {
        for (const parts of [{}, { scrollback: 5000, column: 79, row: 24, dropped: 12 }]) {
          expect(wrongSizes(consoleScreen, modelWith(parts, ui, glyphs))).toEqual([]);
        }
      }
    }
  });
});

describe("the overview's console", () => {
  it("is the last lines that fit, as the cursor goes", () => {
    const lines = consoleLines(modelWith({ scrollback: 10, row: 24 }, at(0)), 20, 3).map(textOf);
    expect(lines.map((text) => text.slice(0, 7))).toEqual(["line 32", "line 33", "line 34"]);
    expect(lines.every(({ length }) => length === 20)).toBe(true);
  });
});

describe("parts of a line", () => {
  const wide: Line = [span("ab"), { text: "漢", style: {}, width: 2 }, span("cd")];

  it.each([
    [0, 6, "ab漢cd"],
    [1, 3, "b漢"],
    [0, 3, "ab "],
    [3, 2, " c"],
    [4, 5, "cd   "],
    [9, 2, "  "],
  ])("%i cells on, %i of them; half a wide character is a blank", (first, count, text) => {
    const part = crop(wide, first, count);
    expect(textOf(part)).toBe(text);
    expect(lineWidth(part)).toBe(count);
  });

  it("a cursor on either half of a wide character has the whole of it", () => {
    for (const column of [2, 3]) {
      const line = withCursor(wide, column, 6);
      expect(line.filter(({ style }) => style?.inverse === true).map(({ text }) => text)).toEqual(["漢"]);
      expect(lineWidth(line)).toBe(6);
    }
  });

  it("a cursor on inverse text is the right way round", () => {
    const line = withCursor([span("abc", { inverse: true })], 1, 3);
    expect(line.map(({ text, style }) => [text, style?.inverse])).toEqual([
      ["a", true],
      ["b", false],
      ["c", true],
    ]);
  });

  it("what is not ASCII is a question mark for each cell", () => {
    expect(textOf(inAscii([...wide, span("é─x"), { text: "e\u0301", width: 1 }]))).toBe("ab??cd??x?");
  });
});
