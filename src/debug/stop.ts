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
  | {
      readonly kind: "ended";
      readonly reason: ExitReason;
      readonly detail: string;
      /** The status of a guest that ended itself, 0 for what means success; null for other ends. */
      readonly status: number | null;
      /** It is known that this is not how the guest should end. */
      readonly failed: boolean;
    };

export type End = Extract<Stop, { kind: "ended" }>;

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

/** What a debug-exit status comes to: 0 for the one that means success. It is odd by its making, and never 0 itself. */
export const mappedStatus = (status: number, success: number | null): number =>
  status === success ? 0 : status;

/**
 * How a machine ended.
 * @param success the debug-exit status that means success; null if nobody said
 * @param whyStopped what someone says who stopped the machine
 */
export function endOf(
  machine: Pick<Machine, "exitStatus" | "faultChain">,
  reason: ExitReason,
  success: number | null,
  whyStopped: () => string,
): End {
  const raw = reason === "debug-exit" ? (machine.exitStatus ?? 0) : null;
  const status = raw === null ? null : mappedStatus(raw, success);
  const failed =
    status === null ? reason === "triple-fault" || reason === "stopped" : success !== null && status !== 0;
  const detail = reason === "stopped" ? whyStopped() : endText(machine, reason, status, success);
  return { kind: "ended", reason, detail, status, failed };
}

function endText(
  machine: Pick<Machine, "faultChain">,
  reason: ExitReason,
  status: number | null,
  success: number | null,
): string {
  switch (reason) {
    case "debug-exit": {
      const meaning = status === 0 ? "means" : "would mean";
      const words = success === null ? "" : ` (debug-exit ${success} ${meaning} success)`;
      return `the guest ended itself with status ${status}${words}`;
    }
    case "icount":
      return "the icount that --max-icount allows is reached";
    case "triple-fault":
      return `triple fault: ${machine.faultChain}`;
    case "power-off":
      return "the guest switched itself off";
    case "reset":
      return "the guest asked for a reset, which --no-reboot makes the end";
    case "halted":
      return "the guest halted, and nothing is left that could wake it";
    default:
      return "stopped";
  }
}
