import { describe, expect, it } from "vitest";
import { MemoryDisk } from "../../../src/devices/disk.ts";
import type { DriveKind } from "../../../src/devices/floppy/geometry.ts";
import {
  DOR,
  diskOf,
  drive1440,
  FIFO,
  FROM_MEMORY,
  MSR,
  markOf,
  marks,
  rig,
  TO_MEMORY,
  VERIFY_DMA,
} from "./rig.ts";

const READ = 0xe6;
const READ_ONE_SIDE = 0x46;
const WRITE = 0xc5;
const READ_DELETED = 0xcc;
const READ_DELETED_SKIP = 0xec;
const WRITE_DELETED = 0xc9;
const READ_TRACK = 0x42;
const READ_ID = 0x4a;
const FORMAT = 0x4d;
const VERIFY = 0xd6;
const AT = 0x1_2000;

const started = (...args: Parameters<typeof rig>) => {
  const r = rig(...args);
  r.start();
  return r;
};

/** The bytes behind a command: drive, C, H, R, N, EOT, gap, DTL. */
const chs = (C: number, H: number, R: number, EOT = 18): number[] => [H << 2, C, H, R, 2, EOT, 27, 255];

describe("READ DATA", () => {
  it("moves sectors until terminal count, and says where it would go on", () => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 3 * 512);
    expect(r.run(READ, ...chs(0, 0, 4))).toEqual([0, 0, 0, 0, 0, 7, 2]);
    expect(marks(r.at(AT, 4 * 512))).toEqual([markOf(3), markOf(4), markOf(5), 0]);
    expect([r.irq.level, r.read(MSR)]).toEqual([false, 0x80]);
  });

  it("the interrupt falls with the first result byte", () => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 512);
    r.send(READ, ...chs(0, 0, 1));
    r.awaitIrq();
    r.read(FIFO);
    expect(r.irq.level).toBe(false);
  });

  it("a sector takes its time: a track takes a revolution", () => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 512);
    let begin = r.clock.now;
    r.run(READ, ...chs(0, 0, 1));
    const one = r.clock.now - begin;
    r.channel2(TO_MEMORY, AT, 18 * 512);
    begin = r.clock.now;
    r.run(READ, ...chs(0, 0, 1));
    expect((r.clock.now - begin) / one).toBeGreaterThan(14);
  });

  it("with MT goes on under the second head", () => {
    const r = started();
    r.runSeek(0x0f, 0, 2);
    r.channel2(TO_MEMORY, AT, 4 * 512);
    expect(r.run(READ, ...chs(2, 0, 17))).toEqual([0x04, 0, 0, 2, 1, 3, 2]);
    const first = 2 * 36 + 16;
    expect(marks(r.at(AT, 4 * 512))).toEqual([0, 1, 2, 3].map((i) => markOf(first + i)));
  });

  // The table of result phases: MT, head, the last sector, then C, H, R.
  it.each<[number, number, number, number[]]>([
    [READ_ONE_SIDE, 0, 5, [0, 0, 6]],
    [READ_ONE_SIDE, 0, 18, [1, 0, 1]],
    [READ_ONE_SIDE, 1, 18, [1, 1, 1]],
    [READ, 0, 5, [0, 0, 6]],
    [READ, 0, 18, [0, 1, 1]],
    [READ, 1, 5, [0, 1, 6]],
    [READ, 1, 18, [1, 0, 1]],
  ])("command %i on head %i ending with sector %i results in %j", (command, head, sector, result) => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 512);
    expect(r.run(command, ...chs(0, head, sector)).slice(3, 6)).toEqual(result);
  });

  it("without terminal count at the end of the cylinder ends abnormally", () => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 4 * 512);
    expect(r.run(READ_ONE_SIDE, ...chs(0, 0, 17))).toEqual([0x40, 0x80, 0, 0, 0, 18, 2]);
    expect(marks(r.at(AT, 2 * 512))).toEqual([markOf(16), markOf(17)]);
  });

  // Only who ends a command tells the controller to go on behind it. Linux adds the one sector to its count.
  it.each<[number, number, number[]]>([
    [READ_ONE_SIDE, 1, [0, 1, 18]],
    [READ, 0, [0, 1, 18]],
    [READ, 1, [0, 1, 18]],
  ])(
    "that ends because nothing comes behind EOT leaves the address there: %i on head %i",
    (command, head, result) => {
      const r = started();
      r.channel2(TO_MEMORY, AT, 40 * 512);
      const results = r.run(command, ...chs(0, head, 17));
      expect([results.slice(0, 3), results.slice(3, 6)]).toEqual([[0x44, 0x80, 0], result]);
    },
  );

  it("terminal count in the middle of a sector is enough", () => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 600);
    expect(r.run(READ, ...chs(0, 0, 1))[0]).toBe(0);
    expect(Array.from(r.at(AT + 598, 4))).toEqual([markOf(1), markOf(1), 0, 0]);
  });

  it("through a verifying DMA channel reads and keeps nothing", () => {
    const r = started();
    r.channel2(VERIFY_DMA, AT, 512);
    expect(r.run(READ, ...chs(0, 0, 1))[0]).toBe(0);
    expect(marks(r.at(AT, 512))).toEqual([0]);
  });

  it("without an open DMA channel overruns", () => {
    const r = started();
    expect(r.run(READ, ...chs(0, 0, 1))).toEqual([0x40, 0x10, 0, 0, 0, 1, 2]);
    r.channel2(TO_MEMORY, AT, 512);
    r.write(DOR, 0x14);
    r.send(READ, ...chs(0, 0, 1));
    r.pass(100);
    expect(r.results().slice(0, 2)).toEqual([0x40, 0x10]);
  });

  it("of an image that ends early finds zeros", () => {
    const r = started([{ kind: "1.44M", disk: diskOf(1) }, null]);
    r.memory.fill(9, AT, AT + 1024);
    r.channel2(TO_MEMORY, AT, 1024);
    expect(r.run(READ, ...chs(0, 0, 1))[0]).toBe(0);
    expect(marks(r.at(AT, 1024))).toEqual([markOf(0), 0]);
  });

  it("that the host cannot serve is a data error", () => {
    const broken = new (class extends MemoryDisk {
      override read = () => false;
    })("broken", new Uint8Array(2880 * 512));
    const r = started([{ kind: "1.44M", disk: broken }, null]);
    r.channel2(TO_MEMORY, AT, 512);
    expect(r.run(READ, ...chs(0, 0, 1)).slice(0, 3)).toEqual([0x40, 0x20, 0x20]);
  });
});

