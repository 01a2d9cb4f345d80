/** `--filter` where someone watches: it chooses the events in view, and those of a trace if there is one. */
import { FilterError, parseFilter } from "../../trace/event-filter.ts";
import type { RunOptions } from "../commands/run.ts";
import { CommandError, STATUS_USAGE } from "../exit-status.ts";

/** The words, checked; "" for none. Throws a CommandError for words that are no filter. */
export function viewFilter({ filter = "" }: RunOptions): string {
  try {
    parseFilter(filter);
    return filter;
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new CommandError(`--filter: ${error.message}.`, STATUS_USAGE);
  }
}

/** The options for the machine's thread, which would take a filter for a trace's. */
export function withoutViewFilter(options: RunOptions): RunOptions {
  if (options.trace !== undefined) return options;
  const { filter: _, ...others } = options;
  return others;
}
