/** Keys while something lies over the screen. */
import { completed } from "./completion.ts";
import type { Outcome } from "./effect.ts";
import { filterProblem } from "./filter-problem.ts";
import { boxOf } from "./frame.ts";
import { bodyOf } from "./layout.ts";
import { edit } from "./line-editor.ts";
import type { Model, Overlay, Size, UiState } from "./model.ts";
import { lastTop } from "./overlays/box.ts";
import { done, refused } from "./ui-changes.ts";
import { runCommand } from "./ui-commands.ts";

const MOST_HISTORY = 100;
/** What a filter is remembered as: the command that sets it. */
const FILTER = "filter ";

type TypedOverlay = Extract<Overlay, { at: number }>;
type ScrolledOverlay = Exclude<Overlay, TypedOverlay | { kind: "quit" }>;

/** What the key does there; null if it closes the overlay and is then one for the screen. */
export function pressInOverlay(key: string, model: Model, terminal: Size): Outcome | null {
  const { ui } = model;
  const { overlay } = ui;
  const closed: UiState = { ...ui, overlay: null };
  if (overlay === null) return null;
  if (key === "esc") return done(closed);
  switch (overlay.kind) {
    case "command":
    case "filter":
      return typed(key, model, overlay);
    case "quit":
      if (key === "ctrl-c") return done(closed, { kind: "interrupt" });
      return /^(y|q|enter)$/.test(key) ? done(closed, { kind: "quit" }) : done(closed);
    default: {
      const top = scrolled(key, overlay, model, terminal);
      if (top !== null) return done({ ...ui, overlay: { ...overlay, top } });
      return key === "q" || key === "enter" || key === "?" ? done(closed) : null;
    }
  }
}

/** The line that the overlay begins with after the key; null for a key that does not scroll. */
function scrolled(key: string, { top = 0 }: ScrolledOverlay, model: Model, terminal: Size): number | null {
  const { columns, rows } = bodyOf(terminal);
  const page = Math.max(rows - 3, 1);
  const by: Readonly<Record<string, number>> = {
    j: 1,
    down: 1,
    k: -1,
    up: -1,
    pgdn: page,
    "ctrl-f": page,
    space: page,
    pgup: -page,
    "ctrl-b": -page,
    home: Number.NEGATIVE_INFINITY,
    g: Number.NEGATIVE_INFINITY,
    end: Number.POSITIVE_INFINITY,
    G: Number.POSITIVE_INFINITY,
  };
  if (!Object.hasOwn(by, key)) return null;
  const last = lastTop(boxOf(model, columns)?.lines.length ?? 0, rows);
  return Math.max(0, Math.min(Math.min(top, last) + by[key], last));
}

function typed(key: string, model: Model, overlay: TypedOverlay): Outcome {
  const { ui } = model;
  const closed: UiState = { ...ui, overlay: null };
  if (key === "ctrl-c") return done(closed);
  if (key === "enter") return entered(overlay, model);
  if (key === "up" || key === "down") return done({ ...ui, overlay: recalled(overlay, ui.history, key) });
  // Backspace on an empty line leaves it, as in vi.
  if (key === "backspace" && overlay.text === "") return done(closed);
  if (key === "tab" && overlay.kind === "command") {
    const whole = completed(overlay.text.slice(0, overlay.at));
    const text = whole + overlay.text.slice(overlay.at).trimStart();
    return done({ ...ui, overlay: { kind: "command", text, at: whole.length } });
  }
  const line = edit(overlay, key);
  return done(line === null ? ui : { ...ui, overlay: { kind: overlay.kind, ...line } });
}

/** A filter that means nothing stays where it can be put right. */
function entered(overlay: TypedOverlay, model: Model): Outcome {
  const { ui } = model;
  const text = overlay.text.trim();
  const closed: UiState = { ...ui, overlay: null };
  if (overlay.kind === "filter") {
    const problem = filterProblem(text);
    if (problem !== null) return refused(ui, problem);
    return done({ ...remember(closed, text === "" ? "" : FILTER + text), filter: text });
  }
  return text === "" ? done(closed) : runCommand(text, { ...model, ui: remember(closed, text) });
}

function remember(ui: UiState, text: string): UiState {
  if (text === "") return ui;
  return { ...ui, history: [...ui.history.filter((one) => one !== text), text].slice(-MOST_HISTORY) };
}

/** What was typed before or after what is there: commands after the colon, filters after the slash. */
function recalled(overlay: TypedOverlay, history: readonly string[], key: "up" | "down"): Overlay {
  const known =
    overlay.kind === "command"
      ? history
      : history.filter((one) => one.startsWith(FILTER)).map((one) => one.slice(FILTER.length));
  const found = known.indexOf(overlay.text);
  const at = found < 0 ? known.length : found;
  const next = key === "up" ? at - 1 : at + 1;
  if (next < 0 || next > known.length) return overlay;
  const text = known[next] ?? "";
  return { kind: overlay.kind, text, at: text.length };
}
