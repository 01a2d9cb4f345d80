import { describe, expect, it } from "vitest";
import type { Width } from "../../src/devices/device.ts";
import { DmaPair, type DmaPairState } from "../../src/devices/dma-pair.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { deviceContract, HZ } from "./contract.ts";

const PAGE_2 = 0x81 - 0x81;
const PAGE_5 = 0x8b - 0x81;

function rig() {
  const memory = new Map<number, number>();
  const dma = new DmaPair({
    memory: {
      read: (gpa, into) => {
        for (let i = 0; i < into.length; i++) into[i] = memory.get(gpa + i) ?? 0;
      },
      write: (gpa, from) => {
        for (const [i, byte] of from.entries()) memory.set(gpa + i, byte);
      },
    },
    guestError: () => {},
  });
  const ports = {
    primary: (offset: number, byte: number) => dma.primary.portWrite(offset, 1, byte),
    secondary: (offset: number, byte: number) => dma.secondaryPorts.portWrite(offset, 1, byte),
    page: (offset: number, byte: number) => dma.pagePorts.portWrite(offset, 1, byte),
  };
  return { dma, memory, ...ports };
}

/** All three ranges, one behind the other, as `probe` numbers them. */
function asOne(dma: DmaPair) {
  const portOf = (offset: number) => {
    if (offset < 16) return { device: dma.primary, at: offset };
    if (offset < 32) return { device: dma.secondaryPorts, at: (offset - 16) * 2 };
    return { device: dma.pagePorts, at: offset - 32 };
  };
  return {
    name: dma.name,
    portRead: (offset: number, width: Width) => {
      const { device, at } = portOf(offset);
      return device.portRead(at, width);
    },
    portWrite: (offset: number, width: Width, value: number) => {
      const { device, at } = portOf(offset);
      device.portWrite(at, width, value);
    },
    reset: () => dma.reset(),
    save: () => dma.save(),
    restore: (state: DmaPairState) => dma.restore(state),
    probe: (offset: number) => dma.probe(offset),
  };
}

deviceContract("the pair of 8237A", () => {
  const { dma } = rig();
  const log: string[] = [];
  return {
    device: asOne(dma),
    clock: new MachineClock(HZ),
    ports: 47,
    log,
    stimulate: (random) => {
      const channel = dma.channel(random.pick([0, 1, 2, 3, 5, 6, 7]));
      if (random.oneIn(4)) dma.openCascade();
      log.push(JSON.stringify(channel.toMemory(new Uint8Array(random.below(20)))));
    },
  };
});

describe("the cascade", () => {
  const programChannel2 = ({ primary, page }: ReturnType<typeof rig>) => {
    primary(0xb, 0x46);
    primary(0xc, 0);
    for (const byte of [0x00, 0x20]) primary(4, byte);
    for (const byte of [0x01, 0x00]) primary(5, byte);
    page(PAGE_2, 0x12);
    primary(0xa, 2);
  };

  it("channels 0 to 3 are silent until channel 4 is open and in cascade mode", () => {
    const r = rig();
    programChannel2(r);
    const channel = r.dma.channel(2);
    expect(channel.toMemory(Uint8Array.of(7)).moved).toBe(0);
    r.secondary(0xb << 1, 0xc0);
    expect(channel.toMemory(Uint8Array.of(7)).moved).toBe(0);
    r.secondary(0xa << 1, 0x00);
    expect(channel.toMemory(Uint8Array.of(7)).moved).toBe(1);
    expect(r.memory.get(0x12_2000)).toBe(7);
    r.secondary(0xd << 1, 0);
    expect(channel.toMemory(Uint8Array.of(7)).moved).toBe(0);
  });

  it("is opened by what a BIOS does", () => {
    const r = rig();
    programChannel2(r);
    r.dma.openCascade();
    expect(r.dma.channel(2).toMemory(Uint8Array.of(1, 2))).toEqual({ moved: 2, terminalCount: true });
  });

  it("a request of software on the first chip waits for it", () => {
    const r = rig();
    programChannel2(r);
    r.primary(0xb, 0x86);
    r.primary(9, 6);
    expect(r.dma.primary.portRead(8, 1)).toBe(0x40);
    r.dma.openCascade();
    expect(r.dma.primary.portRead(8, 1)).toBe(0x04);
  });

  it("takes channel 4 away from devices", () => {
    expect(() => rig().dma.channel(4)).toThrow();
  });
});

describe("page registers", () => {
  it("give address bits 23 to 16; words ignore the lowest", () => {
    const r = rig();
    r.page(PAGE_5, 0x13);
    r.secondary(0xb << 1, 0x45);
    for (const byte of [0x01, 0x80]) r.secondary(2 << 1, byte);
    r.secondary(0xa << 1, 1);
    r.dma.channel(5).toMemory(Uint8Array.of(1, 2));
    expect([...r.memory]).toEqual([
      [0x13_0002, 1],
      [0x13_0003, 2],
    ]);
  });

  it.each([
    [0x81, 2],
    [0x82, 3],
    [0x83, 1],
    [0x87, 0],
    [0x89, 6],
    [0x8a, 7],
    [0x8b, 5],
  ])("port %i is that of channel %i", (port, channel) => {
    const r = rig();
    r.page(port - 0x81, 0xa5);
    expect(r.dma.page(channel)).toBe(0xa5);
    expect(r.dma.probe(32 + port - 0x81)).toBe(`PAGE_${channel}`);
  });

  it.each([0x84, 0x85, 0x86, 0x88, 0x8c, 0x8d, 0x8e])("port %i only keeps what is written", (port) => {
    const { dma, page } = rig();
    page(port - 0x81, 0x3c);
    expect(dma.pagePorts.portRead(port - 0x81, 1)).toBe(0x3c);
    expect(dma.probe(32 + port - 0x81)).toBe("PAGE_FREE");
  });
});
