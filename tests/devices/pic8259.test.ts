import { describe, expect, it } from "vitest";
import { Pic8259 } from "../../src/devices/pic8259.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import type { Random } from "../support/random.ts";
import { deviceContract, HZ, Probe } from "./contract.ts";

/** ICW1 with IC4 and SNGL: edge triggered, one chip alone. */
const ICW1_ALONE = 0x13;
const LTIM = 0x08;
const ICW4_8086 = 0x01;
const ICW4_AEOI = 0x02;

const EOI = 0x20;
const specificEoi = (ir: number) => 0x60 | ir;
const ROTATE_ON_EOI = 0xa0;
const rotateOnSpecificEoi = (ir: number) => 0xe0 | ir;
const setPriority = (ir: number) => 0xc0 | ir;
const ROTATE_IN_AEOI_SET = 0x80;
const ROTATE_IN_AEOI_CLEAR = 0x00;
const POLL = 0x0c;
const READ_IRR = 0x0a;
const READ_ISR = 0x0b;
const SET_SPECIAL_MASK = 0x68;
const RESET_SPECIAL_MASK = 0x48;

/** One chip alone, initialised to vectors 0x20-0x27 unless told otherwise. */
function rig(icw1 = ICW1_ALONE, icw4 = ICW4_8086) {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const int = new Probe("int", log, clock);
  const pic = new Pic8259("pic", "master", (level) => int.set(level));
  const lines = [0, 1, 2, 3, 4, 5, 6, 7].map((ir) => pic.wire(ir));
  const command = (byte: number) => pic.portWrite(0, 1, byte);
  const data = (byte: number) => pic.portWrite(1, 1, byte);
  command(icw1);
  data(0x20);
  data(icw4);
  return {
    clock,
    log,
    int,
    pic,
    lines,
    command,
    data,
    /** A short pulse is enough for edges only if it is still high at the acknowledge. */
    raise: (...irs: number[]) => {
      for (const ir of irs) lines[ir].raise();
    },
    lower: (...irs: number[]) => {
      for (const ir of irs) lines[ir].lower();
    },
    /** A new edge. */
    pulse: (...irs: number[]) => {
      for (const ir of irs) {
        lines[ir].lower();
        lines[ir].raise();
      }
    },
    /** What the processor would be given now: the input, or null if INT is low. */
    take: () => (int.level ? pic.vector(pic.inta()) - 0x20 : null),
    readIrr: () => {
      command(READ_IRR);
      return pic.portRead(0, 1);
    },
    readIsr: () => {
      command(READ_ISR);
      return pic.portRead(0, 1);
    },
    poll: () => {
      command(POLL);
      return pic.portRead(0, 1);
    },
  };
}

deviceContract("the 8259A", () => {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const int = new Probe("int", log, clock);
  const device = new Pic8259("pic", "master", (level) => int.set(level));
  const lines = [0, 1, 2, 3, 4, 5, 6, 7].map((ir) => device.wire(ir));
  // A control write starts the initialisation every other time; finish it often enough to see interrupts.
  const initialise = (icw4: number) => {
    device.portWrite(0, 1, 0x11);
    for (const byte of [0x20, 0x04, icw4, 0x00]) device.portWrite(1, 1, byte);
  };
  const stimulate = (random: Random) => {
    const what = random.below(8);
    if (what === 0) initialise(random.below(32));
    else if (what < 3) log.push(`vector ${device.vector(device.inta())}`);
    else if (what === 3) device.ELCR = random.below(256);
    else if (what < 6) lines[random.below(8)].raise();
    else lines[random.below(8)].lower();
  };
  return { device, clock, ports: 2, log, wires: [int], stimulate };
});

