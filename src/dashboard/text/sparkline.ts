/** A history as a row of bars, one cell for each sample. */

/** The last `width` samples; the highest of them is the highest bar, nothing is the lowest. */
export function sparkline(samples: readonly number[], width: number, bars: string): string {
  const shown = samples.slice(-width);
  const top = Math.max(...shown, 0);
  const steps = bars.length - 1;
  return shown.map((value) => bars[top > 0 ? Math.ceil((Math.max(value, 0) / top) * steps) : 0]).join("");
}
