import { describe, expect, it } from "vitest";
import type { Disk } from "../../../src/devices/disk.ts";
import {
  ABRT,
  BSY,
  COMMAND,
  COUNT,
  cdrom,
  DEVICE,
  DRDY,
  DRQ,
  DSC,
  diskOf,
  ERR,
  ERROR,
  FEATURES,
  HIGH,
  identifyText,
  MID,
  PatternDisk,
  type Rig,
  rig,
  SRST,
  STATUS,
  sectorBytes,
} from "./rig.ts";

const READY = DRDY | DSC;
const [COMMAND_PHASE, TO_HOST, STATUS_PHASE] = [1, 2, 3];
const [NOT_READY, MEDIUM_ERROR, ILLEGAL, ATTENTION] = [2, 3, 5, 6];
const TABLE = 0x100;

/** Sector n of the disc is four of the disk below. */
const cdSectors = (first: number, count: number) =>
  Uint8Array.from(Array.from({ length: count * 4 }, (_, i) => [...sectorBytes(first * 4 + i)]).flat());

const read10 = (lba: number, count: number) => [
  0x28,
  0,
  lba >>> 24,
  (lba >> 16) & 0xff,
  (lba >> 8) & 0xff,
  lba & 0xff,
  0,
  count >> 8,
  count & 0xff,
];

/** Gives PACKET, and the packet when the drive asks for it. */
function send(r: Rig, packet: readonly number[], limit = 0xfffe, features = 0): void {
  r.out(DEVICE, 0);
  r.out(FEATURES, features);
  r.out(MID, limit & 0xff);
  r.out(HIGH, limit >> 8);
  r.out(COMMAND, 0xa0);
  r.settle();
  const bytes = new Uint8Array(12);
  bytes.set(packet);
  r.writeBytes(bytes);
}

const byteCount = (r: Rig) => r.inp(MID) | (r.inp(HIGH) << 8);

/** The answer, by PIO; null if the command failed. */
function packet(r: Rig, bytes: readonly number[], limit = 0xfffe): Uint8Array | null {
  send(r, bytes, limit);
  const data: number[] = [];
  for (;;) {
    const status = r.settle();
    if ((status & ERR) !== 0) return null;
    if ((status & DRQ) === 0) return Uint8Array.from(data);
    data.push(...r.readBytes(byteCount(r)));
  }
}

/** Key, code, qualifier. */
function sense(r: Rig): number[] {
  const data = packet(r, [0x03, 0, 0, 0, 18]) as Uint8Array;
  return [data[2], data[12], data[13]];
}

/** A drive whose first unit attention has been heard. */
function drive(disc: Disk | null): Rig {
  const r = rig([cdrom(disc)]);
  sense(r);
  r.errors.length = 0;
  r.log.length = 0;
  return r;
}

const ok = new Uint8Array(0);
const testReady = (r: Rig) => packet(r, [0x00]);
const interrupts = (r: Rig) => r.log.filter((line) => line.endsWith("high")).length;

describe("IDENTIFY PACKET", () => {
  it("says CD-ROM, removable, packets of 12 bytes, asked for without an interrupt", () => {
    const id = rig([cdrom(null)]).identify(0xa1);
    expect(id[0]).toBe(0x85c0);
    expect(identifyText(id, 27, 20)).toBe("UMBRA CD-ROM");
    expect(id[49] & 0x0300).toBe(0x0300);
    expect([id[63] & 7, id[88] & 0xff]).toEqual([7, 7]);
    expect(id[82] & 0x0210, "PACKET, DEVICE RESET").toBe(0x0210);
  });

  it("SET FEATURES chooses the transfer mode", () => {
    const r = rig([cdrom(null)]);
    r.out(FEATURES, 3);
    r.out(COUNT, 0x41);
    r.out(COMMAND, 0xef);
    expect(r.settle()).toBe(READY);
    expect(r.identify(0xa1)[88]).toBe(0x0207);
    r.out(COUNT, 0x43);
    r.out(COMMAND, 0xef);
    expect(r.settle()).toBe(READY | ERR);
  });
});

