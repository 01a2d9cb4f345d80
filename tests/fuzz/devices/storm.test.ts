/** A little of `npm run fuzz:devices` in every run of the tests. */
import { describe, expect, it } from "vitest";
import { buildBoard, deviceNames, Storm } from "./storm.ts";

const names = deviceNames(buildBoard());

describe("random accesses", () => {
  it("there are devices to try", () => {
    expect(names).toEqual(expect.arrayContaining(["vga", "rtc", "pci-host", "piix3-ide", "fw-cfg", "com1"]));
  });

  it.each(names)("to %s never throw, and the same ones leave the same state", (name) => {
    const states = [0, 1].map(() => {
      const storm = new Storm(name, 3);
      storm.run(20_000);
      return storm.machine.board.devices.map((device) => device.save());
    });
    expect(states[0]).toEqual(states[1]);
  });
});
