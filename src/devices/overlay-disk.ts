/**
 * What is written over a disk that must stay as it is: kept in memory, sector by sector, and read back from there. It
 * grows with the sectors that are written, and with nothing else.
 */
import { type Disk, SECTOR_BYTES } from "./disk.ts";

/** The sectors that differ from the disk below. */
export type OverlayDiskState = readonly { readonly lba: number; readonly bytes: Uint8Array }[];

export class OverlayDisk implements Disk {
  readonly name: string;
  readonly sectors: number;
  readonly readOnly = false;
  private readonly base: Disk;
  private readonly written = new Map<number, Uint8Array>();

  constructor(base: Disk) {
    this.name = base.name;
    this.sectors = base.sectors;
    this.base = base;
  }

  /** How many sectors differ from the disk below. */
  get changed(): number {
    return this.written.size;
  }

  read(lba: number, into: Uint8Array): boolean {
    if (!this.base.read(lba, into)) return false;
    if (this.written.size === 0) return true;
    for (let at = 0; at < into.length; at += SECTOR_BYTES) {
      const sector = this.written.get(lba + at / SECTOR_BYTES);
      if (sector !== undefined) into.set(sector, at);
    }
    return true;
  }

  write(lba: number, from: Uint8Array): boolean {
    for (let at = 0; at < from.length; at += SECTOR_BYTES) {
      const number = lba + at / SECTOR_BYTES;
      const sector = this.written.get(number);
      const bytes = from.subarray(at, at + SECTOR_BYTES);
      if (sector === undefined) this.written.set(number, bytes.slice());
      else sector.set(bytes);
    }
    return true;
  }

  flush(): boolean {
    return true;
  }

  save(): OverlayDiskState {
    return Array.from(this.written, ([lba, bytes]) => ({ lba, bytes: bytes.slice() }));
  }

  restore(state: OverlayDiskState): void {
    this.written.clear();
    for (const { lba, bytes } of state) this.written.set(lba, bytes.slice());
  }
}
