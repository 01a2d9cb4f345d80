/** Screen 4: what happened, in which order, and why. */
import { grouped } from "../../common/grouped.ts";
import { type Cursor, cursorOf, type Model, type Screen, type Size, type Subject } from "../model.ts";
import { whyLines } from "../overlays/why-card.ts";
import { focusOf, isAlone, type ListWindow, listLine, rangeText, windowOf } from "../panes/lists.ts";
import { eventLine, lastRows, noEvents, rowLine, timelineHead } from "../panes/timeline-lines.ts";
import { block, type Line, line, span } from "../text/line.ts";
import { BORDER, drawPane } from "../text/pane.ts";
import { DIM } from "../text/style.ts";

const PANES = ["timeline", "why"] as const;
const LIST_PANE = 0;
const HEAD_ROWS = 1;
/** The margin with the mark of the selected row. */
const MARGIN = 1;
/** Of the rows, the part that the explanation gets, and no less than this many. */
const WHY_SHARE = 3;
const WHY_ROWS = 8;

const last = ({ events }: Model): Cursor => {
  const at = Math.max(events.rows.length - 1, 0);
  return { at, top: at };
};

function listWindow(model: Model, rows: number): ListWindow {
  const cursor = model.ui.follow ? last(model) : cursorOf(model.ui, LIST_PANE);
  return windowOf(cursor, rows, model.events.rows.length);
}

const inList = ({ ui }: Model): boolean => focusOf(ui, PANES.length) === LIST_PANE;

function listPane(model: Model, width: number, rows: number): Line[] {
  const { events, ui, glyphs } = model;
  const inside = width - BORDER;
  const room = Math.max(rows - BORDER - HEAD_ROWS, 1);
  const { first } = listWindow(model, room);
  const total = events.rows.length;
  const body = total === 0 ? [noEvents(model)] : listLines(model, inside, room);
  const filter = ui.filter === "" ? "" : `   filter ${ui.filter}`;
  const range = ui.follow ? "" : rangeText(first, room, total);
  const shown = range === "" ? `${grouped(total)} shown` : range;
  const title = `4 timeline${filter}   ${shown}   ${grouped(events.unseen)} unseen`;
  const foot = `enter why  / filter  ${ui.follow ? "following" : "F follow"}`;
  const head = [span(" "), ...timelineHead(inside - MARGIN)];
  return drawPane({ title, foot, focused: inList(model), lines: [head, ...body] }, width, rows, glyphs);
}

/** Long groups are folded only at the end of the list, where new events would push each other out of sight. */
function listLines(model: Model, width: number, room: number): Line[] {
  const { events, ui } = model;
  const focused = inList(model);
  if (ui.follow) {
    const shown = lastRows(events.rows, room);
    return shown.map((row, i) =>
      listLine(rowLine(row, model, width - MARGIN), width, focused && i === shown.length - 1),
    );
  }
  const { at, first } = listWindow(model, room);
  return events.rows
    .slice(first, first + room)
    .map((row, i) => listLine(eventLine(row, model, width - MARGIN), width, focused && first + i === at));
}

function whyPane(model: Model, width: number, rows: number): Line[] {
  const seq = selected(model);
  const lines = seq === null ? [line(" nothing is selected", DIM)] : whyLines(model, seq, width - BORDER);
  const title = seq === null ? "4 why" : `4 why: event ${seq}`;
  return drawPane(
    { title, foot: "enter all of it", focused: !inList(model), lines },
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
    return block(
      inList(model) ? listPane(model, columns, rows) : whyPane(model, columns, rows),
      columns,
      rows,
    );
  }
  const below = Math.max(Math.floor(rows / WHY_SHARE), WHY_ROWS);
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
  count: (model) => (inList(model) ? model.events.rows.length : 0),
  start: last,
  subject,
};
