/** What is typed after `:` or `/`: the last line of the picture, and a line of help above it. */
import { commandHint } from "../completion.ts";
import type { Model, Overlay } from "../model.ts";
import { printable } from "../printable.ts";
import type { Glyphs } from "../text/glyphs.ts";
import { fitTo, type Line, line, span } from "../text/line.ts";
import { BOLD, DIM } from "../text/style.ts";

type Typed = Extract<Overlay, { at: number }>;

const FILTER_HINT = "words of the event, gfn=10c, sp=41c, reason=lookup, icount>4812000, -flush";

/** The text with its cursor in sight. */
export function typedLine({ kind, text, at }: Typed, width: number, glyphs: Glyphs): Line {
  const prompt = kind === "command" ? ":" : "/";
  const shown = printable(text, glyphs);
  const room = Math.max(width - prompt.length, 1);
  const first = Math.max(0, at - room + 1);
  return fitTo(
    [
      span(prompt, BOLD),
      span(shown.slice(first, at)),
      span(shown[at] ?? " ", { inverse: true }),
      span(shown.slice(at + 1)),
    ],
    width,
  );
}

/** What may be meant; null while nothing is typed, or nothing can be said. What is wrong with it is a message. */
export function hintLine({ ui }: Model): Line | null {
  const { overlay } = ui;
  if (overlay?.kind !== "command" && overlay?.kind !== "filter") return null;
  const hint = overlay.kind === "filter" ? FILTER_HINT : commandHint(overlay.text);
  return hint === "" ? null : line(` ${hint}`, DIM);
}
