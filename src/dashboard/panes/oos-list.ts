/**
 * The two lists of tables out of sync, in as many lines as there are. Three forms: with column heads where there is
 * room; each list under a heading; or one line over both, for a small terminal.
 */
import { hex8 } from "../../common/hex.ts";
import type { OosRow, OosView } from "../../inspect/oos-view.ts";
import { type Cursor, type Model, START } from "../model.ts";
import { type Column, columnsFor, headLine, rowLine } from "../text/columns.ts";
import { fitTo, type Line, restyle, span, spread } from "../text/line.ts";
import { entryText, gfnText, guestTime, shortCount, spText } from "../text/numbers.ts";
import { sparkline } from "../text/sparkline.ts";
import { DIM, GLOBAL, SELECTED, STALE, type Style, UNSYNC } from "../text/style.ts";
import { rangeText, windowOf } from "./lists.ts";

export type OosForm = "columns" | "headings" | "single";

/** One of the lists with what its heading says. */
interface Section {
  readonly name: string;
  readonly global: boolean;
  readonly rows: readonly OosRow[];
  /** How long the list was at each sample. */
  readonly history: readonly number[];
  /** Index of its first row among all rows. */
  readonly from: number;
  /** No rows come after its own. */
  readonly isLast: boolean;
}

/** Orders of the rows in each list: as KVM keeps it, the oldest first, the most stale first, by frame. */
export const OOS_SORTS = ["list", "age", "stale", "gfn"] as const;
const SCREEN = 3;

const ORDERS: Readonly<Record<(typeof OOS_SORTS)[number], ((a: OosRow, b: OosRow) => number) | null>> = {
  list: null,
  // What nobody knows the age of comes last.
  age: (a, b) => (a.since ?? Number.MAX_SAFE_INTEGER) - (b.since ?? Number.MAX_SAFE_INTEGER),
  stale: (a, b) => b.stale - a.stale,
  gfn: (a, b) => a.gfn - b.gfn,
};

export const oosSort = ({ ui }: Model): (typeof OOS_SORTS)[number] =>
  OOS_SORTS[ui.sorts[SCREEN] ?? 0] ?? "list";

/** The lists in the order that was chosen. */
function ordered(model: Model, view: OosView): OosView {
  const order = ORDERS[oosSort(model)];
  if (order === null) return view;
  return { ...view, nonGlobal: view.nonGlobal.toSorted(order), global: view.global.toSorted(order) };
}

const bothOf = (view: OosView): readonly OosRow[] => [...view.nonGlobal, ...view.global];

/** Both lists as they are shown, the rows numbered through; empty before there is an answer. */
export function allRows(model: Model): readonly OosRow[] {
  const view = model.snapshot?.oos ?? null;
  return view === null ? [] : bothOf(ordered(model, view));
}

/**
 * The gauge mmu_unsync counts global pages, too; what is not global is the difference. Both are sampled together, the
 * last samples are of the same moment.
 */
function histories({ rates }: Model): {
  readonly nonGlobal: readonly number[];
  readonly global: readonly number[];
} {
  const global = rates.history("mmu_unsync_global");
  const all = rates.history("mmu_unsync");
  const shift = global.length - all.length;
  return { global, nonGlobal: all.map((value, i) => Math.max(value - (global[i + shift] ?? 0), 0)) };
}

function sectionsOf(model: Model, view: OosView): readonly [Section, Section] {
  const { nonGlobal, global } = histories(model);
  return [
    {
      name: "non-global",
      global: false,
      rows: view.nonGlobal,
      history: nonGlobal,
      from: 0,
      isLast: view.global.length === 0,
    },
    {
      name: "global",
      global: true,
      rows: view.global,
      history: global,
      from: view.nonGlobal.length,
      isLast: true,
    },
  ];
}

/** Where the cursor is among all rows, and whether its row is marked, as in the focused pane. */
export interface OosCursor {
  readonly cursor: Cursor;
  readonly marked: boolean;
}

export const NO_CURSOR: OosCursor = { cursor: START, marked: false };

export function oosBody(
  model: Model,
  view: OosView,
  form: OosForm,
  width: number,
  rows: number,
  cursor: OosCursor = NO_CURSOR,
): Line[] {
  const sorted = ordered(model, view);
  const lines =
    form === "single"
      ? single(model, sorted, width, rows, cursor)
      : sections(model, sorted, form === "columns", width, rows, cursor);
  return lines.slice(0, Math.max(rows, 0));
}

