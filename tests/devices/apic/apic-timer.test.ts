import { describe, expect, it } from "vitest";
import { HZ } from "../contract.ts";
import * as at from "./rig.ts";
import { rig } from "./rig.ts";

const DIVIDE_BY_1 = 0x0b;
const PERIODIC = 1 << 17;
const VECTOR = 0xec;

/** A timer that counts instructions. */
function timer(entry: number, options = {}) {
  const r = rig(options);
  r.write(at.TDCR, DIVIDE_BY_1);
  r.write(at.LVT_TIMER, entry);
  return r;
}

describe("one-shot", () => {
  it("counts down to zero, interrupts there, and stays", () => {
    const { read, write, pass, intr, apic } = timer(VECTOR);
    write(at.TICR, 1000);
    pass(400);
    expect([read(at.TCCR), intr.level]).toEqual([600, false]);
    pass(599);
    expect([read(at.TCCR), intr.level]).toEqual([1, false]);
    pass(1);
    expect([read(at.TCCR), intr.level, apic.acknowledge()]).toEqual([0, true, VECTOR]);
    pass(5000);
    expect([read(at.TCCR), read(at.TICR), intr.level]).toEqual([0, 1000, false]);
  });

  it("an initial count of zero stops it", () => {
    const { read, write, pass, intr, clock } = timer(VECTOR);
    write(at.TICR, 1000);
    write(at.TICR, 0);
    expect(clock.nextDeadline).toBe(Infinity);
    pass(2000);
    expect([read(at.TCCR), intr.level]).toEqual([0, false]);
  });

  it("masked it counts, and interrupts nobody, not even when it is unmasked later", () => {
    const { read, write, pass, intr, clock } = timer(at.MASKED | VECTOR);
    write(at.TICR, 1000);
    expect(clock.nextDeadline).toBe(Infinity);
    pass(999);
    expect(read(at.TCCR)).toBe(1);
    pass(10);
    write(at.LVT_TIMER, VECTOR);
    pass(10);
    expect([read(at.TCCR), intr.level]).toEqual([0, false]);
  });

  it.each([
    [0x0, 2],
    [0x1, 4],
    [0x2, 8],
    [0x3, 16],
    [0x8, 32],
    [0x9, 64],
    [0xa, 128],
    [0xb, 1],
  ])("divide configuration %i divides the bus clock by %i", (code, divisor) => {
    const { read, write, pass, clock } = timer(VECTOR);
    write(at.TDCR, code);
    write(at.TICR, 100);
    expect(clock.nextDeadline).toBe(100 * divisor);
    pass(divisor * 30 + divisor - 1);
    expect(read(at.TCCR)).toBe(70);
  });

  it("goes on from where it is when the divider changes", () => {
    const { read, write, pass, clock } = timer(VECTOR);
    write(at.TICR, 1000);
    pass(400);
    write(at.TDCR, 0x0);
    expect([read(at.TCCR), clock.nextDeadline]).toEqual([600, 400 + 1200]);
  });
});

describe("periodic", () => {
  it("starts over from the initial count, and interrupts each time without drifting", () => {
    const { read, write, pass, apic, clock } = timer(PERIODIC | VECTOR);
    write(at.TICR, 250);
    const times: number[] = [];
    for (let i = 0; i < 4; i++) {
      pass(clock.nextDeadline - clock.now);
      times.push(clock.now);
      expect(read(at.TCCR)).toBe(250);
      pass(7);
      expect(apic.acknowledge()).toBe(VECTOR);
      write(at.EOI, 0);
    }
    expect(times).toEqual([250, 500, 750, 1000]);
  });

  it("does not wake anyone while its interrupt waits: another would merge with it", () => {
    const { write, pass, apic, clock, read } = timer(PERIODIC | VECTOR);
    write(at.TICR, 1);
    pass(1);
    expect(clock.nextDeadline).toBe(Infinity);
    pass(1_000_000);
    expect(read(at.TCCR)).toBe(1);
    apic.acknowledge();
    expect(clock.nextDeadline).toBe(clock.now + 1);
  });

  it("with a vector that is illegal reports that once until ESR is written", () => {
    const { write, pass, read, clock } = timer(PERIODIC | 0x05);
    write(at.TICR, 100);
    pass(100);
    expect(clock.nextDeadline).toBe(Infinity);
    write(at.ESR, 0);
    expect([read(at.ESR), clock.nextDeadline]).toEqual([0x40, 200]);
  });

  it("a change of mode does not disturb the count", () => {
    const { read, write, pass } = timer(VECTOR);
    write(at.TICR, 1000);
    pass(700);
    write(at.LVT_TIMER, PERIODIC | VECTOR);
    expect(read(at.TCCR)).toBe(300);
    pass(400);
    expect(read(at.TCCR)).toBe(900);
    write(at.LVT_TIMER, VECTOR);
    pass(900);
    expect(read(at.TCCR)).toBe(0);
    write(at.LVT_TIMER, PERIODIC | VECTOR);
    expect(read(at.TCCR), "a counter that stands still is not started by it").toBe(0);
  });
});

describe("the bus clock", () => {
  it("may be faster than instructions: ends within one merge", () => {
    const { write, pass, apic, vectors, read } = timer(PERIODIC | VECTOR, { busHz: HZ * 10 });
    write(at.TICR, 3);
    pass(1);
    expect([vectors(at.IRR), read(at.TCCR)]).toEqual([[VECTOR], 2]);
    apic.acknowledge();
    pass(1);
    expect(vectors(at.IRR)).toEqual([VECTOR]);
  });

  it("need not be a multiple of the clock's rate: no tick gets lost", () => {
    const busHz = 66_666_667;
    const { write, pass, read } = timer(at.MASKED | VECTOR, { busHz });
    write(at.TICR, 0xffff_ffff);
    for (let second = 1; second <= 5; second++) {
      for (let i = 0; i < 10; i++) {
        pass(HZ / 10);
        read(at.TCCR);
      }
      expect(0xffff_ffff - read(at.TCCR)).toBe(busHz * second);
    }
  });
});

it("there is no deadline mode: its bit stays clear", () => {
  const { read, write } = rig();
  write(at.LVT_TIMER, (2 << 17) | VECTOR);
  expect(read(at.LVT_TIMER)).toBe(VECTOR);
});
