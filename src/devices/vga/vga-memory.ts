/**
 * Display memory: four planes of 64 KiB behind one window, and the logic between the processor and the planes.
 *
 * A word of 32 bits is the same byte of all four planes: plane 0 lowest.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "Graphics controller registers", "Sequencer registers".
 */
import type { MmioDevice, Width } from "../device.ts";
import {
  GR_BIT_MASK,
  GR_COLOR_CARE,
  GR_COLOR_COMPARE,
  GR_ENABLE_SET_RESET,
  GR_MISC,
  GR_MODE,
  GR_READ_PLANE,
  GR_ROTATE,
  GR_SET_RESET,
  MEMORY_CHAIN_4,
  MEMORY_SEQUENTIAL,
  MODE_ODD_EVEN,
  MODE_READ_COMPARE,
  SR_MEMORY_MODE,
  SR_PLANE_MASK,
} from "./vga-registers.ts";

export const PLANE_BYTES = 0x1_0000;
/** First and number of the bytes of the window at a0000 that answer, by the memory map in GR06. */
const WINDOWS = [
  [0, 0x2_0000],
  [0, 0x1_0000],
  [0x1_0000, 0x8000],
  [0x1_8000, 0x8000],
] as const;

/** Bytes of ones for each plane whose bit is set. */
const PLANES = Int32Array.from({ length: 16 }, (_, bits) =>
  [0, 1, 2, 3].reduce((word, plane) => word | ((((bits >> plane) & 1) * 0xff) << (plane * 8)), 0),
);

const inAllPlanes = (byte: number): number => Math.imul(byte, 0x0101_0101);

/** Bytes a0000 to bffff. */
export class VgaMemory implements MmioDevice {
  readonly name = "vga";
  readonly words = new Int32Array(PLANE_BYTES);
  readonly bytes = new Uint8Array(this.words.buffer);
  /** Counts stores, so that a viewer sees that something changed. */
  generation = 0;
  latch = 0;
  private readonly sequencer: Uint8Array;
  private readonly graphics: Uint8Array;

  constructor(sequencer: Uint8Array, graphics: Uint8Array) {
    this.sequencer = sequencer;
    this.graphics = graphics;
  }

  /** A byte of one plane. */
  plane(number: number, offset: number): number {
    return this.bytes[(offset & (PLANE_BYTES - 1)) * 4 + number];
  }

  mmioRead(offset: number, _width: Width): number {
    const [first, count] = WINDOWS[(this.graphics[GR_MISC] >> 2) & 3];
    const address = offset - first;
    if (address < 0 || address >= count) return 0xff;
    const mode = this.sequencer[SR_MEMORY_MODE];
    const { graphics } = this;
    if ((mode & MEMORY_CHAIN_4) !== 0) {
      this.latch = this.words[address & 0xfffc];
      return (this.latch >>> ((address & 3) * 8)) & 0xff;
    }
    const oddEven = (graphics[GR_MODE] & MODE_ODD_EVEN) !== 0;
    this.latch = this.words[(oddEven ? address & ~1 : address) & 0xffff];
    if ((graphics[GR_MODE] & MODE_READ_COMPARE) !== 0) return this.compare();
    const plane = oddEven ? (graphics[GR_READ_PLANE] & 2) | (address & 1) : graphics[GR_READ_PLANE] & 3;
    return (this.latch >>> (plane * 8)) & 0xff;
  }

  /** Read mode 1: a bit is 1 where all planes that are cared for have the colour that is looked for. */
  private compare(): number {
    const { graphics } = this;
    const care = PLANES[graphics[GR_COLOR_CARE] & 15];
    const wrong = (this.latch ^ PLANES[graphics[GR_COLOR_COMPARE] & 15]) & care;
    return ~(wrong | (wrong >>> 8) | (wrong >>> 16) | (wrong >>> 24)) & 0xff;
  }

  mmioWrite(offset: number, _width: Width, value: number): void {
    const { sequencer, graphics } = this;
    const [first, count] = WINDOWS[(graphics[GR_MISC] >> 2) & 3];
    const address = offset - first;
    if (address < 0 || address >= count) return;
    this.generation++;
    const mode = sequencer[SR_MEMORY_MODE];
    let planes = sequencer[SR_PLANE_MASK] & 15;
    let at = address & 0xffff;
    if ((mode & MEMORY_CHAIN_4) !== 0) {
      planes &= 1 << (address & 3);
      at &= 0xfffc;
    } else if ((mode & MEMORY_SEQUENTIAL) === 0) {
      planes &= (address & 1) === 0 ? 0b0101 : 0b1010;
      at &= 0xfffe;
    }
    const mask = PLANES[planes];
    this.words[at] = (this.words[at] & ~mask) | (this.combine(value) & mask);
  }

  /** What a byte from the processor becomes in all four planes, by write mode. */
  private combine(value: number): number {
    const { graphics, latch } = this;
    const bitMask = inAllPlanes(graphics[GR_BIT_MASK]);
    const rotated = this.rotate(value);
    switch (graphics[GR_MODE] & 3) {
      case 0: {
        const set = PLANES[graphics[GR_ENABLE_SET_RESET] & 15];
        const word = (inAllPlanes(rotated) & ~set) | (PLANES[graphics[GR_SET_RESET] & 15] & set);
        return (this.logic(word) & bitMask) | (latch & ~bitMask);
      }
      case 1:
        return latch;
      case 2:
        return (this.logic(PLANES[value & 15]) & bitMask) | (latch & ~bitMask);
      default: {
        const narrow = bitMask & inAllPlanes(rotated);
        return (this.logic(PLANES[graphics[GR_SET_RESET] & 15]) & narrow) | (latch & ~narrow);
      }
    }
  }

  private rotate(value: number): number {
    const count = this.graphics[GR_ROTATE] & 7;
    return ((value >>> count) | (value << (8 - count))) & 0xff;
  }

  private logic(word: number): number {
    switch ((this.graphics[GR_ROTATE] >> 3) & 3) {
      case 0:
        return word;
      case 1:
        return word & this.latch;
      case 2:
        return word | this.latch;
      default:
        return word ^ this.latch;
    }
  }
}
