/**
 * Commands that go over sectors: reading, writing and verifying them, by PIO in blocks or by DMA.
 *
 * A block that reaches a bad sector delivers what is good before it, and the command ends at the bad one: the address
 * registers name it, and SECTOR_COUNT says how many were left. By PIO, a block of several sectors is still moved whole,
 * with ERR set beside DRQ.
 *
 * Datasheet: ATA/ATAPI-6 (T13/1410D), 8.27 to 8.37 READ…, 8.58 to 8.65 WRITE…, 9.5 to 9.7 PIO and DMA protocols.
 */
import { type Disk, SECTOR_BYTES } from "../disk.ts";
import { COMMAND_US, SECTOR_US } from "./cable.ts";
import {
  READ_DMA,
  READ_DMA_EXT,
  READ_DMA_ONCE,
  READ_MULTIPLE,
  READ_MULTIPLE_EXT,
  READ_SECTORS,
  READ_SECTORS_EXT,
  READ_SECTORS_ONCE,
  READ_VERIFY,
  READ_VERIFY_EXT,
  READ_VERIFY_ONCE,
  WRITE_DMA,
  WRITE_DMA_EXT,
  WRITE_DMA_ONCE,
  WRITE_MULTIPLE,
  WRITE_MULTIPLE_EXT,
  WRITE_SECTORS,
  WRITE_SECTORS_EXT,
  WRITE_SECTORS_ONCE,
} from "./commands.ts";
import type { Drive } from "./drive.ts";
import { ERROR_ABRT, ERROR_IDNF, ERROR_UNC, STATUS_DF } from "./registers.ts";
import { type Geometry, sectorOf, setSector } from "./sector-address.ts";
import { BUFFER_BYTES } from "./transfer-buffer.ts";

const READ = 0;
const WRITE = 1;
const VERIFY = 2;
const PIO = 0;
const PIO_MULTIPLE = 1;
const DMA = 2;

const CHUNK_SECTORS = BUFFER_BYTES / SECTOR_BYTES;

interface Access {
  readonly kind: number;
  readonly protocol: number;
  readonly ext: boolean;
}

const ACCESSES = new Map<number, Access>([
  [READ_SECTORS, { kind: READ, protocol: PIO, ext: false }],
  [READ_SECTORS_ONCE, { kind: READ, protocol: PIO, ext: false }],
  [READ_SECTORS_EXT, { kind: READ, protocol: PIO, ext: true }],
  [READ_MULTIPLE, { kind: READ, protocol: PIO_MULTIPLE, ext: false }],
  [READ_MULTIPLE_EXT, { kind: READ, protocol: PIO_MULTIPLE, ext: true }],
  [READ_DMA, { kind: READ, protocol: DMA, ext: false }],
  [READ_DMA_ONCE, { kind: READ, protocol: DMA, ext: false }],
  [READ_DMA_EXT, { kind: READ, protocol: DMA, ext: true }],
  [WRITE_SECTORS, { kind: WRITE, protocol: PIO, ext: false }],
  [WRITE_SECTORS_ONCE, { kind: WRITE, protocol: PIO, ext: false }],
  [WRITE_SECTORS_EXT, { kind: WRITE, protocol: PIO, ext: true }],
  [WRITE_MULTIPLE, { kind: WRITE, protocol: PIO_MULTIPLE, ext: false }],
  [WRITE_MULTIPLE_EXT, { kind: WRITE, protocol: PIO_MULTIPLE, ext: true }],
  [WRITE_DMA, { kind: WRITE, protocol: DMA, ext: false }],
  [WRITE_DMA_ONCE, { kind: WRITE, protocol: DMA, ext: false }],
  [WRITE_DMA_EXT, { kind: WRITE, protocol: DMA, ext: true }],
  [READ_VERIFY, { kind: VERIFY, protocol: PIO, ext: false }],
  [READ_VERIFY_ONCE, { kind: VERIFY, protocol: PIO, ext: false }],
  [READ_VERIFY_EXT, { kind: VERIFY, protocol: PIO, ext: true }],
]);

/** What SET MULTIPLE, SET FEATURES and INITIALIZE PARAMETERS have chosen. */
export interface TransferSettings {
  readonly geometry: Geometry;
  readonly multiple: number;
  readonly writeCache: boolean;
}

