/** A mouse on the second port of the keyboard controller, as a driver speaks to it. */
import { beforeEach, describe, expect, it } from "vitest";
import { A20Gate } from "../../../src/devices/a20-gate.ts";
import { KeyboardController } from "../../../src/devices/keyboard-controller.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { Random } from "../../support/random.ts";

const HZ = 1_000_000;
const MILLISECOND = HZ / 1000;
const AUX_DATA = 0x20;
const OUTPUT_FULL = 0x01;
const ACK = 0xfa;
const AUX_INTERRUPT = 0x02;
const AUX_CLOCK_OFF = 0x20;

let clock: MachineClock;
let device: KeyboardController;
let irq12: boolean;
let errors: string[];

beforeEach(() => {
  clock = new MachineClock(HZ);
  irq12 = false;
  errors = [];
  device = new KeyboardController({
    a20: new A20Gate(() => {}),
    resetProcessor: () => {},
    guestError: (_device, register, detail) => errors.push(`${register}: ${detail}`),
    clock,
    keyboardIrq: { raise: () => {}, lower: () => {} },
    mouseIrq: {
      raise: () => {
        irq12 = true;
      },
      lower: () => {
        irq12 = false;
      },
    },
  });
  command(0xa8);
});

const command = (value: number) => device.commandPort.portWrite(0, 1, value);
const data = (value: number) => device.dataPort.portWrite(0, 1, value);
const status = () => device.commandPort.portRead(0, 1);
const read = () => device.dataPort.portRead(0, 1);
const commandByte = (): number => {
  command(0x20);
  return read();
};
const setCommandByte = (value: number): void => {
  command(0x60);
  data(value);
};

/** All that comes from the mouse within some milliseconds, read as it comes. */
function received(milliseconds = 30): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < milliseconds * 4; i++) {
    clock.advance(clock.now + MILLISECOND / 4);
    if ((status() & OUTPUT_FULL) === 0) continue;
    expect(status() & AUX_DATA, "a byte of the mouse").toBe(AUX_DATA);
    bytes.push(read());
  }
  return bytes;
}

/** Sends bytes to the mouse, one after the other, and returns its answers. */
const sent = (...bytes: number[]): number[][] =>
  bytes.map((byte) => {
    command(0xd4);
    data(byte);
    return received();
  });
const setRates = (...rates: number[]): void => {
  for (const rate of rates) expect(sent(0xf3, rate)).toEqual([[ACK], [ACK]]);
};
const moved = (...movement: [number, number, number?]): number[] => {
  device.mouse.move(...movement);
  return received();
};

describe("the second port of the controller", () => {
  it("passes its test, and is switched off and on by commands that the command byte shows", () => {
    command(0xa9);
    expect(read()).toBe(0x00);
    command(0xa7);
    expect(commandByte() & AUX_CLOCK_OFF).toBe(AUX_CLOCK_OFF);
    command(0xa8);
    expect(commandByte() & AUX_CLOCK_OFF).toBe(0);
  });

  it("gives back what is written to its output buffer as the mouse's, by which drivers find it", () => {
    command(0xd3);
    data(0x5a);
    expect([status() & (AUX_DATA | OUTPUT_FULL), read()]).toEqual([AUX_DATA | OUTPUT_FULL, 0x5a]);
  });

  it("interrupts by IRQ 12 while a byte of the mouse waits, if the command byte says so", () => {
    sent(0xf4);
    device.mouse.move(1, 0);
    clock.advance(clock.now + 5 * MILLISECOND);
    expect(irq12).toBe(false);
    setCommandByte(AUX_INTERRUPT);
    expect(irq12).toBe(true);
    read();
    expect(irq12).toBe(false);
    clock.advance(clock.now + 5 * MILLISECOND);
    expect(irq12).toBe(true);
  });

  it("holds the mouse's bytes back while its clock is off", () => {
    sent(0xf4);
    command(0xa7);
    device.mouse.move(1, 0);
    expect(received()).toEqual([]);
    command(0xa8);
    expect(received()).toEqual([0x08, 1, 0]);
  });

  it("brings keys and movements both, each whole", () => {
    sent(0xf4);
    setCommandByte(0x40);
    command(0xae);
    device.stroke(["a"]);
    device.mouse.move(3, 0);
    const from = { keyboard: [] as number[], mouse: [] as number[] };
    for (let i = 0; i < 400; i++) {
      clock.advance(clock.now + MILLISECOND / 4);
      const now = status();
      if ((now & OUTPUT_FULL) !== 0) from[(now & AUX_DATA) !== 0 ? "mouse" : "keyboard"].push(read());
    }
    expect(from).toEqual({ keyboard: [0x1e, 0x9e], mouse: [0x08, 3, 0] });
  });
});

