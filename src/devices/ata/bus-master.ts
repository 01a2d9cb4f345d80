/**
 * The bus master of one IDE channel: moves a drive's data between the cable and guest memory, along a table of regions.
 *
 *     0  BMIC   3 RWCON: to memory    0 SSBM: start
 *     2  BMIS   6, 5 drive can DMA    2 interrupt    1 error    0 active
 *     4  BMIDTP address of the table, of 4 bytes
 *
 *     Physical region descriptor: address (bit 0 is 0), then byte count (bit 0 is 0; 0 means 64 KiB) and EOT in bit 31
 *
 * Interrupt without active is a transfer as planned; interrupt with active, one shorter than the table; neither, one longer
 * than the table: the drive waits for ever, and software resets it.
 *
 * Datasheet: Intel 82371SB (PIIX3), 2.6 "Bus master IDE registers", 3.5.3; SFF-8038i "Bus Master Programming Interface".
 */
import type { Device, DmaMemory, GuestErrorSink, PortDevice, Width } from "../device.ts";
import type { TransferBuffer } from "./transfer-buffer.ts";

export const BMIC = 0;
export const BMIS = 2;
export const BMIDTP = 4;
export const BUS_MASTER_PORTS = 8;

export const BMIC_START = 0x01;
export const BMIC_TO_MEMORY = 0x08;
export const BMIS_ACTIVE = 0x01;
export const BMIS_ERROR = 0x02;
export const BMIS_INTERRUPT = 0x04;
const BMIS_DRIVES = 0x60;

const PRD_BYTES = 8;
const EOT = 0x80;
const REGION = 0x1_0000;
const ADDRESS_END = 0x1_0000_0000;

export interface BusMasterState {
  BMIC: number;
  BMIS: number;
  BMIDTP: number;
  /** The descriptor that comes next. */
  nextPrd: number;
  /** What is left of the region in use. */
  address: number;
  count: number;
  lastRegion: boolean;
}

export interface BusMasterWires {
  readonly memory: DmaMemory;
  /** The PCI command register lets the function read and write memory. */
  readonly isMaster: () => boolean;
  /** The transfer may begin, or go on. */
  readonly started: () => void;
  readonly guestError: GuestErrorSink;
}

const powerOn = (): BusMasterState => ({
  BMIC: 0,
  BMIS: 0,
  BMIDTP: 0,
  nextPrd: 0,
  address: 0,
  count: 0,
  lastRegion: false,
});

export class BusMaster implements PortDevice, Device<BusMasterState> {
  readonly name: string;
  readonly maxWidth = 4;
  private readonly wires: BusMasterWires;
  private readonly prd = new Uint8Array(PRD_BYTES);
  private state = powerOn();

  constructor(name: string, wires: BusMasterWires) {
    this.name = name;
    this.wires = wires;
  }

  portRead(offset: number, width: Width): number {
    let value = 0;
    for (let i = 0; i < width; i++) value += this.byte(offset + i) * 2 ** (i * 8);
    return value;
  }

  portWrite(offset: number, width: Width, value: number): void {
    for (let i = 0; i < width; i++) this.setByte(offset + i, (value >>> (i * 8)) & 0xff);
  }

  private byte(offset: number): number {
    const { state } = this;
    if (offset === BMIC) return state.BMIC;
    if (offset === BMIS) return state.BMIS;
    if (offset < BMIDTP || offset >= BUS_MASTER_PORTS) return 0;
    return (state.BMIDTP >>> ((offset - BMIDTP) * 8)) & 0xff;
  }

  private setByte(offset: number, byte: number): void {
    const { state } = this;
    if (offset === BMIC) {
      this.command(byte);
    } else if (offset === BMIS) {
      const cleared = byte & (BMIS_ERROR | BMIS_INTERRUPT);
      state.BMIS = (state.BMIS & ~BMIS_DRIVES & ~cleared) | (byte & BMIS_DRIVES);
    } else if (offset >= BMIDTP && offset < BUS_MASTER_PORTS) {
      const shift = (offset - BMIDTP) * 8;
      state.BMIDTP = (((state.BMIDTP & ~(0xff << shift)) | (byte << shift)) & ~3) >>> 0;
    }
  }

  /** Starting reads the table from its beginning; stopping forgets how far it came. */
  private command(byte: number): void {
    const { state } = this;
    const wasStarted = (state.BMIC & BMIC_START) !== 0;
    state.BMIC = byte & (BMIC_START | BMIC_TO_MEMORY);
    const isStarted = (byte & BMIC_START) !== 0;
    if (isStarted === wasStarted) return;
    state.nextPrd = state.BMIDTP;
    state.address = 0;
    state.count = 0;
    state.lastRegion = false;
    if (isStarted) {
      state.BMIS |= BMIS_ACTIVE;
      this.wires.started();
    } else {
      state.BMIS &= ~BMIS_ACTIVE;
    }
  }

  /** The drive's INTRQ rises. */
  interrupt(): void {
    this.state.BMIS |= BMIS_INTERRUPT;
  }

  /** Moves what the buffer holds, for a drive that asserts DMARQ. False while some is left: not started, or no table. */
  move(buffer: TransferBuffer): boolean {
    const { state, wires } = this;
    if ((state.BMIS & BMIS_ACTIVE) === 0 || !wires.isMaster()) return false;
    if (((state.BMIC & BMIC_TO_MEMORY) !== 0) !== buffer.toHost) {
      wires.guestError(this.name, "BMIC", "the drive moves data in the other direction");
      return false;
    }
    while (!buffer.isAllMoved) {
      if (state.count === 0 && !this.nextRegion()) return false;
      const length = Math.min(state.count, buffer.used - buffer.position, ADDRESS_END - state.address);
      const bytes = buffer.bytes.subarray(buffer.position, buffer.position + length);
      if (buffer.toHost) wires.memory.write(state.address, bytes);
      else wires.memory.read(state.address, bytes);
      buffer.position += length;
      state.address = (state.address + length) % ADDRESS_END;
      state.count -= length;
    }
    // The end of the table and of the data is one.
    if (state.count === 0 && state.lastRegion) state.BMIS &= ~BMIS_ACTIVE;
    return true;
  }

  /** Fetches a descriptor; false at the end of the table. */
  private nextRegion(): boolean {
    const { state, wires, prd } = this;
    if (state.lastRegion) {
      state.BMIS &= ~BMIS_ACTIVE;
      return false;
    }
    wires.memory.read(state.nextPrd, prd);
    state.nextPrd = (state.nextPrd + PRD_BYTES) % ADDRESS_END;
    state.address = ((prd[0] & ~1) | (prd[1] << 8) | (prd[2] << 16) | (prd[3] << 24)) >>> 0;
    state.count = (prd[4] & ~1) | (prd[5] << 8) || REGION;
    state.lastRegion = (prd[7] & EOT) !== 0;
    if ((state.address % REGION) + state.count > REGION)
      wires.guestError(this.name, "BMIDTP", "a region crosses a boundary of 64 KiB");
    return true;
  }

  reset(): void {
    this.state = powerOn();
  }

  save(): BusMasterState {
    return { ...this.state };
  }

  restore(state: BusMasterState): void {
    this.state = { ...state };
  }

  probe(offset: number): string {
    return ["BMIC", "RESERVED", "BMIS", "RESERVED", "BMIDTP", "BMIDTP", "BMIDTP", "BMIDTP"][offset] ?? "?";
  }
}
