import { describe, expect, it } from "vitest";
import { VirtioConsole } from "../../../src/devices/virtio/virtio-console.ts";
import { virtioCard } from "../../../src/inspect/virtio-card.ts";
import { deviceContract } from "../contract.ts";
import { virtioSubject } from "./contract-subject.ts";
import { plug, REQUEST, type RigOptions, start } from "./driver.ts";

const SIZE = 1;
const RECEIVE = 0;
const TRANSMIT = 1;

const text = (s: string) => Uint8Array.from(s, (c) => c.charCodeAt(0));
const asText = (bytes: readonly number[]) => String.fromCharCode(...bytes);

function rig(options: RigOptions = {}) {
  const printed: number[] = [];
  const asked: number[] = [];
  const parts = start(
    (wires) =>
      new VirtioConsole("virtio-console0", {
        ...wires,
        output: (byte) => printed.push(byte),
        ready: () => asked.push(wires.clock.now),
      }),
    options,
  );
  return { ...parts, printed, asked, receiveq: parts.queues[RECEIVE], transmitq: parts.queues[TRANSMIT] };
}

deviceContract("the virtio console", () =>
  virtioSubject(
    (wires, log) =>
      new VirtioConsole("virtio-console0", {
        ...wires,
        output: (byte) => log.push(`printed ${byte}`),
        ready: () => log.push("ready"),
      }),
    (device, random) => {
      if (random.oneIn(4)) device.resize(random.below(300), random.below(100));
      else device.receive(Uint8Array.from({ length: random.below(200) }, () => random.byte()));
    },
  ),
);

describe.each(["legacy", "modern"] as const)("a console behind virtio, %s", (kind) => {
  const console = (options: RigOptions = {}) => rig({ interface: kind, ...options });

  it("prints what the driver sends, in order, a request's time later", () => {
    const { transmitq, buffer, registers, pass, printed } = console();
    pass(REQUEST);
    for (const part of ["Hello, ", "", "wor", "ld\n"])
      transmitq.add([{ gpa: buffer(part.length, text(part)), length: part.length }]);
    registers.notify(TRANSMIT);
    expect(printed).toEqual([]);
    pass(4 * REQUEST);
    expect(asText(printed)).toBe("Hello, world\n");
    expect(transmitq.collect().map(({ length }) => length)).toEqual([0, 0, 0, 0]);
  });

  it("prints a long buffer in pieces of 4096 bytes, and returns it when all of it is out", () => {
    const { transmitq, buffer, registers, pass, printed } = console();
    pass(REQUEST);
    const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i);
    transmitq.add([{ gpa: buffer(10_000, bytes), length: 10_000 }]);
    transmitq.add([{ gpa: buffer(1, [0x21]), length: 1 }]);
    registers.notify(TRANSMIT);
    pass(2 * REQUEST);
    expect([printed.length, transmitq.usedIdx]).toEqual([8192, 0]);
    pass(2 * REQUEST);
    expect(printed).toEqual([...bytes, 0x21]);
    expect(transmitq.usedIdx).toBe(2);
  });

  it("hands the driver what is typed, as much as waits for each buffer", () => {
    const { receiveq, buffer, bytes, device, run, pass, intx } = console();
    const buffers = [buffer(8), buffer(8)];
    for (const gpa of buffers) receiveq.add([{ gpa, length: 8, write: true }]);
    run(RECEIVE);
    expect(receiveq.usedIdx, "nothing has been typed").toBe(0);
    expect(device.receive(text("0123456789"))).toBe(10);
    expect(receiveq.usedIdx, "nor does it happen at once").toBe(0);
    pass(2 * REQUEST);
    expect(receiveq.collect().map(({ length }) => length)).toEqual([8, 2]);
    expect(asText([...bytes(buffers[0], 8), ...bytes(buffers[1], 2)])).toBe("0123456789");
    expect(intx.level).toBe(true);
  });

  it("keeps what is typed until there are buffers, 256 bytes of it", () => {
    const { receiveq, buffer, device, run, pass } = console();
    expect(device.receive(new Uint8Array(200))).toBe(200);
    expect(device.receive(new Uint8Array(200))).toBe(56);
    expect(device.receive(new Uint8Array(200))).toBe(0);
    pass(10 * REQUEST);
    receiveq.add([{ gpa: buffer(4096), length: 4096, write: true }]);
    run(RECEIVE);
    expect(receiveq.collect()).toEqual([{ head: 0, length: 256 }]);
  });

  it("asks for more when a driver is ready, and when all that came has been taken", () => {
    const { receiveq, buffer, device, run, pass, asked } = console();
    expect(asked).toEqual([0]);
    for (let i = 0; i < 2; i++) receiveq.add([{ gpa: buffer(4), length: 4, write: true }]);
    run(RECEIVE);
    device.receive(text("abcdef"));
    pass(REQUEST);
    expect(asked).toHaveLength(1);
    pass(REQUEST);
    expect(asked).toHaveLength(2);
  });

  it("an answer from inside `ready` is delivered", () => {
    const more = [text("two"), text("one")];
    const parts = start(
      (wires) => {
        const device: VirtioConsole = new VirtioConsole("c", {
          ...wires,
          output: () => {},
          ready: () => more.length > 0 && device.receive(more[more.length - 1]) > 0 && more.pop(),
        });
        return device;
      },
      { interface: kind },
    );
    for (let i = 0; i < 3; i++) parts.queue.add([{ gpa: parts.buffer(8), length: 8, write: true }]);
    parts.run(RECEIVE, 5);
    expect(parts.queue.collect().map(({ length }) => length)).toEqual([3, 3]);
    expect(more).toEqual([]);
  });

  it("takes nothing while there is no driver, and forgets what waited when the driver resets it", () => {
    const { device, registers } = console();
    device.receive(text("lost"));
    registers.setStatus(0);
    expect([device.receive(text("x")), device.inputLength]).toEqual([0, 0]);
  });

  it("a buffer that it may not write comes back empty, and is a guest error", () => {
    const { receiveq, buffer, device, run, pass, errors } = console();
    receiveq.add([{ gpa: buffer(4), length: 4 }]);
    receiveq.add([{ gpa: buffer(4), length: 4, write: true }]);
    device.receive(text("abcd"));
    run(RECEIVE);
    pass(REQUEST);
    expect(receiveq.collect()).toEqual([
      { head: 0, length: 0 },
      { head: 1, length: 4 },
    ]);
    expect(errors).toHaveLength(1);
  });

  it("tells the terminal's size, and that it changed", () => {
    const { device, registers, intx } = console({ features: SIZE });
    const { config } = registers;
    expect([config(0, 2), config(2, 2), config(4, 4)]).toEqual([80, 25, 1]);
    device.resize(132, 50);
    expect([intx.level, registers.isr()]).toEqual([true, 2]);
    expect([config(0, 2), config(2, 2)]).toEqual([132, 50]);
    device.resize(132, 50);
    expect(intx.level, "which it did not").toBe(false);
  });

  it("a power-on reset brings the first size back", () => {
    const { device, pci, registers } = console();
    device.resize(100, 30);
    registers.setStatus(0);
    expect(device.columns).toBe(100);
    pci.reset();
    expect([device.columns, device.rows]).toEqual([80, 25]);
  });
});