describe("a mouse", () => {
  it("says after a reset that it is well, and a standard one", () => {
    expect(sent(0xff)).toEqual([[ACK, 0xaa, 0x00]]);
    expect(sent(0xf2)).toEqual([[ACK, 0x00]]);
  });

  it("says nothing of movements before it is switched on, nor after it is switched off", () => {
    expect(moved(5, 5)).toEqual([]);
    sent(0xf4);
    expect(moved(5, 5)).toEqual([0x28, 5, 0xfb]);
    sent(0xf5);
    expect(moved(5, 5)).toEqual([]);
  });

  it.each<[string, [number, number], number[]]>([
    ["right and up are positive", [10, -20], [0x08, 10, 20]],
    ["left and down are negative, with their signs in the first byte", [-10, 20], [0x38, 0xf6, 0xec]],
  ])("%s", (_, movement, packet) => {
    sent(0xf4);
    expect(moved(...movement)).toEqual(packet);
  });

  it("tells of buttons as they go down and up, one packet each", () => {
    sent(0xf4);
    device.mouse.buttons(1);
    device.mouse.buttons(1 | 4);
    device.mouse.buttons(0);
    expect(received(60)).toEqual([0x09, 0, 0, 0x0d, 0, 0, 0x08, 0, 0]);
  });

  it("adds up what happens between two samples, which come as often as the rate says", () => {
    sent(0xf4);
    setRates(10);
    sent(0xf4);
    expect(moved(1, 0)).toEqual([0x08, 1, 0]);
    device.mouse.move(2, 0);
    device.mouse.move(3, 0);
    expect(received(60)).toEqual([]);
    expect(received(60)).toEqual([0x08, 5, 0]);
  });

  it("a long way comes in several packets, and not a count of it is lost", () => {
    sent(0xf4);
    device.mouse.move(1000, -700);
    const bytes = received(300);
    let [x, y] = [0, 0];
    for (let i = 0; i < bytes.length; i += 3) {
      x += bytes[i + 1] - ((bytes[i] & 0x10) !== 0 ? 256 : 0);
      y += bytes[i + 2] - ((bytes[i] & 0x20) !== 0 ? 256 : 0);
    }
    expect([x, y]).toEqual([1000, 700]);
  });

  it("with scaling 2:1 doubles large movements and shrinks small ones", () => {
    sent(0xf4);
    sent(0xe7);
    expect([moved(1, 0)[1], moved(2, 0)[1], moved(3, 0)[1], moved(5, 0)[1], moved(20, 0)[1]]).toEqual([
      1, 1, 3, 9, 40,
    ]);
    sent(0xe6);
    expect(moved(20, 0)[1]).toBe(20);
  });

  it("in remote mode says something only when it is asked", () => {
    sent(0xf0);
    device.mouse.move(7, 0);
    expect(received()).toEqual([]);
    expect(sent(0xeb)).toEqual([[ACK, 0x08, 7, 0]]);
    expect(sent(0xeb)).toEqual([[ACK, 0x08, 0, 0]]);
    sent(0xea);
    sent(0xf4);
    expect(moved(1, 0)).toEqual([0x08, 1, 0]);
  });

  it("in wrap mode sends back what it gets, but for a reset and the end of that mode", () => {
    sent(0xee);
    expect(sent(0xf4, 0x12)).toEqual([[0xf4], [0x12]]);
    expect(sent(0xec)).toEqual([[ACK]]);
    expect(sent(0xf2)).toEqual([[ACK, 0]]);
  });

  it("tells how it is set: modes and buttons, resolution, rate; defaults undo it", () => {
    sent(0xf4, 0xe7, 0xe8, 3, 0xf3, 40);
    device.mouse.buttons(1);
    received();
    expect(sent(0xe9)).toEqual([[ACK, 0x34, 3, 40]]);
    expect(sent(0xf6)).toEqual([[ACK]]);
    expect(sent(0xe9)).toEqual([[ACK, 0x04, 2, 100]]);
  });

  it("says its last answer again for whoever did not hear it", () => {
    expect(sent(0xff, 0xfe)).toEqual([
      [ACK, 0xaa, 0x00],
      [ACK, 0xaa, 0x00],
    ]);
  });

  it("asks again for what it does not know, then calls it an error", () => {
    expect(sent(0xe1, 0xe1)).toEqual([[0xfe], [0xfc]]);
    expect(sent(0xe8, 9, 3)).toEqual([[ACK], [0xfe], [ACK]]);
    expect(errors).toHaveLength(3);
  });
});