describe("a sector is not found", () => {
  const NO_DATA = [0x40, 0x04, 0];
  const NO_MARK = [0x40, 0x01, 0];

  it.each<[string, number[], number[]]>([
    ["without such a sector", chs(0, 0, 19, 19), NO_DATA],
    ["with sector 0", chs(0, 0, 0), NO_DATA],
    ["on another cylinder, which ST2 tells", chs(1, 0, 1), [0x40, 0x04, 0x10]],
    ["with the wrong head in the address", [0, 0, 1, 1, 2, 18, 27, 255], NO_DATA],
    ["of another size", [0, 0, 0, 1, 3, 18, 27, 255], NO_DATA],
  ])("%s", (_, bytes, status) => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 512);
    expect(r.run(READ, ...bytes).slice(0, 3)).toEqual(status);
  });

  it("in FM, since diskettes of a PC are MFM", () => {
    const r = started();
    expect(r.run(0x06, ...chs(0, 0, 1)).slice(0, 3)).toEqual(NO_MARK);
  });

  it("without a motor, without a medium, without a drive", () => {
    const r = started([drive1440(), null]);
    r.write(DOR, 0x0c);
    expect(r.run(READ_ID, 0).slice(0, 3)).toEqual(NO_MARK);
    r.write(DOR, 0x1c);
    r.fdc.drives[0]?.insert(null);
    expect(r.run(READ, ...chs(0, 0, 1)).slice(0, 3)).toEqual(NO_MARK);
    r.write(DOR, 0x2d);
    expect(r.run(READ_ID, 1).slice(0, 3)).toEqual([0x41, 0x01, 0]);
  });

  it("when the medium goes out under the head", () => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 18 * 512);
    r.send(READ, ...chs(0, 0, 1));
    r.pass(3);
    r.fdc.drives[0]?.insert(null);
    r.awaitIrq();
    expect(r.results().slice(0, 3)).toEqual(NO_MARK);
  });

  it("when a diskette with fewer sectors comes under the head", () => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 512);
    r.send(READ, ...chs(0, 0, 18));
    r.fdc.drives[0]?.insert(diskOf(1440));
    r.awaitIrq();
    expect(r.results().slice(0, 3)).toEqual(NO_DATA);
  });

  it.each<[string, number[]]>([
    ["READ DATA", [READ, ...chs(0, 0, 18)]],
    ["WRITE DATA", [WRITE, ...chs(0, 0, 18)]],
  ])("when DOR selects a drive with fewer in the middle of %s", (_, bytes) => {
    const r = started([drive1440(), { kind: "720K", disk: diskOf(1440) }]);
    r.write(DOR, 0x3c);
    r.channel2(bytes[0] === READ ? TO_MEMORY : FROM_MEMORY, AT, 512);
    r.send(...bytes);
    r.write(DOR, 0x3d);
    r.awaitIrq();
    expect(r.results().slice(0, 3)).toEqual(NO_DATA);
  });

  // The rates: 0 is 500, 1 is 300, 2 is 250, 3 is 1000 kbit/s.
  it.each<[DriveKind, number, number]>([
    ["360K", 720, 2],
    ["1.2M", 720, 1],
    ["1.2M", 2400, 0],
    ["720K", 1440, 2],
    ["1.44M", 1440, 2],
    ["1.44M", 2880, 0],
    ["2.88M", 2880, 0],
    ["2.88M", 5760, 3],
  ])("at any other data rate: a drive of %s, %i sectors, only rate %i", (kind, sectors, right) => {
    const r = rig([{ kind, disk: diskOf(sectors) }, null]);
    r.start();
    for (let rate = 0; rate < 4; rate++) {
      r.write(7, rate);
      expect(r.run(READ_ID, 0)[0], `rate ${rate}`).toBe(rate === right ? 0 : 0x40);
    }
  });

  it("between the tracks of a diskette with 40, which a drive of 80 steps over", () => {
    const r = rig([{ kind: "1.2M", disk: diskOf(720) }, null]);
    r.start(0, 1);
    r.runSeek(0x0f, 0, 3);
    expect(r.run(READ_ID, 0).slice(0, 3)).toEqual(NO_MARK);
    r.runSeek(0x0f, 0, 4);
    expect(r.run(READ_ID, 0)[3]).toBe(2);
  });
});

