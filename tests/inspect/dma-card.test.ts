import { expect, it } from "vitest";
import { DmaPair } from "../../src/devices/dma-pair.ts";
import { dmaCard } from "../../src/inspect/dma-card.ts";

it("the card says where each channel is, and what it is open for", () => {
  const dma = new DmaPair({ memory: { read: () => {}, write: () => {} }, guestError: () => {} });
  const primary = (offset: number, byte: number) => dma.primary.portWrite(offset, 1, byte);
  dma.openCascade();
  dma.pagePorts.portWrite(0, 1, 0x01);
  primary(0xb, 0x56);
  for (const byte of [0x00, 0x20]) primary(4, byte);
  for (const byte of [0xff, 0x01]) primary(5, byte);
  primary(0xa, 2);
  const card = dmaCard(dma, "ports 000-00f");
  expect(card).toMatchObject({ name: "dma 8237 pair", where: "ports 000-00f", irq: "", deadline: null });
  expect(card.registers).toContainEqual(["COMMAND 0-3", "00"]);
  expect(card.registers).toContainEqual(["2 mode", "open, single, to memory, autoinit"]);
  expect(card.registers).toContainEqual(["2 place", "page 01 address 2000, count 01ff"]);
  expect(card.registers).toContainEqual(["3 mode", "masked, demand, verify"]);
  expect(card.registers).toContainEqual(["4 mode", "open, cascade"]);
});
