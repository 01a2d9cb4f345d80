/** One event as readers get it. */
export interface TraceRecord {
  /** Counts all events of a run, from 0. */
  readonly seq: number;
  /** Number in `events`. */
  readonly event: number;
  /** Number in `reasons`. */
  readonly reason: number;
  readonly icount: number;
  readonly eip: number;
  readonly cr3: number;
  readonly fields: readonly number[];
}
