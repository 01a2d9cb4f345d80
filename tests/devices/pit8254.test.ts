import { describe, expect, it } from "vitest";
import { PIT_HZ, Pit8254 } from "../../src/devices/pit8254.ts";
import { SystemControl } from "../../src/devices/system-control.ts";
import { Ticks } from "../../src/devices/ticks.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import type { Random } from "../support/random.ts";
import { deviceContract, HZ, Probe } from "./contract.ts";

const CONTROL = 3;
const LSB = 0x10;
const MSB = 0x20;
const BOTH = 0x30;
const BCD = 0x01;

/** A timer on a clock with one instruction per pulse, so that `pulses(n)` is what the datasheet's drawings count. */
function rig(hz = PIT_HZ) {
  const clock = new MachineClock(hz);
  const log: string[] = [];
  const irq0 = new Probe("irq0", log, clock);
  const errors: string[] = [];
  const guestError = (device: string, register: string, detail: string) =>
    errors.push(`${device} ${register}: ${detail}`);
  const pit = new Pit8254({ clock, irq: irq0, guestError });
  return {
    clock,
    log,
    irq0,
    pit,
    errors,
    pulses: (n: number) => clock.advance(clock.now + n),
    control: (value: number) => pit.portWrite(CONTROL, 1, value),
    write: (counter: number, ...bytes: number[]) => {
      for (const byte of bytes) pit.portWrite(counter, 1, byte);
    },
    read: (counter: number) => pit.portRead(counter, 1),
    /** Control word and a one-byte count, the usual start. */
    start: (counter: number, mode: number, count: number, bcd = 0) => {
      pit.portWrite(CONTROL, 1, (counter << 6) | LSB | (mode << 1) | bcd);
      pit.portWrite(counter, 1, count);
    },
    /** OUT of a counter, one character per pulse: "_" low, "‾" high; the first is before any pulse. */
    draw: (counter: number, pulses: number) => {
      let picture = pit.out(counter) ? "‾" : "_";
      for (let i = 0; i < pulses; i++) {
        clock.advance(clock.now + 1);
        picture += pit.out(counter) ? "‾" : "_";
      }
      return picture;
    },
    /** The count, once per pulse. */
    counts: (counter: number, pulses: number) => {
      const seen: number[] = [];
      for (let i = 0; i < pulses; i++) {
        clock.advance(clock.now + 1);
        seen.push(pit.portRead(counter, 1));
      }
      return seen;
    },
  };
}

deviceContract("the 8254", () => {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const irq = new Probe("irq0", log, clock);
  const device = new Pit8254({ clock, irq });
  const stimulate = (random: Random) => device.setGate(2, random.below(2) === 1);
  return { device, clock, ports: 4, log, wires: [irq], stimulate };
});

deviceContract("port 0x61", () => {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const pit = {
    setGate: (counter: number, level: boolean) => log.push(`gate${counter} ${level}`),
    out: () => clock.now % 3 === 0,
  };
  return { device: new SystemControl({ clock, pit }), clock, ports: 1, log };
});

describe("mode 0, interrupt on terminal count", () => {
  it("OUT is low from the control word on, and goes high N + 1 pulses after the count is written", () => {
    const { control, write, draw, pit } = rig();
    control(LSB | (0 << 1));
    expect(pit.out(0)).toBe(false);
    write(0, 4);
    expect(draw(0, 8)).toBe("_____‾‾‾‾");
  });

  it("the first pulse loads the count and does not decrement it", () => {
    const { start, counts } = rig();
    start(0, 0, 4);
    expect(counts(0, 5)).toEqual([4, 3, 2, 1, 0]);
  });

  it("the counter goes on from zero to the largest count, and OUT stays high", () => {
    const { control, write, pulses, read, pit } = rig();
    control(BOTH | (0 << 1));
    write(0, 2, 0);
    pulses(4);
    expect([read(0), read(0)]).toEqual([0xff, 0xff]);
    pulses(0x1_0000);
    expect(pit.out(0)).toBe(true);
  });

  it("GATE low stops the count and leaves OUT alone", () => {
    const { start, draw, pit, pulses, counts } = rig();
    pit.setGate(2, true);
    start(2, 0, 3);
    pulses(2);
    pit.setGate(2, false);
    expect(counts(2, 3)).toEqual([2, 2, 2]);
    pit.setGate(2, true);
    expect(draw(2, 3)).toBe("__‾‾");
  });

  it("a count written while GATE is low is loaded, and then needs N pulses, not N + 1", () => {
    const { start, draw, pit, pulses } = rig();
    start(2, 0, 3);
    pulses(5);
    pit.setGate(2, true);
    expect(draw(2, 4)).toBe("___‾‾");
  });

  it("a new count starts a new wait, and OUT goes low at once", () => {
    const { start, draw, write, pit } = rig();
    start(0, 0, 2);
    expect(draw(0, 4)).toBe("___‾‾");
    write(0, 2);
    expect(pit.out(0)).toBe(false);
    expect(draw(0, 4)).toBe("___‾‾");
  });

  it("the first byte of a two-byte count stops the counter until the second has come", () => {
    const { control, write, draw, pulses, read } = rig();
    control(BOTH | (0 << 1));
    write(0, 9, 0);
    pulses(3);
    write(0, 2);
    pulses(100);
    expect([read(0), read(0)]).toEqual([7, 0]);
    write(0, 0);
    expect(draw(0, 3)).toBe("___‾");
  });
});

