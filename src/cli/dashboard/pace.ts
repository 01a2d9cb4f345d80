/**
 * How fast the guest may go, in the host's time. As fast as it can, but a halted processor sleeps as long as it would:
 * a guest that waits must not make the host's processor busy, nor its own timers run ahead.
 */
import { GUEST_HZ } from "../../machine/machine.ts";

/** The longest sleep in milliseconds. */
const LONGEST_WAIT = 50;
/** Parts of a second: how coarse a limited guest moves. */
const STEPS_A_SECOND = 50;

export class Pace {
  /** Instructions per second of host time; null for no limit. */
  private limit: number | null = null;
  /** A moment at which the guest was in step. */
  private icount: number;
  private time: number;

  /** @param time in milliseconds of the host */
  constructor(icount: number, time: number) {
    this.icount = icount;
    this.time = time;
  }

  setLimit(limit: number | null, icount: number, time: number): void {
    this.limit = limit;
    this.icount = icount;
    this.time = time;
  }

  /** The most instructions to run before the next look at the clock. */
  sliceLimit(most: number): number {
    return this.limit === null ? most : Math.max(1, Math.min(most, Math.floor(this.limit / STEPS_A_SECOND)));
  }

  /** Milliseconds to sleep now. */
  wait(icount: number, halted: boolean, time: number): number {
    const rate = this.limit ?? GUEST_HZ;
    const ahead = ((icount - this.icount) / rate) * 1000 - (time - this.time);
    if (ahead < 0) {
      // What was lost is not made up for.
      this.icount = icount;
      this.time = time;
      return 0;
    }
    return this.limit === null && !halted ? 0 : Math.min(ahead, LONGEST_WAIT);
  }
}
