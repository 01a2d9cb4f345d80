/** A machine under control, as the monitor and the screens see it. */
import type { Picture } from "../inspect/display-view.ts";
import type { Machine } from "../machine/machine.ts";
import type { Tap } from "../trace/tap.ts";
import type { TraceRecord } from "../trace/trace-record.ts";
import type { Goal } from "./goal.ts";
import type { Stop } from "./stop.ts";
import type { Watch } from "./watch.ts";

export interface BreakpointInfo {
  readonly id: number;
  /** Linear address of the instruction. */
  readonly gva: number;
  readonly hits: number;
}

export interface WatchInfo {
  readonly id: number;
  readonly watch: Watch;
  readonly hits: number;
}

/** The machine as the monitor and the dashboard's other half see it. */
export interface DebuggerApi {
  readonly machine: Machine;
  /** The machine's tap; its texts are what events say in words. */
  readonly tap: Tap;
  /** The last stop; null while a goal is pursued, and before the first. */
  readonly stop: Stop | null;
  /** A goal is pursued. */
  readonly running: boolean;
  /** Breakpoints and watchpoints, in the order of their ids, which they share. */
  readonly breakpoints: readonly BreakpointInfo[];
  readonly watches: readonly WatchInfo[];

  /** Sets a breakpoint and returns its id; the existing one if there is one at that address. */
  addBreakpoint(gva: number): number;
  /** Throws a MonitorError for a register that does not exist, a page or frame out of range, or without a hypervisor. */
  addWatch(watch: Watch): number;
  /** Removes a breakpoint or watchpoint. False if there is none of that id. */
  remove(id: number): boolean;

  /**
   * Takes up a goal. Throws a MonitorError if the machine has ended, is running, or the goal makes no sense
   * (an instruction count that has passed, a filter that is wrong).
   */
  start(goal: Goal): void;
  /** Runs for at most `instructions`. The stop if the goal is reached or something stopped it; null to go on. */
  run(instructions: number): Stop | null;
  /** Gives the goal up. */
  pause(): Stop;

  /** The events kept in the ring, oldest first. */
  events(): TraceRecord[];
  /** When shadow page `sp` went out of sync, and who did it; null if nobody knows. */
  unsyncOrigin(sp: number): { readonly icount: number; readonly eip: number } | null;
  /** Whether the ring takes an event (its number in src/trace/events.ts). */
  setEvent(event: number, on: boolean): void;
  eventIsOn(event: number): boolean;
  /** Where pictures of the display go: the sentence that says what went wrong, or null. Absent: nowhere. */
  readonly savePicture: ((path: string, picture: Picture) => string | null) | null;
  /** The guest waits for input and nothing else can wake it; only where input may come. */
  readonly idle: boolean;
  /** CR3 loads that skipped page `sp` since it went out of sync. */
  skips(sp: number): number;
}