export interface SectorTransferState {
  /** The first sector that has not been moved; -1 if the command names none. */
  lba: number;
  /** How many sectors are left, those in the buffer included. */
  left: number;
  /** How many of them the buffer holds, or waits for. */
  held: number;
}

export class SectorTransfer {
  private readonly drive: Drive;
  private readonly disk: Disk;
  private readonly settings: () => TransferSettings;
  private lba = 0;
  private left = 0;
  private held = 0;

  constructor(drive: Drive, disk: Disk, settings: () => TransferSettings) {
    this.drive = drive;
    this.disk = disk;
    this.settings = settings;
  }

  static handles(command: number): boolean {
    return ACCESSES.has(command);
  }

  private get access(): Access {
    return ACCESSES.get(this.drive.command) as Access;
  }

  /** Begins the command that the drive has taken. */
  start(): void {
    const { drive, access } = this;
    const { tf } = drive;
    const { geometry } = this.settings();
    this.lba = sectorOf(tf, access.ext, geometry);
    this.left = access.ext ? tf.sectorCount || 0x1_0000 : tf.sectorCount & 0xff || 0x100;
    this.held = 0;
    drive.power.wake();
    const first = access.kind === WRITE ? 0 : Math.min(this.left, this.blockSectors);
    drive.busy(COMMAND_US + first * SECTOR_US);
  }

  /** The next step of the command. */
  due(): void {
    const { drive, disk } = this;
    const { kind, protocol } = this.access;
    if (protocol === PIO_MULTIPLE && this.settings().multiple === 0) {
      drive.abort("SET MULTIPLE has not been given");
    } else if (kind === WRITE && disk.readOnly) {
      drive.abort("the medium is write-protected");
    } else if (this.lba < 0) {
      drive.fail(ERROR_IDNF);
    } else if (kind === VERIFY) {
      this.verify();
    } else if (kind === READ) {
      if (protocol === DMA) this.readDma();
      else this.readBlock();
    } else if (protocol === DMA) {
      this.writeDma();
    } else {
      this.writeBlock();
    }
  }

  /** The host has moved the block that was offered. */
  blockDone(): void {
    const { drive, held } = this;
    if (this.access.kind === WRITE) {
      drive.busy(held * SECTOR_US);
    } else if (drive.error !== 0) {
      // The error was reported with the block.
      drive.fail(drive.error, 0, false);
    } else {
      this.advance(held);
      if (this.left === 0) {
        this.report(this.lba - 1);
        drive.complete(false);
      } else {
        drive.busy(Math.min(this.left, this.blockSectors) * SECTOR_US);
      }
    }
  }

  private get blockSectors(): number {
    const { kind, protocol } = this.access;
    if (kind === VERIFY || protocol === DMA) return CHUNK_SECTORS;
    return protocol === PIO_MULTIPLE ? Math.max(1, this.settings().multiple) : 1;
  }

  private readBlock(): void {
    const { drive } = this;
    const count = Math.min(this.left, this.blockSectors);
    const good = this.fetch(count);
    if (good === 0) {
      this.stop(this.fault(ERROR_UNC));
      return;
    }
    const { buffer } = drive.cable;
    buffer.bytes.fill(0, good * SECTOR_BYTES, count * SECTOR_BYTES);
    buffer.load(count * SECTOR_BYTES, true);
    this.held = count;
    if (good === count) {
      drive.offer(buffer.used, true);
    } else {
      this.advance(good);
      this.report(this.lba);
      drive.offer(buffer.used, true, this.fault(ERROR_UNC));
    }
  }

  /** Stores the block that has come, if one has, and asks for the next. The first one needs no interrupt. */
  private writeBlock(): void {
    const { drive } = this;
    const isFirst = this.held === 0;
    if (!isFirst && !this.storeHeld()) return;
    if (this.left === 0) {
      this.finishWrite();
      return;
    }
    if (this.lba >= this.disk.sectors) {
      this.stop(ERROR_IDNF);
      return;
    }
    this.held = Math.min(this.left, this.blockSectors);
    drive.cable.buffer.load(this.held * SECTOR_BYTES, false);
    drive.offer(this.held * SECTOR_BYTES, !isFirst);
  }

