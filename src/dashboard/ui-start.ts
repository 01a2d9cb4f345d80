/** What a person finds when the dashboard opens. */
import type { UiState } from "./model.ts";

export const DEFAULT_FPS = 10;
export const FEWEST_FPS = 1;
export const MOST_FPS = 15;

export function startUi(): UiState {
  return {
    screen: 0,
    pane: 0,
    zoomed: false,
    cursors: {},
    sorts: {},
    overlay: null,
    filter: "",
    frozen: false,
    typing: false,
    source: null,
    follow: true,
    translate: { gva: 0, access: "read", user: false },
    page: null,
    raw: false,
    message: null,
    history: [],
    interruptedAt: Number.NEGATIVE_INFINITY,
    yanked: "",
    fps: DEFAULT_FPS,
    speed: null,
  };
}
