/** What all panes with a list have in common: which pane it is, which rows are in sight, what to say of nothing. */
import { arrangementOf } from "../layout.ts";
import type { Cursor, Model, Size, UiState } from "../model.ts";
import { fitTo, type Line, restyle, span } from "../text/line.ts";
import { scrollTo } from "../text/pane.ts";
import { SELECTED } from "../text/style.ts";

/** Why there is nothing to show of the hypervisor. */
export function absence({ snapshot }: Model): string {
  if (snapshot === null) return "no answer from the machine yet";
  return snapshot.counters === null ? "no hypervisor: --mmu bare" : "no answer about this yet";
}

/** Only the focused pane is drawn, on the whole screen. */
export const isAlone = (ui: UiState, size: Size): boolean => ui.zoomed || arrangementOf(size) === "one";

/** The focused pane of a screen with `count` of them. */
export const focusOf = (ui: UiState, count: number): number =>
  Math.min(Math.max(Math.trunc(ui.pane), 0), count - 1);

export interface ListWindow {
  /** The row under the cursor; -1 in an empty list. */
  readonly at: number;
  readonly first: number;
}

/** The part of a list of `total` rows that is in sight; a cursor out of range is at the nearest row. */
export function windowOf(cursor: Cursor, rows: number, total: number): ListWindow {
  const at = Math.max(0, Math.min(cursor.at, total - 1));
  return { at: total === 0 ? -1 : at, first: scrollTo(at, cursor.top, Math.max(rows, 1), total) };
}

/** "5-24 of 300", or "" if all are in sight. */
export function rangeText(first: number, rows: number, total: number): string {
  if (total <= rows) return "";
  return `${first + 1}-${Math.min(first + rows, total)} of ${total}`;
}

/** A row of a list with its margin of one cell. */
export function listLine(content: Line, width: number, selected: boolean): Line {
  const whole = fitTo([span(selected ? ">" : " "), ...content], width);
  return selected ? restyle(whole, SELECTED) : whole;
}
