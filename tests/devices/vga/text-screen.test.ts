/** The text on the screen is what the CRT controller fetches, by the same counters as the dots of a picture. */
import { describe, expect, it } from "vitest";
import { screenLines, textScreen } from "../../../src/devices/vga/text-screen.ts";
import type { Vga } from "../../../src/devices/vga/vga.ts";
import { MODE_3, set } from "../../support/vga-modes.ts";
import { poke, vgaIn } from "../../support/vga-picture.ts";

const COLUMNS = 80;

/** A screen whose rows begin with A, B, C and so on. */
function lettered(): Vga {
  const vga = vgaIn(MODE_3);
  for (let row = 0; row < 40; row++) {
    const text = String.fromCharCode(65 + row) + String.fromCharCode(97 + row);
    for (const [column, char] of [...text].entries()) {
      poke(vga, 0xb_8000 + (row * COLUMNS + column) * 2, char.charCodeAt(0));
    }
  }
  return vga;
}
const lines = (vga: Vga): string[] => {
  const screen = textScreen(vga);
  return screen === null ? [] : screenLines(screen);
};

describe("the text on the screen", () => {
  it("begins at the start address, which is how pages are turned", () => {
    const vga = lettered();
    expect(lines(vga).slice(0, 2)).toEqual(["Aa", "Bb"]);
    set(vga, 0x3d4, 0x0d, COLUMNS);
    expect(lines(vga).slice(0, 2)).toEqual(["Bb", "Cc"]);
  });

  it("moves by whole characters with the byte panning", () => {
    const vga = lettered();
    set(vga, 0x3d4, 0x08, 1 << 5);
    expect(lines(vga)[0]).toMatch(/^a +B$/);
  });

  it("has the row that is half scrolled out at the top, and not the one that is cut off at the bottom", () => {
    const vga = lettered();
    set(vga, 0x3d4, 0x08, 4);
    const shown = lines(vga);
    expect([shown.length, shown[0], shown[24]]).toEqual([25, "Aa", "Yy"]);
  });

  it("begins again at address 0 below the line of a split", () => {
    const vga = lettered();
    set(vga, 0x3d4, 0x0d, 2 * COLUMNS);
    // Line 31 is the last of two rows.
    set(vga, 0x3d4, 0x07, 0x0f);
    set(vga, 0x3d4, 0x09, 0x0f);
    set(vga, 0x3d4, 0x18, 31);
    expect(lines(vga).slice(0, 4)).toEqual(["Cc", "Dd", "Aa", "Bb"]);
  });

  it("is not there while the sequencer is held in reset, as no picture is", () => {
    const vga = lettered();
    set(vga, 0x3c4, 0, 1);
    expect(textScreen(vga)).toBeNull();
  });
});