describe("READ ID", () => {
  it("tells cylinder, head, size, and the sectors one after the other", () => {
    const r = started();
    r.runSeek(0x0f, 0, 7);
    const ids = Array.from({ length: 18 }, () => r.run(READ_ID, 4));
    for (const id of ids) expect([...id.slice(0, 5), id[6]]).toEqual([0x04, 0, 0, 7, 1, 2]);
    expect(new Set(ids.map((id) => id[5])).size).toBeGreaterThan(9);
  });
});

describe("WRITE DATA", () => {
  it("puts memory on the medium", () => {
    const r = started();
    r.memory.fill(0xaa, AT, AT + 512);
    r.memory.fill(0xbb, AT + 512, AT + 1024);
    r.channel2(FROM_MEMORY, AT, 1024);
    expect(r.run(WRITE, ...chs(0, 1, 2))).toEqual([0x04, 0, 0, 0, 1, 4, 2]);
    const bytes = r.image();
    expect(marks(bytes.subarray(18 * 512, 22 * 512))).toEqual([markOf(18), 0xaa, 0xbb, markOf(21)]);
  });

  it("fills a sector that terminal count cut short with zeros", () => {
    const r = started();
    r.memory.fill(0xaa, AT, AT + 512);
    r.channel2(FROM_MEMORY, AT, 100);
    expect(r.run(WRITE, ...chs(0, 0, 1))[0]).toBe(0);
    const bytes = r.image();
    expect([bytes[99], bytes[100], bytes[511], bytes[512]]).toEqual([0xaa, 0, 0, markOf(1)]);
  });

  it("on a write-protected medium changes nothing", () => {
    const r = started([{ kind: "1.44M", disk: diskOf(2880, true) }, null]);
    r.channel2(FROM_MEMORY, AT, 512);
    expect(r.run(WRITE, ...chs(0, 0, 1))).toEqual([0x40, 0x02, 0, 0, 0, 1, 2]);
    expect(r.run(FORMAT, 0, 2, 18, 84, 0xf6).slice(0, 2)).toEqual([0x40, 0x02]);
    expect(r.image()[0]).toBe(markOf(0));
  });

  it("an underrun leaves the sector as it was", () => {
    const r = started();
    expect(r.run(WRITE, ...chs(0, 0, 1)).slice(0, 2)).toEqual([0x40, 0x10]);
    expect(r.image()[0]).toBe(markOf(0));
  });

  it("behind the end of a short image fails", () => {
    const r = started([{ kind: "1.44M", disk: diskOf(1) }, null]);
    r.channel2(FROM_MEMORY, AT, 512);
    expect(r.run(WRITE, ...chs(0, 0, 2)).slice(0, 3)).toEqual([0x40, 0x20, 0x20]);
  });
});

