/** Screen 0: is it alive, and what is it doing? Short forms of the other screens, as many as there is room for. */
import type { SnapshotRequest } from "../../inspect/snapshot.ts";
import type { Model, Screen, ScreenNumber, Size, UiState } from "../model.ts";
import { type Part, partAt, parts } from "../panes/overview-parts.ts";
import { type Place, planOf } from "../panes/overview-plan.ts";
import { beside, block, fitTo, type Line } from "../text/line.ts";
import { BORDER, drawPane } from "../text/pane.ts";

/** The screen that the focused pane is the short form of. */
export const screenOfPane = ({ pane }: UiState): ScreenNumber => partAt(pane).screen;

/** Columns and rows of a part's own lines. */
const insideOf = ({ columns, rows, boxed }: Place): Size =>
  boxed ? { columns: Math.max(columns - BORDER, 1), rows: Math.max(rows - BORDER, 1) } : { columns, rows };

function drawPart(model: Model, part: Part, place: Place): Line[] {
  const { title, foot } = part;
  const inside = insideOf(place);
  const lines = part.lines(model, inside.columns, inside.rows);
  if (!place.boxed) return block(lines, place.columns, place.rows);
  const pane = { title: title(model), focused: partAt(model.ui.pane) === part, lines };
  const whole = foot === undefined ? pane : { ...pane, foot: foot(model) };
  return drawPane(whole, place.columns, place.rows, model.glyphs);
}

function draw(model: Model, size: Size): Line[] {
  const bands = planOf(model.ui, size).map((band) =>
    beside(...band.map(({ part, place }) => drawPart(model, part, place))),
  );
  return block(bands.flat(), size.columns, size.rows).map((spans) => fitTo(spans, size.columns));
}

function wish(ui: UiState, size: Size): SnapshotRequest {
  const wishes = planOf(ui, size)
    .flat()
    .map(({ part, place }) => part.wish?.(insideOf(place).rows) ?? {});
  return Object.assign({}, ...wishes) as SnapshotRequest;
}

export const overviewScreen: Screen = {
  number: 0,
  name: "overview",
  panes: parts.map(({ name }) => name),
  sorts: [],
  wish,
  draw,
  count: () => 0,
  subject: () => null,
};
