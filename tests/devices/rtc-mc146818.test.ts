import { describe, expect, it } from "vitest";
import { Rtc } from "../../src/devices/rtc-mc146818.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { Random } from "../support/random.ts";
import { HZ, Probe } from "./contract.ts";

/** 2008-12-31 23:59:58 UTC, a Wednesday. */
const NEW_YEAR_EVE = Date.UTC(2008, 11, 31, 23, 59, 58) / 1000;
const [A, B, C, D] = [0x0a, 0x0b, 0x0c, 0x0d];
const UIP = 0x80;

function build(start = NEW_YEAR_EVE) {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const irq = new Probe("irq8", log, clock);
  const nmi: boolean[] = [];
  const rtc = new Rtc({ clock, irq, start, nmi: (enabled) => nmi.push(enabled) });
  const read = (index: number) => {
    rtc.portWrite(0, 1, index);
    return rtc.portRead(1);
  };
  const write = (index: number, value: number) => {
    rtc.portWrite(0, 1, index);
    rtc.portWrite(1, 1, value);
  };
  /** Year, month, day, weekday, hour, minute, second as the registers have them. */
  const date = () => [9, 8, 7, 6, 4, 2, 0].map(read);
  return {
    rtc,
    clock,
    irq,
    nmi,
    read,
    write,
    date,
    seconds: (n: number) => clock.advance(clock.now + n * HZ),
  };
}

describe("the date", () => {
  it("is that of power-on, in BCD and 24 hours, with the century in CMOS 32", () => {
    const { date, read } = build();
    expect([...date(), read(0x32)]).toEqual([0x08, 0x12, 0x31, 4, 0x23, 0x59, 0x58, 0x20]);
  });

  it("goes on by guest time, over the end of minute, hour, day, month and year", () => {
    const { date, seconds } = build();
    seconds(2);
    expect(date()).toEqual([0x09, 0x01, 0x01, 5, 0x00, 0x00, 0x00]);
  });

  it("is right for every day of eight years, as JavaScript's calendar has them", () => {
    for (let day = 0; day < 8 * 366; day += 7) {
      const start = Date.UTC(1996, 0, 1 + day, 12, 34, 56) / 1000;
      const { date, write } = build(start);
      write(B, 0x06);
      const { rtc, clock } = build(start);
      clock.advance(1);
      expect(rtc.date).toBe(start);
      const is = new Date(start * 1000);
      const bcd = (n: number) => Math.floor(n / 10) * 16 + (n % 10);
      expect(date().slice(0, 3)).toEqual(
        [is.getUTCFullYear() % 100, is.getUTCMonth() + 1, is.getUTCDate()].map(bcd),
      );
    }
  });

  it("in binary and 12 hours is as the modes say: noon is 12 PM, midnight 12 AM", () => {
    const { write, read, seconds } = build(Date.UTC(2010, 5, 1, 11, 59, 59) / 1000);
    write(B, 0x04);
    seconds(1);
    expect([read(4), read(2)]).toEqual([0x80 | 12, 0]);
    seconds(12 * 3600);
    expect([read(4), read(7)]).toEqual([12, 2]);
  });

  it("can be set: it stands still while SET is on, and goes on from there", () => {
    const { write, date, seconds } = build();
    write(B, 0x82);
    seconds(5);
    expect(date()[6]).toBe(0x58);
    for (const [index, value] of [
      [9, 0x26],
      [8, 0x02],
      [7, 0x28],
      [4, 0x23],
      [2, 0x59],
      [0, 0x59],
    ])
      write(index, value);
    write(B, 0x02);
    seconds(1);
    expect(date()).toEqual([0x26, 0x03, 0x01, 1, 0x00, 0x00, 0x00]);
  });

  it("counts as set in the modes that come with the end of SET, also while the divider is held", () => {
    const { write, read, seconds } = build();
    write(A, 0x66);
    write(B, 0x82);
    write(4, 12);
    write(2, 34);
    write(0, 56);
    write(B, 0x06);
    write(A, 0x26);
    seconds(1);
    expect([4, 2, 0].map(read)).toEqual([12, 34, 57]);
  });

  it("in a century that no clock has seen still has its day, month and year", () => {
    const { write, date, seconds } = build();
    write(0x32, 0);
    seconds(1);
    expect(date().slice(0, 3)).toEqual([0x08, 0x12, 0x31]);
  });

  it("stands still while the divider is held; half a second after that is over it goes on", () => {
    const { write, date, seconds } = build();
    write(A, 0x66);
    seconds(10);
    expect(date()[6]).toBe(0x58);
    write(A, 0x26);
    seconds(0.4);
    expect(date()[6]).toBe(0x58);
    seconds(0.2);
    expect(date()[6]).toBe(0x59);
  });
});

