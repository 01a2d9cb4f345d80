/** Screen 9: what a policy buys. Shows the table of the last `umbra compare`. */
import { cursorOf, type Model, type Screen, type Size } from "../model.ts";
import { rangeText, windowOf } from "../panes/shadow-marks.ts";
import { block, type Line, line, wrap } from "../text/line.ts";
import { BORDER, drawPane } from "../text/pane.ts";
import { BOLD, DIM } from "../text/style.ts";

const HOW =
  "No comparison has been made yet. In another terminal, run one guest under several policies; the table will be here the next time:";

function draw(model: Model, { columns, rows }: Size): Line[] {
  const { compare, ui, image } = model;
  const inside = columns - BORDER;
  const room = Math.max(rows - BORDER, 1);
  const total = compare?.lines.length ?? 0;
  const { first } = windowOf(cursorOf(ui, 0), room, total);
  const lines =
    compare === null
      ? [
          ...wrap(HOW, inside).map((text) => line(text)),
          line(""),
          line(`  umbra compare ${image} --policy write-protect,oos,oos+global`, BOLD),
        ]
      : compare.lines.slice(first, first + room).map((text) => line(text));
  const source = compare === null ? [] : [line(compare.path, DIM)];
  const title = `9 compare   ${compare === null ? "" : rangeText(first, room, total)}`.trimEnd();
  const pane = drawPane({ title, focused: true, lines: [...lines, ...source] }, columns, rows, model.glyphs);
  return block(pane, columns, rows);
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
