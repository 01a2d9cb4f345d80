/**
 * What a terminal sends for its keys, as strokes on a PC keyboard of the US layout: characters, control characters, and the
 * escape sequences of the keys that have no character.
 *
 * ECMA-48: 5.4 "Control sequences"; the finals and numbers are those of xterm and of the VT220.
 */
import { strokesOf } from "./us-layout.ts";

const ESCAPE = "\u001b";
/** CSI or SS3, up to two numbers, a final. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these sequences begin with ESC
const SEQUENCE = /^\u001b(?:\[|O)(\d*)(?:;(\d+))?([A-Za-z~])/;

const FINALS: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  P: "f1",
  Q: "f2",
  R: "f3",
  S: "f4",
};
const NUMBERS: Readonly<Record<string, string>> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "pgup",
  6: "pgdn",
  11: "f1",
  12: "f2",
  13: "f3",
  14: "f4",
  15: "f5",
  17: "f6",
  18: "f7",
  19: "f8",
  20: "f9",
  21: "f10",
  23: "f11",
  24: "f12",
};
/** xterm adds one to these bits. */
const MODIFIERS = ["shift", "alt", "ctrl"];

/** Keys that are held together, in the order in which they go down. */
export type Chord = readonly string[];

/** The chords of what a terminal sent; sequences and characters that no key has are left out. */
export function chordsOf(sent: string): Chord[] {
  const chords: Chord[] = [];
  for (let rest = sent; rest !== ""; ) {
    const sequence = SEQUENCE.exec(rest);
    if (sequence !== null) {
      const [whole, number, modifiers, final] = sequence;
      chords.push(...specialKey(number, modifiers, final));
      rest = rest.slice(whole.length);
      continue;
    }
    const isAlt = rest.length > 1 && rest.startsWith(ESCAPE) && !rest.startsWith(ESCAPE, 1);
    const character = String.fromCodePoint(rest.codePointAt(isAlt ? 1 : 0) ?? 0);
    chords.push(...characterKey(character, isAlt ? ["alt"] : []));
    rest = rest.slice(character.length + (isAlt ? 1 : 0));
  }
  return chords;
}

function specialKey(number: string, modifiers: string | undefined, final: string): Chord[] {
  if (final === "Z") return [["shift", "tab"]];
  const key = final === "~" ? NUMBERS[number] : FINALS[final];
  if (key === undefined) return [];
  const held = Number(modifiers ?? 1) - 1;
  return [[...MODIFIERS.filter((_, bit) => ((held >> bit) & 1) !== 0), key]];
}

/** Control characters are letters with Ctrl, but for those that have keys of their own. */
function characterKey(character: string, held: Chord): Chord[] {
  const [stroke] = strokesOf(character);
  if (stroke !== undefined) return [[...held, ...(stroke.shift ? ["shift"] : []), stroke.key]];
  const code = character.charCodeAt(0);
  if (code === 0) return [[...held, "ctrl", "spc"]];
  if (code >= 0x20) return [];
  // Small letters, and the signs behind the capital ones.
  return characterKey(String.fromCharCode(code + (code <= 0x1a ? 0x60 : 0x40)), [...held, "ctrl"]);
}
