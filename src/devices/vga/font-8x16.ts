/**
 * A font of 8 by 16 dots for all characters of code page 437, as a video BIOS has one: drawn for this adapter.
 *
 * Accented letters are put together from a letter and an accent; lines and blocks are made by rule.
 */
import { CODE_PAGE_437 } from "./code-page-437.ts";
import { ASCII_GLYPHS } from "./font-ascii.ts";
import { BOX_GLYPHS } from "./font-boxes.ts";
import { SYMBOL_GLYPHS } from "./font-symbols.ts";
import { GLYPH_ROWS, type Glyph } from "./glyph.ts";

const BLANK: Glyph = new Array<number>(GLYPH_ROWS).fill(0);
const FIRST_BOX = 0xb0;
/** Signs in a dark hole: the signs before them, inverted. */
const INVERTED = new Map([
  ["◘", "•"],
  ["◙", "○"],
]);
/** Of a capital under an accent, rows of its upright strokes are left out, and an accent has no room but these. */
const LEFT_OUT_OF_CAPITALS = [3, 9];
const CEDILLA = "\u0327";
const RING = "\u030a";

function drawnGlyph(character: string): Glyph {
  return ASCII_GLYPHS.get(character) ?? SYMBOL_GLYPHS.get(character) ?? BLANK;
}

function glyph(character: string, code: number): Glyph {
  const box = BOX_GLYPHS[code - FIRST_BOX];
  if (box !== undefined) return box;
  const inverted = INVERTED.get(character);
  if (inverted !== undefined) return drawnGlyph(inverted).map((row) => row ^ 0xff);
  const [letter, accent] = character.normalize("NFD");
  return accent === undefined ? drawnGlyph(character) : accented(letter, accent);
}

function accented(letter: string, accent: string): Glyph {
  const mark = drawnGlyph(accent);
  const merge = (base: Glyph, marks: Glyph) => base.map((row, y) => row | marks[y]);
  if (accent === CEDILLA) return merge(drawnGlyph(letter), mark);
  if (letter >= "a") return merge(drawnGlyph(letter === "i" ? "ı" : letter), mark);
  const capital = drawnGlyph(letter).filter((_, y) => !LEFT_OUT_OF_CAPITALS.includes(y));
  // A ring leaves a capital no gap; the others are one row higher than over a small letter.
  return merge([0, 0, ...capital], accent === RING ? mark : [...mark.slice(1), 0]);
}

/** 16 bytes for each of 256 characters: rows from the top, bit 7 the leftmost dot. */
export const FONT_8X16: Uint8Array = Uint8Array.from(CODE_PAGE_437.flatMap(glyph));
