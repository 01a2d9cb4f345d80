import { expect, it } from "vitest";
import { floppyCard } from "../../src/inspect/floppy-card.ts";
import { diskOf, rig, TO_MEMORY } from "../devices/floppy/rig.ts";

it("the card of the diskette controller says what it does, and what is in the drives", () => {
  const r = rig([{ kind: "1.44M", disk: diskOf(2880, true) }, null]);
  r.start();
  r.runSeek(0x0f, 0, 3);
  r.channel2(TO_MEMORY, 0x1000, 18 * 512);
  r.send(0xe6, 0, 3, 0, 1, 2, 18, 27, 255);
  r.pass(1);
  const card = floppyCard(r.fdc, "ports 3f0-3f5, 3f7");
  expect(card).toMatchObject({
    name: "fdc 82077AA",
    where: "ports 3f0-3f5, 3f7",
    irq: "IRQ 6 low",
    deadline: r.clock.nextDeadline,
  });
  expect(card.registers).toEqual([
    ["DOR", "1c drive 0 motor 0 gate open"],
    ["MSR", "10 CMD BSY"],
    ["rate", "500 kbit/s"],
    ["DIR", "7f"],
    ["command", "READ DATA, C 3 H 0 R 2"],
    ["CONFIGURE", "20 no FIFO"],
    ["0 drive", "1.44M, test.img, 1.44M, write-protected"],
    ["0 head", "on track 3"],
    ["1 drive", "absent"],
  ]);
});

it("before anyone has programmed it, it is in reset", () => {
  const { registers } = floppyCard(rig([{ kind: "2.88M", disk: null }]).fdc, "");
  expect(registers.slice(0, 2)).toEqual([
    ["DOR", "00 drive 0 reset"],
    ["MSR", "00"],
  ]);
  expect(registers).toContainEqual(["0 drive", "2.88M, no medium, changed"]);
});
