/** A file as a disk: raw, sector by sector, read as the guest asks. Only `--writable` changes it. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { type Disk, SECTOR_BYTES } from "../devices/disk.ts";
import { CommandError, STATUS_USAGE } from "./exit-status.ts";
import { problem } from "./files.ts";

const MISSING = "there is no such file; name the image of a disk.";
const MAGIC_BYTES = 8;

/** Formats that are no raw images, by their first bytes. */
const FORMATS: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ["qcow2", [0x51, 0x46, 0x49, 0xfb]],
  ["VMDK", [0x4b, 0x44, 0x4d, 0x56]],
  ["VHDX", [0x76, 0x68, 0x64, 0x78, 0x66, 0x69, 0x6c, 0x65]],
  ["VirtualBox VDI", [0x3c, 0x3c, 0x3c, 0x20]],
];

export class DiskFile implements Disk {
  readonly name: string;
  readonly sectors: number;
  readonly readOnly: boolean;
  private readonly handle: number;
  private readonly bytes: number;
  private open = true;

  /** Throws a CommandError, one sentence, if the file cannot be a disk. */
  constructor(path: string, writable: boolean) {
    this.name = basename(path);
    this.readOnly = !writable;
    const unusable = (why: string): CommandError => new CommandError(`${path}: ${why}`, STATUS_USAGE);
    try {
      this.handle = openSync(path, writable ? "r+" : "r");
    } catch (error) {
      throw unusable(problem(error, writable ? "written" : "read", MISSING));
    }
    const kind = fstatSync(this.handle);
    const reason = this.whyUnusable(kind.isFile(), kind.isDirectory(), kind.size);
    if (reason !== null) {
      this.close();
      throw unusable(reason);
    }
    this.bytes = kind.size;
    this.sectors = Math.ceil(kind.size / SECTOR_BYTES);
  }

  private whyUnusable(isFile: boolean, isFolder: boolean, size: number): string | null {
    if (isFolder) return "it is a folder and no disk; name the image of a disk.";
    if (!isFile) return "it is a device or a pipe; copy it to a file, which can be read anywhere.";
    if (size === 0) return "it is empty; a disk has at least one sector of 512 bytes.";
    const head = new Uint8Array(MAGIC_BYTES);
    readSync(this.handle, head, 0, MAGIC_BYTES, 0);
    const format = FORMATS.find(([, magic]) => magic.every((byte, at) => head[at] === byte));
    if (format === undefined) return null;
    return `it is a ${format[0]} image, and only raw ones are read: convert it with 'qemu-img convert -O raw'.`;
  }

  /** Sectors beyond the end of the file, the last of one that is no multiple of 512 bytes, end in zeros. */
  read(lba: number, into: Uint8Array): boolean {
    try {
      const from = lba * SECTOR_BYTES;
      const wanted = Math.min(into.length, Math.max(this.bytes - from, 0));
      let at = 0;
      while (at < wanted) {
        const count = readSync(this.handle, into, at, wanted - at, from + at);
        if (count === 0) break;
        at += count;
      }
      into.fill(0, at);
      return true;
    } catch {
      return false;
    }
  }

  write(lba: number, from: Uint8Array): boolean {
    try {
      for (let at = 0; at < from.length; ) {
        at += writeSync(this.handle, from, at, from.length - at, lba * SECTOR_BYTES + at);
      }
      return true;
    } catch {
      return false;
    }
  }

  flush(): boolean {
    try {
      if (!this.readOnly) fsyncSync(this.handle);
      return true;
    } catch {
      return false;
    }
  }

  /** What was written is on the medium; the file is not needed any more. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.flush();
    closeSync(this.handle);
  }
}
