import { describe, expect, it } from "vitest";
import { screenLines, textScreen } from "../../../src/devices/vga/text-screen.ts";
import { Vga, type VgaState } from "../../../src/devices/vga/vga.ts";
import { vgaCard } from "../../../src/inspect/vga-card.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { deviceContract, HZ } from "../contract.ts";

const TEXT = 0x1_8000;

function build() {
  const clock = new MachineClock(HZ);
  const vga = new Vga({ clock });
  const out = (port: number, value: number) => vga.portWrite(port - 0x3b0, 1, value);
  const inb = (port: number) => vga.portRead(port - 0x3b0);
  const set = (port: number, index: number, value: number) => {
    out(port, index);
    out(port + 1, value);
  };
  const write = (offset: number, value: number) => vga.memory.mmioWrite(offset, 1, value);
  const read = (offset: number) => vga.memory.mmioRead(offset, 1);
  const type = (row: number, text: string, attribute = 7) => {
    [...text].forEach((char, i) => {
      write(TEXT + (row * 80 + i) * 2, char.charCodeAt(0));
      write(TEXT + (row * 80 + i) * 2 + 1, attribute);
    });
  };
  return { clock, vga, out, inb, set, write, read, type };
}

/** In text mode 3, as firmware leaves it. */
function inText() {
  const rig = build();
  rig.vga.programTextMode3();
  return rig;
}

/** In a planar graphics mode: all planes written, nothing chained, the window at a0000. */
function inPlanes() {
  const rig = build();
  rig.set(0x3c4, 2, 0x0f);
  rig.set(0x3c4, 4, 0x06);
  rig.set(0x3ce, 6, 0x05);
  rig.set(0x3ce, 8, 0xff);
  return rig;
}

deviceContract("the VGA's ports", () => {
  const { vga, clock } = build();
  const withoutMemory = ({ memory: _, ...rest }: VgaState) => rest;
  return {
    device: Object.assign(Object.create(vga) as Vga, {
      portRead: (offset: number) => vga.portRead(offset),
      portWrite: (offset: number, width: 1, value: number) => vga.portWrite(offset, width, value),
      reset: () => vga.reset(),
      save: () => withoutMemory(vga.save()) as VgaState,
      restore: (state: VgaState) => vga.restore({ ...state, memory: [] }),
    }),
    clock,
    ports: 0x30,
    log: [],
  };
});

describe("text", () => {
  it("is what lies at b8000, in the characters of code page 437", () => {
    const { vga, type } = inText();
    type(0, "Hello, VGA");
    type(24, "\u00c9\u00cd\u00bb");
    const screen = textScreen(vga);
    const lines = screen === null ? [] : screenLines(screen);
    expect([lines.length, lines[0], lines[24], lines[1]]).toEqual([25, "Hello, VGA", "╔═╗", ""]);
  });

  it("has an attribute beside each character", () => {
    const { vga, type } = inText();
    type(2, "x", 0x9e);
    const screen = textScreen(vga);
    expect([screen?.attributes[160], screen?.blinks]).toEqual([0x9e, true]);
  });

  it("scrolls by the start address, and a line compare splits the screen", () => {
    const { vga, type, set } = inText();
    type(0, "first");
    type(1, "second");
    set(0x3d4, 0x0c, 0);
    set(0x3d4, 0x0d, 80);
    const lines = () => screenLines(textScreen(vga) as NonNullable<ReturnType<typeof textScreen>>);
    expect(lines()[0]).toBe("second");
    // From line 160 on, row 10 of 16 lines each, the display begins again at address 0.
    set(0x3d4, 0x11, 0x0e);
    set(0x3d4, 0x18, 159);
    set(0x3d4, 0x07, 0x0f);
    set(0x3d4, 0x09, 0x0f);
    expect([lines()[0], lines()[10], lines()[11]]).toEqual(["second", "first", "second"]);
  });

  it("has a cursor, unless it is switched off or its lines are the wrong way round", () => {
    const { vga, set } = inText();
    set(0x3d4, 0x0e, (5 * 80 + 7) >> 8);
    set(0x3d4, 0x0f, (5 * 80 + 7) & 0xff);
    expect(textScreen(vga)?.cursor).toEqual({ row: 5, column: 7 });
    set(0x3d4, 0x0a, 0x20);
    expect(textScreen(vga)?.cursor).toBeNull();
    set(0x3d4, 0x0a, 0x0f);
    set(0x3d4, 0x0b, 0x0e);
    expect(textScreen(vga)?.cursor).toBeNull();
  });

  it("of 8 lines a character has 50 rows", () => {
    const { vga, set } = inText();
    set(0x3d4, 0x09, 0x47);
    expect(textScreen(vga)?.rows).toBe(50);
  });

  it("is none in a graphics mode, while the screen is off, and while the palette is the processor's", () => {
    const { vga, set, out, inb } = inText();
    set(0x3c4, 1, 0x20);
    expect(textScreen(vga)).toBeNull();
    set(0x3c4, 1, 0x00);
    expect(textScreen(vga)).not.toBeNull();
    inb(0x3da);
    out(0x3c0, 0x10);
    expect(textScreen(vga)).toBeNull();
    out(0x3c0, 0x0c);
    out(0x3c0, 0x20);
    set(0x3ce, 6, 0x0f);
    expect(textScreen(vga)).toBeNull();
  });

  it("the card says what is shown", () => {
    const { vga } = inText();
    expect(vgaCard(vga, "ports 3b0-3df").registers[0]).toEqual([
      "MODE",
      "text, 80 by 25, characters of 16 lines, cursor at row 0, column 0",
    ]);
  });
});