describe("initialisation", () => {
  /** A chip out of the box. */
  function powerOn() {
    const { pic, int, raise, data, command, readIsr } = rig();
    pic.reset();
    return { pic, int, raise, data, command, readIsr };
  }

  it("nothing passes a chip that was never initialised", () => {
    const { int, raise, data } = powerOn();
    data(0x00);
    raise(0, 1);
    expect(int.level).toBe(false);
  });

  it("takes ICW2, then ICW3 unless SNGL is set, then ICW4 if IC4 is set, then OCW1", () => {
    const words = (icw1: number, ...bytes: number[]) => {
      const { pic, command, data } = powerOn();
      command(icw1);
      for (const byte of bytes) data(byte);
      const { ICW2, ICW3, ICW4, IMR } = pic.save();
      return { ICW2, ICW3, ICW4, IMR };
    };
    expect(words(0x11, 0x20, 0x04, 0x01, 0xaa)).toEqual({ ICW2: 0x20, ICW3: 0x04, ICW4: 0x01, IMR: 0xaa });
    expect(words(0x13, 0x20, 0x01, 0xaa)).toEqual({ ICW2: 0x20, ICW3: 0x00, ICW4: 0x01, IMR: 0xaa });
    expect(words(0x10, 0x20, 0x04, 0xaa)).toEqual({ ICW2: 0x20, ICW3: 0x04, ICW4: 0x00, IMR: 0xaa });
    expect(words(0x12, 0x20, 0xaa)).toEqual({ ICW2: 0x20, ICW3: 0x00, ICW4: 0x00, IMR: 0xaa });
  });

  it("holds INT low until the last command word has come", () => {
    const { int, command, data, raise } = rig();
    command(ICW1_ALONE);
    raise(3);
    expect(int.level).toBe(false);
    data(0x20);
    expect(int.level).toBe(false);
    data(ICW4_8086);
    expect(int.level).toBe(true);
  });

  it("clears the mask, what is in service, and the edges seen before", () => {
    const { pic, raise, take, command, data, int } = rig();
    data(0x80);
    raise(1, 2);
    expect(take()).toBe(1);
    command(ICW1_ALONE);
    expect([pic.IMR, pic.ISR, pic.IRR]).toEqual([0, 0, 0]);
    data(0x20);
    data(ICW4_8086);
    expect(int.level, "IR2 is still high, but that is no edge").toBe(false);
  });

  it("gives IR7 the lowest priority again", () => {
    const { pulse, take, command, data } = rig();
    command(setPriority(3));
    command(ICW1_ALONE);
    data(0x20);
    data(ICW4_8086);
    pulse(0, 4);
    expect(take()).toBe(0);
  });

  it("ends special mask mode, rotation, a pending poll, and selects IRR for reading", () => {
    const { pic, command, data } = rig();
    for (const word of [SET_SPECIAL_MASK, ROTATE_IN_AEOI_SET, READ_ISR, POLL]) command(word);
    command(ICW1_ALONE);
    data(0x20);
    data(ICW4_8086);
    expect(pic.save()).toMatchObject({
      specialMask: false,
      rotateInAeoi: false,
      poll: false,
      readIsr: false,
    });
  });

  it("without IC4 clears everything ICW4 had set", () => {
    const { pic, command, data } = rig(ICW1_ALONE, ICW4_8086 | ICW4_AEOI);
    command(0x12);
    data(0x20);
    expect(pic.save().ICW4).toBe(0);
  });

  it("keeps the bits of ICW4 that choose buffered mode, which has nothing to drive here", () => {
    expect(rig(ICW1_ALONE, 0x0d).pic.save().ICW4).toBe(0x0d);
  });

  it("can begin again at any moment with a new ICW1", () => {
    const { pic, command, data } = rig();
    command(ICW1_ALONE);
    data(0x40);
    command(ICW1_ALONE);
    data(0x60);
    data(ICW4_8086);
    expect(pic.vector(3)).toBe(0x63);
  });
});

describe("the vector", () => {
  it("is ICW2's upper five bits and the input, in 8086 mode", () => {
    const { pic, command, data } = rig();
    command(ICW1_ALONE);
    data(0x2f);
    data(ICW4_8086);
    expect([0, 3, 7].map((ir) => pic.vector(ir))).toEqual([0x28, 0x2b, 0x2f]);
  });

  it("in MCS-80 mode is the low byte of the address in a table of 4-byte or 8-byte entries", () => {
    const four = rig(0xe0 | 0x17, 0x00).pic;
    expect([0, 1, 7].map((ir) => four.vector(ir))).toEqual([0xe0, 0xe4, 0xfc]);
    const eight = rig(0xe0 | 0x13, 0x00).pic;
    expect([0, 1, 7].map((ir) => eight.vector(ir))).toEqual([0xc0, 0xc8, 0xf8]);
  });
});