describe("mode 1, one-shot", () => {
  it("OUT is high until the gate rises, then low for N pulses", () => {
    const { start, draw, pit } = rig();
    start(2, 1, 3);
    expect(draw(2, 4)).toBe("‾‾‾‾‾");
    pit.setGate(2, true);
    expect(draw(2, 5)).toBe("‾___‾‾");
  });

  it("can be triggered again, which makes the pulse longer", () => {
    const { start, draw, pit } = rig();
    start(2, 1, 3);
    pit.setGate(2, true);
    expect(draw(2, 3)).toBe("‾___");
    pit.setGate(2, false);
    pit.setGate(2, true);
    expect(draw(2, 4)).toBe("____‾");
  });

  it("does not mind the level of the gate", () => {
    const { start, draw, pit } = rig();
    start(2, 1, 3);
    pit.setGate(2, true);
    pit.setGate(2, false);
    expect(draw(2, 5)).toBe("‾___‾‾");
  });

  it("a new count waits for the next trigger", () => {
    const { start, draw, pit, write } = rig();
    start(2, 1, 3);
    pit.setGate(2, true);
    draw(2, 1);
    write(2, 2);
    expect(draw(2, 4)).toBe("___‾‾");
    pit.setGate(2, false);
    pit.setGate(2, true);
    expect(draw(2, 4)).toBe("‾__‾‾");
  });

  it("a trigger before any count is written does nothing", () => {
    const { control, draw, pit } = rig();
    control((2 << 6) | LSB | (1 << 1));
    pit.setGate(2, true);
    expect(draw(2, 3)).toBe("‾‾‾‾");
  });
});

describe("mode 2, rate generator", () => {
  it("OUT is low for the last pulse of every N", () => {
    const { start, draw } = rig();
    start(0, 2, 4);
    expect(draw(0, 13)).toBe("‾‾‾‾_‾‾‾_‾‾‾_‾");
  });

  it("counts N … 1 and never shows zero", () => {
    const { start, counts } = rig();
    start(0, 2, 4);
    expect(counts(0, 9)).toEqual([4, 3, 2, 1, 4, 3, 2, 1, 4]);
  });

  it("a new count takes effect when the period ends", () => {
    const { start, counts, write } = rig();
    start(0, 2, 4);
    counts(0, 2);
    write(0, 2);
    expect(counts(0, 7)).toEqual([2, 1, 2, 1, 2, 1, 2]);
    write(0, 9);
    write(0, 3);
    expect(counts(0, 5)).toEqual([1, 3, 2, 1, 3]);
  });

  it("GATE low during the output pulse sets OUT high at once, and stops the count", () => {
    const { start, draw, pit, pulses, counts } = rig();
    pit.setGate(2, true);
    start(2, 2, 4);
    pulses(4);
    expect(pit.out(2)).toBe(false);
    pit.setGate(2, false);
    expect(draw(2, 6)).toBe("‾‾‾‾‾‾‾");
    expect(counts(2, 2)).toEqual([1, 1]);
  });

  it("a rising gate starts the period again: OUT goes low N pulses later", () => {
    const { start, draw, pit, pulses } = rig();
    pit.setGate(2, true);
    start(2, 2, 4);
    pulses(3);
    pit.setGate(2, false);
    pulses(10);
    pit.setGate(2, true);
    expect(draw(2, 6)).toBe("‾‾‾‾_‾‾");
  });

  it("the control word 0x3c, mode 6, means the same", () => {
    const { start, draw } = rig();
    start(0, 6, 3);
    expect(draw(0, 7)).toBe("‾‾‾_‾‾_‾");
  });

  it("a count of 1 is illegal: it is reported, and costs the guest a whole lap", () => {
    const { start, pit, errors, pulses } = rig();
    start(0, 2, 1);
    expect(errors).toEqual(["pit COUNTER_0: a count of 1 is illegal in mode 2"]);
    pulses(0x1_0000);
    expect(pit.out(0)).toBe(true);
    pulses(1);
    expect(pit.out(0)).toBe(false);
  });
});

