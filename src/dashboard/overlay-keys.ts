/** Keys while something lies over the screen. */
import type { Outcome } from "./effect.ts";
import { edit } from "./line-editor.ts";
import type { Model, Overlay, UiState } from "./model.ts";
import { done } from "./ui-changes.ts";
import { runCommand } from "./ui-commands.ts";

/** Rows that a page key scrolls by. */
const PAGE_ROWS = 15;
const MOST_HISTORY = 100;

/** What the key does there; null if it closes the overlay and is then one for the screen. */
export function pressInOverlay(key: string, model: Model): Outcome | null {
  const { ui } = model;
  const { overlay } = ui;
  const closed: UiState = { ...ui, overlay: null };
  if (overlay === null) return null;
  if (key === "esc") return done(closed);
  switch (overlay.kind) {
    case "command":
    case "filter":
      return typed(key, model, overlay);
    case "help":
    case "answer": {
      const top = scrolled(overlay.top, key);
      if (top !== null) return done({ ...ui, overlay: { ...overlay, top } });
      return closes(key) ? done(closed) : null;
    }
    case "quit":
      return /^(y|q|enter|ctrl-c)$/.test(key) ? done(closed, { kind: "quit" }) : done(closed);
    case "why":
    case "fault":
      return closes(key) ? done(closed) : null;
  }
}

const closes = (key: string): boolean => key === "q" || key === "enter" || key === "?";

function scrolled(top: number, key: string): number | null {
  const by: Record<string, number> = {
    j: 1,
    down: 1,
    k: -1,
    up: -1,
    pgdn: PAGE_ROWS,
    space: PAGE_ROWS,
    pgup: -PAGE_ROWS,
    home: Number.NEGATIVE_INFINITY,
    g: Number.NEGATIVE_INFINITY,
  };
  return key in by ? Math.max(0, top + by[key]) : null;
}

function typed(key: string, model: Model, overlay: Extract<Overlay, { at: number }>): Outcome {
  const { ui } = model;
  const closed: UiState = { ...ui, overlay: null };
  if (key === "ctrl-c") return done(closed);
  if (key === "enter") {
    if (overlay.kind === "filter") return done({ ...closed, filter: overlay.text.trim() });
    const text = overlay.text.trim();
    if (text === "") return done(closed);
    const history = [...ui.history.filter((one) => one !== text), text].slice(-MOST_HISTORY);
    return runCommand(text, { ...model, ui: { ...closed, history } });
  }
  if (key === "up" || key === "down") return done({ ...ui, overlay: recalled(overlay, ui.history, key) });
  const line = edit(overlay, key);
  if (line === null) return done(ui);
  // Backspace on an empty line leaves it, as in vi.
  if (key === "backspace" && overlay.text === "") return done(closed);
  return done({ ...ui, overlay: { kind: overlay.kind, ...line } });
}

/** The command before or after the one that is there. */
function recalled(
  overlay: Extract<Overlay, { at: number }>,
  history: readonly string[],
  key: string,
): Overlay {
  if (overlay.kind === "filter" || history.length === 0) return overlay;
  const at = history.indexOf(overlay.text);
  const next = key === "up" ? (at < 0 ? history.length : at) - 1 : at < 0 ? history.length : at + 1;
  if (next < 0) return overlay;
  const text = history[next] ?? "";
  return { kind: "command", text, at: text.length };
}
