import { describe, expect, it } from "vitest";
import { Random } from "../../support/random.ts";
import {
  DRIVER_OK,
  EVENT_IDX,
  FEATURES_OK,
  INDIRECT,
  INDIRECT_DESC,
  NEEDS_RESET,
  NEXT,
  RAM_BYTES,
  REQUEST,
  type RigOptions,
  start,
  WRITE,
} from "./driver.ts";
import { Echo } from "./echo.ts";

const echo = (options?: RigOptions) => start((wires) => new Echo(wires), options);
type Queue = ReturnType<typeof echo>["queue"];
const HELLO = [..."hello, world"].map((c) => c.charCodeAt(0));

describe.each(["legacy", "modern"] as const)("a split virtqueue, %s", (kind) => {
  const rig = (options: RigOptions = {}) => echo({ interface: kind, ...options });

  it("a chain that was offered comes back used, with the number of bytes that were written", () => {
    const { queue, buffer, bytes, run, errors } = rig();
    const [from, to] = [buffer(12, HELLO), buffer(20)];
    const head = queue.add([
      { gpa: from, length: 12 },
      { gpa: to, length: 20, write: true },
    ]);
    run();
    expect(queue.collect()).toEqual([{ head, length: 12 }]);
    expect(bytes(to, 14)).toEqual([...HELLO, 0, 0]);
    expect(errors).toEqual([]);
  });

  it("buffers are one stream, wherever they are cut and however badly they are aligned", () => {
    const { queue, buffer, bytes, run } = rig();
    buffer(3);
    const cut = (pieces: number[], write: boolean) => {
      let at = 0;
      return pieces.map((length) => {
        const gpa = buffer(length + 1, write ? [] : HELLO.slice(at, at + length));
        at += length;
        return { gpa, length, write };
      });
    };
    const from = cut([1, 0, 7, 4], false);
    const to = cut([5, 2, 0, 5], true);
    queue.add([...from, ...to]);
    run();
    expect(to.flatMap(({ gpa, length }) => bytes(gpa, length))).toEqual(HELLO);
  });

  it("requests are served one after the other, 20 microseconds each, in the order of the ring", () => {
    const { queue, buffer, registers, pass } = rig();
    pass(REQUEST);
    const heads = [1, 2, 3].map((n) =>
      queue.add([
        { gpa: buffer(1, [n]), length: 1 },
        { gpa: buffer(1), length: 1, write: true },
      ]),
    );
    registers.notify(0);
    expect(queue.usedIdx, "nothing happens inside the write").toBe(0);
    pass(REQUEST - 1);
    expect(queue.usedIdx).toBe(0);
    pass(1);
    expect(queue.collect().map(({ head }) => head)).toEqual([heads[0]]);
    pass(2 * REQUEST);
    expect(queue.collect().map(({ head }) => head)).toEqual([heads[1], heads[2]]);
  });

  it("sleeps when the ring is empty, until the next notification", () => {
    const { queue, buffer, run, pass, clock } = rig();
    pass(REQUEST);
    expect(clock.nextDeadline).toBe(Infinity);
    queue.add([{ gpa: buffer(1), length: 1 }]);
    run(0, 2);
    expect(clock.nextDeadline).toBe(Infinity);
  });

  it("the rings' places wrap at their size, and their indices at 65536", () => {
    const { queues, buffer, run } = rig();
    const queue = queues[1];
    const gpa = buffer(1);
    for (let i = 0; i < 70_000; i++) {
      const head = queue.add([{ gpa, length: 1, write: true }]);
      run(1);
      if (i % 9999 === 0 || (i > 65_530 && i < 65_540)) expect(queue.usedIdx).toBe((i + 1) & 0xffff);
      const back = queue.collect();
      if (back.length !== 1 || back[0].head !== head) throw new Error(`chain ${i} did not come back`);
    }
  });

  it("holds as many chains as it has descriptors", () => {
    const { queue, buffer, run, errors } = rig();
    const gpa = buffer(1);
    const heads = Array.from({ length: queue.size }, () => queue.add([{ gpa, length: 1, write: true }]));
    run(0, queue.size);
    expect(queue.size).toBe(256);
    expect(queue.collect().map(({ head }) => head)).toEqual(heads);
    expect(errors).toEqual([]);
  });

  it("interrupts for each used chain until the ISR status is read, which answers", () => {
    const { queue, buffer, run, intx, registers } = rig();
    queue.add([{ gpa: buffer(1), length: 1 }]);
    run();
    expect(intx.level).toBe(true);
    expect(registers.isr()).toBe(1);
    expect([intx.level, registers.isr()]).toEqual([false, 0]);
  });

  it("NO_INTERRUPT in the available ring's flags keeps it quiet", () => {
    const { queue, buffer, run, intx } = rig();
    queue.setFlags(1);
    queue.add([{ gpa: buffer(1), length: 1 }]);
    run();
    expect([queue.usedIdx, intx.level]).toEqual([1, false]);
  });

  it("with the event index it interrupts when the index that the driver named is used", () => {
    const { queue, buffer, run, registers } = rig({ features: EVENT_IDX });
    queue.setUsedEvent(2);
    const causes = Array.from({ length: 4 }, () => {
      queue.add([{ gpa: buffer(1), length: 1 }]);
      run();
      return registers.isr();
    });
    expect(causes).toEqual([0, 0, 1, 0]);
  });

  it("with the event index the flags count no more", () => {
    const { queue, buffer, run, registers } = rig({ features: EVENT_IDX });
    queue.setFlags(1);
    queue.add([{ gpa: buffer(1), length: 1 }]);
    run();
    expect(registers.isr()).toBe(1);
  });

  it("with the event index an idle device asks to be told of the very next chain", () => {
    const { queue, buffer, run } = rig({ features: EVENT_IDX });
    for (let i = 0; i < 3; i++) queue.add([{ gpa: buffer(1), length: 1 }]);
    run(0, 4);
    expect(queue.availEvent).toBe(3);
  });

  it("an indirect table stands for a chain, also behind descriptors of the queue's own table", () => {
    const { queue, buffer, bytes, run } = rig({ features: INDIRECT_DESC });
    const [from, to, table] = [buffer(12, HELLO), buffer(12), buffer(16 * 3)];
    const head = queue.add(
      [
        { gpa: from, length: 5 },
        { gpa: from + 5, length: 7 },
        { gpa: to, length: 12, write: true },
      ],
      table,
    );
    run();
    expect(queue.collect()).toEqual([{ head, length: 12 }]);
    expect(bytes(to, 12)).toEqual(HELLO);

    queue.setDescriptor(queue.desc, 10, from, 4, NEXT, 11);
    queue.setDescriptor(queue.desc, 11, table + 32, 16, INDIRECT);
    queue.offer(10);
    run();
    expect(queue.collect()).toEqual([{ head: 10, length: 4 }]);
  });

  it("an indirect table may have 256 descriptors in a shorter queue", () => {
    const { queues, buffer, run } = rig({ features: INDIRECT_DESC });
    const table = buffer(16 * 256);
    const gpa = buffer(1, [7]);
    const parts = Array.from({ length: 256 }, (_, i) => ({ gpa, length: 1, write: i >= 128 }));
    queues[1].add(parts, table);
    run(1);
    expect(queues[1].collect()).toEqual([{ head: 0, length: 128 }]);
  });

  describe("what makes no sense breaks the device until it is reset", () => {
    type Rig = ReturnType<typeof rig>;
    const breaks: [string, (r: Rig) => void, RegExp][] = [
      ["a chain that is a loop", ({ queue }) => loop(queue, 0), /queue 0: the chain is a loop/],
      [
        "a chain with a descriptor outside its table",
        ({ queue }) => {
          queue.setDescriptor(queue.desc, 0, 0x1000, 1, NEXT, 256);
          queue.offer(0);
        },
        /descriptor 256 of a table of 256/,
      ],
      ["a head outside the table", ({ queue }) => queue.offer(0xffff), /descriptor 65535/],
      [
        "an available index that runs away",
        ({ queue }) => queue.setIdx(257),
        /available index 257 after 0: more than 256/,
      ],
      ["an available index of ones", ({ queue }) => queue.setIdx(0xffff), /available index 65535/],
      [
        "a buffer that ends beyond memory",
        ({ queue }) => queue.add([{ gpa: RAM_BYTES - 4, length: 5 }]),
        /descriptor 0 lies outside memory/,
      ],
      [
        "a buffer beyond 4 GiB",
        ({ queue }) => queue.add([{ gpa: 0x1_0000_1000, length: 1 }]),
        /outside memory/,
      ],
      ["an address of 64 ones", ({ queue }) => offerOne(queue, 2 ** 64 - 2048, 4096, 0), /outside memory/],
      [
        "a buffer to read after one to write",
        ({ queue }) =>
          queue.add([
            { gpa: 0x1000, length: 1, write: true },
            { gpa: 0x1000, length: 1 },
          ]),
        /a buffer to read comes after one to write/,
      ],
      [
        "an indirect table in an indirect table",
        ({ queue, buffer }) => {
          const table = buffer(16);
          queue.setDescriptor(table, 0, table, 16, INDIRECT);
          queue.setDescriptor(queue.desc, 0, table, 16, INDIRECT);
          queue.offer(0);
        },
        /in an indirect table/,
      ],
      [
        "an indirect table with a next descriptor",
        ({ queue }) => offerOne(queue, 0x1000, 16, INDIRECT | NEXT, 1),
        /with a next descriptor/,
      ],
      [
        "an indirect table of a length that is none",
        ({ queue }) => offerOne(queue, 0x1000, 24, INDIRECT),
        /table of 24 bytes/,
      ],
      ["an empty indirect table", ({ queue }) => offerOne(queue, 0x1000, 0, INDIRECT), /table of 0 bytes/],
      [
        "an endless indirect table",
        ({ queue }) => offerOne(queue, 0x1000, 257 * 16, INDIRECT),
        /table of 4112 bytes/,
      ],
      [
        "a loop in an indirect table",
        ({ queue, buffer }) => {
          const table = buffer(32);
          queue.setDescriptor(table, 0, 0x1000, 1, NEXT | WRITE, 1);
          queue.setDescriptor(table, 1, 0x1000, 1, NEXT | WRITE, 0);
          queue.setDescriptor(queue.desc, 0, table, 32, INDIRECT);
          queue.offer(0);
        },
        /loop/,
      ],
    ];
    it.each(breaks)("%s", (_, damage, message) => {
      const r = rig({ features: INDIRECT_DESC });
      const { registers, run, errors, intx, queue, clock } = r;
      damage(r);
      run(0, 2);
      expect(registers.getStatus() & NEEDS_RESET).toBe(NEEDS_RESET);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatch(message);
      expect(errors[0]).toMatch(/needs a reset/);
      expect(queue.usedIdx).toBe(0);
      expect([intx.level, registers.isr()], "told by a configuration interrupt").toEqual([true, 2]);

      registers.notify(0);
      expect(clock.nextDeadline, "it is deaf").toBe(Infinity);
      expect(errors).toHaveLength(1);
      registers.setStatus(0);
      expect(registers.getStatus()).toBe(0);
    });

    it("an indirect table that was not negotiated", () => {
      const { queue, buffer, run, errors } = rig();
      queue.add([{ gpa: buffer(1), length: 1 }], buffer(16));
      run();
      expect(errors).toEqual([expect.stringMatching(/was not negotiated/)]);
    });

    it("chains before the bad one are served", () => {
      const { queue, buffer, run, registers } = rig();
      queue.add([{ gpa: buffer(1), length: 1 }]);
      loop(queue, 1);
      run(0, 2);
      expect(queue.collect()).toHaveLength(1);
      expect(registers.getStatus() & NEEDS_RESET).toBe(NEEDS_RESET);
    });
  });
});

