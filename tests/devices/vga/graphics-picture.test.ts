import { describe, expect, it } from "vitest";
import { picture } from "../../../src/devices/vga/picture.ts";
import { Vga } from "../../../src/devices/vga/vga.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { Random } from "../../support/random.ts";
import {
  MODE_3,
  MODE_4,
  MODE_6,
  MODE_10,
  MODE_12,
  MODE_13,
  MODE_D,
  MODE_E,
  MODE_X,
  out,
  set,
  setAttribute,
} from "../../support/vga-modes.ts";
import { dots, number, numbers, poke, rgb, size, vgaIn } from "../../support/vga-picture.ts";

const GRAPHICS = 0xa_0000;
const CGA = 0xb_8000;

/** A byte in the planes of a mask. */
function pokePlanes(vga: Vga, planes: number, address: number, value: number): void {
  set(vga, 0x3c4, 2, planes);
  poke(vga, address, value);
}

/** Splits the screen after a line; the registers for it are spread over three. */
function split(vga: Vga, line: number): void {
  const maxScanLine = vga.crtc[0x09];
  const overflow = vga.crtc[0x07];
  set(vga, 0x3d4, 0x18, line & 0xff);
  set(vga, 0x3d4, 0x07, (overflow & ~0x10) | ((line >> 4) & 0x10));
  set(vga, 0x3d4, 0x09, (maxScanLine & ~0x40) | ((line >> 3) & 0x40));
}

it.each([
  [640, 400, "4", MODE_4],
  [640, 400, "6", MODE_6],
  [640, 400, "0d", MODE_D],
  [640, 400, "0e", MODE_E],
  [640, 350, "10", MODE_10],
  [640, 480, "12", MODE_12],
  [640, 400, "13", MODE_13],
  [640, 480, "X", MODE_X],
])("the screen has %s by %s dots in mode %s", (width, height, _name, mode) => {
  expect(size(vgaIn(mode))).toEqual([width, height]);
});

describe("mode 13h", () => {
  it("has a byte a dot, 320 to a line, each dot two wide and two high", () => {
    const vga = vgaIn(MODE_13);
    poke(vga, GRAPHICS + 100 * 320 + 5, 0xc9);
    const shown = picture(vga);
    const found = [9, 10, 11, 12].map((x) => [199, 200, 201, 202].map((y) => number(shown, x, y)));
    expect(found).toEqual([
      [0, 0, 0, 0],
      [0, 0xc9, 0xc9, 0],
      [0, 0xc9, 0xc9, 0],
      [0, 0, 0, 0],
    ]);
  });

  it("reaches its last dot at offset 63999", () => {
    const vga = vgaIn(MODE_13);
    poke(vga, GRAPHICS + 63_999, 0x7f);
    expect(numbers(vga, 636, 399, 4)).toEqual([0, 0, 0x7f, 0x7f]);
  });

  it("goes past the attribute palette and the color select", () => {
    const vga = vgaIn(MODE_13);
    poke(vga, GRAPHICS, 0x06);
    set(vga, 0x3c4, 1, 0x01);
    vga.portRead(0x2a);
    for (const value of [0x06, 0x3f, 0x20]) out(vga, 0x3c0, value);
    vga.portRead(0x2a);
    setAttribute(vga, 0x14, 0x0f);
    expect(number(picture(vga), 0, 0)).toBe(0x06);
  });

  it("pans by dots with even values", () => {
    const vga = vgaIn(MODE_13);
    poke(vga, GRAPHICS + 3, 0x11);
    setAttribute(vga, 0x13, 6);
    expect(numbers(vga, 0, 0, 3)).toEqual([0x11, 0x11, 0]);
  });
});

describe("a mode that puts two dots together", () => {
  it("shows four bits a dot through the palette when the attribute controller does not", () => {
    const vga = vgaIn(MODE_13);
    setAttribute(vga, 0x10, 0x01);
    poke(vga, GRAPHICS + 1, 0xc9);
    expect(numbers(vga, 1, 0, 4)).toEqual([0, 0x0c, 0x09, 0]);
  });

  it("wraps at 64 KiB when the start address is high", () => {
    const vga = vgaIn(MODE_13);
    set(vga, 0x3d4, 0x0c, 0x3f);
    set(vga, 0x3d4, 0x0d, 0xff);
    poke(vga, GRAPHICS + 0xffff, 1);
    poke(vga, GRAPHICS, 2);
    expect(numbers(vga, 6, 0, 4)).toEqual([1, 1, 2, 2]);
  });
});

describe("mode X", () => {
  it("has four dots to an address, one in each plane, and 80 addresses a line", () => {
    const vga = vgaIn(MODE_X);
    const plot = (x: number, y: number, color: number) =>
      pokePlanes(vga, 1 << (x & 3), GRAPHICS + y * 80 + (x >> 2), color);
    plot(0, 0, 1);
    plot(6, 100, 0xaa);
    plot(319, 239, 0x55);
    expect(numbers(vga, 0, 0, 3)).toEqual([1, 1, 0]);
    expect(numbers(vga, 11, 201, 4)).toEqual([0, 0xaa, 0xaa, 0]);
    expect(numbers(vga, 637, 479, 3)).toEqual([0, 0x55, 0x55]);
  });

  it("flips pages by the start address", () => {
    const vga = vgaIn(MODE_X);
    pokePlanes(vga, 0x0f, GRAPHICS + 80 * 240, 0x77);
    set(vga, 0x3d4, 0x0c, (80 * 240) >> 8);
    set(vga, 0x3d4, 0x0d, (80 * 240) & 0xff);
    expect(numbers(vga, 7, 0, 2)).toEqual([0x77, 0]);
  });
});

