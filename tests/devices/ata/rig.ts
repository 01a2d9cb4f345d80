/** The PIIX3's IDE function with drives, and a host that drives it by the registers. */
import { BMIC_START, BMIC_TO_MEMORY } from "../../../src/devices/ata/bus-master.ts";
import type { DriveSpec } from "../../../src/devices/ata/channel.ts";
import { Piix3Ide } from "../../../src/devices/ata/piix3-ide.ts";
import type { DmaMemory } from "../../../src/devices/device.ts";
import { type Disk, MemoryDisk, SECTOR_BYTES } from "../../../src/devices/disk.ts";
import { PCI_COMMAND } from "../../../src/devices/pci/pci-function.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { HZ, Probe } from "../contract.ts";

export const [DATA, ERROR, COUNT, LOW, MID, HIGH, DEVICE, STATUS] = [0, 1, 2, 3, 4, 5, 6, 7];
export const FEATURES = ERROR;
export const COMMAND = STATUS;
export const [BSY, DRDY, DF, DSC, DRQ, ERR] = [0x80, 0x40, 0x20, 0x10, 0x08, 0x01];
export const [UNC, IDNF, ABRT] = [0x40, 0x10, 0x04];
export const LBA = 0x40;
export const SLAVE = 0x10;
export const [SRST, NIEN, HOB] = [0x04, 0x02, 0x80];

/** Sector n is filled with a byte of its own, and begins with n. */
export function sectorBytes(lba: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR_BYTES).fill((lba * 7 + 1) & 0xff);
  new DataView(bytes.buffer).setUint32(0, lba);
  return bytes;
}

export function diskOf(sectors: number, readOnly = false): MemoryDisk {
  const bytes = new Uint8Array(sectors * SECTOR_BYTES);
  for (let lba = 0; lba < sectors; lba++) bytes.set(sectorBytes(lba), lba * SECTOR_BYTES);
  return new MemoryDisk("test.img", bytes, readOnly);
}

/** A disk of any size, whose sectors are computed and whose writes are forgotten; the bad ones cannot be moved. */
export class PatternDisk implements Disk {
  readonly name = "pattern.img";
  readonly readOnly = false;
  readonly sectors: number;
  readonly bad: readonly number[];
  flushes = 0;
  flushWorks = true;

  constructor(sectors: number, bad: readonly number[] = []) {
    this.sectors = sectors;
    this.bad = bad;
  }

  read(lba: number, into: Uint8Array): boolean {
    for (let at = 0; at < into.length; at += SECTOR_BYTES) {
      const sector = lba + at / SECTOR_BYTES;
      if (sector < 0 || sector >= this.sectors) throw new Error(`sector ${sector} is not on the disk`);
      if (this.bad.includes(sector)) return false;
      into.set(sectorBytes(sector), at);
    }
    return true;
  }

  write(lba: number, from: Uint8Array): boolean {
    const end = lba + from.length / SECTOR_BYTES;
    if (lba < 0 || end > this.sectors) throw new Error(`sectors up to ${end} are not on the disk`);
    return !this.bad.some((sector) => sector >= lba && sector < end);
  }

  flush(): boolean {
    this.flushes++;
    return this.flushWorks;
  }
}

const MEMORY_BYTES = 1 << 20;

export class TestMemory implements DmaMemory {
  readonly bytes = new Uint8Array(MEMORY_BYTES);

  read(gpa: number, into: Uint8Array): void {
    for (let i = 0; i < into.length; i++) into[i] = gpa + i < MEMORY_BYTES ? this.bytes[gpa + i] : 0xff;
  }

  write(gpa: number, from: Uint8Array): void {
    for (let i = 0; i < from.length; i++) if (gpa + i < MEMORY_BYTES) this.bytes[gpa + i] = from[i];
  }

  /** Writes a table of regions; the last one ends it. */
  prds(table: number, regions: readonly (readonly [address: number, count: number])[], end = true): void {
    const view = new DataView(this.bytes.buffer);
    for (const [i, [address, count]] of regions.entries()) {
      const last = end && i === regions.length - 1 ? 0x8000_0000 : 0;
      view.setUint32(table + i * 8, address, true);
      view.setUint32(table + i * 8 + 4, ((count & 0xffff) | last) >>> 0, true);
    }
  }
}

export const disk = (medium: Disk): DriveSpec => ({ kind: "disk", disk: medium });
export const cdrom = (disc: Disk | null): DriveSpec => ({ kind: "cdrom", disc });