describe("mode 3, square wave", () => {
  it("OUT is high for half of an even count and low for the other half", () => {
    const { start, draw } = rig();
    start(0, 3, 4);
    expect(draw(0, 9)).toBe("‾‾‾__‾‾__‾");
  });

  it("OUT is high for one pulse more when the count is odd", () => {
    const { start, draw } = rig();
    start(0, 3, 5);
    expect(draw(0, 11)).toBe("‾‾‾‾__‾‾‾__‾");
  });

  it("counts by two, twice per period; with an odd count the high half shows zero", () => {
    const { start, counts } = rig();
    start(0, 3, 4);
    expect(counts(0, 6)).toEqual([4, 2, 4, 2, 4, 2]);
    start(0, 3, 5);
    expect(counts(0, 10)).toEqual([4, 2, 0, 4, 2, 4, 2, 0, 4, 2]);
  });

  it("a new count takes effect when the half period ends", () => {
    const { start, draw, write } = rig();
    start(0, 3, 8);
    expect(draw(0, 2)).toBe("‾‾‾");
    write(0, 4);
    expect(draw(0, 9)).toBe("‾‾‾__‾‾__‾");
  });

  it("GATE low sets OUT high and stops; a rising gate starts with a full high half", () => {
    const { start, draw, pit, pulses } = rig();
    pit.setGate(2, true);
    start(2, 3, 6);
    pulses(5);
    expect(pit.out(2)).toBe(false);
    pit.setGate(2, false);
    expect(draw(2, 4)).toBe("‾‾‾‾‾");
    pit.setGate(2, true);
    expect(draw(2, 8)).toBe("‾‾‾‾___‾‾");
  });
});

describe("mode 4, software-triggered strobe", () => {
  it("OUT goes low for one pulse, N + 1 pulses after the count is written, and once only", () => {
    const { start, draw, pulses } = rig();
    start(0, 4, 3);
    expect(draw(0, 7)).toBe("‾‾‾‾_‾‾‾");
    pulses(0x1_0000 - 6);
    expect(draw(0, 6)).toBe("‾‾‾‾‾‾‾");
  });

  it("a new count is loaded at the next pulse and starts again", () => {
    const { start, draw, write } = rig();
    start(0, 4, 3);
    draw(0, 3);
    write(0, 2);
    expect(draw(0, 4)).toBe("‾‾‾_‾");
  });

  it("GATE low stops the count but not the strobe", () => {
    const { start, draw, pit, pulses } = rig();
    pit.setGate(2, true);
    start(2, 4, 3);
    pulses(3);
    pit.setGate(2, false);
    expect(draw(2, 3)).toBe("‾‾‾‾");
    pit.setGate(2, true);
    expect(draw(2, 1)).toBe("‾_");
    pit.setGate(2, false);
    pit.setGate(2, true);
    expect(pit.out(2), "a gate that falls and rises between two pulses changes nothing").toBe(false);
    pit.setGate(2, false);
    expect(draw(2, 2)).toBe("_‾‾");
    pit.setGate(2, true);
    expect(draw(2, 2)).toBe("‾‾‾");
  });
});

describe("mode 5, hardware-triggered strobe", () => {
  it("OUT goes low for one pulse, N + 1 pulses after the gate rises", () => {
    const { start, draw, pit } = rig();
    start(2, 5, 3);
    expect(draw(2, 6)).toBe("‾‾‾‾‾‾‾");
    pit.setGate(2, true);
    expect(draw(2, 6)).toBe("‾‾‾‾_‾‾");
  });

  it("can be triggered again, which puts the strobe off", () => {
    const { start, draw, pit, pulses } = rig();
    start(2, 5, 3);
    pit.setGate(2, true);
    pulses(3);
    pit.setGate(2, false);
    pit.setGate(2, true);
    expect(draw(2, 5)).toBe("‾‾‾‾_‾");
  });
});

