import { describe, expect, it } from "vitest";
import { FONT_8X16 } from "../../../src/devices/vga/font-8x16.ts";
import { picture } from "../../../src/devices/vga/picture.ts";
import { loadTextFont } from "../../../src/devices/vga/text-mode-3.ts";
import { Vga } from "../../../src/devices/vga/vga.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { MODE_1, MODE_3, set, setAttribute } from "../../support/vga-modes.ts";
import { dots, number, numbers, poke, rgb, size, vgaIn } from "../../support/vga-picture.ts";

const TEXT = 0xb_8000;
const SEVEN_DOTS = 0xfe;

function inText(mode = MODE_3) {
  const vga = vgaIn(mode);
  // No cursor but where a test wants one.
  set(vga, 0x3d4, 0x0a, 0x20);
  const put = (column: number, row: number, code: number, attribute = 0x07) => {
    const columns = mode === MODE_1 ? 40 : 80;
    poke(vga, TEXT + (row * columns + column) * 2, code);
    poke(vga, TEXT + (row * columns + column) * 2 + 1, attribute);
  };
  /** As font loaders do: plane 2 alone and in sequence at a0000, then back. */
  const define = (font: number, code: number, rows: readonly number[]) => {
    set(vga, 0x3c4, 2, 0x04);
    set(vga, 0x3c4, 4, 0x06);
    set(vga, 0x3ce, 5, 0x00);
    set(vga, 0x3ce, 6, 0x04);
    rows.forEach((row, y) => {
      poke(vga, 0xa_0000 + font + code * 32 + y, row);
    });
    set(vga, 0x3c4, 2, 0x03);
    set(vga, 0x3c4, 4, 0x02);
    set(vga, 0x3ce, 5, 0x10);
    set(vga, 0x3ce, 6, 0x0e);
  };
  const cursor = (at: number, first: number, last: number) => {
    set(vga, 0x3d4, 0x0e, at >> 8);
    set(vga, 0x3d4, 0x0f, at & 0xff);
    set(vga, 0x3d4, 0x0a, first);
    set(vga, 0x3d4, 0x0b, last);
  };
  return { vga, put, define, cursor };
}

const solid = (row: number) => new Array<number>(16).fill(row);

describe("a text mode's picture", () => {
  it("has 720 by 400 dots for 80 by 25 characters, and for 40 by 25 of double width", () => {
    expect([size(inText().vga), size(inText(MODE_1).vga)]).toEqual([
      [720, 400],
      [720, 400],
    ]);
  });

  it("shows row y of a character's font at line y of its cell, 9 dots to a cell", () => {
    const { vga, put, define } = inText();
    define(0, 0x41, [0x00, 0x81, 0x42]);
    put(2, 3, 0x41);
    expect([0, 1, 2, 3].map((y) => dots(vga, 18, 48 + y, 9))).toEqual([
      ".........",
      "#......#.",
      ".#....#..",
      ".........",
    ]);
  });

  it("has the colours that the DAC has for the attribute: brown is number 14 hex", () => {
    const vga = new Vga({ clock: new MachineClock(1_000_000) });
    vga.programTextMode3();
    loadTextFont(vga.memory);
    poke(vga, TEXT, 0xdb);
    poke(vga, TEXT + 1, 0x06);
    poke(vga, TEXT + 2, 0xdc);
    poke(vga, TEXT + 3, 0x1f);
    const shown = picture(vga);
    expect([rgb(shown, 0, 0), rgb(shown, 9, 0), rgb(shown, 9, 15), shown.rgba[3]]).toEqual([
      [0xaa, 0x55, 0x00],
      [0x00, 0x00, 0xaa],
      [0xff, 0xff, 0xff],
      0xff,
    ]);
  });

  it("of 40 columns has every dot twice", () => {
    const { vga, put, define } = inText(MODE_1);
    define(0, 0x41, [0x81]);
    put(1, 1, 0x41);
    expect(dots(vga, 18, 16, 18)).toBe("##............##..");
  });

  it("of 8 lines a character has 50 rows", () => {
    const { vga, put, define } = inText();
    set(vga, 0x3d4, 0x09, 0x47);
    define(0, 0x41, solid(0xff));
    put(0, 49, 0x41);
    expect([392, 399].map((y) => dots(vga, 0, y, 2))).toEqual(["##", "##"]);
    expect(dots(vga, 0, 391, 2)).toBe("..");
  });

  it("of 8 dots a character has 640 dots", () => {
    const { vga, put, define } = inText();
    set(vga, 0x3c4, 1, 0x01);
    setAttribute(vga, 0x13, 0);
    define(0, 0xc4, [0x01]);
    put(1, 0, 0xc4);
    expect([size(vga), dots(vga, 8, 0, 9)]).toEqual([[640, 400], ".......#."]);
  });
});

