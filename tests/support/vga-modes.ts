/**
 * The video modes as register tables, and how software programs them: through the ports, in the order that the
 * protection of the CRT controller and the flip-flop of the attribute controller ask for.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "VGA register values for BIOS modes".
 */
import type { Vga } from "../../src/devices/vga/vga.ts";

export interface VgaMode {
  readonly misc: number;
  readonly sequencer: readonly number[];
  readonly crtc: readonly number[];
  readonly graphics: readonly number[];
  readonly attributes: readonly number[];
}

const hex = (text: string): number[] => text.split(" ").map((byte) => Number.parseInt(byte, 16));

const COLORS_64 = "00 01 02 03 04 05 14 07 38 39 3a 3b 3c 3d 3e 3f";
const COLORS_16 = "00 01 02 03 04 05 06 07 10 11 12 13 14 15 16 17";
const COLORS_256 = "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f";

/** 80 by 25 characters of 9 by 16 dots. */
export const MODE_3: VgaMode = {
  misc: 0x67,
  sequencer: hex("03 00 03 00 02"),
  crtc: hex("5f 4f 50 82 55 81 bf 1f 00 4f 0d 0e 00 00 00 00 9c 8e 8f 28 1f 96 b9 a3 ff"),
  graphics: hex("00 00 00 00 00 10 0e 0f ff"),
  attributes: hex(`${COLORS_64} 0c 00 0f 08 00`),
};
/** 40 by 25 characters. */
export const MODE_1: VgaMode = {
  ...MODE_3,
  sequencer: hex("03 08 03 00 02"),
  crtc: hex("2d 27 28 90 2b a0 bf 1f 00 4f 0d 0e 00 00 00 00 9c 8e 8f 14 1f 96 b9 a3 ff"),
};
/** 320 by 200 in 4 colours. */
export const MODE_4: VgaMode = {
  misc: 0x63,
  sequencer: hex("03 09 03 00 02"),
  crtc: hex("2d 27 28 90 2b 80 bf 1f 00 c1 00 00 00 00 00 00 9c 8e 8f 14 00 96 b9 a2 ff"),
  graphics: hex("00 00 00 00 00 30 0f 00 ff"),
  attributes: hex("00 13 15 17 02 04 06 07 10 11 12 13 14 15 16 17 01 00 03 00 00"),
};
/** 640 by 200 in 2 colours. */
export const MODE_6: VgaMode = {
  misc: 0x63,
  sequencer: hex("03 01 01 00 06"),
  crtc: hex("5f 4f 50 82 54 80 bf 1f 00 c1 00 00 00 00 00 00 9c 8e 8f 28 00 96 b9 c2 ff"),
  graphics: hex("00 00 00 00 00 00 0d 00 ff"),
  attributes: hex("00 17 17 17 17 17 17 17 17 17 17 17 17 17 17 17 01 00 01 00 00"),
};
/** 320 by 200 in 16 colours. */
export const MODE_D: VgaMode = {
  misc: 0x63,
  sequencer: hex("03 09 0f 00 06"),
  crtc: hex("2d 27 28 90 2b 80 bf 1f 00 c0 00 00 00 00 00 00 9c 8e 8f 14 00 96 b9 e3 ff"),
  graphics: hex("00 00 00 00 00 00 05 0f ff"),
  attributes: hex(`${COLORS_16} 01 00 0f 00 00`),
};
/** 640 by 200 in 16 colours. */
export const MODE_E: VgaMode = {
  ...MODE_D,
  sequencer: hex("03 01 0f 00 06"),
  crtc: hex("5f 4f 50 82 54 80 bf 1f 00 c0 00 00 00 00 00 00 9c 8e 8f 28 00 96 b9 e3 ff"),
};
/** 640 by 350 in 16 colours. */
export const MODE_10: VgaMode = {
  ...MODE_E,
  misc: 0xa3,
  crtc: hex("5f 4f 50 82 54 80 bf 1f 00 40 00 00 00 00 00 00 83 85 5d 28 0f 63 ba e3 ff"),
  attributes: hex(`${COLORS_64} 01 00 0f 00 00`),
};
/** 640 by 480 in 16 colours. */
export const MODE_12: VgaMode = {
  ...MODE_10,
  misc: 0xe3,
  crtc: hex("5f 4f 50 82 54 80 0b 3e 00 40 00 00 00 00 00 00 ea 8c df 28 00 e7 04 e3 ff"),
};
/** 320 by 200 in 256 colours, a byte for each dot in a row. */
export const MODE_13: VgaMode = {
  misc: 0x63,
  sequencer: hex("03 01 0f 00 0e"),
  crtc: hex("5f 4f 50 82 54 80 bf 1f 00 41 00 00 00 00 00 00 9c 8e 8f 28 40 96 b9 a3 ff"),
  graphics: hex("00 00 00 00 00 40 05 0f ff"),
  attributes: hex(`${COLORS_256} 41 00 0f 00 00`),
};
/** 320 by 240 in 256 colours, four dots to an address: "mode X". */
export const MODE_X: VgaMode = {
  ...MODE_13,
  misc: 0xe3,
  sequencer: hex("03 01 0f 00 06"),
  crtc: hex("5f 4f 50 82 54 80 0d 3e 00 41 00 00 00 00 00 00 ea ac df 28 00 e7 06 e3 ff"),
};

export const out = (vga: Vga, port: number, value: number): void => vga.portWrite(port - 0x3b0, 1, value);

/** A register behind an index port. */
export function set(vga: Vga, port: number, index: number, value: number): void {
  out(vga, port, index);
  out(vga, port + 1, value);
}

/** A register of the attribute controller above the palette, without darkening the screen. */
export function setAttribute(vga: Vga, index: number, value: number): void {
  vga.portRead(0x3da - 0x3b0);
  out(vga, 0x3c0, index | 0x20);
  out(vga, 0x3c0, value);
}

export function setMode(vga: Vga, mode: VgaMode): void {
  out(vga, 0x3c2, mode.misc);
  for (const [index, value] of mode.sequencer.entries()) set(vga, 0x3c4, index, value);
  set(vga, 0x3d4, 0x11, mode.crtc[0x11] & 0x7f);
  for (const [index, value] of mode.crtc.entries()) set(vga, 0x3d4, index, value);
  for (const [index, value] of mode.graphics.entries()) set(vga, 0x3ce, index, value);
  vga.portRead(0x3da - 0x3b0);
  for (const [index, value] of mode.attributes.entries()) {
    out(vga, 0x3c0, index);
    out(vga, 0x3c0, value);
  }
  out(vga, 0x3c0, 0x20);
}
