/**
 * DMA as on a PC/AT: two 8237A, the first one's HOLD wired to channel 0 of the second, and the page registers beside them.
 *
 *     0 to 3   bytes, 64 KiB inside a page of 64 KiB       page registers 87 83 81 82
 *     4        the cascade
 *     5 to 7   words, 128 KiB inside a page of 128 KiB     page registers 8b 89 8a
 *
 * Datasheet: Intel 8237A, "Cascade mode"; Intel 82371SB (PIIX3), "DMA registers"; IBM PC/AT Technical Reference, "DMA page
 * registers".
 */
import { assert } from "../common/assert.ts";
import type { Device, DmaMemory, GuestErrorSink, PortDevice, Width } from "./device.ts";
import { DMA_PORTS, Dma8237, type Dma8237State, type DmaChannel } from "./dma8237.ts";

/** The channel that the first chip hangs on: channel 0 of the second. */
const CASCADE = 4;
/** Ports 81 to 8f. */
export const PAGE_PORTS = 15;
const FIRST_PAGE_PORT = 0x81;
/** The ports of the page registers, by channel; that of channel 4 serves the refresh. The others are free to be used. */
export const PAGE_PORT_OF = [0x87, 0x83, 0x81, 0x82, 0x8f, 0x8b, 0x89, 0x8a] as const;
const PAGE_BYTES = 0x1_0000;
/** Twice as much, so that the lowest bit of the page is not used. */
const WORD_PAGE_BITS = 0xfe;

const MODE = 0xb;
const MASK_SINGLE = 0xa;
const MODE_CASCADE = 0xc0;

export interface DmaPairState {
  primary: Dma8237State;
  secondary: Dma8237State;
  pages: number[];
}

export interface DmaPairWires {
  readonly memory: DmaMemory;
  readonly guestError: GuestErrorSink;
}

export class DmaPair implements Device<DmaPairState> {
  readonly name = "dma";
  /** Ports 00 to 0f. */
  readonly primary: Dma8237;
  /** Ports c0 to df: a register for every two. */
  readonly secondaryPorts: PortDevice;
  /** Ports 81 to 8f. */
  readonly pagePorts: PortDevice;
  readonly secondary: Dma8237;
  private readonly pages = new Uint8Array(PAGE_PORTS);

  constructor({ memory, guestError }: DmaPairWires) {
    this.secondary = new Dma8237("dma2", {
      memory,
      guestError,
      unit: 2,
      page: (channel) => (this.page(channel + CASCADE) & WORD_PAGE_BITS) * PAGE_BYTES,
      hasBus: () => true,
    });
    this.primary = new Dma8237("dma1", {
      memory,
      guestError,
      unit: 1,
      page: (channel) => this.page(channel) * PAGE_BYTES,
      hasBus: () => this.secondary.cascades(0),
    });
    this.secondaryPorts = {
      name: this.secondary.name,
      portRead: (offset, width) => this.secondary.portRead(offset >> 1, width),
      portWrite: (offset, width, value) => this.writeSecondary(offset >> 1, width, value),
    };
    this.pagePorts = {
      name: "dma-page",
      portRead: (offset) => this.pages[offset],
      portWrite: (offset, _width, value) => {
        this.pages[offset] = value;
      },
    };
  }

  /** The wires of channel 0 to 3 or 5 to 7 for a device. */
  channel(number: number): DmaChannel {
    assert(number >= 0 && number < 8 && number !== CASCADE, `there is no DMA channel ${number} for a device`);
    const chip = number < CASCADE ? this.primary : this.secondary;
    return {
      toMemory: (bytes) => chip.move(number % CASCADE, bytes, true),
      fromMemory: (into) => chip.move(number % CASCADE, into, false),
    };
  }

  /** Does what a BIOS does: opens the cascade, without which channels 0 to 3 are silent. */
  openCascade(): void {
    this.secondary.portWrite(MODE, 1, MODE_CASCADE);
    this.writeSecondary(MASK_SINGLE, 1, 0);
  }

  /** The page register of a channel: address bits 23 to 16. */
  page(channel: number): number {
    return this.pages[PAGE_PORT_OF[channel] - FIRST_PAGE_PORT];
  }

  /** It may open the cascade for the first chip. */
  private writeSecondary(offset: number, width: Width, value: number): void {
    this.secondary.portWrite(offset, width, value);
    this.primary.serveRequests();
  }

  reset(): void {
    this.primary.reset();
    this.secondary.reset();
    this.pages.fill(0);
  }

  save(): DmaPairState {
    return {
      primary: this.primary.save(),
      secondary: this.secondary.save(),
      pages: Array.from(this.pages),
    };
  }

  restore(state: DmaPairState): void {
    this.primary.restore(state.primary);
    this.secondary.restore(state.secondary);
    this.pages.set(state.pages);
  }

  /** 0 to 15 are the first chip, 16 to 31 the second, 32 to 46 the page registers. */
  probe(offset: number): string {
    if (offset < DMA_PORTS) return this.primary.probe(offset);
    if (offset < 2 * DMA_PORTS) return this.secondary.probe(offset - DMA_PORTS);
    const port = offset - 2 * DMA_PORTS + FIRST_PAGE_PORT;
    if (port >= FIRST_PAGE_PORT + PAGE_PORTS) return "?";
    const channel = (PAGE_PORT_OF as readonly number[]).indexOf(port);
    return channel < 0 ? "PAGE_FREE" : `PAGE_${channel}`;
  }
}
