/** What was found as tables of numbers. */
import { KMAP_COUNTS, KMAP_TIME } from "./kmaps.ts";
import type { Cell } from "./results.ts";

/** Nanoseconds with as many digits as mean something. */
export function nanoseconds(value: number): string {
  return Math.abs(value) < 100 ? value.toFixed(1) : value.toFixed(0);
}

/** The exponent b of cost = a * size^b that fits best: 0 is flat, 1 linear. */
export function growthExponent(sizes: readonly number[], costs: readonly number[]): number {
  const x = sizes.map(Math.log);
  const y = costs.map(Math.log);
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const slope = x.reduce((sum, value, i) => sum + (value - meanX) * (y[i] - meanY), 0);
  return slope / x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
}

/**
 * Columns lined up; labels to the left, numbers to the right.
 * @param labels how many of the first columns are labels
 */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[], labels = 1): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i < labels ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(line).join("\n");
}

const NOTHING = "-";

/** In order of appearance, each once. */
function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}

function find(cells: readonly Cell[], step: string, subject: string, size: number | null): Cell | undefined {
  return cells.find((cell) => cell.step === step && cell.subject === subject && cell.size === size);
}

/** Steps down, policies across: first nanoseconds, then ratios to the policy they are compared with. */
export function stepsReport(cells: readonly Cell[]): string {
  const subjects = distinct(cells.map(({ subject }) => subject));
  const names = distinct(cells.map(({ step }) => step));
  const table = (show: (cell: Cell) => string): string =>
    textTable(
      ["", ...subjects],
      names.map((step) => [
        step,
        ...subjects.map((subject) => {
          const cell = find(cells, step, subject, null);
          return cell === undefined ? NOTHING : show(cell);
        }),
      ]),
    );
  return [
    `nanoseconds for one\n\n${table(({ value }) => nanoseconds(value))}`,
    `ratios\n\n${table(({ ratio }) => ratio.toFixed(2))}`,
  ].join("\n\n");
}

/** kmaps for each switch down, policies across: a table for each count, and for time with ratios. */
export function kmapsReport(cells: readonly Cell[]): string {
  const subjects = distinct(cells.map(({ subject }) => subject));
  const sizes = distinct(cells.map(({ size }) => size));
  const table = (step: string, show: (cell: Cell) => string): string =>
    textTable(
      ["N", ...subjects],
      sizes.map((size) => [
        String(size),
        ...subjects.map((subject) => {
          const cell = find(cells, step, subject, size);
          return cell === undefined ? NOTHING : show(cell);
        }),
      ]),
    );
  return [
    ...KMAP_COUNTS.map(
      (count) => `${count} for each kmap\n\n${table(count, ({ value }) => value.toFixed(2))}`,
    ),
    `nanoseconds for each kmap\n\n${table(KMAP_TIME, ({ value }) => nanoseconds(value))}`,
    `ratios\n\n${table(KMAP_TIME, ({ ratio }) => ratio.toFixed(2))}`,
  ].join("\n\n");
}

/** Steps and policies down, sizes across, and how it grows. */
export function growthReport(cells: readonly Cell[]): string {
  const subjects = distinct(cells.map(({ subject }) => subject));
  const names = distinct(cells.map(({ step }) => step));
  const sizesOf = (subject: string): (number | null)[] =>
    distinct(cells.filter((cell) => cell.subject === subject).map(({ size }) => size));
  // Policies need different shadow pages for one guest, so sizes may differ a little.
  const columns = Math.max(...subjects.map((subject) => sizesOf(subject).length));
  const heads = Array.from({ length: columns }, (_, i) => {
    const found = subjects.map((subject) => Number(sizesOf(subject)[i]));
    const [low, high] = [Math.min(...found), Math.max(...found)];
    return low === high ? String(low) : `${low}-${high}`;
  });
  const rows = names.flatMap((step) =>
    distinct(cells.filter((cell) => cell.step === step).map(({ subject }) => subject)).map((subject, i) => {
      const row = sizesOf(subject).map((size) => find(cells, step, subject, size));
      const there = row.filter((cell) => cell !== undefined);
      const exponent = growthExponent(
        there.map(({ size }) => size ?? 0),
        there.map(({ value }) => value),
      );
      return [
        i === 0 ? step : "",
        subject,
        ...row.map((cell) => (cell === undefined ? NOTHING : nanoseconds(cell.value))),
        there[there.length - 1].ratio.toFixed(2),
        there.length === 1 ? NOTHING : exponent.toFixed(2),
      ];
    }),
  );
  return textTable(["", "", ...heads, "ratio", "exponent"], rows, 2);
}

export function tracingReport(cells: readonly Cell[]): string {
  return textTable(
    ["", "ns", "ratio"],
    cells.map(({ subject, value, ratio }) => [subject, nanoseconds(value), ratio.toFixed(3)]),
  );
}
