import { describe, expect, it } from "vitest";
import { A20Gate } from "../../src/devices/a20-gate.ts";
import { KeyboardController } from "../../src/devices/keyboard-controller.ts";
import { KEYS } from "../../src/devices/ps2/scan-codes.ts";
import { strokesOf } from "../../src/devices/ps2/us-layout.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { deviceContract, HZ, Probe } from "./contract.ts";

const MILLISECOND = HZ / 1000;
const INTERRUPT = 0x01;
const TRANSLATE = 0x40;

function build() {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const irq = new Probe("irq1", log, clock);
  const device = new KeyboardController({
    a20: new A20Gate(() => {}),
    resetProcessor: () => {},
    guestError: () => {},
    clock,
    keyboardIrq: irq,
    mouseIrq: new Probe("irq12", log, clock),
  });
  const command = (value: number) => device.commandPort.portWrite(0, 1, value);
  const data = (value: number) => device.dataPort.portWrite(0, 1, value);
  const full = () => (device.commandPort.portRead(0, 1) & 1) !== 0;
  const read = () => device.dataPort.portRead(0, 1);
  /** All that comes within some milliseconds, read as it comes. */
  const receive = (milliseconds = 100): number[] => {
    const bytes: number[] = [];
    for (let i = 0; i < milliseconds * 10; i++) {
      clock.advance(clock.now + MILLISECOND / 10);
      if (full()) bytes.push(read());
    }
    return bytes;
  };
  const mode = (commandByte: number) => {
    command(0x60);
    data(commandByte);
  };
  return { device, clock, irq, log, command, data, full, read, receive, mode };
}

deviceContract("the keyboard controller", () => {
  const { device, clock, irq, log } = build();
  const keys = [...KEYS.keys()];
  return {
    device: {
      name: device.name,
      portRead: (offset: number) => (offset === 0 ? device.dataPort : device.commandPort).portRead(0, 1),
      portWrite: (offset: number, width: 1 | 2 | 4, value: number) =>
        (offset === 0 ? device.dataPort : device.commandPort).portWrite(0, width, value),
      reset: () => device.reset(),
      save: () => device.save(),
      restore: (state: ReturnType<KeyboardController["save"]>) => device.restore(state),
      probe: (offset: number) => (offset === 1 ? device.probe(4) : offset === 0 ? device.probe(0) : "?"),
    },
    clock,
    ports: 2,
    log,
    wires: [irq],
    stimulate: (random) => device.press(random.pick(keys)),
  };
});

describe("keys", () => {
  it("come as set 2, and translated as set 1: one byte to go down, bit 7 to go up", () => {
    const { device, receive, mode } = build();
    mode(0);
    device.typeSent("a");
    expect(receive()).toEqual([0x1c, 0xf0, 0x1c]);
    mode(TRANSLATE);
    device.typeSent("a");
    expect(receive()).toEqual([0x1e, 0x9e]);
  });

  it("capitals and signs have Shift around them; grey keys come behind E0", () => {
    const { device, receive, mode } = build();
    mode(TRANSLATE);
    device.typeSent("A!");
    expect(receive()).toEqual([0x2a, 0x1e, 0x9e, 0xaa, 0x2a, 0x02, 0x82, 0xaa]);
    device.press("up", "delete");
    device.release("up");
    expect(receive()).toEqual([0xe0, 0x48, 0xe0, 0x53, 0xe0, 0xc8]);
  });

  it("raise IRQ 1 until the byte is read, if the command byte lets them", () => {
    const { device, clock, irq, mode, read } = build();
    mode(TRANSLATE);
    device.press("b");
    clock.advance(clock.now + 5 * MILLISECOND);
    expect(irq.level).toBe(false);
    mode(TRANSLATE | INTERRUPT);
    expect(irq.level).toBe(true);
    expect([read(), irq.level]).toEqual([0x30, false]);
  });

  it("none is lost while the guest does not read, has switched the keyboard off, or scanning", () => {
    const { device, receive, command, data, mode } = build();
    mode(TRANSLATE);
    command(0xad);
    device.typeSent("ls\n");
    expect(receive()).toEqual([]);
    command(0xae);
    expect(receive()).toEqual([0x26, 0xa6, 0x1f, 0x9f, 0x1c, 0x9c]);
    data(0xf5);
    expect(receive()).toEqual([0xfa]);
    device.typeSent("x");
    expect(receive()).toEqual([]);
    data(0xf4);
    expect(receive()).toEqual([0xfa, 0x2d, 0xad]);
  });

  it("every key has a code of its own in either set", () => {
    const codes = [...KEYS.values()].map(({ set1, set2, extended }) => [
      `${extended}${set1}`,
      `${extended}${set2}`,
    ]);
    for (const set of [0, 1]) expect(new Set(codes.map((pair) => pair[set])).size).toBe(KEYS.size);
    for (const { key } of strokesOf("the quick brown Fox, 0123456789 ~!@#$%^&*()_+|{}:\"<>?`-=[]\\;'./")) {
      expect(KEYS.has(key)).toBe(true);
    }
  });
});

describe("commands to the keyboard", () => {
  it.each<[string, number[], number[]]>([
    ["reset, which ends with the self-test", [0xff], [0xfa, 0xaa]],
    ["identify", [0xf2], [0xfa, 0xab, 0x83]],
    ["echo", [0xee], [0xee]],
    ["lights, with a byte", [0xed, 0x07], [0xfa, 0xfa]],
    ["rate, with a byte", [0xf3, 0x00], [0xfa, 0xfa]],
    ["which code set", [0xf0, 0x00], [0xfa, 0xfa, 0x02]],
    ["a code set that it does not have", [0xf0, 0x03], [0xfa, 0xfe]],
    ["one that it does not know", [0x01], [0xfe]],
    ["the last byte again", [0xee, 0xfe], [0xee, 0xee]],
  ])("%s", (_, bytes, answers) => {
    const { data, receive } = build();
    expect(
      bytes.flatMap((byte) => {
        data(byte);
        return receive(20);
      }),
    ).toEqual(answers);
  });

  it("set 1 needs no translation", () => {
    const { device, data, receive, mode } = build();
    mode(0);
    data(0xf0);
    receive();
    data(1);
    receive();
    device.typeSent("a");
    expect(receive()).toEqual([0x1e, 0x9e]);
    device.press("left");
    expect(receive()).toEqual([0xe0, 0x4b]);
  });

  it("the lights are those that were asked for last", () => {
    const { device, data, receive } = build();
    data(0xed);
    receive();
    data(0x05);
    receive();
    expect(device.keyboard.leds).toBe(5);
  });
});
