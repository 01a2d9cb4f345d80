/** Screen 1: what the guest says. */
import { grouped } from "../../common/grouped.ts";
import type { SnapshotRequest } from "../../inspect/snapshot.ts";
import type { Cursor, Model, Screen, Size, UiState } from "../model.ts";
import {
  type ConsoleWindow,
  consoleCount,
  consoleLinesIn,
  consoleWindow,
  consoleWish,
  typingFoot,
} from "../panes/console-lines.ts";
import { shownConsole, sourceOf } from "../shown-console.ts";
import { fitTo, type Line } from "../text/line.ts";
import { shortCount } from "../text/numbers.ts";
import { BORDER, drawPane } from "../text/pane.ts";

const NUMBER = 1;
const KEY = `${NUMBER}.0`;
/** Blanks around a title in its edge, and a piece of the edge after it. */
const TITLE_EDGE = 3;

/** The row that the list keys were moved to; null if they never were. */
const chosenRow = (ui: UiState): Cursor | null => ui.cursors[KEY] ?? null;

function draw(model: Model, size: Size): Line[] {
  const { columns, rows } = size;
  const inside = columns - BORDER;
  const console = shownConsole(model);
  // Where 80 columns fit but for the two of the border, the guest's are worth more than the border's sides.
  const hasSides = inside >= console.columns || columns < console.columns;
  const width = hasSides ? inside : columns;
  const height = Math.max(rows - BORDER, 1);
  const window = consoleWindow(console, chosenRow(model.ui), width, height);
  const lines = consoleLinesIn(model, window, width, height);
  const title = titleOf(model, window, width, height, inside - TITLE_EDGE);
  const foot = model.ui.typing ? "keys go to the guest  ^] leave" : typingFoot(model);
  const pane = drawPane({ title, foot, focused: true, lines }, columns, rows, model.glyphs);
  if (hasSides || pane.length < BORDER + 1) return pane;
  return [pane[0], ...lines.map((line) => fitTo(line, columns)), pane[pane.length - 1]];
}

/** What fits of: who has the keys, where the view is, what was lost. */
function titleOf(model: Model, window: ConsoleWindow, width: number, rows: number, room: number): string {
  const { ui } = model;
  const console = shownConsole(model);
  const source = sourceOf(model);
  const total = consoleCount(console);
  const last = Math.min(window.first + rows, total);
  const parts = [
    ui.typing ? "TYPING" : "",
    window.at === null ? "" : `line ${window.at + 1} of ${total}, ${window.first + 1}-${last} in sight`,
    lossText(console.droppedBytes ?? 0),
    width < console.columns ? `columns ${window.left + 1}-${window.left + width} of ${console.columns}` : "",
  ];
  let title = `${NUMBER} console`;
  for (const part of [source, ...parts]) {
    const longer = part === source ? `${title} ${part}` : `${title}  ${part}`;
    if (part !== "" && longer.length <= room) title = longer;
  }
  return title;
}

function lossText(bytes: number): string {
  if (bytes === 0) return "";
  return `${bytes < 1000 ? grouped(bytes) : shortCount(bytes)} bytes dropped`;
}

const wish = (): SnapshotRequest => consoleWish;

/** Before the list keys are used the view follows the guest: they start from the last row. */
function start(model: Model): Cursor {
  const last = consoleCount(shownConsole(model)) - 1;
  return { at: last, top: last };
}

export const consoleScreen: Screen = {
  number: NUMBER,
  name: "console",
  panes: ["console"],
  sorts: [],
  wish,
  draw,
  count: (model) => consoleCount(shownConsole(model)),
  subject: () => null,
  start,
};