describe("emergency write", () => {
  const cold = () => {
    const printed: number[] = [];
    const rig = plug((wires) => new VirtioConsole("c", { ...wires, output: (byte) => printed.push(byte) }));
    return { ...rig, printed };
  };

  it("prints a character without queues, without any handshake, by either interface", () => {
    const { pci, printed, errors } = cold();
    pci.modern.mmioWrite(0x2008, 4, 0x1234_5648);
    pci.legacy.portWrite(20 + 8, 4, 0x69);
    pci.legacy.portWrite(20 + 8, 1, 0x21);
    pci.legacy.portWrite(20 + 9, 1, 0x40);
    expect(asText(printed)).toBe("Hi!");
    expect(errors).toEqual([]);
  });

  it("the rest of the configuration is read-only", () => {
    const { pci, printed, errors } = cold();
    pci.modern.mmioWrite(0x2000, 4, 1);
    pci.modern.mmioWrite(0x200c, 4, 1);
    expect([printed, errors.length]).toEqual([[], 2]);
  });
});

describe("on the bus", () => {
  it("is a transitional console with two queues and no control queues", () => {
    const { pci } = rig();
    expect([pci.get(2, 2), pci.get(0x2e, 2), pci.get(9, 2) >> 8]).toEqual([0x1003, 3, 0x80]);
    expect(pci.modern.mmioRead(0x12, 2)).toBe(2);
    expect(pci.legacy.portRead(0, 4) & 0xff_ffff).toBe(1 | 4);
  });

  it("its card tells of both queues, the size and what waits", () => {
    const { pci, device } = rig({ interface: "legacy" });
    device.receive(text("abc"));
    const card = virtioCard(pci, "");
    expect(card.name).toBe("virtio-console0 console");
    expect(card.deadline).toBe(REQUEST);
    expect(card.registers).toEqual([
      ["status", "07 ACKNOWLEDGE DRIVER DRIVER_OK"],
      ["ISR", "00"],
      ["features", "0_00000000"],
      ["0 receive", "128 at 00010000, legacy, taken 0, used 0"],
      ["1 transmit", "128 at 00014000, legacy, taken 0, used 0"],
      ["size", "80 x 25"],
      ["input", "3 bytes wait"],
    ]);
  });
});
