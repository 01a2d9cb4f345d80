/** Parts of a console line, counted in cells: some of its characters are two cells wide. */
import { type Line, type Span, spanWidth } from "../text/line.ts";

/** Exactly the cells from `first` on, `count` of them; half a wide character at either end is a blank. */
export function crop(line: Line, first: number, count: number): Line {
  const end = first + count;
  const cropped: Span[] = [];
  let at = 0;
  for (const one of line) {
    const from = Math.max(at, first);
    const to = Math.min(at + spanWidth(one), end);
    if (to > from) cropped.push(part(one, from - at, to - from));
    at += spanWidth(one);
  }
  const missing = end - Math.max(at, first);
  if (missing > 0) cropped.push({ text: " ".repeat(missing) });
  return cropped;
}

function part(one: Span, from: number, cells: number): Span {
  if (cells === spanWidth(one)) return one;
  const style = one.style ?? {};
  // A span with a width of its own is one character.
  if (one.width !== undefined) return { text: " ".repeat(cells), style };
  return { text: one.text.slice(from, from + cells), style };
}

/** The line with the character at that cell turned to inverse video, or back if it is. */
export function withCursor(line: Line, column: number, columns: number): Line {
  const { start, cells } = characterAt(line, column);
  const under = crop(line, start, cells).map((one) => ({
    ...one,
    style: { ...one.style, inverse: one.style?.inverse !== true },
  }));
  return [...crop(line, 0, start), ...under, ...crop(line, start + cells, columns - start - cells)];
}

/** The character that covers a cell. */
function characterAt(line: Line, column: number): { start: number; cells: number } {
  let at = 0;
  for (const one of line) {
    if (one.width !== undefined && at <= column && column < at + one.width) {
      return { start: at, cells: one.width };
    }
    at += spanWidth(one);
  }
  return { start: column, cells: 1 };
}

/** For a terminal that may not know more than ASCII: every other cell is a question mark. */
export const inAscii = (line: Line): Line =>
  line.map((one) =>
    one.width === undefined
      ? { ...one, text: one.text.replace(/[^ -~]/g, "?") }
      : { ...one, text: "?".repeat(one.width), width: one.width },
  );
