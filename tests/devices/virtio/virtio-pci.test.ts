import { describe, expect, it } from "vitest";
import type { VirtioWires } from "../../../src/devices/virtio/virtio-device.ts";
import {
  ACKNOWLEDGE,
  DRIVER,
  DRIVER_OK,
  EVENT_IDX,
  FEATURES_OK,
  INDIRECT_DESC,
  plug,
  REQUEST,
  start,
} from "./driver.ts";
import { Echo } from "./echo.ts";

const echo = (wires: VirtioWires) => new Echo(wires);
const ANY_LAYOUT = 1 << 27;

describe("configuration space", () => {
  it("says that it is a transitional device: revision 0, and the type as the subsystem", () => {
    const { pci } = plug(echo);
    expect([pci.get(0, 2), pci.get(2, 2), pci.get(8, 1)]).toEqual([0x1af4, 0x1009, 0]);
    expect([pci.get(0x2c, 2), pci.get(0x2e, 2), pci.get(0x3d, 1)]).toEqual([0x1af4, 9, 1]);
  });

  it("BAR0 is 64 ports, BAR4 16 KiB of memory", () => {
    const { pci } = plug(echo);
    pci.write(0x10, 4, 0xffff_ffff);
    pci.write(0x20, 4, 0xffff_ffff);
    expect([pci.get(0x10, 4), pci.get(0x20, 4)]).toEqual([0xffff_ffc1, 0xffff_c000]);
  });

  it("lists the five structures once each, all in BAR4 and without overlap", () => {
    const { pci } = plug(echo);
    expect(pci.get(6, 2) & 0x10, "there are capabilities").toBe(0x10);
    const found: number[][] = [];
    for (let cap = pci.get(0x34, 1); cap !== 0; cap = pci.get(cap + 1, 1)) {
      expect([pci.get(cap, 1), cap % 4]).toEqual([9, 0]);
      found.push([3, 2, 4, 8, 12].map((at) => pci.get(cap + at, at < 8 ? 1 : 4)));
    }
    expect(found).toEqual([
      [1, 16, 4, 0x0000, 0x1000],
      [3, 16, 4, 0x1000, 0x1000],
      [4, 16, 4, 0x2000, 0x1000],
      [2, 20, 4, 0x3000, 0x1000],
      [5, 20, 0, 0, 0],
    ]);
  });

  it("the capabilities cannot be written, but for the access to the device", () => {
    const { pci } = plug(echo);
    const before = Array.from({ length: 0x44 / 4 }, (_, i) => pci.get(0x40 + i * 4, 4));
    for (let at = 0x40; at < 0x84; at += 4) pci.write(at, 4, 0xffff_ffff);
    expect(Array.from({ length: 0x44 / 4 }, (_, i) => pci.get(0x40 + i * 4, 4))).toEqual(before);
  });
});

