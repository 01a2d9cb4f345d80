/** What the keys of a screen do, and the commands of the picture, from the tables that make them so. */
import { bindingsOf, keysText } from "../keymap.ts";
import type { ScreenNumber } from "../model.ts";
import { screens } from "../screens/index.ts";
import { type Line, line, span, wrap } from "../text/line.ts";
import { BORDER } from "../text/pane.ts";
import { BOLD, DIM } from "../text/style.ts";
import { uiCommands } from "../ui-commands.ts";
import type { Box } from "./box.ts";

const KEYS_WIDTH = 12;
const COMMAND_WIDTH = 16;

/** @param width of the box, border included */
export function helpBox(screen: ScreenNumber, top: number, width: number): Box {
  const { name, number } = screens[screen];
  const inside = width - BORDER;
  const here = bindingsOf(screen);
  const own = here.filter(({ screens: where }) => where !== undefined);
  const common = here.filter(({ screens: where }) => where === undefined);
  const keys = (of: typeof here): Line[] =>
    of.flatMap((binding) => entry(keysText(binding), binding.sentence, KEYS_WIDTH, inside));
  const words = (text: string): Line[] => wrap(text, inside - 1).map((one) => line(` ${one}`, DIM));
  return {
    title: `help: ${number} ${name}`,
    foot: "j/k scroll  esc back",
    top,
    lines: [
      ...(own.length === 0 ? [] : [line("On this screen", BOLD), ...keys(own), line("")]),
      line("Everywhere", BOLD),
      ...keys(common),
      line(""),
      line("Commands about the picture, after :", BOLD),
      ...uiCommands.flatMap((one) => entry(one.name + one.usage, one.sentence, COMMAND_WIDTH, inside)),
      line(""),
      ...words("All other commands go to the machine's monitor: `:help` lists them."),
    ],
  };
}

/** Words on the left, a sentence on the right of them, or below where they are too long. */
function entry(left: string, right: string, width: number, inside: number): Line[] {
  const sentence = wrap(right, Math.max(inside - width - 2, 1));
  const margin = " ".repeat(width + 2);
  if (left.length > width) {
    const head = wrap(left, inside - 1).map((text) => line(` ${text}`, BOLD));
    return [...head, ...sentence.map((text) => line(margin + text))];
  }
  return sentence.map((text, i) =>
    i === 0 ? [span(` ${left.padEnd(width)} `, BOLD), span(text)] : line(margin + text),
  );
}
