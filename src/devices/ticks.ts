/** A chip's own oscillator, derived from guest time in whole numbers: it never drifts. */

import { assert } from "../common/assert.ts";

/**
 * `rate` ticks per guest second beside `hz` instructions per guest second. Tick n happens at instruction
 * ceil(n * hz / rate). Products are split at whole seconds, so all of it is exact while `rate * hz` is.
 */
export class Ticks {
  private readonly hz: number;
  private readonly rate: number;

  constructor(hz: number, rate: number) {
    assert(Number.isSafeInteger(hz * rate), `${hz} instructions and ${rate} ticks per second: too fast`);
    this.hz = hz;
    this.rate = rate;
  }

  /** How many ticks have happened when `icount` instructions have retired. */
  ticksAt(icount: number): number {
    const part = icount % this.hz;
    const product = part * this.rate;
    return ((icount - part) / this.hz) * this.rate + (product - (product % this.hz)) / this.hz;
  }

  /** The first icount at which `tick` ticks have happened. */
  icountAt(tick: number): number {
    const part = tick % this.rate;
    const product = part * this.hz;
    const rest = product % this.rate;
    const whole = (product - rest) / this.rate;
    return ((tick - part) / this.rate) * this.hz + (rest === 0 ? whole : whole + 1);
  }
}