describe("the packet protocol", () => {
  it("asks for the packet without an interrupt, and ends a command without data with one", () => {
    const r = drive(diskOf(64));
    r.out(COMMAND, 0xa0);
    expect(r.altStatus() & BSY).toBe(BSY);
    r.pass(50);
    expect(r.altStatus()).toBe(READY | DRQ);
    expect(r.inp(COUNT)).toBe(COMMAND_PHASE);
    expect(interrupts(r)).toBe(0);
    r.writeBytes(new Uint8Array(12));
    expect(r.altStatus() & (BSY | DRQ)).toBe(BSY);
    r.pass(1000);
    expect(r.altStatus()).toBe(READY);
    expect(r.inp(COUNT)).toBe(STATUS_PHASE);
    expect(interrupts(r)).toBe(1);
  });

  it.each([
    [2048, [2048, 2048, 2048]],
    [0xfffe, [6144]],
    [4096, [4096, 2048]],
    [1000, [1000, 1000, 1000, 1000, 1000, 1000, 144]],
    [2501, [2500, 2500, 1144]],
    [0, [6144]],
  ])(
    "with a byte count limit of %d sends three sectors in blocks of %j, an interrupt each",
    (limit, blocks) => {
      const r = drive(new PatternDisk(400));
      send(r, read10(20, 3), limit);
      const data: number[] = [];
      const lengths: number[] = [];
      while ((r.settle() & DRQ) !== 0) {
        expect(r.inp(COUNT)).toBe(TO_HOST);
        lengths.push(byteCount(r));
        data.push(...r.readBytes(byteCount(r)));
      }
      expect(lengths).toEqual(blocks);
      expect(Uint8Array.from(data)).toEqual(cdSectors(20, 3));
      expect([r.inp(STATUS), r.inp(COUNT)]).toEqual([READY, STATUS_PHASE]);
      expect(interrupts(r)).toBe(blocks.length + 1);
    },
  );

  it("sends more than the buffer holds", () => {
    const r = drive(new PatternDisk(1000));
    expect(packet(r, read10(5, 70), 2048)).toEqual(cdSectors(5, 70));
  });

  it("pads an answer of odd length to a word", () => {
    const r = drive(null);
    send(r, [0x12, 0, 0, 0, 5]);
    r.settle();
    expect(byteCount(r)).toBe(5);
    expect([r.word(), r.word(), r.word()]).toEqual([0x8005, 0x2100, 31]);
    expect(r.settle()).toBe(READY);
  });

  it("moves data by DMA, with one interrupt at the end", () => {
    const r = drive(new PatternDisk(400));
    r.memory.prds(TABLE, [
      [0x1_0000, 0],
      [0x2_0000, 8 * 2048],
    ]);
    r.master.table(TABLE);
    send(r, read10(30, 40), 0, 1);
    r.master.start(true);
    expect(r.settle()).toBe(READY);
    expect(r.memory.bytes.subarray(0x1_0000, 0x1_0000 + 40 * 2048)).toEqual(cdSectors(30, 40));
    expect([r.inp(COUNT), interrupts(r), r.master.read(2)]).toEqual([STATUS_PHASE, 1, 4]);
  });

  it("by DMA ends short answers with the table still active", () => {
    const r = drive(null);
    r.memory.prds(TABLE, [[0x4000, 4096]]);
    r.master.table(TABLE);
    send(r, [0x12, 0, 0, 0, 36], 0, 1);
    r.master.start(true);
    expect(r.settle()).toBe(READY);
    expect(String.fromCharCode(...r.memory.bytes.subarray(0x4008, 0x400d))).toBe("UMBRA");
    expect(r.master.read(2)).toBe(5);
  });

  it("aborts overlapped commands", () => {
    const r = drive(null);
    r.out(FEATURES, 2);
    r.out(COMMAND, 0xa0);
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR)).toBe(ABRT);
  });

  it.each([0x20, 0x30, 0xc8, 0xe7])("aborts the disk command %x, and shows the signature", (code) => {
    const r = drive(diskOf(64));
    r.out(COMMAND, code);
    expect(r.settle()).toBe(READY | ERR);
    expect([r.inp(ERROR), r.inp(MID), r.inp(HIGH)]).toEqual([ABRT, 0x14, 0xeb]);
  });
});