describe("deleted data marks", () => {
  it("are not there, so READ DELETED DATA stops after one sector of the other kind", () => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 4 * 512);
    expect(r.run(READ_DELETED, ...chs(0, 0, 1))).toEqual([0, 0, 0x40, 0, 0, 2, 2]);
    expect(marks(r.at(AT, 1024))).toEqual([markOf(0), 0]);
  });

  it("or passes over all of them with SK", () => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 512);
    expect(r.run(READ_DELETED_SKIP, ...chs(0, 1, 1)).slice(0, 3)).toEqual([0x44, 0x80, 0x40]);
    expect(marks(r.at(AT, 512))).toEqual([0]);
  });

  it("cannot be kept by an image: WRITE DELETED DATA writes plain data, and says so", () => {
    const r = started();
    r.memory.fill(0xaa, AT, AT + 512);
    r.channel2(FROM_MEMORY, AT, 512);
    expect(r.run(WRITE_DELETED, ...chs(0, 0, 1))[0]).toBe(0);
    expect(r.image()[0]).toBe(0xaa);
    expect(r.errors).toHaveLength(1);
  });
});

describe("READ TRACK", () => {
  it("reads so many sectors from the index hole on, whatever R says", () => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 18 * 512);
    expect(r.run(READ_TRACK, ...chs(0, 0, 1, 3)).slice(0, 3)).toEqual([0, 0, 0]);
    expect(marks(r.at(AT, 4 * 512))).toEqual([markOf(0), markOf(1), markOf(2), 0]);
    expect(r.run(READ_TRACK, ...chs(5, 0, 1, 1)).slice(0, 3)).toEqual([0, 0x04, 0]);
  });

  it("runs out of address marks if it is asked for more than there are", () => {
    const r = started();
    r.channel2(TO_MEMORY, AT, 40 * 512);
    expect(r.run(READ_TRACK, ...chs(0, 0, 1, 20)).slice(0, 2)).toEqual([0x40, 0x05]);
  });
});

describe("VERIFY", () => {
  it("reads to EOT, or under both heads, without DMA", () => {
    const r = started();
    expect(r.run(0x56, ...chs(0, 0, 1))).toEqual([0, 0, 0, 1, 0, 1, 2]);
    expect(r.run(VERIFY, ...chs(0, 0, 1))).toEqual([0x04, 0, 0, 1, 0, 1, 2]);
  });

  it("with EC counts sectors, and fails if EOT comes first", () => {
    const r = started();
    const counted = (R: number, SC: number) => r.run(0x56, 0x80, 0, 0, R, 2, 18, 27, SC);
    expect(counted(1, 18).slice(0, 2)).toEqual([0, 0]);
    expect(counted(3, 4)[5]).toBe(7);
    expect(counted(2, 18).slice(0, 2)).toEqual([0x40, 0x80]);
    expect(counted(1, 0).slice(0, 2)).toEqual([0x40, 0x80]);
  });

  it("needs the host in non-DMA mode no more than otherwise", () => {
    const r = started();
    r.send(0x03, 0xdf, 0x03);
    expect(r.run(0x56, ...chs(0, 0, 1))[0]).toBe(0);
  });
});

describe("FORMAT TRACK", () => {
  const ids = (r: ReturnType<typeof rig>, C: number, H: number, order: number[], N = 2) => {
    r.memory.set(
      order.flatMap((R) => [C, H, R, N]),
      AT,
    );
    r.channel2(FROM_MEMORY, AT, order.length * 4);
  };
  const track = Array.from({ length: 18 }, (_, i) => i + 1);

  it("fills the sectors of a track, in any order, and no others", () => {
    const r = started();
    r.runSeek(0x0f, 0, 1);
    ids(r, 1, 1, track.toReversed());
    expect(r.run(FORMAT, 4, 2, 18, 84, 0xf6).slice(0, 3)).toEqual([0x04, 0, 0]);
    const bytes = r.image();
    const first = 36 + 18;
    expect(marks(bytes.subarray(first * 512, (first + 18) * 512))).toEqual(track.map(() => 0xf6));
    expect([bytes[first * 512 - 1], bytes[(first + 18) * 512]]).toEqual([
      markOf(first - 1),
      markOf(first + 18),
    ]);
  });

  it.each<[string, number, number, number[], number]>([
    ["another cylinder", 1, 0, track, 2],
    ["another head", 0, 1, track, 2],
    ["too many sectors", 0, 0, [19], 2],
    ["another size", 0, 0, track, 3],
  ])("an image cannot keep a layout of its own: %s", (_, C, H, order, N) => {
    const r = started();
    ids(r, C, H, order, N);
    expect(r.run(FORMAT, 0, N, order.length, 84, 0xf6).slice(0, 2)).toEqual([0x40, 0x04]);
    expect(r.errors).toHaveLength(1);
  });

  it("of no sectors ends with the revolution", () => {
    const r = started();
    expect(r.run(FORMAT, 0, 2, 0, 84, 0xf6).slice(0, 3)).toEqual([0, 0, 0]);
  });
});

