/**
 * A line of the screen as pieces of text with a style each. Widths are counted in cells of the terminal, which for all
 * text of ours is one for each character; only a console's line may hold wider ones, and says so.
 */
import { PLAIN, type Style, sgrOf } from "./style.ts";

export interface Span {
  readonly text: string;
  readonly style?: Style;
  /** Cells that it takes, where that is not the number of its characters. */
  readonly width?: number;
}

export type Line = readonly Span[];

export const span = (text: string, style: Style = PLAIN): Span => ({ text, style });
export const line = (text: string, style: Style = PLAIN): Line => [{ text, style }];
export const EMPTY: Line = [];

export const spanWidth = ({ text, width }: Span): number => width ?? text.length;
export const lineWidth = (spans: Line): number => spans.reduce((sum, one) => sum + spanWidth(one), 0);
/** The line without its styles. */
export const textOf = (spans: Line): string => spans.map(({ text }) => text).join("");

/** The line in exactly `width` cells: cut on the right, or filled with blanks. */
export function fitTo(spans: Line, width: number): Line {
  const fitted: Span[] = [];
  let left = Math.max(width, 0);
  for (const one of spans) {
    const cells = spanWidth(one);
    if (cells > left) {
      // A character of two cells is not cut in half.
      if (one.width === undefined && left > 0) {
        fitted.push({ ...one, text: one.text.slice(0, left) });
        left = 0;
      }
      break;
    }
    fitted.push(one);
    left -= cells;
  }
  if (left > 0) fitted.push({ text: " ".repeat(left) });
  return fitted;
}

/** `left` and `right` at the two ends of `width` cells. The right one is cut only when it does not fit alone. */
export function spread(left: Line, right: Line, width: number): Line {
  const end = Math.min(lineWidth(right), width);
  return [...fitTo(left, width - end), ...fitTo(right, end)];
}

/** Every piece with that style on top of its own. */
export const restyle = (spans: Line, style: Style): Line =>
  spans.map((one) => ({ ...one, style: { ...one.style, ...style } }));

/** Exactly `rows` lines of exactly `width` cells. */
export function block(lines: readonly Line[], width: number, rows: number): Line[] {
  return Array.from({ length: Math.max(rows, 0) }, (_, i) => fitTo(lines[i] ?? EMPTY, width));
}

/** Blocks of equally many lines, side by side. */
export function beside(...blocks: readonly (readonly Line[])[]): Line[] {
  return blocks[0].map((_, row) => blocks.flatMap((lines) => lines[row] ?? EMPTY));
}

/** Words of a sentence on lines of at most `width` characters; a longer word goes on in the next line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((one) => one !== "")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
      continue;
    }
    for (let from = 0; from < word.length; from += Math.max(width, 1)) {
      lines.push(word.slice(from, from + Math.max(width, 1)));
    }
  }
  return lines;
}

/** The line for a terminal: with escape sequences if there are colours, else its text alone. */
export function render(spans: Line, colors: boolean): string {
  if (!colors) return textOf(spans);
  let text = "";
  for (const one of spans) {
    const sgr = one.style === undefined ? "" : sgrOf(one.style);
    text += sgr === "" ? one.text : `\u001b[${sgr}m${one.text}\u001b[0m`;
  }
  return text;
}