describe("counts", () => {
  it("zero stands for the largest: 65536, or 10000 in BCD", () => {
    const { start, pit } = rig();
    start(0, 2, 0);
    expect(pit.divisor(0)).toBe(65_536);
    start(0, 2, 0, BCD);
    expect(pit.divisor(0)).toBe(10_000);
  });

  it("in BCD are read and written as decimal digits", () => {
    const { control, write, pulses, read } = rig();
    control(BOTH | (2 << 1) | BCD);
    write(0, 0x00, 0x20);
    pulses(2);
    expect([read(0), read(0)]).toEqual([0x99, 0x19]);
  });

  it("with RW = LSB have a high byte of zero, with RW = MSB a low byte of zero", () => {
    const { control, write, pit } = rig();
    control(LSB | (2 << 1));
    write(0, 0x12);
    expect(pit.divisor(0)).toBe(0x12);
    control(MSB | (2 << 1));
    write(0, 0x12);
    expect(pit.divisor(0)).toBe(0x1200);
  });

  it("with RW = both are written and read low byte first", () => {
    const { control, write, pulses, read, pit } = rig();
    control(BOTH | (2 << 1));
    write(0, 0x34, 0x12);
    expect(pit.divisor(0)).toBe(0x1234);
    pulses(1);
    expect([read(0), read(0), read(0), read(0)]).toEqual([0x34, 0x12, 0x34, 0x12]);
  });

  it("may be written and read in turns: each direction has its own flip-flop", () => {
    const { control, write, pulses, read, pit } = rig();
    control(BOTH | (2 << 1));
    write(0, 0x34, 0x12);
    pulses(1);
    expect(read(0)).toBe(0x34);
    write(0, 0x78);
    expect(read(0)).toBe(0x12);
    write(0, 0x56);
    expect(pit.divisor(0)).toBe(0x5678);
  });

  it("a control word makes the low byte the next one in both directions", () => {
    const { control, write, pulses, read } = rig();
    control(BOTH | (2 << 1));
    write(0, 0x34, 0x12);
    pulses(1);
    read(0);
    write(0, 0xff);
    control(BOTH | (2 << 1));
    write(0, 0x78, 0x56);
    pulses(1);
    expect([read(0), read(0)]).toEqual([0x78, 0x56]);
  });
});

describe("the counter latch command", () => {
  it("holds the count until it is read, while the counter goes on", () => {
    const { start, control, pulses, read } = rig();
    start(0, 2, 100);
    pulses(11);
    control(0x00);
    pulses(20);
    expect(read(0)).toBe(90);
    expect(read(0)).toBe(70);
  });

  it("holds both bytes, so that a count is never torn", () => {
    const { control, write, pulses, read } = rig();
    control(BOTH | (2 << 1));
    write(0, 0x00, 0x02);
    pulses(1);
    control(0x00);
    expect(read(0)).toBe(0x00);
    pulses(1);
    expect(read(0)).toBe(0x02);
    // Without a latch the bytes belong to different moments.
    expect(read(0)).toBe(0xff);
    pulses(0x100);
    expect(read(0)).toBe(0x00);
  });

  it("given twice keeps the first count", () => {
    const { start, control, pulses, read } = rig();
    start(0, 2, 100);
    pulses(1);
    control(0x00);
    pulses(5);
    control(0x00);
    expect(read(0)).toBe(100);
  });

  it("is for the counter it names only, and is forgotten when that counter is programmed", () => {
    const { start, control, pulses, read } = rig();
    start(0, 2, 100);
    start(1, 2, 50);
    pulses(1);
    control(1 << 6);
    pulses(5);
    expect([read(0), read(1)]).toEqual([95, 50]);
    control(0x00);
    start(0, 2, 20);
    pulses(1);
    expect(read(0)).toBe(20);
  });
});

