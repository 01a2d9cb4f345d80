/** Screen 7: where the guest is. */
import type { SnapshotRequest } from "../../inspect/snapshot.ts";
import { arrangementOf, share } from "../layout.ts";
import type { Model, Screen, Size, Subject, UiState } from "../model.ts";
import { CODE_PANE, codePane, linesWanted, rowSubject, STACK_PANE, stackPane } from "../panes/cpu-code.ts";
import { REGISTERS_PANE, registerCount, registerSubject, registersPane } from "../panes/cpu-registers.ts";
import { focusOf, isAlone } from "../panes/lists.ts";
import { beside, block, type Line } from "../text/line.ts";
import { BORDER, drawPane } from "../text/pane.ts";

const PANES = ["cpu", "code", "stack"] as const;
const MAKERS = [registersPane, codePane, stackPane] as const;

/** Columns and rows of each pane by its place; null for one that is not drawn. */
type Plan = readonly (Size | null)[];

/** A segment's line is longer than an instruction, and an instruction than a word of the stack. */
const ACROSS = [11, 9] as const;
const CODE_AND_STACK = [13, 7] as const;
const CODE_OVER_STACK = [3, 2] as const;
/** Rows of the upper pane where code and stack are below it: general, state and control registers. */
const UPPER_ROWS = 8 + BORDER;

function planOf(ui: UiState, size: Size): Plan {
  const { columns, rows } = size;
  if (isAlone(ui, size)) {
    const focus = focusOf(ui, PANES.length);
    return PANES.map((_, i) => (i === focus ? size : null));
  }
  if (arrangementOf(size) === "stacked") {
    const upper = Math.max(UPPER_ROWS, Math.floor(rows / 2));
    const [code, stack] = share(columns, CODE_AND_STACK);
    const lower = rows - upper;
    return [
      { columns, rows: upper },
      { columns: code, rows: lower },
      { columns: stack, rows: lower },
    ];
  }
  const [left, right] = share(columns, ACROSS);
  const [code, stack] = share(rows, CODE_OVER_STACK);
  return [
    { columns: left, rows },
    { columns: right, rows: code },
    { columns: right, rows: stack },
  ];
}

function wish(ui: UiState, size: Size): SnapshotRequest {
  const plan = planOf(ui, size);
  const wanted = (pane: number): number => {
    const place = plan[pane];
    return place === null ? 0 : linesWanted(ui, pane, place.rows);
  };
  return { cpu: { code: wanted(CODE_PANE), stack: wanted(STACK_PANE) } };
}

function draw(model: Model, size: Size): Line[] {
  const focus = focusOf(model.ui, PANES.length);
  const [cpu, code, stack] = planOf(model.ui, size).map((place, i) =>
    place === null
      ? []
      : drawPane(
          MAKERS[i](model, place.columns, place.rows, focus === i),
          place.columns,
          place.rows,
          model.glyphs,
        ),
  );
  if (isAlone(model.ui, size)) return block([...cpu, ...code, ...stack], size.columns, size.rows);
  const isStacked = arrangementOf(size) === "stacked";
  const lines = isStacked ? [...cpu, ...beside(code, stack)] : beside(cpu, [...code, ...stack]);
  return block(lines, size.columns, size.rows);
}

function count(model: Model): number {
  const focus = focusOf(model.ui, PANES.length);
  if (focus === REGISTERS_PANE) return registerCount(model);
  const cpu = model.snapshot?.cpu;
  return (focus === CODE_PANE ? cpu?.code.length : cpu?.stack.length) ?? 0;
}

function subject(model: Model): Subject | null {
  const focus = focusOf(model.ui, PANES.length);
  return focus === REGISTERS_PANE ? registerSubject(model) : rowSubject(model, focus);
}

export const cpuScreen: Screen = {
  number: 7,
  name: "cpu",
  panes: PANES,
  sorts: [],
  wish,
  draw,
  count,
  subject,
};
