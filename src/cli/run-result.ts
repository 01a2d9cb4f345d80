/** How a run ended, and the status that the command ends with because of it. */
import { mappedStatus } from "../debug/stop.ts";
import type { Machine, RunOutcome } from "../machine/machine.ts";
import type { AuditRun } from "./audit-run.ts";
import type { DirtyLog } from "./dirty-log.ts";
import {
  STATUS_BROKEN_PIPE,
  STATUS_LIMIT,
  STATUS_OK,
  STATUS_SIGNAL,
  STATUS_TRIPLE_FAULT,
  STATUS_VIOLATION,
} from "./exit-status.ts";
import type { StopReason } from "./stop-request.ts";
import type { TraceFile } from "./trace-file.ts";

/** Why the run ended, as reports name it. `quit`: the user left a guest that could have gone on. */
export type EndReason = RunOutcome["reason"] | StopReason | "closed" | "audit" | "quit";

export interface RunResult {
  readonly image: string;
  readonly machine: Machine;
  readonly reason: EndReason;
  /** Exit status of this process. */
  readonly status: number;
  /** What the guest wrote to the debug-exit port made of this; null if it did not. */
  readonly guestStatus: number | null;
  readonly hostSeconds: number;
  readonly trace: TraceFile | null;
  readonly audit: AuditRun | null;
  readonly dirtyLog: DirtyLog | null;
  /** The guest sent nothing to its console. */
  readonly isSilent: boolean;
}

/**
 * @param success status of a debug exit that counts as success; null if nobody said
 * @param signal number of the signal that interrupted
 */
export function statusOf(
  reason: EndReason,
  { exitStatus }: Machine,
  success: number | null,
  signal: number,
): number {
  switch (reason) {
    case "debug-exit":
      return mappedStatus(exitStatus ?? STATUS_OK, success);
    case "triple-fault":
      return STATUS_TRIPLE_FAULT;
    case "icount":
    case "timeout":
      return STATUS_LIMIT;
    case "interrupted":
      return STATUS_SIGNAL + signal;
    case "closed":
      return STATUS_BROKEN_PIPE;
    case "audit":
      return STATUS_VIOLATION;
    default:
      return STATUS_OK;
  }
}
