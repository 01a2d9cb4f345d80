/** What lies over a screen: a pane in the middle of it. */
import type { Glyphs } from "../text/glyphs.ts";
import type { Line } from "../text/line.ts";
import { BORDER, drawPane } from "../text/pane.ts";

export interface Box {
  readonly title: string;
  readonly foot: string;
  readonly lines: readonly Line[];
  /** The first line in sight. */
  readonly top: number;
}

/** Lines of a box that are in sight at once, in a body of so many rows. */
const roomIn = (rows: number): number => Math.max(rows - BORDER, 1);

/** The last line that a box can begin with: its end is in sight then. */
export const lastTop = (lines: number, rows: number): number => Math.max(lines - roomIn(rows), 0);

/** The body with the box over it; as high as the box needs and the body allows. */
export function overlay(body: readonly Line[], box: Box, width: number, glyphs: Glyphs): Line[] {
  const height = Math.min(box.lines.length + BORDER, body.length);
  if (height <= BORDER) return [...body];
  const room = height - BORDER;
  const top = Math.max(0, Math.min(box.top, lastTop(box.lines.length, body.length)));
  const last = Math.min(top + room, box.lines.length);
  const range = room < box.lines.length ? `   ${top + 1}-${last} of ${box.lines.length}` : "";
  const pane = drawPane(
    { title: box.title + range, foot: box.foot, focused: true, lines: box.lines.slice(top, last) },
    width,
    height,
    glyphs,
  );
  const first = Math.floor((body.length - height) / 2);
  return body.map((below, row) => pane[row - first] ?? below);
}
