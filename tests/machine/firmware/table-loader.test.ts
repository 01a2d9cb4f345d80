/** A firmware that does what the script says, in a few lines, must end up with the tables that kernels find elsewhere. */
import { describe, expect, it } from "vitest";
import { acpiTables } from "../../../src/machine/firmware/acpi-tables.ts";
import { tableLoaderFiles } from "../../../src/machine/firmware/table-loader.ts";

const HIGH = 0x3ff_0000;
const F_SEGMENT = 0xf_5000;
const tables = acpiTables(64 << 20, true);
const files = new Map(tableLoaderFiles(tables).map(({ name, bytes }) => [name, bytes]));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\0.*$/s, "");
const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

interface Loaded {
  readonly gpa: number;
  readonly bytes: Uint8Array;
}

/** Follows the script; each file goes where the zone says. */
function load(): Map<string, Loaded> {
  const loaded = new Map<string, Loaded>();
  const get = (name: string): Loaded => {
    const file = loaded.get(name);
    if (file === undefined) throw new Error(`${name} is used before it is allocated`);
    return file;
  };
  const script = files.get("etc/table-loader") as Uint8Array;
  for (let at = 0; at < script.length; at += 128) {
    const line = script.subarray(at, at + 128);
    const view = viewOf(line);
    const name = (offset: number): string => text(line.subarray(offset, offset + 56));
    switch (view.getUint32(0, true)) {
      case 1: {
        const gpa = line[64] === 2 ? F_SEGMENT : HIGH;
        expect(gpa % view.getUint32(60, true)).toBe(0);
        loaded.set(name(4), { gpa, bytes: (files.get(name(4)) as Uint8Array).slice() });
        break;
      }
      case 2: {
        const { bytes } = get(name(4));
        const field = viewOf(bytes);
        const offset = view.getUint32(116, true);
        field.setUint32(offset, field.getUint32(offset, true) + get(name(60)).gpa, true);
        if (line[120] === 8) expect(field.getUint32(offset + 4, true)).toBe(0);
        break;
      }
      case 3: {
        const { bytes } = get(name(4));
        const [offset, start, length] = [60, 64, 68].map((field) => view.getUint32(field, true));
        bytes[offset] -= sum(bytes.subarray(start, start + length));
        break;
      }
      default:
        throw new Error("a command that there is not");
    }
  }
  return loaded;
}

describe("the table loader's script", () => {
  const loaded = load();
  const rsdp = loaded.get("etc/acpi/rsdp") as Loaded;
  const all = loaded.get("etc/acpi/tables") as Loaded;
  const tableAt = (gpa: number): Uint8Array => {
    const start = gpa - all.gpa;
    return all.bytes.subarray(start, start + viewOf(all.bytes).getUint32(start + 4, true));
  };

  it("puts the root pointer below 1 MiB, the tables anywhere, and has whole commands only", () => {
    expect([rsdp.gpa, all.gpa]).toEqual([F_SEGMENT, HIGH]);
    expect((files.get("etc/table-loader") as Uint8Array).length % 128).toBe(0);
  });

  it("makes pointers that lead to every table, and sums that are zero", () => {
    const rsdt = tableAt(viewOf(rsdp.bytes).getUint32(16, true));
    const fadt = tableAt(viewOf(rsdt).getUint32(36, true));
    const madt = tableAt(viewOf(rsdt).getUint32(40, true));
    const facs = tableAt(viewOf(fadt).getUint32(36, true));
    const dsdt = tableAt(viewOf(fadt).getUint32(40, true));
    expect([rsdt, fadt, madt, facs, dsdt].map((table) => text(table.subarray(0, 4)))).toEqual([
      "RSDT",
      "FACP",
      "APIC",
      "FACS",
      "DSDT",
    ]);
    expect([rsdp.bytes, rsdt, fadt, madt, dsdt].map(sum)).toEqual([0, 0, 0, 0, 0]);
    expect([viewOf(fadt).getUint32(132, true), viewOf(fadt).getUint32(140, true)]).toEqual([
      viewOf(fadt).getUint32(36, true),
      viewOf(fadt).getUint32(40, true),
    ]);
    expect((facs.byteOffset - all.bytes.byteOffset) % 64).toBe(0);
  });

  it("changes nothing but addresses and checksums", () => {
    const dsdt = tables.find(({ name }) => name === "ACPI DSDT")?.bytes;
    const rsdt = tableAt(viewOf(rsdp.bytes).getUint32(16, true));
    expect(tableAt(viewOf(tableAt(viewOf(rsdt).getUint32(36, true))).getUint32(40, true))).toEqual(dsdt);
  });

  it("leaves the tables that it was made of alone", () => {
    expect(acpiTables(64 << 20, true)).toEqual(tables);
  });
});
