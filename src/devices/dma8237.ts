/**
 * The 8237A DMA controller: four channels that move bytes between devices and memory.
 *
 *     0, 2, 4, 6   current address of channels 0 to 3, low byte, then high byte
 *     1, 3, 5, 7   current count
 *     8   STATUS when read, COMMAND when written        c   clear byte pointer
 *     9   REQUEST                                       d   TEMPORARY, master clear
 *     a   MASK, one channel                             e   clear MASK
 *     b   MODE                                          f   MASK, all channels
 *
 * Datasheet: Intel 8237A High Performance Programmable DMA Controller, order 231466; Intel 82371SB (PIIX3), "DMA registers",
 * for reading MASK.
 *
 * Differs: a transfer takes no time. What a device asks for is moved in the same instant, so priorities, compressed timing and
 * extended writes change nothing, and STATUS shows only requests of software. In block mode the chip waits for bytes
 * that the device does not have yet, as in demand mode.
 */
import type { Device, DmaMemory, GuestErrorSink, PortDevice, Width } from "./device.ts";
import {
  BLOCK,
  CASCADE,
  Dma8237Channel,
  type DmaChannelState,
  TYPE_ILLEGAL,
  TYPE_READ,
  TYPE_VERIFY,
  TYPE_WRITE,
} from "./dma8237-channel.ts";

export const DMA_PORTS = 16;
const CHANNELS = 4;
const ALL_CHANNELS = 0x0f;

const STATUS_COMMAND = 0x8;
const REQUEST = 0x9;
const MASK_SINGLE = 0xa;
const MODE = 0xb;
const CLEAR_BYTE_POINTER = 0xc;
const TEMPORARY_MASTER_CLEAR = 0xd;
const CLEAR_MASK = 0xe;
const MASK_ALL = 0xf;

export const COMMAND_MEMORY_TO_MEMORY = 0x01;
export const COMMAND_ADDRESS_HOLD = 0x02;
export const COMMAND_DISABLE = 0x04;
export const COMMAND_ROTATING = 0x10;
export const COMMAND_DREQ_LOW = 0x40;
export const COMMAND_DACK_HIGH = 0x80;

/** In REQUEST and MASK_SINGLE: set the bit of the channel in bits 1 and 0, or clear it. */
const SET_BIT = 0x04;
const FLOATING = 0xff;

/** The two channels of a transfer from memory to memory. */
const SOURCE = 0;
const DESTINATION = 1;

/** What became of a transfer. */
export interface DmaMove {
  /** Bytes moved; fewer than offered if the channel is not open, or has come to its end. */
  readonly moved: number;
  /** The last of them was the last that the channel was programmed for. */
  readonly terminalCount: boolean;
}

/** The channel is closed. */
export const NO_MOVE: DmaMove = { moved: 0, terminalCount: false };

/** What a device has of a DMA channel: its DREQ, DACK and TC wires, and the data bus. */
export interface DmaChannel {
  /** The device hands over `bytes` for memory. */
  toMemory(bytes: Uint8Array): DmaMove;
  /** The device asks for bytes of memory; the first `moved` of `into` are filled. */
  fromMemory(into: Uint8Array): DmaMove;
}

export interface Dma8237State {
  COMMAND: number;
  /** Channels in bits 3 to 0, here and in the next two. */
  MASK: number;
  REQUEST: number;
  /** The low half of STATUS. */
  terminalCounts: number;
  TEMPORARY: number;
  /** The byte pointer: the next byte of an address or a count is the high one. */
  highByte: boolean;
  channels: DmaChannelState[];
}

export interface Dma8237Wires {
  readonly memory: DmaMemory;
  /** What the page register adds to the addresses of a channel. */
  readonly page: (channel: number) => number;
  /** Bytes of one transfer: 2 where the address lines are shifted by one. */
  readonly unit: 1 | 2;
  /** HLDA: who is asked for the bus gives it. */
  readonly hasBus: () => boolean;
  readonly guestError: GuestErrorSink;
}

export class Dma8237 implements PortDevice, Device<Dma8237State> {
  readonly name: string;
  private readonly wires: Dma8237Wires;
  private readonly channels = Array.from({ length: CHANNELS }, () => new Dma8237Channel());
  private readonly one = new Uint8Array(1);
  private command = 0;
  private mask = ALL_CHANNELS;
  private request = 0;
  private terminalCounts = 0;
  private temporary = 0;
  private highByte = false;

  constructor(name: string, wires: Dma8237Wires) {
    this.name = name;
    this.wires = wires;
  }

