/** One shadow page: what it is, and its entries beside the guest's. */
import { grouped } from "../../common/grouped.ts";
import { hex8 } from "../../common/hex.ts";
import type { EntryState, EntryView, PageView, PageWindow } from "../../inspect/page-view.ts";
import type { ShadowPageView } from "../../inspect/shadow-tree.ts";
import { cursorOf, type Model, type Subject, type UiState } from "../model.ts";
import { type Column, columnsFor, headLine, rowLine } from "../text/columns.ts";
import { fitTo, type Line, line, lineWidth, span } from "../text/line.ts";
import { entryText, gfnText, guestTime, spText } from "../text/numbers.ts";
import { BORDER, type Pane } from "../text/pane.ts";
import { DIM, STALE, type Style } from "../text/style.ts";
import { absence, listLine, rangeText, windowOf } from "./lists.ts";
import { guestForm, stateSpans } from "./shadow-marks.ts";
import { treeRow } from "./shadow-tree.ts";

/** Its place among the panes of screen 2. */
export const PAGE_PANE = 1;
/** From this width on two facts stand on a line. */
const ROOM_FOR_TWO_FACTS = 44;
const MOST_FACT_LINES = 6;
const MARGIN = 1;
const LEAF_LEVEL = 1;

/** Lines of facts in a pane with so many lines inside: the entries get at least half. */
const factLines = (inside: number): number =>
  Math.max(1, Math.min(MOST_FACT_LINES, Math.floor((inside - 1) / 2)));
/** The facts, then one line over the columns. */
const entryRows = (inside: number): number => Math.max(inside - factLines(inside) - 1, 0);

/** What a pane of so many rows, border included, must ask for; undefined if no page is open. */
export function pageWindow(ui: UiState, rows: number): PageWindow | undefined {
  if (ui.page === null) return undefined;
  const count = Math.max(entryRows(rows - BORDER), 1);
  const { first } = windowOf(cursorOf(ui, PAGE_PANE), count, Number.MAX_SAFE_INTEGER);
  return { sp: ui.page, first, count };
}

/** The answer about the page that is open; null if none is, or the answer is about another one. */
export function openPage({ snapshot, ui }: Model): PageView | null {
  const view = snapshot?.page ?? null;
  return view !== null && view.page.sp === ui.page ? view : null;
}

export const entryCount = (model: Model): number => openPage(model)?.total ?? 0;

/** The page that details and events are about: the open one, else the one under the cursor of the tree. */
export function chosenPage(model: Model): number | null {
  if (model.ui.page !== null) return model.ui.page;
  const row = treeRow(model);
  return row !== null && row.kind === "page" ? row.page.sp : null;
}

/** Address bits below the index of a level-1 and of a level-2 entry. SDM: volume 3, 4.4 (PAE paging). */
const SHIFTS: Readonly<Record<number, number>> = { 1: 12, 2: 21 };

export function entrySubject(model: Model): Subject | null {
  const view = openPage(model);
  if (view === null || view.total === 0) return null;
  const { at } = windowOf(cursorOf(model.ui, PAGE_PANE), 1, view.total);
  const entry = view.entries[at - view.first];
  if (entry === undefined) return null;
  const shift = SHIFTS[view.page.level];
  if (view.gva !== null && shift !== undefined) {
    return { kind: "gva", gva: (view.gva[0] + entry.index * 2 ** shift) >>> 0 };
  }
  return entry.gfn >= 0 ? { kind: "gfn", gfn: entry.gfn } : null;
}

