/** How a PC hears of x87 errors. SDM: volume 1, appendix D, D.2.1 "MS-DOS compatibility sub-mode". */
import { beforeEach, expect, it } from "vitest";
import { NumericError } from "../../src/devices/numeric-error.ts";

let irq: boolean;
let ignored: boolean;
let device: NumericError;
beforeEach(() => {
  irq = false;
  ignored = false;
  device = new NumericError({
    irq: {
      raise: () => {
        irq = true;
      },
      lower: () => {
        irq = false;
      },
    },
    ignore: (asserted) => {
      ignored = asserted;
    },
  });
});

it("FERR# raises IRQ 13", () => {
  device.setFerr(true);
  expect([irq, ignored]).toEqual([true, false]);
});

it("port 0xF0 lowers it, and asserts IGNNE# until FERR# falls", () => {
  device.setFerr(true);
  device.portWrite(0, 1, 0);
  expect([irq, ignored]).toEqual([false, true]);
  device.setFerr(false);
  expect([irq, ignored]).toEqual([false, false]);
  device.setFerr(true);
  expect([irq, ignored]).toEqual([true, false]);
});

it("port 0xF0 does nothing while there is no error", () => {
  device.portWrite(0, 1, 0);
  expect([irq, ignored]).toEqual([false, false]);
});

it("keeps its state over save and restore, and drives its wires", () => {
  device.setFerr(true);
  device.portWrite(0, 1, 0);
  const saved = device.save();
  device.reset();
  expect(ignored).toBe(false);
  device.restore(saved);
  expect([irq, ignored]).toEqual([false, true]);
});