describe("sense data", () => {
  it.each([
    ["power-on", (_r: Rig) => {}],
    [
      "a software reset",
      (r: Rig) => {
        sense(r);
        r.control(SRST);
        r.control(0);
        r.settle();
      },
    ],
    [
      "DEVICE RESET",
      (r: Rig) => {
        sense(r);
        r.out(COMMAND, 0x08);
        r.settle();
      },
    ],
  ])("after %s there is a unit attention, once", (_what, provoke) => {
    const r = rig([cdrom(diskOf(64))]);
    provoke(r);
    expect(packet(r, [0x12, 0, 0, 0, 36])?.length, "INQUIRY does not mind").toBe(36);
    expect(testReady(r)).toBeNull();
    expect(r.inp(ERROR) >> 4).toBe(ATTENTION);
    expect(sense(r)).toEqual([ATTENTION, 0x29, 0]);
    expect(testReady(r)).toEqual(ok);
    expect(sense(r)).toEqual([0, 0, 0]);
  });

  it("REQUEST SENSE answers an attention that nothing has reported yet", () => {
    const r = rig([cdrom(diskOf(64))]);
    expect(sense(r)).toEqual([ATTENTION, 0x29, 0]);
    expect(testReady(r)).toEqual(ok);
  });

  it("is of the last command only", () => {
    const r = drive(diskOf(64));
    expect(packet(r, [0xff])).toBeNull();
    testReady(r);
    expect(sense(r)).toEqual([0, 0, 0]);
  });

  it("unknown commands are illegal requests, and reported", () => {
    const r = drive(diskOf(64));
    expect(packet(r, [0xad])).toBeNull();
    expect(r.inp(ERROR) >> 4).toBe(ILLEGAL);
    expect(sense(r)).toEqual([ILLEGAL, 0x20, 0]);
    expect(r.errors).toEqual(["ide0 PACKET: packet command ad"]);
  });

  it("names the sector that cannot be read, after the good ones", () => {
    const r = drive(new PatternDisk(400, [42 * 4 + 1]));
    send(r, read10(40, 5));
    r.settle();
    expect(r.readBytes(byteCount(r))).toEqual(cdSectors(40, 2));
    expect(r.settle()).toBe(READY | ERR);
    expect(r.inp(ERROR) >> 4).toBe(MEDIUM_ERROR);
    const data = packet(r, [0x03, 0, 0, 0, 18]) as Uint8Array;
    expect([...data.subarray(0, 7)]).toEqual([0xf0, 0, MEDIUM_ERROR, 0, 0, 0, 42]);
    expect([data[12], data[13]]).toEqual([0x11, 0]);
  });
});

describe("discs", () => {
  it("without one, the drive is not ready", () => {
    const r = drive(null);
    for (const command of [[0x00], [0x25], read10(0, 1), [0x43, 0, 0, 0, 0, 0, 0, 0, 12]]) {
      expect(packet(r, command)).toBeNull();
      expect(sense(r)).toEqual([NOT_READY, 0x3a, 1]);
    }
  });

  it("one that is put in is a unit attention, then ready; one taken out is gone", () => {
    const r = drive(null);
    const [cd] = r.ide.cdDrives;
    cd.insert(diskOf(64));
    expect(testReady(r)).toBeNull();
    expect(sense(r)).toEqual([ATTENTION, 0x28, 0]);
    expect(testReady(r)).toEqual(ok);
    expect(packet(r, read10(15, 1))).toEqual(cdSectors(15, 1));
    cd.insert(null);
    expect(testReady(r)).toBeNull();
    expect(sense(r)).toEqual([NOT_READY, 0x3a, 1]);
  });

  it("are announced by GET EVENT STATUS NOTIFICATION, once", () => {
    const r = drive(null);
    const poll = () => [...(packet(r, [0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8]) as Uint8Array)];
    expect(poll()).toEqual([0, 6, 4, 0x10, 0, 0, 0, 0]);
    r.ide.cdDrives[0].insert(diskOf(64));
    expect(poll()).toEqual([0, 6, 4, 0x10, 2, 2, 0, 0]);
    expect(poll()).toEqual([0, 6, 4, 0x10, 0, 2, 0, 0]);
    r.ide.cdDrives[0].insert(null);
    expect(poll()).toEqual([0, 6, 4, 0x10, 3, 0, 0, 0]);
    expect(packet(r, [0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8])).toEqual(Uint8Array.of(0, 2, 0x80, 0x10));
    expect(packet(r, [0x4a, 0, 0, 0, 0x10, 0, 0, 0, 8])).toBeNull();
    expect(sense(r)).toEqual([ILLEGAL, 0x24, 0]);
  });

  it("the tray opens and closes; a lock holds it", () => {
    const r = drive(diskOf(64));
    expect(packet(r, [0x1e, 0, 0, 0, 1])).toEqual(ok);
    expect(packet(r, [0x1b, 0, 0, 0, 2])).toBeNull();
    expect(sense(r)).toEqual([ILLEGAL, 0x53, 2]);
    packet(r, [0x1e, 0, 0, 0, 0]);
    expect(packet(r, [0x1b, 0, 0, 0, 2])).toEqual(ok);
    expect(testReady(r)).toBeNull();
    expect(sense(r)).toEqual([NOT_READY, 0x3a, 2]);
    expect(packet(r, [0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8])?.[1]).toBe(0x10);
    expect(packet(r, [0x1b, 0, 0, 0, 3])).toEqual(ok);
    expect(testReady(r)).toBeNull();
    expect(sense(r)).toEqual([ATTENTION, 0x28, 0]);
    expect(testReady(r)).toEqual(ok);
  });

  it("a disc that is swapped for a smaller one in the middle of a read ends the read", () => {
    const r = drive(new PatternDisk(1000));
    send(r, read10(100, 60));
    r.settle();
    r.ide.cdDrives[0].insert(diskOf(64));
    r.readBytes(byteCount(r));
    while ((r.settle() & DRQ) !== 0) r.readBytes(byteCount(r));
    expect(r.inp(STATUS)).toBe(READY | ERR);
    expect(r.inp(ERROR) >> 4).toBe(NOT_READY);
  });
});

