/** `--filter` where someone watches: it chooses the events in view, and those of a trace if there is one. */
import { filterProblem } from "../../dashboard/filter-problem.ts";
import type { RunOptions } from "../commands/run.ts";
import { CommandError, STATUS_USAGE } from "../exit-status.ts";

/** The words, checked; "" for none. Throws a CommandError for words that are no filter. */
export function viewFilter({ filter = "" }: RunOptions): string {
  const problem = filterProblem(filter);
  if (problem !== null) throw new CommandError(`--filter: ${problem}`, STATUS_USAGE);
  return filter;
}

/** The options for the machine's thread, which would take a filter for a trace's. */
export function withoutViewFilter(options: RunOptions): RunOptions {
  if (options.trace !== undefined) return options;
  const { filter: _, ...others } = options;
  return others;
}
