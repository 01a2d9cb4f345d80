/** Text of others (file names, the monitor's answers, keys) in characters of one cell each, as lines count them. */
import { cellWidth } from "./cell-width.ts";
import { ASCII, type Glyphs } from "./text/glyphs.ts";

const LAST_ASCII = 0x7e;
/** Further characters are two units of a JavaScript string, which would be counted as two cells. */
const LAST_SHORT = 0xffff;

/** Controls, marks, wide characters and what the terminal does not know become question marks. */
export const printable = (text: string, glyphs: Glyphs): string =>
  [...text].map((character) => (isPlain(character, glyphs) ? character : "?")).join("");

function isPlain(character: string, glyphs: Glyphs): boolean {
  const code = character.codePointAt(0) ?? 0;
  return takesOneCell(character) && (glyphs !== ASCII || code <= LAST_ASCII);
}

/** One character of one cell, which a line can be made of. */
export function takesOneCell(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return [...character].length === 1 && code <= LAST_SHORT && !isSurrogate && cellWidth(code) === 1;
}
