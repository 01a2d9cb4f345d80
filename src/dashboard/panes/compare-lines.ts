/** The printed comparison, made to fit: columns move together, sentences are wrapped anew. */
import { wrap } from "../text/line.ts";

export interface ReportLine {
  readonly text: string;
  /** The line of the report that it comes from. */
  readonly source: number;
}

/** Blanks that stay between columns. */
const GAP = 2;
/** A line with such a run of blanks is part of a table. */
const TABLE = /\S {2,}\S/;

/** The report in lines of at most `width` cells. A table that cannot be narrow enough is left as it is. */
export function fitReport(report: readonly string[], width: number): ReportLine[] {
  const found: ReportLine[] = [];
  for (let first = 0; first < report.length; ) {
    if (report[first].trim() === "") {
      found.push({ text: "", source: first++ });
      continue;
    }
    let end = first;
    while (end < report.length && report[end].trim() !== "") end++;
    found.push(...fitBlock(report.slice(first, end), first, width));
    first = end;
  }
  return found;
}

function fitBlock(block: readonly string[], first: number, width: number): ReportLine[] {
  const asTheyAre = (lines: readonly string[]): ReportLine[] =>
    lines.map((text, i) => ({ text, source: first + i }));
  if (block.every(({ length }) => length <= width)) return asTheyAre(block);
  if (block.some((text) => TABLE.test(text))) return asTheyAre(squeezed(block, width));
  const words = wrap(block.join(" "), width);
  return words.map((text, i) => ({ text, source: first + Math.floor((i * block.length) / words.length) }));
}

/** Takes out columns that are blank in all lines, but for the gaps, as many as needed; the widest gap first. */
function squeezed(block: readonly string[], width: number): string[] {
  let lines = [...block];
  for (;;) {
    const excess = Math.max(...lines.map(({ length }) => length)) - width;
    if (excess <= 0) return lines;
    const gap = widestGap(lines);
    if (gap === null) return lines;
    const cut = gap.from;
    lines = lines.map((text) => text.slice(0, cut) + text.slice(cut + 1));
  }
}

/** The longest run of columns, wider than a gap must be, that are blank in all lines; not before or after them. */
function widestGap(lines: readonly string[]): { readonly from: number; readonly count: number } | null {
  const end = Math.max(...lines.map(({ length }) => length));
  let best: { from: number; count: number } | null = null;
  let from = -1;
  for (let column = 0; column <= end; column++) {
    const blank = column < end && lines.every((text) => (text[column] ?? " ") === " ");
    if (blank && from < 0) from = column;
    if (blank || from < 0) continue;
    const count = column - from;
    if (from > 0 && count > GAP && column < end && count > (best?.count ?? 0)) best = { from, count };
    from = -1;
  }
  return best;
}
