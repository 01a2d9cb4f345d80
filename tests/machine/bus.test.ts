import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MmioDevice, PortDevice, Width } from "../../src/devices/device.ts";
import { Bus } from "../../src/machine/bus.ts";

/** Memory-like device of a given width that notes every access it gets. */
class Recorder implements PortDevice, MmioDevice {
  readonly name: string;
  readonly maxWidth: Width;
  readonly bytes: Uint8Array;
  readonly seen: string[] = [];

  constructor(name: string, maxWidth: Width, size: number) {
    this.name = name;
    this.maxWidth = maxWidth;
    this.bytes = new Uint8Array(size).map((_, i) => 0x10 + i);
  }

  portRead(offset: number, width: Width): number {
    this.seen.push(`r${width}@${offset}`);
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = value * 256 + this.bytes[offset + i];
    return value;
  }

  portWrite(offset: number, width: Width, value: number): void {
    this.seen.push(`w${width}@${offset}=${value.toString(16)}`);
    for (let i = 0; i < width; i++) this.bytes[offset + i] = value >>> (8 * i);
  }

  mmioRead(offset: number, width: Width): number {
    return this.portRead(offset, width);
  }

  mmioWrite(offset: number, width: Width, value: number): void {
    this.portWrite(offset, width, value);
  }
}

function rig() {
  const errors: string[] = [];
  const bus = new Bus((device, register, detail) => errors.push(`${device}: ${register}: ${detail}`));
  return { bus, errors };
}

describe("mapping", () => {
  it("hands a device the offset from the start of its range", () => {
    const { bus } = rig();
    const device = new Recorder("uart", 1, 8);
    bus.mapPorts(0x3f8, 8, device);
    expect(bus.portRead(0x3fd, 1)).toBe(0x15);
    bus.portWrite(0x3f8, 1, 0x41);
    expect(device.seen).toEqual(["r1@5", "w1@0=41"]);
  });

  it("refuses ports that are taken, and names both devices", () => {
    const { bus } = rig();
    bus.mapPorts(0x3f8, 8, new Recorder("com1", 1, 8));
    const second = new Recorder("modem", 1, 8);
    expect(() => bus.mapPorts(0x3f0, 9, second)).toThrow(
      "port 0x03f8 is wanted by modem but belongs to com1",
    );
    bus.mapPorts(0x3f0, 8, second);
    bus.mapPorts(0x400, 8, second);
  });

  it("refuses addresses that are taken, and names both devices", () => {
    const { bus } = rig();
    bus.mapMmio(0xa0000, 0x20000, new Recorder("vga", 1, 16));
    const second = new Recorder("rom", 4, 16);
    expect(() => bus.mapMmio(0x9ffff, 2, second)).toThrow(
      "address 0x000a0000 is wanted by rom but belongs to vga",
    );
    expect(() => bus.mapMmio(0xbffff, 0x1000, second)).toThrow("belongs to vga");
    bus.mapMmio(0xc0000, 0x1000, second);
    bus.mapMmio(0x9f000, 0x1000, second);
  });

  it("refuses ranges outside the port space", () => {
    const { bus } = rig();
    expect(() => bus.mapPorts(0xffff, 2, new Recorder("far", 1, 2))).toThrow("far: ports outside 0 … 0xffff");
    bus.mapPorts(0xffff, 1, new Recorder("last", 1, 1));
  });

  it("lists what is mapped where", () => {
    const { bus } = rig();
    bus.mapPorts(0x60, 1, new Recorder("i8042", 1, 1));
    bus.mapMmio(0xfee0_0000, 0x1000, new Recorder("apic", 4, 0x1000));
    expect(bus.portRanges.map((r) => [r.device.name, r.base, r.count])).toEqual([["i8042", 0x60, 1]]);
    expect(bus.mmioRanges.map((r) => [r.device.name, r.base, r.end])).toEqual([
      ["apic", 0xfee0_0000, 0xfee0_1000],
    ]);
  });
});

