/**
 * The bus: which device answers at which port and at which guest physical address. Devices get offsets.
 *
 * An access reaches a device whole when the device takes that width, its range holds all of the access and the
 * address is naturally aligned. Any other access is halved, low address first, until the pieces fit, as the
 * data path of an ISA bus does; so a 16-bit access to an 8-bit chip is two byte accesses to consecutive ports.
 *
 * Ports end at 0xffff and do not wrap: a wide access that runs over the end finds its last bytes unmapped. The
 * processor drives address bit 16 for them, which no device decodes.
 *
 * Datasheet: AMD64 Architecture Programmer's Manual, Vol. 2, "I/O Permissions Map" (64K + 3 bits).
 */

import { assert } from "../common/assert.ts";
import { hex } from "../common/hex.ts";
import type { GuestErrorSink, MmioDevice, PortDevice, Width } from "../devices/device.ts";

const PORTS = 0x1_0000;
/** The bytes that a four-byte access at the last port can reach beyond it. */
const BEYOND_LAST_PORT = 3;
/** One more than the highest guest physical address: the width of a number we can count on, not of a CPU. */
const GPA_END = 2 ** 52;

/** What an access to nothing reads, by width. */
const ALL_ONES = [0, 0xff, 0xffff, 0, 0xffff_ffff];

export interface PortRange {
  readonly base: number;
  readonly count: number;
  readonly maxWidth: Width;
  readonly device: PortDevice;
}

export interface MmioRange {
  readonly base: number;
  /** One more than the last address. */
  readonly end: number;
  readonly maxWidth: Width;
  readonly device: MmioDevice;
}

/** Two devices want one place. The message names both. */
export class BusConflict extends Error {}

export class Bus {
  /** In the order of mapping. */
  readonly portRanges: PortRange[] = [];
  /** In the order of mapping. */
  readonly mmioRanges: MmioRange[] = [];
  /** For each port, the index of its range plus one; 0 where nothing answers. */
  private readonly slots = new Uint8Array(PORTS + BEYOND_LAST_PORT);
  private readonly guestError: GuestErrorSink;
  /** Memory addresses have their bit 20; otherwise it counts as clear. */
  a20 = true;

  constructor(guestError: GuestErrorSink) {
    this.guestError = guestError;
  }

  /** Puts `device` behind ports base … base + count - 1. Refuses ports that another device has. */
  mapPorts(base: number, count: number, device: PortDevice): void {
    assert(count > 0 && base >= 0 && base + count <= PORTS, `${device.name}: ports outside 0 … 0xffff`);
    for (let port = base; port < base + count; port++) {
      if (this.slots[port] === 0) continue;
      const other = this.portRanges[this.slots[port] - 1].device;
      throw new BusConflict(`port ${hex(port, 4)} is wanted by ${device.name} but belongs to ${other.name}`);
    }
    this.portRanges.push({ base, count, maxWidth: device.maxWidth ?? 1, device });
    assert(this.portRanges.length < 256, "at most 255 port ranges");
    this.slots.fill(this.portRanges.length, base, base + count);
  }

  /** Puts `device` behind guest physical addresses base … base + size - 1. Refuses overlap. */
  mapMmio(base: number, size: number, device: MmioDevice): void {
    const end = base + size;
    assert(size > 0 && base >= 0 && end <= GPA_END, `${device.name}: memory outside the address space`);
    for (const range of this.mmioRanges) {
      if (end <= range.base || base >= range.end) continue;
      const gpa = Math.max(base, range.base);
      throw new BusConflict(
        `address ${hex(gpa)} is wanted by ${device.name} but belongs to ${range.device.name}`,
      );
    }
    this.mmioRanges.push({ base, end, maxWidth: device.maxWidth ?? 1, device });
  }

  /** Takes away what `mapPorts` put at `base`. */
  unmapPorts(base: number): void {
    const index = this.slots[base] - 1;
    const range = this.portRanges[index];
    assert(range !== undefined && range.base === base, `no device begins at port ${hex(base, 4)}`);
    this.portRanges.splice(index, 1);
    this.slots.fill(0);
    for (const [at, { base, count }] of this.portRanges.entries())
      this.slots.fill(at + 1, base, base + count);
  }

