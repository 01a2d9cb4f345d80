import { describe, expect, it } from "vitest";
import {
  ABRT,
  BSY,
  COMMAND,
  COUNT,
  DEVICE,
  DF,
  DRDY,
  DRQ,
  DSC,
  disk,
  diskOf,
  ERR,
  ERROR,
  FEATURES,
  HIGH,
  HOB,
  IDNF,
  identifyText,
  LBA,
  LOW,
  MID,
  PatternDisk,
  type Rig,
  rig,
  SRST,
  STATUS,
  sectorBytes,
  UNC,
} from "./rig.ts";

const READ = 0x20;
const READ_EXT = 0x24;
const READ_MULTIPLE = 0xc4;
const READ_MULTIPLE_EXT = 0x29;
const WRITE = 0x30;
const WRITE_EXT = 0x34;
const WRITE_MULTIPLE = 0xc5;
const VERIFY = 0x40;
const VERIFY_EXT = 0x42;
const SET_MULTIPLE = 0xc6;
const SET_FEATURES = 0xef;
const CHECK_POWER = 0xe5;
const READY = DRDY | DSC;

const sectors = (first: number, count: number) =>
  Uint8Array.from(Array.from({ length: count }, (_, i) => [...sectorBytes(first + i)]).flat());

/** One CHS address in the registers. */
function chs(r: Rig, code: number, cylinder: number, head: number, sector: number, count = 1): void {
  r.out(DEVICE, 0xa0 | head);
  r.out(COUNT, count);
  r.out(LOW, sector);
  r.out(MID, cylinder & 0xff);
  r.out(HIGH, cylinder >> 8);
  r.out(COMMAND, code);
}

function feature(r: Rig, code: number, count = 0): number {
  r.out(FEATURES, code);
  r.out(COUNT, count);
  r.out(DEVICE, 0);
  r.out(COMMAND, SET_FEATURES);
  return r.settle();
}

function setMultiple(r: Rig, count: number): number {
  r.out(COUNT, count);
  r.out(COMMAND, SET_MULTIPLE);
  return r.settle();
}

/** Rising edges of the interrupt. */
const interrupts = (r: Rig) => r.log.filter((line) => line.endsWith("high")).length;

describe("IDENTIFY", () => {
  it("says what the disk is, in text whose bytes are swapped", () => {
    const id = rig([disk(diskOf(4))]).identify();
    expect(identifyText(id, 27, 20)).toBe("UMBRA DISK");
    expect(identifyText(id, 10, 10)).toBe("UMBRA-0001");
    expect(identifyText(id, 23, 4)).toBe("1.0");
    expect(id[0] & 0x8000, "an ATA device").toBe(0);
  });

  it.each([
    [1008, 1, 1008],
    [63 * 16 * 100 + 5, 100, 100 * 1008],
    [16_514_064, 16_383, 16_514_064],
    [0x1000_0000, 16_383, 16_514_064],
  ])("%d sectors are %d cylinders of 16 heads and 63 sectors", (total, cylinders, chsSectors) => {
    const id = rig([disk(new PatternDisk(total))]).identify();
    expect([id[1], id[3], id[6]]).toEqual([cylinders, 16, 63]);
    expect([id[54], id[55], id[56], id[57] | (id[58] << 16)]).toEqual([cylinders, 16, 63, chsSectors]);
  });

  it("counts sectors in 28 bits as far as they go, and in 48", () => {
    const total = 2 ** 34 + 5;
    const id = rig([disk(new PatternDisk(total))]).identify();
    expect(id[60] + id[61] * 2 ** 16).toBe(0x0fff_ffff);
    expect(id[100] + id[101] * 2 ** 16 + id[102] * 2 ** 32 + id[103] * 2 ** 48).toBe(total);
    expect(id[83] & 0x0400, "48-bit addresses").not.toBe(0);
  });

  it("offers LBA, DMA, multiword modes to 2, Ultra DMA modes to 5, blocks of 16 sectors", () => {
    const id = rig([disk(diskOf(4))]).identify();
    expect(id[49] & 0x0300).toBe(0x0300);
    expect([id[63] & 7, id[88] & 0xff, id[47] & 0xff, id[53]]).toEqual([7, 0x3f, 16, 7]);
  });

  it("ends with a checksum over all bytes", () => {
    const id = rig([disk(diskOf(4))]).identify();
    expect(id[255] & 0xff).toBe(0xa5);
    expect(id.reduce((sum, word) => sum + (word & 0xff) + (word >> 8), 0) % 256).toBe(0);
  });

  it("is one block with one interrupt, and none after it", () => {
    const r = rig([disk(diskOf(4))]);
    r.out(COMMAND, 0xec);
    expect(r.altStatus() & BSY).toBe(BSY);
    r.pass(1000);
    expect(r.altStatus()).toBe(READY | DRQ);
    r.readBytes(512);
    expect(r.inp(STATUS)).toBe(READY);
    r.pass(1000);
    expect(interrupts(r)).toBe(1);
  });
});

