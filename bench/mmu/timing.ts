/** Stopwatch and rounds: who is measured when, so that a noisy second on a shared computer hits all alike. */

/** Nanoseconds that starting and stopping the stopwatch takes; measured again before each round. */
let overhead = 0;
const CLOCK_READS = 200;

function calibrate(): void {
  const start = performance.now();
  for (let i = 0; i < CLOCK_READS; i++) performance.now();
  overhead = ((performance.now() - start) * 1e6) / (CLOCK_READS + 1);
}

/** Nanoseconds that `work` takes, without those of the stopwatch. */
export function timed(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) * 1e6 - overhead;
}

/** What one round of some work found, by name: nanoseconds for one of something, or a count. */
export type Readings = Readonly<Record<string, number>>;
export type Work = () => Readings;

export interface Effort {
  /**
   * Milliseconds of processor time before the first round that counts. V8 takes seconds to compile all that is measured
   * here; by the clock on the wall it could go without a processor for all of them.
   */
  readonly warmUpMs: number;
  readonly rounds: number;
}

export const FULL: Effort = { warmUpMs: 3000, rounds: 31 };
export const QUICK: Effort = { warmUpMs: 1200, rounds: 9 };

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Runs all works in turn, forwards and backwards, and returns what each round of each found. */
export function interleaved<Key>(works: ReadonlyMap<Key, Work>, effort: Effort): Map<Key, Readings[]> {
  const found = new Map<Key, Readings[]>([...works.keys()].map((key) => [key, []]));
  const forwards = [...works];
  const backwards = [...works].reverse();
  for (const start = processorMs(); processorMs() - start < effort.warmUpMs; ) {
    for (const [, work] of forwards) work();
  }
  for (let round = 0; round < effort.rounds; round++) {
    calibrate();
    for (const [key, work] of round % 2 === 0 ? forwards : backwards) found.get(key)?.push(work());
  }
  return found;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median over all rounds of how many times as much `values` are as `base` was in the same round. */
export function pairedRatio(values: readonly number[], base: readonly number[]): number {
  return median(values.map((value, i) => value / base[i]));
}
