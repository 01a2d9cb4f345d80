/** What a command that is still being typed may become: the picture's commands and the monitor's. */
import { commands as monitorCommands } from "../debug/commands/table.ts";
import { COMMAND_ALIASES, uiCommands } from "./ui-commands.ts";

interface CommandRow {
  readonly name: string;
  readonly usage: string;
  readonly sentence: string;
}

const INFO = "info ";

/** The picture's first, which win where both have the name. */
const rows: readonly CommandRow[] = [
  ...uiCommands,
  ...monitorCommands.filter(({ name }) => !uiCommands.some((one) => one.name === name)),
];

const wordsOf = (text: string): string => text.trimStart().replace(/\s+/g, " ");

const beginningWith = (words: string): readonly CommandRow[] =>
  words === "" ? [] : rows.filter(({ name }) => name.startsWith(words));

/** What may be meant, in one line; "" for nothing that is known. */
export function commandHint(text: string): string {
  const typed = wordsOf(text);
  const words = COMMAND_ALIASES[typed] ?? typed;
  const fits = beginningWith(words);
  if (fits.length > 1) return namesIn(fits, words).join("  ");
  const one = fits[0] ?? rows.find(({ name }) => words.startsWith(`${name} `));
  return one === undefined ? "" : `${one.name}${one.usage}: ${one.sentence}`;
}

/** What differs of the names: "info" once as long as it is not typed, and not at all where it is. */
function namesIn(fits: readonly CommandRow[], words: string): readonly string[] {
  const isAsking = words.startsWith(INFO);
  const shown = fits.map(({ name }) => {
    if (!name.startsWith(INFO)) return name;
    return isAsking ? name.slice(INFO.length) : INFO.trimEnd();
  });
  return [...new Set(shown)];
}

/** The line as far as there is only one way to go on, as Tab makes it; the same if there are several at once. */
export function completed(text: string): string {
  const words = wordsOf(text);
  const fits = beginningWith(words);
  if (fits.length === 0) return text;
  if (fits.length === 1) return fits[0].name + (fits[0].usage.startsWith(" ") ? " " : "");
  return fits.map(({ name }) => name).reduce(commonStart);
}

function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return one.slice(0, length);
}
