/**
 * Guest time. It is counted in retired instructions and moves only when the machine says so.
 *
 * Who calls what: the run loop runs the processor up to `nextDeadline` at most and then calls `advance`; the
 * machine also calls `advance` before a bus access, so that a device reads the exact time, and reads
 * `nextDeadline` again after it, because the device may have set an earlier alarm. A halted processor
 * advances straight to `nextDeadline`.
 */

import { assert } from "../common/assert.ts";
import type { Alarm, Clock } from "../devices/device.ts";

/** How many alarms may fire without time moving before we call it a device that loops for ever. */
const FIRINGS_PER_INSTANT = 10_000;

/** The saved clock. Alarms are not in it: each device sets its own again when it is restored. */
export interface ClockState {
  now: number;
}

export class MachineClock implements Clock {
  /** Instructions per guest second. */
  readonly hz: number;
  /** The time, in retired instructions. Inside an alarm it is the time that alarm was set for. */
  now = 0;
  /** The earliest alarm, or Infinity. May lie in the past until the next advance. */
  nextDeadline = Number.POSITIVE_INFINITY;
  /** In the order of creation, which breaks ties. */
  private readonly alarms: ClockAlarm[] = [];

  constructor(hz: number) {
    assert(Number.isSafeInteger(hz) && hz > 0, "a clock needs a whole number of instructions per second");
    this.hz = hz;
  }

  /** Makes an alarm, not yet set. Made once per purpose, when the machine is built. */
  alarm(fire: () => void): Alarm {
    const alarm = new ClockAlarm(this, fire);
    this.alarms.push(alarm);
    return alarm;
  }

  /**
   * Moves time to `now`, firing what is due in order of deadline, then of creation. An alarm is off the list
   * before its callback runs, so the callback may set it again. What a callback sets for a time up to `now`
   * fires in the same advance, each at its own time; a device must therefore move forward in time. One that
   * keeps setting alarms in the present is a host bug and is stopped after 10 000 of them.
   */
  advance(now: number): void {
    assert(now >= this.now, "guest time does not run backwards");
    let firings = 0;
    while (this.nextDeadline <= now) {
      const alarm = this.earliest() as ClockAlarm;
      if (alarm.when > this.now) {
        this.now = alarm.when;
        firings = 0;
      }
      assert(++firings <= FIRINGS_PER_INSTANT, "a device sets alarms without moving forward in time");
      alarm.cancel();
      alarm.fire();
    }
    this.now = now;
  }

  /** Called by an alarm whose deadline changed from `before` to `after`. */
  moved(before: number, after: number): void {
    if (after <= this.nextDeadline) this.nextDeadline = after;
    else if (before === this.nextDeadline) this.nextDeadline = this.earliest()?.when ?? Infinity;
  }

  /** The earliest alarm but for one that is due at `when`, or Infinity. */
  nextDeadlineBut(when: number): number {
    let left = false;
    let first = Number.POSITIVE_INFINITY;
    for (const alarm of this.alarms) {
      if (alarm.when === when && !left) left = true;
      else if (alarm.when < first) first = alarm.when;
    }
    return first;
  }

  save(): ClockState {
    return { now: this.now };
  }

  /** Sets the time and switches every alarm off. Restore the clock first, then the owners of alarms. */
  restore(state: ClockState): void {
    for (const alarm of this.alarms) alarm.when = Number.POSITIVE_INFINITY;
    this.nextDeadline = Number.POSITIVE_INFINITY;
    this.now = state.now;
  }

  /** A board has a handful of alarms; a scan is quicker than keeping a heap. */
  private earliest(): ClockAlarm | null {
    let first: ClockAlarm | null = null;
    for (const alarm of this.alarms) {
      if (first === null || alarm.when < first.when) first = alarm;
    }
    return first;
  }
}

class ClockAlarm implements Alarm {
  when = Number.POSITIVE_INFINITY;
  readonly fire: () => void;
  private readonly clock: MachineClock;

  constructor(clock: MachineClock, fire: () => void) {
    this.clock = clock;
    this.fire = fire;
  }

  at(when: number): void {
    assert(Number.isSafeInteger(when), "an alarm is set for a whole instruction count");
    const before = this.when;
    this.when = when;
    this.clock.moved(before, when);
  }

  cancel(): void {
    const before = this.when;
    this.when = Number.POSITIVE_INFINITY;
    this.clock.moved(before, Number.POSITIVE_INFINITY);
  }
}
