/** The registers: which there are, what each line says, what has changed since the last stop. */
import { digits, hex8 } from "../../common/hex.ts";
import type { CpuView, SegmentView } from "../../inspect/cpu-view.ts";
import { cursorOf, endOf, type Model, type Subject } from "../model.ts";
import { fitTo, type Line, line, restyle, type Span, span } from "../text/line.ts";
import { BORDER, type Pane, scrollTo } from "../text/pane.ts";
import { CHANGED, DIM, SELECTED } from "../text/style.ts";
import { changedWords } from "./cpu-changes.ts";
import { stateLine, tlbText } from "./cpu-state.ts";
import { windowOf } from "./lists.ts";

/** Its place among the panes of screen 7. */
export const REGISTERS_PANE = 0;

/** One register that the cursor can be at. */
export interface RegisterCell {
  /** As `info registers` and `watch` name it. */
  readonly name: string;
  readonly value: number;
  /** As it is written here: "efl" for eflags, "gdtr" for its base. */
  readonly label: string;
  readonly text: string;
}

/** Cells of the grid: margin, "eax" and its mark, 8 digits, a blank. */
const CELL_WIDTH = 14;
const LABEL_WIDTH = 3;

const selectorText = ({ selector, base, limit, kind }: SegmentView): string =>
  `${digits(selector, 4)} base ${hex8(base)} limit ${hex8(limit)} ${kind}`;

const gridCell = (name: string, value: number, label = name): RegisterCell => ({
  name,
  value,
  label,
  text: hex8(value),
});

/** The registers that are a number and nothing else, in the order in which the cursor visits them. */
export const gridCells = (cpu: CpuView): readonly RegisterCell[] => [
  ...cpu.general.map(([name, value]) => gridCell(name, value)),
  gridCell("eip", cpu.eip),
  gridCell("eflags", cpu.eflags, "efl"),
];

/** The registers with a line each. */
const lineCells = (cpu: CpuView): readonly RegisterCell[] => [
  ...cpu.control.map(([name, value, bits]) => ({
    name,
    value,
    label: name,
    text: `${hex8(value)}  ${bits.join(" ")}`,
  })),
  ...cpu.segments.map((segment) => ({
    name: segment.name,
    value: segment.selector,
    label: segment.name,
    text: selectorText(segment),
  })),
  tableCell("gdtr", cpu.gdtr),
  tableCell("idtr", cpu.idtr),
];

const tableCell = (name: string, [base, limit]: readonly [base: number, limit: number]): RegisterCell => ({
  name: `${name}.base`,
  value: base,
  label: name,
  text: `     base ${hex8(base)} limit ${digits(limit, 4)}`,
});

/** "eax 01f3a067", or "eax*01f3a067" in bold if it is not what it was. */
export function cellSpans(cell: RegisterCell, changed: boolean, labelWidth = LABEL_WIDTH): readonly Span[] {
  const label = `${cell.label.padEnd(labelWidth)}${changed ? "*" : " "}`;
  return changed ? [span(label, CHANGED), span(cell.text, CHANGED)] : [span(label, DIM), span(cell.text)];
}

/** Cells of the grid that stand beside one another. */
export const gridColumns = (width: number, cellWidth = CELL_WIDTH): number =>
  Math.max(Math.floor(width / cellWidth), 1);

const cellsOf = (cpu: CpuView): readonly RegisterCell[] => [...gridCells(cpu), ...lineCells(cpu)];

export const registerCount = ({ snapshot }: Model): number => {
  const cpu = snapshot?.cpu ?? null;
  return cpu === null ? 0 : cellsOf(cpu).length;
};

function selectedCell(model: Model): number {
  return windowOf(cursorOf(model.ui, REGISTERS_PANE), 1, registerCount(model)).at;
}

export function registerSubject(model: Model): Subject | null {
  const cpu = model.snapshot?.cpu ?? null;
  if (cpu === null) return null;
  const { name, value } = cellsOf(cpu)[selectedCell(model)];
  return { kind: "register", name, value: value >>> 0 };
}

/** Lines of text, and for each register the line it is on. */
interface Sheet {
  readonly lines: readonly Line[];
  readonly lineOf: readonly number[];
}

/** Segments and control registers have names of up to 4 letters. */
const LINE_LABEL = 4;

function sheetOf(cpu: CpuView, changes: ReadonlySet<string>, width: number, selected: number): Sheet {
  const lines: Line[] = [];
  const lineOf: number[] = [];
  const grid = gridCells(cpu);
  const across = gridColumns(width);
  for (let first = 0; first < grid.length; first += across) {
    const row = grid.slice(first, first + across);
    lines.push(
      row.flatMap((cell, i) => {
        lineOf.push(lines.length);
        return fitTo(marked(cellSpans(cell, changes.has(cell.name)), first + i === selected), CELL_WIDTH);
      }),
    );
  }
  lines.push(stateLine(cpu));
  for (const cell of lineCells(cpu)) {
    const isSelected = lineOf.length === selected;
    lineOf.push(lines.length);
    lines.push(fitTo(marked(cellSpans(cell, changes.has(cell.label), LINE_LABEL), isSelected), width));
  }
  lines.push(line(` ${tlbText(cpu)}`, DIM));
  return { lines, lineOf };
}

function marked(spans: readonly Span[], selected: boolean): Line {
  return selected ? restyle([span(">"), ...spans], SELECTED) : [span(" "), ...spans];
}

export function registersPane(model: Model, width: number, rows: number, focused: boolean): Pane {
  const title = "7 cpu";
  const foot = endOf(model) === null ? "w watch  t translate" : "t translate";
  const cpu = model.snapshot?.cpu ?? null;
  if (cpu === null) return { title, foot, focused, lines: [line(" no answer from the machine yet", DIM)] };
  const selected = selectedCell(model);
  const sheet = sheetOf(cpu, changedWords(model), width - BORDER, focused ? selected : -1);
  const room = Math.max(rows - BORDER, 1);
  const first = scrollTo(sheet.lineOf[selected], 0, room, sheet.lines.length);
  const hidden =
    sheet.lines.length > room ? `   lines ${first + 1}-${first + room} of ${sheet.lines.length}` : "";
  return { title: `${title}${hidden}`, foot, focused, lines: sheet.lines.slice(first, first + room) };
}
