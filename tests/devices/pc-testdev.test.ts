import { describe, expect, it } from "vitest";
import type { Width } from "../../src/devices/device.ts";
import { PcTestdev } from "../../src/devices/pc-testdev.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { deviceContract, HZ, Probe } from "./contract.ts";

/** A board with all lines but the second. */
function rig() {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const lines = Array.from({ length: 24 }, (_, line) => new Probe(`irq${line}`, log, clock));
  const flushed: number[] = [];
  const testdev = new PcTestdev({
    irq: (line) => (line === 2 ? null : lines[line]),
    flush: (gpa) => flushed.push(gpa),
  });
  return { clock, log, lines, flushed, testdev };
}

deviceContract("the test device", () => {
  const { clock, log, lines, testdev } = rig();
  const portOf = (offset: number) => (offset < 4 ? testdev.registerPort : testdev.flushPort);
  return {
    device: {
      name: testdev.name,
      maxWidth: 4,
      portRead: (offset: number, width: Width) => portOf(offset).portRead(offset & 3, width),
      portWrite: (offset: number, width: Width, value: number) =>
        portOf(offset).portWrite(offset & 3, width, value),
      reset: () => testdev.reset(),
      save: () => testdev.save(),
      restore: (state: ReturnType<PcTestdev["save"]>) => testdev.restore(state),
      probe: (offset: number) => testdev.probe(offset),
    },
    clock,
    ports: 8,
    log,
    // No wire leads from the third port.
    wires: lines.filter((_, line) => line !== 2),
    stimulate: (random) => {
      if (random.oneIn(2)) testdev.irqPorts.portWrite(random.below(24), 1, random.below(2));
      else testdev.memory.mmioWrite(random.below(256), 4, random.word() >>> 0);
    },
  };
});

describe("the test device", () => {
  it("keeps what is written to its register, by bytes, words and doublewords", () => {
    const { registerPort } = rig().testdev;
    registerPort.portWrite(0, 4, 0x1234_5678);
    registerPort.portWrite(1, 1, 0xab);
    registerPort.portWrite(2, 2, 0xcdef);
    expect(registerPort.portRead(0, 4)).toBe(0xcdef_ab78);
    expect([registerPort.portRead(3, 1), registerPort.portRead(0, 2)]).toEqual([0xcd, 0xab78]);
  });

  it("raises and lowers interrupt lines; a line that the board has not is nothing", () => {
    const { testdev, log } = rig();
    testdev.irqPorts.portWrite(14, 1, 1);
    testdev.irqPorts.portWrite(14, 1, 0);
    testdev.irqPorts.portWrite(23, 1, 1);
    testdev.irqPorts.portWrite(2, 1, 1);
    expect(log).toEqual(["0 irq14 high", "0 irq14 low", "0 irq23 high"]);
    testdev.reset();
    expect(log.at(-1)).toBe("0 irq23 low");
  });

  it("has memory that keeps what is written up to its last byte", () => {
    const { memory } = rig().testdev;
    memory.mmioWrite(0xfffc, 4, 0x8765_4321);
    memory.mmioWrite(0, 1, 0x99);
    expect([memory.mmioRead(0xfffc, 4), memory.mmioRead(0xfffe, 2), memory.mmioRead(0, 4)]).toEqual([
      0x8765_4321, 0x8765, 0x99,
    ]);
  });

  it("tells whoever keeps translations which page to forget", () => {
    const { testdev, flushed } = rig();
    testdev.flushPort.portWrite(0, 4, 0xdead_beef);
    expect(flushed).toEqual([0xdead_b000]);
  });
});
