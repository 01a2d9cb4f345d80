/**
 * What a VGA in a text mode shows: characters, attributes and the cursor, as the CRT controller fetches them.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "CRT controller registers", "Attribute controller".
 */
import { CODE_PAGE_437 } from "./code-page-437.ts";
import { counters, displayAddress, isDark, scanLines, screenHeight } from "./scan-lines.ts";
import { cursorCounter } from "./text-picture.ts";
import type { Vga } from "./vga.ts";
import {
  AR_MODE,
  ATTRIBUTE_BLINK,
  CR_CURSOR_START,
  CR_H_DISPLAY_END,
  GR_MISC,
  MISC_GRAPHICS,
} from "./vga-registers.ts";

export interface TextScreen {
  readonly columns: number;
  readonly rows: number;
  /** Character codes, row by row. */
  readonly codes: Uint8Array;
  /** Foreground in bits 3-0, background in 6-4, blinking or a bright background in 7. */
  readonly attributes: Uint8Array;
  readonly blinks: boolean;
  /** Null if it is switched off, or outside the screen. */
  readonly cursor: { readonly row: number; readonly column: number } | null;
}

/** More lines than a monitor shows; registers can say more. */
const MOST_LINES = 1024;

/** The screen, or null in a graphics mode and while it is dark. What is cut off below the last row is no row. */
export function textScreen(vga: Vga): TextScreen | null {
  const { crtc, graphics, memory } = vga;
  if ((graphics[GR_MISC] & MISC_GRAPHICS) !== 0 || isDark(vga)) return null;
  const lines = scanLines(vga, Math.min(screenHeight(vga), MOST_LINES));
  const ends = lines.filter(({ endsRow }) => endsRow);
  // A character that is higher than the screen has no last line on it.
  const rows = ends.length > 0 ? ends : lines.slice(0, 1);
  const columns = crtc[CR_H_DISPLAY_END] + 1;
  const codes = new Uint8Array(rows.length * columns);
  const attributes = new Uint8Array(rows.length * columns);
  const cursorAt = cursorCounter(crtc, crtc[CR_CURSOR_START] & 0x1f);
  let cursor: TextScreen["cursor"] = null;
  for (const [row, line] of rows.entries()) {
    for (const [column, counter] of counters(crtc, line, columns).entries()) {
      const word = memory.words[displayAddress(crtc, counter, line.rowScan)];
      codes[row * columns + column] = word;
      attributes[row * columns + column] = word >>> 8;
      if (counter === cursorAt && cursor === null) cursor = { row, column };
    }
  }
  const blinks = (vga.attributes[AR_MODE] & ATTRIBUTE_BLINK) !== 0;
  return { columns, rows: rows.length, codes, attributes, blinks, cursor };
}

/** The lines as Unicode text, blanks at their ends cut off. */
export function screenLines({ columns, rows, codes }: TextScreen): string[] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from(codes.subarray(row * columns, (row + 1) * columns), (code) => CODE_PAGE_437[code])
      .join("")
      .replace(/ +$/, ""),
  );
}
