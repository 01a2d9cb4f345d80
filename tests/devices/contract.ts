/**
 * What every device promises, whatever it does: each device test calls `deviceContract` with a way to build
 * one. The traffic is random but seeded, so a failure repeats.
 */

import { describe, expect, it } from "vitest";
import type { Device, IrqLine, PortDevice, Width } from "../../src/devices/device.ts";
import type { MachineClock } from "../../src/machine/clock.ts";
import { Random } from "../support/random.ts";

/** Instructions per second in device tests; not a multiple of any crystal, so that rounding is exercised. */
export const HZ = 10_000_000;

/** One device with its surroundings. */
export interface Subject<State> {
  device: PortDevice & Device<State>;
  clock: MachineClock;
  /** How many offsets the device decodes. */
  ports: number;
  /** What the device did to its wires; the rig appends to it. */
  log: string[];
  /** The wires it drives. */
  wires?: Probe[];
  /** Something from outside: an interrupt request, a character. */
  stimulate?: (random: Random) => void;
}

/** A wire that writes its changes to a log, with the time. */
export class Probe implements IrqLine {
  level = false;
  private readonly name: string;
  private readonly log: string[];
  private readonly clock: MachineClock;

  constructor(name: string, log: string[], clock: MachineClock) {
    this.name = name;
    this.log = log;
    this.clock = clock;
  }

  raise(): void {
    this.set(true);
  }

  lower(): void {
    this.set(false);
  }

  set(level: boolean): void {
    if (level !== this.level) this.log.push(`${this.clock.now} ${this.name} ${level ? "high" : "low"}`);
    this.level = level;
  }
}

/** Random port accesses, events from outside and time passing; returns all that could be seen. */
function traffic<State>(subject: Subject<State>, random: Random, steps: number): string[] {
  const { device, clock } = subject;
  const maxWidth = device.maxWidth ?? 1;
  for (let step = 0; step < steps; step++) {
    const width = ([1, 2, 4] as const).filter((w) => w <= maxWidth)[
      random.below(Math.log2(maxWidth) + 1)
    ] as Width;
    const offset = random.below(subject.ports);
    switch (random.below(4)) {
      case 0: {
        const value = device.portRead(offset, width);
        expect(value >= 0 && value < 2 ** (8 * width) && Number.isInteger(value), `read ${value}`).toBe(true);
        subject.log.push(`${device.probe(offset)} reads ${value}`);
        break;
      }
      case 1:
        device.portWrite(offset, width, random.below(2 ** (8 * width)));
        break;
      case 2:
        subject.stimulate?.(random);
        break;
      default:
        clock.advance(clock.now + random.below(random.below(10) === 0 ? 100_000 : 100));
    }
  }
  return subject.log;
}

/** The shared suite. `build` makes a fresh device at power-on, on a fresh clock. */
export function deviceContract<State>(name: string, build: () => Subject<State>): void {
  describe(`${name} keeps the device contract`, () => {
    it("reset brings back the power-on state", () => {
      const powerOn = build().device.save();
      for (let seed = 0; seed < 20; seed++) {
        const subject = build();
        traffic(subject, new Random(seed), 300);
        subject.device.reset();
        expect(subject.device.save()).toEqual(powerOn);
      }
    });

    it("a device reset in the middle of its work behaves like a new one", () => {
      for (let seed = 0; seed < 20; seed++) {
        const used = build();
        traffic(used, new Random(seed), 300);
        used.device.reset();
        used.log.length = 0;
        const fresh = build();
        fresh.clock.advance(used.clock.now);
        expect(used.clock.nextDeadline).toBe(fresh.clock.nextDeadline);
        expect(traffic(used, new Random(seed + 1), 300)).toEqual(traffic(fresh, new Random(seed + 1), 300));
      }
    });

    it("a restored device cannot be told from the one that was saved", () => {
      for (let seed = 0; seed < 50; seed++) {
        const original = build();
        traffic(original, new Random(seed), 200);
        const saved = structuredClone({ clock: original.clock.save(), device: original.device.save() });

        const copy = build();
        traffic(copy, new Random(seed + 1000), 50);
        copy.clock.restore(saved.clock);
        // Whatever the other end of its wires remembers, restore sets it right.
        for (const wire of copy.wires ?? []) wire.level = !wire.level;
        copy.device.restore(saved.device);
        expect(copy.wires?.map((wire) => wire.level)).toEqual(original.wires?.map((wire) => wire.level));
        expect(copy.device.save()).toEqual(saved.device);

        original.log.length = 0;
        copy.log.length = 0;
        expect(traffic(copy, new Random(~seed), 200)).toEqual(traffic(original, new Random(~seed), 200));
        expect(copy.device.save()).toEqual(original.device.save());
        expect(copy.clock.nextDeadline).toBe(original.clock.nextDeadline);
      }
    });

    it("a saved state is plain data that survives JSON and shares nothing with the device", () => {
      const subject = build();
      traffic(subject, new Random(7), 200);
      const saved = subject.device.save();
      const before = structuredClone(saved);
      expect(JSON.parse(JSON.stringify(saved))).toEqual(before);
      traffic(subject, new Random(8), 200);
      expect(saved).toEqual(before);
      subject.device.restore(saved);
      traffic(subject, new Random(9), 200);
      expect(saved).toEqual(before);
    });

    it("every offset has a name, and only those", () => {
      const { device, ports } = build();
      for (let offset = 0; offset < ports; offset++)
        expect(device.probe(offset)).toMatch(/^[A-Z][A-Z0-9_/]*$/);
      expect(device.probe(ports)).toBe("?");
      expect(device.probe(-1)).toBe("?");
    });

    it("random traffic never throws, and reads fit their width", () => {
      for (let seed = 100; seed < 130; seed++) traffic(build(), new Random(seed), 500);
    });
  });
}
