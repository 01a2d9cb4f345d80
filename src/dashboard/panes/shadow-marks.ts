/** What the screens of the MMU have in common: how a state is marked, how a list is windowed, what to say of nothing. */

import { arrangementOf } from "../layout.ts";
import type { Cursor, Model, Size, UiState } from "../model.ts";
import { fitTo, type Line, restyle, span } from "../text/line.ts";
import { scrollTo } from "../text/pane.ts";
import { DIM, GLOBAL, SELECTED, STALE, UNSYNC } from "../text/style.ts";

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

/** What is known of a page's state: "sync", "UNSYNC", "direct", each with "G" if it is global. */
export function stateSpans(page: {
  readonly level: number;
  readonly direct: boolean;
  readonly unsync: boolean;
  readonly global: boolean;
}): Line {
  const state = page.unsync ? span("UNSYNC", UNSYNC) : span(page.direct ? "direct" : "sync");
  return page.global ? [state, span(" "), span("G", GLOBAL)] : [state];
}

/** "stale 2", loud unless there is none. */
export const staleSpan = (stale: number, digits = 0): Line => [
  span(`stale ${String(stale).padStart(digits)}`, stale > 0 ? STALE : DIM),
];

/** Bits of an entry that are no frame: flags below, execute-disable above. SDM: volume 3, table 4-11. */
const FLAG_BITS = 0xfff;
const NX_HI = 0x8000_0000;
/** Frame bits of the low half. */
const LOW_FRAME_BITS = 20;

/**
 * A shadow entry as the guest would write it: with the frame of the guest's memory in place of the host's, so that it
 * can be compared with the guest's entry.
 * @param gfn the frame it maps; -1 if it maps none, which leaves the entry as it is
 */
export function guestForm(lo: number, hi: number, gfn: number): readonly [lo: number, hi: number] {
  if (gfn < 0) return [lo, hi];
  return [(gfn << 12) | (lo & FLAG_BITS), (hi & NX_HI) | (gfn >>> LOW_FRAME_BITS)];
}
