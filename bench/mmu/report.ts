/** Tables of numbers, right-aligned. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Nanoseconds with as many digits as mean something. */
export function nanoseconds(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

/** The exponent b of cost = a * size^b through the first and the last point: 0 is flat, 1 is linear. */
export function growthExponent(sizes: readonly number[], costs: readonly number[]): number {
  const last = sizes.length - 1;
  return Math.log(costs[last] / costs[0]) / Math.log(sizes[last] / sizes[0]);
}

/** @param rows of cells, the first of which is a label */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(line).join("\n");
}