  /** DACK of a channel in cascade mode: what hangs on it may have the bus. */
  cascades(channel: number): boolean {
    return this.answers(channel) && this.channels[channel].mode === CASCADE;
  }

  // --- The device's side -------------------------------------------------------------------------------------------------

  /** Moves whole units until `bytes` ends or the channel does. */
  move(number: number, bytes: Uint8Array, toMemory: boolean): DmaMove {
    const channel = this.channels[number];
    if (!this.answers(number) || channel.mode === CASCADE || !this.wires.hasBus()) return NO_MOVE;
    const wanted = toMemory ? TYPE_WRITE : TYPE_READ;
    if (channel.type !== wanted && channel.type !== TYPE_VERIFY) {
      this.error("MODE", `channel ${number} is set for another direction than the device's`);
      return NO_MOVE;
    }
    const { unit } = this.wires;
    let moved = 0;
    while (moved + unit <= bytes.length) {
      const transfers = Math.min(channel.run, Math.floor((bytes.length - moved) / unit));
      this.moveRun(number, bytes.subarray(moved, moved + transfers * unit), toMemory);
      moved += transfers * unit;
      if (!channel.advance(transfers)) continue;
      this.endProcess(number);
      return { moved, terminalCount: true };
    }
    return { moved, terminalCount: false };
  }

  /** A verify transfer drives neither memory nor the data bus. */
  private moveRun(number: number, bytes: Uint8Array, toMemory: boolean): void {
    const { memory } = this.wires;
    const gpa = this.gpaOf(number);
    if (this.channels[number].type === TYPE_VERIFY) {
      if (!toMemory) bytes.fill(FLOATING);
    } else if (toMemory) memory.write(gpa, bytes);
    else memory.read(gpa, bytes);
  }

  private gpaOf(number: number): number {
    return this.wires.page(number) + this.channels[number].state.currentAddress * this.wires.unit;
  }

  /** Does the chip answer the DREQ of a channel? The board's DREQ are active high and its DACK active low. */
  private answers(channel: number): boolean {
    const silent = COMMAND_DISABLE | COMMAND_DREQ_LOW | COMMAND_DACK_HIGH;
    return (this.command & silent) === 0 && (this.mask & (1 << channel)) === 0;
  }

  /** Terminal count. */
  private endProcess(number: number): void {
    const bit = 1 << number;
    this.terminalCounts |= bit;
    this.request &= ~bit;
    if (this.channels[number].initializesItself) this.channels[number].reload();
    else this.mask |= bit;
  }

  // --- Requests of software ------------------------------------------------------------------------------------------------

  /** Answers what software has asked for; masks do not hold it back. No device drives the data bus meanwhile. */
  serveRequests(): void {
    if ((this.command & COMMAND_DISABLE) !== 0 || !this.wires.hasBus()) return;
    for (let number = 0; number < CHANNELS; number++) {
      if ((this.request & (1 << number)) === 0) continue;
      if (number === SOURCE && (this.command & COMMAND_MEMORY_TO_MEMORY) !== 0) this.copyMemory();
      else if (this.channels[number].mode !== CASCADE) this.runAlone(number);
    }
  }

  private runAlone(number: number): void {
    const channel = this.channels[number];
    if (channel.mode !== BLOCK)
      this.error("REQUEST", `channel ${number} is asked by software, but not in block mode`);
    for (let isLast = false; !isLast; ) {
      const transfers = channel.run;
      if (channel.type === TYPE_WRITE) {
        const bytes = new Uint8Array(transfers * this.wires.unit).fill(FLOATING);
        this.wires.memory.write(this.gpaOf(number), bytes);
      }
      isLast = channel.advance(transfers);
    }
    this.endProcess(number);
  }

  /** Byte by byte through TEMPORARY, so that what overlaps behaves as on the chip. Channel 1 counts. */
  private copyMemory(): void {
    const { wires, one } = this;
    const [source, destination] = this.channels;
    if (wires.unit !== 1) {
      this.error("COMMAND", "memory to memory needs channel 0, which the other controller hangs on");
      this.request &= ~(1 << SOURCE);
      return;
    }
    const hold = (this.command & COMMAND_ADDRESS_HOLD) !== 0;
    for (let isLast = false; !isLast; ) {
      wires.memory.read(this.gpaOf(SOURCE), one);
      if (source.advance(1, hold) && source.initializesItself) source.reload();
      wires.memory.write(this.gpaOf(DESTINATION), one);
      isLast = destination.advance(1);
    }
    this.temporary = one[0];
    this.request &= ~(1 << SOURCE);
    this.endProcess(DESTINATION);
  }

