/** What a kernel finds that was started without a BIOS: ACPI tables, the BIOS data area, a board that is set up. */
import { describe, expect, it } from "vitest";
import { acpiTables, RSDP_GPA, rootPointer } from "../../../src/machine/firmware/acpi-tables.ts";
import { eisaId, integer } from "../../../src/machine/firmware/aml.ts";
import { lowMemory } from "../../../src/machine/firmware/low-memory.ts";
import { machineFor } from "../../support/guest-machine.ts";
import { tinyKernel } from "../../support/tiny-kernel.ts";

const RAM = 64 << 20;
const tables = new Map(acpiTables(RAM, false).map(({ gpa, bytes }) => [gpa, bytes]));
const at = (gpa: number): Uint8Array => tables.get(gpa) ?? new Uint8Array(0);
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const word = (bytes: Uint8Array, offset: number): number => viewOf(bytes).getUint32(offset, true);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;

describe("the ACPI tables", () => {
  const rsdt = at(word(at(RSDP_GPA), 16));
  const fadt = at(word(rsdt, 36));
  const dsdt = at(word(fadt, 40));

  it("begin with a root pointer on 16 bytes, where kernels look for it", () => {
    expect([text(at(RSDP_GPA).subarray(0, 8)), RSDP_GPA % 16, RSDP_GPA >= 0xe_0000]).toEqual([
      "RSD PTR ",
      0,
      true,
    ]);
    expect(rootPointer()).toEqual(at(RSDP_GPA));
  });

  it("sum to zero, and say how long they are", () => {
    expect(sum(at(RSDP_GPA))).toBe(0);
    for (const [signature, table] of [
      ["RSDT", rsdt],
      ["FACP", fadt],
      ["DSDT", dsdt],
    ] as const) {
      expect([text(table.subarray(0, 4)), sum(table), word(table, 4)]).toEqual([signature, 0, table.length]);
    }
  });

  it("do not overlap, and end below 1 MiB", () => {
    const ranges = [...tables].sort(([a], [b]) => a - b).map(([gpa, { length }]) => [gpa, gpa + length]);
    for (let i = 1; i < ranges.length; i++) expect(ranges[i][0]).toBeGreaterThanOrEqual(ranges[i - 1][1]);
    expect(ranges.at(-1)?.[1]).toBeLessThanOrEqual(0x10_0000);
  });

  it("the FACS lies on 64 bytes", () => {
    const facs = at(word(fadt, 36));
    expect([text(facs.subarray(0, 4)), word(facs, 4), word(fadt, 36) % 64]).toEqual(["FACS", 64, 0]);
  });

  it("power management is where the board has it", () => {
    expect([viewOf(fadt).getUint16(46, true), word(fadt, 48), fadt[52], fadt[53]]).toEqual([
      9, 0xb2, 0xf1, 0xf0,
    ]);
    expect([word(fadt, 56), word(fadt, 64), word(fadt, 76), word(fadt, 80)]).toEqual([
      0x600, 0x604, 0x608, 0xafe0,
    ]);
    // The reset register: an I/O port of eight bits.
    expect([fadt[116], fadt[117], word(fadt, 120), fadt[128]]).toEqual([1, 8, 0xcf9, 6]);
  });
});

/** Just enough of a reader of AML to walk scopes, devices and names; the length of each is checked on the way. */
class AmlReader {
  readonly names = new Map<string, Uint8Array>();

  constructor(bytes: Uint8Array) {
    this.list(bytes, "");
  }

  private list(bytes: Uint8Array, path: string): void {
    for (let pos = 0; pos < bytes.length; ) {
      if (bytes[pos] === 0x10) pos = this.block(bytes, pos + 1, path);
      else if (bytes[pos] === 0x5b && bytes[pos + 1] === 0x82) pos = this.block(bytes, pos + 2, path);
      else if (bytes[pos] === 0x08) pos = this.name(bytes, pos + 1, path);
      else throw new Error(`opcode ${bytes[pos].toString(16)} at ${pos} of ${path}`);
    }
  }

  private length(bytes: Uint8Array, pos: number): { total: number; used: number } {
    const more = bytes[pos] >> 6;
    if (more === 0) return { total: bytes[pos] & 0x3f, used: 1 };
    let total = bytes[pos] & 15;
    for (let i = 1; i <= more; i++) total |= bytes[pos + i] << (8 * i - 4);
    return { total, used: 1 + more };
  }

  private segment(bytes: Uint8Array, pos: number): { name: string; next: number } {
    const start = bytes[pos] === 0x5c ? pos + 1 : pos;
    return { name: text(bytes.subarray(start, start + 4)).replace(/_+$/, ""), next: start + 4 };
  }

  private block(bytes: Uint8Array, pos: number, path: string): number {
    const { total, used } = this.length(bytes, pos);
    const { name, next } = this.segment(bytes, pos + used);
    this.list(bytes.subarray(next, pos + total), `${path}/${name}`);
    return pos + total;
  }

  private name(bytes: Uint8Array, pos: number, path: string): number {
    const { name, next } = this.segment(bytes, pos);
    const end = this.data(bytes, next);
    this.names.set(`${path}/${name}`, bytes.subarray(next, end));
    return end;
  }