/** `number` says which channel the host talks to. */
export function rig(drives: readonly (DriveSpec | null)[], number: 0 | 1 = 0) {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const irqs = [new Probe("irq14", log, clock), new Probe("irq15", log, clock)] as const;
  const errors: string[] = [];
  const memory = new TestMemory();
  const ide = new Piix3Ide(drives, {
    clock,
    irqs,
    memory,
    guestError: (device, register, detail) => errors.push(`${device} ${register}: ${detail}`),
  });
  ide.pci.write(PCI_COMMAND, 2, 0x0005);
  const channel = ide.channels[number];
  const irq = irqs[number];
  const out = (register: number, byte: number) => channel.commandBlock.portWrite(register, 1, byte);
  const inp = (register: number) => channel.commandBlock.portRead(register, 1);
  const control = (byte: number) => channel.controlBlock.portWrite(0, 1, byte);
  const altStatus = () => channel.controlBlock.portRead(0, 1);
  const pass = (microseconds: number) => clock.advance(clock.now + (microseconds * HZ) / 1_000_000);
  /** Lets time pass until the selected drive waits for the host; returns its status and takes its interrupt. */
  const settle = () => {
    for (let i = 0; i < 10_000 && (altStatus() & BSY) !== 0 && clock.nextDeadline !== Infinity; i++)
      clock.advance(clock.nextDeadline);
    return inp(STATUS);
  };
  const word = () => channel.commandBlock.portRead(DATA, 2);
  const readBytes = (length: number) => {
    const bytes = new Uint8Array(length + (length & 1));
    for (let i = 0; i < length; i += 2) {
      const value = word();
      bytes[i] = value & 0xff;
      bytes[i + 1] = value >> 8;
    }
    return bytes.subarray(0, length);
  };
  const writeBytes = (bytes: Uint8Array) => {
    for (let i = 0; i < bytes.length; i += 2)
      channel.commandBlock.portWrite(DATA, 2, bytes[i] | ((bytes[i + 1] ?? 0) << 8));
  };
  /** Fills in a 28-bit command and gives it. */
  const command = (code: number, lba = 0, count = 1, device = LBA) => {
    out(DEVICE, device | ((lba >>> 24) & 0x0f));
    out(COUNT, count);
    out(LOW, lba & 0xff);
    out(MID, (lba >> 8) & 0xff);
    out(HIGH, (lba >> 16) & 0xff);
    out(COMMAND, code);
  };
  const commandExt = (code: number, lba: number, count: number, device = LBA) => {
    out(DEVICE, device);
    for (const shift of [8, 0]) out(COUNT, (count >> shift) & 0xff);
    for (const [register, at] of [
      [LOW, 24],
      [MID, 32],
      [HIGH, 40],
    ])
      out(register, Math.floor(lba / 2 ** at) & 0xff);
    for (const [register, at] of [
      [LOW, 0],
      [MID, 8],
      [HIGH, 16],
    ])
      out(register, Math.floor(lba / 2 ** at) & 0xff);
    out(COMMAND, code);
  };
  /** The 28-bit address that the registers show. */
  const address = () => ((inp(DEVICE) & 15) << 24) | (inp(HIGH) << 16) | (inp(MID) << 8) | inp(LOW);
  /** The same with the older values above. */
  const address48 = () => {
    const low = inp(LOW) + inp(MID) * 2 ** 8 + inp(HIGH) * 2 ** 16;
    control(HOB);
    const high = inp(LOW) * 2 ** 24 + inp(MID) * 2 ** 32 + inp(HIGH) * 2 ** 40;
    control(0);
    return low + high;
  };
  const master = {
    read: (offset: number) => ide.busMasterPorts.portRead(number * 8 + offset, 1),
    write: (offset: number, byte: number) => ide.busMasterPorts.portWrite(number * 8 + offset, 1, byte),
    table: (gpa: number) => ide.busMasterPorts.portWrite(number * 8 + 4, 4, gpa),
    start: (toMemory: boolean) => master.write(0, BMIC_START | (toMemory ? BMIC_TO_MEMORY : 0)),
    stop: () => master.write(0, 0),
  };
  const identify = (code = 0xec, device = 0) => {
    out(DEVICE, device);
    out(COMMAND, code);
    settle();
    const bytes = readBytes(512);
    return Uint16Array.from({ length: 256 }, (_, i) => bytes[i * 2] | (bytes[i * 2 + 1] << 8));
  };
  return {
    clock,
    log,
    irq,
    irqs,
    errors,
    memory,
    ide,
    channel,
    out,
    inp,
    control,
    altStatus,
    pass,
    settle,
    word,
    readBytes,
    writeBytes,
    command,
    commandExt,
    address,
    address48,
    master,
    identify,
  };
}

export type Rig = ReturnType<typeof rig>;

/** Identify text: the first of two characters is in the high byte. */
export const identifyText = (id: Uint16Array, word: number, count: number): string =>
  Array.from(id.subarray(word, word + count), (w) => String.fromCharCode(w >> 8, w & 0xff))
    .join("")
    .trimEnd();
