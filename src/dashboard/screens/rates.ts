/** Screen 6: where the time goes. All counters, and the exits by reason. */
import { arrangementOf, share } from "../layout.ts";
import type { Model, Screen, Size, Subject } from "../model.ts";
import { cursorOf } from "../model.ts";
import { focusOf, isAlone, windowOf } from "../panes/lists.ts";
import { COUNTERS_PANE, counterRows, countersPane, RATE_SORTS } from "../panes/rates-counters.ts";
import { EXITS_PANE, exitRows, exitsPane } from "../panes/rates-exits.ts";
import { beside, block, type Line } from "../text/line.ts";
import { drawPane } from "../text/pane.ts";

const PANES = ["rates", "exits by reason"] as const;
/** Beside one another the counters need more columns, above one another more rows. */
const WEIGHTS = [3, 2] as const;
const DOWN = [2, 1] as const;

function draw(model: Model, size: Size): Line[] {
  const { columns, rows } = size;
  const focus = focusOf(model.ui, PANES.length);
  const counters = (width: number, height: number): Line[] =>
    drawPane(countersPane(model, width, height, focus === COUNTERS_PANE), width, height, model.glyphs);
  const exits = (width: number, height: number): Line[] =>
    drawPane(exitsPane(model, width, height, focus === EXITS_PANE), width, height, model.glyphs);
  if (isAlone(model.ui, size)) {
    const lines = focus === COUNTERS_PANE ? counters(columns, rows) : exits(columns, rows);
    return block(lines, columns, rows);
  }
  if (arrangementOf(size) === "beside") {
    const [left, right] = share(columns, WEIGHTS);
    return block(beside(counters(left, rows), exits(right, rows)), columns, rows);
  }
  const [upper, lower] = share(rows, DOWN);
  return block([...counters(columns, upper), ...exits(columns, lower)], columns, rows);
}

/** The counter under the focused pane's cursor. */
function subject(model: Model): Subject | null {
  const { ui } = model;
  const focus = focusOf(ui, PANES.length);
  const names =
    focus === COUNTERS_PANE
      ? counterRows(model).map(({ name }) => name)
      : exitRows(model).map(({ counter }) => counter);
  const { at } = windowOf(cursorOf(ui, focus), 1, names.length);
  return at < 0 ? null : { kind: "counter", name: names[at] };
}

export const ratesScreen: Screen = {
  number: 6,
  name: "rates",
  panes: PANES,
  sorts: RATE_SORTS,
  wish: () => ({}),
  draw,
  count: (model) =>
    (focusOf(model.ui, PANES.length) === COUNTERS_PANE ? counterRows(model) : exitRows(model)).length,
  subject,
};