describe("the access by the configuration space", () => {
  const ACCESS = 0x84;
  const aim = (pci: ReturnType<typeof plug>["pci"], bar: number, offset: number, length: number) => {
    expect(pci.get(ACCESS + 3, 1)).toBe(5);
    pci.write(ACCESS + 4, 1, bar);
    pci.write(ACCESS + 8, 4, offset);
    pci.write(ACCESS + 12, 4, length);
  };

  it("reads and writes registers of both windows, without any of them being mapped", () => {
    const { pci, device } = plug(echo);
    aim(pci, 4, 0x14, 1);
    pci.write(ACCESS + 16, 1, ACKNOWLEDGE);
    expect([device.status, pci.get(ACCESS + 16, 1)]).toEqual([1, 1]);
    aim(pci, 4, 0x2000, 4);
    expect(pci.get(ACCESS + 16, 4)).toBe(0xefbe_adde);
    aim(pci, 0, 12, 2);
    expect(pci.get(ACCESS + 16, 2)).toBe(256);
    aim(pci, 0, 18, 1);
    pci.write(ACCESS + 16, 1, ACKNOWLEDGE | DRIVER);
    expect(device.status).toBe(3);
  });

  it("reading the ISR status this way answers the interrupt too", () => {
    const { pci, queue, buffer, run, intx } = start(echo);
    queue.add([{ gpa: buffer(1), length: 1 }]);
    run();
    aim(pci, 4, 0x1000, 1);
    expect(intx.level, "aiming reads nothing").toBe(true);
    expect(pci.get(ACCESS + 16, 1)).toBe(1);
    expect(intx.level).toBe(false);
  });

  it("that nobody has aimed does nothing, so that all of the space may be read", () => {
    const { pci, errors } = plug(echo);
    for (let at = 0; at < 256; at += 4) pci.get(at, 4);
    pci.write(ACCESS + 16, 4, 1);
    expect(errors).toEqual([]);
  });

  it.each([
    ["of a BAR that is none", 1, 0, 4],
    ["of a width that is none", 4, 0, 3],
    ["of eight bytes", 4, 0, 8],
    ["that is not aligned", 4, 0x16, 4],
    ["beyond the end", 4, 0x4000, 1],
    ["far beyond it", 4, 0xffff_fffc, 4],
    ["beyond the ports", 0, 64, 1],
  ])("%s is a guest error and nothing else", (_, bar, offset, length) => {
    const { pci, device, errors } = plug(echo);
    const before = device.save();
    aim(pci, bar, offset, length);
    pci.write(ACCESS + 16, 4, 0xffff_ffff);
    pci.get(ACCESS + 16, 4);
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatch(/no register is there/);
    expect(device.save()).toEqual(before);
  });
});

describe("legacy registers", () => {
  const registers = () => {
    const rig = plug(echo);
    return {
      ...rig,
      read: (at: number, width: 1 | 2 | 4) => rig.pci.legacy.portRead(at, width),
      write: (at: number, width: 1 | 2 | 4, value: number) => rig.pci.legacy.portWrite(at, width, value),
    };
  };

  it("offer 32 features, any layout of requests among them", () => {
    expect(registers().read(0, 4)).toBe(1 | ANY_LAYOUT | INDIRECT_DESC | EVENT_IDX);
  });

  it("take the features that were offered and report the others", () => {
    const { read, write, errors, device } = registers();
    write(4, 4, 0xffff_ffff);
    expect(read(4, 4)).toBe(read(0, 4));
    expect(errors).toEqual(["echo driver features: c7fffffe was not offered"]);
    expect(device.driverFeaturesHigh).toBe(0);
  });

  it("a queue that does not exist has size 0", () => {
    const { read, write, errors } = registers();
    const sizes = [0, 1, 2, 0xffff].map((queue) => {
      write(14, 2, queue);
      return [read(14, 2), read(12, 2), read(8, 4)];
    });
    expect(sizes).toEqual([
      [0, 256, 0],
      [1, 8, 0],
      [2, 0, 0],
      [0xffff, 0, 0],
    ]);
    write(8, 4, 5);
    write(16, 2, 2);
    expect(errors).toEqual([
      "echo QUEUE_PFN: there is no queue 65535",
      "echo queue notify: queue 2 is not set up",
    ]);
  });

  it("the device's own configuration begins at 20, in every width; behind it are zeros", () => {
    const { read } = registers();
    expect([read(20, 1), read(21, 1), read(22, 2), read(20, 4), read(24, 4)]).toEqual([
      0xde, 0xad, 0xefbe, 0xefbe_adde, 0,
    ]);
  });

  it("a narrow read shows a part of a register", () => {
    const { read } = registers();
    expect([read(3, 1), read(13, 1), read(12, 4)]).toEqual([0x38, 1, 256]);
  });

  it("the status shows what was written, and zero resets", () => {
    const { read, write } = registers();
    write(18, 1, ACKNOWLEDGE);
    write(18, 1, ACKNOWLEDGE | DRIVER);
    expect(read(18, 1)).toBe(3);
    write(18, 1, 0);
    expect(read(18, 1)).toBe(0);
  });

  it("a driver may use its queues before it says DRIVER_OK, as old ones do", () => {
    const { pci, memory, clock, errors } = registers();
    pci.write(4, 2, 7);
    pci.legacy.portWrite(18, 1, 3);
    pci.legacy.portWrite(8, 4, 1);
    memory.view.setUint32(0x1008, 1, true);
    memory.view.setUint16(0x2002, 1, true);
    pci.legacy.portWrite(16, 2, 0);
    clock.advance(REQUEST);
    expect(memory.view.getUint16(0x3002, true)).toBe(1);
    expect(errors).toEqual([]);
  });

  it.each([
    ["the offered features", 0, 4, "HOST_FEATURES: written, but read-only"],
    ["the queue size", 12, 2, "QUEUE_NUM: written, but read-only"],
    ["the ISR status", 19, 1, "ISR: written, but read-only"],
    ["half of the features", 4, 2, "GUEST_FEATURES: written with 2 bytes, which is not its width"],
    ["the upper half of the frame number", 10, 2, "QUEUE_PFN: written with 2 bytes"],
    ["the configuration", 20, 4, "device config: written at 0, but read-only"],
  ] as const)("writing %s changes nothing and is a guest error", (_, at, width, text) => {
    const { write, errors, device } = registers();
    const before = device.save();
    write(at, width, 1);
    expect(errors[0]).toContain(text);
    expect(device.save()).toEqual(before);
  });
});

