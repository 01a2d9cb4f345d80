/**
 * Characters as dots: a line of a text mode out of codes in plane 0, attributes in plane 1 and fonts in plane 2.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "Alphanumeric modes", "Character map select register".
 */
import {
  ATTRIBUTE_LINE_GRAPHICS,
  CR_UNDERLINE,
  MEMORY_EXTENDED,
  SR_CHARACTER_MAP,
} from "./display-registers.ts";
import { counters, displayAddress, type ScanLine } from "./scan-lines.ts";
import type { Vga } from "./vga.ts";
import {
  AR_MODE,
  ATTRIBUTE_BLINK,
  CR_CURSOR_END,
  CR_CURSOR_HIGH,
  CR_CURSOR_LOW,
  CR_CURSOR_START,
  CURSOR_OFF,
  SR_MEMORY_MODE,
} from "./vga-registers.ts";

/** Every character has 32 bytes in a font, however many lines of it are shown. */
export const GLYPH_BYTES = 32;
const FONT_PLANE = 2;

/** Writes colour numbers of four bits to `dots`, `width` of them for each of `cells` characters. */
export function textDots(vga: Vga, line: ScanLine, width: number, cells: number, dots: Uint8Array): void {
  const { crtc, memory } = vga;
  const mode = vga.attributes[AR_MODE];
  const backgrounds = (mode & ATTRIBUTE_BLINK) !== 0 ? 7 : 15;
  const isUnderline = line.rowScan === (crtc[CR_UNDERLINE] & 0x1f);
  const cursorAt = cursorCounter(crtc, line.rowScan);
  const [plain, bright] = fonts(vga);
  counters(crtc, line, cells).forEach((counter, cell) => {
    const word = memory.words[displayAddress(crtc, counter, line.rowScan)];
    const code = word & 0xff;
    const attribute = (word >>> 8) & 0xff;
    const font = (attribute & 8) !== 0 ? bright : plain;
    let bits = memory.plane(FONT_PLANE, font + code * GLYPH_BYTES + line.rowScan) << 1;
    // The line graphics touch their neighbours: the ninth dot is the eighth again.
    if ((mode & ATTRIBUTE_LINE_GRAPHICS) !== 0 && (code & 0xe0) === 0xc0) bits |= (bits >> 1) & 1;
    if (counter === cursorAt || (isUnderline && (attribute & 0x77) === 0x01)) bits = 0x1ff;
    for (let dot = 0; dot < width; dot++) {
      const isSet = ((bits >> (8 - dot)) & 1) !== 0;
      dots[cell * width + dot] = isSet ? attribute & 15 : (attribute >> 4) & backgrounds;
    }
  });
}

/** The address counter at which the cursor is, or -1 on lines without one. */
export function cursorCounter(crtc: Uint8Array, rowScan: number): number {
  const start = crtc[CR_CURSOR_START];
  const end = crtc[CR_CURSOR_END];
  if ((start & CURSOR_OFF) !== 0 || rowScan < (start & 0x1f) || rowScan > (end & 0x1f)) return -1;
  const skew = (end >> 5) & 3;
  return (((crtc[CR_CURSOR_HIGH] << 8) | crtc[CR_CURSOR_LOW]) + skew) & 0xffff;
}

/**
 * Where in plane 2 the fonts of characters without and with attribute bit 3 begin.
 *
 *     SR03   7 6 | 5: A high | 4: B high | 3 2: A low | 1 0: B low     A if attribute bit 3 is set, else B
 *
 * The eight fonts were four on an older adapter; the other four lie between them.
 */
function fonts({ sequencer }: Vga): readonly [number, number] {
  if ((sequencer[SR_MEMORY_MODE] & MEMORY_EXTENDED) === 0) return [0, 0];
  const select = sequencer[SR_CHARACTER_MAP];
  return [
    (select & 3) * 0x4000 + ((select >> 4) & 1) * 0x2000,
    ((select >> 2) & 3) * 0x4000 + ((select >> 5) & 1) * 0x2000,
  ];
}