describe("a planar mode of 16 colours", () => {
  it("has a bit of each dot in each plane, bit 7 leftmost, 80 bytes a line", () => {
    const vga = vgaIn(MODE_12);
    pokePlanes(vga, 0b0001, GRAPHICS + 479 * 80 + 1, 0b1100_0001);
    pokePlanes(vga, 0b0100, GRAPHICS + 479 * 80 + 1, 0b1010_0000);
    // Colours 5, 1, 4 and 0 through the palette.
    expect(numbers(vga, 8, 479, 8)).toEqual([5, 1, 4, 0, 0, 0, 0, 1]);
    pokePlanes(vga, 0b1000, GRAPHICS, 0x80);
    expect(numbers(vga, 0, 0, 2)).toEqual([0x38, 0]);
  });

  it("of 320 by 200 has 40 bytes a line, and every dot four times", () => {
    const vga = vgaIn(MODE_D);
    pokePlanes(vga, 0b1111, GRAPHICS + 10 * 40, 0x40);
    expect([dots(vga, 0, 19, 5), dots(vga, 0, 20, 5), dots(vga, 0, 21, 5), dots(vga, 0, 22, 5)]).toEqual([
      ".....",
      "..##.",
      "..##.",
      ".....",
    ]);
  });

  it("pans by up to seven dots, and the offset makes its lines longer than the screen", () => {
    const vga = vgaIn(MODE_12);
    set(vga, 0x3d4, 0x13, 50);
    pokePlanes(vga, 0b1111, GRAPHICS + 100 + 80, 0x08);
    expect(dots(vga, 632, 1, 8)).toBe("........");
    setAttribute(vga, 0x13, 5);
    expect(dots(vga, 632, 1, 8)).toBe(".......#");
  });

  it("shows only planes that are enabled", () => {
    const vga = vgaIn(MODE_D);
    pokePlanes(vga, 0b1111, GRAPHICS, 0x80);
    setAttribute(vga, 0x12, 0b0101);
    expect(number(picture(vga), 0, 0)).toBe(5);
  });

  it("wraps at the end of its 64 KiB", () => {
    const vga = vgaIn(MODE_12);
    set(vga, 0x3d4, 0x0c, 0xff);
    set(vga, 0x3d4, 0x0d, 0xff);
    pokePlanes(vga, 0b1111, GRAPHICS + 0xffff, 0x01);
    pokePlanes(vga, 0b1111, GRAPHICS, 0x80);
    expect(dots(vga, 6, 0, 4)).toBe(".##.");
  });
});

describe("the modes of older adapters", () => {
  it("mode 4 has two bits a dot; odd lines are 8 KiB behind the even ones", () => {
    const vga = vgaIn(MODE_4);
    poke(vga, CGA, 0b00_01_10_11);
    poke(vga, CGA + 1, 0b11_00_00_01);
    poke(vga, CGA + 0x2000, 0b10_00_00_00);
    poke(vga, CGA + 80, 0b01_00_00_00);
    const line = (y: number) => numbers(vga, 0, y * 2, 16).filter((_, i) => i % 2 === 0);
    expect(line(0)).toEqual([0x00, 0x13, 0x15, 0x17, 0x17, 0x00, 0x00, 0x13]);
    expect([line(1)[0], line(2)[0], line(3)[0]]).toEqual([0x15, 0x13, 0x00]);
  });

  it("mode 6 has one bit a dot, and the same two banks", () => {
    const vga = vgaIn(MODE_6);
    poke(vga, CGA + 1, 0x81);
    poke(vga, CGA + 0x2000 + 99 * 80, 0x40);
    expect([dots(vga, 7, 0, 10), dots(vga, 0, 199 * 2, 3)]).toEqual([".#......#.", ".#."]);
  });

  it("bit 1 of the row scan can be an address bit too: four banks", () => {
    const vga = vgaIn(MODE_6);
    set(vga, 0x3d4, 0x09, 0xc3);
    set(vga, 0x3d4, 0x17, 0xc0);
    poke(vga, CGA + 0x6000, 0x80);
    expect([2, 3, 4].map((y) => dots(vga, 0, y * 2, 1))).toEqual([".", "#", "."]);
  });
});

