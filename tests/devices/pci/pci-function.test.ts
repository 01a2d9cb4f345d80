import { describe, expect, it } from "vitest";
import type { PortDevice } from "../../../src/devices/device.ts";
import { PCI_BAR0, PCI_COMMAND, PCI_STATUS, PciFunction } from "../../../src/devices/pci/pci-function.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { deviceContract, HZ, Probe } from "../contract.ts";

const ports: PortDevice = { name: "ports", portRead: () => 0, portWrite: () => {} };

function build() {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const intx = new Probe("intx", log, clock);
  const device = new PciFunction("card", { vendor: 0x1234, device: 0x5678, classCode: 0x01_80_00, pin: 1 });
  device.addBar({ index: 0, space: "ports", size: 32, device: ports });
  device.addBar({
    index: 2,
    space: "memory",
    size: 0x4000,
    device: { name: "m", mmioRead: () => 0, mmioWrite: () => {} },
  });
  device.define(0x40, 2, 0x0100, 0x00ff, 0x0100);
  device.intx = intx;
  return { device, clock, log, intx };
}

deviceContract("a PCI function", () => {
  const { device, clock, log, intx } = build();
  return {
    device: Object.assign(
      {
        name: "card",
        maxWidth: 4 as const,
        portRead: (offset: number, width: 1 | 2 | 4) => device.get(offset & ~(width - 1), width),
        portWrite: (offset: number, width: 1 | 2 | 4, value: number) =>
          device.write(offset & ~(width - 1), width, value),
      },
      {
        reset: () => device.reset(),
        save: () => device.save(),
        restore: (state: ReturnType<PciFunction["save"]>) => device.restore(state),
        probe: (offset: number) => device.probe(offset),
      },
    ),
    clock,
    ports: 256,
    log,
    wires: [intx],
    stimulate: (random) => device.setInterrupt(random.oneIn(2)),
  };
});

describe("configuration space", () => {
  it("says who the function is, and cannot be changed there", () => {
    const { device } = build();
    device.write(0, 4, 0xffff_ffff);
    device.write(8, 4, 0xffff_ffff);
    expect([device.get(0, 4), device.get(8, 4), device.get(0x3d, 1)]).toEqual([0x5678_1234, 0x0180_0000, 1]);
  });

  it("a BAR tells its size and kind by the bits that cannot be written", () => {
    const { device } = build();
    device.write(PCI_BAR0, 4, 0xffff_ffff);
    device.write(PCI_BAR0 + 8, 4, 0xffff_ffff);
    expect([device.get(PCI_BAR0, 4), device.get(PCI_BAR0 + 4, 4), device.get(PCI_BAR0 + 8, 4)]).toEqual([
      0xffff_ffe1, 0, 0xffff_c000,
    ]);
  });

  it("bits that are cleared by writing ones keep what is written as zero", () => {
    const { device } = build();
    device.write(0x40, 2, 0x00aa);
    expect(device.get(0x40, 2)).toBe(0x01aa);
    device.write(0x40, 2, 0x0155);
    expect(device.get(0x40, 2)).toBe(0x0055);
  });
});

describe("windows", () => {
  it("answer once they are placed and the command register lets them", () => {
    const { device } = build();
    let moves = 0;
    device.moved = () => moves++;
    device.write(PCI_BAR0, 4, 0xc000);
    device.write(PCI_BAR0 + 8, 4, 0xfebf_0000);
    expect(device.windows()).toEqual([]);
    device.write(PCI_COMMAND, 2, 3);
    expect(device.windows().map(({ base, bar }) => [bar.index, base])).toEqual([
      [0, 0xc000],
      [2, 0xfebf_0000],
    ]);
    device.write(PCI_COMMAND, 2, 1);
    expect(device.windows().map(({ bar }) => bar.index)).toEqual([0]);
    expect(moves).toBe(4);
  });

  it("one that is being sized, or lies at 0, does not answer", () => {
    const { device } = build();
    device.write(PCI_COMMAND, 2, 3);
    device.write(PCI_BAR0, 4, 0xffff_ffff);
    expect(device.windows()).toEqual([]);
  });
});

describe("the interrupt pin", () => {
  it("shows in the status register, and INTx disable takes it off the wire alone", () => {
    const { device, intx } = build();
    device.setInterrupt(true);
    expect([intx.level, device.get(PCI_STATUS, 2) & 8]).toEqual([true, 8]);
    device.write(PCI_COMMAND, 2, 1 << 10);
    expect([intx.level, device.get(PCI_STATUS, 2) & 8]).toEqual([false, 8]);
    device.write(PCI_COMMAND, 2, 0);
    expect(intx.level).toBe(true);
  });
});
