/** Counters over time: a sample of all of them again and again, so that there are rates and pictures of them. */
import { counterTable } from "../inspect/hypervisor.ts";

export interface RateHistory {
  /** Change per second of the host's time over the last samples; null before there are two. */
  rate(name: string): number | null;
  /** At most 60 values, oldest first: changes between samples for a counter, values for a gauge. */
  history(name: string): readonly number[];
  /** The highest value that a gauge had at a sample. */
  peak(name: string): number;
  /** What the counter was when the user last reset the counts (key R); 0 if never. */
  base(name: string): number;
}

const SAMPLES = 60;
/** Samples that a rate is the mean of. */
const RATE_SAMPLES = 4;

type Counters = Readonly<Record<string, number>>;

export class CounterHistory implements RateHistory {
  private readonly gauges = new Set(
    counterTable.filter(({ kind }) => kind === "gauge").map(({ name }) => String(name)),
  );
  private last: Counters | null = null;
  private bases: Counters = {};
  private readonly values = new Map<string, number[]>();
  private readonly peaks = new Map<string, number>();
  /** Seconds between the last samples. */
  private readonly seconds: number[] = [];

  /** @param seconds of the host since the last sample, more than 0 */
  sample(counters: Counters, seconds: number): void {
    const { last } = this;
    this.last = counters;
    for (const [name, value] of Object.entries(counters)) {
      if (this.gauges.has(name)) {
        this.push(name, value);
        this.peaks.set(name, Math.max(this.peak(name), value));
      } else if (last !== null) this.push(name, value - (last[name] ?? 0));
    }
    if (last === null) return;
    this.seconds.push(seconds);
    if (this.seconds.length > RATE_SAMPLES) this.seconds.shift();
  }

  /**
   * Counts are shown from here on as if they were 0 now, and peaks begin anew.
   * @param counters as they are now, if they were read since the last sample
   */
  reset(counters: Counters | null = this.last): void {
    this.bases = counters ?? {};
    this.peaks.clear();
    for (const name of this.gauges) this.peaks.set(name, this.bases[name] ?? 0);
  }

  rate(name: string): number | null {
    const seconds = this.seconds.reduce((sum, one) => sum + one, 0);
    if (seconds === 0 || this.gauges.has(name)) return null;
    const changes = this.history(name).slice(-this.seconds.length);
    return changes.reduce((sum, one) => sum + one, 0) / seconds;
  }

  history(name: string): readonly number[] {
    return this.values.get(name) ?? [];
  }

  peak(name: string): number {
    return this.peaks.get(name) ?? 0;
  }

  base(name: string): number {
    return this.gauges.has(name) ? 0 : (this.bases[name] ?? 0);
  }

  private push(name: string, value: number): void {
    const values = this.values.get(name) ?? [];
    values.push(value);
    if (values.length > SAMPLES) values.shift();
    this.values.set(name, values);
  }
}