it("what does not fit while nobody takes it ends in packets with full counters and their overflow bits", () => {
  sent(0xf4, 0xf0);
  device.mouse.move(20_000, -20_000);
  device.mouse.move(20_000, -20_000);
  const packets = Array.from({ length: 65 }, () => sent(0xeb)[0].slice(1));
  expect(packets[0]).toEqual([0x08, 127, 127]);
  expect(packets[63]).toEqual([0xc8, 255, 255]);
  expect(packets[64]).toEqual([0x08, 0, 0]);
  device.mouse.move(-20_000, 20_000);
  device.mouse.move(-20_000, 20_000);
  for (let i = 0; i < 63; i++) sent(0xeb);
  expect(sent(0xeb)).toEqual([[ACK, 0xf8, 0, 0]]);
});

it("a click is told whole, however soon the button comes up again", () => {
  sent(0xf4);
  device.mouse.buttons(2);
  device.mouse.buttons(0);
  expect(received()).toEqual([0x0a, 0, 0, 0x08, 0, 0]);
});

describe("knocks of other makers", () => {
  const rates = (...values: number[]) => values.flatMap((rate) => [0xf3, rate]);
  const slices = (byte: number) => [6, 4, 2, 0].flatMap((shift) => [0xe8, (byte >> shift) & 3]);

  it.each<[string, number[], number[]]>([
    ["Kensington", [...rates(10, 0, 20, 60, 40, 20, 20, 60, 40, 20, 20), 0xf2], [0x00]],
    ["Genius", [0xe8, 3, 0xe6, 0xe6, 0xe6, 0xe9], [0x00, 3, 100]],
    ["Logitech", [0xe8, 0, 0xe6, 0xe6, 0xe6, 0xe9], [0x00, 0, 100]],
    ["Synaptics", [...slices(0x40), 0xe9], [0x00, 0, 100]],
    ["ALPS", [0xe8, 0, 0xe7, 0xe7, 0xe7, 0xe9], [0x10, 0, 100]],
    ["Elantech", [0xf5, 0xe6, 0xe6, 0xe6, 0xe9], [0x00, 2, 100]],
  ])("%s: every byte is acknowledged, and the answer is a standard mouse's", (_, bytes, answer) => {
    sent(0xff);
    const answers = sent(...bytes);
    expect(answers.map(([first]) => first)).toEqual(bytes.map(() => ACK));
    expect(answers.at(-1)).toEqual([ACK, ...answer]);
    expect([errors, sent(0xf2)]).toEqual([[], [[ACK, 0x00]]]);
  });
});

describe("a wheel", () => {
  it("is there for whoever knocks with the rates 200, 100, 80", () => {
    setRates(200, 100, 80);
    expect(sent(0xf2)).toEqual([[ACK, 0x03]]);
    sent(0xf4);
    expect(moved(1, 2, 1)).toEqual([0x28, 1, 0xfe, 0xff]);
    expect(moved(0, 0, -2)).toEqual([0x08, 0, 0, 2]);
  });

  it("and two more buttons for 200, 200, 80", () => {
    setRates(200, 200, 80);
    expect(sent(0xf2)).toEqual([[ACK, 0x04]]);
    sent(0xf4);
    device.mouse.buttons(0x18);
    expect(received()).toEqual([0x08, 0, 0, 0x30]);
  });

  it("is gone after a reset", () => {
    setRates(200, 100, 80);
    sent(0xff);
    expect(sent(0xf2)).toEqual([[ACK, 0x00]]);
  });
});

it("a snapshot in the middle of a packet goes on where it was", () => {
  sent(0xf4);
  device.mouse.move(9, -9);
  device.mouse.move(300, 0);
  clock.advance(clock.now + 2 * MILLISECOND);
  const first = read();
  const saved = structuredClone(device.save());
  const [mark, rest] = [clock.save(), received(100)];
  device.reset();
  clock.restore(mark);
  device.restore(saved);
  expect([first, received(100)]).toEqual([0x08, rest]);
});

it("whatever the guest and the host do, little waits", () => {
  const random = new Random(5);
  for (let i = 0; i < 20_000; i++) {
    const choice = random.below(6);
    if (choice === 0)
      device.mouse.move(random.below(4000) - 2000, random.below(4000) - 2000, random.below(40) - 20);
    else if (choice === 1) device.mouse.buttons(random.below(32));
    else if (choice === 2) command(random.below(256));
    else if (choice === 3) command(0xd4);
    else data(random.below(256));
    if (random.oneIn(8)) read();
    clock.advance(clock.now + random.below(2000));
  }
  const { strokes, buffer } = device.mouse.save();
  expect(strokes.length).toBeLessThanOrEqual(64);
  expect(buffer.length).toBeLessThanOrEqual(5);
});
