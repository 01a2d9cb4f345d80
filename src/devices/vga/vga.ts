/**
 * A VGA with 256 KiB on the ISA bus: its ports, and the beam that software waits for.
 *
 *     3b4 3b5 3ba   CRT controller, input status 1, feature control while the display is monochrome
 *     3c0 to 3cf    attribute controller, sequencer, DAC, graphics controller, miscellaneous output
 *     3d4 3d5 3da   the first three while it is in colour
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "Video subsystem".
 */
import type { Clock, Device, PortDevice, Width } from "../device.ts";
import { Ticks } from "../ticks.ts";
import { loadTextFont, TEXT_MODE_3 } from "./text-mode-3.ts";
import { VgaMemory } from "./vga-memory.ts";
import {
  AR_MODE,
  ATTRIBUTE_REGISTERS,
  CLOCKING_8_DOTS,
  CLOCKING_HALF,
  CR_H_DISPLAY_END,
  CR_H_TOTAL,
  CR_OVERFLOW,
  CR_V_DISPLAY_END,
  CR_V_RETRACE_END,
  CR_V_RETRACE_START,
  CR_V_TOTAL,
  CRTC_REGISTERS,
  GRAPHICS_REGISTERS,
  MISC_CLOCK,
  MISC_COLOR,
  PALETTE_BYTES,
  RETRACE_END_PROTECT,
  SEQUENCER_REGISTERS,
  SR_CLOCKING,
} from "./vga-registers.ts";

/** Dots a second of the two crystals. */
const DOTS_25 = 25_175_000;
const DOTS_28 = 28_322_000;

const STATUS_NOT_DISPLAYING = 1 << 0;
const STATUS_RETRACE = 1 << 3;
/** The palette is the attribute controller's own, not the processor's. */
const PALETTE_SOURCE = 1 << 5;
/** Bits that exist in each register. */
const SEQUENCER_BITS = [0x03, 0x3d, 0x0f, 0x3f, 0x0e];
const GRAPHICS_BITS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff];
const ATTRIBUTE_BITS = [...new Array<number>(16).fill(0x3f), 0xef, 0xff, 0x3f, 0x0f, 0x0f];

export interface VgaState {
  misc: number;
  feature: number;
  sequencerIndex: number;
  graphicsIndex: number;
  crtcIndex: number;
  attributeIndex: number;
  attributeData: boolean;
  sequencer: number[];
  graphics: number[];
  crtc: number[];
  attributes: number[];
  palette: number[];
  pixelMask: number;
  dacIndex: number;
  dacComponent: number;
  dacReading: boolean;
  latch: number;
  /** Display memory, four planes to a word. */
  memory: number[];
}

export class Vga implements Device<VgaState>, PortDevice {
  readonly name = "vga";
  readonly sequencer = new Uint8Array(SEQUENCER_REGISTERS);
  readonly graphics = new Uint8Array(GRAPHICS_REGISTERS);
  readonly crtc = new Uint8Array(CRTC_REGISTERS);
  readonly attributes = new Uint8Array(ATTRIBUTE_REGISTERS);
  /** Red, green, blue of six bits for each of 256 colours. */
  readonly palette = new Uint8Array(PALETTE_BYTES);
  readonly memory = new VgaMemory(this.sequencer, this.graphics);
  /** Counts changes of registers, so that a viewer sees that something changed. */
  generation = 0;
  misc = 0;
  private readonly clock: Clock;
  private readonly dots25: Ticks;
  private readonly dots28: Ticks;
  private feature = 0;
  private sequencerIndex = 0;
  private graphicsIndex = 0;
  private crtcIndex = 0;
  private attributeIndex = 0;
  /** The next write to 3c0 is data. */
  private attributeData = false;
  private pixelMask = 0xff;
  private dacIndex = 0;
  private dacComponent = 0;
  private dacReading = false;

  constructor({ clock }: { readonly clock: Clock }) {
    this.clock = clock;
    this.dots25 = new Ticks(clock.hz, DOTS_25);
    this.dots28 = new Ticks(clock.hz, DOTS_28);
  }

  /** The display shows what the attribute controller's palette says. */
  get paletteOn(): boolean {
    return (this.attributeIndex & PALETTE_SOURCE) !== 0;
  }

  /** Which bits of a colour's number reach the DAC. */
  get dacMask(): number {
    return this.pixelMask;
  }

  /** Ports 3b0 to 3df, by offset from 3b0. */
  portRead(offset: number): number {
    const port = 0x3b0 + offset;
    switch (port) {
      case 0x3c0:
        return this.attributeIndex;
      case 0x3c1:
        return this.attributes[this.attributeIndex & 0x1f] ?? 0;
      case 0x3c2:
        // Input status 0: a colour display is sensed.
        return 0x10;
      case 0x3c4:
        return this.sequencerIndex;
      case 0x3c5:
        return this.sequencer[this.sequencerIndex] ?? 0;
      case 0x3c6:
        return this.pixelMask;
      case 0x3c7:
        return this.dacReading ? 3 : 0;
      case 0x3c8:
        return this.dacIndex;
      case 0x3c9:
        return this.readDac();
      case 0x3ca:
        return this.feature;
      case 0x3cc:
        return this.misc;
      case 0x3ce:
        return this.graphicsIndex;
      case 0x3cf:
        return this.graphics[this.graphicsIndex] ?? 0;
      default:
        return this.isCrtc(port) ? this.readCrtc(port & 15) : 0xff;
    }
  }

