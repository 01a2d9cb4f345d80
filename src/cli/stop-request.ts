/**
 * What ends a run from outside: a signal, the time limit, the user's ^]. The first one counts. A second signal of the
 * same kind finds nobody listening and kills the process, should it still be there.
 */
import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** The longest that a Node timer can wait: 24.8 days. */
const LONGEST_TIMER = 2 ** 31 - 1;

export type StopReason = "interrupted" | "timeout";

export class StopRequest {
  reason: StopReason | null = null;
  /** Number of the signal that asked; SIGINT stands for the keyboard. */
  signal: number = constants.signals.SIGINT;
  private readonly timer: NodeJS.Timeout | null;
  private wakeUp: (() => void) | null = null;

  constructor(timeout: number | undefined) {
    for (const signal of SIGNALS) process.once(signal, this.onSignal);
    this.timer =
      timeout === undefined ? null : setTimeout(() => this.ask("timeout"), Math.min(timeout, LONGEST_TIMER));
  }

  ask(reason: StopReason): void {
    this.reason ??= reason;
    this.wake();
  }

  /** Ends the `wait` that is going on, if there is one. */
  wake(): void {
    this.wakeUp?.();
    this.wakeUp = null;
  }

  /** Resolves when `what` has happened, when the run is to end, or at a `wake`. */
  wait(what: Promise<unknown>): Promise<void> {
    if (this.reason !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.wakeUp = resolve;
      what.then(() => resolve());
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
