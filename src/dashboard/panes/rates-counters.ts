/** All counters as a table: total, per second, share of the exits, and how it went. */
import { grouped } from "../../common/grouped.ts";
import { counterTable } from "../../inspect/hypervisor.ts";
import { cursorOf, type Model } from "../model.ts";
import { type Column, columnsFor, headLine, rowLine } from "../text/columns.ts";
import { type Line, line, type Span, span, wrap } from "../text/line.ts";
import { shortCount } from "../text/numbers.ts";
import { BORDER, type Pane } from "../text/pane.ts";
import { sparkline } from "../text/sparkline.ts";
import { DIM, type Style } from "../text/style.ts";
import { absence, listLine, rangeText, windowOf } from "./lists.ts";
import { EXIT_COUNTERS } from "./rates-exits.ts";
import { amountOf, isGauge, shareText } from "./rates-lines.ts";

/** Its place among the panes of screen 6. */
export const COUNTERS_PANE = 0;
/** `active`: what is not 0, and what goes up and down, in KVM's order. */
export const RATE_SORTS = ["active", "kvm", "total", "rate"] as const;
const RATES_SCREEN = 6;

const NAME_WIDTH = Math.max(...counterTable.map(({ name }) => name.length));
const TOTAL_WIDTH = 13;
const RATE_WIDTH = 9;
const SHARE_WIDTH = 8;
/** The history takes the cells that are left, from a few samples to all there are. */
const SHORTEST_HISTORY = 8;
const LONGEST_HISTORY = 60;
/** Fewer rows than this have no room for the sentence about the selected counter. */
const ROOM_FOR_SENTENCE = 8;
const SENTENCE_ROWS = 2;
const MARGIN = 1;

interface CounterRow {
  readonly name: string;
  readonly amount: number;
  readonly rate: number | null;
  readonly gauge: boolean;
  readonly sentence: string;
}

const orderOf = ({ ui }: Model): (typeof RATE_SORTS)[number] =>
  RATE_SORTS[ui.sorts[RATES_SCREEN] ?? 0] ?? RATE_SORTS[0];

/** The rows in the order chosen; none without a hypervisor. */
export function counterRows(model: Model): CounterRow[] {
  if ((model.snapshot?.counters ?? null) === null) return [];
  const rows = counterTable.map(({ name, sentence }) => ({
    name,
    amount: amountOf(model, name),
    rate: model.rates.rate(name),
    gauge: isGauge(name),
    sentence,
  }));
  switch (orderOf(model)) {
    case "active":
      return rows.filter(({ amount, gauge }) => amount !== 0 || gauge);
    case "total":
      return rows.sort((one, other) => other.amount - one.amount);
    case "rate":
      return rows.sort((one, other) => (other.rate ?? 0) - (one.rate ?? 0));
    case "kvm":
      return rows;
  }
}

const isExit = (name: string): boolean => EXIT_COUNTERS.some(({ counter }) => counter === name);

/** @param width cells for all columns */
function columnsOf(model: Model, width: number): readonly Column<CounterRow>[] {
  const { rates, glyphs } = model;
  const exits = amountOf(model, "exits");
  const left = width - (NAME_WIDTH + TOTAL_WIDTH + RATE_WIDTH + SHARE_WIDTH + 4);
  const history = Math.max(SHORTEST_HISTORY, Math.min(left, LONGEST_HISTORY));
  const style = ({ amount }: CounterRow): Style => (amount === 0 ? DIM : {});
  const number = (text: string, row: CounterRow): Span => span(text, style(row));
  return [
    { head: "counter", width: NAME_WIDTH, drop: 0, cell: (row) => number(row.name, row) },
    {
      head: "total",
      width: TOTAL_WIDTH,
      right: true,
      drop: 0,
      cell: (row) => number(row.gauge ? `now ${grouped(row.amount)}` : grouped(row.amount), row),
    },
    {
      head: "per s",
      width: RATE_WIDTH,
      right: true,
      drop: 1,
      cell: (row) =>
        number(
          row.gauge
            ? `peak ${shortCount(Math.max(rates.peak(row.name), row.amount))}`
            : row.rate === null
              ? "-"
              : shortCount(row.rate),
          row,
        ),
    },
    {
      head: "of exits",
      width: SHARE_WIDTH,
      right: true,
      drop: 3,
      cell: (row) => number(isExit(row.name) ? shareText(row.amount, exits) : "", row),
    },
    {
      head: "lately",
      width: history,
      drop: 2,
      cell: ({ name }) => span(sparkline(rates.history(name), history, glyphs.bars), DIM),
    },
  ];
}

export function countersPane(model: Model, width: number, rows: number, focused: boolean): Pane {
  const inside = width - BORDER;
  const all = counterRows(model);
  const counted = (model.snapshot?.counters ?? null) !== null;
  const below = rows - BORDER >= ROOM_FOR_SENTENCE ? SENTENCE_ROWS : 0;
  const room = Math.max(rows - BORDER - 1 - below, 1);
  const { at, first } = windowOf(cursorOf(model.ui, COUNTERS_PANE), room, all.length);
  const range = rangeText(first, room, all.length);
  const title = `6 rates   sort ${orderOf(model)}${range === "" ? "" : `   ${range}`}`;
  const pane = { title, foot: "o sort  R reset", focused };
  if (!counted) return { ...pane, lines: [line(` ${absence(model)}`, DIM)] };
  if (all.length === 0) return { ...pane, lines: [line(" nothing has been counted yet", DIM)] };
  const columns = columnsFor(columnsOf(model, inside - MARGIN), inside - MARGIN);
  const body: Line[] = all
    .slice(first, first + room)
    .map((row, i) => listLine(rowLine(columns, row, inside - MARGIN), inside, focused && first + i === at));
  while (body.length < room) body.push([]);
  const sentence = wrap(`${all[at].name}: ${all[at].sentence}`, inside - MARGIN).slice(0, below);
  return {
    ...pane,
    lines: [
      [span(" "), ...headLine(columns, inside - MARGIN)],
      ...body,
      ...sentence.map((text) => line(` ${text}`, DIM)),
    ],
  };
}
