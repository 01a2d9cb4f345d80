/** The tables of a board with APICs: what they have more, and what they say differently. */
import { describe, expect, it } from "vitest";
import { acpiTables } from "../../../src/machine/firmware/acpi-tables.ts";

const RAM = 64 << 20;
const named = (hasApic: boolean) =>
  new Map(acpiTables(RAM, hasApic).map((segment) => [segment.name, segment] as const));
const tables = named(true);
const bytesOf = (name: string): Uint8Array => tables.get(name)?.bytes ?? new Uint8Array(0);
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const text = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);
const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;

describe("the MADT", () => {
  const madt = bytesOf("ACPI MADT");
  const view = viewOf(madt);
  const structures: number[][] = [];
  for (let at = 44; at < madt.length; at += madt[at + 1])
    structures.push([...madt.subarray(at, at + madt[at + 1])]);

  it("is listed by the RSDT, beside the FADT", () => {
    const rsdt = viewOf(bytesOf("ACPI RSDT"));
    expect(rsdt.getUint32(4, true)).toBe(44);
    expect([rsdt.getUint32(36, true), rsdt.getUint32(40, true)]).toEqual([
      tables.get("ACPI FADT")?.gpa,
      tables.get("ACPI MADT")?.gpa,
    ]);
    expect(sum(bytesOf("ACPI RSDT"))).toBe(0);
  });

  it("sums to zero, and its structures fill it", () => {
    expect([text(madt.subarray(0, 4)), sum(madt), view.getUint32(4, true)]).toEqual(["APIC", 0, madt.length]);
    expect(structures.flat()).toHaveLength(madt.length - 44);
  });

  it("says where the APICs are, and that there are two 8259", () => {
    expect([view.getUint32(36, true), view.getUint32(40, true)]).toEqual([0xfee0_0000, 1]);
    expect(structures.slice(0, 2)).toEqual([
      [0, 8, 0, 0, 1, 0, 0, 0],
      [1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0],
    ]);
  });

  it("moves the timer to pin 2, and makes power management and PCI levels that are active high", () => {
    expect(structures.filter(([type]) => type === 2)).toEqual([
      [2, 10, 0, 0, 2, 0, 0, 0, 0, 0],
      [2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0],
      [2, 10, 0, 10, 10, 0, 0, 0, 0x0d, 0],
      [2, 10, 0, 11, 11, 0, 0, 0, 0x0d, 0],
    ]);
  });

  it("has NMI at LINT1 of all processors", () => {
    expect(structures.at(-1)).toEqual([4, 6, 0xff, 0, 0, 1]);
  });

  it("is not there without APICs", () => {
    expect(named(false).has("ACPI MADT")).toBe(false);
  });
});

describe("the DSDT of a board with APICs", () => {
  const dsdt = bytesOf("ACPI DSDT");
  const aml = text(dsdt);
  const count = (part: string): number => aml.split(part).length - 1;

  it("sums to zero and stays below the other tables", () => {
    expect([sum(dsdt), viewOf(dsdt).getUint32(4, true)]).toEqual([0, dsdt.length]);
    expect((tables.get("ACPI DSDT")?.gpa ?? 0) + dsdt.length).toBeLessThan(tables.get("ACPI MADT")?.gpa ?? 0);
  });

  it("routes each pin through one of four links, so that interrupts can be called active high", () => {
    // Of each name one is the link's own; 128 pins of 32 devices share the others.
    expect(["LNKA", "LNKB", "LNKC", "LNKD"].map(count)).toEqual([33, 33, 33, 33]);
    const level = "\x89\x06\x00\x09\x01";
    expect(count(`${level}\x0a\x00\x00\x00`), "10 in _PRS and _CRS of two links").toBe(4);
    expect(count(`${level}\x0b\x00\x00\x00`)).toBe(4);
    expect(count("\x14\x06_SRS\x01"), "a method of one argument without a body").toBe(4);
  });

  it("has the processor and the links only with APICs, and always the floppy controller and four serial ports", () => {
    expect([count("CPU0"), count("FDC0"), count("COM3"), count("COM4")]).toEqual([1, 1, 1, 1]);
    const plain = text(named(false).get("ACPI DSDT")?.bytes ?? new Uint8Array(0));
    expect(["CPU0", "FDC0", "COM3", "LNKA"].filter((name) => plain.includes(name))).toEqual(["FDC0", "COM3"]);
  });
});
