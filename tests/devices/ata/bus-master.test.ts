import { describe, expect, it } from "vitest";
import { PCI_COMMAND } from "../../../src/devices/pci/pci-function.ts";
import {
  ABRT,
  BSY,
  COUNT,
  DRDY,
  DRQ,
  DSC,
  disk,
  diskOf,
  ERR,
  ERROR,
  IDNF,
  PatternDisk,
  type Rig,
  rig,
  SRST,
  sectorBytes,
  UNC,
} from "./rig.ts";

const READ_DMA = 0xc8;
const READ_DMA_EXT = 0x25;
const WRITE_DMA = 0xca;
const WRITE_DMA_EXT = 0x35;
const READY = DRDY | DSC;
const TABLE = 0x100;
const [ACTIVE, DMA_ERROR, INTERRUPT] = [1, 2, 4];
const STATUS = 2;

const sectors = (first: number, count: number) =>
  Uint8Array.from(Array.from({ length: count }, (_, i) => [...sectorBytes(first + i)]).flat());

type Regions = readonly (readonly [address: number, count: number])[];

/** As a driver does it: the table, the command, the start. */
function transfer(r: Rig, regions: Regions, toMemory: boolean, give: () => void): void {
  r.memory.prds(TABLE, regions);
  r.master.table(TABLE);
  r.master.write(STATUS, DMA_ERROR | INTERRUPT);
  give();
  r.master.start(toMemory);
}

const interrupts = (r: Rig) => r.log.filter((line) => line.endsWith("high")).length;

describe("a DMA transfer", () => {
  it("scatters a read over the regions, with one interrupt at the end", () => {
    const r = rig([disk(diskOf(16))]);
    const regions: Regions = [
      [0x1_0000, 2],
      [0x2_0000, 510],
      [0x3_0fe0, 1024],
    ];
    transfer(r, regions, true, () => r.command(READ_DMA, 4, 3));
    expect(r.master.read(STATUS)).toBe(ACTIVE);
    expect(r.altStatus() & BSY).toBe(BSY);
    r.pass(1000);
    expect(r.irq.level).toBe(true);
    expect(r.master.read(STATUS)).toBe(INTERRUPT);
    expect(r.settle()).toBe(READY);
    expect(interrupts(r)).toBe(1);
    const { bytes } = r.memory;
    const gathered = [...bytes.subarray(0x1_0000, 0x1_0002), ...bytes.subarray(0x2_0000, 0x2_01fe)];
    expect(Uint8Array.from(gathered)).toEqual(sectorBytes(4));
    expect(bytes.subarray(0x3_0fe0, 0x3_13e0)).toEqual(sectors(5, 2));
    expect(bytes[0x1_0002]).toBe(0);
    expect(bytes[0x3_13e0]).toBe(0);
    expect([r.address(), r.inp(COUNT)]).toEqual([6, 0]);
  });

  it("gathers a write from the regions", () => {
    const image = diskOf(16);
    const r = rig([disk(image)]);
    r.memory.bytes.set(sectors(50, 1), 0x4000);
    r.memory.bytes.set(sectors(51, 1), 0x8000);
    const regions: Regions = [
      [0x4000, 512],
      [0x8000, 512],
    ];
    transfer(r, regions, false, () => r.command(WRITE_DMA, 9, 2));
    r.pass(1000);
    expect(r.master.read(STATUS)).toBe(INTERRUPT);
    expect(r.settle()).toBe(READY);
    expect(image.bytes.subarray(9 * 512, 11 * 512)).toEqual(sectors(50, 2));
  });

  it("takes a byte count of 0 for 64 KiB, and a transfer larger than the buffer in pieces", () => {
    const r = rig([disk(new PatternDisk(1000))]);
    const regions: Regions = [
      [0x1_0000, 0],
      [0x2_0000, 0],
      [0x3_0000, 0x4000],
    ];
    transfer(r, regions, true, () => r.commandExt(READ_DMA_EXT, 100, 288));
    expect(r.settle()).toBe(READY);
    expect(r.master.read(STATUS)).toBe(INTERRUPT);
    expect(r.memory.bytes.subarray(0x1_0000, 0x3_4000)).toEqual(sectors(100, 288));
    expect(interrupts(r)).toBe(1);
    expect(r.address48()).toBe(387);
  });

  it("writes pieces larger than the buffer, too", () => {
    const image = diskOf(300);
    const r = rig([disk(image)]);
    const data = sectors(1000, 200);
    r.memory.bytes.set(data, 0x2_0000);
    const regions: Regions = [
      [0x2_0000, 0],
      [0x3_0000, data.length - 0x1_0000],
    ];
    transfer(r, regions, false, () => r.commandExt(WRITE_DMA_EXT, 100, 200));
    expect(r.settle()).toBe(READY);
    expect(image.bytes.subarray(100 * 512)).toEqual(data);
  });

  it("does not start before the bus master does", () => {
    const r = rig([disk(diskOf(16))]);
    r.memory.prds(TABLE, [[0x4000, 512]]);
    r.master.table(TABLE);
    r.command(READ_DMA, 4, 1);
    r.pass(10_000);
    expect(r.altStatus() & BSY).toBe(BSY);
    expect(r.memory.bytes[0x4004]).toBe(0);
    r.master.start(true);
    r.pass(100);
    expect(r.settle()).toBe(READY);
    expect(r.memory.bytes.subarray(0x4000, 0x4200)).toEqual(sectorBytes(4));
  });

  it("does not start before the PCI command register lets the function be master", () => {
    const r = rig([disk(diskOf(16))]);
    r.ide.pci.write(PCI_COMMAND, 2, 0x0001);
    transfer(r, [[0x4000, 512]], true, () => r.command(READ_DMA, 4, 1));
    r.pass(10_000);
    expect(r.altStatus() & BSY).toBe(BSY);
    r.ide.pci.write(PCI_COMMAND, 2, 0x0005);
    r.pass(100);
    expect(r.settle()).toBe(READY);
  });

  it("in the direction that the drive does not want moves nothing", () => {
    const r = rig([disk(diskOf(16))]);
    transfer(r, [[0x4000, 512]], false, () => r.command(READ_DMA, 4, 1));
    r.pass(10_000);
    expect(r.altStatus() & BSY).toBe(BSY);
    expect(r.errors).toEqual(["piix3-ide-master0 BMIC: the drive moves data in the other direction"]);
  });
});

