/** The last line: the answer to the last key, what is being typed, or what the keys do. */
import { type Binding, bindings, bindingsOf, keysText } from "./keymap.ts";
import { endOf, type Model } from "./model.ts";
import { typedLine } from "./overlays/command-line.ts";
import { printable } from "./printable.ts";
import { fitTo, type Line, line, lineWidth, span, wrap } from "./text/line.ts";
import { BOLD, DIM, FAULT } from "./text/style.ts";

/** Asked once, as the guest would be lost. */
export const QUIT_QUESTION = "The guest still runs. Quit? y or q: yes, any other key: no";
/** Lines that a message takes at most, from the bottom of the picture up. */
export const MOST_MESSAGE_LINES = 4;
const HIGHEST_RANK = Math.max(...bindings.map(({ short }) => short?.rank ?? 0));

/** The last lines of the picture: one, but for a message that needs more. */
export function footerLines(model: Model, width: number): Line[] {
  const { ui } = model;
  const isTyped = ui.overlay?.kind === "command" || ui.overlay?.kind === "filter";
  if (ui.message === null || ui.overlay?.kind === "quit") return [footer(model, width)];
  const message = messageLines(model, width);
  return isTyped ? [...message, footer(model, width)] : message;
}

/** How many lines a text would take as a message. */
export const messageHeight = (text: string, width: number): number =>
  wrap(text, Math.max(width - MARGIN, 1)).length;

/** A blank before each line. */
const MARGIN = 1;

function messageLines({ ui: { message }, glyphs }: Model, width: number): Line[] {
  const style = message?.failed === true ? FAULT : BOLD;
  const all = wrap(printable(message?.text ?? "", glyphs), Math.max(width - MARGIN, 1));
  const shown = all.slice(0, MOST_MESSAGE_LINES);
  if (shown.length < all.length) {
    const last = shown[MOST_MESSAGE_LINES - 1];
    shown[MOST_MESSAGE_LINES - 1] = last.slice(0, Math.max(width - MARGIN - 1, 0)) + glyphs.unknown;
  }
  return shown.map((text) => fitTo(line(` ${text}`, style), width));
}

function footer(model: Model, width: number): Line {
  const { ui, glyphs } = model;
  const { overlay } = ui;
  if (overlay?.kind === "command" || overlay?.kind === "filter") {
    return typedLine(overlay, width, glyphs);
  }
  if (overlay?.kind === "quit") return fitTo(line(` ${QUIT_QUESTION}`, BOLD), width);
  if (ui.typing)
    return fitTo([span(" keys go to the guest", BOLD), span("  ^] takes them back", DIM)], width);
  return keysLine(model, width);
}

/** Keys and their words in the order of the table, as many as there is room for: the least important go first. */
function keysLine(model: Model, width: number): Line {
  const { ui, running } = model;
  const isOver = endOf(model) !== null;
  const named = bindingsOf(ui.screen).filter(
    ({ short, alive }) => short !== undefined && !(isOver && alive === true),
  );
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
