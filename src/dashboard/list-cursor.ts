/** The cursor of the focused pane's list, and how keys move it. */
import { bodyOf } from "./layout.ts";
import { type Cursor, cursorOf, type Model, type Size, type UiState } from "./model.ts";
import { screens } from "./screens/index.ts";
import { BORDER, scrollTo } from "./text/pane.ts";

/** Rows that a list has at most: the body of the terminal without the pane's border. */
const listRows = (terminal: Size): number => Math.max(bodyOf(terminal).rows - BORDER, 1);

/** How far a page key goes: one row of the page before stays in sight. */
export const pageRows = (terminal: Size): number => Math.max(listRows(terminal) - 1, 1);

/** The cursor `by` rows further. A list of events that was following its end stays where the cursor is. */
export function moved(model: Model, by: number, terminal: Size): UiState {
  const { ui } = model;
  const count = screens[ui.screen].count(model);
  if (count === 0) return ui;
  const cursor = startingPoint(model, count);
  const from = Math.max(0, Math.min(cursor.at, count - 1));
  const at = Math.max(0, Math.min(from + by, count - 1));
  const top = scrollTo(at, Math.max(cursor.top, 0), listRows(terminal), count);
  const unfollowed = isFollowing(ui) ? { follow: false } : {};
  return { ...ui, ...unfollowed, cursors: { ...ui.cursors, [`${ui.screen}.${ui.pane}`]: { at, top } } };
}

const isFollowing = (ui: UiState): boolean => ui.screen === 4 && ui.pane === 0 && ui.follow;

/** Where the cursor is seen before it is moved. */
function startingPoint(model: Model, count: number): Cursor {
  const { ui } = model;
  if (isFollowing(ui)) return { at: count - 1, top: count - 1 };
  const isMoved = Object.hasOwn(ui.cursors, `${ui.screen}.${ui.pane}`);
  return isMoved ? cursorOf(ui) : (screens[ui.screen].start?.(model) ?? cursorOf(ui));
}
