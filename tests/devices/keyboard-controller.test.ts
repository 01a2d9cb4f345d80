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
  const mouseIrq = new Probe("irq12", log, clock);
  const device = new KeyboardController({
    a20: new A20Gate(() => {}),
    resetProcessor: () => {},
    guestError: () => {},
    clock,
    keyboardIrq: irq,
    mouseIrq,
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
  return { device, clock, irq, mouseIrq, log, command, data, full, read, receive, mode };
}

deviceContract("the keyboard controller", () => {
  const { device, clock, irq, mouseIrq, log } = build();
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
    wires: [irq, mouseIrq],
    stimulate: (random) => {
      const choice = random.below(4);
      if (choice === 0) device.press(random.pick(keys));
      else if (choice === 1) device.mouse.move(random.between(-300, 300), random.between(-300, 300), 1);
      else if (choice === 2) device.mouse.buttons(random.below(32));
      else {
        // Random bytes seldom switch the mouse on.
        device.commandPort.portWrite(0, 1, 0xd4);
        device.dataPort.portWrite(0, 1, random.pick([0xf4, 0xf0, 0xeb, 0xe9]));
      }
    },
  };
});

describe("the controller's own business", () => {
  const AUX_DATA = 0x20;

  it("a scan code that nobody has read comes again behind the answer to a command", () => {
    const { device, clock, irq, command, read, receive, mode } = build();
    mode(TRANSLATE | INTERRUPT);
    device.press("b");
    clock.advance(clock.now + 5 * MILLISECOND);
    command(0x20);
    expect([irq.level, read()]).toEqual([false, TRANSLATE | INTERRUPT]);
    expect(receive()).toEqual([0x30]);
  });

  it("so does a byte of the mouse, and it is still the mouse's", () => {
    const { device, clock, mouseIrq, command, data, read, receive, mode } = build();
    mode(0x02);
    command(0xd4);
    data(0xf4);
    expect(receive()).toEqual([0xfa]);
    device.mouse.move(5, 0);
    clock.advance(clock.now + 5 * MILLISECOND);
    command(0xab);
    expect([mouseIrq.level, device.commandPort.portRead(0, 1) & AUX_DATA, read()]).toEqual([false, 0, 0]);
    clock.advance(clock.now + MILLISECOND);
    expect([mouseIrq.level, device.commandPort.portRead(0, 1) & AUX_DATA]).toEqual([true, AUX_DATA]);
    expect(receive()).toEqual([0x08, 5, 0]);
  });

  it("the self-test is passed, leaves both ports off, and forgets what was in the buffers", () => {
    const { device, clock, irq, mouseIrq, command, read, receive, mode } = build();
    mode(TRANSLATE | INTERRUPT | 0x02);
    device.press("b");
    clock.advance(clock.now + 5 * MILLISECOND);
    command(0x20);
    command(0xaa);
    expect(read()).toBe(0x55);
    expect([receive(), irq.level, mouseIrq.level]).toEqual([[], false, false]);
    command(0x20);
    expect(read()).toBe(0x34);
  });

  it("a byte for the keyboard's output buffer is a scan code like any other, not translated", () => {
    const { irq, command, data, read, mode } = build();
    mode(TRANSLATE | INTERRUPT);
    command(0xd2);
    data(0xf0);
    expect([irq.level, read(), irq.level]).toEqual([true, 0xf0, false]);
  });

  it("Linux finds the second port: an echo, a clock that can be switched, an interrupt, and no multiplexer", () => {
    const { mouseIrq, command, data, full, read, mode } = build();
    const status = (): number => (full() ? 1 : 0);
    const loop = (byte: number): void => {
      command(0xd3);
      data(byte);
    };
    mode(0x74);
    loop(0x5a);
    expect([status(), read(), mouseIrq.level]).toEqual([1, 0x5a, false]);
    command(0xa7);
    command(0x20);
    expect(read() & AUX_DATA).toBe(AUX_DATA);
    command(0xa8);
    command(0x20);
    expect(read() & AUX_DATA).toBe(0);
    // A multiplexer would answer the last of these with its version.
    for (const byte of [0xf0, 0x56, 0xa4]) {
      loop(byte);
      expect(read()).toBe(byte);
    }
    mode(0x56);
    loop(0xa5);
    expect([mouseIrq.level, read(), mouseIrq.level]).toEqual([true, 0xa5, false]);
  });

  it("keyboard and mouse take turns when both have much to say", () => {
    const { device, clock, command, data, read, receive, mode } = build();
    mode(0);
    command(0xd4);
    data(0xf4);
    receive();
    device.typeSent("abc");
    for (let i = 0; i < 4; i++) device.mouse.buttons(1 - (i % 2));
    let turns = "";
    for (let i = 0; i < 1000; i++) {
      clock.advance(clock.now + MILLISECOND / 10);
      const status = device.commandPort.portRead(0, 1);
      if ((status & 1) === 0) continue;
      turns += (status & AUX_DATA) !== 0 ? "m" : "k";
      read();
    }
    // The mouse came last, with its acknowledgement.
    expect(turns).toMatch(/^(km){3}k/);
    expect([turns.replaceAll("m", "").length, turns.replaceAll("k", "").length]).toEqual([9, 12]);
  });
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
