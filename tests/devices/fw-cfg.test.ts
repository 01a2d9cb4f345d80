import { describe, expect, it } from "vitest";
import { FW_CFG_DIRECTORY, FwCfg } from "../../src/devices/fw-cfg.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { deviceContract, HZ } from "./contract.ts";

function build() {
  const ram = new Uint8Array(0x1_0000).fill(0xee);
  const errors: string[] = [];
  const fwCfg = new FwCfg({
    memory: {
      read: (gpa, into) => into.set(ram.subarray(gpa, gpa + into.length)),
      write: (gpa, from) =>
        ram.set(from.subarray(0, Math.max(ram.length - gpa, 0)), Math.min(gpa, ram.length)),
    },
    guestError: (device, register, detail) => errors.push(`${device} ${register}: ${detail}`),
  });
  fwCfg.addFile("vgaroms/b.bin", Uint8Array.of(0x55, 0xaa, 1));
  fwCfg.addFile("etc/a", new TextEncoder().encode("hello"));
  const select = (key: number) => fwCfg.ports.portWrite(0, 2, key);
  const bytes = (count: number) => Array.from({ length: count }, () => fwCfg.ports.portRead(1, 1));
  /** The structure at 100: control, length, address; then its place to the port, high half first. */
  const dma = (control: number, length: number, address: number) => {
    const view = new DataView(ram.buffer);
    view.setUint32(0x100, control);
    view.setUint32(0x104, length);
    view.setUint32(0x108, 0);
    view.setUint32(0x10c, address);
    fwCfg.dmaPorts.portWrite(0, 4, 0);
    fwCfg.dmaPorts.portWrite(4, 4, 0x0001_0000);
    return view.getUint32(0x100);
  };
  return { fwCfg, ram, errors, select, bytes, dma };
}

deviceContract("the configuration device", () => {
  const { fwCfg } = build();
  return {
    device: {
      name: fwCfg.name,
      maxWidth: 2 as const,
      portRead: (offset: number, width: 1 | 2 | 4) => fwCfg.ports.portRead(offset, width),
      portWrite: (offset: number, width: 1 | 2 | 4, value: number) =>
        fwCfg.ports.portWrite(offset, width, value),
      reset: () => fwCfg.reset(),
      save: () => fwCfg.save(),
      restore: (state: ReturnType<FwCfg["save"]>) => fwCfg.restore(state),
      probe: (offset: number) => fwCfg.probe(offset),
    },
    clock: new MachineClock(HZ),
    ports: 2,
    log: [],
  };
});

deviceContract("the configuration device's DMA port", () => {
  const { fwCfg } = build();
  return {
    device: {
      name: fwCfg.name,
      maxWidth: 4 as const,
      portRead: (offset: number, width: 1 | 2 | 4) => fwCfg.dmaPorts.portRead(offset & -width, width),
      portWrite: (offset: number, width: 1 | 2 | 4, value: number) =>
        fwCfg.dmaPorts.portWrite(offset & -width, width, value),
      reset: () => fwCfg.reset(),
      save: () => fwCfg.save(),
      restore: (state: ReturnType<FwCfg["save"]>) => fwCfg.restore(state),
      probe: (offset: number) => (offset < 0 ? "?" : fwCfg.probe(offset + 4)),
    },
    clock: new MachineClock(HZ),
    ports: 8,
    log: [],
  };
});

describe("items", () => {
  it("a selector begins one, each read takes a byte, and beyond its end are zeros", () => {
    const { select, bytes } = build();
    select(0);
    expect(bytes(6)).toEqual([0x51, 0x45, 0x4d, 0x55, 0, 0]);
    select(0);
    expect(bytes(1)).toEqual([0x51]);
    select(0x1234);
    expect(bytes(2)).toEqual([0, 0]);
  });

  it("the directory lists files by name, with size and selector, numbers big-endian", () => {
    const { select, bytes } = build();
    select(FW_CFG_DIRECTORY);
    expect(bytes(4)).toEqual([0, 0, 0, 2]);
    const entries = [0, 1].map(() => {
      const entry = Uint8Array.from(bytes(64));
      const view = new DataView(entry.buffer);
      const name = new TextDecoder().decode(entry.subarray(8)).replace(/\0+$/, "");
      return [name, view.getUint32(0), view.getUint16(4)];
    });
    expect(entries).toEqual([
      ["etc/a", 5, 0x21],
      ["vgaroms/b.bin", 3, 0x20],
    ]);
    select(0x20);
    expect(bytes(3)).toEqual([0x55, 0xaa, 1]);
  });
});

describe("files", () => {
  it("one of a name that is known takes the other's place, and its selector", () => {
    const { fwCfg, select, bytes } = build();
    fwCfg.addFile("etc/a", Uint8Array.of(7, 8));
    select(FW_CFG_DIRECTORY);
    expect(bytes(4)).toEqual([0, 0, 0, 2]);
    select(0x21);
    expect(bytes(3)).toEqual([7, 8, 0]);
  });
});

describe("DMA", () => {
  it("announces itself by its signature", () => {
    const { fwCfg } = build();
    expect([fwCfg.dmaPorts.portRead(0, 4), fwCfg.dmaPorts.portRead(4, 4)]).toEqual([
      0x554d_4551, 0x4746_4320,
    ]);
  });

  it("selects, skips and reads in one go, and clears its control word when it is done", () => {
    const { dma, ram } = build();
    expect(dma((0x21 << 16) | 8 | 4, 1, 0)).toBe(0);
    expect(dma(2, 6, 0x200)).toBe(0);
    expect([...ram.subarray(0x200, 0x207)]).toEqual([...new TextEncoder().encode("ello"), 0, 0, 0xee]);
  });

  it("a write is refused with the error bit", () => {
    expect(build().dma((0x21 << 16) | 8 | 16, 1, 0x200)).toBe(1);
  });

  it("a length of 4 GiB does not keep it for ever", () => {
    expect(build().dma((0x21 << 16) | 8 | 2, 0xffff_ffff, 0x200)).toBe(0);
  });
});