describe("the read-back command", () => {
  const READ_BACK = 0xc0;
  const NOT_COUNT = 0x20;
  const NOT_STATUS = 0x10;
  const counter = (n: number) => 2 << n;

  it("latches the counts of several counters at the same moment", () => {
    const { start, control, pulses, read } = rig();
    start(0, 2, 100);
    start(1, 2, 50);
    pulses(11);
    control(READ_BACK | NOT_STATUS | counter(0) | counter(1));
    pulses(3);
    expect([read(0), read(1)]).toEqual([90, 40]);
  });

  it("latches a status byte: OUT, null count, then RW, mode and BCD as they were written", () => {
    const { control, write, pulses, read } = rig();
    control(BOTH | (3 << 1) | BCD);
    control(READ_BACK | NOT_COUNT | counter(0));
    expect(read(0)).toBe(0x80 | 0x40 | BOTH | (3 << 1) | BCD);
    write(0, 0x04, 0x00);
    pulses(3);
    control(READ_BACK | NOT_COUNT | counter(0));
    expect(read(0)).toBe(BOTH | (3 << 1) | BCD);
  });

  it("gives the status first when both are latched", () => {
    const { start, control, pulses, read } = rig();
    start(0, 2, 100);
    pulses(1);
    control(READ_BACK | counter(0));
    expect([read(0), read(0)]).toEqual([0x80 | LSB | (2 << 1), 100]);
  });

  it("keeps a status that was not read yet", () => {
    const { start, control, pulses, read } = rig();
    start(0, 0, 5);
    control(READ_BACK | NOT_COUNT | counter(0));
    pulses(10);
    control(READ_BACK | NOT_COUNT | counter(0));
    expect(read(0)).toBe(0x40 | LSB);
  });

  it("shows the null count until the count written has reached the counting element", () => {
    const { control, write, pulses, read } = rig();
    const nullCount = () => {
      control(READ_BACK | NOT_COUNT | counter(0));
      return (read(0) & 0x40) !== 0;
    };
    control(BOTH | (2 << 1));
    expect(nullCount()).toBe(true);
    write(0, 10, 0);
    expect(nullCount()).toBe(true);
    pulses(1);
    expect(nullCount()).toBe(false);
    write(0, 20);
    expect(nullCount(), "only the second byte makes it null").toBe(false);
    write(0, 0);
    expect(nullCount()).toBe(true);
    pulses(9);
    expect(nullCount(), "the old period has one pulse left").toBe(true);
    pulses(1);
    expect(nullCount()).toBe(false);
  });
});

describe("the port of the control word", () => {
  it("cannot be read", () => {
    expect(rig().pit.portRead(CONTROL, 1)).toBe(0xff);
  });
});

describe("IRQ 0", () => {
  it("follows OUT 0: in mode 2 it rises at the end of every period", () => {
    const { start, log, pulses } = rig();
    start(0, 2, 10);
    pulses(35);
    expect(log).toEqual([
      "0 irq0 high",
      "10 irq0 low",
      "11 irq0 high",
      "20 irq0 low",
      "21 irq0 high",
      "30 irq0 low",
      "31 irq0 high",
    ]);
  });

  it("comes once in mode 0", () => {
    const { start, log, pulses, clock } = rig();
    start(0, 0, 10);
    pulses(100_000);
    expect(log).toEqual(["11 irq0 high"]);
    expect(clock.nextDeadline).toBe(Infinity);
  });

  it("costs two events per period, however long it is", () => {
    const { start, clock } = rig(100_000_000);
    start(0, 3, 0);
    let stops = 0;
    while (clock.now < 100_000_000) {
      clock.advance(clock.nextDeadline);
      stops++;
    }
    expect(stops).toBeLessThan(2 * 18.3 + 2);
  });

  it("falls when the counter is programmed for mode 0, and rises when for another mode", () => {
    const { control, irq0 } = rig();
    control(LSB | (3 << 1));
    expect(irq0.level).toBe(true);
    control(LSB | (0 << 1));
    expect(irq0.level).toBe(false);
  });

  it("follows GATE 0 too, where a board does not tie it high", () => {
    const { start, pit, irq0, pulses, clock } = rig();
    start(0, 3, 10);
    pulses(7);
    expect(irq0.level).toBe(false);
    pit.setGate(0, false);
    expect(irq0.level).toBe(true);
    expect(clock.nextDeadline).toBe(Infinity);
  });

  it("has nothing to do with the other counters", () => {
    const { start, log, clock, pulses } = rig();
    start(1, 2, 10);
    start(2, 3, 10);
    expect(clock.nextDeadline).toBe(Infinity);
    pulses(1000);
    expect(log).toEqual([]);
  });
});

