import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MachineClock } from "../../src/machine/clock.ts";

/** A clock and a diary of what fired when. */
function rig() {
  const clock = new MachineClock(1_000_000);
  const fired: string[] = [];
  const alarm = (name: string) => clock.alarm(() => fired.push(`${name}@${clock.now}`));
  return { clock, fired, alarm };
}

describe("guest time", () => {
  it("starts at zero and moves only when told", () => {
    const { clock } = rig();
    expect(clock.now).toBe(0);
    clock.advance(5);
    expect(clock.now).toBe(5);
    clock.advance(5);
    expect(clock.now).toBe(5);
  });

  it("never runs backwards", () => {
    const { clock } = rig();
    clock.advance(5);
    expect(() => clock.advance(4)).toThrow("guest time does not run backwards");
  });

  it("runs at the rate the machine chose, which must be a whole number", () => {
    expect(new MachineClock(100_000_000).hz).toBe(100_000_000);
    expect(() => new MachineClock(0.5)).toThrow("whole number");
    expect(() => new MachineClock(0)).toThrow("whole number");
  });
});

describe("an alarm", () => {
  it("fires when the clock reaches its time, and not before", () => {
    const { clock, fired, alarm } = rig();
    alarm("a").at(10);
    clock.advance(9);
    expect(fired).toEqual([]);
    clock.advance(10);
    expect(fired).toEqual(["a@10"]);
  });

  it("fires once for each setting", () => {
    const { clock, fired, alarm } = rig();
    const a = alarm("a");
    a.at(10);
    clock.advance(20);
    clock.advance(30);
    expect(fired).toEqual(["a@10"]);
    a.at(40);
    clock.advance(50);
    expect(fired).toEqual(["a@10", "a@40"]);
  });

  it("sees the time it was set for, even when the clock jumps past it", () => {
    const { clock, fired, alarm } = rig();
    alarm("a").at(10);
    clock.advance(1000);
    expect(fired).toEqual(["a@10"]);
    expect(clock.now).toBe(1000);
  });

  it("forgets an earlier setting when it is set again", () => {
    const { clock, fired, alarm } = rig();
    const a = alarm("a");
    a.at(10);
    a.at(20);
    clock.advance(15);
    expect(fired).toEqual([]);
    a.at(17);
    clock.advance(30);
    expect(fired).toEqual(["a@17"]);
  });

  it("does not fire after it was cancelled", () => {
    const { clock, fired, alarm } = rig();
    const a = alarm("a");
    a.at(10);
    a.cancel();
    a.cancel();
    clock.advance(20);
    expect(fired).toEqual([]);
    expect(a.when).toBe(Infinity);
  });

  it("set for a past time fires in the next advance, not inside the call", () => {
    const { clock, fired, alarm } = rig();
    clock.advance(100);
    alarm("late").at(50);
    expect(fired).toEqual([]);
    expect(clock.nextDeadline).toBe(50);
    clock.advance(100);
    expect(fired).toEqual(["late@100"]);
  });

  it("refuses a time that is not a whole number of instructions", () => {
    const { alarm } = rig();
    expect(() => alarm("a").at(1.5)).toThrow("whole instruction count");
    expect(() => alarm("a").at(Number.NaN)).toThrow("whole instruction count");
  });
});

describe("several alarms", () => {
  it("fire in order of time, and at the same time in the order they were made", () => {
    const { clock, fired, alarm } = rig();
    const [a, b, c] = [alarm("a"), alarm("b"), alarm("c")];
    c.at(10);
    b.at(10);
    a.at(20);
    clock.advance(30);
    expect(fired).toEqual(["b@10", "c@10", "a@20"]);
  });

  it("nextDeadline is the earliest of them, or Infinity", () => {
    const { clock, alarm } = rig();
    const [a, b] = [alarm("a"), alarm("b")];
    expect(clock.nextDeadline).toBe(Infinity);
    a.at(30);
    b.at(20);
    expect(clock.nextDeadline).toBe(20);
    b.at(40);
    expect(clock.nextDeadline).toBe(30);
    a.cancel();
    expect(clock.nextDeadline).toBe(40);
    clock.advance(40);
    expect(clock.nextDeadline).toBe(Infinity);
  });

  it("fire as a sorted list does, whatever is set, moved and cancelled", () => {
    const operation = fc.tuple(fc.nat(3), fc.option(fc.nat(40)), fc.nat(8));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const { clock, fired, alarm } = rig();
        const alarms = [0, 1, 2, 3].map((i) => alarm(`${i}`));
        const expected: string[] = [];
        const due = new Map<number, number>();
        for (const [which, ahead, step] of operations) {
          if (ahead === null) {
            alarms[which].cancel();
            due.delete(which);
          } else {
            alarms[which].at(clock.now + ahead);
            due.set(which, clock.now + ahead);
          }
          expect(clock.nextDeadline).toBe(Math.min(...due.values()));
          const until = clock.now + step;
          const ripe = [...due].filter(([, when]) => when <= until);
          for (const [i, when] of ripe.sort((x, y) => x[1] - y[1] || x[0] - y[0])) {
            expected.push(`${i}@${when}`);
            due.delete(i);
          }
          clock.advance(until);
          expect(fired).toEqual(expected);
        }
      }),
    );
  });
});

describe("a callback", () => {
  it("finds its alarm off the list and may set it again: a periodic timer", () => {
    const clock = new MachineClock(1_000_000);
    const times: number[] = [];
    const tick = clock.alarm(() => {
      expect(tick.when).toBe(Infinity);
      times.push(clock.now);
      tick.at(clock.now + 10);
    });
    tick.at(10);
    clock.advance(35);
    expect(times).toEqual([10, 20, 30]);
    expect(clock.nextDeadline).toBe(40);
  });

  it("may set another alarm that falls within the same advance, which fires in its turn", () => {
    const { clock, fired, alarm } = rig();
    const b = alarm("b");
    const c = alarm("c");
    const a = clock.alarm(() => {
      fired.push(`a@${clock.now}`);
      b.at(clock.now + 5);
    });
    a.at(10);
    c.at(12);
    clock.advance(20);
    expect(fired).toEqual(["a@10", "c@12", "b@15"]);
  });

  it("that sets an alarm in the past sees it fire in the same advance, without time going back", () => {
    const { clock, fired, alarm } = rig();
    const b = alarm("b");
    clock.alarm(() => b.at(3)).at(10);
    clock.advance(20);
    expect(fired).toEqual(["b@10"]);
  });

  it("that never moves forward in time is stopped as a host bug", () => {
    const clock = new MachineClock(1_000_000);
    const stuck = clock.alarm(() => stuck.at(clock.now));
    stuck.at(10);
    expect(() => clock.advance(20)).toThrow("without moving forward in time");
  });
});

describe("a saved clock", () => {
  it("is its time; owners set their alarms again after restoring it", () => {
    const { clock, fired, alarm } = rig();
    const a = alarm("a");
    clock.advance(100);
    const saved = structuredClone(clock.save());
    a.at(150);
    clock.advance(120);
    clock.restore(saved);
    expect(clock.now).toBe(100);
    expect(clock.nextDeadline).toBe(Infinity);
    clock.advance(200);
    expect(fired).toEqual([]);
  });
});
