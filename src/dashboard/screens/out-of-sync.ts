/** Screen 3: what is stale right now, and what will end that. */
import type { OosRow } from "../../inspect/oos-view.ts";
import { arrangementOf } from "../layout.ts";
import { cursorOf, endOf, type Model, type Screen, type Size, type Subject } from "../model.ts";
import { absence, focusOf, isAlone, windowOf } from "../panes/lists.ts";
import { oosWish } from "../panes/oos-lines.ts";
import { allRows, OOS_SORTS, oosBody, oosSort } from "../panes/oos-list.ts";
import { oosStory } from "../panes/oos-story.ts";
import { block, type Line, line, wrap } from "../text/line.ts";
import { spText } from "../text/numbers.ts";
import { BORDER, drawPane, type Pane } from "../text/pane.ts";
import { DIM } from "../text/style.ts";

const PANES = ["out of sync", "page"] as const;
const LIST_PANE = 0;

/** Of the rows, the part that the sentences get, and no less than this many. */
const STORY_SHARE = 3;
const STORY_ROWS = 9;

function selectedRow(model: Model): OosRow | null {
  const rows = allRows(model);
  const { at } = windowOf(cursorOf(model.ui, LIST_PANE), 1, rows.length);
  return rows[at] ?? null;
}

function listPane(model: Model, size: Size, width: number, rows: number, focused: boolean): Pane {
  const view = model.snapshot?.oos ?? null;
  const foot = `enter open  o sort  r rmap${endOf(model) === null ? "  w watch" : ""}`;
  const pane = { title: `3 out of sync   sort ${oosSort(model)}`, foot, focused };
  if (view === null) return { ...pane, lines: [line(absence(model), DIM)] };
  const form = arrangementOf(size) === "one" ? "single" : "columns";
  const cursor = { cursor: cursorOf(model.ui, LIST_PANE), marked: focused };
  return { ...pane, lines: oosBody(model, view, form, width - BORDER, rows - BORDER, cursor) };
}

function storyPane(model: Model, width: number, focused: boolean): Pane {
  const row = selectedRow(model);
  if (row === null) {
    const why = (model.snapshot?.oos ?? null) === null ? absence(model) : "nothing is out of sync";
    return { title: "3 page", focused, lines: [line(why, DIM)] };
  }
  const lines = wrap(oosStory(model, row), width - BORDER).map((text) => line(text));
  return { title: `3 sp ${spText(row.sp)}`, focused, lines };
}

function draw(model: Model, size: Size): Line[] {
  const { columns, rows } = size;
  const focus = focusOf(model.ui, PANES.length);
  const list = (height: number): Line[] =>
    drawPane(listPane(model, size, columns, height, focus === LIST_PANE), columns, height, model.glyphs);
  const story = (height: number): Line[] =>
    drawPane(storyPane(model, columns, focus !== LIST_PANE), columns, height, model.glyphs);
  if (isAlone(model.ui, size)) return block(focus === LIST_PANE ? list(rows) : story(rows), columns, rows);
  const below = Math.max(STORY_ROWS, Math.floor(rows / STORY_SHARE));
  return block([...list(rows - below), ...story(below)], columns, rows);
}

function subject(model: Model): Subject | null {
  const row = selectedRow(model);
  return row === null ? null : { kind: "page", sp: row.sp, gfn: row.gfn, gva: null };
}

export const outOfSyncScreen: Screen = {
  number: 3,
  name: "out of sync",
  panes: PANES,
  sorts: OOS_SORTS,
  wish: () => oosWish,
  draw,
  count: (model) => (focusOf(model.ui, PANES.length) === LIST_PANE ? allRows(model).length : 0),
  subject,
};
