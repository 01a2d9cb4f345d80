/** The monitor's answer, where it has more than one line. */
import type { Overlay } from "../model.ts";
import { printable } from "../printable.ts";
import type { Glyphs } from "../text/glyphs.ts";
import { type Line, line } from "../text/line.ts";
import { BORDER } from "../text/pane.ts";
import type { Box } from "./box.ts";

type Answer = Extract<Overlay, { kind: "answer" }>;

/** What goes on in the next line is set in, so that columns can still be told from it. */
const INDENT = "    ";

export function answerBox({ title, lines, top }: Answer, width: number, glyphs: Glyphs): Box {
  const inside = width - BORDER;
  return {
    title: `: ${printable(title, glyphs)}`,
    foot: "j/k scroll  esc back",
    lines: lines.flatMap((text) => folded(` ${printable(text.replaceAll("\t", "  "), glyphs)}`, inside)),
    top,
  };
}

/** A line in pieces of at most `width` cells. Blanks inside it stay as they are: answers have columns. */
function folded(text: string, width: number): Line[] {
  const pieces = [line(text.slice(0, width))];
  const step = Math.max(width - INDENT.length, 1);
  for (let from = width; from < text.length; from += step) {
    pieces.push(line(INDENT + text.slice(from, from + step)));
  }
  return pieces;
}
