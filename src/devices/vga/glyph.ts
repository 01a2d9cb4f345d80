/**
 * Glyphs of 16 rows, and how a drawing of some of them in a row is read.
 *
 *     .    dark
 *     #    the stroke of a pen, two dots wide: this one and the next, so that upright strokes are as strong as level ones
 *     o    one dot
 */

export const GLYPH_ROWS = 16;

/** A byte for each row from the top; bit 7 is the leftmost dot. */
export type Glyph = readonly number[];

/** Pairs of a character and its glyph, from drawings of eight columns each beside one another. */
export function drawn(characters: string, drawing: string): [string, Glyph][] {
  const rows = drawing.trim().split(/\s*\n\s*/);
  return [...characters].map((character, i) => [character, rows.map((row) => rowByte(row.split(" ")[i]))]);
}

function rowByte(row: string): number {
  return [...row].reduce((byte, mark, x) => {
    if (mark === ".") return byte;
    return byte | ((mark === "#" ? 0xc0 : 0x80) >> x);
  }, 0);
}