export function pagePane(model: Model, width: number, rows: number, focused: boolean): Pane {
  const inside = rows - BORDER;
  const { page } = model.ui;
  if (page === null) return previewPane(model, width - BORDER, inside, focused);
  const foot = "j/k entry  t translate  esc back";
  const view = openPage(model);
  if (view === null) {
    const nothing = absence(model);
    const why =
      model.snapshot?.shadow === null || model.snapshot === null
        ? nothing
        : `sp ${spText(page)} is not in use: it was zapped, or never made`;
    return { title: `2 sp ${spText(page)}`, foot, focused, lines: [line(` ${why}`, DIM)] };
  }
  const room = entryRows(inside);
  const { at, first } = windowOf(cursorOf(model.ui, PAGE_PANE), room, view.total);
  const range = rangeText(first, room, view.total);
  const title = `2 sp ${spText(page)}${model.ui.raw ? "   raw sptes" : ""}${range === "" ? "" : `   ${range}`}`;
  const facts = factBlock(openFacts(model, view), width - BORDER, factLines(inside));
  const columns = columnsFor(entryColumns(view, model.ui.raw), width - BORDER - MARGIN);
  const head = [span(" "), ...headLine(columns, width - BORDER - MARGIN)];
  const list = Array.from({ length: Math.min(room, view.total - first) }, (_, i) => {
    const entry = view.entries[first + i - view.first];
    const content =
      entry === undefined
        ? line(model.glyphs.unknown, DIM)
        : entryLine(columns, entry, width - BORDER - MARGIN);
    return listLine(content, width - BORDER, focused && first + i === at);
  });
  if (view.total === 0) list.push(line(" no entries: empty on both sides", DIM));
  return { title, foot, focused, lines: [...facts, head, ...list] };
}

/** What the tree's row says of the page under the cursor; its entries have to be asked for. */
function previewPane(model: Model, width: number, inside: number, focused: boolean): Pane {
  const row = treeRow(model);
  const foot = "enter open";
  if (row === null || row.kind !== "page") {
    const why = model.snapshot?.shadow === null || model.snapshot === null ? absence(model) : "no page here";
    return { title: "2 page", foot, focused, lines: [line(` ${why}`, DIM)] };
  }
  const { page, rootCount, unsyncChildren } = row;
  const facts = [
    ...pageFacts(page),
    ["sptes", [span(String(page.present))]] as const,
    ["stale", [span(page.unsync ? String(page.stale) : "-", page.stale > 0 ? STALE : {})]] as const,
    ...(page.level === LEAF_LEVEL ? [] : rootFacts(rootCount, unsyncChildren)),
  ];
  const lines = factBlock(facts, width, Math.max(inside - 1, 1));
  const used = lines.findLastIndex((one) => one.some(({ text }) => text.trim() !== "")) + 1;
  return {
    title: `2 sp ${spText(page.sp)}`,
    foot,
    focused,
    lines: [...lines.slice(0, used), line(" enter shows its entries", DIM)],
  };
}

type Fact = readonly [name: string, value: Line];
const FACT_NAME_CELLS = 8;
const FACT_CELLS = 21;

function pageFacts(page: ShadowPageView): Fact[] {
  const role = `l${page.level} ${page.access}`;
  return [
    ["gfn", [span(gfnText(page.gfn))]],
    ["state", stateSpans(page)],
    ["role", [span(role)]],
  ];
}

const rootFacts = (rootCount: number, unsyncChildren: number): Fact[] => [
  ["below", [span(`${unsyncChildren} unsync`)]],
  ["root", [span(`${rootCount} slots of pae_root`)]],
];

/** In the order of their worth. */
function openFacts(model: Model, view: PageView): Fact[] {
  const { page, gva, since, parents } = view;
  const [gfn, state, role] = pageFacts(page);
  const range = gva === null ? "not under the loaded roots" : `${hex8(gva[0])}-${hex8(gva[1])}`;
  const now = model.snapshot?.status.icount ?? 0;
  const history: Fact[] = !page.unsync
    ? []
    : since === null
      ? [["age", [span("unknown: nobody listened", DIM)]]]
      : [
          ["age", [span(guestTime(now - since.icount, model.hz))]],
          ["since", [span(`icount ${grouped(since.icount)}`)]],
          ["cause", [span(`store by eip ${hex8(since.eip)}`)]],
        ];
  const stale = page.unsync ? `${page.present}, stale ${page.stale}` : String(page.present);
  const below: Fact[] = page.level === LEAF_LEVEL ? [] : rootFacts(view.rootCount, view.unsyncChildren);
  return [
    gfn,
    ["gva", [span(range)]],
    state,
    ["sptes", [span(stale, page.stale > 0 ? STALE : {})]],
    role,
    ["parents", [span(parentsText(parents))]],
    ...history,
    ...below,
  ];
}