describe("the address counter", () => {
  it("can stand still for every second or fourth character", () => {
    const vga = vgaIn(MODE_12);
    pokePlanes(vga, 0b1111, GRAPHICS + 1, 0x80);
    const at = (x: number) => dots(vga, x, 0, 1);
    set(vga, 0x3d4, 0x17, 0xeb);
    expect([8, 16, 24, 32].map(at)).toEqual([".", "#", "#", "."]);
    set(vga, 0x3d4, 0x14, 0x20);
    expect([24, 32, 56, 64].map(at)).toEqual([".", "#", "#", "."]);
  });

  it("of a mode with halved line counts has lines of its own: twice as many are shown", () => {
    const vga = vgaIn(MODE_13);
    set(vga, 0x3d4, 0x17, 0xa7);
    expect(size(vga)).toEqual([640, 800]);
  });
});

describe("a split screen", () => {
  it("begins at address 0 in the line after the line compare, whatever the start address", () => {
    const vga = vgaIn(MODE_12);
    pokePlanes(vga, 0b1111, GRAPHICS, 0x80);
    set(vga, 0x3d4, 0x0c, 0x40);
    split(vga, 300);
    expect([0, 300, 301, 302].map((y) => dots(vga, 0, y, 1))).toEqual([".", ".", "#", "."]);
  });

  it("pans below with the part above, unless the panning is for that one only", () => {
    const vga = vgaIn(MODE_12);
    pokePlanes(vga, 0b1111, GRAPHICS, 0x01);
    split(vga, 9);
    set(vga, 0x3d4, 0x0c, 0x40);
    setAttribute(vga, 0x13, 4);
    expect(dots(vga, 0, 10, 8)).toBe("...#....");
    setAttribute(vga, 0x10, 0x21);
    expect(dots(vga, 0, 10, 8)).toBe(".......#");
  });
});

describe("colours", () => {
  it("of six bits become eight, so that full is full", () => {
    const vga = vgaIn(MODE_13);
    out(vga, 0x3c8, 7);
    for (const component of [0x3f, 0x20, 0x01]) out(vga, 0x3c9, component);
    poke(vga, GRAPHICS, 7);
    expect(rgb(picture(vga), 0, 0)).toEqual([0xff, 0x82, 0x04]);
  });

  it("go through the DAC's mask", () => {
    const vga = vgaIn(MODE_13);
    poke(vga, GRAPHICS, 0xff);
    out(vga, 0x3c6, 0x3c);
    expect(number(picture(vga), 0, 0)).toBe(0x3c);
  });

  it("of the palette get their upper two bits, or four, from the color select register", () => {
    const vga = vgaIn(MODE_12);
    pokePlanes(vga, 0b1111, GRAPHICS, 0x80);
    setAttribute(vga, 0x14, 0b1001);
    expect(number(picture(vga), 0, 0)).toBe(0b10_11_1111);
    setAttribute(vga, 0x10, 0x81);
    expect(number(picture(vga), 0, 0)).toBe(0b1001_1111);
  });
});

describe("the screen is black", () => {
  const lit = () => {
    const vga = vgaIn(MODE_13);
    out(vga, 0x3c8, 0);
    for (const component of [1, 2, 3]) out(vga, 0x3c9, component);
    return vga;
  };
  const isBlack = (vga: Vga) => rgb(picture(vga), 10, 10).every((component) => component === 0);

  it.each<[string, (vga: Vga) => void]>([
    ["while the sequencer has it off", (vga) => set(vga, 0x3c4, 1, 0x21)],
    ["while the sequencer is held in reset", (vga) => set(vga, 0x3c4, 0, 0x01)],
    ["without retraces", (vga) => set(vga, 0x3d4, 0x17, 0x23)],
    [
      "while the processor has the palette",
      (vga) => {
        vga.portRead(0x2a);
        out(vga, 0x3c0, 0x00);
      },
    ],
  ])("%s", (_name, darken) => {
    const vga = lit();
    expect(isBlack(vga)).toBe(false);
    darken(vga);
    expect([isBlack(vga), size(vga)]).toEqual([true, [640, 400]]);
  });

  it("from power-on to the first mode", () => {
    const vga = new Vga({ clock: new MachineClock(1_000_000) });
    const { width, height, rgba } = picture(vga);
    expect([width, height, rgba.length]).toEqual([9, 1, 36]);
    expect(rgba.every((byte, i) => byte === (i % 4 === 3 ? 0xff : 0))).toBe(true);
  });
});

it("of any registers there is a picture of at most 1024 by 1024 dots, and looking changes nothing", () => {
  const random = new Random(5);
  for (let round = 0; round < 40; round++) {
    const vga = vgaIn(random.oneIn(2) ? MODE_3 : MODE_13);
    set(vga, 0x3d4, 0x11, 0);
    for (let i = 0; i < 40; i++) {
      set(vga, random.pick([0x3c4, 0x3ce, 0x3d4]), random.below(0x19), random.byte());
      setAttribute(vga, 0x10 + random.below(5), random.byte());
    }
    // Most of them would be dark.
    set(vga, 0x3c4, 0, 3);
    set(vga, 0x3c4, 1, random.byte() & ~0x20);
    const before = JSON.stringify(vga.save());
    const { width, height, rgba } = picture(vga);
    expect(Math.max(width, height)).toBeLessThanOrEqual(1024);
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(1);
    expect(rgba.length).toBe(width * height * 4);
    expect(JSON.stringify(vga.save())).toBe(before);
  }
});
