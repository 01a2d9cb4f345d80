/**
 * What a drive has in it: sectors of 512 bytes (a CD-ROM drive takes four for one of its own). Where they come from is the
 * business of whoever makes one; the drive only knows how many there are, and whether they may be written.
 */

export const SECTOR_BYTES = 512;

export interface Disk {
  /** For people: the name of the file. */
  readonly name: string;
  readonly sectors: number;
  readonly readOnly: boolean;
  /** Fills `into`, whole sectors, from sector `lba` on. False if the host could not read them. All lie on the disk. */
  read(lba: number, into: Uint8Array): boolean;
  /** Writes whole sectors from sector `lba` on. False if the host could not write them. All lie on the disk. */
  write(lba: number, from: Uint8Array): boolean;
  /** What was written is safe when it returns true. */
  flush(): boolean;
}

/** Sectors in memory: a disk of tests, and what is written over one that may not change. */
export class MemoryDisk implements Disk {
  readonly name: string;
  readonly sectors: number;
  readonly readOnly: boolean;
  readonly bytes: Uint8Array;

  constructor(name: string, bytes: Uint8Array, readOnly = false) {
    this.name = name;
    this.bytes = bytes;
    this.sectors = Math.floor(bytes.length / SECTOR_BYTES);
    this.readOnly = readOnly;
  }

  read(lba: number, into: Uint8Array): boolean {
    into.set(this.bytes.subarray(lba * SECTOR_BYTES, lba * SECTOR_BYTES + into.length));
    return true;
  }

  write(lba: number, from: Uint8Array): boolean {
    this.bytes.set(from, lba * SECTOR_BYTES);
    return true;
  }

  flush(): boolean {
    return true;
  }
}
