/** The last line: the answer to the last key, what is being typed, or what the keys do. */
import { type Binding, bindings, bindingsOf, keysText } from "./keymap.ts";
import type { Model } from "./model.ts";
import { typedLine } from "./overlays/command-line.ts";
import { printable } from "./printable.ts";
import { fitTo, type Line, line, lineWidth, span } from "./text/line.ts";
import { BOLD, DIM, FAULT } from "./text/style.ts";

/** Asked once, as the guest would be lost. */
export const QUIT_QUESTION = "The guest still runs. Quit? y or q: yes, any other key: no";
const HIGHEST_RANK = Math.max(...bindings.map(({ short }) => short?.rank ?? 0));

export function footer(model: Model, width: number): Line {
  const { ui, glyphs } = model;
  const { overlay, message } = ui;
  if (overlay?.kind === "command" || overlay?.kind === "filter") {
    return typedLine(overlay, width, glyphs);
  }
  if (overlay?.kind === "quit") return fitTo(line(` ${QUIT_QUESTION}`, BOLD), width);
  if (message !== null) {
    const { text, failed } = message;
    return fitTo(line(` ${printable(text, glyphs)}`, failed ? FAULT : BOLD), width);
  }
  if (ui.typing)
    return fitTo([span(" keys go to the guest", BOLD), span("  ^] takes them back", DIM)], width);
  return keysLine(model, width);
}

/** Keys and their words in the order of the table, as many as there is room for: the least important go first. */
function keysLine({ ui, running }: Model, width: number): Line {
  const named = bindingsOf(ui.screen).filter(({ short }) => short !== undefined);
  const words = ({ verb, short }: Binding): string =>
    verb === "pause" && !running ? "resume" : (short?.word ?? "");
  const spansOf = (shown: readonly Binding[]): Line =>
    shown.flatMap((binding, i) => [
      span(i === 0 ? " " : "  "),
      span(keysText(binding), BOLD),
      span(` ${words(binding)}`, DIM),
    ]);
  let shown: readonly Binding[] = named;
  for (let rank = HIGHEST_RANK; rank > 0 && lineWidth(spansOf(shown)) > width; rank--) {
    shown = shown.filter(({ short }) => (short?.rank ?? 0) < rank);
  }
  return fitTo(spansOf(shown), width);
}
