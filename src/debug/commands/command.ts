/** What a command of the monitor is: a row of the table that help, look-up and tests read. */
import type { DebuggerApi } from "../debugger-api.ts";

/** What the command does, once its words are understood. Throws a MonitorError for what this machine does not have. */
export type Action = (target: DebuggerApi) => readonly string[];

export interface Command {
  /** One word, or "info" and a word. */
  readonly name: string;
  /** Shorter words for it that are no prefix, or a prefix that others share. */
  readonly aliases?: readonly string[];
  /** What follows the name, with the blank or slash before it; "" for nothing. */
  readonly usage: string;
  readonly sentence: string;
  /** Asks the shadow MMU: without one there is no answer. */
  readonly shadow?: true;
  /** Starts the machine; whoever drives it has to run it. */
  readonly starts?: true;
  /**
   * Understands what follows the command's words ("" for nothing), before anything is done. Throws a MonitorError.
   */
  readonly parse: (argument: string) => Action;
}
