/** Screen 8: what the devices hold and what they wait for. */
import type { SnapshotRequest } from "../../inspect/snapshot.ts";
import type { Model, Screen, Size } from "../model.ts";
import { cardsView, stopCount } from "../panes/devices-cards.ts";
import { type Line, line } from "../text/line.ts";
import { BORDER, drawPane } from "../text/pane.ts";
import { DIM } from "../text/style.ts";

const TITLE = "8 devices";

const wish = (): SnapshotRequest => ({ devices: true });

function draw(model: Model, size: Size): Line[] {
  const cards = model.snapshot?.devices ?? null;
  const pane = (title: string, lines: readonly Line[]): Line[] =>
    drawPane({ title, focused: true, lines }, size.columns, size.rows, model.glyphs);
  if (cards === null) return pane(TITLE, [line(" no answer from the machine yet", DIM)]);
  if (cards.length === 0) return pane(TITLE, [line(" this machine has no devices", DIM)]);
  const rows = Math.max(size.rows - BORDER, 1);
  const view = cardsView(model, cards, size.columns - BORDER, rows);
  const isWhole = view.firstCard === 1 && view.lastCard === view.total;
  const range = isWhole ? "" : `   ${view.firstCard}-${view.lastCard} of ${view.total}`;
  return pane(`${TITLE}${range}`, view.lines);
}

export const devicesScreen: Screen = {
  number: 8,
  name: "devices",
  panes: ["devices"],
  sorts: [],
  wish,
  draw,
  count: ({ snapshot }) => stopCount(snapshot?.devices ?? []),
  subject: () => null,
};
