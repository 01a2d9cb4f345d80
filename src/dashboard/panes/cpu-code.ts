/** The instructions from eip on, and the words on the stack from esp on. */
import { digits, hex8 } from "../../common/hex.ts";
import type { CodeLine, StackLine } from "../../inspect/cpu-view.ts";
import { cursorOf, endOf, type Model, type Subject, type UiState } from "../model.ts";
import { type Column, rowLine } from "../text/columns.ts";
import { type Line, line, restyle, span } from "../text/line.ts";
import { BORDER, type Pane } from "../text/pane.ts";
import { BOLD, CHANGED, DIM } from "../text/style.ts";
import { changedStack } from "./cpu-changes.ts";
import { listLine, windowOf } from "./lists.ts";

/** Their places among the panes of screen 7. */
export const CODE_PANE = 1;
export const STACK_PANE = 2;

/** However far the cursor goes, no more is asked for. */
const MOST_LINES = 512;

/** Lines to ask for, so that a pane of `rows` rows is full and the cursor can go on: the list has no end. */
export function linesWanted(ui: UiState, pane: number, rows: number): number {
  const inside = Math.max(rows - BORDER, 1);
  return Math.min(Math.max(cursorOf(ui, pane).at, 0) + inside, MOST_LINES);
}

/** At most `digits` of the bytes, with ".." for the rest. */
export const bytesText = (bytes: string, digits: number): string =>
  bytes.length <= digits ? bytes : `${bytes.slice(0, digits - 2)}..`;

/** Digits of an instruction's bytes, by the width that is needed for them: 7 bytes are more than most have. */
const BYTES: readonly (readonly [from: number, digits: number])[] = [
  [56, 14],
  [44, 10],
  [0, 0],
];
const ADDRESS_WIDTH = 8;

/** The instruction's text takes the room that mark, address and bytes leave. */
function codeColumns(width: number, mark: string): readonly Column<CodeLine>[] {
  const digits = BYTES.find(([from]) => width >= from)?.[1] ?? 0;
  const bytes: Column<CodeLine> = {
    head: "bytes",
    width: digits,
    drop: 1,
    cell: (code) => span(bytesText(code.bytes, digits), DIM),
  };
  const used = mark.length + 1 + ADDRESS_WIDTH + 1 + (digits > 0 ? digits + 1 : 0);
  return [
    { head: "", width: mark.length, drop: 0, cell: ({ current }) => span(current ? mark : "", BOLD) },
    { head: "gva", width: ADDRESS_WIDTH, drop: 0, cell: ({ gva }) => span(hex8(gva), DIM) },
    ...(digits > 0 ? [bytes] : []),
    {
      head: "instruction",
      width: Math.max(width - used, 1),
      drop: 0,
      cell: ({ text, current }) => span(text, current ? BOLD : {}),
    },
  ];
}

/** An instruction: the mark if it is the next, address, bytes if there is room, text. */
export const codeText = (code: CodeLine, width: number, mark: string): Line =>
  rowLine(codeColumns(width, mark), code, width);

/** As in gdb, because `>` in the margin is the cursor's. */
const NEXT = "=>";

export function codePane(model: Model, width: number, rows: number, focused: boolean): Pane {
  const code = model.snapshot?.cpu?.code ?? [];
  const lines = windowLines(model, CODE_PANE, code, rows, (row, selected) =>
    listLine(codeText(row, width - BORDER - 1, NEXT), width - BORDER, focused && selected),
  );
  const title = "7 code";
  const foot = endOf(model) === null ? "b break  s step  n next" : "";
  return { title, foot, focused, lines: lines.length > 0 ? lines : [line(absenceOf(model, "code"), DIM)] };
}

export function stackPane(model: Model, width: number, rows: number, focused: boolean): Pane {
  const stack = model.snapshot?.cpu?.stack ?? [];
  const changes = changedStack(model);
  const esp = stack[0]?.gva ?? 0;
  const lines = windowLines(model, STACK_PANE, stack, rows, (row, selected) =>
    listLine(stackText(row, esp, changes.has(row.gva)), width - BORDER, focused && selected),
  );
  const title = "7 stack";
  const foot = endOf(model) === null ? "w watch" : "";
  return { title, foot, focused, lines: lines.length > 0 ? lines : [line(absenceOf(model, "stack"), DIM)] };
}

const OFFSET_WIDTH = 3;

function stackText({ gva, value }: StackLine, esp: number, changed: boolean): Line {
  const offset = `+${digits((gva - esp) >>> 0, 2)}`.padEnd(OFFSET_WIDTH);
  const word = value === null ? span("(not mapped)", DIM) : span(hex8(value));
  const content = [span(`${hex8(gva)} `, DIM), span(offset, DIM), span(changed ? "*" : " "), word];
  return changed ? restyle(content, CHANGED) : content;
}

function absenceOf({ snapshot }: Model, what: string): string {
  return snapshot === null ? " no answer from the machine yet" : ` the ${what} has not been asked for yet`;
}

/** The rows in sight, each made into a line. */
function windowLines<Row>(
  model: Model,
  pane: number,
  list: readonly Row[],
  rows: number,
  make: (row: Row, selected: boolean) => Line,
): Line[] {
  const room = Math.max(rows - BORDER, 1);
  const { at, first } = windowOf(cursorOf(model.ui, pane), room, list.length);
  return list.slice(first, first + room).map((row, i) => make(row, first + i === at));
}

/** The address of the row under the cursor. */
export function rowSubject(model: Model, pane: number): Subject | null {
  const cpu = model.snapshot?.cpu ?? null;
  const list: readonly { readonly gva: number }[] =
    cpu === null ? [] : pane === CODE_PANE ? cpu.code : cpu.stack;
  const { at } = windowOf(cursorOf(model.ui, pane), 1, list.length);
  return at < 0 ? null : { kind: "gva", gva: list[at].gva };
}
