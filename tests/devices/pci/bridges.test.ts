/** The host bridge's memory attributes, and the ISA bridge's interrupt routes and resets. */
import { describe, expect, it } from "vitest";
import { I440fx } from "../../../src/devices/pci/i440fx.ts";
import { Piix3 } from "../../../src/devices/pci/piix3.ts";

describe("the host bridge", () => {
  const build = () => {
    const pieces = new Map<number, string>();
    const bridge = new I440fx({
      ramBytes: 64 << 20,
      shadow: (base, bytes, readable, writable) =>
        pieces.set(base, `${bytes / 1024}${readable ? "r" : "-"}${writable ? "w" : "-"}`),
    });
    return { bridge, pieces };
  };

  it("is an 82441FX", () => {
    const { bridge } = build();
    expect([bridge.get(0, 4), bridge.get(8, 4)]).toEqual([0x1237_8086, 0x0600_0002]);
  });

  it("cannot be taken off the bus: only the error bits of its command are written", () => {
    const { bridge } = build();
    bridge.write(0x04, 2, 0);
    expect([bridge.get(0x04, 2), bridge.get(0x06, 2)]).toEqual([0x0006, 0x0280]);
    bridge.write(0x04, 2, 0xffff);
    expect(bridge.get(0x04, 2)).toBe(0x0146);
  });

  it("PAM0 rules the last 64 KiB by its upper half alone", () => {
    const { bridge, pieces } = build();
    bridge.write(0x59, 1, 0xff);
    expect([...pieces]).toEqual([[0xf_0000, "64rw"]]);
    expect(bridge.get(0x59, 1)).toBe(0x30);
  });

  it("the others rule two pieces of 16 KiB each, the lower half the lower one", () => {
    const { bridge, pieces } = build();
    bridge.write(0x5a, 1, 0x21);
    bridge.write(0x5f, 1, 0x32);
    expect([...pieces]).toEqual([
      [0xc_0000, "16r-"],
      [0xc_4000, "16-w"],
      [0xe_8000, "16-w"],
      [0xe_c000, "16rw"],
    ]);
  });

  it("a wide write reaches every register that it covers", () => {
    const { bridge, pieces } = build();
    bridge.write(0x5c, 4, 0x3333_3333);
    expect(pieces.size).toBe(8);
  });

  it("a reset takes all RAM out of the area", () => {
    const { bridge, pieces } = build();
    bridge.write(0x58, 4, 0x3333_3333);
    bridge.reset();
    expect(new Set([...pieces.values()].map((text) => text.slice(-2)))).toEqual(new Set(["--"]));
    expect(pieces.size).toBe(13);
  });

  it("a restored one sets the area as it was", () => {
    const first = build();
    first.bridge.write(0x5b, 1, 0x13);
    const second = build();
    second.bridge.restore(structuredClone(first.bridge.save()));
    expect([second.pieces.get(0xc_8000), second.pieces.get(0xc_c000), second.pieces.get(0xf_0000)]).toEqual([
      "16rw",
      "16r-",
      "64--",
    ]);
  });

  it("tells where RAM ends by its row boundaries, in units of 8 MiB", () => {
    expect(build().bridge.get(0x67, 1)).toBe(8);
  });
});

describe("the ISA bridge", () => {
  const build = () => {
    const levels = new Map<number, number>();
    const log: string[] = [];
    const bridge = new Piix3({
      irq: (number) => ({
        raise: () => levels.set(number, (levels.get(number) ?? 0) + 1),
        lower: () => levels.set(number, (levels.get(number) ?? 0) - 1),
      }),
      resetSystem: () => log.push("system"),
      resetProcessor: () => log.push("processor"),
    });
    const high = () => [...levels].filter(([, count]) => count > 0).map(([irq]) => irq);
    return { bridge, high, log };
  };
  const route = (bridge: Piix3, ...irqs: number[]) => {
    for (const [i, irq] of irqs.entries()) bridge.write(0x60 + i, 1, irq);
  };

  it("is function 0 of several, a PIIX3", () => {
    const { bridge } = build();
    expect([bridge.get(0, 4), bridge.get(0x0e, 1)]).toEqual([0x7000_8086, 0x80]);
  });

  it("routes nothing after a reset", () => {
    const { bridge, high } = build();
    bridge.interrupt(3, 1).raise();
    expect(high()).toEqual([]);
  });

  it("turns the pins of neighbours by one", () => {
    const { bridge, high } = build();
    route(bridge, 9, 10, 11, 12);
    const seen = [1, 2, 3, 4, 5].map((device) => {
      const wire = bridge.interrupt(device, 1);
      wire.raise();
      const irq = high();
      wire.lower();
      return irq;
    });
    expect(seen).toEqual([[9], [10], [11], [12], [9]]);
    const pinB = bridge.interrupt(1, 2);
    pinB.raise();
    expect(high()).toEqual([10]);
  });

  it("an interrupt that two functions share is high until both let go", () => {
    const { bridge, high } = build();
    route(bridge, 10, 10, 11, 11);
    const [a, b, c] = [bridge.interrupt(1, 1), bridge.interrupt(1, 1), bridge.interrupt(2, 1)];
    a.raise();
    b.raise();
    c.raise();
    a.lower();
    c.lower();
    expect(high()).toEqual([10]);
    b.lower();
    expect(high()).toEqual([]);
  });

  it("moving a route moves a request that is pending; the board's own interrupts cannot be had", () => {
    const { bridge, high } = build();
    route(bridge, 10);
    bridge.interrupt(1, 1).raise();
    route(bridge, 11);
    expect(high()).toEqual([11]);
    route(bridge, 8);
    expect(high()).toEqual([]);
    route(bridge, 0x80 | 11);
    expect(high()).toEqual([]);
  });

  it("resets when bit 2 of the control register rises: the processor, or the system if bit 1 is set", () => {
    const { bridge, log } = build();
    const { resetControl } = bridge;
    for (const value of [0x02, 0x06, 0x06, 0x00, 0x04]) resetControl.portWrite(1, 1, value);
    expect(log).toEqual(["system", "processor"]);
    expect([resetControl.portRead(1, 1), resetControl.portRead(0, 1)]).toEqual([4, 0xff]);
  });

  it("passes the command port on, and keeps the status port", () => {
    const { bridge } = build();
    const commands: number[] = [];
    bridge.command = (value) => commands.push(value);
    bridge.apmPorts.portWrite(0, 1, 0xf1);
    bridge.apmPorts.portWrite(1, 1, 0x77);
    expect([commands, bridge.apmPorts.portRead(0, 1), bridge.apmPorts.portRead(1, 1)]).toEqual([
      [0xf1],
      0xf1,
      0x77,
    ]);
  });

  it("a restored one drives what the saved one drove", () => {
    const first = build();
    route(first.bridge, 10, 10, 11, 11);
    const second = build();
    for (const { bridge } of [first, second]) bridge.interrupt(2, 1);
    first.bridge.interrupt(2, 1).raise();
    second.bridge.interrupt(2, 1);
    second.bridge.restore(structuredClone(first.bridge.save()));
    expect([first.high(), second.high()]).toEqual([[10], [10]]);
  });
});