describe("the end of the table", () => {
  it("after the drive's: interrupt, and still active", () => {
    const r = rig([disk(diskOf(16))]);
    transfer(r, [[0x4000, 2048]], true, () => r.command(READ_DMA, 4, 1));
    expect(r.settle()).toBe(READY);
    expect(r.master.read(STATUS)).toBe(INTERRUPT | ACTIVE);
    r.master.stop();
    expect(r.master.read(STATUS)).toBe(INTERRUPT);
  });

  it("before the drive's: neither, and the drive waits until it is reset", () => {
    const r = rig([disk(diskOf(16))]);
    transfer(r, [[0x4000, 512]], true, () => r.command(READ_DMA, 4, 2));
    r.pass(100_000);
    expect(r.master.read(STATUS)).toBe(0);
    expect(r.altStatus() & BSY).toBe(BSY);
    expect(r.irq.level).toBe(false);
    expect(r.memory.bytes.subarray(0x4000, 0x4200)).toEqual(sectorBytes(4));
    r.master.stop();
    r.control(SRST);
    r.control(0);
    expect(r.settle()).toBe(READY);
    transfer(r, [[0x4000, 1024]], true, () => r.command(READ_DMA, 4, 2));
    expect(r.settle()).toBe(READY);
    expect(r.master.read(STATUS)).toBe(INTERRUPT);
  });

  it("without EOT goes on with the descriptors that follow", () => {
    const r = rig([disk(diskOf(16))]);
    r.memory.prds(TABLE, [[0x4000, 512]], false);
    r.memory.prds(TABLE + 8, [[0x8000, 512]]);
    r.master.table(TABLE);
    r.command(READ_DMA, 4, 2);
    r.master.start(true);
    expect(r.settle()).toBe(READY);
    expect(r.memory.bytes.subarray(0x8000, 0x8200)).toEqual(sectorBytes(5));
  });

  it("starts again from its beginning after a stop", () => {
    const r = rig([disk(diskOf(16))]);
    const regions: Regions = [
      [0x4000, 512],
      [0x8000, 512],
    ];
    transfer(r, regions, true, () => r.command(READ_DMA, 4, 1));
    r.settle();
    r.master.stop();
    transfer(r, regions, true, () => r.command(READ_DMA, 7, 1));
    r.settle();
    expect(r.memory.bytes.subarray(0x4000, 0x4200)).toEqual(sectorBytes(7));
    expect(r.memory.bytes[0x8004]).toBe(0);
  });
});

