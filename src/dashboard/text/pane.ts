/** A pane: a rectangle with a border, its number and title in the upper edge, what can be done there in the lower. */
import type { Glyphs } from "./glyphs.ts";
import { block, fitTo, type Line, line, lineWidth, span } from "./line.ts";
import { BOLD, DIM } from "./style.ts";

export interface Pane {
  /** Such as "3 out of sync": titles begin with the number of their screen. */
  readonly title: string;
  /** What the keys do here, on the right of the lower edge. */
  readonly foot?: string;
  readonly focused?: boolean;
  readonly lines: readonly Line[];
}

/** Rows and columns that the border takes. */
export const BORDER = 2;

/** The pane in exactly `width` columns and `rows` rows, border included; what does not fit inside is cut. */
export function drawPane(pane: Pane, width: number, rows: number, glyphs: Glyphs): Line[] {
  const inside = width - BORDER;
  if (rows < BORDER + 1 || inside < 1) return block(pane.lines, width, rows);
  const { vertical } = glyphs;
  const edge = pane.focused === true ? BOLD : DIM;
  const title = line(` ${pane.title} `, pane.focused === true ? BOLD : {});
  const foot = line((pane.foot ?? "") === "" ? "" : ` ${pane.foot} `, DIM);
  const body = block(pane.lines, inside, rows - BORDER);
  return [
    edgeLine(title, glyphs.topLeft, glyphs.topRight, false),
    ...body.map((content) => [span(vertical, edge), ...content, span(vertical, edge)]),
    edgeLine(foot, glyphs.bottomLeft, glyphs.bottomRight, true),
  ];

  function edgeLine(words: Line, left: string, right: string, atEnd: boolean): Line {
    const room = lineWidth(words) > inside - 1 ? [] : words;
    const rule = span(
      glyphs.horizontal.repeat(Math.max(inside - lineWidth(room) - (atEnd ? 1 : 0), 0)),
      edge,
    );
    const tail = atEnd ? [rule, ...room, span(glyphs.horizontal, edge)] : [...room, rule];
    return fitTo([span(left, edge), ...tail, span(right, edge)], width);
  }
}

/** The first row to show so that row `at` of `total` is in sight, as near to `top` as possible. */
export function scrollTo(at: number, top: number, rows: number, total: number): number {
  const highest = Math.max(total - rows, 0);
  return Math.max(0, Math.min(Math.max(Math.min(top, at), at - rows + 1), highest));
}