describe("the window", () => {
  it("lies where the memory map says; outside it nothing answers", () => {
    const { set, write, read } = inPlanes();
    write(0, 0x11);
    expect([read(0), read(TEXT)]).toEqual([0x11, 0xff]);
    set(0x3ce, 6, 0x0d);
    expect([read(0), read(TEXT)]).toEqual([0xff, 0x11]);
    set(0x3ce, 6, 0x01);
    write(0x1_0000, 0x22);
    expect(read(0)).toBe(0x22);
  });

  it("write mode 0 writes the planes of the mask, rotated, combined with the latches", () => {
    const { set, write, read } = inPlanes();
    write(5, 0xf0);
    set(0x3c4, 2, 0x02);
    set(0x3ce, 3, 4);
    write(5, 0x3c);
    const planes = [0, 1, 2, 3].map((plane) => {
      set(0x3ce, 4, plane);
      return read(5);
    });
    expect(planes).toEqual([0xf0, 0xc3, 0xf0, 0xf0]);
    set(0x3ce, 4, 1);
    // XOR with the latch, of bits 7 to 4 only.
    set(0x3ce, 3, 0x18);
    set(0x3ce, 8, 0xf0);
    read(5);
    write(5, 0xff);
    expect(read(5)).toBe(0x33);
  });

  it("set/reset takes the place of the byte in the planes where it is enabled", () => {
    const { set, write, read } = inPlanes();
    set(0x3ce, 0, 0x05);
    set(0x3ce, 1, 0x0c);
    write(9, 0x81);
    const planes = [0, 1, 2, 3].map((plane) => {
      set(0x3ce, 4, plane);
      return read(9);
    });
    expect(planes).toEqual([0x81, 0x81, 0xff, 0x00]);
  });

  it("write mode 1 copies the latches, which a read filled: four planes at once", () => {
    const { set, write, read, vga } = inPlanes();
    vga.memory.words[3] = 0x4433_2211;
    set(0x3ce, 5, 1);
    read(3);
    write(4, 0xee);
    expect(vga.memory.words[4]).toBe(0x4433_2211);
  });

  it("write mode 2 writes a colour, mode 3 the set/reset colour through a mask", () => {
    const { set, write, vga } = inPlanes();
    set(0x3ce, 5, 2);
    write(1, 0x0a);
    expect(vga.memory.words[1] >>> 0).toBe(0xff00_ff00);
    set(0x3ce, 5, 3);
    set(0x3ce, 0, 0x0f);
    vga.memory.latch = 0;
    write(2, 0x0f);
    expect(vga.memory.words[2]).toBe(0x0f0f_0f0f);
  });

  it("read mode 1 tells where a colour is", () => {
    const { set, read, vga } = inPlanes();
    vga.memory.words[7] = 0x0000_f00f;
    set(0x3ce, 5, 8);
    set(0x3ce, 2, 0x01);
    set(0x3ce, 7, 0x0f);
    expect(read(7)).toBe(0x0f);
    set(0x3ce, 7, 0x02);
    expect(read(7)).toBe(0x0f);
    set(0x3ce, 7, 0x00);
    expect(read(7)).toBe(0xff);
  });

  it("chain 4 spreads consecutive bytes over the planes", () => {
    const { set, write, read, vga } = inPlanes();
    set(0x3c4, 4, 0x0e);
    [1, 2, 3, 4].forEach((value, i) => {
      write(8 + i, value);
    });
    expect([vga.memory.words[8], read(10)]).toEqual([0x0403_0201, 3]);
  });
});

