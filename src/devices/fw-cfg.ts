/**
 * The firmware configuration device of QEMU's boards: items that a number selects and bytes that are read one after the
 * other, among them a directory of named files. Firmware made for those boards asks here what its board is like.
 *
 *     0510   selector, 16 bits      0511   data, 8 bits      0514   DMA address, 64 bits, big-endian
 *
 * QEMU: docs/specs/fw_cfg.rst.
 */
import type { Device, DmaMemory, GuestErrorSink, PortDevice, Width } from "./device.ts";

export const FW_CFG_SIGNATURE = 0x00;
export const FW_CFG_ID = 0x01;
export const FW_CFG_RAM_SIZE = 0x03;
export const FW_CFG_CPUS = 0x05;
export const FW_CFG_KERNEL_ADDRESS = 0x07;
export const FW_CFG_KERNEL_SIZE = 0x08;
export const FW_CFG_INITRD_ADDRESS = 0x0a;
export const FW_CFG_INITRD_SIZE = 0x0b;
export const FW_CFG_MAX_CPUS = 0x0f;
export const FW_CFG_KERNEL_DATA = 0x11;
export const FW_CFG_INITRD_DATA = 0x12;
export const FW_CFG_COMMAND_LINE_ADDRESS = 0x13;
export const FW_CFG_COMMAND_LINE_SIZE = 0x14;
export const FW_CFG_COMMAND_LINE_DATA = 0x15;
export const FW_CFG_SETUP_ADDRESS = 0x16;
export const FW_CFG_SETUP_SIZE = 0x17;
export const FW_CFG_SETUP_DATA = 0x18;
export const FW_CFG_DIRECTORY = 0x19;
/** Of x86 boards: the timer interrupts at pin 2 of the I/O APIC. */
export const FW_CFG_IRQ0_OVERRIDE = 0x8002;
const FIRST_FILE = 0x20;
/** Selector bits: write instead of read, which nothing here allows, and an architecture's own items. */
const SELECTOR_WRITE = 0x4000;

const ID_TRADITIONAL = 1 << 0;
const ID_DMA = 1 << 1;
/** What the DMA address reads as: "QEMU CFG". */
const DMA_SIGNATURE = [0x51, 0x45, 0x4d, 0x55, 0x20, 0x43, 0x46, 0x47];
const DMA_ERROR = 1 << 0;
const DMA_READ = 1 << 1;
const DMA_SKIP = 1 << 2;
const DMA_SELECT = 1 << 3;
const DMA_WRITE = 1 << 4;
const CONTROL_BYTES = 16;
const CHUNK = 4096;
const ENTRY_BYTES = 64;
const NAME_BYTES = 56;

export interface FwCfgState {
  selector: number;
  offset: number;
  /** Upper half of the DMA address. */
  high: number;
}

export interface FwCfgWires {
  readonly memory: DmaMemory;
  readonly guestError: GuestErrorSink;
}

export interface FwCfgFile {
  readonly name: string;
  readonly key: number;
  readonly bytes: number;
}

