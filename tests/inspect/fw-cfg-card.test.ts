import { expect, it } from "vitest";
import { FwCfg } from "../../src/devices/fw-cfg.ts";
import { fwCfgCard } from "../../src/inspect/fw-cfg-card.ts";

it("the card of the configuration device says which file is being read, and lists them all", () => {
  const fwCfg = new FwCfg({ memory: { read: () => {}, write: () => {} }, guestError: () => {} });
  fwCfg.addFile("etc/e820", new Uint8Array(20));
  fwCfg.addFile("bootorder", new Uint8Array(9));
  fwCfg.ports.portWrite(0, 2, 0x20);
  fwCfg.ports.portRead(1, 1);
  expect(fwCfgCard(fwCfg, "ports 510-511").registers).toEqual([
    ["SELECTOR", "0020 etc/e820"],
    ["read", "1 of 20 bytes"],
    ["items", "5"],
    ["0020", "etc/e820, 20 bytes"],
    ["0021", "bootorder, 9 bytes"],
  ]);
});