/** Offers descriptor 0 as it is. */
function offerOne(queue: Queue, gpa: number, length: number, flags: number, next = 0): void {
  queue.setDescriptor(queue.desc, 0, gpa, length, flags, next);
  queue.offer(0);
}

function loop(queue: Queue, at: number): void {
  queue.setDescriptor(queue.desc, at, 0x1000, 1, NEXT, at + 1);
  queue.setDescriptor(queue.desc, at + 1, 0x1000, 1, NEXT, at);
  queue.offer(at);
}

describe("where a queue may lie", () => {
  const place = (desc: number, avail: number, used: number) => {
    const rig = echo();
    rig.registers.setStatus(0);
    rig.registers.setStatus(3);
    rig.registers.setFeatures(0);
    rig.registers.setStatus(3 | FEATURES_OK);
    rig.registers.place(1, 8, desc, avail, used);
    rig.registers.setStatus(3 | FEATURES_OK | DRIVER_OK);
    return rig;
  };

  it("its parts are aligned to 16, 2 and 4 bytes and need not be neighbours", () => {
    const { errors, device } = place(0x2_0010, 0x1002, 0x3_0004);
    expect(errors).toEqual([]);
    expect(device.queues[1].isEnabled).toBe(true);
  });

  it.each([
    ["descriptor table", "is not aligned", 0x2_0008, 0x1000, 0x2000],
    ["available ring", "is not aligned", 0x2_0000, 0x1001, 0x2000],
    ["used ring", "is not aligned", 0x2_0000, 0x1000, 0x2002],
    ["descriptor table", "lies outside memory", RAM_BYTES - 16, 0x1000, 0x2000],
    ["available ring", "lies outside memory", 0x2_0000, RAM_BYTES - 16, 0x2000],
    ["used ring", "lies outside memory", 0x2_0000, 0x1000, RAM_BYTES - 16],
    ["used ring", "lies outside memory", 0x2_0000, 0x1000, 0xffff_fffc],
  ])("a %s that %s breaks the device", (part, what, desc, avail, used) => {
    const { errors, registers, device } = place(desc, avail, used);
    expect(errors[0]).toContain(`the ${part} ${what}`);
    expect(registers.getStatus() & NEEDS_RESET).toBe(NEEDS_RESET);
    expect(device.queues[1].isEnabled).toBe(false);
  });

  it("beyond 4 GiB there is no memory", () => {
    const { pci, registers, errors, device } = echo();
    registers.setStatus(0);
    pci.modern.mmioWrite(0x16, 2, 1);
    pci.modern.mmioWrite(0x24, 4, 1);
    expect(pci.modern.mmioRead(0x24, 4)).toBe(1);
    pci.modern.mmioWrite(0x1c, 2, 1);
    expect(errors).toEqual([expect.stringMatching(/descriptor table lies outside memory/)]);
    expect(device.queues[1].isEnabled).toBe(false);
  });

  it("a legacy queue is one block: the used ring begins the next frame", () => {
    const { device, pci } = echo({ interface: "legacy" });
    const { addresses } = device.queues[0];
    // 256 descriptors take a frame; flags, index, 256 entries and the event, 518 bytes of the next.
    expect(addresses).toEqual([0x1_0000, 0, 0x1_1000, 0, 0x1_2000, 0]);
    pci.legacy.portWrite(14, 2, 0);
    expect(pci.legacy.portRead(8, 4)).toBe(0x10);
  });

  it("a legacy queue that is placed at frame 0 is gone, and begins anew at its next place", () => {
    const { device, pci, queue, buffer, run } = echo({ interface: "legacy" });
    queue.add([{ gpa: buffer(1), length: 1 }]);
    run();
    pci.legacy.portWrite(14, 2, 0);
    pci.legacy.portWrite(8, 4, 0);
    expect([pci.legacy.portRead(8, 4), device.queues[0].isEnabled]).toEqual([0, false]);
    pci.legacy.portWrite(8, 4, 0x10);
    expect([device.queues[0].availIndex, device.queues[0].usedIndex]).toEqual([0, 0]);
  });

  it("a legacy queue outside memory breaks the device", () => {
    const { pci, registers } = echo({ interface: "legacy" });
    pci.legacy.portWrite(8, 4, 0xffff_ffff);
    expect(registers.getStatus() & NEEDS_RESET).toBe(NEEDS_RESET);
  });
});

describe("a guest that writes nonsense", () => {
  it("into all of its rings never makes the device throw, or work for ever", () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = new Random(seed);
      const { queue, memory, registers, device, clock } = echo({
        interface: random.oneIn(2) ? "legacy" : "modern",
        features: random.oneIn(2) ? INDIRECT_DESC | EVENT_IDX : 0,
      });
      for (let i = 0; i < queue.size; i++) {
        const [gpa, length] = [random.below(RAM_BYTES + 2000), random.below(5000)];
        const next = random.below(random.oneIn(9) ? 0x1_0000 : queue.size);
        queue.setDescriptor(queue.desc, i, gpa, length & ~15, random.below(random.oneIn(9) ? 8 : 4), next);
        memory.view.setUint16(
          queue.avail + 4 + i * 2,
          random.below(random.oneIn(50) ? 0x1_0000 : queue.size),
          true,
        );
      }
      queue.setIdx(random.below(queue.size + 2));
      registers.notify(0);
      for (let i = 0; i < 300; i++) clock.advance(clock.now + REQUEST);
      expect(clock.nextDeadline).toBe(Infinity);
      expect(device.needsReset || queue.usedIdx === queue.idx).toBe(true);
    }
  });
});
