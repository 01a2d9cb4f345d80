/** Keys by name, from what Ink reports: "a", "G", "space", "tab", "shift-tab", "up", "pgdn", "enter", "esc", "ctrl-s". */
import type { Key } from "ink";
import { takesOneCell } from "./printable.ts";

const NAMED: readonly (readonly [flag: keyof Key, name: string])[] = [
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageUp", "pgup"],
  ["pageDown", "pgdn"],
  ["home", "home"],
  ["end", "end"],
  ["return", "enter"],
  ["backspace", "backspace"],
  // What most keyboards send for backspace; the key that deletes forward says something else, which Ink does not know.
  ["delete", "backspace"],
];

/** What is left of a key, or of a terminal's report, whose sequence Ink has no name for: it takes the ESC away. */
const UNKNOWN_SEQUENCE = /^\[[0-9;:<=>?]*[ -/]*[@-~]$/;

/** Ctrl with a letter is its number in the alphabet. */
const LETTERS = 26;
const BEFORE_A = 0x60;

/** Several names where several characters came in one piece, as when text is pasted. */
export function keyNames(text: string, key: Key): string[] {
  if (key.tab) return [key.shift ? "shift-tab" : "tab"];
  for (const [flag, name] of NAMED) if (key[flag] === true) return [name];
  if (key.escape) return ["esc"];
  if (key.ctrl && text.length === 1) return [`ctrl-${text}`];
  // Alt and a letter arrive as Esc does: such keys have no meaning here.
  if (key.meta) return [];
  if (UNKNOWN_SEQUENCE.test(text)) return [];
  return namesOfText(text);
}

/** The names of keys that typed a text, a character each. */
export const namesOfText = (text: string): string[] => [...text].flatMap(nameOfCharacter);

function nameOfCharacter(character: string): string[] {
  if (character === " ") return ["space"];
  if (character === "\r" || character === "\n") return ["enter"];
  if (character === "\t") return ["tab"];
  if (character === "\u007f") return ["backspace"];
  const code = character.charCodeAt(0);
  if (code >= 1 && code <= LETTERS) return [`ctrl-${String.fromCharCode(code + BEFORE_A)}`];
  return /\p{Cc}/u.test(character) ? [] : [character];
}

/** The character that a key types; null for a key that types none, or one that is not a cell wide. */
export function characterOf(name: string): string | null {
  if (name === "space") return " ";
  return takesOneCell(name) ? name : null;
}
