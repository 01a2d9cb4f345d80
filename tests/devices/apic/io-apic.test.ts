import { describe, expect, it } from "vitest";
import type { ApicMessage } from "../../../src/devices/apic/apic-message.ts";
import { IoApic } from "../../../src/devices/apic/io-apic.ts";
import { MachineClock } from "../../../src/machine/clock.ts";
import { deviceContract, HZ } from "../contract.ts";
import { asPorts, rig as localRig } from "./rig.ts";

const MASKED = 0x1_0000;
const LEVEL = 0x8000;
const REMOTE_IRR = 0x4000;
const ACTIVE_LOW = 0x2000;
const PENDING = 0x1000;
const IOREGSEL = 0x00;
const IOWIN = 0x10;

/** `taken` says whether somebody takes the messages. */
function rig() {
  const messages: ApicMessage[] = [];
  const errors: string[] = [];
  const receiver = { taken: true };
  const ioApic = new IoApic({
    deliver: (message) => {
      messages.push(message);
      return receiver.taken;
    },
    guestError: (device, register, detail) => errors.push(`${device} ${register}: ${detail}`),
  });
  const get = (register: number) => {
    ioApic.mmioWrite(IOREGSEL, 4, register);
    return ioApic.mmioRead(IOWIN, 4);
  };
  const set = (register: number, value: number) => {
    ioApic.mmioWrite(IOREGSEL, 4, register);
    ioApic.mmioWrite(IOWIN, 4, value);
  };
  const setPin = (pin: number, low: number, destination = 0) => {
    set(0x11 + pin * 2, destination << 24);
    set(0x10 + pin * 2, low);
  };
  const vectors = () => messages.splice(0).map(({ vector }) => vector);
  return { ioApic, messages, errors, receiver, get, set, setPin, vectors };
}

deviceContract("the I/O APIC", () => {
  const { ioApic, messages, receiver } = rig();
  const log: string[] = [];
  const wires = Array.from({ length: 24 }, (_, pin) => ioApic.pin(pin));
  return {
    device: asPorts(ioApic, ioApic, 16),
    clock: new MachineClock(HZ),
    ports: 256,
    log,
    stimulate: (random) => {
      const pin = random.below(24);
      receiver.taken = !random.oneIn(4);
      switch (random.below(4)) {
        case 0:
          wires[pin].raise();
          break;
        case 1:
          wires[pin].lower();
          break;
        case 2:
          ioApic.eoi(random.below(256));
          break;
        default:
          ioApic.mmioWrite(IOREGSEL, 4, 0x10 + random.below(48));
          ioApic.mmioWrite(IOWIN, 4, random.word() & ~(random.oneIn(2) ? MASKED : 0));
      }
      log.push(...messages.splice(0).map((message) => JSON.stringify(message)));
    },
  };
});

describe("registers", () => {
  it("wake up with all 24 pins masked; the version says how many there are", () => {
    const { get } = rig();
    expect([get(0), get(1), get(2)]).toEqual([0, 0x0017_0011, 0]);
    for (let pin = 0; pin < 24; pin++)
      expect([get(0x10 + pin * 2), get(0x11 + pin * 2)]).toEqual([MASKED, 0]);
  });

  it("the ID has four bits; the arbitration ID follows it", () => {
    const { get, set } = rig();
    set(0, 0xff00_0000);
    expect([get(0), get(2)]).toEqual([0x0f00_0000, 0x0f00_0000]);
  });

  it("an entry keeps what software may write", () => {
    const { get, set } = rig();
    set(0x10, 0xffff_ffff);
    set(0x11, 0xffff_ffff);
    expect([get(0x10), get(0x11)]).toEqual([0x0001_afff, 0xff00_0000]);
  });

  it("others do not exist, and these two are read-only", () => {
    const { get, set, errors } = rig();
    expect(get(0x40)).toBe(0);
    set(0x40, 1);
    set(1, 1);
    set(2, 0x0100_0000);
    expect([errors.length, get(1), get(2)]).toEqual([4, 0x0017_0011, 0]);
  });

  it("are reached by four bytes at IOWIN; IOREGSEL takes a byte as well", () => {
    const { ioApic, errors } = rig();
    ioApic.mmioWrite(IOREGSEL, 1, 1);
    expect([ioApic.mmioRead(IOREGSEL, 4), ioApic.mmioRead(IOWIN, 4)]).toEqual([1, 0x0017_0011]);
    expect([ioApic.mmioRead(IOWIN, 1), ioApic.mmioRead(0x40, 4), errors.length]).toEqual([0, 0, 2]);
  });
});