describe("an edge-triggered input", () => {
  it("requests at its rising edge", () => {
    const { int, raise, readIrr } = rig();
    raise(3);
    expect(int.level).toBe(true);
    expect(readIrr()).toBe(0x08);
  });

  it("is acknowledged once per edge, however long it stays high", () => {
    const { int, raise, take, command, readIrr } = rig();
    raise(3);
    expect(take()).toBe(3);
    expect(readIrr()).toBe(0);
    command(EOI);
    expect(int.level).toBe(false);
  });

  it("remembers an edge that comes while the input is in service", () => {
    const { int, raise, pulse, take, command } = rig();
    raise(3);
    take();
    pulse(3);
    expect(int.level).toBe(false);
    command(EOI);
    expect(take()).toBe(3);
  });

  it("must stay high until the acknowledge: a request that goes away is forgotten", () => {
    const { int, raise, lower, readIrr } = rig();
    raise(3);
    lower(3);
    expect(int.level).toBe(false);
    expect(readIrr()).toBe(0);
  });

  it("may fall as soon as it has been acknowledged", () => {
    const { raise, lower, take, readIsr } = rig();
    raise(3);
    take();
    lower(3);
    expect(readIsr()).toBe(0x08);
  });
});

describe("a level-triggered input", () => {
  it("goes on asking while it is high: after EOI it interrupts again", () => {
    const { raise, lower, take, command, int } = rig(ICW1_ALONE | LTIM);
    raise(5);
    expect(take()).toBe(5);
    expect(int.level).toBe(false);
    command(EOI);
    expect(take()).toBe(5);
    lower(5);
    command(EOI);
    expect(int.level).toBe(false);
  });

  it("shows its level in IRR, in service or not", () => {
    const { raise, lower, take, readIrr } = rig(ICW1_ALONE | LTIM);
    raise(5);
    take();
    expect(readIrr()).toBe(0x20);
    lower(5);
    expect(readIrr()).toBe(0x00);
  });

  it("is chosen for all inputs by LTIM in ICW1, or for single ones by the board's ELCR", () => {
    const { pic, raise, take, command, int } = rig();
    pic.ELCR = 1 << 5;
    raise(4, 5);
    expect(take()).toBe(4);
    command(EOI);
    expect(take()).toBe(5);
    command(EOI);
    expect(take(), "IR5 is still high, and so is IR4, but only IR5 is by level").toBe(5);
    command(EOI);
    pic.ELCR = 0;
    expect(int.level).toBe(false);
  });
});

describe("a shared wire", () => {
  it("is high while any of its owners holds it high", () => {
    const { pic, raise, lower, take, command } = rig(ICW1_ALONE | LTIM);
    const other = pic.wire(5);
    raise(5);
    other.raise();
    lower(5);
    expect(take()).toBe(5);
    other.lower();
    command(EOI);
    expect(take()).toBe(null);
  });

  it("makes one edge, however many raise it", () => {
    const { pic, raise, take, command } = rig();
    raise(5);
    expect(take()).toBe(5);
    command(EOI);
    pic.wire(5).raise();
    raise(5);
    expect(take()).toBe(null);
  });
});

describe("the mask (OCW1)", () => {
  it("holds a request back without forgetting it", () => {
    const { int, data, raise, take } = rig();
    data(0x08);
    raise(3);
    expect(int.level).toBe(false);
    data(0x00);
    expect(take()).toBe(3);
  });

  it("withdraws INT when it covers the only request", () => {
    const { int, data, raise } = rig();
    raise(3);
    data(0xff);
    expect(int.level).toBe(false);
  });

  it("reads back at the same address", () => {
    const { pic, data } = rig();
    data(0x5a);
    expect(pic.portRead(1, 1)).toBe(0x5a);
  });

  it("does not touch IRR", () => {
    const { data, raise, readIrr } = rig();
    data(0xff);
    raise(0, 7);
    expect(readIrr()).toBe(0x81);
  });
});

describe("fully nested mode", () => {
  it("serves IR0 first and IR7 last", () => {
    const { raise, take, command } = rig();
    raise(7, 5, 2, 0);
    const order = [];
    for (let i = 0; i < 5; i++) {
      order.push(take());
      command(EOI);
    }
    expect(order).toEqual([0, 2, 5, 7, null]);
  });

  it("lets a higher priority interrupt a service, and holds back equal and lower ones", () => {
    const { raise, pulse, take, command } = rig();
    raise(4);
    expect(take()).toBe(4);
    raise(6);
    pulse(4);
    expect(take()).toBe(null);
    raise(1);
    expect(take()).toBe(1);
    command(EOI);
    expect(take()).toBe(null);
    command(EOI);
    expect(take()).toBe(4);
    command(EOI);
    expect(take()).toBe(6);
  });
});

