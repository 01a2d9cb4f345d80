import { describe, expect, it } from "vitest";
import { acpiTables } from "../../../src/machine/firmware/acpi-tables.ts";
import { MP_POINTER_GPA, mpTable } from "../../../src/machine/firmware/mp-table.ts";

const [pointer, config] = mpTable({
  signature: 0x0000_06a0,
  features: 0x0080_0201,
  pciInterrupts: [
    { device: 1, pin: 4, irq: 11 },
    { device: 5, pin: 1, irq: 10 },
  ],
});
const view = new DataView(config.bytes.buffer);
const text = (bytes: Uint8Array, from: number, to: number): string =>
  new TextDecoder().decode(bytes.subarray(from, to));
const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;

/** The entries behind the header, by their lengths: 20 bytes for a processor, 8 for all else. */
function entries(): number[][] {
  const all: number[][] = [];
  for (let at = 44; at < config.bytes.length; at += all.at(-1)?.length ?? 0) {
    all.push([...config.bytes.subarray(at, at + (config.bytes[at] === 0 ? 20 : 8))]);
  }
  return all;
}

describe("the MP table", () => {
  it("is found by a floating pointer on 16 bytes in the BIOS's memory", () => {
    expect([pointer.gpa, pointer.gpa % 16, pointer.gpa >= 0xf_0000, pointer.bytes.length]).toEqual([
      MP_POINTER_GPA,
      0,
      true,
      16,
    ]);
    expect([text(pointer.bytes, 0, 4), pointer.bytes[8], pointer.bytes[9]]).toEqual(["_MP_", 1, 4]);
    expect(new DataView(pointer.bytes.buffer).getUint32(4, true)).toBe(config.gpa);
    expect([...pointer.bytes.subarray(11)], "a table of our own, no IMCR").toEqual([0, 0, 0, 0, 0]);
  });

  it("sums to zero, and says how long it is and how many entries it has", () => {
    expect([sum(pointer.bytes), sum(config.bytes)]).toEqual([0, 0]);
    expect([text(config.bytes, 0, 4), view.getUint16(4, true), config.bytes[6]]).toEqual([
      "PCMP",
      config.bytes.length,
      4,
    ]);
    expect([view.getUint16(34, true), view.getUint32(36, true)]).toEqual([entries().length, 0xfee0_0000]);
  });

  it("lies clear of the ACPI tables", () => {
    const ranges = [...acpiTables(64 << 20, true), pointer, config]
      .map(({ gpa, bytes }) => [gpa, gpa + bytes.length])
      .sort(([a], [b]) => a - b);
    for (let i = 1; i < ranges.length; i++) expect(ranges[i][0]).toBeGreaterThanOrEqual(ranges[i - 1][1]);
  });

  it("has its entries in the order of their types", () => {
    const types = entries().map(([type]) => type);
    expect(types).toEqual([...types].sort((a, b) => a - b));
    expect(types.slice(0, 4)).toEqual([0, 1, 1, 2]);
  });

  it("names one processor, which boots", () => {
    const [processor] = entries();
    expect(processor.slice(0, 12)).toEqual([0, 0, 0x14, 3, 0xa0, 0x06, 0, 0, 0x01, 0x02, 0x80, 0x00]);
  });

  it("has the PCI and ISA buses, and an I/O APIC of version 11 whose ID is what its register holds", () => {
    const [, pci, isa, ioApic] = entries();
    expect([pci[1], isa[1]]).toEqual([0, 1]);
    expect([pci, isa].map((bus) => String.fromCharCode(...bus.slice(2)))).toEqual(["PCI   ", "ISA   "]);
    expect(ioApic).toEqual([2, 0, 0x11, 1, 0, 0, 0xc0, 0xfe]);
  });

  it("routes PCI pins as shared levels that are active high", () => {
    const pci = entries().filter(([type, , , , bus]) => type === 3 && bus === 0);
    expect(pci).toEqual([
      [3, 0, 0x0d, 0, 0, (1 << 2) | 3, 0, 11],
      [3, 0, 0x0d, 0, 0, 5 << 2, 0, 10],
    ]);
  });

  it("routes ISA interrupts to the pin of their number, the timer to pin 2; what PCI has is left out", () => {
    const isa = entries().filter(([type, , , , bus]) => type === 3 && bus === 1);
    expect(isa.map((entry) => [entry[5], entry[7]])).toEqual([
      [0, 2],
      ...[1, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15].map((irq) => [irq, irq]),
    ]);
    expect(isa.every((entry) => entry[2] === 0)).toBe(true);
  });

  it("has the PIC at LINT0 and NMI at LINT1", () => {
    expect(entries().slice(-2)).toEqual([
      [4, 3, 0, 0, 1, 0, 0xff, 0],
      [4, 1, 0, 0, 1, 0, 0xff, 1],
    ]);
  });
});