describe("an edge", () => {
  it("sends the entry's message once", () => {
    const { ioApic, setPin, messages } = rig();
    setPin(4, 0x931, 0x01);
    const wire = ioApic.pin(4);
    wire.raise();
    wire.raise();
    expect(messages).toEqual([{ vector: 0x31, mode: 1, level: false, logical: true, destination: 1 }]);
    wire.lower();
    wire.raise();
    expect(messages).toHaveLength(2);
  });

  it("at a masked pin is lost", () => {
    const { ioApic, setPin, messages } = rig();
    setPin(4, MASKED | 0x31);
    ioApic.pin(4).raise();
    setPin(4, 0x31);
    expect(messages).toEqual([]);
  });

  it("of a pin that is active low is its fall", () => {
    const { ioApic, setPin, vectors } = rig();
    const wire = ioApic.pin(4);
    wire.raise();
    setPin(4, ACTIVE_LOW | 0x31);
    expect(vectors()).toEqual([]);
    wire.lower();
    expect(vectors()).toEqual([0x31]);
  });

  it.each([
    ["NMI", 0x400, 4],
    ["INIT", 0x500, 5],
    ["ExtINT", 0x700, 7],
    ["SMI", 0x200, 2],
  ])("is all that mode %s knows, whatever the entry says", (_, bits, mode) => {
    const { ioApic, setPin, messages, get } = rig();
    setPin(1, LEVEL | bits);
    ioApic.pin(1).raise();
    expect(messages).toEqual([{ vector: 0, mode, level: false, logical: false, destination: 0 }]);
    expect(get(0x12) & REMOTE_IRR).toBe(0);
  });

  it("of a reserved mode sends nothing", () => {
    const { ioApic, setPin, messages, errors } = rig();
    setPin(1, 0x330);
    ioApic.pin(1).raise();
    expect([messages, errors]).toEqual([[], ["ioapic IOREDTBL1: delivery mode 3 is reserved"]]);
  });
});

describe("a level", () => {
  it("interrupts once until its end, and again if it is still there", () => {
    const { ioApic, setPin, get, vectors } = rig();
    setPin(10, LEVEL | 0x52);
    const wire = ioApic.pin(10);
    wire.raise();
    expect([vectors(), get(0x24)]).toEqual([[0x52], LEVEL | REMOTE_IRR | 0x52]);
    wire.lower();
    wire.raise();
    expect(vectors()).toEqual([]);
    ioApic.eoi(0x51);
    expect(vectors()).toEqual([]);
    ioApic.eoi(0x52);
    expect(vectors()).toEqual([0x52]);
    wire.lower();
    ioApic.eoi(0x52);
    expect([vectors(), get(0x24)]).toEqual([[], LEVEL | 0x52]);
  });

  it("waits behind a mask", () => {
    const { ioApic, setPin, vectors } = rig();
    setPin(10, MASKED | LEVEL | 0x52);
    ioApic.pin(10).raise();
    expect(vectors()).toEqual([]);
    setPin(10, LEVEL | 0x52);
    expect(vectors()).toEqual([0x52]);
  });

  it("stays while any of the devices that share the pin holds it", () => {
    const { ioApic, setPin, vectors } = rig();
    setPin(10, LEVEL | 0x52);
    const [one, other] = [ioApic.pin(10), ioApic.pin(10)];
    one.raise();
    other.raise();
    one.lower();
    ioApic.eoi(0x52);
    expect(vectors()).toEqual([0x52, 0x52]);
    other.lower();
    ioApic.eoi(0x52);
    expect(vectors()).toEqual([]);
  });

  it("is ended by making the pin edge-triggered and level-triggered again, as kernels do without an EOI register", () => {
    const { ioApic, setPin, get, vectors } = rig();
    setPin(10, LEVEL | 0x52);
    ioApic.pin(10).raise();
    setPin(10, MASKED | 0x52);
    expect(get(0x24)).toBe(MASKED | 0x52);
    setPin(10, LEVEL | 0x52);
    expect(vectors()).toEqual([0x52, 0x52]);
  });

  it("that nobody takes is pending, and sent again when its entry is written", () => {
    const { ioApic, setPin, set, get, receiver, vectors } = rig();
    receiver.taken = false;
    setPin(10, LEVEL | 0x52, 7);
    ioApic.pin(10).raise();
    expect(get(0x24)).toBe(LEVEL | PENDING | 0x52);
    receiver.taken = true;
    vectors();
    set(0x25, 0);
    expect([vectors(), get(0x24)]).toEqual([[0x52], LEVEL | REMOTE_IRR | 0x52]);
  });

  it("active low is asserted while no one drives the pin", () => {
    const { setPin, vectors } = rig();
    setPin(10, LEVEL | ACTIVE_LOW | 0x52);
    expect(vectors()).toEqual([0x52]);
  });
});

it("a shared interrupt travels through both APICs and back", () => {
  const local = localRig();
  const ioApic = new IoApic({ deliver: (message) => local.apic.deliver(message), guestError: () => {} });
  const set = (register: number, value: number) => {
    ioApic.mmioWrite(IOREGSEL, 4, register);
    ioApic.mmioWrite(IOWIN, 4, value);
  };
  set(0x10 + 11 * 2, LEVEL | 0x61);
  const wire = ioApic.pin(11);
  wire.raise();
  expect([local.intr.level, local.apic.acknowledge()]).toEqual([true, 0x61]);
  local.write(0x0b0, 0);
  expect(local.log).toContain("eoi 61");
  ioApic.eoi(0x61);
  expect(local.apic.acknowledge()).toBe(0x61);
});
