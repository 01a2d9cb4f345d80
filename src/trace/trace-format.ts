import type { TraceRecord } from "./trace-record.ts";

/** What the counters were when an event was emitted. */
export interface Gauges {
  readonly mmu_unsync: number;
  readonly mmu_unsync_global: number;
}

/** Turns the events of one run into the text of a file, piece by piece. */
export interface TraceFormat {
  /** What comes before the first event, and after the last. */
  begin(): string;
  end(): string;
  /** What an event adds, which may be nothing yet. */
  add(record: TraceRecord, gauges: Gauges): string;
}