describe("end of interrupt", () => {
  it("non-specific EOI ends the most urgent service", () => {
    const { raise, take, command, readIsr } = rig();
    raise(4);
    take();
    raise(1);
    take();
    expect(readIsr()).toBe(0x12);
    command(EOI);
    expect(readIsr()).toBe(0x10);
    command(EOI);
    expect(readIsr()).toBe(0x00);
  });

  it("specific EOI ends the one it names", () => {
    const { raise, take, command, readIsr } = rig();
    raise(4);
    take();
    raise(1);
    take();
    command(specificEoi(4));
    expect(readIsr()).toBe(0x02);
  });

  it("for nothing in service does nothing", () => {
    const { command, readIsr, raise, take } = rig();
    command(EOI);
    command(specificEoi(3));
    expect(readIsr()).toBe(0);
    raise(3);
    expect(take()).toBe(3);
  });

  it("automatic EOI ends the service in the acknowledge itself", () => {
    const { raise, take, readIsr } = rig(ICW1_ALONE, ICW4_8086 | ICW4_AEOI);
    raise(4, 5);
    expect(take()).toBe(4);
    expect(readIsr()).toBe(0);
    expect(take()).toBe(5);
  });

  it("the command 010 of OCW2 is no operation", () => {
    const { raise, take, command, readIsr } = rig();
    raise(4);
    take();
    command(0x44);
    expect(readIsr()).toBe(0x10);
  });
});

describe("rotating priorities", () => {
  it("rotate on non-specific EOI makes the input just served the last", () => {
    const { raise, pulse, take, command } = rig();
    raise(4);
    take();
    command(ROTATE_ON_EOI);
    pulse(4, 5, 3);
    expect(take()).toBe(5);
    command(EOI);
    expect(take()).toBe(3);
    command(EOI);
    expect(take()).toBe(4);
  });

  it("rotate on specific EOI ends and demotes the input it names", () => {
    const { raise, take, command, readIsr } = rig();
    raise(4);
    take();
    raise(1);
    take();
    command(rotateOnSpecificEoi(1));
    expect(readIsr()).toBe(0x10);
    raise(2, 0);
    expect(take()).toBe(2);
  });

  it("rotate on EOI with nothing in service changes nothing", () => {
    const { raise, take, command } = rig();
    command(ROTATE_ON_EOI);
    raise(0, 7);
    expect(take()).toBe(0);
  });

  it("set priority names the lowest; the next one is the highest", () => {
    const { raise, take, command } = rig();
    command(setPriority(5));
    raise(0, 5, 6, 7);
    const order = [];
    for (let i = 0; i < 4; i++) {
      order.push(take());
      command(EOI);
    }
    expect(order).toEqual([6, 7, 0, 5]);
  });

  it("set priority takes effect at once, also on what waits", () => {
    const { raise, take, command, int } = rig();
    raise(2);
    take();
    raise(5);
    expect(int.level).toBe(false);
    command(setPriority(3));
    expect(take()).toBe(5);
  });

  it("rotation in automatic EOI gives every input its turn, until it is cleared", () => {
    const { pulse, take, command } = rig(ICW1_ALONE, ICW4_8086 | ICW4_AEOI);
    command(ROTATE_IN_AEOI_SET);
    const order = [];
    for (let i = 0; i < 4; i++) {
      pulse(1, 4);
      order.push(take());
    }
    expect(order).toEqual([1, 4, 1, 4]);
    command(ROTATE_IN_AEOI_CLEAR);
    command(setPriority(7));
    pulse(1, 4);
    expect(take()).toBe(1);
    pulse(1);
    expect(take()).toBe(1);
  });
});

