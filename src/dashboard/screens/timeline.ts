/** Screen 4: what happened, in which order, and why. */
import { arrangementOf } from "../layout.ts";
import { cursorOf, type Model, type Screen, type Size, type Subject } from "../model.ts";
import { whyLines } from "../overlays/why-card.ts";
import { focusOf, isAlone, type ListWindow, listLine, rangeText, windowOf } from "../panes/shadow-marks.ts";
import { eventLine } from "../panes/timeline-lines.ts";
import { block, type Line, line } from "../text/line.ts";
import { grouped } from "../text/numbers.ts";
import { BORDER, drawPane } from "../text/pane.ts";
import { DIM } from "../text/style.ts";

const PANES = ["timeline", "why"] as const;
/** Of the rows, the part that the explanation gets. */
const WHY_SHARE = 3;

function listWindow({ ui, events }: Model, rows: number): ListWindow {
  const total = events.rows.length;
  const cursor = ui.follow ? { at: total - 1, top: total } : cursorOf(ui, 0);
  return windowOf(cursor, rows, total);
}

function listPane(model: Model, width: number, rows: number): Line[] {
  const { events, ui } = model;
  const inside = rows - BORDER;
  const { at, first } = listWindow(model, inside);
  const shown = events.rows.slice(first, first + Math.max(inside, 0));
  const focused = focusOf(ui, PANES.length) === 0;
  const lines =
    shown.length === 0
      ? [line(ui.filter === "" ? " no events yet" : " no event passes the filter", DIM)]
      : shown.map((row, i) =>
          listLine(eventLine(row, model, width - BORDER - 1), width - BORDER, focused && first + i === at),
        );
  const filter = ui.filter === "" ? "" : `   filter ${ui.filter}`;
  const range = rangeText(first, inside, events.rows.length);
  const title = `4 timeline${filter}   ${range === "" ? `${events.rows.length} shown` : range}   ${grouped(events.dropped)} dropped`;
  const follow = ui.follow ? "following" : "F follow";
  return drawPane(
    { title, foot: `enter why  / filter  ${follow}`, focused, lines },
    width,
    rows,
    model.glyphs,
  );
}

function whyPane(model: Model, width: number, rows: number): Line[] {
  const row = selected(model);
  const lines = row === null ? [line("nothing is selected", DIM)] : whyLines(model, row, width - BORDER);
  const focused = focusOf(model.ui, PANES.length) === 1;
  return drawPane(
    { title: row === null ? "why" : `why: event ${row}`, focused, lines },
    width,
    rows,
    model.glyphs,
  );
}

/** Sequence number of the event under the cursor. */
function selected(model: Model): number | null {
  const { at } = listWindow(model, 1);
  return model.events.rows[at]?.record.seq ?? null;
}

function draw(model: Model, size: Size): Line[] {
  const { columns, rows } = size;
  if (isAlone(model.ui, size)) {
    const list = focusOf(model.ui, PANES.length) === 0;
    return block(list ? listPane(model, columns, rows) : whyPane(model, columns, rows), columns, rows);
  }
  const below = Math.floor(rows / WHY_SHARE) + (arrangementOf(size) === "beside" ? 0 : 1);
  return block([...listPane(model, columns, rows - below), ...whyPane(model, columns, below)], columns, rows);
}

function subject(model: Model): Subject | null {
  const seq = selected(model);
  return seq === null ? null : { kind: "event", seq };
}

export const timelineScreen: Screen = {
  number: 4,
  name: "timeline",
  panes: PANES,
  sorts: [],
  wish: () => ({}),
  draw,
  count: (model) => (focusOf(model.ui, PANES.length) === 0 ? model.events.rows.length : 0),
  subject,
};