describe("modern registers", () => {
  const registers = () => {
    const rig = plug(echo);
    return {
      ...rig,
      read: (at: number, width: 1 | 2 | 4) => rig.pci.modern.mmioRead(at, width),
      write: (at: number, width: 1 | 2 | 4, value: number) => rig.pci.modern.mmioWrite(at, width, value),
    };
  };

  it("offer 64 features in two words, VERSION_1 among them, and zeros beyond", () => {
    const { read, write } = registers();
    const words = [0, 1, 2, 0xffff_ffff].map((word) => {
      write(0, 4, word);
      return read(4, 4);
    });
    expect(words).toEqual([1 | INDIRECT_DESC | EVENT_IDX, 1, 0, 0]);
  });

  it("say how many queues there are, where their notifications go, and that there are no vectors", () => {
    const { read, write } = registers();
    expect(read(0x12, 2)).toBe(2);
    write(0x16, 2, 1);
    write(0x1a, 2, 0);
    write(0x10, 2, 0);
    expect([read(0x18, 2), read(0x1c, 2), read(0x1e, 2)]).toEqual([8, 0, 1]);
    expect([read(0x10, 2), read(0x1a, 2)]).toEqual([0xffff, 0xffff]);
    write(0x16, 2, 2);
    expect(read(0x18, 2)).toBe(0);
  });

  it.each([
    [4, 4],
    [1, 1],
    [8, 8],
    [0, 8],
    [3, 8],
    [16, 8],
  ])("a driver may make a queue smaller, to a power of two: %i gives %i", (wanted, size) => {
    const { read, write, errors } = registers();
    write(0x16, 2, 1);
    write(0x18, 2, wanted);
    expect(read(0x18, 2)).toBe(size);
    expect(errors.length).toBe(wanted === size ? 0 : 1);
  });

  it("keep 64 bits of each address, but not when the queue is in use", () => {
    const { read, write, errors } = registers();
    write(0x16, 2, 1);
    for (let at = 0x20; at < 0x38; at += 4) write(at, 4, at % 8 === 0 ? at * 0x1000 : 0);
    expect([0x20, 0x24, 0x28, 0x30].map((at) => read(at, 4))).toEqual([0x20000, 0, 0x28000, 0x30000]);
    write(0x1c, 2, 1);
    expect(read(0x1c, 2)).toBe(1);
    write(0x20, 4, 0x5000);
    write(0x18, 2, 4);
    write(0x1c, 2, 0);
    expect([read(0x20, 4), read(0x18, 2), read(0x1c, 2)]).toEqual([0x20000, 8, 1]);
    expect(errors).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/queue 1 is in use/)));
  });

  it("a queue is enabled by 1 and nothing else", () => {
    const { read, write, errors } = registers();
    write(0x1c, 2, 2);
    expect([read(0x1c, 2), errors.length]).toEqual([0, 1]);
  });

  it.each([
    ["a vector's neighbour with four bytes", 0x18, 4, /QUEUE_SIZE: written with 4 bytes/],
    ["the number of queues", 0x12, 2, /NUM_QUEUES: written, but read-only/],
    ["a queue's reset, which was not offered", 0x3a, 2, /RING_RESET was not offered/],
    ["where nothing is", 0x40, 4, /where nothing is/],
    ["the ISR status", 0x1000, 1, /ISR: written, but read-only/],
    ["the device's configuration", 0x2002, 2, /device config: written at 2, but read-only/],
    ["a notification of another queue", 0x3004, 2, /9 written for queue 1/],
    ["a notification of no queue", 0x3ffc, 2, /written for queue 1023/],
  ] as const)("writing %s is a guest error", (_, at, width, text) => {
    const { write, errors, device } = registers();
    const before = device.save();
    write(at, width, 9);
    expect(errors[0]).toMatch(text);
    expect(device.save()).toEqual(before);
  });

  it("what holds nothing reads as zeros", () => {
    const { read } = registers();
    expect([read(0x3c, 4), read(0xffc, 4), read(0x1004, 4), read(0x2004, 4), read(0x3000, 4)]).toEqual([
      0, 0, 0, 0, 0,
    ]);
  });
});

