/** Guests under control, and one line for one question. */
import { Debugger } from "../../src/debug/debugger.ts";
import { monitor } from "../../src/debug/monitor.ts";
import type { Stop } from "../../src/debug/stop.ts";
import { type GuestMachineOptions, guestMachine } from "../support/guest-machine.ts";

const SLICE = 1_000_000;

/** A guest that has run to its end, or exactly so far. */
export function debugged(
  name: string,
  until = Number.POSITIVE_INFINITY,
  options: GuestMachineOptions = {},
): Debugger {
  const target = new Debugger(guestMachine(name, options));
  target.savePicture = () => null;
  target.start(until === Number.POSITIVE_INFINITY ? { kind: "continue" } : { kind: "until", icount: until });
  toStop(target);
  return target;
}

/** Runs the goal that was taken up to its end. */
export function toStop(target: Debugger): Stop {
  for (;;) {
    const stop = target.run(SLICE);
    if (stop !== null) return stop;
  }
}

export const ask = (target: Debugger, text: string): readonly string[] => monitor(target, text).lines;

/** Two address spaces, three small tables; it has ended with a stale global entry. */
export const b1 = (mmu: "bare" | "shadow" = "shadow"): Debugger =>
  debugged("b1", undefined, { mmu, ramBytes: 4 << 20 });