  private data(bytes: Uint8Array, pos: number): number {
    const simple = new Map([
      [0x00, 1],
      [0x01, 1],
      [0x0a, 2],
      [0x0b, 3],
      [0x0c, 5],
    ]).get(bytes[pos]);
    if (simple !== undefined) return pos + simple;
    if (bytes[pos] !== 0x11 && bytes[pos] !== 0x12) throw new Error(`data ${bytes[pos].toString(16)}`);
    return pos + 1 + this.length(bytes, pos + 1).total;
  }
}

describe("the DSDT", () => {
  const dsdt = at(0xf_0200).subarray(36);
  const { names } = new AmlReader(dsdt);

  it("has the PCI bus, the chips behind the ISA bridge, and soft off", () => {
    expect([...names.keys()].filter((name) => /_HID$|_S5/.test(name))).toEqual([
      "/_SB/PCI0/_HID",
      ..."PIC TIMR RTC FPU KBD MOU FDC0 COM1 COM2 COM3 COM4"
        .split(" ")
        .map((chip) => `/_SB/PCI0/ISA/${chip}/_HID`),
      "/_S5",
    ]);
    expect(names.get("/_S5")).toEqual(Uint8Array.from([0x12, 6, 4, 0, 0, 0, 0]));
  });

  it("routes four pins of 32 slots to interrupts 10 and 11", () => {
    const routes = names.get("/_SB/PCI0/_PRT") as Uint8Array;
    expect(routes[3]).toBe(128);
    const interrupts: number[] = [];
    // Each route is a package of four that ends in its interrupt.
    for (let pos = 4; pos < routes.length; pos += 1 + (routes[pos + 1] & 0x3f)) {
      interrupts.push(routes[pos + (routes[pos + 1] & 0x3f)]);
    }
    expect(interrupts).toHaveLength(128);
    expect(interrupts.slice(4, 12)).toEqual([10, 10, 11, 11, 10, 11, 11, 10]);
  });

  it("leaves PCI the memory between RAM and the I/O APIC", () => {
    const resources = names.get("/_SB/PCI0/_CRS") as Uint8Array;
    const view = viewOf(resources);
    const windows: number[][] = [];
    for (let pos = 0; pos + 26 <= resources.length; pos++) {
      if (resources[pos] !== 0x87 || view.getUint16(pos + 1, true) !== 23) continue;
      windows.push([
        view.getUint32(pos + 10, true),
        view.getUint32(pos + 14, true),
        view.getUint32(pos + 22, true),
      ]);
    }
    expect(windows).toEqual([
      [0xa_0000, 0xb_ffff, 0x2_0000],
      [RAM, 0xfebf_ffff, 0xfec0_0000 - RAM],
    ]);
  });
});

describe("AML", () => {
  it("packs identifiers as the EISA did, and takes the shortest integer", () => {
    expect(eisaId("PNP0A03")).toEqual([0x0c, 0x41, 0xd0, 0x0a, 0x03]);
    expect([0, 1, 2, 0x100, 0x1_0000].map((value) => integer(value).length)).toEqual([1, 1, 2, 3, 5]);
  });
});

describe("a kernel that was loaded", () => {
  const machine = machineFor("k", tinyKernel("hlt"));
  const { board, memory } = machine;

  it("finds the BIOS data area: serial ports, the size of low memory, where its end is reserved", () => {
    const [bda] = lowMemory({ comPorts: [0x3f8, 0x2f8, 0x3e8, 0x2e8], disks: 0, floppies: 0 });
    expect(memory.readBytes(bda.gpa, 256)).toEqual(bda.bytes);
    const view = viewOf(bda.bytes);
    expect([view.getUint16(0, true), view.getUint16(0x13, true), view.getUint16(0x0e, true)]).toEqual([
      0x3f8, 639, 0x9fc0,
    ]);
  });

  it("finds the tables in memory that it cannot write", () => {
    expect(text(memory.readBytes(RSDP_GPA, 8) ?? new Uint8Array(0))).toBe("RSD PTR ");
    expect(memory.isReadOnly(RSDP_GPA >>> 12)).toBe(true);
  });

  it("finds power management at 600, and PCI interrupts that are levels", () => {
    expect(board.bus.portRead(0x604, 2)).toBe(0);
    expect(board.bus.portRead(0x608, 4)).toBeLessThan(2 ** 24);
    expect(board.bus.portRead(0x4d1, 1)).toBe(0x0e);
    expect([0, 1, 2, 3].map((i) => board.isaBridge.get(0x60 + i, 1))).toEqual([10, 10, 11, 11]);
  });

  it("finds the size of memory in CMOS", () => {
    const cmos = (index: number) => {
      board.rtc.portWrite(0, 1, index);
      return board.rtc.portRead(1);
    };
    expect([
      cmos(0x15) | (cmos(0x16) << 8),
      cmos(0x17) | (cmos(0x18) << 8),
      cmos(0x34) | (cmos(0x35) << 8),
    ]).toEqual([640, 63 * 1024, 48 * 16]);
  });
});
