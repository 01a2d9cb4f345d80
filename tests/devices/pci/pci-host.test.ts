import { describe, expect, it } from "vitest";
import type { PortDevice } from "../../../src/devices/device.ts";
import { PciFunction } from "../../../src/devices/pci/pci-function.ts";
import { PciHost } from "../../../src/devices/pci/pci-host.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { deviceContract, HZ } from "../contract.ts";

const RAM = 64 << 20;

function build() {
  const mapped = new Map<number, string>();
  const errors: string[] = [];
  const narrow: string[] = [];
  const resetControl: PortDevice = {
    name: "reset",
    portRead: (offset) => 0x10 + offset,
    portWrite: (offset, _width, value) => narrow.push(`${offset}=${value.toString(16)}`),
  };
  const map = (base: number, device: { name: string }): boolean => {
    if (mapped.has(base)) return false;
    mapped.set(base, device.name);
    return true;
  };
  const routed: string[] = [];
  const host = new PciHost({
    space: {
      mapPorts: (base, _count, device) => map(base, device),
      unmapPorts: (base) => mapped.delete(base),
      mapMemory: (base, _size, device) => map(base, device),
      unmapMemory: (base) => mapped.delete(base),
    },
    memoryBase: RAM,
    resetControl,
    interrupt: (device, pin) => {
      routed.push(`${device}.${pin}`);
      return { raise() {}, lower() {} };
    },
    guestError: (device, register, detail) => errors.push(`${device} ${register}: ${detail}`),
  });
  const add = (slot: number, fn: number, name: string) => {
    const pciFunction = new PciFunction(name, {
      vendor: 0x8086,
      device: slot * 16 + fn,
      classCode: 0,
      pin: 2,
    });
    const ports: PortDevice = { name: `${name} ports`, portRead: () => 0, portWrite: () => {} };
    pciFunction.addBar({ index: 0, space: "ports", size: 16, device: ports });
    pciFunction.addBar({
      index: 1,
      space: "memory",
      size: 4096,
      device: { name: `${name} memory`, mmioRead: () => 0, mmioWrite: () => {} },
    });
    host.plug(slot, fn, pciFunction);
    return pciFunction;
  };
  const one = add(3, 0, "one");
  const two = add(3, 1, "two");
  const address = (slot: number, fn: number, register: number) =>
    host.addressPort.portWrite(0, 4, 0x8000_0000 + slot * 0x800 + fn * 0x100 + register);
  const read = (slot: number, fn: number, register: number, width: 1 | 2 | 4 = 4) => {
    address(slot, fn, register);
    return host.dataPort.portRead(register & 3, width);
  };
  const write = (slot: number, fn: number, register: number, value: number, width: 1 | 2 | 4 = 4) => {
    address(slot, fn, register);
    host.dataPort.portWrite(register & 3, width, value);
  };
  return { host, one, two, read, write, address, mapped, errors, narrow, routed };
}

deviceContract("the PCI host", () => {
  const { host } = build();
  const device = {
    name: "pci-host",
    maxWidth: 4 as const,
    portRead: (offset: number, width: 1 | 2 | 4) =>
      (offset < 4 ? host.addressPort : host.dataPort).portRead(offset & 3 & ~(width - 1), width),
    portWrite: (offset: number, width: 1 | 2 | 4, value: number) =>
      (offset < 4 ? host.addressPort : host.dataPort).portWrite(offset & 3 & ~(width - 1), width, value),
    reset: () => {
      host.reset();
      for (const { pciFunction } of host.functions) pciFunction.reset();
    },
    save: () => ({
      host: host.save(),
      functions: host.functions.map(({ pciFunction }) => pciFunction.save()),
    }),
    restore: (state: { host: ReturnType<PciHost["save"]>; functions: ReturnType<PciFunction["save"]>[] }) => {
      host.restore(state.host);
      for (const [i, { pciFunction }] of host.functions.entries()) pciFunction.restore(state.functions[i]);
    },
    probe: (offset: number) => host.probe(offset),
  };
  return { device, clock: new MachineClock(HZ), ports: 8, log: [] };
});

