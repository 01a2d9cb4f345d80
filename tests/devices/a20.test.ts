/** The wires to A20 and to the processor's reset: port 0x92 and the keyboard controller. */
import { beforeEach, describe, expect, it } from "vitest";
import { A20Gate } from "../../src/devices/a20-gate.ts";
import { KeyboardController } from "../../src/devices/keyboard-controller.ts";
import { SystemControlA } from "../../src/devices/system-control-a.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { HZ } from "./contract.ts";

let levels: boolean[];
let resets: number;
let errors: string[];
let a20: A20Gate;
let port92: SystemControlA;
let keyboard: KeyboardController;

beforeEach(() => {
  levels = [];
  resets = 0;
  errors = [];
  a20 = new A20Gate((open) => levels.push(open));
  const resetProcessor = () => {
    resets++;
  };
  port92 = new SystemControlA({ a20, resetProcessor });
  keyboard = new KeyboardController({
    a20,
    resetProcessor,
    guestError: (_device, register, detail) => errors.push(`${register}: ${detail}`),
    clock: new MachineClock(HZ),
    keyboardIrq: { raise() {}, lower() {} },
    mouseIrq: { raise() {}, lower() {} },
  });
});

const command = (value: number) => keyboard.commandPort.portWrite(0, 1, value);
const data = (value: number) => keyboard.dataPort.portWrite(0, 1, value);
const status = () => keyboard.commandPort.portRead(0, 1);
const answer = () => keyboard.dataPort.portRead(0, 1);

describe("port 0x92", () => {
  it("drives A20 with bit 1, and reads it back whoever drove it", () => {
    expect(port92.portRead(0, 1)).toBe(2);
    port92.portWrite(0, 1, 0);
    expect([levels, port92.portRead(0, 1)]).toEqual([[false], 0]);
    command(0xdf);
    expect([levels, port92.portRead(0, 1)]).toEqual([[false, true], 2]);
  });
  it("resets the processor at each rising edge of bit 0", () => {
    port92.portWrite(0, 1, 3);
    port92.portWrite(0, 1, 3);
    expect(resets).toBe(1);
    port92.portWrite(0, 1, 2);
    port92.portWrite(0, 1, 3);
    expect(resets).toBe(2);
  });
  it("keeps its state over save and restore", () => {
    port92.portWrite(0, 1, 3);
    const saved = port92.save();
    port92.reset();
    port92.restore(saved);
    expect(port92.portRead(0, 1) & 1).toBe(1);
  });
});

describe("the keyboard controller", () => {
  it("drives A20 through its output port, and by commands", () => {
    command(0xd1);
    data(0xdd);
    expect(a20.open).toBe(false);
    command(0xd0);
    expect(answer() & 2).toBe(0);
    command(0xdf);
    command(0xd0);
    expect(answer() & 2).toBe(2);
    command(0xdd);
    expect(levels).toEqual([false, true, false]);
  });
  it("resets the processor through bit 0 of the output port, and by the pulse command", () => {
    command(0xfe);
    command(0xff);
    expect(resets).toBe(1);
    command(0xd1);
    data(0xde);
    expect(resets).toBe(2);
  });
  it("says in its status when there is something to read", () => {
    expect(status() & 1).toBe(0);
    command(0xaa);
    expect(status() & 1).toBe(1);
    expect(answer()).toBe(0x55);
    expect(status() & 1).toBe(0);
  });
  it("passes its tests, and keeps its command byte", () => {
    command(0xab);
    expect(answer()).toBe(0);
    command(0x60);
    data(0x61);
    command(0x20);
    expect(answer()).toBe(0x61);
  });
  it("says whether the last write was a command", () => {
    command(0xae);
    expect(status() & 8).toBe(8);
    data(0xf4);
    expect(status() & 8).toBe(0);
  });
  it("reports a command that it does not know", () => {
    command(0x99);
    expect(errors).toEqual(["command: 99 is not known"]);
  });
  it("keeps its state over save and restore", () => {
    command(0x60);
    data(0x43);
    command(0xd1);
    const saved = keyboard.save();
    keyboard.reset();
    keyboard.restore(saved);
    data(0xdd);
    expect(a20.open).toBe(false);
  });
});
