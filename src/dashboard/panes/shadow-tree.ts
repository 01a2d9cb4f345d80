/** The list of shadow pages of screen 2: the tree that the loaded roots lead to, or all pages in another order. */

import { hex8 } from "../../common/hex.ts";
import type { ShadowWindow } from "../../inspect/shadow-view.ts";
import { SHADOW_SORTS, type ShadowRow, type ShadowSort, type ShadowView } from "../../inspect/shadow-view.ts";
import { cursorOf, type Model, type Subject, type UiState } from "../model.ts";
import { type Column, columnsFor, rowLine } from "../text/columns.ts";
import type { Glyphs } from "../text/glyphs.ts";
import { fitTo, type Line, line, span } from "../text/line.ts";
import { entryText, gfnText, spText } from "../text/numbers.ts";
import { BORDER, type Pane } from "../text/pane.ts";
import { DIM } from "../text/style.ts";
import { absence, listLine, windowOf } from "./lists.ts";
import { staleSpan, stateSpans } from "./shadow-marks.ts";

/** Its place among the screen's panes. */
export const TREE_PANE = 0;
const SCREEN = "2";
/** The line about pae_root. */
const HEAD_LINES = 1;
/** A blank line, the pool and the hash: only where the list keeps room. */
const FOOT_LINES = 3;
const ROWS_WITH_FOOT = 12;
const MARGIN = 1;
/** A column of stale counts, and one that has room for "unsync_children 12". */
const STALE_CELLS = 9;
const CHILDREN_CELLS = 18;
const ROOM_FOR_CHILDREN = 69;

type PageRow = Extract<ShadowRow, { kind: "page" }>;

export const sortOf = (ui: UiState): ShadowSort =>
  SHADOW_SORTS[(ui.sorts[SCREEN] ?? 0) % SHADOW_SORTS.length] ?? SHADOW_SORTS[0];

const hasFoot = (inside: number): boolean => inside >= ROWS_WITH_FOOT;
const listRows = (inside: number): number => inside - HEAD_LINES - (hasFoot(inside) ? FOOT_LINES : 0);

/** What a pane of so many rows, border included, must ask for. */
export function treeWindow(ui: UiState, rows: number): ShadowWindow {
  const count = Math.max(listRows(rows - BORDER), 1);
  const { first } = windowOf(cursorOf(ui, TREE_PANE), count, Number.MAX_SAFE_INTEGER);
  return { first, count, sort: sortOf(ui) };
}

export const treeCount = ({ snapshot }: Model): number => snapshot?.shadow?.total ?? 0;

/** The row under the cursor; null if there is none, or the answer does not reach to it. */
export function treeRow({ snapshot, ui }: Model): ShadowRow | null {
  const view = snapshot?.shadow ?? null;
  if (view === null || view.total === 0) return null;
  const { at } = windowOf(cursorOf(ui, TREE_PANE), 1, view.total);
  return view.rows[at - view.first] ?? null;
}

export function treeSubject(model: Model): Subject | null {
  const row = treeRow(model);
  if (row === null || row.kind === "title") return null;
  if (row.kind === "no-root") return { kind: "gva", gva: (row.slot << 30) >>> 0 };
  const gva = row.slot === null ? null : ((row.slot << 30) | ((row.entry ?? 0) << 21)) >>> 0;
  return { kind: "page", sp: row.page.sp, gfn: row.page.gfn, gva };
}

export function treePane(model: Model, width: number, rows: number, focused: boolean): Pane {
  const view = model.snapshot?.shadow ?? null;
  const sort = sortOf(model.ui);
  const foot = "enter open  o sort  r rmap  t translate";
  if (view === null) {
    return { title: "2 shadow pages", foot, focused, lines: [line(absence(model), DIM)] };
  }
  const title = `2 shadow pages   ${view.used} of ${view.quota}   sort ${sort}`;
  return { title, foot, focused, lines: treeLines(model, view, width - BORDER, rows - BORDER, focused) };
}