describe("an access that nothing answers", () => {
  it.each([
    [1, 0xff],
    [2, 0xffff],
    [4, 0xffff_ffff],
  ] as const)("of %i bytes reads all ones, from ports and from memory", (width, ones) => {
    const { bus } = rig();
    expect(bus.portRead(0x1234, width)).toBe(ones);
    expect(bus.mmioRead(0xfec0_0000, width)).toBe(ones);
  });

  it("is a guest error, reported once however wide it is", () => {
    const { bus, errors } = rig();
    bus.portRead(0x1234, 4);
    bus.portWrite(0xcf8, 2, 0x12345);
    bus.mmioRead(0x9_0000_0000, 4);
    bus.mmioWrite(0xfec0_0000, 1, 0x42);
    expect(errors).toEqual([
      "bus: port 0x1234: 4-byte read, nothing answers",
      "bus: port 0x0cf8: 2-byte write of 0x2345, nothing answers",
      "bus: address 0x900000000: 4-byte read, nothing answers",
      "bus: address 0xfec00000: 1-byte write of 0x42, nothing answers",
    ]);
  });
});

describe("an access wider than the device", () => {
  it("becomes byte accesses to consecutive ports, low byte first, as on an ISA bus", () => {
    const { bus } = rig();
    const chip = new Recorder("chip", 1, 4);
    bus.mapPorts(0x40, 4, chip);
    expect(bus.portRead(0x40, 4)).toBe(0x13121110);
    bus.portWrite(0x40, 2, 0xbeef);
    expect(chip.seen).toEqual(["r1@0", "r1@1", "r1@2", "r1@3", "w1@0=ef", "w1@1=be"]);
  });

  it("becomes two 16-bit accesses when the device takes 16 bits", () => {
    const { bus } = rig();
    const disk = new Recorder("ata", 2, 8);
    bus.mapPorts(0x1f0, 8, disk);
    expect(bus.portRead(0x1f0, 4)).toBe(0x13121110);
    expect(disk.seen).toEqual(["r2@0", "r2@2"]);
  });

  it("reaches a device that takes it in one piece", () => {
    const { bus } = rig();
    const pci = new Recorder("pci", 4, 8);
    bus.mapPorts(0xcf8, 8, pci);
    bus.portWrite(0xcf8, 4, 0x8000_0000);
    expect(bus.portRead(0xcf8, 4)).toBe(0x8000_0000);
    expect(pci.seen).toEqual(["w4@0=80000000", "r4@0"]);
  });

  it("is a byte device's business if the device says nothing about its width", () => {
    const { bus } = rig();
    const seen: number[] = [];
    const plain: PortDevice = {
      name: "plain",
      portRead: (offset) => offset,
      portWrite: (offset) => seen.push(offset),
    };
    bus.mapPorts(0x100, 4, plain);
    expect(bus.portRead(0x100, 4)).toBe(0x03020100);
    bus.portWrite(0x102, 2, 0);
    expect(seen).toEqual([2, 3]);
  });
});

describe("an access that is not aligned or runs over the end of a range", () => {
  it("is split where it is not aligned", () => {
    const { bus } = rig();
    const device = new Recorder("wide", 4, 8);
    bus.mapPorts(0x100, 8, device);
    expect(bus.portRead(0x101, 2)).toBe(0x1211);
    expect(bus.portRead(0x102, 4)).toBe(0x15141312);
    expect(device.seen).toEqual(["r1@1", "r1@2", "r2@2", "r2@4"]);
  });

  it("reaches each device that owns a part of it", () => {
    const { bus } = rig();
    const low = new Recorder("low", 4, 1);
    const high = new Recorder("high", 4, 1);
    bus.mapPorts(0x60, 1, low);
    bus.mapPorts(0x61, 1, high);
    expect(bus.portRead(0x60, 2)).toBe(0x1010);
    bus.portWrite(0x60, 2, 0xaa55);
    expect([low.bytes[0], high.bytes[0]]).toEqual([0x55, 0xaa]);
  });

  it("reads ones where only a part is mapped, and reports that part", () => {
    const { bus, errors } = rig();
    bus.mapPorts(0x80, 1, new Recorder("post", 1, 1));
    expect(bus.portRead(0x80, 2)).toBe(0xff10);
    expect(errors).toEqual(["bus: port 0x0081: 1-byte read, nothing answers"]);
  });

  it("does not wrap from port 0xffff to port 0", () => {
    const { bus, errors } = rig();
    const first = new Recorder("first", 1, 4);
    bus.mapPorts(0, 4, first);
    bus.mapPorts(0xffff, 1, new Recorder("last", 1, 1));
    expect(bus.portRead(0xffff, 4)).toBe(0xffff_ff10);
    bus.portWrite(0xffff, 2, 0);
    expect(first.seen).toEqual([]);
    expect(errors).toContain("bus: port 0x10000: 1-byte read, nothing answers");
  });
});

