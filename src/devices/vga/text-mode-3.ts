/**
 * The registers of mode 3, 80 columns and 25 rows of 9 by 16 dots, as every video BIOS sets them.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "VGA register values for BIOS modes".
 */
import { FONT_8X16 } from "./font-8x16.ts";
import type { VgaMemory } from "./vga-memory.ts";

/** Attribute palette: brown and the bright colours are beyond the first eight of the DAC's 64. */
const ATTRIBUTE_PALETTE = [0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f];
const ATTRIBUTE_CONTROL = [0x0c, 0x00, 0x0f, 0x08, 0x00];

/** Two bits for each of red, green and blue: 64 colours, as on an enhanced colour display. */
function colours(): number[] {
  const palette = new Array<number>(768).fill(0);
  for (let colour = 0; colour < 64; colour++) {
    for (const [component, [strong, weak]] of [
      [2, 5],
      [1, 4],
      [0, 3],
    ].entries()) {
      palette[colour * 3 + component] = ((colour >> strong) & 1) * 0x2a + ((colour >> weak) & 1) * 0x15;
    }
  }
  return palette;
}

export const TEXT_MODE_3 = {
  misc: 0x67,
  sequencer: [0x03, 0x00, 0x03, 0x00, 0x02],
  graphics: [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x0f, 0xff],
  crtc: [
    0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c,
    0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
  ],
  attributes: [...ATTRIBUTE_PALETTE, ...ATTRIBUTE_CONTROL],
  palette: colours(),
} as const;

const FONT_PLANE = 2;
const FONT_ROWS = 16;
const ROWS_RESERVED = 32;

/**
 * Puts the font of mode 3 where a video BIOS leaves it: the first font of plane 2, 32 bytes for each of 256 characters,
 * of which the lower 16 are blank. Software that draws its own characters reads it there, and so does the display.
 */
export function loadTextFont(memory: VgaMemory): void {
  for (let row = 0; row < 256 * ROWS_RESERVED; row++) {
    const inGlyph = row % ROWS_RESERVED;
    const code = (row - inGlyph) / ROWS_RESERVED;
    memory.bytes[row * 4 + FONT_PLANE] = inGlyph < FONT_ROWS ? FONT_8X16[code * FONT_ROWS + inGlyph] : 0;
  }
  memory.generation++;
}
