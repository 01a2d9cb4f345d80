/**
 * What the CRT controller counts while the beam goes down the screen: for each line where display memory is read, and
 * which line of a character it is.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "CRT controller registers".
 */
import {
  ATTRIBUTE_PANNING_ABOVE,
  CR_MODE,
  CR_UNDERLINE,
  MAX_SCAN_DOUBLE,
  MODE_ADDRESS_13,
  MODE_ADDRESS_14,
  MODE_BYTE,
  MODE_COUNT_BY_2,
  MODE_LINES_HALVED,
  MODE_RETRACES,
  MODE_WRAP_15,
  RESET_RUNNING,
  SR_RESET,
  UNDERLINE_COUNT_BY_4,
  UNDERLINE_DOUBLE_WORD,
} from "./display-registers.ts";
import type { Vga } from "./vga.ts";
import {
  AR_MODE,
  CLOCKING_SCREEN_OFF,
  CR_LINE_COMPARE,
  CR_MAX_SCAN_LINE,
  CR_OFFSET,
  CR_OVERFLOW,
  CR_PRESET_ROW_SCAN,
  CR_START_HIGH,
  CR_START_LOW,
  SR_CLOCKING,
} from "./vga-registers.ts";

export interface ScanLine {
  /** The address counter at the left edge. */
  readonly counter: number;
  readonly rowScan: number;
  /** The pel panning applies; below a split it may not. */
  readonly panned: boolean;
  /** The last line of a row of characters, however many of its lines came before. */
  readonly endsRow: boolean;
}

/** How many lines of the screen make one step of the vertical counter. */
const linesPerCount = (crtc: Uint8Array): number => ((crtc[CR_MODE] & MODE_LINES_HALVED) !== 0 ? 2 : 1);

/** Nothing is sent to the monitor: held in reset, screen off, no retraces, or the palette is the processor's. */
export function isDark({ crtc, sequencer, paletteOn }: Vga): boolean {
  return (
    !paletteOn ||
    (sequencer[SR_CLOCKING] & CLOCKING_SCREEN_OFF) !== 0 ||
    (sequencer[SR_RESET] & RESET_RUNNING) !== RESET_RUNNING ||
    (crtc[CR_MODE] & MODE_RETRACES) === 0
  );
}

/** Lines on the screen, double ones counted twice. */
export function screenHeight(vga: Vga): number {
  return vga.displayedLines * linesPerCount(vga.crtc);
}

/** The first `height` lines of a frame, from the top. */
export function scanLines(vga: Vga, height: number): ScanLine[] {
  const { crtc } = vga;
  const lastRowScan = crtc[CR_MAX_SCAN_LINE] & 0x1f;
  const repeats = (crtc[CR_MAX_SCAN_LINE] & MAX_SCAN_DOUBLE) !== 0 ? 2 : 1;
  const splitsAfter = (lineCompare(crtc) + 1) * linesPerCount(crtc) - 1;
  const pansBelow = (vga.attributes[AR_MODE] & ATTRIBUTE_PANNING_ABOVE) === 0;
  const bytePanning = (crtc[CR_PRESET_ROW_SCAN] >> 5) & 3;
  let counter = ((crtc[CR_START_HIGH] << 8) | crtc[CR_START_LOW]) + bytePanning;
  let rowScan = crtc[CR_PRESET_ROW_SCAN] & 0x1f;
  let panned = true;
  let shown = 0;
  const lines: ScanLine[] = [];
  for (let line = 0; line < height; line++) {
    shown++;
    const endsRow = shown === repeats && rowScan === lastRowScan;
    lines.push({ counter, rowScan, panned, endsRow });
    if (line === splitsAfter) {
      panned = pansBelow;
      counter = pansBelow ? bytePanning : 0;
      rowScan = 0;
      shown = 0;
    } else if (shown === repeats) {
      shown = 0;
      if (endsRow) {
        counter += crtc[CR_OFFSET] * 2;
        rowScan = 0;
        // A preset beyond the last line of a character counts on until it wraps.
      } else rowScan = (rowScan + 1) & 0x1f;
    }
  }
  return lines;
}

function lineCompare(crtc: Uint8Array): number {
  return (
    crtc[CR_LINE_COMPARE] | (((crtc[CR_OVERFLOW] >> 4) & 1) << 8) | (((crtc[CR_MAX_SCAN_LINE] >> 6) & 1) << 9)
  );
}

/** The address counter for each character clock of a line: it may stand still for one or three of them. */
export function counters(crtc: Uint8Array, line: ScanLine, cells: number): Uint16Array {
  const clocks =
    (crtc[CR_UNDERLINE] & UNDERLINE_COUNT_BY_4) !== 0 ? 2 : (crtc[CR_MODE] & MODE_COUNT_BY_2) !== 0 ? 1 : 0;
  return Uint16Array.from({ length: cells }, (_, cell) => line.counter + (cell >> clocks));
}

/**
 * The address in the planes that a counter selects.
 *
 *     byte          address = counter
 *     word          address = counter * 2, and counter bit 15 or 13 below it
 *     double word   address = counter * 4
 *
 * Bits 0 and 1 of the row scan can take the place of address bits 13 and 14: the two and four banks of older adapters.
 *
 * Differs: a double word has counter bits 12 and 13 below it, and chain 4 puts the processor's bits 14 and 15 there, which
 * is the same byte. Display memory here leaves out the one, so this leaves out the other.
 */
export function displayAddress(crtc: Uint8Array, counter: number, rowScan: number): number {
  const mode = crtc[CR_MODE];
  let address = counter;
  if ((crtc[CR_UNDERLINE] & UNDERLINE_DOUBLE_WORD) !== 0) address = counter << 2;
  else if ((mode & MODE_BYTE) === 0) {
    address = (counter << 1) | ((counter >> ((mode & MODE_WRAP_15) !== 0 ? 15 : 13)) & 1);
  }
  if ((mode & MODE_ADDRESS_13) === 0) address = (address & ~0x2000) | ((rowScan & 1) << 13);
  if ((mode & MODE_ADDRESS_14) === 0) address = (address & ~0x4000) | ((rowScan & 2) << 13);
  return address & 0xffff;
}