describe("an implied seek", () => {
  it("goes to the cylinder of the command, and says so in ST0", () => {
    const r = started();
    r.send(0x13, 0, 0x60, 0);
    r.channel2(TO_MEMORY, AT, 512);
    expect(r.run(READ, ...chs(9, 0, 1))).toEqual([0x20, 0, 0, 9, 0, 2, 2]);
    expect(marks(r.at(AT, 512))).toEqual([markOf(9 * 36)]);
    r.channel2(TO_MEMORY, AT, 512);
    expect(r.run(READ, ...chs(9, 0, 2))[0]).toBe(0);
    expect(r.ask(0x08)).toEqual([0x80]);
  });

  it("is seen in MSR as the drive being busy, until the sector is looked for", () => {
    const r = started();
    r.send(0x13, 0, 0x60, 0);
    r.channel2(TO_MEMORY, AT, 512);
    r.send(READ, ...chs(9, 0, 18));
    expect(r.read(MSR)).toBe(0x11);
    r.pass(18.1);
    expect(r.read(MSR)).toBe(0x10);
  });
});

describe("non-DMA mode", () => {
  const inNonDma = () => {
    const r = started();
    r.send(0x03, 0xdf, 0x03);
    return r;
  };

  it("gives a sector to the host with an interrupt, and ends at the end of the cylinder", () => {
    const r = inNonDma();
    r.send(READ_ONE_SIDE, ...chs(0, 0, 17));
    for (const lba of [16, 17]) {
      expect([r.awaitIrq(), r.read(MSR)]).toEqual([true, 0xf0]);
      const sector = Uint8Array.from({ length: 512 }, () => r.read(FIFO));
      expect([sector.every((byte) => byte === markOf(lba)), r.irq.level]).toEqual([true, lba === 17]);
    }
    expect(r.results()).toEqual([0x40, 0x80, 0, 0, 0, 18, 2]);
  });

  it("between two sectors the host waits", () => {
    const r = inNonDma();
    r.send(READ_ONE_SIDE, ...chs(0, 0, 1));
    r.awaitIrq();
    for (let i = 0; i < 512; i++) r.read(FIFO);
    expect([r.irq.level, r.read(MSR)]).toEqual([false, 0x30]);
    expect([r.read(FIFO), r.errors.length]).toEqual([0xff, 1]);
  });

  it("takes a sector from the host before it is written", () => {
    const r = inNonDma();
    r.send(0x45, ...chs(0, 0, 18));
    expect([r.irq.level, r.read(MSR)]).toEqual([true, 0xb0]);
    for (let i = 0; i < 512; i++) r.write(FIFO, 0xcd);
    expect(r.read(MSR)).toBe(0x30);
    r.awaitIrq();
    expect(r.results().slice(0, 2)).toEqual([0x40, 0x80]);
    const bytes = r.image();
    expect([bytes[17 * 512], bytes[18 * 512 - 1], bytes[18 * 512]]).toEqual([0xcd, 0xcd, markOf(18)]);
  });

  it("formats with four bytes from the host for each sector", () => {
    const r = inNonDma();
    r.send(FORMAT, 0, 2, 2, 84, 0xe5);
    for (const R of [1, 2]) {
      r.awaitIrq();
      for (const byte of [0, 0, R, 2]) r.write(FIFO, byte);
    }
    r.awaitIrq();
    expect(r.results()[0]).toBe(0);
    expect(marks(r.image().subarray(0, 1536))).toEqual([0xe5, 0xe5, markOf(2)]);
  });
});
