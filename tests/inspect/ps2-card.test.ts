import { expect, it } from "vitest";
import { deviceCards } from "../../src/inspect/device-cards.ts";
import type { Machine } from "../../src/machine/machine.ts";
import { machineFor } from "../support/guest-machine.ts";
import { tinyKernel } from "../support/tiny-kernel.ts";

const card = (machine: Machine) => deviceCards(machine).find(({ name }) => name.startsWith("keyboard"));

it("the keyboard controller's card says what it passes on, whose byte waits, and how keyboard and mouse are set", () => {
  const machine = machineFor("k", tinyKernel("jmp $"), "", { ramBytes: 2 << 20 });
  const { bus, keyboardController } = machine.board;
  const out = (port: number, ...bytes: number[]) => {
    for (const byte of bytes) bus.portWrite(port, 1, byte);
  };
  const settle = () => {
    machine.run(machine.icount + 1_000_000);
    bus.portRead(0x60, 1);
  };
  expect(Object.fromEntries(card(machine)?.registers ?? [])).toMatchObject({
    keyboard: "set 2, listens for keys",
    mouse: "standard, off",
    buttons: "00",
  });
  out(0x64, 0xd4);
  out(0x60, 0xf4);
  settle();
  out(0x60, 0xed);
  settle();
  out(0x60, 0x04);
  settle();
  out(0x64, 0x60);
  out(0x60, 0x43);
  keyboardController.mouse.buttons(3);
  machine.run(machine.icount + 1_000_000);
  expect(card(machine)).toMatchObject({ irq: "IRQ 1 low, IRQ 12 high" });
  expect(Object.fromEntries(card(machine)?.registers ?? [])).toEqual({
    COMMAND: "43 IRQ 1 IRQ 12 translates",
    DATA: "0b of the mouse, not read",
    keyboard: "set 2, listens for keys",
    LEDs: "04 caps",
    typed: "nothing waits",
    mouse: "standard, 100 samples/s",
    buttons: "03 left right",
  });
});

it("its deadline is the next byte's arrival, or the mouse's next sample if that comes first", () => {
  const machine = machineFor("k", tinyKernel("jmp $"), "", { ramBytes: 2 << 20 });
  const { bus, keyboardController } = machine.board;
  expect(card(machine)?.deadline).toBeNull();
  bus.portWrite(0x64, 1, 0xd4);
  bus.portWrite(0x60, 1, 0xf4);
  expect(card(machine)?.deadline).toBe(keyboardController.save().arrival);
  machine.run(machine.icount + 1_000_000);
  bus.portRead(0x60, 1);
  expect(card(machine)?.deadline).toBeNull();
  keyboardController.mouse.buttons(0x09);
  expect(card(machine)?.deadline).toBe(keyboardController.mouse.save().sampleAt);
  expect(Object.fromEntries(card(machine)?.registers ?? [])).toMatchObject({ buttons: "09 left fourth" });
});
