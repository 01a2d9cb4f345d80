/** Screen 0: is it alive, and what is it doing? Short forms of the other screens, as many as there is room for. */
import type { SnapshotRequest } from "../../inspect/snapshot.ts";
import { arrangementOf, share, WIDE } from "../layout.ts";
import type { Model, Screen, ScreenNumber, Size, UiState } from "../model.ts";
import { consoleLines } from "../panes/console-lines.ts";
import { cpuLines, cpuWish } from "../panes/cpu-lines.ts";
import { oosLines, oosWish } from "../panes/oos-lines.ts";
import { rateLines } from "../panes/rates-lines.ts";
import { shadowLines, shadowWish } from "../panes/shadow-lines.ts";
import { timelineLines } from "../panes/timeline-lines.ts";
import { beside, block, type Line } from "../text/line.ts";
import { BORDER, drawPane } from "../text/pane.ts";

interface Part {
  /** The screen that it is the short form of. */
  readonly screen: ScreenNumber;
  readonly title: string;
  readonly foot: string;
  readonly lines: (model: Model, width: number, rows: number) => Line[];
}

const CONSOLE: Part = {
  screen: 1,
  title: "1 console",
  foot: "i type  ^] leave",
  lines: consoleLines,
};
const OOS: Part = { screen: 3, title: "3 out of sync", foot: "", lines: oosLines };
const RATES: Part = { screen: 6, title: "6 rates /s", foot: "", lines: rateLines };
const TIMELINE: Part = { screen: 4, title: "4 timeline", foot: "/ filter  F follow", lines: timelineLines };
const SHADOW: Part = { screen: 2, title: "2 shadow", foot: "", lines: shadowLines };
const CPU: Part = { screen: 7, title: "7 cpu", foot: "", lines: cpuLines };

/** In the order in which tab visits them. */
const PARTS = [CONSOLE, OOS, RATES, TIMELINE, SHADOW, CPU];

/** Rows of the lines about events that end the stacked form, without a border. */
const EVENT_ROWS = 4;
/** From this width on there is room for three columns. */
const THREE_COLUMNS: Size = { columns: 160, rows: WIDE.rows };

function focused({ pane }: UiState): Part {
  return PARTS[Math.max(0, Math.min(pane, PARTS.length - 1))];
}

/** The screen that the focused pane is the short form of. */
export const screenOfPane = (ui: UiState): ScreenNumber => focused(ui).screen;

function drawPart(model: Model, part: Part, width: number, rows: number): Line[] {
  const { title, foot, screen } = part;
  const lines = part.lines(model, Math.max(width - BORDER, 1), Math.max(rows - BORDER, 1));
  const typing = screen === 1 && model.ui.typing ? " (has the keys)" : "";
  const dropped = screen === 4 && model.events.dropped > 0 ? `   ${model.events.dropped} dropped` : "";
  const pane = {
    title: title + typing + dropped,
    lines,
    focused: focused(model.ui) === part,
    ...(foot === "" ? {} : { foot }),
  };
  return drawPane(pane, width, rows, model.glyphs);
}

function draw(model: Model, size: Size): Line[] {
  const { columns, rows } = size;
  const arrangement = arrangementOf(size);
  if (model.ui.zoomed || arrangement === "one") {
    return block(drawPart(model, focused(model.ui), columns, rows), columns, rows);
  }
  return block(arrangement === "stacked" ? stacked(model, size) : columnsOf(model, size), columns, rows);
}

/** Console above, lists beside each other, the last events below. */
function stacked(model: Model, { columns, rows }: Size): Line[] {
  const [top, middle] = share(rows - EVENT_ROWS, [10, 7]);
  const [left, right] = share(columns, [2, 3]);
  return [
    ...drawPart(model, CONSOLE, columns, top),
    ...beside(drawPart(model, OOS, left, middle), drawPart(model, RATES, right, middle)),
    ...block(timelineLines(model, columns, EVENT_ROWS), columns, EVENT_ROWS),
  ];
}

function columnsOf(model: Model, size: Size): Line[] {
  const { columns, rows } = size;
  if (columns < THREE_COLUMNS.columns) {
    const heights = share(rows, [14, 12, 11]);
    return grid(model, columns, heights, [
      [CONSOLE, CPU],
      [SHADOW, OOS],
      [TIMELINE, RATES],
    ]);
  }
  const heights = share(rows, [1, 1]);
  return grid(model, columns, heights, [
    [CONSOLE, TIMELINE, CPU],
    [SHADOW, OOS, RATES],
  ]);
}

/** How wide the parts of a row are, one to another: code and counters need less than text. */
const WEIGHTS: Readonly<Record<number, number>> = { 1: 3, 2: 3, 3: 3, 4: 4, 6: 2.4, 7: 2 };

function grid(model: Model, columns: number, heights: readonly number[], rows: readonly Part[][]): Line[] {
  return rows.flatMap((parts, row) => {
    const widths = share(
      columns,
      parts.map(({ screen }) => WEIGHTS[screen]),
    );
    return beside(...parts.map((part, i) => drawPart(model, part, widths[i], heights[row])));
  });
}

function wish(ui: UiState, size: Size): SnapshotRequest {
  const arrangement = arrangementOf(size);
  if (ui.zoomed || arrangement === "one") return wishOf(focused(ui), size.rows);
  if (arrangement === "stacked") return oosWish;
  return { ...oosWish, ...shadowWish(size.rows), ...cpuWish(size.rows) };
}

function wishOf({ screen }: Part, rows: number): SnapshotRequest {
  if (screen === 2) return shadowWish(rows);
  if (screen === 3) return oosWish;
  return screen === 7 ? cpuWish(rows) : {};
}

export const overviewScreen: Screen = {
  number: 0,
  name: "overview",
  panes: PARTS.map(({ title }) => title),
  sorts: [],
  wish,
  draw,
  count: () => 0,
  subject: () => null,
};
