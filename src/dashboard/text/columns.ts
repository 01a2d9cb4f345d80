/** Tables whose least important columns go first when there is no room. */
import { fitTo, type Line, lineWidth, type Span } from "./line.ts";

export interface Column<Row> {
  /** What stands above it, "" for nothing. */
  readonly head: string;
  /** Cells, without the blank that separates it from the next column. */
  readonly width: number;
  readonly right?: boolean;
  /** The column with the highest number goes first; 0 stays. */
  readonly drop: number;
  readonly cell: (row: Row) => Span | Line;
}

/** The columns that fit into `width`: the least important are left out until the rest does. */
export function columnsFor<Row>(columns: readonly Column<Row>[], width: number): readonly Column<Row>[] {
  let chosen = columns;
  const total = (): number => chosen.reduce((sum, column) => sum + column.width + 1, -1);
  while (total() > width) {
    const least = Math.max(...chosen.map(({ drop }) => drop));
    if (least === 0) break;
    chosen = chosen.filter(({ drop }) => drop !== least);
  }
  return chosen;
}

export function headLine<Row>(columns: readonly Column<Row>[], width: number): Line {
  const spans = columns.flatMap((column, i) => [
    ...(i > 0 ? [{ text: " " }] : []),
    ...align([{ text: column.head, style: { dim: true } }], column),
  ]);
  return fitTo(spans, width);
}

export function rowLine<Row>(columns: readonly Column<Row>[], row: Row, width: number): Line {
  const spans = columns.flatMap((column, i) => {
    const cell = column.cell(row);
    const content: Line = Array.isArray(cell) ? cell : [cell as Span];
    return [...(i > 0 ? [{ text: " " }] : []), ...align(content, column)];
  });
  return fitTo(spans, width);
}

function align(content: Line, { width, right }: { readonly width: number; readonly right?: boolean }): Line {
  const blank = width - lineWidth(content);
  if (blank <= 0 || right !== true) return fitTo(content, width);
  return [{ text: " ".repeat(blank) }, ...content];
}