describe("errors of a DMA transfer", () => {
  it.each([
    ["the end of the disk", new PatternDisk(500), 490, 500, IDNF],
    ["a sector that cannot be read", new PatternDisk(500, [300]), 298, 300, UNC],
    ["the first sector", new PatternDisk(500, [300]), 300, 300, UNC],
  ])("at %s: the sectors before it arrive", (_what, image, first, bad, error) => {
    const r = rig([disk(image)]);
    transfer(r, [[0x1_0000, 20 * 512]], true, () => r.command(READ_DMA, first, 20));
    expect(r.settle()).toBe(READY | ERR);
    expect([r.inp(ERROR), r.address(), r.inp(COUNT)]).toEqual([error, bad, 20 - (bad - first)]);
    const good = bad - first;
    expect(r.memory.bytes.subarray(0x1_0000, 0x1_0000 + good * 512)).toEqual(sectors(first, good));
    expect(r.memory.bytes[0x1_0000 + good * 512 + 4]).toBe(0);
    expect(r.master.read(STATUS)).toBe(INTERRUPT | ACTIVE);
  });

  it("writing over the end of the disk writes what is there", () => {
    const image = diskOf(16);
    const r = rig([disk(image)]);
    r.memory.bytes.set(sectors(70, 4), 0x4000);
    transfer(r, [[0x4000, 2048]], false, () => r.command(WRITE_DMA, 14, 4));
    expect(r.settle()).toBe(READY | ERR);
    expect([r.inp(ERROR), r.address(), r.inp(COUNT)]).toEqual([IDNF, 16, 2]);
    expect(image.bytes.subarray(14 * 512)).toEqual(sectors(70, 2));
  });

  it("writing to a read-only disk is aborted", () => {
    const r = rig([disk(diskOf(16, true))]);
    transfer(r, [[0x4000, 2048]], false, () => r.command(WRITE_DMA, 1, 4));
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(ABRT);
  });

  it("a region over a 64 KiB boundary is reported, and runs on", () => {
    const r = rig([disk(diskOf(16))]);
    transfer(r, [[0x1_ff00, 512]], true, () => r.command(READ_DMA, 4, 1));
    expect(r.settle()).toBe(READY);
    expect(r.memory.bytes.subarray(0x1_ff00, 0x2_0100)).toEqual(sectorBytes(4));
    expect(r.errors).toEqual(["piix3-ide-master0 BMIDTP: a region crosses a boundary of 64 KiB"]);
  });

  it("a table in memory that is not there reads as one region of ones, shorter than the transfer", () => {
    const r = rig([disk(diskOf(300))]);
    r.master.table(0xf000_0000);
    r.command(READ_DMA, 0, 0);
    r.master.start(true);
    r.pass(100_000);
    expect(r.master.read(STATUS)).toBe(0);
    expect(r.altStatus() & BSY).toBe(BSY);
    r.control(SRST);
    r.control(0);
    expect(r.settle()).toBe(READY);
  });
});