  // --- Registers -------------------------------------------------------------------------------------------------------------

  portRead(offset: number, _width: Width): number {
    if (offset < STATUS_COMMAND) return this.readWord(offset);
    switch (offset) {
      case STATUS_COMMAND: {
        const status = (this.request << 4) | this.terminalCounts;
        this.terminalCounts = 0;
        return status;
      }
      case TEMPORARY_MASTER_CLEAR:
        return this.temporary;
      case MASK_ALL:
        return this.mask;
      default:
        this.error(this.probe(offset), "read, but write-only");
        return FLOATING;
    }
  }

  portWrite(offset: number, _width: Width, value: number): void {
    const byte = value & 0xff;
    if (offset < STATUS_COMMAND) this.writeWord(offset, byte);
    else this.writeControl(offset, byte);
    this.serveRequests();
  }

  private writeControl(offset: number, byte: number): void {
    const bit = 1 << (byte & 3);
    const set = (byte & SET_BIT) !== 0;
    switch (offset) {
      case STATUS_COMMAND:
        this.writeCommand(byte);
        break;
      case REQUEST:
        this.request = set ? this.request | bit : this.request & ~bit;
        break;
      case MASK_SINGLE:
        this.mask = set ? this.mask | bit : this.mask & ~bit;
        break;
      case MODE:
        this.writeMode(byte);
        break;
      case CLEAR_BYTE_POINTER:
        this.highByte = false;
        break;
      case TEMPORARY_MASTER_CLEAR:
        this.masterClear();
        break;
      case CLEAR_MASK:
        this.mask = 0;
        break;
      default:
        this.mask = byte & ALL_CHANNELS;
    }
  }

  private writeCommand(byte: number): void {
    this.command = byte;
    if ((byte & (COMMAND_DREQ_LOW | COMMAND_DACK_HIGH)) !== 0)
      this.error("COMMAND", "other levels of DREQ and DACK than the board's: no device is heard");
  }

  private writeMode(byte: number): void {
    const channel = this.channels[byte & 3];
    channel.state.mode = byte & ~3;
    if (channel.type === TYPE_ILLEGAL && channel.mode !== CASCADE)
      this.error("MODE", `channel ${byte & 3}: a transfer type of 3 is illegal`);
  }

  /** As the RESET pin: addresses, counts and modes stay. */
  private masterClear(): void {
    this.command = 0;
    this.mask = ALL_CHANNELS;
    this.request = 0;
    this.terminalCounts = 0;
    this.temporary = 0;
    this.highByte = false;
  }

  private readWord(offset: number): number {
    const { currentAddress, currentCount } = this.channels[offset >> 1].state;
    const word = (offset & 1) === 0 ? currentAddress : currentCount;
    const byte = this.highByte ? word >> 8 : word & 0xff;
    this.highByte = !this.highByte;
    return byte;
  }

  private writeWord(offset: number, byte: number): void {
    const channel = this.channels[offset >> 1];
    if ((offset & 1) === 0) channel.writeAddress(byte, this.highByte);
    else channel.writeCount(byte, this.highByte);
    this.highByte = !this.highByte;
  }

  private error(register: string, detail: string): void {
    this.wires.guestError(this.name, register, detail);
  }

  reset(): void {
    this.masterClear();
    for (const channel of this.channels) channel.reset();
  }

  save(): Dma8237State {
    return {
      COMMAND: this.command,
      MASK: this.mask,
      REQUEST: this.request,
      terminalCounts: this.terminalCounts,
      TEMPORARY: this.temporary,
      highByte: this.highByte,
      channels: this.channels.map(({ state }) => ({ ...state })),
    };
  }

  restore(state: Dma8237State): void {
    this.command = state.COMMAND;
    this.mask = state.MASK;
    this.request = state.REQUEST;
    this.terminalCounts = state.terminalCounts;
    this.temporary = state.TEMPORARY;
    this.highByte = state.highByte;
    for (const [number, channel] of this.channels.entries()) channel.state = { ...state.channels[number] };
  }

  probe(offset: number): string {
    if (offset >= 0 && offset < STATUS_COMMAND)
      return `${(offset & 1) === 0 ? "ADDRESS" : "COUNT"}_${offset >> 1}`;
    return NAMES[offset - STATUS_COMMAND] ?? "?";
  }
}

const NAMES = [
  "STATUS/COMMAND",
  "REQUEST",
  "MASK_SINGLE",
  "MODE",
  "CLEAR_BYTE_POINTER",
  "TEMPORARY/MASTER_CLEAR",
  "CLEAR_MASK",
  "MASK",
];