describe("ports", () => {
  it("3c0 takes index and data in turn; reading 3da makes the next one an index", () => {
    const { inb, out } = inText();
    inb(0x3da);
    out(0x3c0, 0x33);
    out(0x3c0, 0x07);
    out(0x3c0, 0x31);
    inb(0x3da);
    out(0x3c0, 0x33);
    expect(inb(0x3c1)).toBe(0x07);
    out(0x3c0, 0x05);
    out(0x3c0, 0x33);
    expect(inb(0x3c1)).toBe(0x05);
  });

  it("the CRT controller is at 3d4 in colour and at 3b4 in monochrome", () => {
    const { inb, out, set } = inText();
    set(0x3d4, 0x0e, 0x12);
    expect([inb(0x3d5), inb(0x3b5)]).toEqual([0x12, 0xff]);
    out(0x3c2, 0x66);
    expect([inb(0x3d5), inb(0x3b5)]).toEqual([0xff, 0x12]);
  });

  it("its first eight registers can be protected, but for the top bit of the line compare", () => {
    const { set, vga } = inText();
    set(0x3d4, 0x00, 0x11);
    set(0x3d4, 0x07, 0x00);
    expect([vga.crtc[0], vga.crtc[7]]).toEqual([0x5f, 0x0f]);
    set(0x3d4, 0x11, 0x0e);
    set(0x3d4, 0x00, 0x11);
    expect(vga.crtc[0]).toBe(0x11);
  });

  it("the DAC takes three components of six bits a colour, and goes on to the next", () => {
    const { inb, out } = build();
    out(0x3c8, 0xff);
    for (const value of [1, 2, 0xff, 4, 5, 6]) out(0x3c9, value);
    out(0x3c7, 0xff);
    expect([0, 1, 2, 3, 4, 5].map(() => inb(0x3c9))).toEqual([1, 2, 0x3f, 4, 5, 6]);
  });
});

describe("the beam", () => {
  it("goes over a frame 70 times a second, and is in retrace for two lines of it", () => {
    const { clock, inb } = inText();
    let retraces = 0;
    let inRetrace = 0;
    let before = 0;
    const SAMPLES = 100_000;
    for (let i = 0; i < SAMPLES; i++) {
      clock.advance(clock.now + HZ / SAMPLES);
      const retrace = inb(0x3da) & 8;
      if (retrace !== 0 && before === 0) retraces++;
      if (retrace !== 0) inRetrace++;
      before = retrace;
    }
    expect([retraces, Math.round((inRetrace / SAMPLES) * 449)]).toEqual([70, 2]);
  });

  it("is off the display outside of 640 by 400 dots", () => {
    const { clock, inb } = inText();
    let off = 0;
    for (let i = 0; i < 50_000; i++) {
      clock.advance(clock.now + 199);
      off += inb(0x3da) & 1;
    }
    // 80 of 100 characters, 400 of 449 lines.
    expect(1 - off / 50_000).toBeCloseTo((80 / 100) * (400 / 449), 2);
  });
});

it("display memory is saved and restored", () => {
  const first = inText();
  first.type(3, "kept");
  const second = build();
  second.vga.restore(JSON.parse(JSON.stringify(first.vga.save())));
  const screen = textScreen(second.vga);
  expect(screen === null ? "" : screenLines(screen)[3]).toBe("kept");
});