describe("the registers", () => {
  it("keep what can be written: direction and start, drive bits, a table at a multiple of 4", () => {
    const r = rig([disk(diskOf(16))]);
    r.master.write(0, 0xff);
    expect(r.master.read(0)).toBe(0x09);
    expect(r.master.read(STATUS)).toBe(ACTIVE);
    r.master.write(0, 0);
    r.master.write(STATUS, 0xff);
    expect(r.master.read(STATUS)).toBe(0x60);
    r.master.table(0xffff_ffff);
    expect(r.ide.busMasterPorts.portRead(4, 4)).toBe(0xffff_fffc);
    expect([r.master.read(1), r.master.read(3)]).toEqual([0, 0]);
  });

  it("of the two channels are apart, and none is simplex", () => {
    const r = rig([disk(diskOf(16))], 1);
    r.master.write(STATUS, 0x20);
    expect(r.ide.busMasterPorts.portRead(10, 1)).toBe(0x20);
    expect(r.ide.busMasterPorts.portRead(2, 1)).toBe(0);
  });

  it("the interrupt bit follows any interrupt of the channel, and is cleared by writing one", () => {
    const r = rig([disk(diskOf(16))]);
    r.command(0xe7);
    r.settle();
    expect(r.master.read(STATUS)).toBe(INTERRUPT);
    r.master.write(STATUS, 0);
    expect(r.master.read(STATUS)).toBe(INTERRUPT);
    r.master.write(STATUS, INTERRUPT);
    expect(r.master.read(STATUS)).toBe(0);
  });
});

describe("the PCI function", () => {
  it("is a PIIX3 IDE controller with both channels enabled and in legacy mode", () => {
    const { pci } = rig([null]).ide;
    expect([pci.get(0, 2), pci.get(2, 2)]).toEqual([0x8086, 0x7010]);
    expect(pci.get(0x08, 4) >>> 8).toBe(0x01_0180);
    expect([pci.get(0x41, 1) & 0x80, pci.get(0x43, 1) & 0x80]).toEqual([0x80, 0x80]);
    expect(pci.get(0x3d, 1)).toBe(0);
  });

  it("has 16 ports behind BAR4", () => {
    const { pci } = rig([null]).ide;
    pci.write(0x20, 4, 0xffff_ffff);
    expect(pci.get(0x20, 4)).toBe(0xffff_fff1);
    pci.write(0x20, 4, 0xc000);
    expect(pci.windows().map(({ base, bar }) => [base, bar.size])).toEqual([[0xc000, 16]]);
  });

  it("stores the timing registers, and the reset brings back the enable bits", () => {
    const { ide } = rig([null]);
    for (const [offset, value] of [
      [0x40, 0xa377],
      [0x42, 0x0000],
      [0x4a, 0x2121],
    ])
      ide.pci.write(offset, 2, value);
    ide.pci.write(0x44, 1, 0xbb);
    ide.pci.write(0x48, 1, 0x05);
    expect([0x40, 0x42, 0x4a].map((offset) => ide.pci.get(offset, 2))).toEqual([0xa377, 0, 0x2121]);
    expect([ide.pci.get(0x44, 1), ide.pci.get(0x48, 1)]).toEqual([0xbb, 0x05]);
    ide.reset();
    expect([ide.pci.get(0x40, 2), ide.pci.get(0x42, 2)]).toEqual([0x8000, 0x8000]);
  });

  it("a saved transfer goes on in another machine", () => {
    const r = rig([disk(new PatternDisk(1000))]);
    const regions: Regions = [
      [0x1_0000, 0],
      [0x2_0000, 0],
    ];
    transfer(r, regions, true, () => r.commandExt(READ_DMA_EXT, 100, 256));
    r.pass(800);
    expect(r.altStatus() & (BSY | DRQ)).toBe(BSY);
    const copy = rig([disk(new PatternDisk(1000))]);
    copy.clock.restore(r.clock.save());
    copy.memory.bytes.set(r.memory.bytes);
    copy.ide.restore(JSON.parse(JSON.stringify(r.ide.save())));
    expect(copy.settle()).toBe(READY);
    expect(copy.memory.bytes.subarray(0x1_0000, 0x3_0000)).toEqual(sectors(100, 256));
  });
});
