/** Keys into deeds: what a key changes of the picture, and what else is to be done. */
import type { Outcome } from "./effect.ts";
import { bindingOf, bindings, type Verb } from "./keymap.ts";
import { isTooSmall, STANDARD } from "./layout.ts";
import { moved, pageRows } from "./list-cursor.ts";
import { endOf, type Model, type ScreenNumber, type Size, type UiState } from "./model.ts";
import { pressInOverlay } from "./overlay-keys.ts";
import { screens } from "./screens/index.ts";
import { screenOfPane } from "./screens/overview.ts";
import { breakpointOf, opened, reverseMapOf, subjectText, translated, watchOf } from "./subject-deeds.ts";
import {
  done,
  goTo,
  hasEnded,
  monitor,
  otherSource,
  refused,
  resetCounters,
  setFps,
  setSpeed,
  startTyping,
  told,
  translateNext,
} from "./ui-changes.ts";

/** Milliseconds within which a second ctrl-c means it. */
const TWICE_MS = 1_000;
/** Instructions a second that `<` and `>` step through; null for as fast as it goes. */
const SPEEDS = [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, null];

/** Which key, when (milliseconds of the host), and in how large a terminal. */
interface Moment {
  readonly key: string;
  readonly now: number;
  readonly terminal: Size;
}

/**
 * A key: what it changes, and what is to be done besides.
 * @param now milliseconds of the host
 * @param terminal for how far the page keys go, and whether anything is drawn at all
 */
export function press(key: string, model: Model, now: number, terminal: Size = STANDARD): Outcome {
  const ui: UiState = { ...model.ui, message: null };
  if (ui.overlay !== null) {
    const outcome = pressInOverlay(key, { ...model, ui }, terminal);
    if (outcome !== null) return outcome;
    return press(key, { ...model, ui: { ...ui, overlay: null } }, now, terminal);
  }
  const binding = bindingOf(key, ui.screen);
  const end = endOf(model);
  if (binding?.alive === true && end !== null) return hasEnded(ui, end.detail);
  if (binding !== undefined) return perform(binding.verb, { ...model, ui }, { key, now, terminal });
  const elsewhere = bindings.find(({ keys }) => keys.includes(key))?.screens;
  const where = elsewhere === undefined ? "" : `, but on screen ${elsewhere.join(" and ")}`;
  return refused(ui, `${key} does nothing here${where}; ? lists the keys`);
}

/** What a verb does. */
export function perform(verb: Verb, model: Model, { key, now, terminal }: Moment): Outcome {
  const { ui } = model;
  const screen = screens[ui.screen];
  const page = pageRows(terminal);
  const move = (by: number): Outcome => done(moved(model, by, terminal));
  switch (verb) {
    case "screen":
      return done(goTo(ui, Number(key) as ScreenNumber));
    case "next-pane":
      return done({ ...ui, pane: (ui.pane + 1) % screen.panes.length });
    case "previous-pane":
      return done({ ...ui, pane: (ui.pane + screen.panes.length - 1) % screen.panes.length });
    case "zoom":
      return done({ ...ui, zoomed: !ui.zoomed });
    case "up":
      return move(-1);
    case "down":
      return move(1);
    case "page-up":
      return move(-page);
    case "page-down":
      return move(page);
    case "first":
      return move(Number.NEGATIVE_INFINITY);
    case "last":
      return move(Number.POSITIVE_INFINITY);
    case "open":
      return ui.screen === 0 ? done(goTo(ui, screenOfPane(ui))) : opened(model, screen.subject(model));
    case "back":
      return done(back(ui));
    case "quit":
      return quit(model, terminal);
    case "pause":
      return monitor(ui, model.running ? "stop" : "cont");
    case "continue":
      return monitor(ui, "cont");
    case "step":
    case "next":
    case "finish":
      return monitor(ui, verb);
    case "until":
      return untilFilter(ui);
    case "slower":
      return withSpeed(ui, -1);
    case "faster":
      return withSpeed(ui, 1);
    case "break":
      return monitor(ui, breakpointOf(model, screen.subject(model)));
    case "breakpoints":
      return monitor(ui, "info breakpoints");
    case "watch":
      return watchOf(model, screen.subject(model));
    case "translate":
      return translated(model, screen.subject(model));
    case "rmap":
      return reverseMapOf(model, screen.subject(model));
    case "access":
      return done(translateNext(ui));
    case "raw":
      return done({ ...ui, raw: !ui.raw });
    case "sort":
      return sorted(ui, screen.sorts);
    case "more-frames":
      return setFps(ui, ui.fps + 1);
    case "fewer-frames":
      return setFps(ui, ui.fps - 1);
    case "reset":
      return resetCounters(ui);
    case "follow":
      return done({ ...ui, follow: !ui.follow });
    case "filter":
      return done({ ...ui, overlay: { kind: "filter", text: ui.filter, at: ui.filter.length } });
    case "command":
      return done({ ...ui, overlay: { kind: "command", text: "", at: 0 } });
    case "type":
      return startTyping(model);
    case "source":
      return otherSource(model);
    case "yank":
      return yanked(model);
    case "save":
      return done(ui, { kind: "save", path: fileName(model) });
    case "help":
      return done({ ...ui, overlay: { kind: "help", top: 0 } });
    case "freeze":
      return done({ ...ui, frozen: true });
    case "thaw":
      return done({ ...ui, frozen: false });
    case "interrupt":
      return interrupted(model, now);
    case "redraw":
      return done(ui, { kind: "redraw" });
    case "suspend":
      return done(ui, { kind: "suspend" });
  }
}