function treeLines(model: Model, view: ShadowView, width: number, inside: number, focused: boolean): Line[] {
  const rows = Math.max(listRows(inside), 0);
  const { at, first } = windowOf(cursorOf(model.ui, TREE_PANE), rows, view.total);
  const list = Array.from({ length: Math.min(rows, view.total - first) }, (_, i) => {
    const row = view.rows[first + i - view.first];
    const content =
      row === undefined ? line(model.glyphs.unknown, DIM) : rowContent(model, row, width - MARGIN);
    return listLine(content, width, focused && first + i === at);
  });
  if (view.total === 0) list.push(line(" no shadow pages: no roots are loaded", DIM));
  const head = line(` pae_root   root_hpa ${hex8(view.rootHpa)}`, DIM);
  if (!hasFoot(inside)) return [head, ...list];
  const blank = Array.from({ length: rows - list.length + 1 }, (): Line => []);
  return [head, ...list, ...blank, poolLine(view, width, model.glyphs), hashLine(view)];
}

function rowContent(model: Model, row: ShadowRow, width: number): Line {
  const { glyphs } = model;
  if (row.kind === "title") return fitTo([span(row.text, DIM)], width);
  if (row.kind === "no-root") {
    return fitTo([span(`${slotBranch(row.slot, glyphs)}${row.slot} not present`, DIM)], width);
  }
  const inTree = sortOf(model.ui) === "tree";
  return rowLine(columnsFor(pageColumns(glyphs, inTree, width), width), row, width);
}

const LAST_SLOT = 3;
const slotBranch = (slot: number, { branch, lastBranch, horizontal }: Glyphs): string =>
  `${slot === LAST_SLOT ? lastBranch : branch}${horizontal}`;

/** Where the page hangs: "├─0", "│ ├ 040"; or in another order than the tree's, "0/040". */
function place({ depth, slot, entry, last }: PageRow, glyphs: Glyphs, inTree: boolean): string {
  const index = entry === null ? "" : entryText(entry);
  if (!inTree) return slot === null ? index : index === "" ? String(slot) : `${slot}/${index}`;
  if (depth === 0) return slot === null ? "" : `${slotBranch(slot, glyphs)}${slot}`;
  const trunk = slot === null || slot === LAST_SLOT ? " " : glyphs.trunk;
  return `${trunk} ${last ? glyphs.lastBranch : glyphs.branch} ${index}`;
}

const isRoot = (row: PageRow): boolean => row.entry === null && row.page.level > 1;

function pageColumns(glyphs: Glyphs, inTree: boolean, width: number): readonly Column<PageRow>[] {
  const roomy = width >= ROOM_FOR_CHILDREN;
  return [
    { head: "", width: 7, drop: 0, cell: (row) => span(place(row, glyphs, inTree)) },
    { head: "", width: 6, drop: 0, cell: ({ page }) => span(`sp ${spText(page.sp)}`) },
    { head: "", width: 2, drop: 5, cell: ({ page }) => span(`l${page.level}`) },
    { head: "", width: 9, drop: 0, cell: ({ page }) => span(`gfn ${gfnText(page.gfn)}`) },
    { head: "", width: 3, drop: 4, cell: ({ page }) => span(page.access) },
    {
      head: "",
      width: 8,
      drop: 0,
      cell: (row) => (isRoot(row) ? span(`root ${row.rootCount}`) : stateSpans(row.page)),
    },
    {
      head: "",
      width: 9,
      drop: 3,
      cell: ({ page }) => span(`${page.present} sptes`.padStart(9)),
    },
    {
      head: "",
      width: roomy ? CHILDREN_CELLS : STALE_CELLS,
      drop: 2,
      cell: (row) => tally(row, roomy),
    },
  ];
}

/** What is out of sync in or below the page. */
function tally(row: PageRow, roomy: boolean): Line {
  if (!isRoot(row)) return row.page.unsync ? staleSpan(row.page.stale) : [];
  const name = roomy ? "unsync_children" : "unsync";
  return [span(`${name} ${row.unsyncChildren}`, row.unsyncChildren > 0 ? {} : DIM)];
}

const GAUGE_CELLS = 40;
const ROOM_FOR_GAUGE = 50;

function poolLine({ used, quota }: ShadowView, width: number, { full, empty }: Glyphs): Line {
  const words = `${used} used  ${Math.max(quota - used, 0)} free`;
  if (width < ROOM_FOR_GAUGE) return [span(` pool   ${words}`)];
  const cells = Math.min(GAUGE_CELLS, width - words.length - 12);
  const filled = quota > 0 ? Math.min(Math.ceil((used / quota) * cells), cells) : 0;
  return [span(` pool   ${full.repeat(filled)}${empty.repeat(cells - filled)}   ${words}`)];
}

const hashLine = ({ longestChain, recycled, flooded }: ShadowView): Line => [
  span(` hash   longest chain ${longestChain}   recycled ${recycled}   flooded ${flooded}`),
];