  portWrite(offset: number, _width: Width, value: number): void {
    const port = 0x3b0 + offset;
    this.generation++;
    switch (port) {
      case 0x3c0:
        this.writeAttribute(value);
        break;
      case 0x3c2:
        this.misc = value;
        break;
      case 0x3c4:
        this.sequencerIndex = value & 7;
        break;
      case 0x3c5:
        this.sequencer[this.sequencerIndex] = value & (SEQUENCER_BITS[this.sequencerIndex] ?? 0);
        break;
      case 0x3c6:
        this.pixelMask = value;
        break;
      case 0x3c7:
      case 0x3c8:
        this.dacIndex = value;
        this.dacComponent = 0;
        this.dacReading = port === 0x3c7;
        break;
      case 0x3c9:
        this.palette[this.dacIndex * 3 + this.dacComponent] = value & 0x3f;
        this.nextComponent();
        break;
      case 0x3ce:
        this.graphicsIndex = value & 15;
        break;
      case 0x3cf:
        this.graphics[this.graphicsIndex] = value & (GRAPHICS_BITS[this.graphicsIndex] ?? 0);
        break;
      default:
        if (this.isCrtc(port)) this.writeCrtc(port & 15, value);
    }
  }

  /** The CRT controller is at 3d0 to 3df in colour, at 3b0 to 3bf otherwise. */
  private isCrtc(port: number): boolean {
    return (port & 0xff0) === ((this.misc & MISC_COLOR) !== 0 ? 0x3d0 : 0x3b0);
  }

  private readCrtc(low: number): number {
    if (low === 4) return this.crtcIndex;
    if (low === 5) return this.crtc[this.crtcIndex] ?? 0;
    if (low !== 10) return 0xff;
    this.attributeData = false;
    return this.inputStatus1();
  }

  private writeCrtc(low: number, value: number): void {
    if (low === 10) this.feature = value & 3;
    if (low === 4) this.crtcIndex = value & 0x1f;
    if (low !== 5 || this.crtcIndex >= CRTC_REGISTERS) return;
    const { crtc, crtcIndex } = this;
    if ((crtc[CR_V_RETRACE_END] & RETRACE_END_PROTECT) !== 0 && crtcIndex <= CR_OVERFLOW) {
      // Of the protected registers, only the high bit of the line compare can be written.
      if (crtcIndex === CR_OVERFLOW) crtc[CR_OVERFLOW] = (crtc[CR_OVERFLOW] & ~0x10) | (value & 0x10);
      return;
    }
    crtc[crtcIndex] = value;
  }

  /** One port for index and data, in turn; reading input status 1 makes the next one an index. */
  private writeAttribute(value: number): void {
    if (this.attributeData) {
      const index = this.attributeIndex & 0x1f;
      // The palette can be written only while it is the processor's.
      if (index >= AR_MODE || !this.paletteOn) this.attributes[index] = value & (ATTRIBUTE_BITS[index] ?? 0);
    } else this.attributeIndex = value & 0x3f;
    this.attributeData = !this.attributeData;
  }

  private readDac(): number {
    const value = this.palette[this.dacIndex * 3 + this.dacComponent];
    this.nextComponent();
    return value;
  }

  private nextComponent(): void {
    this.dacComponent = (this.dacComponent + 1) % 3;
    if (this.dacComponent === 0) this.dacIndex = (this.dacIndex + 1) & 0xff;
  }

  // --- The beam ----------------------------------------------------------------------------------------------------------

  /** A vertical count of ten bits: eight in a register, two in the overflow register. */
  private vertical(register: number, bit8: number, bit9: number): number {
    const overflow = this.crtc[CR_OVERFLOW];
    return this.crtc[register] | (((overflow >> bit8) & 1) << 8) | (((overflow >> bit9) & 1) << 9);
  }

  /** Lines that are displayed. */
  get displayedLines(): number {
    return this.vertical(CR_V_DISPLAY_END, 1, 6) + 1;
  }

