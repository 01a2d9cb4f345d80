import { describe, expect, it } from "vitest";
import { FloppyDrive } from "../../../src/devices/floppy/floppy-drive.ts";
import {
  DRIVE_KINDS,
  type DriveKind,
  driveKindFor,
  FORMATS,
  formatFor,
  misfit,
  sectorsOf,
} from "../../../src/devices/floppy/geometry.ts";
import { diskOf, markOf } from "./rig.ts";

describe("the format of an image", () => {
  it.each([
    ["160K", 163_840],
    ["180K", 184_320],
    ["320K", 327_680],
    ["360K", 368_640],
    ["720K", 737_280],
    ["1.2M", 1_228_800],
    ["1.44M", 1_474_560],
    ["1.68M", 1_720_320],
    ["2.88M", 2_949_120],
  ])("%s has %i bytes", (name, bytes) => {
    const found = FORMATS.find((each) => each.name === name);
    expect(found && sectorsOf(found) * 512).toBe(bytes);
  });

  it.each<[DriveKind, number, string | null]>([
    ["1.44M", 2880, "1.44M"],
    ["1.44M", 1440, "720K"],
    ["1.44M", 5760, null],
    ["1.44M", 720, null],
    ["1.2M", 720, "360K"],
    ["1.2M", 1440, null],
    ["360K", 720, "360K"],
    ["360K", 2400, null],
    ["2.88M", 5760, "2.88M"],
    ["2.88M", 2880, "1.44M"],
    ["1.44M", 1, "1.44M"],
    ["1.44M", 2532, "1.44M"],
    ["1.44M", 2881, null],
    ["2.88M", 2881, "2.88M"],
    ["1.44M", 0, null],
  ])("in a drive of %s, %i sectors are %s", (kind, sectors, name) => {
    expect(formatFor(kind, sectors)?.name ?? null).toBe(name);
  });

  it.each<[number, DriveKind | null]>([
    [720, "360K"],
    [1440, "720K"],
    [2400, "1.2M"],
    [2880, "1.44M"],
    [3360, "1.44M"],
    [5760, "2.88M"],
    [1, "1.44M"],
    [3000, "2.88M"],
    [5761, null],
    [0, null],
  ])("%i sectors want a drive of %s", (sectors, kind) => {
    expect(driveKindFor(sectors)).toBe(kind);
  });

  it("that does not fit is refused in words", () => {
    expect(misfit("360K", diskOf(2880))).toBe(
      "test.img has 2880 sectors; a drive of 360K takes 160K, 180K, 320K, 360K",
    );
    expect(misfit("1.44M", diskOf(2880))).toBeNull();
    expect(() => new FloppyDrive("360K", diskOf(2880))).toThrow(/takes 160K/);
  });

  it("each kind of drive has its number in CMOS", () => {
    expect(
      Object.values(DRIVE_KINDS)
        .map(({ cmosType }) => cmosType)
        .toSorted(),
    ).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("a drive", () => {
  it("counts sectors along heads before cylinders", () => {
    const drive = new FloppyDrive("1.44M", diskOf(2880));
    const into = new Uint8Array(512);
    drive.step(3);
    drive.read(1, 5, into);
    expect(into[0]).toBe(markOf((3 * 2 + 1) * 18 + 4));
  });

  it("stops at track 0, and a little behind the last one", () => {
    const drive = new FloppyDrive("1.44M", null);
    drive.step(-5);
    expect([drive.track, drive.isAtTrack0]).toEqual([0, true]);
    drive.step(200);
    expect(drive.track).toBe(82);
  });

  it("of 80 tracks finds a cylinder of 40 on every second one", () => {
    const drive = new FloppyDrive("1.2M", diskOf(720));
    const cylinders = [0, 1, 2, 3].map((track) => {
      drive.step(track - drive.track);
      return drive.cylinder;
    });
    expect(cylinders).toEqual([0, -1, 1, -1]);
    drive.step(100);
    expect([drive.cylinder, drive.sectorsUnder(0)]).toEqual([-1, 0]);
  });

  it("finds nothing under a head that the diskette has no side for", () => {
    const drive = new FloppyDrive("360K", diskOf(360));
    expect([drive.sectorsUnder(0), drive.sectorsUnder(1)]).toEqual([9, 0]);
  });

  it("DSKCHG falls with a step pulse while a medium is in, and rises with each change", () => {
    const drive = new FloppyDrive("1.44M", null);
    drive.step(1);
    expect(drive.diskChanged).toBe(true);
    drive.insert(diskOf(2880));
    drive.step(0);
    expect(drive.diskChanged).toBe(true);
    drive.step(1);
    expect(drive.diskChanged).toBe(false);
    drive.insert(null);
    expect(drive.diskChanged).toBe(true);
  });

  it("an image that ends early goes on with zeros, which cannot be written", () => {
    const drive = new FloppyDrive("1.44M", diskOf(1));
    const into = new Uint8Array(512).fill(9);
    expect([drive.read(0, 2, into), into[0]]).toEqual([true, 0]);
    expect([drive.write(0, 1, into), drive.write(0, 2, into)]).toEqual([true, false]);
  });
});
