/** The counter's closed form against a counter that lives pulse by pulse. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PitChannel } from "../../src/devices/pit8254-channel.ts";
import { ReferenceCounter } from "./pit8254-reference.ts";

const BOTH = 3;

/** Both counters side by side; every step checks all that can be seen. */
class Pair {
  readonly channel: PitChannel;
  readonly reference: ReferenceCounter;
  mode = 0;
  private bcd = false;
  private tick = 0;
  private promisedQuietUntil = Number.POSITIVE_INFINITY;

  constructor(gate: boolean) {
    this.channel = new PitChannel(gate);
    this.reference = new ReferenceCounter(gate);
    this.control(0, false);
  }

  control(mode: number, bcd: boolean): void {
    this.mode = mode;
    this.bcd = bcd;
    this.channel.writeControl((BOTH << 4) | (mode << 1) | (bcd ? 1 : 0), this.tick);
    this.reference.writeControl(mode, bcd);
    this.compare();
  }

  /** Writes a count whose digits are legal; `pulsesBetween` pulses pass between its two bytes. */
  count(value: number, pulsesBetween: number): void {
    const legal = (this.mode === 2 || this.mode === 3) && value === 1 ? 2 : value;
    const digits = this.bcd ? Number.parseInt(String(legal), 16) : legal;
    this.channel.writeCount(digits & 0xff, this.tick);
    this.reference.writeFirstByte();
    this.compare();
    this.pulses(pulsesBetween);
    this.channel.writeCount(digits >> 8, this.tick);
    this.reference.writeCount(legal);
    this.compare();
  }

  gate(level: boolean): void {
    this.channel.setGate(level, this.tick);
    this.reference.setGate(level);
    this.compare();
  }

  /** Looks at the closed form only now and then, so that it has to leap. */
  pulses(n: number): void {
    for (let i = 0; i < n; i++) {
      const before = this.reference.out;
      this.reference.pulse();
      this.tick++;
      if (this.reference.out !== before) expect(this.promisedQuietUntil).toBeLessThanOrEqual(this.tick);
      // A host that keeps its alarm asks again when it strikes.
      if (this.tick === this.promisedQuietUntil) this.promisedQuietUntil = this.channel.nextChange(this.tick);
    }
    this.compare();
  }

  private compare(): void {
    // A control word may leave a binary count behind that has more digits than BCD has.
    const count = this.reference.CE;
    const digits = this.bcd ? Number.parseInt(String(count % 10_000), 16) : count;
    this.channel.latchStatus(this.tick);
    this.channel.latchCount(this.tick);
    const status = this.channel.read(this.tick);
    const read = this.channel.read(this.tick) | (this.channel.read(this.tick) << 8);
    expect({ out: (status & 0x80) !== 0, nullCount: (status & 0x40) !== 0, read }).toEqual({
      out: this.reference.out,
      nullCount: this.reference.nullCount,
      read: digits,
    });
    expect(this.channel.out(this.tick)).toBe(this.reference.out);
    this.promisedQuietUntil = this.channel.nextChange(this.tick);
    expect(this.promisedQuietUntil).toBeGreaterThan(this.tick);
  }
}

type Step = (pair: Pair) => void;

const smallCounts = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.nat(300));
const pulses = fc.oneof({ weight: 8, arbitrary: fc.nat(12) }, fc.nat(700));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(smallCounts, fc.nat(2)).map(
      ([n, gap]) =>
        (pair: Pair) =>
          pair.count(n, gap),
    ),
  },
  { weight: 4, arbitrary: fc.boolean().map((level) => (pair: Pair) => pair.gate(level)) },
  { weight: 8, arbitrary: pulses.map((n) => (pair: Pair) => pair.pulses(n)) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(5), fc.boolean()).map(
      ([m, bcd]) =>
        (pair: Pair) =>
          pair.control(m, bcd),
    ),
  },
);

describe("the closed form of an 8254 counter", () => {
  it.each([0, 1, 2, 3, 4, 5])("agrees with one that counts pulse by pulse in mode %i", (mode) => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.array(step, { maxLength: 30 }), (gate, bcd, steps) => {
        const pair = new Pair(gate);
        pair.control(mode, bcd);
        for (const run of steps) run(pair);
      }),
      { numRuns: 400 },
    );
  });

  it.each([0, 1, 2, 3, 4, 5])("agrees over the largest count, which is written as 0, in mode %i", (mode) => {
    for (const bcd of [false, true]) {
      const pair = new Pair(false);
      pair.control(mode, bcd);
      pair.count(0, 0);
      pair.gate(true);
      for (const n of [1, 2, 4998, 4999, 2, 9_000, 40_000, 6_534, 1, 1, 1, 3, 65_536, 65_536]) pair.pulses(n);
    }
  });
});
