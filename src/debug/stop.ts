/** Why a machine that was told to run stands still again. */
import { hex8 } from "../common/hex.ts";
import type { ExitReason, Machine } from "../machine/machine.ts";

export type Stop =
  /** The steps, calls or instructions asked for have run. */
  | { readonly kind: "done"; readonly goal: string }
  /** Someone asked. */
  | { readonly kind: "paused" }
  /** The next instruction is at a breakpoint. */
  | { readonly kind: "breakpoint"; readonly id: number; readonly gva: number }
  /** The last instruction did what a watchpoint waits for. */
  | { readonly kind: "watch"; readonly id: number; readonly what: string; readonly change: string }
  /** The last instruction caused an event that was waited for. */
  | { readonly kind: "event"; readonly seq: number; readonly text: string }
  /** The machine has ended, or halted with nothing that could wake it. */
  | { readonly kind: "ended"; readonly reason: ExitReason; readonly detail: string };

/** The stop in one line, without a full stop. */
export function stopText(stop: Stop): string {
  switch (stop.kind) {
    case "done":
      return stop.goal;
    case "paused":
      return "paused";
    case "breakpoint":
      return `breakpoint ${stop.id} at ${hex8(stop.gva)}`;
    case "watch":
      return `watch ${stop.id}, ${stop.what}: ${stop.change}`;
    case "event":
      return `event ${stop.seq}: ${stop.text}`;
    case "ended":
      return stop.detail;
  }
}

/** How a machine ended, in words. */
export function endText(machine: Machine, reason: ExitReason): string {
  switch (reason) {
    case "debug-exit":
      return `the guest ended itself with status ${machine.exitStatus}`;
    case "triple-fault":
      return `triple fault: ${machine.faultChain}`;
    case "halted":
      return "the guest halted, and nothing is left that could wake it";
    default:
      return "stopped";
  }
}
