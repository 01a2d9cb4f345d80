/** The guest's console in a rectangle of any size: which of its lines and columns are in sight. */
import type { SnapshotRequest } from "../../inspect/snapshot.ts";
import type { ConsoleScreen } from "../console-screen.ts";
import { type Cursor, endOf, type Model } from "../model.ts";
import { shownConsole, sourceOf } from "../shown-console.ts";
import { ASCII } from "../text/glyphs.ts";
import { type Line, restyle } from "../text/line.ts";
import { scrollTo } from "../text/pane.ts";
import { SELECTED } from "../text/style.ts";
import { crop, inAscii, withCursor } from "./console-crop.ts";

/** Rows that the list keys can be at: the scrollback, then the screen. */
export const consoleCount = ({ rows, scrollback }: ConsoleScreen): number => scrollback + rows;

/** What the guest sends comes by itself; what it displays has to be asked for. */
export const consoleWish: SnapshotRequest = { display: true };

export interface ConsoleWindow {
  /** First line and first column in sight. */
  readonly first: number;
  readonly left: number;
  /** The line that the list keys are at; null while the guest's cursor is followed. */
  readonly at: number | null;
}

/**
 * What of the console is in sight. Without a row chosen, or at the last one, it follows the guest: all of the screen
 * if it fits, else the part of it with the cursor.
 */
export function consoleWindow(
  console: ConsoleScreen,
  chosen: Cursor | null,
  width: number,
  rows: number,
): ConsoleWindow {
  const total = consoleCount(console);
  const { column, row } = console.cursor;
  const left = Math.min(Math.max(column - width + 1, 0), Math.max(console.columns - width, 0));
  if (chosen !== null && chosen.at < total - 1) {
    const at = Math.max(chosen.at, 0);
    return { first: scrollTo(at, chosen.top, rows, total), left, at };
  }
  const first = rows >= console.rows ? total - rows : console.scrollback + Math.max(row - rows + 1, 0);
  return { first: Math.max(first, 0), left, at: null };
}

/** Exactly `rows` lines of exactly `width` cells. */
export function consoleLinesIn(model: Model, window: ConsoleWindow, width: number, rows: number): Line[] {
  const { ui } = model;
  const console = shownConsole(model);
  const lines = console.lines(window.first, rows);
  const cursorLine = console.scrollback + console.cursor.row - window.first;
  return Array.from({ length: Math.max(rows, 0) }, (_, i) => {
    const known = lines[i] ?? [];
    const safe = model.glyphs === ASCII ? inAscii(known) : known;
    const isTyped = ui.typing && window.at === null && i === cursorLine;
    const whole = isTyped ? withCursor(safe, console.cursor.column, console.columns) : safe;
    const shown = crop(whole, window.left, width);
    return window.at === window.first + i ? restyle(shown, SELECTED) : shown;
  });
}

/** How keys come to the guest, as long as there is one that could read them, and to what else it speaks through. */
export const typingFoot = (model: Model): string =>
  endOf(model) === null
    ? `v ${sourceOf(model) === "COM1" ? "display" : "COM1"}  i type  ^] leave`
    : "the machine has ended";

/** The console for the overview: it follows the guest. */
export function consoleLines(model: Model, width: number, rows: number): Line[] {
  return consoleLinesIn(model, consoleWindow(shownConsole(model), null, width, rows), width, rows);
}
