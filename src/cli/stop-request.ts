/**
 * What ends a run from outside: a signal, the time limit, the user's ^]. The first one counts. A second signal of the
 * same kind finds nobody listening and kills the process, should it still be there.
 */
import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** The longest that a Node timer can wait: 24.8 days. */
export const LONGEST_TIMER = 2 ** 31 - 1;

export type StopReason = "interrupted" | "timeout";

export class StopRequest {
  reason: StopReason | null = null;
  /** Number of the signal that asked; SIGINT stands for the keyboard. */
  signal: number = constants.signals.SIGINT;
  private readonly timer: NodeJS.Timeout | null;
  private wake: (() => void) | null = null;

  constructor(timeout: number | undefined) {
    for (const signal of SIGNALS) process.once(signal, this.onSignal);
    this.timer =
      timeout === undefined ? null : setTimeout(() => this.ask("timeout"), Math.min(timeout, LONGEST_TIMER));
  }

  ask(reason: StopReason): void {
    this.reason ??= reason;
    this.wake?.();
  }

  /** Resolves when `what` has, or when the run is to end. */
  wait(what: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.reason !== null) resolve();
      this.wake = resolve;
      what.then(resolve, reject);
    });
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private readonly onSignal = (signal: NodeJS.Signals): void => {
    if (this.reason === null) this.signal = constants.signals[signal];
    this.ask("interrupted");
  };
}
