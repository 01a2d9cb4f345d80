/** Screen 9: what a policy buys. Shows the table of the last `umbra compare`. */
import { type CompareReport, cursorOf, type Model, type Screen, type Size } from "../model.ts";
import { fitReport } from "../panes/compare-lines.ts";
import { listLine, rangeText, windowOf } from "../panes/lists.ts";
import { printable } from "../printable.ts";
import { block, type Line, line, wrap } from "../text/line.ts";
import { BORDER, drawPane, type Pane } from "../text/pane.ts";
import { BOLD } from "../text/style.ts";

const WHAT =
  "No comparison has been made yet. It runs one guest under several policies, first proves that the guest could not tell them apart, then puts their counters side by side.";
const HOW = "In another terminal:";
const THEN =
  "The dashboard shows the last table that was made when it starts. `umbra compare --help` has the rest.";
const MARGIN = 1;

/** How to make a comparison. */
function howTo(image: string, width: number): Line[] {
  const words = (text: string): Line[] => wrap(text, width - MARGIN).map((one) => line(` ${one}`));
  return [
    ...words(WHAT),
    line(""),
    ...words(HOW),
    ...wrap(`umbra compare ${image} --policy write-protect,oos,oos+global`, width - 2 * MARGIN).map((one) =>
      line(`  ${one}`, BOLD),
    ),
    line(""),
    ...words(THEN),
  ];
}

function tablePane(model: Model, compare: CompareReport, width: number, rows: number): Pane {
  const inside = width - BORDER;
  const room = Math.max(rows - BORDER, 1);
  const lines = fitReport(
    compare.lines.map((text) => printable(text, model.glyphs)),
    inside - MARGIN,
  );
  const at = Math.max(0, Math.min(cursorOf(model.ui, 0).at, compare.lines.length - 1));
  // A line of the report may be several here: the last of them has to come into sight.
  const shownAt = lines.findLastIndex(({ source }) => source <= at);
  const { first } = windowOf({ at: shownAt, top: cursorOf(model.ui, 0).top }, room, lines.length);
  const range = rangeText(first, room, lines.length);
  return {
    title: `9 compare${range === "" ? "" : `   ${range}`}`,
    foot: printable(compare.path, model.glyphs),
    focused: true,
    lines: lines
      .slice(first, first + room)
      .map(({ text }, i) => listLine(line(text), inside, first + i === shownAt)),
  };
}

function draw(model: Model, { columns, rows }: Size): Line[] {
  const { compare, image, glyphs } = model;
  const pane =
    compare === null
      ? { title: "9 compare", focused: true, lines: howTo(printable(image, glyphs), columns - BORDER) }
      : tablePane(model, compare, columns, rows);
  return block(drawPane(pane, columns, rows, glyphs), columns, rows);
}

export const compareScreen: Screen = {
  number: 9,
  name: "compare",
  panes: ["compare"],
  sorts: [],
  wish: () => ({}),
  draw,
  count: ({ compare }) => compare?.lines.length ?? 0,
  subject: () => null,
};