describe("reading by PIO", () => {
  it("interrupts once for each sector, before its data", () => {
    const r = rig([disk(diskOf(16))]);
    r.command(READ, 3, 3);
    for (let i = 0; i < 3; i++) {
      expect(r.altStatus() & (BSY | DRQ)).toBe(BSY);
      r.pass(1000);
      expect(r.altStatus()).toBe(READY | DRQ);
      expect(interrupts(r)).toBe(i + 1);
      r.inp(STATUS);
      expect(r.readBytes(512)).toEqual(sectorBytes(3 + i));
    }
    expect(r.inp(STATUS)).toBe(READY);
    r.pass(1000);
    expect(interrupts(r)).toBe(3);
  });

  it("takes guest time: 100 us and 5 us for a sector", () => {
    const r = rig([disk(diskOf(16))]);
    r.command(READ, 0, 1);
    r.pass(104);
    expect(r.altStatus() & BSY).toBe(BSY);
    r.pass(1);
    expect(r.altStatus() & DRQ).toBe(DRQ);
  });

  it("takes a count of 0 for 256, or for 65536 with 48 bits", () => {
    const r = rig([disk(new PatternDisk(70_000))]);
    r.command(READ, 0, 0);
    for (let i = 0; i < 256; i++) {
      expect(r.settle() & DRQ).toBe(DRQ);
      r.readBytes(512);
    }
    expect(r.settle()).toBe(READY);
    r.commandExt(VERIFY_EXT, 0, 0);
    expect(r.settle()).toBe(READY);
    expect(r.address48()).toBe(65_535);
  });

  it("in blocks interrupts once for each block; the last may be short", () => {
    const r = rig([disk(diskOf(32))]);
    expect(setMultiple(r, 4)).toBe(READY);
    r.log.length = 0;
    r.command(READ_MULTIPLE, 5, 10);
    for (const [first, count] of [
      [5, 4],
      [9, 4],
      [13, 2],
    ]) {
      expect(r.settle()).toBe(READY | DRQ);
      expect(r.readBytes(count * 512)).toEqual(sectors(first, count));
    }
    expect(r.settle()).toBe(READY);
    expect(interrupts(r)).toBe(3);
  });

  it("reaches sectors beyond 28 bits with the EXT commands", () => {
    const r = rig([disk(new PatternDisk(2 ** 41))]);
    const lba = 2 ** 40 + 0x123;
    r.commandExt(READ_EXT, lba, 1);
    expect(r.settle()).toBe(READY | DRQ);
    expect(r.readBytes(512)).toEqual(sectorBytes(lba % 2 ** 32));
    setMultiple(r, 2);
    r.commandExt(READ_MULTIPLE_EXT, lba, 2);
    expect(r.settle()).toBe(READY | DRQ);
    expect(r.readBytes(1024).subarray(512)).toEqual(sectorBytes((lba + 1) % 2 ** 32));
    expect(r.settle()).toBe(READY);
    expect(r.address48()).toBe(lba + 1);
  });

  it("by cylinder, head and sector follows INITIALIZE PARAMETERS", () => {
    const r = rig([disk(diskOf(2048))]);
    chs(r, READ, 1, 2, 3);
    r.settle();
    expect(r.readBytes(512)).toEqual(sectorBytes(1008 + 2 * 63 + 2));
    // 4 heads of 17 sectors.
    chs(r, 0x91, 0, 3, 0, 17);
    expect(r.settle()).toBe(READY);
    const id = r.identify();
    expect([id[54], id[55], id[56]]).toEqual([30, 4, 17]);
    expect([id[1], id[3], id[6]], "the default stays").toEqual([2, 16, 63]);
    chs(r, READ, 5, 3, 17);
    r.settle();
    expect(r.readBytes(512)).toEqual(sectorBytes(5 * 68 + 3 * 17 + 16));
    expect([r.inp(LOW), r.inp(MID), r.inp(DEVICE) & 15]).toEqual([17, 5, 3]);
  });
});

