/**
 * Planes as dots: how the graphics controller's serializers make eight dots of each four bytes.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "Graphics mode register", "Display memory organization".
 */
import { MODE_SHIFT_256, MODE_SHIFT_INTERLEAVED } from "./display-registers.ts";
import { counters, displayAddress, type ScanLine } from "./scan-lines.ts";
import type { Vga } from "./vga.ts";
import { GR_MODE } from "./vga-registers.ts";

/** Dots 0 to 7 of a word of four planes, as numbers of four bits. */
type Serializer = (word: number, dot: number) => number;

/** One bit of each plane a dot, bit 7 first. */
const planar: Serializer = (word, dot) => {
  const bits = word >>> (7 - dot);
  return (bits & 1) | ((bits >> 7) & 2) | ((bits >> 14) & 4) | ((bits >> 21) & 8);
};

/** Two bits a dot: four dots of planes 0 and 2, then four of 1 and 3, as in the four colours of older adapters. */
const interleaved: Serializer = (word, dot) => {
  const bits = word >>> ((dot < 4 ? 0 : 8) + 6 - (dot & 3) * 2);
  return (bits & 3) | ((bits >> 14) & 12);
};

/** Four bits a dot, the upper first, one plane after the other; two dots together are one of 256 colours. */
const packed: Serializer = (word, dot) => (word >>> ((dot >> 1) * 8 + ((dot & 1) === 0 ? 4 : 0))) & 15;

function serializerOf(mode: number): Serializer {
  if ((mode & MODE_SHIFT_256) !== 0) return packed;
  return (mode & MODE_SHIFT_INTERLEAVED) !== 0 ? interleaved : planar;
}

/** Writes colour numbers of four bits to `dots`, `width` of them for each of `cells` character clocks. */
export function graphicsDots(vga: Vga, line: ScanLine, width: number, cells: number, dots: Uint8Array): void {
  const { crtc, memory } = vga;
  const serializer = serializerOf(vga.graphics[GR_MODE]);
  counters(crtc, line, cells).forEach((counter, cell) => {
    const word = memory.words[displayAddress(crtc, counter, line.rowScan)];
    for (let dot = 0; dot < 8; dot++) dots[cell * width + dot] = serializer(word, dot);
    // Nine dots to a character clock: the serializers are empty at the ninth.
    if (width === 9) dots[cell * width + 8] = 0;
  });
}
