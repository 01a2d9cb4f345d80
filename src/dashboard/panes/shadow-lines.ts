/** The tree of shadow pages in few lines, for the overview. */
import type { ShadowRow } from "../../inspect/shadow-view.ts";
import type { SnapshotRequest } from "../../inspect/snapshot.ts";
import type { Model } from "../model.ts";
import { type Column, columnsFor, rowLine } from "../text/columns.ts";
import type { Glyphs } from "../text/glyphs.ts";
import { fitTo, type Line, line, span } from "../text/line.ts";
import { entryText, gfnText, spText } from "../text/numbers.ts";
import { DIM } from "../text/style.ts";
import { absence } from "./lists.ts";
import { staleSpan, stateSpans } from "./shadow-marks.ts";

/** Slots of pae_root, each of which may take a row that is not shown here. */
const SLOTS = 4;

/** Narrower, roots say their frame only. */
const ROOM_FOR_ROOT = 54;

type PageRow = Extract<ShadowRow, { kind: "page" }>;

/** What must be asked so that `shadowLines` can fill so many rows. */
export const shadowWish = (rows: number): SnapshotRequest => ({
  shadow: { first: 0, count: Math.max(rows, 1) + SLOTS, sort: "tree" },
});

/** The first pages of the tree, roots with their tables; the last line says how many rows there are besides. */
export function shadowLines(model: Model, width: number, rows: number): Line[] {
  const view = model.snapshot?.shadow ?? null;
  if (view === null) return [fitTo(line(absence(model), DIM), width)];
  const shown = view.first === 0 ? view.rows.filter(({ kind }) => kind !== "no-root") : [];
  const hidden = view.total - view.rows.length;
  if (shown.length === 0) return [fitTo(line("no roots are loaded", DIM), width)];
  const fits = hidden === 0 && shown.length <= rows;
  const lines = shown.slice(0, fits ? rows : rows - 1).map((row) => compactLine(row, width, model.glyphs));
  if (fits) return lines;
  const more = shown.length - lines.length + hidden;
  return [...lines, fitTo([span(`${model.glyphs.unknown} ${more} more on screen 2`, DIM)], width)];
}

function compactLine(row: ShadowRow, width: number, glyphs: Glyphs): Line {
  if (row.kind === "title") return fitTo([span(row.text, DIM)], width);
  if (row.kind === "no-root") return fitTo([span(`pae_root ${row.slot}  not present`, DIM)], width);
  if (row.depth === 0) return fitTo(rootLine(row, width), width);
  return rowLine(columnsFor(tableColumns(glyphs), width), row, width);
}

function rootLine({ slot, page, rootCount, unsyncChildren }: PageRow, width: number): Line {
  const name = slot === null ? `sp ${spText(page.sp)}` : `pae_root ${slot} `;
  if (width < ROOM_FOR_ROOT) return [span(`${name} gfn ${gfnText(page.gfn)}`)];
  return [
    span(`${name} l${page.level} gfn ${gfnText(page.gfn)} ${page.access} root ${rootCount}`),
    span(`  unsync_children ${unsyncChildren}`, unsyncChildren > 0 ? {} : DIM),
  ];
}

function tableColumns(glyphs: Glyphs): readonly Column<PageRow>[] {
  return [
    {
      head: "",
      width: 5,
      drop: 0,
      cell: ({ last, entry }) =>
        span(`${last ? glyphs.lastBranch : glyphs.branch} ${entry === null ? "" : entryText(entry)}`),
    },
    { head: "", width: 2, drop: 5, cell: ({ page }) => span(`l${page.level}`) },
    { head: "", width: 9, drop: 0, cell: ({ page }) => span(`gfn ${gfnText(page.gfn)}`) },
    { head: "", width: 3, drop: 4, cell: ({ page }) => span(page.access) },
    { head: "", width: 8, drop: 0, cell: ({ page }) => stateSpans(page) },
    { head: "", width: 6, drop: 3, cell: ({ page }) => span(`sp ${spText(page.sp)}`, DIM) },
    {
      head: "",
      width: 13,
      drop: 2,
      cell: ({ page }) =>
        page.unsync ? [...staleSpan(page.stale, 3), span(`/${page.present}`, DIM)] : span(""),
    },
  ];
}