describe("writing by PIO", () => {
  it("asks for the first sector without an interrupt, and interrupts after each", () => {
    const image = diskOf(16);
    const r = rig([disk(image)]);
    r.command(WRITE, 3, 3);
    r.pass(1000);
    expect(r.altStatus()).toBe(READY | DRQ);
    expect(interrupts(r)).toBe(0);
    for (let i = 0; i < 3; i++) {
      r.writeBytes(sectorBytes(100 + i));
      expect(r.altStatus() & (BSY | DRQ)).toBe(BSY);
      r.pass(1000);
      expect(interrupts(r)).toBe(i + 1);
      expect(r.inp(STATUS)).toBe(i < 2 ? READY | DRQ : READY);
    }
    expect(image.bytes.subarray(3 * 512, 6 * 512)).toEqual(sectors(100, 3));
    expect(image.bytes.subarray(6 * 512, 7 * 512)).toEqual(sectorBytes(6));
  });

  it("in blocks interrupts after each block", () => {
    const image = diskOf(32);
    const r = rig([disk(image)]);
    setMultiple(r, 8);
    r.log.length = 0;
    r.command(WRITE_MULTIPLE, 1, 12);
    r.settle();
    r.writeBytes(sectors(200, 8));
    expect(r.settle()).toBe(READY | DRQ);
    r.writeBytes(sectors(208, 4));
    expect(r.settle()).toBe(READY);
    expect(interrupts(r)).toBe(2);
    expect(image.bytes.subarray(512, 13 * 512)).toEqual(sectors(200, 12));
  });

  it("with 48 bits writes what the 28-bit command reads", () => {
    const r = rig([disk(diskOf(16))]);
    r.commandExt(WRITE_EXT, 7, 1);
    r.settle();
    r.writeBytes(sectorBytes(99));
    r.settle();
    r.command(READ, 7, 1);
    r.settle();
    expect(r.readBytes(512)).toEqual(sectorBytes(99));
  });

  it("to a read-only disk is aborted before any data", () => {
    const r = rig([disk(diskOf(16, true))]);
    r.command(WRITE, 3, 1);
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(ABRT);
  });

  it("flushes by itself while the write cache is off", () => {
    const image = new PatternDisk(16);
    const r = rig([disk(image)]);
    const write = () => {
      r.command(WRITE, 3, 1);
      r.settle();
      r.writeBytes(sectorBytes(3));
      return r.settle();
    };
    expect(write()).toBe(READY);
    expect(image.flushes).toBe(0);
    expect(feature(r, 0x82)).toBe(READY);
    expect(r.identify()[85] & 0x20).toBe(0);
    image.flushes = 0;
    expect(write()).toBe(READY);
    expect(image.flushes).toBe(1);
    image.flushWorks = false;
    expect(write()).toBe(READY | DF | ERR);
    image.flushWorks = true;
    feature(r, 0x02);
    expect(r.identify()[85] & 0x20).toBe(0x20);
  });
});

