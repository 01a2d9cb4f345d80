/** A diskette controller with its DMA and its drives, and what a driver does with them. */
import { MemoryDisk } from "../../../src/devices/disk.ts";
import { DmaPair } from "../../../src/devices/dma-pair.ts";
import { Fdc82077, type FloppySpec } from "../../../src/devices/floppy/fdc82077.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { HZ, Probe } from "../contract.ts";

const MILLISECOND = HZ / 1000;

export const [DOR, TDR, MSR, FIFO] = [2, 3, 4, 5];
export const DSR = MSR;

/** Single transfers to memory, from memory, and to nowhere, as a BIOS programs them. */
export const TO_MEMORY = 0x46;
export const FROM_MEMORY = 0x4a;
export const VERIFY_DMA = 0x42;

export const SECTORS_1440K = 2880;

/** Each sector is filled with numbers that say which one it is. */
export function diskOf(sectors: number, readOnly = false): MemoryDisk {
  const bytes = new Uint8Array(sectors * 512);
  for (let lba = 0; lba < sectors; lba++) bytes.fill(markOf(lba), lba * 512, lba * 512 + 512);
  return new MemoryDisk("test.img", bytes, readOnly);
}

export const markOf = (lba: number): number => (lba * 7 + 1) & 0xff;

/** The marks of sectors in memory, one for each 512 bytes. */
export const marks = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length / 512 }, (_, i) => bytes[i * 512]);

export const drive1440 = (): FloppySpec => ({ kind: "1.44M", disk: diskOf(SECTORS_1440K) });

export function rig(specs: readonly (FloppySpec | null)[] = [drive1440(), null]) {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const irq = new Probe("irq6", log, clock);
  const errors: string[] = [];
  const memory = new Uint8Array(0x4_0000);
  const guestError = (device: string, register: string, detail: string) =>
    errors.push(`${device} ${register}: ${detail}`);
  const dma = new DmaPair({
    memory: {
      read: (gpa, into) => into.set(memory.subarray(gpa, gpa + into.length)),
      write: (gpa, from) => memory.set(from, gpa),
    },
    guestError,
  });
  dma.openCascade();
  const fdc = new Fdc82077(specs, { clock, irq, dma: dma.channel(2), guestError });
  const read = (offset: number) =>
    offset === 7 ? fdc.controlPort.portRead(0, 1) : fdc.ports.portRead(offset, 1);
  const write = (offset: number, byte: number) =>
    offset === 7 ? fdc.controlPort.portWrite(0, 1, byte) : fdc.ports.portWrite(offset, 1, byte);
  const pass = (milliseconds: number) => clock.advance(clock.now + Math.ceil(milliseconds * MILLISECOND));

  const r = {
    clock,
    log,
    irq,
    errors,
    memory,
    dma,
    fdc,
    read,
    write,
    pass,
    /** Sends bytes when the controller asks for them. */
    send(...bytes: number[]): void {
      for (const byte of bytes) {
        if ((read(MSR) & 0xc0) !== 0x80) throw new Error(`MSR is ${read(MSR).toString(16)} before a byte`);
        write(FIFO, byte);
      }
    },
    /** Takes result bytes as long as there are some. */
    results(): number[] {
      const bytes: number[] = [];
      while ((read(MSR) & 0xd0) === 0xd0) bytes.push(read(FIFO));
      return bytes;
    },
    /** A command that answers at once. */
    ask(...bytes: number[]): number[] {
      r.send(...bytes);
      return r.results();
    },
    /** Lets time pass until the interrupt comes; false if it does not within a guest second. */
    awaitIrq(): boolean {
      for (let i = 0; i < 10_000 && !irq.level; i++) pass(0.1);
      return irq.level;
    },
    /** A command with an interrupt and results. */
    run(...bytes: number[]): number[] {
      r.send(...bytes);
      r.awaitIrq();
      return r.results();
    },
    /** SEEK, RECALIBRATE: the interrupt is asked for. */
    runSeek(...bytes: number[]): number[] {
      r.send(...bytes);
      r.awaitIrq();
      return r.ask(0x08);
    },
    /** Out of reset, with the motor of a drive on, and the four results of polling taken. */
    start(drive = 0, rate = 0): void {
      write(DOR, 0);
      write(DOR, 0x0c | drive | (0x10 << drive));
      r.awaitIrq();
      for (let i = 0; i < 4; i++) r.ask(0x08);
      write(7, rate);
      log.length = 0;
    },
    /** Programs DMA channel 2 for `bytes` bytes at `address`. */
    channel2(mode: number, address: number, bytes: number): void {
      const port = (offset: number, byte: number) => dma.primary.portWrite(offset, 1, byte);
      port(0xa, 6);
      port(0xc, 0);
      port(0xb, mode);
      for (const byte of [address & 0xff, (address >> 8) & 0xff]) port(4, byte);
      for (const byte of [(bytes - 1) & 0xff, (bytes - 1) >> 8]) port(5, byte);
      dma.pagePorts.portWrite(0, 1, address >> 16);
      port(0xa, 2);
    },
    /** The bytes of the diskette in drive 0. */
    image: (): Uint8Array => (fdc.drives[0]!.disk as MemoryDisk).bytes,
    at: (address: number, bytes: number) => memory.slice(address, address + bytes),
  };
  return r;
}