describe("memory-mapped devices", () => {
  it("may lie above 4 GiB", () => {
    const { bus } = rig();
    const device = new Recorder("high", 4, 16);
    bus.mapMmio(0xf_0000_0000, 16, device);
    expect(bus.mmioRead(0xf_0000_0004, 4)).toBe(0x17161514);
    bus.mmioWrite(0xf_0000_0008, 4, -1);
    expect(bus.mmioRead(0xf_0000_0008, 4)).toBe(0xffff_ffff);
    // The same low 32 bits, but another address.
    expect(bus.mmioRead(4, 4)).toBe(0xffff_ffff);
  });

  it("are split like ports", () => {
    const { bus } = rig();
    const device = new Recorder("vga", 1, 8);
    bus.mapMmio(0xa0000, 8, device);
    expect(bus.mmioRead(0xa0002, 4)).toBe(0x15141312);
    expect(bus.mmioRead(0xa0006, 4)).toBe(0xffff_1716);
    expect(device.seen).toEqual(["r1@2", "r1@3", "r1@4", "r1@5", "r1@6", "r1@7"]);
  });
});

describe("for any widths and addresses", () => {
  const widths = fc.constantFrom<Width>(1, 2, 4);
  const values = fc.nat({ max: 0xffff_ffff });
  const BASE = 0x1_0000_0000;

  /** The ways in: ports, and addresses above 4 GiB. */
  const ways = {
    port: {
      map: (bus: Bus, device: Recorder) => bus.mapPorts(2, 8, device),
      read: (bus: Bus, at: number, width: Width) => bus.portRead(at, width),
      write: (bus: Bus, at: number, width: Width, value: number) => bus.portWrite(at, width, value),
    },
    memory: {
      map: (bus: Bus, device: Recorder) => bus.mapMmio(BASE + 2, 8, device),
      read: (bus: Bus, at: number, width: Width) => bus.mmioRead(BASE + at, width),
      write: (bus: Bus, at: number, width: Width, value: number) => bus.mmioWrite(BASE + at, width, value),
    },
  };

  it.each(["port", "memory"] as const)("a wide %s access moves the same bytes as byte accesses do", (way) => {
    const { map, read, write } = ways[way];
    fc.assert(
      fc.property(widths, widths, fc.nat(12), values, (maxWidth, width, at, value) => {
        const wide = rig().bus;
        const narrow = rig().bus;
        map(wide, new Recorder("a", maxWidth, 8));
        map(narrow, new Recorder("b", 1, 8));
        write(wide, at, width, value);
        for (let i = 0; i < width; i++) write(narrow, at + i, 1, Math.floor(value / 256 ** i) & 0xff);
        for (let i = 0; i < 16; i++) expect(read(wide, i, 1)).toBe(read(narrow, i, 1));
        let expected = 0;
        for (let i = 0; i < width; i++) expected += read(narrow, at + i, 1) * 256 ** i;
        expect(read(wide, at, width)).toBe(expected);
      }),
    );
  });

  it.each(["port", "memory"] as const)(
    "a device sees %s accesses whole where it can, and never a wider one",
    (way) => {
      const { map, read, write } = ways[way];
      fc.assert(
        fc.property(widths, widths, fc.nat(12), values, (maxWidth, width, at, value) => {
          const { bus } = rig();
          const device = new Recorder("a", maxWidth, 8);
          map(bus, device);
          write(bus, at, width, value);
          read(bus, at, width);
          const whole = width <= maxWidth && at >= 2 && at + width <= 10 && at % width === 0;
          const hex = (value % 256 ** width).toString(16);
          if (whole) expect(device.seen).toEqual([`w${width}@${at - 2}=${hex}`, `r${width}@${at - 2}`]);
          for (const access of device.seen) expect(Number(access[1])).toBeLessThanOrEqual(maxWidth);
        }),
      );
    },
  );
});