describe("the handshake of a modern driver", () => {
  const handshake = (low: number, high: number) => {
    const rig = plug(echo);
    const { modern } = rig.pci;
    modern.mmioWrite(0x14, 1, ACKNOWLEDGE | DRIVER);
    for (const [word, value] of [low, high].entries()) {
      modern.mmioWrite(8, 4, word);
      modern.mmioWrite(12, 4, value >>> 0);
    }
    modern.mmioWrite(0x14, 1, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    return { ...rig, modern, status: () => modern.mmioRead(0x14, 1) };
  };

  it("FEATURES_OK stays if the device has all that the driver wants", () => {
    const { status, errors } = handshake(EVENT_IDX, 1);
    expect([status(), errors]).toEqual([ACKNOWLEDGE | DRIVER | FEATURES_OK, []]);
  });

  it.each([
    ["a feature of the kind that was not offered", 2, 1, "000000002"],
    ["a feature of the rings that was not offered", 1, 5, "400000000"],
    ["no VERSION_1", 1, 0, "VERSION_1"],
  ])("FEATURES_OK does not stay with %s", (_, low, high, text) => {
    const { status, errors, modern } = handshake(low, high);
    expect(status()).toBe(ACKNOWLEDGE | DRIVER);
    expect(errors[0]).toContain(text);
    modern.mmioWrite(0x14, 1, ACKNOWLEDGE | DRIVER | DRIVER_OK);
    expect(status(), "and without it there is no DRIVER_OK").toBe(ACKNOWLEDGE | DRIVER);
  });

  it("the features are fixed after FEATURES_OK", () => {
    const { modern, errors } = handshake(EVENT_IDX, 1);
    modern.mmioWrite(8, 4, 0);
    modern.mmioWrite(12, 4, 0);
    expect(modern.mmioRead(12, 4)).toBe(EVENT_IDX);
    expect(errors).toEqual(["echo driver_feature: changed after FEATURES_OK"]);
  });

  it("bits of the status are cleared only all at once", () => {
    const { modern, status, errors } = handshake(0, 1);
    modern.mmioWrite(0x14, 1, ACKNOWLEDGE);
    expect(status()).toBe(ACKNOWLEDGE | DRIVER | FEATURES_OK);
    expect(errors).toHaveLength(1);
    modern.mmioWrite(0x14, 1, 0);
    expect(status()).toBe(0);
  });

  it("a notification before DRIVER_OK is a guest error; the chain is served after it", () => {
    const rig = start(echo);
    const { registers, queue, buffer, errors, pass } = rig;
    registers.setStatus(0);
    registers.setStatus(3);
    registers.setFeatures(0);
    registers.setStatus(11);
    registers.place(0, 256, queue.desc, queue.avail, queue.used);
    queue.add([{ gpa: buffer(1), length: 1 }]);
    registers.notify(0);
    pass(REQUEST);
    expect([queue.usedIdx, errors]).toEqual([0, ["echo queue notify: queue 0 before DRIVER_OK"]]);
    registers.setStatus(15);
    pass(REQUEST);
    expect(queue.usedIdx).toBe(1);
  });
});

describe("a reset", () => {
  it("by the driver forgets what was in flight, and lowers the interrupt", () => {
    const { queue, buffer, registers, pass, run, intx, clock, device } = start(echo);
    queue.add([{ gpa: buffer(1), length: 1 }]);
    run();
    queue.add([{ gpa: buffer(1), length: 1 }]);
    registers.notify(0);
    pass(REQUEST / 2);
    registers.setStatus(0);
    expect([intx.level, clock.nextDeadline]).toEqual([false, Infinity]);
    pass(REQUEST);
    expect(queue.usedIdx).toBe(1);
    expect(device.queues.map(({ isEnabled, queueSize }) => [isEnabled, queueSize])).toEqual([
      [false, 256],
      [false, 8],
    ]);
  });

  it("by the driver leaves the configuration space alone; that of the machine does not", () => {
    const { pci, registers } = start(echo);
    registers.setStatus(0);
    expect(pci.get(4, 2)).toBe(7);
    pci.reset();
    expect(pci.get(4, 2)).toBe(0);
  });

  it("lets a driver of the other interface take over", () => {
    const { pci, registers, errors } = start(echo, { interface: "modern" });
    registers.setStatus(0);
    pci.legacy.portWrite(18, 1, 3);
    pci.legacy.portWrite(8, 4, 0x10);
    expect([pci.legacy.portRead(8, 4), pci.legacy.portRead(12, 2), errors]).toEqual([0x10, 256, []]);
  });
});

describe("the bus", () => {
  it("a device that is no bus master waits until it is one", () => {
    const { pci, queue, buffer, run, pass, errors } = start(echo);
    pass(REQUEST);
    pci.write(4, 2, 3);
    queue.add([{ gpa: buffer(1), length: 1 }]);
    run(0, 5);
    expect(queue.usedIdx).toBe(0);
    expect(errors).toEqual(["echo queue notify: the device may not be bus master"]);
    pci.write(4, 2, 7);
    pass(REQUEST);
    expect(queue.usedIdx).toBe(1);
  });

  it("the same when the right is taken away while a request is at work", () => {
    const { pci, queue, buffer, registers, pass } = start(echo);
    pass(REQUEST);
    queue.add([{ gpa: buffer(1), length: 1 }]);
    registers.notify(0);
    pci.write(4, 2, 3);
    pass(2 * REQUEST);
    expect(queue.usedIdx).toBe(0);
    pci.write(4, 2, 7);
    pass(REQUEST);
    expect(queue.usedIdx).toBe(1);
  });

  it("a change of the configuration interrupts a driver that is ready, and counts the generation", () => {
    const { device, registers, intx, pci } = start(echo);
    device.change();
    expect([intx.level, registers.isr(), pci.modern.mmioRead(0x15, 1)]).toEqual([true, 2, 1]);
    registers.setStatus(0);
    device.change();
    expect([intx.level, pci.modern.mmioRead(0x15, 1)]).toEqual([false, 2]);
  });

  it("the interrupt is shown in PCI status, and can be switched off by the command register", () => {
    const { pci, queue, buffer, run, intx } = start(echo);
    queue.add([{ gpa: buffer(1), length: 1 }]);
    run();
    expect(pci.get(6, 2) & 8).toBe(8);
    pci.write(4, 2, 0x407);
    expect(intx.level).toBe(false);
    pci.write(4, 2, 7);
    expect(intx.level).toBe(true);
  });
});
