import { expect, it } from "vitest";
import { ataCard } from "../../src/inspect/ata-card.ts";
import { cdrom, disk, diskOf, rig } from "../devices/ata/rig.ts";

it("the card of an IDE channel says what its drives are, and what they do", () => {
  const r = rig([disk(diskOf(2048)), cdrom(null)]);
  r.command(0x20, 0x123, 3);
  r.pass(500);
  const card = ataCard(r.ide.channels[0], "ports 1f0-1f7, 3f6");
  expect(card).toMatchObject({
    name: "ide0 primary",
    where: "ports 1f0-1f7, 3f6",
    irq: "IRQ 14 high",
    deadline: null,
  });
  expect(card.registers).toEqual([
    ["selected", "drive 0"],
    ["DEV_CTRL", "00"],
    ["0 drive", "UMBRA DISK, test.img, 1.0 MiB"],
    ["0 STATUS", "58 DRDY DSC DRQ INTRQ"],
    ["0 ERROR", "00"],
    ["0 COMMAND", "20 READ SECTORS"],
    ["0 place", "sector 123, 3 left"],
    ["0 power", "active"],
    ["1 drive", "UMBRA CD-ROM, no disc"],
    ["1 STATUS", "00"],
    ["1 ERROR", "01 sense 0"],
    ["1 COMMAND", "00 NOP"],
    ["1 place", "no transfer; sense: attention: power on or reset"],
    ["1 power", "active"],
    ["BMIC", "00"],
    ["BMIS", "04 interrupt"],
    ["BMIDTP", "00000000"],
  ]);
});

it("an absent drive is named as such, and a working one has a deadline", () => {
  const r = rig([disk(diskOf(4))]);
  r.command(0xe7);
  const card = ataCard(r.ide.channels[0], "");
  expect(card.irq).toBe("IRQ 14 low");
  expect(card.deadline).toBe(r.clock.nextDeadline);
  expect(card.registers).toContainEqual(["1 drive", "absent"]);
});
