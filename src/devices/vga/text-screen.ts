/**
 * What a VGA in a text mode shows: characters, attributes and the cursor, as the CRT controller fetches them.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "CRT controller registers", "Attribute controller".
 */
import { CODE_PAGE_437 } from "./code-page-437.ts";
import type { Vga } from "./vga.ts";
import {
  AR_MODE,
  ATTRIBUTE_BLINK,
  CLOCKING_SCREEN_OFF,
  CR_CURSOR_END,
  CR_CURSOR_HIGH,
  CR_CURSOR_LOW,
  CR_CURSOR_START,
  CR_H_DISPLAY_END,
  CR_LINE_COMPARE,
  CR_MAX_SCAN_LINE,
  CR_OFFSET,
  CR_OVERFLOW,
  CR_START_HIGH,
  CR_START_LOW,
  CURSOR_OFF,
  GR_MISC,
  MISC_GRAPHICS,
  SR_CLOCKING,
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

const ADDRESSES = 0x1_0000;

/** The screen, or null in a graphics mode and while it is dark. */
export function textScreen(vga: Vga): TextScreen | null {
  const { crtc, graphics, sequencer } = vga;
  if ((graphics[GR_MISC] & MISC_GRAPHICS) !== 0) return null;
  if ((sequencer[SR_CLOCKING] & CLOCKING_SCREEN_OFF) !== 0 || !vga.paletteOn) return null;
  const height = (crtc[CR_MAX_SCAN_LINE] & 0x1f) + 1;
  const doubled = (crtc[CR_MAX_SCAN_LINE] & 0x80) !== 0 ? 2 : 1;
  const columns = crtc[CR_H_DISPLAY_END] + 1;
  const rows = Math.max(Math.floor(vga.displayedLines / (height * doubled)), 1);
  const pitch = crtc[CR_OFFSET] * 2;
  const start = (crtc[CR_START_HIGH] << 8) | crtc[CR_START_LOW];
  const splitRow = Math.floor((lineCompare(crtc) + 1) / (height * doubled));
  const codes = new Uint8Array(rows * columns);
  const attributes = new Uint8Array(rows * columns);
  const cursorAt = (crtc[CR_CURSOR_HIGH] << 8) | crtc[CR_CURSOR_LOW];
  let cursor: TextScreen["cursor"] = null;
  for (let row = 0; row < rows; row++) {
    // Below the line of the split, what is shown begins at address 0.
    const first = row < splitRow ? start + row * pitch : (row - splitRow) * pitch;
    for (let column = 0; column < columns; column++) {
      const at = (first + column) % ADDRESSES;
      codes[row * columns + column] = vga.memory.plane(0, at * 2);
      attributes[row * columns + column] = vga.memory.plane(1, at * 2);
      if (at === cursorAt && cursor === null) cursor = { row, column };
    }
  }
  const blinks = (vga.attributes[AR_MODE] & ATTRIBUTE_BLINK) !== 0;
  return { columns, rows, codes, attributes, blinks, cursor: isCursorOn(crtc) ? cursor : null };
}

function lineCompare(crtc: Uint8Array): number {
  return (
    crtc[CR_LINE_COMPARE] | (((crtc[CR_OVERFLOW] >> 4) & 1) << 8) | (((crtc[CR_MAX_SCAN_LINE] >> 6) & 1) << 9)
  );
}

function isCursorOn(crtc: Uint8Array): boolean {
  const first = crtc[CR_CURSOR_START];
  return (first & CURSOR_OFF) === 0 && (first & 0x1f) <= (crtc[CR_CURSOR_END] & 0x1f);
}

/** The lines as Unicode text, blanks at their ends cut off. */
export function screenLines({ columns, rows, codes }: TextScreen): string[] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from(codes.subarray(row * columns, (row + 1) * columns), (code) => CODE_PAGE_437[code])
      .join("")
      .replace(/ +$/, ""),
  );
}