export function parentsText(parents: PageView["parents"]): string {
  if (parents.length === 0) return "none";
  const [{ sp, entry }] = parents;
  const more = parents.length > 1 ? ` +${parents.length - 1}` : "";
  return `sp ${spText(sp)} [${entryText(entry)}]${more}`;
}

/** Facts on at most `count` lines, two on each where there is room. */
function factBlock(facts: readonly Fact[], width: number, count: number): Line[] {
  const pairs = width >= ROOM_FOR_TWO_FACTS;
  const lines: Line[] = [];
  for (let i = 0; i < facts.length && lines.length < count; i++) {
    const left = factSpans(facts[i]);
    const right = pairs && lineWidth(left) < FACT_CELLS ? facts[i + 1] : undefined;
    if (right === undefined) {
      lines.push(fitTo(left, width));
      continue;
    }
    lines.push(fitTo([...fitTo(left, FACT_CELLS), ...factSpans(right).slice(MARGIN)], width));
    i++;
  }
  return Array.from({ length: count }, (_, i) => lines[i] ?? []);
}

/** A blank, which the second fact of a line leaves out; the name; the value. */
const factSpans = ([name, value]: Fact): Line => [
  span(" "),
  span(name.padEnd(FACT_NAME_CELLS), DIM),
  ...value,
];

const NO_ENTRY = "--------";
const entryHalf = (value: number, lo: number, hi: number): string =>
  lo === 0 && hi === 0 ? NO_ENTRY : hex8(value);

const TEXT_CELLS = 14;
const STATE_STYLES: Readonly<Record<EntryState, Style>> = {
  same: {},
  less: {},
  stale: STALE,
  gone: STALE,
  unused: DIM,
};

function entryColumns({ page }: PageView, raw: boolean): readonly Column<EntryView>[] {
  const spte = (entry: EntryView): readonly [number, number] =>
    raw ? [entry.spteLo, entry.spteHi] : guestForm(entry.spteLo, entry.spteHi, entry.gfn);
  const gpte = ({ gpteLo, gpteHi }: EntryView): readonly [number, number] =>
    page.direct ? [0, 0] : [gpteLo, gpteHi];
  return [
    { head: "idx", width: 3, drop: 0, cell: ({ index }) => span(entryText(index)) },
    { head: "", width: 8, drop: 3, cell: (entry) => half(gpte(entry), 1) },
    { head: "gpte", width: 8, drop: 0, cell: (entry) => half(gpte(entry), 0) },
    { head: "", width: 8, drop: 4, cell: (entry) => half(spte(entry), 1) },
    { head: "spte", width: 8, drop: 0, cell: (entry) => half(spte(entry), 0) },
    { head: "", width: TEXT_CELLS, drop: 0, cell: ({ text, state }) => span(text, STATE_STYLES[state]) },
  ];

  function half([lo, hi]: readonly [number, number], which: 0 | 1) {
    return span(entryHalf(which === 0 ? lo : hi, lo, hi));
  }
}

/** The last column, what the comparison says, takes what is left of the line. */
function entryLine(columns: readonly Column<EntryView>[], entry: EntryView, width: number): Line {
  const before = columns.slice(0, -1);
  const cells = before.reduce((sum, column) => sum + column.width + 1, 0);
  const words = span(entry.text, STATE_STYLES[entry.state]);
  return fitTo([...rowLine(before, entry, cells), words], width);
}