function interrupted({ ui, running }: Model, now: number): Outcome {
  if (now - ui.interruptedAt < TWICE_MS) return done(ui, { kind: "interrupt" });
  const noted = { ...ui, interruptedAt: now };
  return told(
    noted,
    "ctrl-c again within a second quits",
    ...(running ? [{ kind: "monitor", text: "stop" } as const] : []),
  );
}

/** A filter that is a number alone would be taken for an icount: said twice it means the same and is none. */
function untilFilter(ui: UiState): Outcome {
  const { filter } = ui;
  if (filter === "") return refused(ui, "e runs to an event that passes the filter: set one with /");
  return monitor(ui, /^[\d_]+[kMG]?$/.test(filter) ? `until ${filter} ${filter}` : `until ${filter}`);
}

function yanked(model: Model): Outcome {
  const { ui } = model;
  const subject = screens[ui.screen].subject(model);
  if (subject === null) return refused(ui, "nothing is selected here");
  const text = subjectText(model, subject);
  return told({ ...ui, yanked: text }, `copied: ${text}`, { kind: "copy", text });
}

/** Says what is in it, and when that was. */
function fileName({ ui, snapshot }: Model): string {
  const name = screens[ui.screen].name.replaceAll(" ", "-");
  const icount = snapshot === null ? "" : `-${snapshot.status.icount}`;
  return `umbra-${name}${icount}.txt`;
}

/** Out of what was opened last: the page, the zoomed pane, the screen. */
function back(ui: UiState): UiState {
  if (ui.zoomed) return { ...ui, zoomed: false };
  if (ui.screen === 2 && ui.page !== null) return { ...ui, page: null, pane: 0 };
  return goTo(ui, 0);
}

/** Where nothing is drawn there is no way back to be seen: `q` means to leave. */
function quit({ ui, running }: Model, terminal: Size): Outcome {
  const isHome = !ui.zoomed && ui.screen === 0;
  if (!isHome && !isTooSmall(terminal)) return done(back(ui));
  return running ? done({ ...ui, overlay: { kind: "quit" } }) : done(ui, { kind: "quit" });
}

function sorted(ui: UiState, orders: readonly string[]): Outcome {
  if (orders.length === 0) return refused(ui, "there is no other order here");
  const next = ((ui.sorts[ui.screen] ?? 0) + 1) % orders.length;
  return told({ ...ui, sorts: { ...ui.sorts, [ui.screen]: next } }, `order: ${orders[next]}`);
}

function withSpeed(ui: UiState, by: 1 | -1): Outcome {
  const at = SPEEDS.indexOf(ui.speed);
  if (at >= 0) return setSpeed(ui, SPEEDS[Math.max(0, Math.min(at + by, SPEEDS.length - 1))]);
  // A speed that was typed as a number lies between two of the steps, or before the first.
  const above = SPEEDS.findIndex((step) => step === null || step > (ui.speed ?? 0));
  return setSpeed(ui, SPEEDS[by > 0 ? above : Math.max(above - 1, 0)]);
}
