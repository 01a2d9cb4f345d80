/**
 * What a VGA shows, dot by dot: what a monitor would display of its registers, display memory and DAC at this moment.
 *
 * A picture has the lines and dots of the screen. What the adapter shows twice is there twice: 200 lines of mode 13h are
 * 400, and its 320 dots are 640. Blinking characters and the cursor are in the half of their time in which they are seen.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "Video subsystem".
 *
 * Differs: the border (overscan) is left out, and a screen that is not refreshed is black at the size of its registers.
 */
import { BLACK, dotColors, isEightBits } from "./dac-colors.ts";
import { AR_PANNING } from "./display-registers.ts";
import { graphicsDots } from "./graphics-picture.ts";
import { isDark, scanLines, screenHeight } from "./scan-lines.ts";
import { textDots } from "./text-picture.ts";
import type { Vga } from "./vga.ts";
import {
  CLOCKING_8_DOTS,
  CLOCKING_HALF,
  CR_H_DISPLAY_END,
  GR_MISC,
  MISC_GRAPHICS,
  SR_CLOCKING,
} from "./vga-registers.ts";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and opacity of each dot, row by row. */
  readonly rgba: Uint8Array;
}

/** No monitor for a VGA shows more; registers can say more. */
const MOST = 1024;

export function picture(vga: Vga): Picture {
  const clocking = vga.sequencer[SR_CLOCKING];
  const cells = vga.crtc[CR_H_DISPLAY_END] + 1;
  const cellDots = (clocking & CLOCKING_8_DOTS) !== 0 ? 8 : 9;
  const halved = (clocking & CLOCKING_HALF) !== 0 ? 1 : 0;
  const width = Math.min((cells * cellDots) << halved, MOST);
  const height = Math.min(screenHeight(vga), MOST);
  const pixels = new Uint32Array(width * height).fill(BLACK);
  const rgba = new Uint8Array(pixels.buffer);
  if (isDark(vga)) return { width, height, rgba };

  const colors = dotColors(vga);
  const eightBits = isEightBits(vga);
  const panning = panningDots(vga, cellDots);
  const toDots = (vga.graphics[GR_MISC] & MISC_GRAPHICS) !== 0 ? graphicsDots : textDots;
  // One cell more than is seen: panning moves a part of it in.
  const dots = new Uint8Array((cells + 1) * cellDots);
  for (const [y, line] of scanLines(vga, height).entries()) {
    toDots(vga, line, cellDots, cells + 1, dots);
    const first = line.panned ? panning : 0;
    for (let x = 0; x < width; x++) {
      const dot = x >> halved;
      const number = eightBits
        ? (dots[first + (dot & ~1)] << 4) | dots[first + (dot | 1)]
        : dots[first + dot];
      pixels[y * width + x] = colors[number];
    }
  }
  return { width, height, rgba };
}

/**
 * How many dots the screen is moved to the left.
 *
 *     AR13          0  1  2  3  4  5  6  7  8
 *     9 dots        1  2  3  4  5  6  7  8  0
 *     8 dots        0  1  2  3  4  5  6  7  -
 *     256 colours   0  -  2  -  4  -  6  -  -
 */
function panningDots(vga: Vga, cellDots: number): number {
  const value = vga.attributes[AR_PANNING];
  if (isEightBits(vga)) return value & 6;
  if (cellDots === 9) return value < 8 ? value + 1 : 0;
  return value & 7;
}
