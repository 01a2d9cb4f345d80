import { describe, expect, it } from "vitest";
import { CODE_PAGE_437 } from "../../../src/devices/vga/code-page-437.ts";
import { FONT_8X16 } from "../../../src/devices/vga/font-8x16.ts";

function glyph(character: string): string[] {
  const code = CODE_PAGE_437.lastIndexOf(character);
  return Array.from(FONT_8X16.subarray(code * 16, code * 16 + 16), (row) =>
    row.toString(2).padStart(8, "0").replaceAll("0", ".").replaceAll("1", "#"),
  );
}

const isLit = (row: string) => row.includes("#");
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];

describe("the font", () => {
  it("has 16 bytes for each of 256 characters", () => {
    expect(FONT_8X16.length).toBe(4096);
  });

  it("has a different glyph for every character but the three blanks", () => {
    const glyphs = CODE_PAGE_437.map((_, code) => FONT_8X16.subarray(code * 16, code * 16 + 16).join());
    expect(new Set(glyphs).size).toBe(254);
    expect([0x00, 0x20, 0xff].map((code) => glyphs[code])).toEqual(new Array(3).fill(glyphs[0]));
  });

  it.each(LETTERS)("%s stands on row 11, and leaves its neighbour a gap", (letter) => {
    const rows = glyph(letter);
    expect(isLit(rows[11])).toBe(true);
    if (!"gjpqyQ".includes(letter)) expect(rows.slice(12).some(isLit)).toBe(false);
    expect(rows.every((row) => row.endsWith("."))).toBe(true);
  });

  it.each([..."ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789bdfhkl"])("%s reaches up to row 2", (letter) => {
    expect(glyph(letter).findIndex(isLit)).toBe(2);
  });

  it.each([..."acegmnopqrsuvwxyz"])("%s reaches up to row 5", (letter) => {
    expect(glyph(letter).findIndex(isLit)).toBe(5);
  });

  it.each([..."éâäàçêëèîìôöòûùñáíóúüïåÄÅÉÖÜÑÇ"])("%s is a letter with an accent", (letter) => {
    const plain = letter.normalize("NFD")[0];
    expect(glyph(letter)).not.toEqual(glyph(plain));
    // The foot of the letter is the same.
    expect(glyph(letter)[11]).toBe(glyph(plain)[11]);
  });
});

describe("lines and corners", () => {
  /** Where a glyph leaves its cell: what lies on its four edges. */
  const edges = (character: string) => {
    const rows = glyph(character);
    const column = (x: number) => rows.map((row) => row[x]).join("");
    return { north: rows[0], south: rows[15], west: column(0), east: column(7) };
  };
  const UP = ["│", "║"].map((line) => edges(line).north);
  const ACROSS = ["─", "═"].map((line) => edges(line).west);
  const NONE_UP = "........";
  const NONE_ACROSS = ".".repeat(16);

  it.each([
    ["┌", NONE_UP, UP[0], NONE_ACROSS, ACROSS[0]],
    ["╔", NONE_UP, UP[1], NONE_ACROSS, ACROSS[1]],
    ["╕", NONE_UP, UP[0], ACROSS[1], NONE_ACROSS],
    ["╙", UP[1], NONE_UP, NONE_ACROSS, ACROSS[0]],
    ["╬", UP[1], UP[1], ACROSS[1], ACROSS[1]],
    ["╫", UP[1], UP[1], ACROSS[0], ACROSS[0]],
    ["╪", UP[0], UP[0], ACROSS[1], ACROSS[1]],
    ["┴", UP[0], NONE_UP, ACROSS[0], ACROSS[0]],
    ["╡", UP[0], UP[0], ACROSS[1], NONE_ACROSS],
  ])("%s meets the lines of its neighbours", (character, north, south, west, east) => {
    expect(edges(character)).toEqual({ north, south, west, east });
  });

  it("a double corner has an inside and an outside", () => {
    expect(glyph("╔").slice(5, 10)).toEqual(["........", ".#######", ".##.....", ".##..###", ".##..##."]);
  });

  it("blocks fill halves, and shades a quarter, a half and three quarters", () => {
    const dots = (character: string) => [...glyph(character).join("")].filter((dot) => dot === "#").length;
    expect([..."█▄▌▐▀░▒▓"].map(dots)).toEqual([128, 64, 64, 64, 64, 32, 64, 96]);
  });
});