export interface FwCfgView {
  readonly selector: number;
  readonly offset: number;
  /** Of the item that is selected. */
  readonly bytes: number;
  readonly files: readonly FwCfgFile[];
  readonly items: number;
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export class FwCfg implements Device<FwCfgState> {
  readonly name = "fw-cfg";
  /** Ports 0510 and 0511. */
  readonly ports: PortDevice;
  /** Ports 0514 to 051b. */
  readonly dmaPorts: PortDevice;
  private readonly items = new Map<number, Uint8Array>();
  private readonly files: FwCfgFile[] = [];
  private readonly memory: DmaMemory;
  private readonly guestError: GuestErrorSink;
  private selector = 0;
  private offset = 0;
  private high = 0;
  private readonly control = new Uint8Array(CONTROL_BYTES);
  private readonly chunk = new Uint8Array(CHUNK);

  constructor({ memory, guestError }: FwCfgWires) {
    this.memory = memory;
    this.guestError = guestError;
    this.add(FW_CFG_SIGNATURE, ascii("QEMU"));
    this.add(FW_CFG_ID, Uint8Array.of(ID_TRADITIONAL | ID_DMA, 0, 0, 0));
    this.ports = {
      name: this.name,
      maxWidth: 2,
      portRead: (offset, width) => this.read(offset, width),
      portWrite: (offset, width, value) => {
        if (offset === 0 && width === 2) this.select(value);
        else this.guestError(this.name, this.probe(offset), `a ${width}-byte write means nothing here`);
      },
    };
    this.dmaPorts = {
      name: this.name,
      maxWidth: 4,
      portRead: (offset, width) => {
        let value = 0;
        for (let i = 0; i < width; i++) value += DMA_SIGNATURE[offset + i] * 2 ** (i * 8);
        return value;
      },
      portWrite: (offset, width, value) => this.writeDma(offset, width, value),
    };
  }

  /** An item under a number of its own. */
  add(key: number, bytes: Uint8Array): void {
    this.items.set(key, bytes);
  }

  /** A named item; the directory lists it. A second one of that name takes the first one's place. */
  addFile(name: string, bytes: Uint8Array): void {
    const known = this.files.findIndex((file) => file.name === name);
    const index = known < 0 ? this.files.length : known;
    const key = FIRST_FILE + index;
    this.items.set(key, bytes);
    this.files[index] = { name, key, bytes: bytes.length };
    this.items.set(FW_CFG_DIRECTORY, this.directory());
  }

  /** For people: what is selected, how far it has been read, and what there is. */
  get view(): FwCfgView {
    const { selector, offset, item, files, items } = this;
    return { selector, offset, bytes: item.length, files, items: items.size };
  }

  /** A count, then size, key and name of each file in the order of the names; numbers big-endian. */
  private directory(): Uint8Array {
    const sorted = [...this.files].sort((a, b) => (a.name < b.name ? -1 : 1));
    const all = new Uint8Array(4 + sorted.length * ENTRY_BYTES);
    const view = new DataView(all.buffer);
    view.setUint32(0, sorted.length);
    for (const [index, { name, key, bytes }] of sorted.entries()) {
      const at = 4 + index * ENTRY_BYTES;
      view.setUint32(at, bytes);
      view.setUint16(at + 4, key);
      all.set(ascii(name).subarray(0, NAME_BYTES - 1), at + 8);
    }
    return all;
  }

  private select(selector: number): void {
    this.selector = selector & ~SELECTOR_WRITE;
    this.offset = 0;
  }

  /** The item that is selected; what nobody added is empty. */
  private get item(): Uint8Array {
    return this.items.get(this.selector) ?? EMPTY;
  }

  /** Beyond the end of an item all is zero. */
  private read(offset: number, width: Width): number {
    if (offset === 0 && width === 2) return this.selector;
    return offset === 1 ? (this.item[this.offset++] ?? 0) : 0;
  }

  /** The lower half of the address starts the transfer that the structure there describes. */
  private writeDma(offset: number, width: Width, value: number): void {
    if (width !== 4) {
      this.guestError(this.name, this.probe(offset + 4), `a ${width}-byte write of the DMA address`);
      return;
    }
    const word = swap(value);
    if (offset === 0) this.high = word;
    else {
      const address = this.high * 2 ** 32 + word;
      this.high = 0;
      this.transfer(address);
    }
  }

  private transfer(address: number): void {
    const { memory, control } = this;
    memory.read(address, control);
    const view = new DataView(control.buffer);
    const command = view.getUint32(0);
    const length = view.getUint32(4);
    const to = view.getUint32(8) * 2 ** 32 + view.getUint32(12);
    if ((command & DMA_SELECT) !== 0) this.select(command >>> 16);
    let status = 0;
    if ((command & DMA_READ) !== 0) this.copy(to, length);
    else if ((command & DMA_WRITE) !== 0) status = DMA_ERROR;
    else if ((command & DMA_SKIP) !== 0) this.offset += length;
    view.setUint32(0, status);
    memory.write(address, control.subarray(0, 4));
  }

  /** Bytes beyond the item's end are zeros; of those, no more are stored than 16 MiB. */
  private copy(to: number, length: number): void {
    const { item, chunk } = this;
    const count = Math.min(length, Math.max(item.length - this.offset, 0) + MOST_ZEROS);
    for (let done = 0; done < count; ) {
      const part = chunk.subarray(0, Math.min(CHUNK, count - done));
      part.fill(0);
      part.set(item.subarray(this.offset, this.offset + part.length));
      this.memory.write(to + done, part);
      this.offset += part.length;
      done += part.length;
    }
  }

  reset(): void {
    this.selector = 0;
    this.offset = 0;
    this.high = 0;
  }

  save(): FwCfgState {
    return { selector: this.selector, offset: this.offset, high: this.high };
  }

  restore(state: FwCfgState): void {
    this.selector = state.selector;
    this.offset = state.offset;
    this.high = state.high;
  }

  probe(offset: number): string {
    if (offset === 0) return "SELECTOR";
    if (offset === 1) return "DATA";
    return offset >= 4 && offset < 12 ? "DMA_ADDRESS" : "?";
  }
}

const EMPTY = new Uint8Array(0);
const MOST_ZEROS = 16 << 20;

const swap = (word: number): number =>
  (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