  /** Takes away what `mapMmio` put at `base`. */
  unmapMmio(base: number): void {
    const index = this.mmioRanges.findIndex((range) => range.base === base);
    assert(index >= 0, `no device begins at address ${hex(base)}`);
    this.mmioRanges.splice(index, 1);
  }

  /** IN: `port` is 0 … 0xffff. The result is unsigned. */
  portRead(port: number, width: Width): number {
    const slot = this.slots[port];
    if (slot !== 0) {
      const range = this.portRanges[slot - 1];
      const offset = port - range.base;
      if (width <= range.maxWidth && offset + width <= range.count && (port & (width - 1)) === 0) {
        return range.device.portRead(offset, width);
      }
    }
    if (this.portsAreFree(port, width)) {
      this.guestError("bus", `port ${hex(port, 4)}`, `${width}-byte read, nothing answers`);
      return ALL_ONES[width];
    }
    const half = width === 4 ? 2 : 1;
    const low = this.portRead(port, half);
    return (low | (this.portRead(port + half, half) << (half * 8))) >>> 0;
  }

  /** OUT: `port` is 0 … 0xffff; bits of `value` beyond `width` are ignored. */
  portWrite(port: number, width: Width, value: number): void {
    const bits = (value & ALL_ONES[width]) >>> 0;
    const slot = this.slots[port];
    if (slot !== 0) {
      const range = this.portRanges[slot - 1];
      const offset = port - range.base;
      if (width <= range.maxWidth && offset + width <= range.count && (port & (width - 1)) === 0) {
        range.device.portWrite(offset, width, bits);
        return;
      }
    }
    if (this.portsAreFree(port, width)) {
      const detail = `${width}-byte write of ${hex(bits, width * 2)}, nothing answers`;
      this.guestError("bus", `port ${hex(port, 4)}`, detail);
      return;
    }
    const half = width === 4 ? 2 : 1;
    this.portWrite(port, half, bits);
    this.portWrite(port + half, half, bits >>> (half * 8));
  }

  /** A load from an address that is not RAM. The result is unsigned. */
  mmioRead(address: number, width: Width): number {
    const gpa = this.a20 ? address : withoutA20(address);
    const range = this.mmioRangeAt(gpa);
    if (range !== null && width <= range.maxWidth && gpa + width <= range.end && gpa % width === 0) {
      return range.device.mmioRead(gpa - range.base, width);
    }
    if (this.addressesAreFree(gpa, width)) {
      this.guestError("bus", `address ${hex(gpa)}`, `${width}-byte read, nothing answers`);
      return ALL_ONES[width];
    }
    const half = width === 4 ? 2 : 1;
    const low = this.mmioRead(gpa, half);
    return (low | (this.mmioRead(gpa + half, half) << (half * 8))) >>> 0;
  }

  /** A store to an address that is not RAM; bits of `value` beyond `width` are ignored. */
  mmioWrite(address: number, width: Width, value: number): void {
    const gpa = this.a20 ? address : withoutA20(address);
    const bits = (value & ALL_ONES[width]) >>> 0;
    const range = this.mmioRangeAt(gpa);
    if (range !== null && width <= range.maxWidth && gpa + width <= range.end && gpa % width === 0) {
      range.device.mmioWrite(gpa - range.base, width, bits);
      return;
    }
    if (this.addressesAreFree(gpa, width)) {
      const detail = `${width}-byte write of ${hex(bits, width * 2)}, nothing answers`;
      this.guestError("bus", `address ${hex(gpa)}`, detail);
      return;
    }
    const half = width === 4 ? 2 : 1;
    this.mmioWrite(gpa, half, bits);
    this.mmioWrite(gpa + half, half, bits >>> (half * 8));
  }

  private portsAreFree(port: number, width: Width): boolean {
    for (let i = 0; i < width; i++) if (this.slots[port + i] !== 0) return false;
    return true;
  }

  private addressesAreFree(gpa: number, width: Width): boolean {
    for (const range of this.mmioRanges) if (gpa < range.end && gpa + width > range.base) return false;
    return true;
  }

  private mmioRangeAt(gpa: number): MmioRange | null {
    for (const range of this.mmioRanges) if (gpa >= range.base && gpa < range.end) return range;
    return null;
  }
}

/** Addresses may have more than 32 bits. */
function withoutA20(gpa: number): number {
  return Math.floor(gpa / 0x10_0000) % 2 === 0 ? gpa : gpa - 0x10_0000;
}