describe("the ninth dot", () => {
  it.each([
    [0xbf, "."],
    [0xc0, "#"],
    [0xdf, "#"],
    [0xe0, "."],
  ])("of character %s, all set, is %s: the eighth again for line graphics only", (code, expected) => {
    const { vga, put, define } = inText();
    define(0, code, [0xff]);
    put(0, 0, code);
    expect(dots(vga, 0, 0, 9)).toBe(`########${expected}`);
  });

  it("is dark for all without line graphics", () => {
    const { vga, put, define } = inText();
    setAttribute(vga, 0x10, 0x08);
    define(0, 0xc4, [0xff]);
    put(0, 0, 0xc4);
    expect(dots(vga, 0, 0, 9)).toBe("########.");
  });
});

describe("attributes", () => {
  it("have a blinking foreground or one of 16 backgrounds in bit 7", () => {
    const { vga, put, define } = inText();
    define(0, 0x41, [0x80]);
    put(0, 0, 0x41, 0x9e);
    expect(numbers(vga, 0, 0, 2)).toEqual([0x3e, 0x01]);
    setAttribute(vga, 0x10, 0x04);
    expect(numbers(vga, 0, 0, 2)).toEqual([0x3e, 0x39]);
  });

  it("choose one of two fonts by bit 3", () => {
    const { vga, put, define } = inText();
    define(0x0000, 0x41, [0xf0]);
    define(0x6000, 0x41, [0x0f]);
    // A is font 5 (24 KiB), B font 0.
    set(vga, 0x3c4, 3, 0x24);
    put(0, 0, 0x41, 0x07);
    put(1, 0, 0x41, 0x0f);
    expect(dots(vga, 0, 0, 18)).toBe("####.........####.");
  });

  it.each([
    [0, 0x0000],
    [1, 0x4000],
    [2, 0x8000],
    [3, 0xc000],
    [4, 0x2000],
    [5, 0x6000],
    [6, 0xa000],
    [7, 0xe000],
  ])("font %s begins at %s of plane 2", (font, address) => {
    const { vga, put, define } = inText();
    define(address, 0x41, [0xff]);
    put(0, 0, 0x41);
    set(vga, 0x3c4, 3, (font & 3) | ((font & 4) << 2));
    expect(dots(vga, 0, 0, 9)).toBe("########.");
  });

  it("of one on nothing are underlined at the underline location", () => {
    const { vga, put } = inText();
    put(0, 0, 0x20, 0x01);
    put(1, 0, 0x20, 0x07);
    set(vga, 0x3d4, 0x14, 13);
    expect([dots(vga, 0, 12, 18), dots(vga, 0, 13, 18)]).toEqual([".".repeat(18), "#########........."]);
  });
});

describe("the cursor", () => {
  it("fills the lines from its start to its end in the foreground, the ninth dot too", () => {
    const { vga, put, cursor } = inText();
    put(7, 5, 0x20, 0x2a);
    cursor(5 * 80 + 7, 13, 14);
    expect([12, 13, 14, 15].map((y) => numbers(vga, 63, 80 + y, 9)[8])).toEqual([2, 0x3a, 0x3a, 2]);
    expect(numbers(vga, 62, 80 + 13, 2)).toEqual([0, 0x3a]);
  });

  it("is not shown when it is off, when it ends before it starts, and is late by its skew", () => {
    const { vga, put, cursor } = inText();
    for (const column of [0, 1, 2]) put(column, 0, 0x20);
    cursor(0, 0x20 | 13, 14);
    expect(dots(vga, 0, 13, 27)).not.toContain("#");
    cursor(0, 14, 13);
    expect(dots(vga, 0, 13, 27)).not.toContain("#");
    cursor(0, 13, (2 << 5) | 14);
    expect(dots(vga, 0, 13, 27)).toBe(`${".".repeat(18)}#########`);
  });
});

