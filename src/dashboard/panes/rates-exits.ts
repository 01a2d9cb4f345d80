/** Exits by reason, the most frequent first, as `perf kvm stat live` lists them. */
import { grouped } from "../../common/grouped.ts";
import { cursorOf, type Model } from "../model.ts";
import { type Column, columnsFor, headLine, rowLine } from "../text/columns.ts";
import { type Line, line, span } from "../text/line.ts";
import { shortCount } from "../text/numbers.ts";
import { BORDER, type Pane } from "../text/pane.ts";
import { sparkline } from "../text/sparkline.ts";
import { DIM } from "../text/style.ts";
import { absence, listLine, rangeText, windowOf } from "./lists.ts";
import { amountOf, shareText } from "./rates-lines.ts";

/** Its place among the panes of screen 6. */
export const EXITS_PANE = 1;

/** The counter of each kind of exit, with the name that a person knows it by. Together they are `exits`. */
export const EXIT_COUNTERS: readonly { readonly name: string; readonly counter: string }[] = [
  { name: "page fault", counter: "exits_pf" },
  { name: "mov cr0", counter: "exits_cr0" },
  { name: "mov cr3", counter: "exits_cr3" },
  { name: "mov cr4", counter: "exits_cr4" },
  { name: "clts", counter: "exits_clts" },
  { name: "invlpg", counter: "exits_invlpg" },
  { name: "port I/O", counter: "io_exits" },
  { name: "hlt", counter: "halt_exits" },
  { name: "cpuid", counter: "exits_cpuid" },
  { name: "msr", counter: "exits_msr" },
  { name: "interrupt", counter: "irq_exits" },
  { name: "irq window", counter: "irq_window" },
];

const NAME_WIDTH = Math.max(...EXIT_COUNTERS.map(({ name }) => name.length));
const HISTORY = 24;
const MARGIN = 1;

interface ExitRow {
  readonly name: string;
  readonly counter: string;
  readonly samples: number;
}

/** Reasons that have occurred. */
export function exitRows(model: Model): ExitRow[] {
  if ((model.snapshot?.counters ?? null) === null) return [];
  return EXIT_COUNTERS.map((exit) => ({ ...exit, samples: amountOf(model, exit.counter) }))
    .filter(({ samples }) => samples > 0)
    .sort((one, other) => other.samples - one.samples);
}

function columnsOf(model: Model): readonly Column<ExitRow>[] {
  const { rates, glyphs } = model;
  const exits = amountOf(model, "exits");
  return [
    { head: "exit", width: NAME_WIDTH, drop: 0, cell: ({ name }) => span(name) },
    { head: "samples", width: 13, right: true, drop: 0, cell: ({ samples }) => span(grouped(samples)) },
    { head: "share", width: 8, right: true, drop: 1, cell: ({ samples }) => span(shareText(samples, exits)) },
    {
      head: "per s",
      width: 6,
      right: true,
      drop: 3,
      cell: ({ counter }) => {
        const rate = rates.rate(counter);
        return span(rate === null ? "-" : shortCount(rate));
      },
    },
    {
      head: "lately",
      width: HISTORY,
      drop: 2,
      cell: ({ counter }) => span(sparkline(rates.history(counter), HISTORY, glyphs.bars), DIM),
    },
  ];
}

export function exitsPane(model: Model, width: number, rows: number, focused: boolean): Pane {
  const inside = width - BORDER;
  const all = exitRows(model);
  const room = Math.max(rows - BORDER - 1, 1);
  const { at, first } = windowOf(cursorOf(model.ui, EXITS_PANE), room, all.length);
  const range = rangeText(first, room, all.length);
  const title = `6 exits by reason${range === "" ? "" : `   ${range}`}`;
  if (all.length === 0) {
    const why = (model.snapshot?.counters ?? null) === null ? absence(model) : "no exits yet";
    return { title, focused, lines: [line(` ${why}`, DIM)] };
  }
  const columns = columnsFor(columnsOf(model), inside - MARGIN);
  const body: Line[] = all
    .slice(first, first + room)
    .map((row, i) => listLine(rowLine(columns, row, inside - MARGIN), inside, focused && first + i === at));
  return { title, focused, lines: [[span(" "), ...headLine(columns, inside - MARGIN)], ...body] };
}