describe("special mask mode", () => {
  it("lets lower priorities through a service whose own input is masked", () => {
    const { raise, take, command, data } = rig();
    raise(3);
    take();
    raise(6);
    data(1 << 3);
    expect(take()).toBe(null);
    command(SET_SPECIAL_MASK);
    expect(take()).toBe(6);
  });

  it("keeps holding back what an unmasked service holds back", () => {
    const { raise, take, command } = rig();
    command(SET_SPECIAL_MASK);
    raise(3);
    take();
    raise(6);
    expect(take()).toBe(null);
  });

  it("non-specific EOI passes over a masked service; specific EOI ends it", () => {
    const { raise, take, command, data, readIsr } = rig();
    raise(3);
    take();
    data(1 << 3);
    command(SET_SPECIAL_MASK);
    raise(6);
    take();
    command(EOI);
    expect(readIsr()).toBe(1 << 3);
    command(EOI);
    expect(readIsr()).toBe(1 << 3);
    command(specificEoi(3));
    expect(readIsr()).toBe(0);
  });

  it("ends with SMM = 0, and is left alone without ESMM", () => {
    const { pic, command } = rig();
    command(SET_SPECIAL_MASK);
    command(0x28);
    command(0x08);
    expect(pic.save().specialMask).toBe(true);
    command(RESET_SPECIAL_MASK);
    expect(pic.save().specialMask).toBe(false);
  });
});

describe("reading", () => {
  it("IRR or ISR is chosen by OCW3 and stays chosen; at first it is IRR", () => {
    const { pic, raise, take, command } = rig();
    raise(1, 2);
    take();
    const read = () => pic.portRead(0, 1);
    expect([read(), read()]).toEqual([0x04, 0x04]);
    command(READ_ISR);
    expect([read(), read()]).toEqual([0x02, 0x02]);
    command(0x09);
    expect(read(), "RIS without RR chooses nothing").toBe(0x02);
    command(READ_IRR);
    expect(read()).toBe(0x04);
  });
});

describe("the poll command", () => {
  it("turns the next read into an acknowledge: bit 7 and the input", () => {
    const { raise, poll, readIsr, int, readIrr } = rig();
    raise(5, 6);
    expect(poll()).toBe(0x85);
    expect(readIsr()).toBe(0x20);
    expect(readIrr()).toBe(0x40);
    expect(int.level).toBe(false);
  });

  it("reads bit 7 clear when nothing asks, and takes nothing into service", () => {
    const { poll, readIsr } = rig();
    expect(poll() & 0x80).toBe(0);
    expect(readIsr()).toBe(0);
  });

  it("is good for one read, at either address", () => {
    const { pic, raise, command, data } = rig();
    raise(5);
    data(0x10);
    command(POLL);
    expect(pic.portRead(1, 1)).toBe(0x85);
    expect(pic.portRead(1, 1)).toBe(0x10);
  });

  it("wins over a register read in the same word", () => {
    const { pic, raise, command } = rig();
    raise(5);
    command(POLL | READ_ISR);
    expect(pic.portRead(0, 1)).toBe(0x85);
    expect(pic.portRead(0, 1), "and the register chosen is still IRR").toBe(0x00);
  });

  it("ends the service at once in automatic EOI mode", () => {
    const { raise, poll, readIsr } = rig(ICW1_ALONE, ICW4_8086 | ICW4_AEOI);
    raise(5);
    expect(poll()).toBe(0x85);
    expect(readIsr()).toBe(0);
  });
});

describe("a spurious interrupt", () => {
  it("is IR7 without its service bit: the request was gone when the acknowledge came", () => {
    const { pic, raise, lower, readIsr } = rig();
    raise(3);
    lower(3);
    expect(pic.vector(pic.inta())).toBe(0x27);
    expect(readIsr()).toBe(0);
  });

  it("can be told from a real IR7 by reading ISR", () => {
    const { pic, raise, readIsr } = rig();
    raise(7);
    expect(pic.vector(pic.inta())).toBe(0x27);
    expect(readIsr()).toBe(0x80);
  });
});

describe("the INT wire", () => {
  it("tells of changes only", () => {
    const { log, raise, take, command } = rig();
    log.length = 0;
    raise(3, 4, 5);
    expect(log).toEqual(["0 int high"]);
    take();
    expect(log).toEqual(["0 int high", "0 int low"]);
    command(EOI);
    expect(log).toEqual(["0 int high", "0 int low", "0 int high"]);
  });

  it("goes low in the acknowledge even if something more urgent waits, so that each request is an edge", () => {
    const { log, raise, pic } = rig(ICW1_ALONE, ICW4_8086 | ICW4_AEOI);
    raise(3, 4);
    log.length = 0;
    pic.inta();
    expect(log).toEqual(["0 int low", "0 int high"]);
  });
});