describe("the end of the disk", () => {
  it.each([
    [READ, 15, 3, 1],
    [READ, 16, 1, 0],
    [READ, 500, 256, 0],
  ])(
    "command %x at %d for %d sectors moves %d and names the first that is not there",
    (code, lba, count, good) => {
      const r = rig([disk(diskOf(16))]);
      r.command(code, lba, count & 0xff);
      for (let i = 0; i < good; i++) {
        expect(r.settle()).toBe(READY | DRQ);
        expect(r.readBytes(512)).toEqual(sectorBytes(lba + i));
      }
      expect(r.settle()).toBe(READY | ERR);
      expect(r.inp(ERROR)).toBe(IDNF);
      expect(r.address()).toBe(lba + good);
      expect(r.inp(COUNT)).toBe((count - good) & 0xff);
    },
  );

  it("inside a block of READ MULTIPLE: ERR with DRQ, the block is moved, and the command is over", () => {
    const r = rig([disk(diskOf(16))]);
    setMultiple(r, 4);
    r.log.length = 0;
    r.command(READ_MULTIPLE, 14, 8);
    expect(r.settle()).toBe(READY | DRQ | ERR);
    expect(r.readBytes(2048).subarray(0, 1024)).toEqual(sectors(14, 2));
    expect(r.settle()).toBe(READY | ERR);
    expect([r.inp(ERROR), r.address(), r.inp(COUNT)]).toEqual([IDNF, 16, 6]);
    r.pass(1000);
    expect(interrupts(r)).toBe(1);
  });

  it("inside a block of WRITE MULTIPLE: what is on the disk is written", () => {
    const image = diskOf(16);
    const r = rig([disk(image)]);
    setMultiple(r, 4);
    r.command(WRITE_MULTIPLE, 14, 8);
    expect(r.settle()).toBe(READY | DRQ);
    r.writeBytes(sectors(70, 4));
    expect(r.settle()).toBe(READY | ERR);
    expect([r.inp(ERROR), r.address(), r.inp(COUNT)]).toEqual([IDNF, 16, 6]);
    expect(image.bytes.subarray(14 * 512)).toEqual(sectors(70, 2));
  });

  it("when writing by sectors comes before the data of the missing one", () => {
    const r = rig([disk(diskOf(16))]);
    r.command(WRITE, 15, 2);
    r.settle();
    r.writeBytes(sectorBytes(1));
    expect(r.settle()).toBe(READY | ERR);
    expect([r.inp(ERROR), r.address(), r.inp(COUNT)]).toEqual([IDNF, 16, 1]);
  });

  it("stops READ VERIFY and SEEK", () => {
    const r = rig([disk(diskOf(200))]);
    r.command(VERIFY, 190, 20);
    expect(r.settle()).toBe(READY | ERR);
    expect([r.inp(ERROR), r.address(), r.inp(COUNT)]).toEqual([IDNF, 200, 10]);
    r.command(0x70, 199);
    expect(r.settle()).toBe(READY);
    r.command(0x7f, 200);
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(IDNF);
  });

  it("beyond 28 bits is named with 48", () => {
    const total = 2 ** 30;
    const r = rig([disk(new PatternDisk(total))]);
    r.commandExt(VERIFY_EXT, total - 300, 1000);
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(IDNF);
    expect(r.address48()).toBe(total);
    r.control(HOB);
    expect(r.inp(COUNT)).toBe(700 >> 8);
  });

  it.each([
    ["sector 0", 0, 0, 0],
    ["sector 64", 0, 0, 64],
    ["cylinder 2 of 2", 2, 0, 1],
  ])("in CHS: %s is not there", (_what, cylinder, head, sector) => {
    const r = rig([disk(diskOf(2048))]);
    chs(r, READ, cylinder, head, sector);
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(IDNF);
  });

  it("a head that the geometry does not have is not there", () => {
    const r = rig([disk(diskOf(2048))]);
    chs(r, 0x91, 0, 1, 0, 63);
    r.settle();
    chs(r, READ, 0, 2, 1);
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(IDNF);
  });

  it("the last cylinder of a disk smaller than one ends where the disk does", () => {
    const r = rig([disk(diskOf(100))]);
    chs(r, READ, 0, 1, 37, 2);
    expect(r.settle()).toBe(READY | DRQ);
    r.readBytes(512);
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(IDNF);
  });
});