describe("configuration mechanism 1", () => {
  it("reaches the register that the address names, in every width", () => {
    const { read } = build();
    expect([read(3, 0, 0), read(3, 1, 0)]).toEqual([0x0030_8086, 0x0031_8086]);
    expect([read(3, 0, 2, 2), read(3, 0, 1, 1)]).toEqual([0x0030, 0x80]);
  });

  it("what is not there reads as ones: no device, no function, another bus, not enabled", () => {
    const { read, host } = build();
    expect([read(4, 0, 0), read(3, 2, 0), read(3, 7, 0, 2)]).toEqual([0xffff_ffff, 0xffff_ffff, 0xffff]);
    host.addressPort.portWrite(0, 4, 0x8001_1800);
    expect(host.dataPort.portRead(0, 4)).toBe(0xffff_ffff);
    host.addressPort.portWrite(0, 4, 0x0000_1800);
    expect(host.dataPort.portRead(0, 4)).toBe(0xffff_ffff);
  });

  it("the address takes four bytes at a time; narrower accesses reach the reset control register", () => {
    const { host, narrow } = build();
    host.addressPort.portWrite(0, 4, 0xffff_ffff);
    expect(host.addressPort.portRead(0, 4)).toBe(0x80ff_fffc);
    host.addressPort.portWrite(1, 1, 0x06);
    host.addressPort.portWrite(0, 2, 0x1234);
    expect(narrow).toEqual(["1=6", "0=34", "1=12"]);
    expect([host.addressPort.portRead(1, 1), host.addressPort.portRead(0, 2)]).toEqual([0x11, 0x1110]);
    expect(host.addressPort.portRead(0, 4)).toBe(0x80ff_fffc);
  });
});

describe("windows", () => {
  it("follow the BARs, and go when the command register says so", () => {
    const { write, mapped } = build();
    write(3, 0, 0x10, 0xc000);
    write(3, 0, 0x14, 0xfebf_0000);
    write(3, 0, 4, 3, 2);
    expect([...mapped]).toEqual([
      [0xc000, "one ports"],
      [0xfebf_0000, "one memory"],
    ]);
    write(3, 0, 0x10, 0xd000);
    expect([...mapped.keys()]).toEqual([0xd000, 0xfebf_0000]);
    write(3, 0, 4, 0, 2);
    expect(mapped.size).toBe(0);
  });

  it("at a place that is taken, or in RAM, do not answer until they move", () => {
    const { write, mapped, errors } = build();
    write(3, 0, 0x10, 0xc000);
    write(3, 0, 4, 3, 2);
    write(3, 1, 0x10, 0xc000);
    write(3, 1, 0x14, 0x0010_0000);
    write(3, 1, 4, 3, 2);
    expect([...mapped]).toEqual([[0xc000, "one ports"]]);
    expect(errors).toContain("two BAR0: placed at c000, which is taken");
    expect(errors).toContain("two BAR1: placed at 100000, which is taken");
    write(3, 1, 0x10, 0xc040);
    expect(mapped.get(0xc040)).toBe("two ports");
  });

  it("a restored bus has the windows of the one that was saved, wherever its own were", () => {
    const first = build();
    first.write(3, 0, 0x10, 0xc000);
    first.write(3, 1, 0x10, 0xd000);
    const second = build();
    second.write(3, 0, 0x10, 0xd000);
    second.write(3, 1, 0x10, 0xc000);
    for (const { write } of [first, second]) for (const fn of [0, 1]) write(3, fn, 4, 1, 2);
    second.one.restore(first.one.save());
    second.two.restore(first.two.save());
    expect(new Map([...second.mapped].sort())).toEqual(new Map([...first.mapped].sort()));
    expect(second.mapped.get(0xc000)).toBe("one ports");
  });

  it("of two at one place the lower slot's answers, whichever came first, and the other once it is free", () => {
    const { write, mapped, errors } = build();
    for (const fn of [1, 0]) {
      write(3, fn, 0x10, 0xc000);
      write(3, fn, 4, 1, 2);
    }
    expect([...mapped]).toEqual([[0xc000, "one ports"]]);
    expect(errors).toEqual(["two BAR0: placed at c000, which is taken"]);
    write(3, 0, 4, 0, 2);
    expect([...mapped]).toEqual([[0xc000, "two ports"]]);
  });

  it("each function gets the wire of its slot and pin", () => {
    expect(build().routed).toEqual(["3.2", "3.2"]);
  });
});
