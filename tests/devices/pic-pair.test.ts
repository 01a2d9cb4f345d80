import { describe, expect, it } from "vitest";
import { PicPair } from "../../src/devices/pic-pair.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { Random } from "../support/random.ts";
import { HZ, Probe } from "./contract.ts";

const EOI = 0x20;
const READ_IRR = 0x0a;
const READ_ISR = 0x0b;
const AEOI = 0x02;
const SFNM = 0x10;

/** Two chips as a PC initialises them: vectors 0x20-0x2f, slave on IR2. */
function rig({ icw4 = 0x01, slaveIcw4 = 0x01, masterIcw3 = 0x04, slaveIcw3 = 0x02 } = {}) {
  const log: string[] = [];
  const intr = new Probe("intr", log, new MachineClock(HZ));
  const pics = new PicPair((level) => intr.set(level));
  const { primary, secondary, elcr } = pics;
  primary.portWrite(0, 1, 0x11);
  for (const byte of [0x20, masterIcw3, icw4]) primary.portWrite(1, 1, byte);
  secondary.portWrite(0, 1, 0x11);
  for (const byte of [0x28, slaveIcw3, slaveIcw4]) secondary.portWrite(1, 1, byte);
  const numbers = [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
  const lines = new Map(numbers.map((n) => [n, pics.irq(n)]));
  return {
    pics,
    primary,
    secondary,
    elcr,
    intr,
    log,
    raise: (...irqs: number[]) => {
      for (const irq of irqs) lines.get(irq)!.raise();
    },
    lower: (...irqs: number[]) => {
      for (const irq of irqs) lines.get(irq)!.lower();
    },
    /** What the processor would be given: a vector, or null if INTR is low. */
    take: () => (intr.level ? pics.acknowledge() : null),
    eoi: () => primary.portWrite(0, 1, EOI),
    eoi2: () => {
      secondary.portWrite(0, 1, EOI);
      primary.portWrite(0, 1, EOI);
    },
    inService: () => {
      primary.portWrite(0, 1, READ_ISR);
      secondary.portWrite(0, 1, READ_ISR);
      return [primary.portRead(0, 1), secondary.portRead(0, 1)];
    },
  };
}

describe("the cascade", () => {
  it("brings IRQ 8-15 in at IRQ 2: both chips have the request in service, and both want an EOI", () => {
    const { raise, take, inService, eoi2 } = rig();
    raise(14);
    expect(take()).toBe(0x2e);
    expect(inService()).toEqual([0x04, 0x40]);
    eoi2();
    expect(inService()).toEqual([0, 0]);
  });

  it("places IRQ 8-15 between IRQ 1 and IRQ 3", () => {
    const { raise, take, eoi, eoi2 } = rig();
    raise(0, 1, 3, 7, 8, 15);
    const order: (number | null)[] = [];
    for (let i = 0; i < 7; i++) {
      const vector = take();
      order.push(vector);
      if (vector !== null && vector >= 0x28) eoi2();
      else eoi();
    }
    expect(order).toEqual([0x20, 0x21, 0x28, 0x2f, 0x23, 0x27, null]);
  });

  it("delivers two requests of the second chip one after the other", () => {
    const { raise, take, eoi2 } = rig();
    raise(10, 12);
    expect(take()).toBe(0x2a);
    expect(take()).toBe(null);
    eoi2();
    expect(take()).toBe(0x2c);
  });

  it("masks all of the second chip with one bit of the first", () => {
    const { primary, raise, take } = rig();
    primary.portWrite(1, 1, 0x04);
    raise(9);
    expect(take()).toBe(null);
    primary.portWrite(1, 1, 0x00);
    expect(take()).toBe(0x29);
  });

  it("shows in the first chip's IRR that the second one asks", () => {
    const { primary, secondary, raise } = rig();
    raise(9);
    primary.portWrite(0, 1, READ_IRR);
    secondary.portWrite(0, 1, READ_IRR);
    expect([primary.portRead(0, 1), secondary.portRead(0, 1)]).toEqual([0x04, 0x02]);
  });

  it("has no wire of its own for devices", () => {
    expect(() => rig().pics.irq(2)).toThrow("there is no wire to IRQ 2");
    expect(() => rig().pics.irq(16)).toThrow("there is no wire to IRQ 16");
  });

  it("leaves the bus floating when ICW3 names a slave that is not there", () => {
    const wrongId = rig({ slaveIcw3: 0x05 });
    wrongId.raise(9);
    expect(wrongId.take()).toBe(0xff);
    const wrongInput = rig({ masterIcw3: 0x20 });
    wrongInput.raise(5);
    expect(wrongInput.take()).toBe(0xff);
  });

  it("is ignored by a first chip that was told of no slave: it answers for IR2 itself", () => {
    const { raise, take, inService } = rig({ masterIcw3: 0x00 });
    raise(9);
    expect(take()).toBe(0x22);
    expect(inService()).toEqual([0x04, 0x00]);
  });

  it("is forgotten by a chip that is initialised again as a single one, since ICW1 clears ICW3", () => {
    const { primary, secondary, raise, take } = rig();
    primary.portWrite(0, 1, 0x13);
    for (const byte of [0x20, 0x01]) primary.portWrite(1, 1, byte);
    raise(9);
    expect(take()).toBe(0x22);
    secondary.portWrite(0, 1, 0x11);
    expect([primary.save().ICW3, secondary.save().ICW3], "a slave's number becomes 7").toEqual([0, 7]);
  });

  it("works in automatic EOI mode too: the next request of the second chip is a fresh edge", () => {
    const { raise, take, inService } = rig({ icw4: 0x01 | AEOI, slaveIcw4: 0x01 | AEOI });
    raise(10, 12);
    expect([take(), take(), take()]).toEqual([0x2a, 0x2c, null]);
    expect(inService()).toEqual([0, 0]);
  });
});

describe("special fully nested mode", () => {
  it("lets a more urgent request of the second chip interrupt a service of that chip", () => {
    const { raise, take, inService } = rig({ icw4: 0x01 | SFNM });
    raise(12);
    expect(take()).toBe(0x2c);
    raise(8);
    expect(take()).toBe(0x28);
    expect(inService()).toEqual([0x04, 0x11]);
  });

  it("is what fully nested mode does not do", () => {
    const { raise, take } = rig();
    raise(12);
    take();
    raise(8);
    expect(take()).toBe(null);
  });

  it("still holds back the first chip's lower priorities", () => {
    const { raise, take } = rig({ icw4: 0x01 | SFNM });
    raise(12);
    take();
    raise(3);
    expect(take()).toBe(null);
  });

  it("makes no difference in the second chip, whose ICW3 is a number and not a set of slaves", () => {
    const { secondary, raise, lower, take, eoi } = rig({ slaveIcw4: 0x01 | SFNM });
    raise(9);
    take();
    eoi();
    lower(9);
    raise(9);
    expect(take()).toBe(null);
    secondary.portWrite(0, 1, EOI);
    expect(take()).toBe(0x29);
  });

  it("makes no difference for inputs without a slave", () => {
    const { raise, lower, take } = rig({ icw4: 0x01 | SFNM });
    raise(4);
    take();
    lower(4);
    raise(4);
    expect(take()).toBe(null);
  });
});

describe("spurious interrupts", () => {
  it("IRQ 7 comes when a request of the first chip is gone; no chip wants an EOI", () => {
    const { pics, raise, lower, inService } = rig();
    raise(4);
    lower(4);
    expect(pics.acknowledge()).toBe(0x27);
    expect(inService()).toEqual([0, 0]);
  });

  it("IRQ 15 comes when a request of the second chip is withdrawn between the two; the first wants an EOI", () => {
    const { pics, primary, secondary, raise, lower, inService, eoi } = rig();
    // The first chip sees the cascade by level, held high by a second owner: what a slow wire looks like.
    const slowWire = primary.wire(2);
    raise(12);
    slowWire.raise();
    lower(12);
    expect(secondary.IRR).toBe(0);
    expect(pics.acknowledge()).toBe(0x2f);
    expect(inService()).toEqual([0x04, 0x00]);
    eoi();
    expect(inService()).toEqual([0, 0]);
  });
});

describe("polling the pair", () => {
  it("asks each chip in turn: the first one names the cascade, the second one the request", () => {
    const { primary, secondary, raise, inService } = rig();
    raise(11);
    primary.portWrite(0, 1, 0x0c);
    expect(primary.portRead(0, 1)).toBe(0x82);
    secondary.portWrite(0, 1, 0x0c);
    expect(secondary.portRead(0, 1)).toBe(0x83);
    expect(inService()).toEqual([0x04, 0x08]);
  });
});

describe("the edge/level control registers", () => {
  it("make single IRQs level triggered", () => {
    const { elcr, raise, take, eoi2 } = rig();
    elcr.portWrite(1, 1, 0x08);
    raise(10, 11);
    expect(take()).toBe(0x2a);
    eoi2();
    expect(take()).toBe(0x2b);
    eoi2();
    expect(take()).toBe(0x2b);
  });

  it("refuse the inputs that the board needs on edges: IRQ 0, 1, 2, 8 and 13", () => {
    const { elcr } = rig();
    elcr.portWrite(0, 1, 0xff);
    elcr.portWrite(1, 1, 0xff);
    expect([elcr.portRead(0, 1), elcr.portRead(1, 1)]).toEqual([0xf8, 0xde]);
    expect([elcr.probe(0), elcr.probe(1), elcr.probe(2)]).toEqual(["ELCR1", "ELCR2", "?"]);
  });

  it("survive an initialisation of the chips", () => {
    const { elcr, primary } = rig();
    elcr.portWrite(0, 1, 0x20);
    primary.portWrite(0, 1, 0x11);
    expect(elcr.portRead(0, 1)).toBe(0x20);
  });
});

describe("the pair as one device", () => {
  /** Random requests, acknowledges and EOIs; returns what the processor saw. */
  function traffic(parts: ReturnType<typeof rig>, seed: number, steps: number): unknown[] {
    const random = new Random(seed);
    const seen: unknown[] = [];
    for (let i = 0; i < steps; i++) {
      const irq = [0, 1, 3, 5, 7, 8, 10, 12, 15][random.below(9)];
      [
        () => parts.raise(irq),
        () => parts.lower(irq),
        () => seen.push(parts.take()),
        parts.eoi,
        parts.eoi2,
        () => parts.elcr.portWrite(random.below(2), 1, random.below(256)),
      ][random.below(6)]();
      seen.push(parts.intr.level);
    }
    return [...seen, parts.inService()];
  }

  it("is restored in the middle of anything, without an edge of its own", () => {
    for (let seed = 0; seed < 50; seed++) {
      const original = rig();
      traffic(original, seed, 100);
      const saved = structuredClone(original.pics.save());
      const copy = rig();
      traffic(copy, seed + 1000, 20);
      copy.pics.restore(saved);
      expect(copy.pics.save()).toEqual(saved);
      expect(copy.intr.level).toBe(original.intr.level);
      expect(traffic(copy, ~seed, 100)).toEqual(traffic(original, ~seed, 100));
    }
  });

  it("a device that is restored after it and drives its wire again makes no second interrupt", () => {
    const { pics, raise, take, eoi } = rig();
    raise(4);
    take();
    eoi();
    pics.restore(structuredClone(pics.save()));
    raise(4);
    expect(take()).toBe(null);
  });

  it("is reset to a pair that was never initialised", () => {
    const fresh = new PicPair(() => {}).save();
    const used = rig();
    traffic(used, 1, 200);
    used.pics.reset();
    expect(used.pics.save()).toEqual(fresh);
    expect(used.intr.level).toBe(false);
  });
});
