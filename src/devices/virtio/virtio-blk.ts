/**
 * A disk as a virtio block device: one queue of reads, writes and flushes.
 *
 *     request   readable: type (4), reserved (4), sector (8), data to write     writable: data that is read, status (1)
 *     config    00 capacity in sectors (8)   08 size_max   0c seg_max   10 geometry   14 blk_size
 *
 * Where one buffer ends and the next begins means nothing: the header is the first 16 bytes, the status the last one.
 *
 * Datasheet: VIRTIO 1.2, 5.2 "Block Device".
 *
 * Differs: no geometry is told (its fields are zero), so that firmware makes up its own; no discard, no write zeroes, no
 * topology, no second queue. Such requests are answered with UNSUPP.
 */
import { type Disk, SECTOR_BYTES } from "../disk.ts";
import type { DescriptorChain } from "./descriptor-chain.ts";
import { VirtioDevice, type VirtioWires } from "./virtio-device.ts";
import type { Virtqueue } from "./virtqueue.ts";

export const BLK_F_SIZE_MAX = 1 << 1;
export const BLK_F_SEG_MAX = 1 << 2;
export const BLK_F_RO = 1 << 5;
export const BLK_F_BLK_SIZE = 1 << 6;
export const BLK_F_FLUSH = 1 << 9;

export const BLK_T_IN = 0;
export const BLK_T_OUT = 1;
export const BLK_T_FLUSH = 4;
export const BLK_T_GET_ID = 8;

export const BLK_S_OK = 0;
export const BLK_S_IOERR = 1;
export const BLK_S_UNSUPP = 2;

/** What firmware can handle; some has room for no more. */
const QUEUE_SIZE = 128;
/** A header and a status belong to each request. */
const SEG_MAX = QUEUE_SIZE - 2;
/** In bytes: what bounds the work of a request. */
const SIZE_MAX = 0x10_0000;
const HEADER_BYTES = 16;
const STATUS_BYTES = 1;
const ID_BYTES = 20;
const CONFIG_BYTES = 24;
const PIECE_BYTES = 0x1_0000;

export interface VirtioBlkWires extends VirtioWires {
  readonly disk: Disk;
  /** ASCII, of which the driver sees 20 bytes. */
  readonly serial: string;
}

export class VirtioBlk extends VirtioDevice {
  readonly disk: Disk;
  private readonly serial: string;
  private readonly header = new Uint8Array(HEADER_BYTES);
  private readonly piece = new Uint8Array(PIECE_BYTES);
  /** How much of the request's data the driver has got. Of no use after the request. */
  private filled = 0;

  constructor(name: string, wires: VirtioBlkWires) {
    const { disk, serial } = wires;
    const features = BLK_F_SIZE_MAX | BLK_F_SEG_MAX | BLK_F_BLK_SIZE | BLK_F_FLUSH;
    super(
      name,
      {
        id: 2,
        pciDevice: 0x1001,
        pciClass: 0x01_00_00,
        features: disk.readOnly ? features | BLK_F_RO : features,
        queueSizes: [QUEUE_SIZE],
        configBytes: CONFIG_BYTES,
      },
      wires,
    );
    this.disk = disk;
    this.serial = serial;
    const config = new DataView(this.config.buffer);
    config.setUint32(0, disk.sectors % 2 ** 32, true);
    config.setUint32(4, Math.floor(disk.sectors / 2 ** 32), true);
    config.setUint32(8, SIZE_MAX, true);
    config.setUint32(12, SEG_MAX, true);
    config.setUint32(20, SECTOR_BYTES, true);
  }

  protected override serve(queue: Virtqueue): boolean {
    const chain = queue.peek();
    if (chain === null) return false;
    const { readable, writable } = chain;
    if (readable.length < HEADER_BYTES || writable.length < STATUS_BYTES) {
      const place = `${readable.length} bytes to read and ${writable.length} to write`;
      this.broken(`queue ${queue.index}`, `a request of ${place} has no header or no status`);
      return false;
    }
    this.filled = 0;
    const status = this.execute(chain);
    const data = writable.length - STATUS_BYTES;
    writable.write(data, Uint8Array.of(status));
    // What was written is counted from the first byte on, so a status behind data that is missing does not count.
    this.finish(queue, chain, this.filled === data ? writable.length : this.filled);
    return true;
  }

  private execute(chain: DescriptorChain): number {
    const { readable, writable } = chain;
    readable.read(0, this.header);
    const view = new DataView(this.header.buffer);
    const type = view.getUint32(0, true);
    const sector = view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32;
    switch (type) {
      case BLK_T_IN:
        return this.transfer(chain, sector, writable.length - STATUS_BYTES, false);
      case BLK_T_OUT:
        return this.write(chain, sector);
      case BLK_T_FLUSH:
        return this.disk.flush() ? BLK_S_OK : BLK_S_IOERR;
      case BLK_T_GET_ID:
        return this.writeId(chain);
      default:
        this.guestError("request type", `${type.toString(16)} is none that this device knows`);
        return BLK_S_UNSUPP;
    }
  }

  /** A driver that knows no flush believes that what was written is safe. */
  private write(chain: DescriptorChain, sector: number): number {
    if (this.disk.readOnly) {
      this.guestError("request type", "a write, but the disk is read-only");
      return BLK_S_IOERR;
    }
    const status = this.transfer(chain, sector, chain.readable.length - HEADER_BYTES, true);
    if (status !== BLK_S_OK || (this.driverFeatures & BLK_F_FLUSH) !== 0) return status;
    return this.disk.flush() ? BLK_S_OK : BLK_S_IOERR;
  }

  /** Either all of the request lies on the disk, or nothing of it is done. */
  private transfer(chain: DescriptorChain, sector: number, bytes: number, isWrite: boolean): number {
    const { disk, piece } = this;
    const wrong = this.wrongPlace(chain, sector, bytes);
    if (wrong !== null) {
      this.guestError(isWrite ? "write" : "read", wrong);
      return BLK_S_IOERR;
    }
    for (let done = 0; done < bytes; done += PIECE_BYTES) {
      const part = piece.subarray(0, Math.min(PIECE_BYTES, bytes - done));
      const lba = sector + done / SECTOR_BYTES;
      if (isWrite) {
        chain.readable.read(HEADER_BYTES + done, part);
        if (!disk.write(lba, part)) return BLK_S_IOERR;
      } else {
        if (!disk.read(lba, part)) return BLK_S_IOERR;
        chain.writable.write(done, part);
        this.filled = done + part.length;
      }
    }
    return BLK_S_OK;
  }

  private wrongPlace(chain: DescriptorChain, sector: number, bytes: number): string | null {
    if (bytes % SECTOR_BYTES !== 0) return `${bytes} bytes are no whole number of sectors`;
    if (sector + bytes / SECTOR_BYTES > this.disk.sectors)
      return `${bytes} bytes from sector ${sector} on reach beyond the disk's ${this.disk.sectors} sectors`;
    const longest = Math.max(chain.readable.longest, chain.writable.longest);
    return longest > SIZE_MAX ? `a buffer of ${longest} bytes is longer than size_max` : null;
  }

  private writeId({ writable }: DescriptorChain): number {
    const id = Uint8Array.from({ length: ID_BYTES }, (_, i) => this.serial.charCodeAt(i) & 0x7f);
    this.filled = Math.min(ID_BYTES, writable.length - STATUS_BYTES);
    writable.write(0, id.subarray(0, this.filled));
    return BLK_S_OK;
  }
}
