/**
 * From a dot's number to light: the attribute controller's palette, then the DAC's.
 *
 *     four bits -> plane enable -> palette of 16 x 6 bits -> with color select, 8 bits -> mask -> DAC -> 3 x 6 bits
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "Attribute controller registers", "Video DAC".
 */
import {
  AR_COLOR_SELECT,
  AR_PLANE_ENABLE,
  ATTRIBUTE_8_BITS,
  ATTRIBUTE_SELECT_54,
} from "./display-registers.ts";
import type { Vga } from "./vga.ts";
import { AR_MODE } from "./vga-registers.ts";

/** A picture's element in memory order red, green, blue, opacity, as one number. */
export type Rgba = number;

export const BLACK: Rgba = 0xff00_0000;

/** Two dots of four bits are one of eight, and go past the palette. */
export function isEightBits({ attributes }: Vga): boolean {
  return (attributes[AR_MODE] & ATTRIBUTE_8_BITS) !== 0;
}

/** The colour of each number a dot can have: 16 of them, or 256. */
export function dotColors(vga: Vga): Uint32Array {
  const { attributes } = vga;
  const planes = attributes[AR_PLANE_ENABLE] & 15;
  if (isEightBits(vga))
    return Uint32Array.from({ length: 256 }, (_, dot) => dacColor(vga, dot & (planes * 0x11)));
  const select = attributes[AR_COLOR_SELECT];
  const has54 = (attributes[AR_MODE] & ATTRIBUTE_SELECT_54) !== 0;
  return Uint32Array.from({ length: 16 }, (_, dot) => {
    const color = attributes[dot & planes];
    const number = has54 ? (color & 0x0f) | ((select & 0x0f) << 4) : (color & 0x3f) | ((select & 0x0c) << 4);
    return dacColor(vga, number);
  });
}

function dacColor({ palette, dacMask }: Vga, number: number): Rgba {
  const at = (number & dacMask) * 3;
  const [red, green, blue] = palette.subarray(at, at + 3);
  return (BLACK | eightBits(red) | (eightBits(green) << 8) | (eightBits(blue) << 16)) >>> 0;
}

/** Six bits as eight, so that all ones stay all ones. */
const eightBits = (value: number): number => (value << 2) | (value >> 4);
