/** Screen 5: where an access leads, and why. */
import { arrangementOf, share } from "../layout.ts";
import type { Model, Screen, Size, Subject } from "../model.ts";
import { focusOf, isAlone } from "../panes/lists.ts";
import {
  headlessPane,
  headlessText,
  RMAP_PANE,
  rmapCount,
  rmapPane,
  rmapSubject,
} from "../panes/translate-rmap.ts";
import { levelCount, WALK_PANE, walkPane, walkRows, walkSubject } from "../panes/translate-walk.ts";
import { beside, block, type Line } from "../text/line.ts";
import { BORDER, drawPane, type Pane } from "../text/pane.ts";

const PANES = ["translate", "reverse map", "headless"] as const;
const HEADLESS_PANE = 2;
/** As many as a usual answer needs, so that little moves when the address changes. */
const WALK_ROWS = 13;
const LEAST_RMAP_ROWS = 3;
/** In columns: the walks, and what maps their end. */
const ACROSS = [2, 1] as const;

function draw(model: Model, size: Size): Line[] {
  const { columns, rows } = size;
  const focus = focusOf(model.ui, PANES.length);
  const box = (index: number, width: number, height: number): Line[] => {
    const pane = paneAt(model, index, width, height, focus === index);
    return drawPane(pane, width, height, model.glyphs);
  };
  if (isAlone(model.ui, size)) return block(box(focus, columns, rows), columns, rows);
  const isWide = arrangementOf(size) === "beside";
  const [left, right] = isWide ? share(columns, ACROSS) : [columns, columns];
  const command = headlessText(model)?.length ?? 0;
  const headless = BORDER + Math.max(Math.ceil(command / (columns - BORDER)), 1);
  const upper = rows - headless;
  if (isWide) {
    const both = beside(box(WALK_PANE, left, upper), box(RMAP_PANE, right, upper));
    return block([...both, ...box(HEADLESS_PANE, columns, headless)], columns, rows);
  }
  const walk = Math.min(Math.max(walkRows(model, columns), WALK_ROWS), upper - LEAST_RMAP_ROWS);
  const lines = [
    ...box(WALK_PANE, columns, walk),
    ...box(RMAP_PANE, columns, upper - walk),
    ...box(HEADLESS_PANE, columns, headless),
  ];
  return block(lines, columns, rows);
}

function paneAt(model: Model, index: number, width: number, rows: number, focused: boolean): Pane {
  if (index === WALK_PANE) return walkPane(model, width, rows, focused);
  return index === RMAP_PANE ? rmapPane(model, width, rows, focused) : headlessPane(model, width, focused);
}

function count(model: Model): number {
  const focus = focusOf(model.ui, PANES.length);
  if (focus === WALK_PANE) return levelCount(model);
  return focus === RMAP_PANE ? rmapCount(model) : 0;
}

function subject(model: Model): Subject | null {
  const focus = focusOf(model.ui, PANES.length);
  if (focus === WALK_PANE) return walkSubject(model);
  if (focus === RMAP_PANE) return rmapSubject(model);
  return { kind: "gva", gva: model.ui.translate.gva };
}

export const translateScreen: Screen = {
  number: 5,
  name: "translate",
  panes: PANES,
  sorts: [],
  wish: ({ translate }) => ({ translate }),
  draw,
  count,
  subject,
};