describe("sectors that the host cannot move", () => {
  it("reading: UNC at the bad one, after the good ones before it", () => {
    const r = rig([disk(new PatternDisk(64, [7]))]);
    r.command(READ, 6, 4);
    r.settle();
    r.readBytes(512);
    expect(r.settle()).toBe(READY | ERR);
    expect([r.inp(ERROR), r.address(), r.inp(COUNT)]).toEqual([UNC, 7, 3]);
  });

  it("verifying: UNC at the bad one", () => {
    const r = rig([disk(new PatternDisk(64, [7]))]);
    r.command(VERIFY, 0, 64);
    expect(r.settle()).toBe(READY | ERR);
    expect([r.inp(ERROR), r.address(), r.inp(COUNT)]).toEqual([UNC, 7, 57]);
  });

  it("writing: a device fault at the bad one", () => {
    const r = rig([disk(new PatternDisk(64, [7]))]);
    setMultiple(r, 4);
    r.command(WRITE_MULTIPLE, 6, 4);
    r.settle();
    r.writeBytes(sectors(0, 4));
    expect(r.settle()).toBe(READY | DF | ERR);
    expect([r.inp(ERROR), r.address(), r.inp(COUNT)]).toEqual([ABRT, 7, 3]);
  });

  it("flushing: a device fault", () => {
    const image = new PatternDisk(64);
    image.flushWorks = false;
    const r = rig([disk(image)]);
    r.command(0xea);
    expect(r.settle()).toBe(READY | DF | ERR);
    image.flushWorks = true;
    r.command(0xe7);
    expect(r.settle()).toBe(READY);
    expect(image.flushes).toBe(2);
  });
});

describe("settings", () => {
  it.each([
    [1, READY],
    [16, READY],
    [0, READY],
    [3, READY | ERR],
    [32, READY | ERR],
  ])("SET MULTIPLE of %d", (count, status) => {
    expect(setMultiple(rig([disk(diskOf(4))]), count)).toBe(status);
  });

  it("READ MULTIPLE before SET MULTIPLE is aborted, and after a count that is refused", () => {
    const r = rig([disk(diskOf(64))]);
    r.command(READ_MULTIPLE, 0, 4);
    expect(r.settle()).toBe(READY | ERR);
    setMultiple(r, 8);
    expect(r.identify()[59]).toBe(0x0108);
    setMultiple(r, 5);
    r.command(READ_MULTIPLE, 0, 4);
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(ABRT);
  });

  it.each([
    ["multiword 2", 0x22, 0x0407, 0x003f],
    ["Ultra 5", 0x45, 0x0007, 0x203f],
    ["Ultra 0", 0x40, 0x0007, 0x013f],
  ])("transfer mode %s shows in words 63 and 88", (_name, mode, word63, word88) => {
    const r = rig([disk(diskOf(4))]);
    expect(feature(r, 3, mode)).toBe(READY);
    const id = r.identify();
    expect([id[63], id[88]]).toEqual([word63, word88]);
  });

  it.each([0x0c, 0x00, 0x01])("PIO mode %x leaves the DMA mode", (mode) => {
    const r = rig([disk(diskOf(4))]);
    feature(r, 3, 0x44);
    expect(feature(r, 3, mode)).toBe(READY);
    expect(r.identify()[88]).toBe(0x103f);
  });

  it.each([0x0d, 0x23, 0x46, 0x10, 0x80])("transfer mode %x is refused", (mode) => {
    expect(feature(rig([disk(diskOf(4))]), 3, mode)).toBe(READY | ERR);
  });

  it("features that are not there are aborted and reported", () => {
    const r = rig([disk(diskOf(4))]);
    expect(feature(r, 0x01)).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(ABRT);
    expect(r.errors).toEqual(["ide0 COMMAND: SET FEATURES: feature 01 is not there"]);
  });

  it("a software reset reverts them, but not the transfer mode and the geometry, nor anything after feature 66", () => {
    const r = rig([disk(diskOf(2048))]);
    const change = () => {
      feature(r, 3, 0x42);
      feature(r, 0x55);
      setMultiple(r, 8);
      chs(r, 0x91, 0, 3, 0, 17);
      r.settle();
      r.control(SRST);
      r.control(0);
      r.settle();
      const id = r.identify();
      return [id[88], id[85] & 0x40, id[59], id[55]];
    };
    expect(change()).toEqual([0x043f, 0x40, 0, 4]);
    feature(r, 0x66);
    expect(change()).toEqual([0x043f, 0, 0x0108, 4]);
    feature(r, 0xcc);
    expect(change()).toEqual([0x043f, 0x40, 0, 4]);
  });

  it("INITIALIZE PARAMETERS refuses a track without sectors", () => {
    const r = rig([disk(diskOf(4))]);
    chs(r, 0x91, 0, 3, 0, 0);
    expect(r.settle()).toBe(READY | ERR);
  });
});