/** In one list, under a line with both pictures. */
function single(
  model: Model,
  view: OosView,
  width: number,
  rows: number,
  { cursor, marked }: OosCursor,
): Line[] {
  const list = bothOf(view);
  const [nonGlobal, global] = sectionsOf(model, view);
  const words = [nonGlobal, global].map(({ name, rows: { length } }) => `${name} ${length} `);
  const room = Math.floor((width - words.join("").length - GAP.length) / 2);
  const cells = Math.max(0, Math.min(room, SMALL_PICTURE_CELLS));
  const picture = ({ history }: Section, style: Style) =>
    span(sparkline(history, cells, model.glyphs.bars).padEnd(cells), style);
  const head = [
    span(words[0]),
    picture(nonGlobal, UNSYNC),
    span(GAP),
    span(words[1]),
    picture(global, GLOBAL),
  ];
  const under = Math.max(rows - 1, 0);
  const { at, first } = windowOf(cursor, under, list.length);
  const columns = columnsFor(labelled(model), width - MARGINS);
  const shown = list
    .slice(first, first + under)
    .map((row, i) => oosLine(columns, row, width, marked && first + i === at));
  return [fitTo(head, width), ...(list.length === 0 ? [nothing(width)] : shown)];
}

const GAP = "  ";
const SMALL_PICTURE_CELLS = 10;
const PICTURE_CELLS = 20;
/** A cell for >, one for G, and a blank. */
const MARGINS = 3;

const nothing = (width: number): Line => fitTo([span(`${" ".repeat(MARGINS)}none`, DIM)], width);

/** Rows that two lists get of `rows`: what they need, and where that is too much, at least half each. */
export function rowsByNeed(rows: number, first: number, second: number): readonly [number, number] {
  const half = Math.floor(rows / 2);
  if (first + second <= rows) return [first, second];
  if (first <= rows - half) return [first, rows - first];
  return second <= half ? [rows - second, second] : [rows - half, half];
}

function sections(
  model: Model,
  view: OosView,
  heads: boolean,
  width: number,
  rows: number,
  cursor: OosCursor,
): Line[] {
  const both = sectionsOf(model, view);
  const overhead = both.length * (heads ? 2 : 1) + (heads ? 1 : 0);
  // An empty list says so.
  const need = both.map((one) => Math.max(one.rows.length, 1));
  const shares = rowsByNeed(Math.max(rows - overhead, 0), need[0], need[1]);
  const lines = both.flatMap((section, i) => sectionLines(model, section, shares[i], heads, width, cursor));
  if (!heads) return lines;
  const blank = Array.from({ length: Math.max(rows - 1 - lines.length, 0) }, (): Line => []);
  return [...lines, ...blank, totalsLine(view, width)];
}

function sectionLines(
  model: Model,
  section: Section,
  rows: number,
  heads: boolean,
  width: number,
  { cursor, marked }: OosCursor,
): Line[] {
  const { from, rows: list } = section;
  const local: Cursor = { at: cursor.at - from, top: Math.max(cursor.top - from, 0) };
  const { at, first } = windowOf(local, rows, list.length);
  const inside = marked && holdsCursor(local.at, section);
  const columns = columnsFor(heads ? headed(model, section.global) : labelled(model), width - MARGINS);
  const shown = list
    .slice(first, first + rows)
    .map((row, i) => oosLine(columns, row, width, inside && first + i === at));
  const body = list.length === 0 ? [nothing(width)].slice(0, rows) : shown;
  const title = headingLine(model, section, heads, rangeText(first, rows, list.length), width);
  return heads
    ? [title, [span(" ".repeat(MARGINS)), ...headLine(columns, width - MARGINS)], ...body]
    : [title, ...body];
}

/** One that is out of range is at the last row of all. */
const holdsCursor = (at: number, { rows, isLast }: Section): boolean =>
  rows.length > 0 && at >= 0 && (at < rows.length || isLast);

/** Cells of "non-global" and a blank. */
const NAME_CELLS = 11;
const COUNT_CELLS = 3;

