/** A VGA whose DAC numbers its colours, so that a test can read from a picture which of the 256 a dot has. */
import { type Picture, picture } from "../../src/devices/vga/picture.ts";
import { Vga } from "../../src/devices/vga/vga.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { out, setMode, type VgaMode } from "./vga-modes.ts";

/** The adapter in a mode, with display memory cleared by nobody: all zero. */
export function vgaIn(mode: VgaMode): Vga {
  const vga = new Vga({ clock: new MachineClock(10_000_000) });
  setMode(vga, mode);
  out(vga, 0x3c8, 0);
  for (let number = 0; number < 256; number++) {
    for (const component of [number & 0x3f, number >> 6, 0]) out(vga, 0x3c9, component);
  }
  return vga;
}

/** A byte as the processor stores it, by address. */
export function poke(vga: Vga, address: number, value: number): void {
  vga.memory.mmioWrite(address - 0xa_0000, 1, value);
}

export function rgb({ width, rgba }: Picture, x: number, y: number): number[] {
  return Array.from(rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 3));
}

/** The DAC's number for a dot of a picture. */
export function number(shown: Picture, x: number, y: number): number {
  const [red, green] = rgb(shown, x, y);
  return (red >> 2) | ((green >> 2) << 6);
}

/** The numbers of some dots in a row, of what is shown now. */
export function numbers(vga: Vga, x: number, y: number, count: number): number[] {
  const shown = picture(vga);
  return Array.from({ length: count }, (_, i) => number(shown, x + i, y));
}

/** Dots that are not colour 0 as "#", others as ".". */
export function dots(vga: Vga, x: number, y: number, count: number): string {
  return numbers(vga, x, y, count)
    .map((color) => (color === 0 ? "." : "#"))
    .join("");
}

export function size(vga: Vga): number[] {
  const { width, height } = picture(vga);
  return [width, height];
}
