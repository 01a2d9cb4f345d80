import { expect, it } from "vitest";
import { KEYS } from "../../../src/devices/ps2/scan-codes.ts";
import { chordsOf } from "../../../src/devices/ps2/terminal-keys.ts";

const keys = (sent: string): string =>
  chordsOf(sent)
    .map((chord) => chord.join("-"))
    .join(" ");

it.each<[string, string, string]>([
  ["characters are the keys that carry them", "a1 /", "a 1 spc slash"],
  ["with shift where they are above", "A!?", "shift-a shift-1 shift-slash"],
  [
    "return, tab, backspace and escape have keys of their own",
    "\r\t\u007f\b\u001b",
    "ret tab backspace backspace esc",
  ],
  ["other control characters are letters with ctrl", "\u0003\u001a\u0000", "ctrl-c ctrl-z ctrl-spc"],
  ["also those beyond the letters", "\u001c", "ctrl-backslash"],
  ["arrows", "\u001b[A\u001b[B\u001b[C\u001b[D", "up down right left"],
  ["arrows of the application mode", "\u001bOA", "up"],
  ["keys with numbers", "\u001b[5~\u001b[3~\u001b[24~", "pgup delete f12"],
  ["function keys by letters", "\u001bOP\u001bOS", "f1 f4"],
  ["modifiers are held", "\u001b[1;5C\u001b[1;2H\u001b[3;3~", "ctrl-right shift-home alt-delete"],
  ["a tab backwards", "\u001b[Z", "shift-tab"],
  ["escape before a character is alt", "\u001bx\u001bX", "alt-x alt-shift-x"],
  ["two escapes are two keys, the second of which may be alt's", "\u001b\u001bq", "esc alt-q"],
  ["what no key has is left out", "é\u{1f600}\u001b[200~b", "b"],
])("%s", (_, sent, wanted) => {
  expect(keys(sent)).toBe(wanted);
});

it("all are keys that the keyboard has", () => {
  const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).flatMap(chordsOf);
  expect(ascii.length).toBe(128);
  expect(ascii.flat().filter((key) => !KEYS.has(key))).toEqual([]);
});
