/** What a run of the benchmarks leaves behind: plain data, also the format of `--json` files. */
import type { Round } from "./markers.ts";
import type { Group } from "./rows.ts";

export const FORMAT = "umbra-bench-1";

export interface RowResult {
  readonly name: string;
  readonly group: Group;
  readonly instructions: number;
  readonly events: number | null;
  /** By the peer's name: every round, in the order they ran. Empty if the peer failed. */
  readonly rounds: { readonly [peer: string]: readonly Round[] };
  /** By the peer's name: why it failed. */
  readonly errors: { readonly [peer: string]: string };
}

export interface Results {
  readonly format: typeof FORMAT;
  readonly date: string;
  readonly node: string;
  readonly processor: string;
  readonly peers: readonly { readonly name: string; readonly about: string }[];
  readonly rows: readonly RowResult[];
}

/**
 * Time that the thread which ran the guest took for a round. It cannot have taken more than the wall time, nor more
 * than the processor time of its whole process, so the smaller of them is nearest: the first counts what other
 * programs took, the second what a compiler took in the background.
 */
export const threadMs = ({ wallMs, cpuMs }: Round): number => Math.min(wallMs, cpuMs ?? wallMs);

/** Time of the peer's best round in milliseconds, or null if there is none. */
export function bestMs(row: RowResult, peer: string): number | null {
  const rounds = row.rounds[peer] ?? [];
  return rounds.length === 0 ? null : Math.min(...rounds.map(threadMs));
}

/** Million instructions per second of the peer's best round. */
export function mips(row: RowResult, peer: string): number | null {
  const ms = bestMs(row, peer);
  return ms === null ? null : row.instructions / ms / 1000;
}

/** Microseconds per event of the peer's best round, for rows that count events. */
export function eventMicroseconds(row: RowResult, peer: string): number | null {
  const ms = bestMs(row, peer);
  return ms === null || row.events === null ? null : (ms * 1000) / row.events;
}

/** How many times as fast as `other` the peer is. */
export function speedRatio(row: RowResult, peer: string, other: string): number | null {
  const a = bestMs(row, peer);
  const b = bestMs(row, other);
  return a === null || b === null ? null : b / a;
}

export function geometricMean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** A file that is not what `--json` writes. The message is for people. */
export class ResultsError extends Error {}

/** @param name of the file, for the message */
export function parseResults(name: string, text: string): Results {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new ResultsError(`${name}: not JSON`);
  }
  if (typeof data !== "object" || data === null || (data as { format?: unknown }).format !== FORMAT) {
    throw new ResultsError(`${name}: not a result file of npm run bench -- --json`);
  }
  return data as Results;
}
