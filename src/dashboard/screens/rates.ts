/** Screen 6: where the time goes. All counters, and the exits by reason as `perf kvm stat` has them. */
import { counterTable } from "../../inspect/hypervisor.ts";
import { arrangementOf } from "../layout.ts";
import { cursorOf, type Model, type Screen, type Size, type Subject } from "../model.ts";
import { isGauge } from "../panes/rates-lines.ts";
import { absence, focusOf, isAlone, listLine, rangeText, windowOf } from "../panes/shadow-marks.ts";
import { type Column, columnsFor, headLine, rowLine } from "../text/columns.ts";
import { beside, block, type Line, line, span, wrap } from "../text/line.ts";
import { grouped, shortCount } from "../text/numbers.ts";
import { BORDER, drawPane } from "../text/pane.ts";
import { sparkline } from "../text/sparkline.ts";
import { DIM } from "../text/style.ts";

const PANES = ["rates", "exits by reason"] as const;
/** `active`: what is not 0, in KVM's order. */
const SORTS = ["active", "kvm", "total", "rate"] as const;
const HISTORY = 24;
const HEAD_ROWS = 1;
const SENTENCE_ROWS = 1;
const REASON_ROWS = 9;

interface Row {
  readonly name: string;
  readonly total: number;
  readonly rate: number | null;
  readonly gauge: boolean;
  readonly sentence: string;
}

function rowsOf({ snapshot, rates, ui }: Model): Row[] {
  const counters = snapshot?.counters ?? null;
  if (counters === null) return [];
  const rows = counterTable.map(({ name, sentence }) => ({
    name,
    total: counters[name] - rates.base(name),
    rate: rates.rate(name),
    gauge: isGauge(name),
    sentence,
  }));
  switch (SORTS[ui.sorts[6] ?? 0]) {
    case "active":
      return rows.filter(({ total, gauge }) => total !== 0 || gauge);
    case "total":
      return rows.sort((one, other) => other.total - one.total);
    case "rate":
      return rows.sort((one, other) => (other.rate ?? 0) - (one.rate ?? 0));
    default:
      return rows;
  }
}

function columnsOf({ rates, glyphs }: Model): readonly Column<Row>[] {
  const style = ({ total }: Row) => (total === 0 ? DIM : {});
  return [
    { head: "counter", width: 21, drop: 0, cell: (row) => span(row.name, style(row)) },
    {
      head: "total",
      width: 13,
      right: true,
      drop: 0,
      cell: (row) => span(row.gauge ? `now ${grouped(row.total)}` : grouped(row.total), style(row)),
    },
    {
      head: "per s",
      width: 8,
      right: true,
      drop: 1,
      cell: ({ rate, gauge, name }) =>
        span(gauge ? `top ${shortCount(rates.peak(name))}` : rate === null ? "-" : shortCount(rate)),
    },
    {
      head: "lately",
      width: HISTORY,
      drop: 2,
      cell: ({ name }) => span(sparkline(rates.history(name), HISTORY, glyphs.bars), DIM),
    },
  ];
}

function countersPane(model: Model, width: number, rows: number): Line[] {
  const focused = focusOf(model.ui, PANES.length) === 0;
  const all = rowsOf(model);
  const inside = width - BORDER;
  const room = Math.max(rows - BORDER - HEAD_ROWS - SENTENCE_ROWS, 1);
  const { at, first } = windowOf(cursorOf(model.ui, 0), room, all.length);
  const columns = columnsFor(columnsOf(model), inside - 1);
  const order = SORTS[model.ui.sorts[6] ?? 0];
  const lines =
    model.snapshot?.counters == null
      ? [line(absence(model), DIM)]
      : [
          [span(" "), ...headLine(columns, inside - 1)],
          ...block(
            all
              .slice(first, first + room)
              .map((row, i) =>
                listLine(rowLine(columns, row, inside - 1), inside, focused && first + i === at),
              ),
            inside,
            room,
          ),
          line(` ${all[at]?.sentence ?? ""}`, DIM),
        ];
  const title = `6 rates   sort ${order}   ${rangeText(first, room, all.length)}`.trimEnd();
  return drawPane({ title, foot: "o sort  R reset", focused, lines }, width, rows, model.glyphs);
}

/** Counters of exits, with the reason's name. */
const EXIT_REASONS: readonly (readonly [name: string, counter: string])[] = [
  ["page fault", "exits_pf"],
  ["mov cr3", "exits_cr3"],
  ["mov cr0", "exits_cr0"],
  ["mov cr4", "exits_cr4"],
  ["clts", "exits_clts"],
  ["invlpg", "exits_invlpg"],
  ["port I/O", "io_exits"],
  ["hlt", "halt_exits"],
  ["interrupt", "irq_exits"],
  ["irq window", "irq_window"],
  ["cpuid", "exits_cpuid"],
  ["msr", "exits_msr"],
];

function reasonsPane(model: Model, width: number, rows: number): Line[] {
  const focused = focusOf(model.ui, PANES.length) === 1;
  const counters = model.snapshot?.counters ?? null;
  const pane = { title: "6 exits by reason", focused };
  if (counters === null)
    return drawPane({ ...pane, lines: [line(absence(model), DIM)] }, width, rows, model.glyphs);
  const total = counters.exits - model.rates.base("exits");
  const lines = EXIT_REASONS.map(([name, counter]) => ({
    name,
    count: counters[counter] - model.rates.base(counter),
    history: model.rates.history(counter),
  }))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count)
    .map(({ name, count, history }) => [
      span(` ${name.padEnd(12)}`),
      span(grouped(count).padStart(13)),
      span(`${((100 * count) / Math.max(total, 1)).toFixed(1)} %`.padStart(9)),
      span(`  ${sparkline(history, HISTORY, model.glyphs.bars)}`, DIM),
    ]);
  const none = wrap("no exits yet", width - BORDER).map((text) => line(text, DIM));
  return drawPane({ ...pane, lines: lines.length === 0 ? none : lines }, width, rows, model.glyphs);
}

function draw(model: Model, size: Size): Line[] {
  const { columns, rows } = size;
  if (isAlone(model.ui, size)) {
    const list = focusOf(model.ui, PANES.length) === 0;
    return block(
      list ? countersPane(model, columns, rows) : reasonsPane(model, columns, rows),
      columns,
      rows,
    );
  }
  if (arrangementOf(size) === "beside") {
    const left = Math.floor(columns * 0.58);
    return beside(countersPane(model, left, rows), reasonsPane(model, columns - left, rows));
  }
  const below = Math.min(REASON_ROWS, Math.floor(rows / 2));
  return [...countersPane(model, columns, rows - below), ...reasonsPane(model, columns, below)];
}

function subject(model: Model): Subject | null {
  const rows = rowsOf(model);
  const { at } = windowOf(cursorOf(model.ui, 0), 1, rows.length);
  return at < 0 ? null : { kind: "counter", name: rows[at].name };
}

export const ratesScreen: Screen = {
  number: 6,
  name: "rates",
  panes: PANES,
  sorts: SORTS,
  wish: () => ({}),
  draw,
  count: (model) => (focusOf(model.ui, PANES.length) === 0 ? rowsOf(model).length : 0),
  subject,
};
