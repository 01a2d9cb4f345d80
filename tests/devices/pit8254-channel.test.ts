/** The counter's closed form against a counter that lives pulse by pulse. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PitChannel } from "../../src/devices/pit8254-channel.ts";
import { ReferenceCounter } from "./pit8254-reference.ts";

const BOTH = 3;

/** How a look at the counter is taken: each brings the closed form up to date in its own way. */
const LOOKS = ["status", "latched count", "running count", "OUT", "next change"] as const;
type Look = (typeof LOOKS)[number];

/** Both counters side by side. */
class Pair {
  readonly channel: PitChannel;
  readonly reference: ReferenceCounter;
  mode = 0;
  private bcd = false;
  private tick = 0;
  /** OUT must not change before this tick. Without a promise nobody has asked for the next change yet. */
  private quietUntil = 0;

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
    this.quietUntil = 0;
  }

  /** Writes a count whose digits are legal; `pulsesBetween` pulses pass between its two bytes. */
  count(value: number, pulsesBetween: number): void {
    const legal = (this.mode === 2 || this.mode === 3) && value === 1 ? 2 : value;
    const digits = this.bcd ? Number.parseInt(String(legal), 16) : legal;
    this.channel.writeCount(digits & 0xff, this.tick);
    this.reference.writeFirstByte();
    this.quietUntil = 0;
    this.pulses(pulsesBetween);
    this.channel.writeCount(digits >> 8, this.tick);
    this.reference.writeCount(legal);
    this.quietUntil = 0;
  }

  gate(level: boolean): void {
    this.channel.setGate(level, this.tick);
    this.reference.setGate(level);
    this.quietUntil = 0;
  }

  /** The closed form hears nothing of it, and has to leap at the next look. */
  pulses(n: number): void {
    for (let i = 0; i < n; i++) {
      const before = this.reference.out;
      this.reference.pulse();
      this.tick++;
      if (this.reference.out !== before) expect(this.tick).toBeGreaterThanOrEqual(this.quietUntil);
    }
  }

  look(how: Look): void {
    const { channel, reference, tick } = this;
    // A control word may leave a binary count behind that has more digits than BCD has.
    const digits = this.bcd ? Number.parseInt(String(reference.CE % 10_000), 16) : reference.CE;
    const word = () => channel.read(tick) | (channel.read(tick) << 8);
    switch (how) {
      case "status": {
        channel.latchStatus(tick);
        const status = channel.read(tick);
        expect((status & 0x80) !== 0).toBe(reference.out);
        expect((status & 0x40) !== 0).toBe(reference.nullCount);
        break;
      }
      case "latched count":
        channel.latchCount(tick);
        expect(word()).toBe(digits);
        break;
      case "running count":
        expect(word()).toBe(digits);
        break;
      case "OUT":
        expect(channel.out(tick)).toBe(reference.out);
        break;
      default:
        this.quietUntil = channel.nextChange(tick);
        expect(this.quietUntil).toBeGreaterThan(tick);
    }
  }

  lookEveryWay(): void {
    for (const how of LOOKS) this.look(how);
  }
}

type Step = (pair: Pair) => void;

const smallCounts = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.nat(300));
const pulses = fc.oneof({ weight: 8, arbitrary: fc.nat(12) }, fc.nat(700));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...LOOKS).map((how) => (pair: Pair) => pair.look(how)) },
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
      fc.property(fc.boolean(), fc.boolean(), fc.array(step, { maxLength: 40 }), (gate, bcd, steps) => {
        const pair = new Pair(gate);
        pair.control(mode, bcd);
        for (const run of steps) run(pair);
        pair.lookEveryWay();
      }),
      { numRuns: 600 },
    );
  });

  it.each([0, 1, 2, 3, 4, 5])("agrees over the largest count, which is written as 0, in mode %i", (mode) => {
    for (const bcd of [false, true]) {
      const pair = new Pair(false);
      pair.control(mode, bcd);
      pair.count(0, 0);
      pair.gate(true);
      for (const n of [1, 2, 4998, 4999, 2, 9_000, 40_000, 6_534, 1, 1, 1, 3, 65_536, 65_536]) {
        pair.pulses(n);
        pair.lookEveryWay();
      }
    }
  });
});
