import { expect, it } from "vitest";
import { IoApic } from "../../src/devices/apic/io-apic.ts";
import { ioApicCard, localApicCard } from "../../src/inspect/apic-card.ts";
import * as at from "../devices/apic/rig.ts";
import { rig } from "../devices/apic/rig.ts";

it("the card of a local APIC says what waits, what is served, and when the timer ends", () => {
  const { apic, write, fixed, pass } = rig();
  apic.setVirtualWire();
  write(at.LVT_TIMER, (1 << 17) | 0xec);
  write(at.TDCR, 0x0b);
  write(at.TICR, 1000);
  fixed(0x51);
  apic.acknowledge();
  fixed(0x31);
  fixed(0x42);
  pass(100);
  const card = localApicCard(apic, "memory fee00000");
  expect(card).toMatchObject({ name: "local apic", irq: "LINT0 low, LINT1 low", deadline: 1000 });
  expect(card.registers).toEqual([
    ["state", "enabled"],
    ["ID", "00"],
    ["IRR", "31 42"],
    ["ISR", "51"],
    ["TPR PPR", "00 50"],
    ["SVR", "01ff spurious vector ff"],
    ["logical", "ID 00, flat model"],
    ["LVT timer", "vector ec, periodic, 900 of 1000, clock / 1"],
    ["LVT LINT0", "ExtINT"],
    ["LVT LINT1", "NMI"],
    ["LVT error", "vector 00, masked"],
    ["ESR", "00, since then 00"],
    ["ICR", "00:00000000"],
  ]);
});

it("the card of an I/O APIC shows the pins that are set up", () => {
  const ioApic = new IoApic({ deliver: () => true, guestError: () => {} });
  const set = (register: number, value: number) => {
    ioApic.mmioWrite(0x00, 4, register);
    ioApic.mmioWrite(0x10, 4, value);
  };
  set(0x10 + 2 * 2, 0x0930);
  set(0x11 + 2 * 2, 0x0100_0000);
  set(0x10 + 2 * 10, 0x8000 | 0x51);
  ioApic.pin(10).raise();
  const card = ioApicCard(ioApic, "memory fec00000");
  expect(card.irq).toBe("high: pin 10");
  expect(card.registers.slice(2)).toEqual([
    ["pin 2", "lowest priority vector 30, to logical 01"],
    ["pin 10", "vector 51, to 00, level, in service"],
  ]);
});