describe("power", () => {
  const check = (r: Rig, code = CHECK_POWER) => {
    r.out(COMMAND, code);
    r.settle();
    return r.inp(COUNT);
  };
  const give = (r: Rig, code: number, count = 0) => {
    r.out(COUNT, count);
    r.out(COMMAND, code);
    return r.settle();
  };

  it.each([
    ["STANDBY IMMEDIATE", 0xe0, 0x00],
    ["IDLE IMMEDIATE", 0xe1, 0x80],
    ["STANDBY", 0xe2, 0x00],
    ["IDLE", 0xe3, 0x80],
    ["STANDBY IMMEDIATE as of old", 0x94, 0x00],
    ["IDLE as of old", 0x97, 0x80],
  ])("after %s CHECK POWER says so, until the medium is used", (_name, code, mode) => {
    const r = rig([disk(diskOf(4))]);
    expect(check(r)).toBe(0xff);
    expect(give(r, code)).toBe(READY);
    expect([check(r), check(r, 0x98)]).toEqual([mode, mode]);
    r.command(VERIFY, 0, 1);
    r.settle();
    expect(check(r)).toBe(0xff);
  });

  it("the standby timer counts units of 5 seconds since the disk was used", () => {
    const r = rig([disk(diskOf(4))]);
    give(r, 0xe3, 2);
    r.pass(9_000_000);
    expect(check(r)).toBe(0x80);
    r.pass(1_000_000);
    expect(check(r)).toBe(0x00);
    r.command(VERIFY, 0, 1);
    r.settle();
    expect(check(r)).toBe(0xff);
  });

  it("a sleeping disk hears nothing but a reset", () => {
    const r = rig([disk(diskOf(4))]);
    expect(give(r, 0xe6)).toBe(READY);
    r.log.length = 0;
    r.command(READ, 0, 1);
    r.pass(10_000);
    expect(interrupts(r)).toBe(0);
    expect(r.errors).toEqual(["ide0 COMMAND: READ SECTORS to a sleeping drive, which only a reset wakes"]);
    r.control(SRST);
    r.control(0);
    r.settle();
    r.command(READ, 0, 1);
    expect(r.settle()).toBe(READY | DRQ);
  });
});

describe("other commands", () => {
  it("READ NATIVE MAX names the last sector, in 28 bits as far as they go", () => {
    const small = rig([disk(diskOf(100))]);
    small.command(0xf8);
    expect(small.settle()).toBe(READY);
    expect(small.address()).toBe(99);
    const large = rig([disk(new PatternDisk(2 ** 40))]);
    large.command(0xf8);
    large.settle();
    expect(large.address()).toBe(0x0fff_ffff);
    large.out(DEVICE, LBA);
    large.out(COMMAND, 0x27);
    large.settle();
    expect(large.address48()).toBe(2 ** 40 - 1);
  });

  it("RECALIBRATE works with any step rate", () => {
    const r = rig([disk(diskOf(4))]);
    for (const code of [0x10, 0x1f]) {
      r.out(COMMAND, code);
      expect(r.settle()).toBe(READY);
    }
  });

  it("NOP is always aborted", () => {
    const r = rig([disk(diskOf(4))]);
    r.out(COMMAND, 0x00);
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(ABRT);
  });

  it.each([0x22, 0x32, 0x3c, 0x50, 0xb0, 0xe4, 0xe8, 0xf1, 0xf9, 0xff])(
    "%x is aborted and reported",
    (code) => {
      const r = rig([disk(diskOf(4))]);
      r.out(COMMAND, code);
      expect(r.settle()).toBe(READY | ERR);
      expect(r.inp(ERROR)).toBe(ABRT);
      expect(r.errors.length).toBe(1);
    },
  );
});
