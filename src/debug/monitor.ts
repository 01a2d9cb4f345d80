/**
 * The monitor: what people ask of a machine and tell it to do, as words, and lines of text for an answer. QEMU's names
 * where QEMU has them, gdb's for running and stopping.
 */
import { shadowOf } from "./commands/arguments.ts";
import { chooseCommand, helpLines } from "./commands/table.ts";
import type { DebuggerApi } from "./debugger-api.ts";

export interface Answer {
  readonly lines: readonly string[];
  /** A goal was taken up: whoever drives the machine has to run it. */
  readonly started: boolean;
}

/** A line that was understood, and not yet answered. */
export interface Question {
  /** Answers it. Throws a MonitorError for what the machine does not have, or does not have now. */
  readonly answer: (target: DebuggerApi) => Answer;
  /** There is no answer without a shadow MMU. */
  readonly needsShadow: boolean;
}

/** Every command, for help texts. */
export const monitorHelp: readonly string[] = helpLines();

/** Understands a line, without doing anything. Throws a MonitorError if it means nothing. */
export function parseQuestion(text: string): Question {
  const { command, argument } = chooseCommand(text);
  const action = command.parse(argument);
  return {
    needsShadow: command.shadow === true,
    answer: (target) => {
      if (command.shadow === true) shadowOf(target.machine);
      return { lines: action(target), started: command.starts === true };
    },
  };
}

/** Answers one line. Throws a MonitorError. */
export function monitor(target: DebuggerApi, text: string): Answer {
  return parseQuestion(text).answer(target);
}
