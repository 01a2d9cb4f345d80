/** Screen 2: what the hypervisor has built. */
import { SHADOW_SORTS } from "../../inspect/shadow-view.ts";
import type { SnapshotRequest } from "../../inspect/snapshot.ts";
import { arrangementOf, share } from "../layout.ts";
import type { Model, Screen, Size, Subject, UiState } from "../model.ts";
import { focusOf, isAlone } from "../panes/lists.ts";
import { EVENTS_PANE, eventSubject, eventsOfPage, eventsPane } from "../panes/shadow-events.ts";
import {
  chosenPage,
  entryCount,
  entrySubject,
  PAGE_PANE,
  pagePane,
  pageWindow,
} from "../panes/shadow-page.ts";
import { TREE_PANE, treeCount, treePane, treeSubject, treeWindow } from "../panes/shadow-tree.ts";
import { beside, block, type Line } from "../text/line.ts";
import { drawPane } from "../text/pane.ts";

const PANES = ["shadow pages", "page", "events"] as const;

/** Where a pane stands; null for one that is not drawn. */
interface Place {
  readonly width: number;
  readonly rows: number;
}

interface Plan {
  readonly tree: Place | null;
  readonly page: Place | null;
  readonly events: Place | null;
}

/** Page beside tree, as their lines are long: three parts and two. Events below them, as far as they are told. */
const ACROSS = [3, 2] as const;
const DOWN_BESIDE = [2, 1] as const;
const DOWN_STACKED = [1, 1] as const;

function planOf(ui: UiState, size: Size): Plan {
  const focus = focusOf(ui, PANES.length);
  const whole = { width: size.columns, rows: size.rows };
  const none: Plan = { tree: null, page: null, events: null };
  if (isAlone(ui, size)) {
    if (focus === TREE_PANE) return { ...none, tree: whole };
    return focus === PAGE_PANE ? { ...none, page: whole } : { ...none, events: whole };
  }
  if (arrangementOf(size) === "stacked") {
    const [upper, lower] = share(size.rows, DOWN_STACKED);
    const below = { width: size.columns, rows: lower };
    const tree = { width: size.columns, rows: upper };
    return focus === EVENTS_PANE ? { tree, page: null, events: below } : { tree, page: below, events: null };
  }
  const [left, right] = share(size.columns, ACROSS);
  const [upper, lower] = share(size.rows, DOWN_BESIDE);
  return {
    tree: { width: left, rows: upper },
    page: { width: right, rows: upper },
    events: { width: size.columns, rows: lower },
  };
}

function wish(ui: UiState, size: Size): SnapshotRequest {
  const { tree, page } = planOf(ui, size);
  // Where the tree is not drawn, page and events are still about its row under the cursor.
  const shadow = treeWindow(ui, tree?.rows ?? 0);
  const window = page === null ? undefined : pageWindow(ui, page.rows);
  return window === undefined ? { shadow } : { shadow, page: window };
}

function draw(model: Model, size: Size): Line[] {
  const plan = planOf(model.ui, size);
  const focus = focusOf(model.ui, PANES.length);
  const boxed = (place: Place | null, make: (place: Place) => ReturnType<typeof treePane>): Line[] =>
    place === null ? [] : drawPane(make(place), place.width, place.rows, model.glyphs);
  const tree = boxed(plan.tree, ({ width, rows }) => treePane(model, width, rows, focus === TREE_PANE));
  const page = boxed(plan.page, ({ width, rows }) => pagePane(model, width, rows, focus === PAGE_PANE));
  const events = boxed(plan.events, ({ width, rows }) =>
    eventsPane(model, chosenPage(model), width, rows, focus === EVENTS_PANE),
  );
  const isBeside = plan.events !== null && plan.tree !== null && plan.page !== null;
  const lines = isBeside ? [...beside(tree, page), ...events] : [...tree, ...page, ...events];
  return block(lines, size.columns, size.rows);
}

function count(model: Model): number {
  const focus = focusOf(model.ui, PANES.length);
  if (focus === TREE_PANE) return treeCount(model);
  if (focus === PAGE_PANE) return entryCount(model);
  const sp = chosenPage(model);
  return sp === null ? 0 : eventsOfPage(model, sp).length;
}

function subject(model: Model): Subject | null {
  const focus = focusOf(model.ui, PANES.length);
  if (focus === TREE_PANE) return treeSubject(model);
  return focus === PAGE_PANE ? entrySubject(model) : eventSubject(model, chosenPage(model));
}

export const shadowScreen: Screen = {
  number: 2,
  name: "shadow",
  panes: PANES,
  sorts: SHADOW_SORTS,
  wish,
  draw,
  count,
  subject,
};
