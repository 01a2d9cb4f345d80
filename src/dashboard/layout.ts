/** How much room there is, and how it is shared out. */
import type { Size } from "./model.ts";

/** Smaller terminals get one line of text and nothing drawn. */
export const SMALLEST: Size = { columns: 40, rows: 10 };
/** From here on a terminal is no small one: panes may stand above one another, then beside one another. */
export const STANDARD: Size = { columns: 80, rows: 24 };
export const WIDE: Size = { columns: 120, rows: 40 };
/** Lines of a frame that no screen has: status bar, message line or footer; and the last row stays free. */
export const FRAME_LINES = 3;

/** Nothing can be drawn but words. */
export const isTooSmall = ({ columns, rows }: Size): boolean =>
  columns < SMALLEST.columns || rows < SMALLEST.rows;

/** Where one pane is all there is, a line has the last event, if that leaves the pane the rows it needs. */
export const hasEventLine = ({ columns, rows }: Size): boolean =>
  (columns < STANDARD.columns || rows < STANDARD.rows) && rows > SMALLEST.rows;

/** What a screen has of a terminal. */
export function bodyOf(terminal: Size): Size {
  const lines = FRAME_LINES + (hasEventLine(terminal) ? 1 : 0);
  return { columns: terminal.columns, rows: Math.max(terminal.rows - lines, 0) };
}

/** `one`: the focused pane only. `stacked`: full width, above one another. `beside`: in columns. */
export type Arrangement = "one" | "stacked" | "beside";

/** @param size of the body, which is the terminal without the frame's lines */
export function arrangementOf(size: Size): Arrangement {
  if (size.columns < STANDARD.columns || size.rows < STANDARD.rows - FRAME_LINES) return "one";
  if (size.columns < WIDE.columns || size.rows < WIDE.rows - FRAME_LINES) return "stacked";
  return "beside";
}

/** `total` in parts as the weights say, whole numbers that add up; the last part takes what is left. */
export function share(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const parts = weights.map((weight) => Math.floor((total * weight) / sum));
  parts[parts.length - 1] += total - parts.reduce((all, part) => all + part, 0);
  return parts;
}
