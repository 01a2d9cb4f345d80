/** What is wrong with the words of a filter, before anything is done with them. */
import { FilterError, parseFilter } from "../trace/event-filter.ts";

/** One sentence; null for a filter that means something. */
export function filterProblem(words: string): string | null {
  try {
    parseFilter(words);
    return null;
  } catch (error) {
    if (error instanceof FilterError) return `${error.message}.`;
    throw error;
  }
}
