/** How fast a guest may go: as fast as it can, unless it waits or someone wants it slower. */
import { describe, expect, it } from "vitest";
import { Pace } from "../../../src/cli/dashboard/pace.ts";
import { GUEST_HZ } from "../../../src/machine/machine.ts";

const SECOND = 1_000;

describe("a guest without a limit", () => {
  it("never waits while it computes, however far it is ahead", () => {
    expect(new Pace(0, 0).wait(10 * GUEST_HZ, false, SECOND)).toBe(0);
  });

  it("that is halted sleeps until the host's time has caught up, a little at a time", () => {
    const pace = new Pace(0, 0);
    expect(pace.wait(0.02 * GUEST_HZ, true, 0)).toBeCloseTo(20);
    expect(pace.wait(10 * GUEST_HZ, true, 0)).toBe(50);
    expect(pace.wait(0.02 * GUEST_HZ, true, 20)).toBe(0);
  });

  it("does not make up for time that it lost", () => {
    const pace = new Pace(0, 0);
    // Ten seconds for one: from now on a new second takes a second.
    expect(pace.wait(GUEST_HZ, true, 10 * SECOND)).toBe(0);
    expect(pace.wait(GUEST_HZ + 0.03 * GUEST_HZ, true, 10 * SECOND)).toBeCloseTo(30);
  });
});

describe("a limit", () => {
  it("makes a computing guest wait, and its slices small", () => {
    const pace = new Pace(0, 0);
    pace.setLimit(1_000_000, 0, 0);
    expect(pace.sliceLimit(10_000_000)).toBe(20_000);
    expect(pace.wait(20_000, false, 0)).toBeCloseTo(20);
    expect(pace.wait(20_000, false, 20)).toBe(0);
  });

  it("of next to nothing still lets the guest go on", () => {
    const pace = new Pace(0, 0);
    pace.setLimit(10, 0, 0);
    expect(pace.sliceLimit(1_000)).toBe(1);
  });

  it("counts from when it is set", () => {
    const pace = new Pace(0, 0);
    pace.setLimit(1_000, 5_000_000, 100);
    expect(pace.wait(5_000_001, false, 100)).toBeCloseTo(1);
  });
});
