import { describe, expect, it } from "vitest";
import type { PortDevice } from "../../src/devices/device.ts";
import { PciFunction } from "../../src/devices/pci/pci-function.ts";
import { pciCard, pciPlace } from "../../src/inspect/pci-card.ts";

const ports: PortDevice = { name: "ports", portRead: () => 0, portWrite: () => {} };

function build() {
  const card = new PciFunction("net", {
    vendor: 0x10ec,
    device: 0x8029,
    classCode: 0x02_00_00,
    pin: 1,
  });
  card.addBar({ index: 0, space: "ports", size: 32, device: ports });
  card.addBar({
    index: 1,
    space: "memory",
    size: 0x1000,
    device: { name: "memory", mmioRead: () => 0, mmioWrite: () => {} },
  });
  return card;
}

const rows = (pciFunction: PciFunction) => Object.fromEntries(pciCard(pciFunction, "").registers);

describe("the card of a PCI function", () => {
  it("says who it is, and that it has no place yet", () => {
    const card = pciCard(build(), pciPlace(3, 0));
    expect(card).toEqual({
      name: "pci net",
      where: "PCI 00:03.0",
      irq: "INTA# idle",
      deadline: null,
      registers: [
        ["ID", "10ec:8029 revision 00"],
        ["class", "020000 Ethernet"],
        ["PCICMD", "0000"],
        ["PCISTS", "0000"],
        ["BAR0", "32 ports, not placed"],
        ["BAR1", "4096 bytes, not placed"],
        ["INTLN", "00 none"],
      ],
    });
  });

  it("shows where the firmware put it, and what is switched off", () => {
    const net = build();
    net.write(0x10, 4, 0xc000);
    net.write(0x14, 4, 0xfebf_1000);
    net.write(0x3c, 1, 11);
    net.write(0x04, 2, 0x0005);
    expect(rows(net)).toMatchObject({
      PCICMD: "0005 ports master",
      BAR0: "ports c000-c01f",
      BAR1: "memory febf1000-febf1fff, off",
      INTLN: "0b IRQ 11",
    });
  });

  it("tells a request from an interrupt that INTx disable holds back", () => {
    const net = build();
    net.setInterrupt(true);
    expect(pciCard(net, "").irq).toBe("INTA# asserted");
    net.write(0x04, 2, 0x0400);
    expect(pciCard(net, "").irq).toBe("INTA# idle");
    expect(rows(net)).toMatchObject({ PCICMD: "0400 INTx off", PCISTS: "0008 interrupt" });
  });

  it("has neither wire nor line without a pin", () => {
    const bridge = new PciFunction("bridge", { vendor: 0x8086, device: 0x1237, classCode: 0x06_00_00 });
    expect(pciCard(bridge, "").irq).toBe("");
    expect(Object.keys(rows(bridge))).toEqual(["ID", "class", "PCICMD", "PCISTS"]);
  });
});
