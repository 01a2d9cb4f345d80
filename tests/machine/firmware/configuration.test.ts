/** What a kernel that was loaded learns from the configuration device, by its ports, as test kernels for QEMU do. */
import { describe, expect, it } from "vitest";
import type { Machine } from "../../../src/machine/machine.ts";
import { machineFor } from "../../support/guest-machine.ts";
import { tinyKernel } from "../../support/tiny-kernel.ts";

const RAM = 16 << 20;
const kernel = tinyKernel("hlt");
const machine = machineFor("test.elf", kernel, "one two", { ramBytes: RAM });

function read({ board: { bus } }: Machine, key: number, count: number): Uint8Array {
  bus.portWrite(0x510, 2, key);
  return Uint8Array.from({ length: count }, () => bus.portRead(0x511, 1));
}
const number = (from: Machine, key: number, bytes: number): number =>
  read(from, key, bytes).reduceRight((value, byte) => value * 256 + byte, 0);
const text = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

function directory(from: Machine): Map<string, { readonly key: number; readonly bytes: number }> {
  const count = new DataView(read(from, 0x19, 4).buffer).getUint32(0);
  const view = new DataView(read(from, 0x19, 4 + 64 * count).buffer);
  return new Map(
    Array.from({ length: count }, (_, i) => {
      const at = 4 + 64 * i;
      const name = text(new Uint8Array(view.buffer, at + 8, 56)).replace(/\0+$/, "");
      return [name, { key: view.getUint16(at + 4), bytes: view.getUint32(at) }] as const;
    }),
  );
}

describe("the configuration device", () => {
  it("says how much RAM there is, and how many processors", () => {
    expect([number(machine, 0x03, 8), number(machine, 0x05, 2), number(machine, 0x0f, 2)]).toEqual([
      RAM,
      1,
      1,
    ]);
  });

  it("has the kernel that was loaded, where it lies, and its command line behind its name", () => {
    expect([number(machine, 0x07, 4), number(machine, 0x08, 4)]).toEqual([0x10_0000, kernel.length]);
    expect(read(machine, 0x11, kernel.length)).toEqual(kernel);
    const size = number(machine, 0x14, 4);
    expect(text(read(machine, 0x15, size))).toBe("test.elf one two\0");
    expect(number(machine, 0x0b, 4)).toBe(0);
  });

  it("lists files: the memory map, and ACPI tables with the script that places them", () => {
    const files = directory(machine);
    expect([...files.keys()]).toEqual(["etc/acpi/rsdp", "etc/acpi/tables", "etc/e820", "etc/table-loader"]);
    const { key = 0, bytes = 0 } = files.get("etc/e820") ?? {};
    const view = new DataView(read(machine, key, bytes).buffer);
    expect([view.getUint32(0, true), view.getUint32(8, true), view.getUint32(16, true)]).toEqual([0, RAM, 1]);
  });

  it("sends the timer to pin 2 of the I/O APIC, where there is one", () => {
    expect(number(machine, 0x8002, 4)).toBe(1);
    const old = machineFor("k", kernel, "", { ramBytes: RAM, cpu: "486" });
    expect(number(old, 0x8002, 4)).toBe(0);
    const tables = directory(old).get("etc/acpi/tables") ?? { key: 0, bytes: 0 };
    expect(text(read(old, tables.key, tables.bytes))).not.toContain("APIC");
    const mine = directory(machine).get("etc/acpi/tables") ?? { key: 0, bytes: 0 };
    expect(text(read(machine, mine.key, mine.bytes))).toContain("APIC");
  });
});