function headingLine(
  { glyphs }: Model,
  { name, global, rows, history }: Section,
  loud: boolean,
  range: string,
  width: number,
): Line {
  const words = `${(loud ? name.toUpperCase() : name).padEnd(NAME_CELLS)}${String(rows.length).padStart(COUNT_CELLS)}  `;
  const peak = loud && history.length > 0 ? `  peak ${Math.max(rows.length, ...history)}` : "";
  const room = width - words.length - peak.length - range.length - 1;
  const cells = Math.max(0, Math.min(room, PICTURE_CELLS));
  const picture = span(sparkline(history, cells, glyphs.bars), global ? GLOBAL : UNSYNC);
  return spread([span(words), picture, span(peak, DIM)], [span(range, DIM)], width);
}

const totalsLine = ({ rootLoads, syncedByCr3, skipped }: OosView, width: number): Line =>
  fitTo(
    [
      span(`CR3 loads ${shortCount(rootLoads)}   synced ${shortCount(syncedByCr3)}   skipped (G) `),
      span(shortCount(skipped)),
    ],
    width,
  );

function oosLine(columns: readonly Column<OosRow>[], row: OosRow, width: number, selected: boolean): Line {
  const mark = row.global ? span("G", GLOBAL) : span(" ");
  const whole = fitTo(
    [span(selected ? ">" : " "), mark, span(" "), ...rowLine(columns, row, width - MARGINS)],
    width,
  );
  return selected ? restyle(whole, SELECTED) : whole;
}

/** How long the page has been out of sync, in guest time; "?" if nobody listened. */
export function ageText({ snapshot, hz }: Model, { since }: OosRow): string {
  return since === null || snapshot === null ? "?" : guestTime(snapshot.status.icount - since, hz);
}

const staleStyle = ({ stale }: OosRow): Style => (stale > 0 ? STALE : DIM);

/** Columns that say themselves what they are. */
function labelled(model: Model): readonly Column<OosRow>[] {
  return [
    { head: "", width: 9, drop: 0, cell: ({ gfn }) => span(`gfn ${gfnText(gfn)}`) },
    { head: "", width: 6, drop: 1, cell: ({ sp }) => span(`sp ${spText(sp)}`) },
    {
      head: "",
      width: 9,
      drop: 0,
      cell: (row) => span(`stale ${String(row.stale).padStart(3)}`, staleStyle(row)),
    },
    { head: "", width: 9, right: true, drop: 2, cell: (row) => span(ageText(model, row)) },
    {
      head: "",
      width: 13,
      drop: 3,
      cell: ({ global, skipped }) => span(global ? ` skipped ${shortCount(skipped)}` : ""),
    },
    { head: "", width: 13, drop: 4, cell: ({ nextSync }) => span(nextSync) },
  ];
}

function headed(model: Model, global: boolean): readonly Column<OosRow>[] {
  const how: Column<OosRow> = global
    ? { head: "skipped", width: 8, drop: 3, cell: ({ skipped }) => span(shortCount(skipped)) }
    : { head: "parent", width: 8, drop: 3, cell: ({ parents }) => span(parentText(parents)) };
  return [
    { head: "gfn", width: 5, drop: 0, cell: ({ gfn }) => span(gfnText(gfn)) },
    { head: "sp", width: 4, drop: 0, cell: ({ sp }) => span(spText(sp)) },
    { head: "age", width: 9, right: true, drop: 2, cell: (row) => span(ageText(model, row)) },
    {
      head: "stale",
      width: 5,
      right: true,
      drop: 0,
      cell: (row) => span(String(row.stale), staleStyle(row)),
    },
    { head: "present", width: 7, right: true, drop: 4, cell: ({ present }) => span(String(present)) },
    how,
    { head: "next sync", width: 13, drop: 1, cell: ({ nextSync }) => span(nextSync) },
    {
      head: "by eip",
      width: 8,
      drop: 5,
      cell: ({ eip }) => span(eip === null ? "?" : hex8(eip), DIM),
    },
    { head: "its roots", width: 10, drop: 6, cell: (row) => span(reachText(row), DIM) },
  ];
}

function parentText(parents: OosRow["parents"]): string {
  if (parents.length === 0) return "none";
  const [{ sp, entry }] = parents;
  return `${spText(sp)}/${entryText(entry)}${parents.length > 1 ? "+" : ""}`;
}

/** Whether the roots that lead to the page are loaded. */
function reachText({ reachable, parents }: OosRow): string {
  if (reachable) return "loaded";
  return parents.length === 0 ? "no parent" : "not loaded";
}