describe("the update cycle", () => {
  it("is announced by UIP about two milliseconds before the second changes", () => {
    const { read, clock } = build();
    const at = (fraction: number) => {
      clock.advance(Math.floor(HZ * fraction));
      return read(A) & UIP;
    };
    expect([at(0.5), at(0.997), at(0.9985), at(0.99999), at(1.00001)]).toEqual([0, 0, UIP, UIP, 0]);
  });
});

describe("interrupts", () => {
  it("reading register C clears its flags, and lowers the request", () => {
    const { write, read, seconds, irq } = build();
    write(B, 0x12);
    seconds(1);
    expect(irq.level).toBe(true);
    expect([read(C), read(C), irq.level]).toEqual([0xd0, 0, false]);
  });

  it("flags are raised whether or not they interrupt", () => {
    const { read, seconds, irq, clock } = build();
    expect(clock.nextDeadline).toBe(Number.POSITIVE_INFINITY);
    seconds(1);
    expect([read(C) & 0x10, irq.level]).toEqual([0x10, false]);
  });

  it.each([
    [3, 8192],
    [6, 1024],
    [15, 2],
    [1, 256],
    [2, 128],
  ])("rate %i is %i interrupts a second", (rate, perSecond) => {
    const { write, read, clock, irq } = build();
    write(A, 0x20 | rate);
    write(B, 0x42);
    let count = 0;
    const end = clock.now + HZ;
    while (clock.nextDeadline <= end) {
      clock.advance(clock.nextDeadline);
      expect(irq.level).toBe(true);
      expect(read(C) & 0xc0).toBe(0xc0);
      count++;
    }
    expect(count).toBe(perSecond);
  });

  it("the alarm comes at its time, and every minute where the hour and minute do not matter", () => {
    const { write, read, seconds, irq } = build(Date.UTC(2010, 0, 1, 8, 0, 0) / 1000);
    write(1, 0x30);
    write(3, 0xff);
    write(5, 0xc0);
    write(B, 0x22);
    const rings: number[] = [];
    for (let second = 1; second <= 180; second++) {
      seconds(1);
      if (irq.level) rings.push(second);
      read(C);
    }
    expect(rings).toEqual([30, 90, 150]);
  });

  it("an alarm that came while nobody looked is still seen", () => {
    const { write, read, seconds } = build(Date.UTC(2010, 0, 1, 8, 0, 0) / 1000);
    write(1, 0x10);
    write(3, 0x00);
    write(5, 0x09);
    seconds(2 * 3600);
    expect(read(C) & 0x20).toBe(0x20);
    seconds(22 * 3600);
    expect(read(C) & 0x20).toBe(0);
    seconds(3 * 24 * 3600);
    expect(read(C) & 0x20).toBe(0x20);
  });
});

describe("the rest", () => {
  it("bit 7 of the index blocks NMI", () => {
    const { rtc, nmi } = build();
    for (const index of [0x8f, 0x90, 0x0f]) rtc.portWrite(0, 1, index);
    expect(nmi).toEqual([false, true]);
    expect(nmi).toEqual([false, true]);
    rtc.restore(rtc.save());
    expect(nmi).toEqual([false, true, true]);
  });

  it("memory keeps what is written; register D says that the battery is good, and C and D cannot be written", () => {
    const { read, write } = build();
    write(0x40, 0xa5);
    write(D, 0);
    expect([read(0x40), read(D)]).toEqual([0xa5, 0x80]);
  });

  it("a reset keeps date and memory, and clears interrupts", () => {
    const { rtc, read, write, seconds, irq } = build();
    write(0x40, 0x5a);
    write(B, 0x72);
    seconds(1);
    rtc.reset();
    expect([read(0x40), read(B), read(C), irq.level, read(0)]).toEqual([0x5a, 0x02, 0, false, 0x59]);
  });

  it("one that is restored in the middle goes on alike", () => {
    for (let seed = 1; seed < 40; seed++) {
      const random = new Random(seed);
      const first = build();
      const act = (one: ReturnType<typeof build>, own: Random): number[] => {
        const seen: number[] = [];
        for (let i = 0; i < 60; i++) {
          if (own.oneIn(2)) one.write(own.below(16), own.byte() & (own.oneIn(2) ? 0x3f : 0xff));
          else seen.push(one.read(own.below(16)), Number(one.irq.level));
          one.clock.advance(one.clock.now + own.below(HZ / 4));
        }
        return seen;
      };
      act(first, random);
      const saved = JSON.parse(JSON.stringify({ rtc: first.rtc.save(), clock: first.clock.save() }));
      const second = build();
      second.clock.restore(saved.clock);
      second.rtc.restore(saved.rtc);
      expect(act(second, new Random(seed))).toEqual(act(first, new Random(seed)));
    }
  });
});