describe("time in the timer", () => {
  it("does not drift: after a guest day the ticks are where they belong, to the instruction", () => {
    const hz = 100_000_000;
    const { pit, log, clock } = rig(hz);
    pit.portWrite(CONTROL, 1, BOTH | (2 << 1));
    pit.portWrite(0, 1, 11932 & 0xff);
    pit.portWrite(0, 1, 11932 >> 8);
    const day = 86_400 * hz;
    clock.advance(clock.nextDeadline);
    clock.restore({ now: day });
    pit.restore(pit.save());
    log.length = 0;
    clock.advance(day + hz / 10);
    const rises = log.filter((line) => line.endsWith("high")).map((line) => Number(line.split(" ")[0]));
    expect(rises).toHaveLength(10);
    for (const rise of rises) {
      // The pulse that this rise belongs to, in exact arithmetic: period k ends at pulse 1 + 11932 k.
      const pulse = (BigInt(rise) * BigInt(PIT_HZ)) / BigInt(hz);
      expect((pulse - 1n) % 11932n).toBe(0n);
      expect((BigInt(rise - 1) * BigInt(PIT_HZ)) / BigInt(hz)).toBe(pulse - 1n);
    }
  });

  it("is exact for instruction counts up to 10^13", () => {
    for (const hz of [PIT_HZ, 3_000_000, 99_999_989, 1_000_000_000, 4_000_000_007]) {
      const ticks = new Ticks(hz, PIT_HZ);
      for (const icount of [0, 1, hz - 1, hz, hz + 1, 123_456_789_012, 9_999_999_999_999]) {
        expect(BigInt(ticks.ticksAt(icount))).toBe((BigInt(icount) * BigInt(PIT_HZ)) / BigInt(hz));
      }
      for (const tick of [0, 1, 2, PIT_HZ - 1, PIT_HZ, PIT_HZ + 1, 100_000_000_001]) {
        const exact = (BigInt(tick) * BigInt(hz) + BigInt(PIT_HZ - 1)) / BigInt(PIT_HZ);
        expect(BigInt(ticks.icountAt(tick))).toBe(exact);
        expect(ticks.ticksAt(ticks.icountAt(tick))).toBe(tick);
      }
    }
  });

  it("needs at least one instruction per pulse", () => {
    expect(() => rig(1_000_000)).toThrow("at least 1193182 instructions per second");
  });
});

describe("port 0x61", () => {
  function speakerRig() {
    const parts = rig();
    const port61 = new SystemControl({ clock: parts.clock, pit: parts.pit });
    return {
      ...parts,
      port61,
      write61: (value: number) => port61.portWrite(0, 1, value),
      read61: () => port61.portRead(0, 1),
    };
  }

  it("bit 0 is the gate of counter 2", () => {
    const { start, write61, counts } = speakerRig();
    start(2, 0, 9);
    expect(counts(2, 3)).toEqual([9, 9, 9]);
    write61(0x01);
    expect(counts(2, 3)).toEqual([8, 7, 6]);
    write61(0x00);
    expect(counts(2, 3)).toEqual([6, 6, 6]);
  });

  it("bit 5 reads OUT 2, which is how kernels measure a delay", () => {
    const { start, write61, read61, pulses } = speakerRig();
    write61(0x01);
    start(2, 0, 100);
    expect(read61() & 0x20).toBe(0);
    pulses(100);
    expect(read61() & 0x20).toBe(0);
    pulses(1);
    expect(read61() & 0x20).toBe(0x20);
  });

  it("bit 4 toggles with every memory refresh, 18 pulses apart", () => {
    const { read61, pulses } = speakerRig();
    const seen: number[] = [];
    for (let i = 0; i < 8; i++) {
      seen.push((read61() >> 4) & 1);
      pulses(9);
    }
    expect(seen).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  });

  it("bits 0-3 read as written, bits 6 and 7 report no error", () => {
    const { write61, read61 } = speakerRig();
    write61(0xff);
    expect(read61() & 0xcf).toBe(0x0f);
  });

  it("closes the gate and silences the speaker at reset", () => {
    const { write61, port61, start, draw } = speakerRig();
    write61(0x03);
    port61.reset();
    start(2, 0, 1);
    expect(draw(2, 4)).toBe("_____");
    expect(port61.speaker).toBe(false);
  });

  it("the speaker sounds while its data bit and OUT 2 are both high", () => {
    const { start, write61, port61, pulses } = speakerRig();
    write61(0x01);
    start(2, 3, 10);
    expect(port61.speaker).toBe(false);
    write61(0x03);
    expect(port61.speaker).toBe(true);
    pulses(6);
    expect(port61.speaker).toBe(false);
    pulses(5);
    expect(port61.speaker).toBe(true);
  });
});