describe("reading", () => {
  it.each([
    ["READ(10)", read10(7, 2)],
    ["READ(12)", [0xa8, 0, 0, 0, 0, 7, 0, 0, 0, 2]],
    ["READ CD", [0xbe, 0, 0, 0, 0, 7, 0, 0, 2, 0x10]],
    ["READ CD of mode 1", [0xbe, 2 << 2, 0, 0, 0, 7, 0, 0, 2, 0x10]],
  ])("%s delivers sectors of 2048 bytes", (_name, command) => {
    expect(packet(drive(diskOf(64)), command)).toEqual(cdSectors(7, 2));
  });

  it("nothing is no error: no sectors, no parts", () => {
    const r = drive(diskOf(64));
    expect(packet(r, read10(3, 0))).toEqual(ok);
    expect(packet(r, [0xbe, 0, 0, 0, 0, 7, 0, 0, 2, 0])).toEqual(ok);
  });

  it.each([
    ["one sector too many", read10(15, 2), 0x21],
    ["far away", [0xa8, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 0x21],
    ["SEEK beyond the end", [0x2b, 0, 0, 0, 0, 16], 0x21],
    ["audio", [0xbe, 1 << 2, 0, 0, 0, 7, 0, 0, 2, 0x10], 0x64],
    ["raw sectors", [0xbe, 0, 0, 0, 0, 7, 0, 0, 2, 0xf8], 0x24],
    ["sub-channels", [0xbe, 0, 0, 0, 0, 7, 0, 0, 2, 0x10, 1], 0x24],
  ])("%s is refused before any data", (_what, command, code) => {
    const r = drive(diskOf(64));
    expect(packet(r, command)).toBeNull();
    expect(sense(r)).toEqual([ILLEGAL, code, 0]);
  });
});

describe("what the drive knows", () => {
  const answer = (command: readonly number[], sectors = 64) => [
    ...(packet(drive(diskOf(sectors)), command) as Uint8Array),
  ];

  it("INQUIRY: a removable CD-ROM; the host's length cuts it", () => {
    const data = answer([0x12, 0, 0, 0, 96]);
    expect(data.slice(0, 5)).toEqual([5, 0x80, 0, 0x21, 31]);
    expect(String.fromCharCode(...data.slice(8))).toBe("UMBRA   UMBRA CD-ROM    1.0 ");
    expect(answer([0x12, 0, 0, 0, 8]).length).toBe(8);
    const r = drive(null);
    expect(packet(r, [0x12, 1, 0x80, 0, 96])).toBeNull();
    expect(sense(r)).toEqual([ILLEGAL, 0x24, 0]);
  });

  it("READ CAPACITY: the last sector, and its length", () => {
    expect(answer([0x25])).toEqual([0, 0, 0, 15, 0, 0, 8, 0]);
    expect(answer([0x25], 67), "what does not fill a sector is none").toEqual([0, 0, 0, 15, 0, 0, 8, 0]);
  });

  it.each([
    [
      "tracks by address",
      [0x43, 0, 0, 0, 0, 0, 0, 0, 255],
      [0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 0, 16],
    ],
    [
      "tracks by time",
      [0x43, 2, 0, 0, 0, 0, 0, 0, 255],
      [0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 2, 0, 0, 0x14, 0xaa, 0, 0, 0, 2, 16],
    ],
    ["the lead-out", [0x43, 0, 0, 0, 0, 0, 0xaa, 0, 255], [0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0, 0, 16]],
    ["sessions", [0x43, 0, 1, 0, 0, 0, 0, 0, 255], [0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0]],
    [
      "sessions, the older way",
      [0x43, 0, 0, 0, 0, 0, 0, 0, 12, 0x40],
      [0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0],
    ],
    ["only the header", [0x43, 0, 0, 0, 0, 0, 0, 0, 4], [0, 18, 1, 1]],
  ])("READ TOC: %s", (_what, command, expected) => {
    expect(answer(command)).toEqual(expected);
  });

  it.each([
    ["of a track that is not there", [0x43, 0, 0, 0, 0, 0, 2, 0, 255]],
    ["in a format that is not there", [0x43, 0, 5, 0, 0, 0, 0, 0, 255]],
  ])("READ TOC %s is refused", (_what, command) => {
    const r = drive(diskOf(64));
    expect(packet(r, command)).toBeNull();
    expect(sense(r)).toEqual([ILLEGAL, 0x24, 0]);
  });

  it("READ TOC of a disc longer than any clock ends at 99:59:74", () => {
    const r = drive(new PatternDisk(4 * 2_000_000));
    const data = packet(r, [0x43, 2, 0, 0, 0, 0, 0xaa, 0, 255]) as Uint8Array;
    expect([...data.subarray(8)]).toEqual([0, 99, 59, 74]);
  });

  it("MODE SENSE: the pages, and all of them in order", () => {
    const all = answer([0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 255]);
    expect(all.length).toBe(8 + 8 + 16 + 20);
    expect((all[0] << 8) | all[1]).toBe(all.length - 2);
    expect([all[8], all[16], all[32]]).toEqual([0x01, 0x0e, 0x2a]);
    const page = answer([0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 255]).slice(8);
    expect(page.slice(0, 2)).toEqual([0x2a, 18]);
    expect(page[3], "writes nothing").toBe(0);
    expect(page[6] & 0x29, "a tray with eject and lock").toBe(0x29);
    expect(answer([0x5a, 0, 0x41, 0, 0, 0, 0, 0, 255]).slice(8), "nothing can be changed").toEqual([
      1, 6, 0, 0, 0, 0, 0, 0,
    ]);
  });

  it.each([
    ["saved values", 0xea, 0x39],
    ["a page that is not there", 0x1a, 0x24],
  ])("MODE SENSE of %s is refused", (_what, page, code) => {
    const r = drive(diskOf(64));
    expect(packet(r, [0x5a, 0, page, 0, 0, 0, 0, 0, 255])).toBeNull();
    expect(sense(r)).toEqual([ILLEGAL, code, 0]);
  });

  it("GET CONFIGURATION: the current profile is CD-ROM with a disc, none without", () => {
    const all = answer([0x46, 0, 0, 0, 0, 0, 0, 0, 255]);
    expect(all.slice(0, 4)).toEqual([0, 0, 0, all.length - 4]);
    expect(all.slice(6, 8)).toEqual([0, 8]);
    const codes: number[] = [];
    for (let at = 8; at < all.length; at += 4 + all[at + 3]) codes.push((all[at] << 8) | all[at + 1]);
    expect(codes).toEqual([0, 1, 2, 3, 0x10, 0x1d, 0x1e, 0x100, 0x105]);
    expect(answer([0x46, 2, 0, 0x1e, 0, 0, 0, 0, 255]).slice(8)).toEqual([0, 0x1e, 1, 4, 0, 0, 0, 0]);
    const empty = packet(drive(null), [0x46, 1, 0, 0x10, 0, 0, 0, 0, 255]) as Uint8Array;
    expect([...empty.subarray(6, 10)], "no profile, and what reads is not current").toEqual([0, 0, 1, 0]);
  });

  it("READ DISC INFORMATION: complete, one session, one track", () => {
    expect(answer([0x51, 0, 0, 0, 0, 0, 0, 0, 255]).slice(0, 8)).toEqual([0, 32, 0x0e, 1, 1, 1, 1, 0x20]);
  });

  it("READ SUB-CHANNEL: nothing plays", () => {
    expect(answer([0x42, 0, 0, 1, 0, 0, 0, 0, 255])).toEqual([0, 0x15, 0, 0]);
    const position = answer([0x42, 2, 0x40, 1, 0, 0, 0, 0, 255]);
    expect(position.slice(0, 12)).toEqual([0, 0x15, 0, 12, 1, 0x14, 1, 1, 0, 0, 2, 0]);
    expect(answer([0x42, 0, 0x40, 2, 0, 0, 0, 0, 255]).length).toBe(24);
  });

  it("MECHANISM STATUS: idle, tray closed", () => {
    expect(answer([0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8])).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