  private inputStatus1(): number {
    const clocking = this.sequencer[SR_CLOCKING];
    const charDots =
      ((clocking & CLOCKING_8_DOTS) !== 0 ? 8 : 9) * ((clocking & CLOCKING_HALF) !== 0 ? 2 : 1);
    const dots = ((this.misc & MISC_CLOCK) === 0 ? this.dots25 : this.dots28).ticksAt(this.clock.now);
    const lineDots = (this.crtc[CR_H_TOTAL] + 5) * charDots;
    const lines = this.vertical(CR_V_TOTAL, 0, 5) + 2;
    const line = Math.floor(dots / lineDots) % lines;
    const column = Math.floor((dots % lineDots) / charDots);
    const displaying = line < this.displayedLines && column <= this.crtc[CR_H_DISPLAY_END];
    const start = this.vertical(CR_V_RETRACE_START, 2, 7);
    const lasts = (this.crtc[CR_V_RETRACE_END] - start) & 15;
    const retrace = line >= start && line < start + lasts;
    return (displaying ? 0 : STATUS_NOT_DISPLAYING) | (retrace ? STATUS_RETRACE : 0);
  }

  // --- State ---------------------------------------------------------------------------------------------------------------

  /** What the video BIOS leaves: 80 columns and 25 rows of text in colour, and a font. */
  programTextMode3(): void {
    this.misc = TEXT_MODE_3.misc;
    this.sequencer.set(TEXT_MODE_3.sequencer);
    this.graphics.set(TEXT_MODE_3.graphics);
    this.crtc.set(TEXT_MODE_3.crtc);
    this.attributes.set(TEXT_MODE_3.attributes);
    this.palette.set(TEXT_MODE_3.palette);
    this.attributeIndex = PALETTE_SOURCE;
    // Blanks, light grey on black.
    for (let at = 0; at < 0x4000; at += 2) this.memory.words[at] = 0x0720;
    loadTextFont(this.memory);
    this.generation++;
  }

  reset(): void {
    this.restore({
      misc: 0,
      feature: 0,
      sequencerIndex: 0,
      graphicsIndex: 0,
      crtcIndex: 0,
      attributeIndex: 0,
      attributeData: false,
      sequencer: new Array<number>(SEQUENCER_REGISTERS).fill(0),
      graphics: new Array<number>(GRAPHICS_REGISTERS).fill(0),
      crtc: new Array<number>(CRTC_REGISTERS).fill(0),
      attributes: new Array<number>(ATTRIBUTE_REGISTERS).fill(0),
      palette: new Array<number>(PALETTE_BYTES).fill(0),
      pixelMask: 0xff,
      dacIndex: 0,
      dacComponent: 0,
      dacReading: false,
      latch: 0,
      memory: [],
    });
  }

  save(): VgaState {
    return {
      misc: this.misc,
      feature: this.feature,
      sequencerIndex: this.sequencerIndex,
      graphicsIndex: this.graphicsIndex,
      crtcIndex: this.crtcIndex,
      attributeIndex: this.attributeIndex,
      attributeData: this.attributeData,
      sequencer: Array.from(this.sequencer),
      graphics: Array.from(this.graphics),
      crtc: Array.from(this.crtc),
      attributes: Array.from(this.attributes),
      palette: Array.from(this.palette),
      pixelMask: this.pixelMask,
      dacIndex: this.dacIndex,
      dacComponent: this.dacComponent,
      dacReading: this.dacReading,
      latch: this.memory.latch,
      memory: withoutTrailingZeros(this.memory.words),
    };
  }

  restore(state: VgaState): void {
    this.misc = state.misc;
    this.feature = state.feature;
    this.sequencerIndex = state.sequencerIndex;
    this.graphicsIndex = state.graphicsIndex;
    this.crtcIndex = state.crtcIndex;
    this.attributeIndex = state.attributeIndex;
    this.attributeData = state.attributeData;
    this.sequencer.set(state.sequencer);
    this.graphics.set(state.graphics);
    this.crtc.set(state.crtc);
    this.attributes.set(state.attributes);
    this.palette.set(state.palette);
    this.pixelMask = state.pixelMask;
    this.dacIndex = state.dacIndex;
    this.dacComponent = state.dacComponent;
    this.dacReading = state.dacReading;
    this.memory.latch = state.latch;
    this.memory.words.fill(0);
    this.memory.words.set(state.memory);
    this.generation++;
    this.memory.generation++;
  }

  probe(offset: number): string {
    if (!(offset >= 0 && offset < 0x30)) return "?";
    return NAMES.get(offset) ?? `PORT_3${(0xb0 + offset).toString(16).toUpperCase()}`;
  }
}

function withoutTrailingZeros(words: Int32Array): number[] {
  let end = words.length;
  while (end > 0 && words[end - 1] === 0) end--;
  return Array.from(words.subarray(0, end));
}

const NAMES = new Map<number, string>([
  [0x04, "CRX"],
  [0x05, "CR"],
  [0x0a, "STATUS1"],
  [0x10, "ARX"],
  [0x11, "AR"],
  [0x12, "MISC_STATUS0"],
  [0x14, "SRX"],
  [0x15, "SR"],
  [0x16, "DACMASK"],
  [0x17, "DACRX"],
  [0x18, "DACWX"],
  [0x19, "DACDATA"],
  [0x1a, "FEATURE"],
  [0x1c, "MISC"],
  [0x1e, "GRX"],
  [0x1f, "GR"],
  [0x24, "CRX"],
  [0x25, "CR"],
  [0x2a, "STATUS1"],
]);
