/** The guest's display as a console of its own: no lines above it, and the colours of a VGA. */
import type { DotRun } from "../inspect/coarse-display.ts";
import type { DisplayRun, DisplayView, TextDisplay } from "../inspect/display-view.ts";
import type { ConsoleScreen } from "./console-screen.ts";
import type { Line } from "./text/line.ts";
import { type Color, RGB, type Style } from "./text/style.ts";

const COLUMNS = 80;
const ROWS = 25;
const BLINK = 0x80;

/** The sixteen colours that every video BIOS sets, in the order of a VGA, and what a terminal calls each. */
const USUAL: readonly (readonly [rgb: number, ansi: Color])[] = [
  [0x000000, 0],
  [0x0000aa, 4],
  [0x00aa00, 2],
  [0x00aaaa, 6],
  [0xaa0000, 1],
  [0xaa00aa, 5],
  [0xaa5500, 3],
  [0xaaaaaa, 7],
  [0x555555, 8],
  [0x5555ff, 12],
  [0x55ff55, 10],
  [0x55ffff, 14],
  [0xff5555, 9],
  [0xff55ff, 13],
  [0xffff55, 11],
  [0xffffff, 15],
];

/** The user's own red where the guest means red, and the colour in full where it made one of its own. */
function terminalColor(rgb: number): Color {
  const usual = USUAL.find(([color]) => color === rgb);
  return usual === undefined ? RGB | rgb : usual[1];
}

/** `view` is null before the machine has told anything. */
export function displayScreen(view: DisplayView | null): ConsoleScreen {
  switch (view?.kind) {
    case "text":
      return textConsole(view);
    case "picture":
      return fixedConsole(view.columns, view.rows.map(dotLine));
    default:
      return fixedConsole(
        COLUMNS,
        Array.from({ length: ROWS }, (_, row) => (row === 0 && view != null ? [{ text: view.text }] : [])),
      );
  }
}

/** The upper half of a character has its colour, the lower half the background's. */
const dotLine = (runs: readonly DotRun[]): Line =>
  runs.map(({ cells, upper, lower }) => ({
    text: "▀".repeat(cells),
    style: { color: RGB | upper, background: RGB | lower },
  }));

function fixedConsole(columns: number, rows: readonly Line[]): ConsoleScreen {
  return {
    columns,
    rows: rows.length,
    scrollback: 0,
    cursor: { column: 0, row: 0 },
    lines: (first, count) => rows.slice(Math.max(first, 0), Math.max(first + count, 0)),
  };
}

function textConsole(view: TextDisplay): ConsoleScreen {
  const { columns, rows, cursor, blinks } = view;
  const colors = view.colors.map(terminalColor);
  const lineOf = (runs: readonly DisplayRun[]): Line =>
    runs.map(({ text, attribute }) => ({ text, style: styleOf(attribute, blinks, colors) }));
  return {
    columns,
    rows: rows.length,
    scrollback: 0,
    cursor: cursor ?? { column: 0, row: rows.length - 1 },
    lines: (first, count) => rows.slice(Math.max(first, 0), Math.max(first + count, 0)).map(lineOf),
  };
}

function styleOf(attribute: number, blinks: boolean, colors: readonly Color[]): Style {
  const background = (attribute >> 4) & (blinks ? 0x07 : 0x0f);
  const isBlinking = blinks && (attribute & BLINK) !== 0;
  return {
    color: colors[attribute & 0x0f],
    background: colors[background],
    // A terminal may not blink; what should is at least told from its neighbours.
    ...(isBlinking ? { bold: true } : {}),
  };
}