describe("moving the text", () => {
  it("the start address is a character, and the offset two of them", () => {
    const { vga, put, define } = inText();
    define(0, 0x41, solid(SEVEN_DOTS));
    put(3, 1, 0x41);
    set(vga, 0x3d4, 0x0d, 80);
    expect(dots(vga, 27, 0, 9)).toBe("#######..");
    set(vga, 0x3d4, 0x0d, 0);
    set(vga, 0x3d4, 0x13, 42);
    // 84 characters a row: the second row begins with the one that was its fifth.
    expect(dots(vga, 0, 16, 1)).toBe(".");
    put(4, 1, 0x41);
    expect(dots(vga, 0, 16, 9)).toBe("#######..");
  });

  it("a preset row scan starts inside the characters of the first row", () => {
    const { vga, put, define } = inText();
    define(0, 0x41, [0, 0, 0, 0, 0, 0xff]);
    put(0, 0, 0x41);
    set(vga, 0x3d4, 0x08, 5);
    expect([dots(vga, 0, 0, 1), dots(vga, 0, 1, 1)]).toEqual(["#", "."]);
    put(0, 1, 0x41);
    expect(dots(vga, 0, 11 + 5, 1)).toBe("#");
  });

  it("pel panning of 9 dots: 8 is none, 0 is one dot, 7 is eight; the next character moves in", () => {
    const { vga, put, define } = inText();
    define(0, 0x41, [0x01]);
    put(0, 0, 0x41);
    put(80, 0, 0x41);
    const left = (value: number) => {
      setAttribute(vga, 0x13, value);
      return dots(vga, 0, 0, 9);
    };
    expect([8, 0, 6, 7].map(left)).toEqual([".......#.", "......#..", "#........", "........."]);
    // Character 80 of memory is the first of the second row, and the neighbour of the last on the screen.
    expect(dots(vga, 711, 0, 9)).toBe("........#");
  });

  it("byte panning moves it by whole characters", () => {
    const { vga, put, define } = inText();
    define(0, 0x41, [0xff]);
    put(3, 0, 0x41);
    set(vga, 0x3d4, 0x08, 3 << 5);
    expect(dots(vga, 0, 0, 9)).toBe("########.");
  });

  it("below the line compare, the screen begins again at address 0, line 0", () => {
    const { vga, put, define } = inText();
    define(0, 0x41, solid(0xff));
    put(0, 0, 0x41);
    set(vga, 0x3d4, 0x0d, 80);
    set(vga, 0x3d4, 0x11, 0x0e);
    set(vga, 0x3d4, 0x18, 99);
    set(vga, 0x3d4, 0x07, 0x0f);
    set(vga, 0x3d4, 0x09, 0x0f);
    const shown = picture(vga);
    expect([99, 100, 115, 116].map((y) => number(shown, 0, y))).toEqual([0, 7, 7, 0]);
  });
});

describe("the font of mode 3", () => {
  it("lies in plane 2 after firmware has loaded it: 32 bytes a character, 16 of them blank", () => {
    const vga = new Vga({ clock: new MachineClock(1_000_000) });
    vga.programTextMode3();
    loadTextFont(vga.memory);
    const glyph = (code: number) =>
      Array.from({ length: 32 }, (_, row) => vga.memory.plane(2, code * 32 + row));
    for (const code of [0x00, 0x41, 0xff]) {
      expect(glyph(code)).toEqual([
        ...FONT_8X16.subarray(code * 16, code * 16 + 16),
        ...new Array<number>(16).fill(0),
      ]);
    }
    // Text and attributes are as they were.
    expect([vga.memory.plane(0, 0), vga.memory.plane(1, 0)]).toEqual([0x20, 0x07]);
  });
});