  private readDma(): void {
    const { drive } = this;
    if (this.held === 0) {
      const good = this.fetch(Math.min(this.left, CHUNK_SECTORS));
      if (good === 0) {
        this.stop(this.fault(ERROR_UNC));
        return;
      }
      this.held = good;
      drive.cable.buffer.load(good * SECTOR_BYTES, true);
    }
    if (!drive.moveByDma()) return;
    this.advance(this.held);
    if (this.left > 0) {
      drive.busy(Math.min(this.left, CHUNK_SECTORS) * SECTOR_US);
    } else {
      this.report(this.lba - 1);
      drive.complete();
    }
  }

  private writeDma(): void {
    const { drive } = this;
    if (this.held === 0) {
      if (this.left === 0) {
        this.finishWrite();
        return;
      }
      if (this.lba >= this.disk.sectors) {
        this.stop(ERROR_IDNF);
        return;
      }
      this.held = Math.min(this.left, CHUNK_SECTORS);
      drive.cable.buffer.load(this.held * SECTOR_BYTES, false);
    }
    const count = this.held;
    if (!drive.moveByDma()) return;
    if (this.storeHeld()) drive.busy(count * SECTOR_US);
  }

  private verify(): void {
    const { drive } = this;
    const count = Math.min(this.left, CHUNK_SECTORS);
    const good = this.fetch(count);
    this.advance(good);
    if (good < count) this.stop(this.fault(ERROR_UNC));
    else if (this.left > 0) drive.busy(Math.min(this.left, CHUNK_SECTORS) * SECTOR_US);
    else {
      this.report(this.lba - 1);
      drive.complete();
    }
  }

  /** Writes the held sectors to the disk; false if the command has ended with an error. */
  private storeHeld(): boolean {
    const { disk } = this;
    const { bytes } = this.drive.cable.buffer;
    const count = Math.min(this.held, disk.sectors - this.lba);
    const wanted = this.held;
    const good = prefix(count, (at, sectors) =>
      disk.write(this.lba + at, bytes.subarray(at * SECTOR_BYTES, (at + sectors) * SECTOR_BYTES)),
    );
    this.advance(good);
    if (good === wanted) return true;
    if (good < count) this.stop(ERROR_ABRT, STATUS_DF);
    else this.stop(ERROR_IDNF);
    return false;
  }

  /** Without the write cache, a write is done when the medium has it. */
  private finishWrite(): void {
    const { drive } = this;
    this.report(this.lba - 1);
    if (!this.settings().writeCache && !this.disk.flush()) drive.fail(ERROR_ABRT, STATUS_DF);
    else drive.complete();
  }

  /** Reads sectors into the buffer; returns how many are good before the first bad one. */
  private fetch(count: number): number {
    const { disk, lba } = this;
    const { bytes } = this.drive.cable.buffer;
    const there = Math.max(0, Math.min(count, disk.sectors - lba));
    return prefix(there, (at, sectors) =>
      disk.read(lba + at, bytes.subarray(at * SECTOR_BYTES, (at + sectors) * SECTOR_BYTES)),
    );
  }

  /** Why sector `lba` could not be moved. */
  private fault(onDisk: number): number {
    return this.lba >= this.disk.sectors ? ERROR_IDNF : onDisk;
  }

  private advance(count: number): void {
    this.lba += count;
    this.left -= count;
    this.held = 0;
  }

  /** Ends the command at sector `lba`. */
  private stop(error: number, status = 0): void {
    this.report(this.lba);
    this.drive.fail(error, status);
  }

  private report(lba: number): void {
    const { tf } = this.drive;
    const { ext } = this.access;
    setSector(tf, ext, this.settings().geometry, lba);
    tf.sectorCount = ext ? this.left & 0xffff : this.left & 0xff;
  }

  reset(): void {
    this.restore({ lba: 0, left: 0, held: 0 });
  }

  save(): SectorTransferState {
    const { lba, left, held } = this;
    return { lba, left, held };
  }

  restore({ lba, left, held }: SectorTransferState): void {
    this.lba = lba;
    this.left = left;
    this.held = held;
  }
}

/** Moves `count` sectors at once or, if that fails, one by one up to the bad one; returns how many were moved. */
function prefix(count: number, move: (at: number, sectors: number) => boolean): number {
  if (count === 0 || move(0, count)) return count;
  for (let at = 0; at < count; at++) if (!move(at, 1)) return at;
  return count;
}
