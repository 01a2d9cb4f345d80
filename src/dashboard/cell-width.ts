/**
 * How many cells of a terminal a character takes: 0, 1 or 2. The terminal emulator comes with the widths of Unicode 6,
 * in which emoji are narrow; terminals of today draw them wide, and a line that is drawn wider than it was counted
 * breaks the frame around it.
 */
import type { IUnicodeVersionProvider } from "@xterm/headless";

/** Marks on the character before them, and characters that are not seen at all. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}\p{Zl}\p{Zp}]$/u;
/** Skin tones: part of the emoji before them. */
const FIRST_TONE = 0x1f3fb;
const LAST_TONE = 0x1f3ff;
/** Flags are made of two of these letters each; a letter alone is narrow here, so that two are as wide as a flag. */
const FIRST_FLAG_LETTER = 0x1f1e6;
const LAST_FLAG_LETTER = 0x1f1ff;
const PICTURE = /^\p{Emoji_Presentation}$/u;
/** All characters before this one but controls take a cell, U+00AD (soft hyphen) too. */
const FIRST_MARK = 0x300;

/** Ranges of wide characters (Unicode's EastAsianWidth.txt, W and F), joined where nothing narrow lies between. */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3040, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x20000, 0x2fffd],
  [0x30000, 0x3fffd],
];
/** Vowels and final consonants of Hangul: drawn into the syllable before them. */
const JAMO_FIRST = 0x1160;
const JAMO_LAST = 0x11ff;

type Width = 0 | 1 | 2;

function lookUp(code: number): Width {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
  if (code < FIRST_MARK) return 1;
  if (code >= JAMO_FIRST && code <= JAMO_LAST) return 0;
  if (code >= FIRST_TONE && code <= LAST_TONE) return 0;
  if (code >= FIRST_FLAG_LETTER && code <= LAST_FLAG_LETTER) return 1;
  const text = String.fromCodePoint(code);
  if (ZERO.test(text)) return 0;
  if (WIDE.some(([first, last]) => code >= first && code <= last)) return 2;
  return PICTURE.test(text) ? 2 : 1;
}

/** Widths that were looked up before: 3 for not yet. */
const UNKNOWN = 3;
const known = new Uint8Array(0x110000).fill(UNKNOWN);

export function cellWidth(code: number): Width {
  if (code >= 0x20 && code < 0x7f) return 1;
  if (known[code] === UNKNOWN) known[code] = lookUp(code);
  return known[code] as Width;
}

/** Marks that one character may carry. A flood of them would make one cell grow without end. */
export const MOST_MARKS = 8;
/** How the emulator keeps what it knows of the character before: marks so far, width, whether it was joined. */
const WIDTH_SHIFT = 1;
const WIDTH_MASK = 3;
const MARKS_SHIFT = 3;
const JOINED = 1;

/** These widths for the terminal emulator. */
export const cellWidths: IUnicodeVersionProvider = {
  version: "umbra",
  wcwidth: cellWidth,
  charProperties(code, preceding) {
    const width = cellWidth(code);
    if (width > 0) return width << WIDTH_SHIFT;
    const base = (preceding >> WIDTH_SHIFT) & WIDTH_MASK;
    const marks = (preceding >> MARKS_SHIFT) + 1;
    // A mark too many, or one with nothing to stand on, is a character of its own without a width.
    if (base === 0 || marks > MOST_MARKS) return 0;
    return (marks << MARKS_SHIFT) | (base << WIDTH_SHIFT) | JOINED;
  },
};
