/** Keys into deeds: what a key changes of the picture, and what else is to be done. */
import type { Outcome } from "./effect.ts";
import { bindingOf, type Verb } from "./keymap.ts";
import { cursorOf, type Model, type ScreenNumber, type Subject, type UiState } from "./model.ts";
import { pressInOverlay } from "./overlay-keys.ts";
import { screens } from "./screens/index.ts";
import { screenOfPane } from "./screens/overview.ts";
import { hex8, spText } from "./text/numbers.ts";
import { done, goTo, openPage, refused, resetCounters, setFps, setSpeed } from "./ui-changes.ts";

/** Milliseconds within which a second ctrl-c means it. */
const TWICE_MS = 1_000;
/** Rows that a page key moves by. */
const PAGE_ROWS = 15;
/** Instructions a second that `<` and `>` step through; null for as fast as it goes. */
const SPEEDS = [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, null];

/** A key, with the host's time in milliseconds. */
export function press(key: string, model: Model, now: number): Outcome {
  const ui: UiState = { ...model.ui, message: null };
  if (ui.overlay !== null) {
    const outcome = pressInOverlay(key, { ...model, ui });
    if (outcome !== null) return outcome;
    return press(key, { ...model, ui: { ...ui, overlay: null } }, now);
  }
  const binding = bindingOf(key, ui.screen);
  if (binding === undefined) return refused(ui, `${key} does nothing here; ? lists the keys`);
  return perform(binding.verb, key, { ...model, ui }, now);
}

const monitor = (ui: UiState, text: string): Outcome => done(ui, { kind: "monitor", text });

function perform(verb: Verb, key: string, model: Model, now: number): Outcome {
  const { ui } = model;
  const screen = screens[ui.screen];
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
      return done(moved(model, -1));
    case "down":
      return done(moved(model, 1));
    case "page-up":
      return done(moved(model, -PAGE_ROWS));
    case "page-down":
      return done(moved(model, PAGE_ROWS));
    case "first":
      return done(moved(model, Number.NEGATIVE_INFINITY));
    case "last":
      return done(moved(model, Number.POSITIVE_INFINITY));
    case "open":
      return opened(ui, screen.subject(model));
    case "back":
      return done(back(ui));
    case "quit":
      return quit(model);
    case "pause":
      return monitor(ui, model.running ? "stop" : "cont");
    case "continue":
      return monitor(ui, "cont");
    case "step":
    case "next":
    case "finish":
      return monitor(ui, verb);
    case "until":
      if (ui.filter === "") return refused(ui, "e runs to an event that passes the filter: set one with /");
      return monitor(ui, `until ${ui.filter}`);
    case "slower":
      return withSpeed(ui, -1);
    case "faster":
      return withSpeed(ui, 1);
    case "break": {
      const address = addressOf(screen.subject(model));
      return monitor(ui, address === null ? "break $eip" : `break 0x${hex8(address)}`);
    }
    case "breakpoints":
      return monitor(ui, "info breakpoints");
    case "watch":
      return watched(ui, screen.subject(model));
    case "translate":
      return translated(ui, screen.subject(model));
    case "rmap":
      return rmapOf(ui, screen.subject(model));
    case "access":
      return done({ ...ui, translate: nextAccess(ui.translate) });
    case "raw":
      return done({ ...ui, raw: !ui.raw });
    case "sort":
      return done(sorted(ui, screen.sorts.length));
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
      return done({ ...ui, typing: true });
    case "yank":
      return yanked(ui, screen.subject(model));
    case "save":
      return done(ui, { kind: "save", path: `umbra-screen-${ui.screen}.txt` });
    case "help":
      return done({ ...ui, overlay: { kind: "help", top: 0 } });
    case "freeze":
      return done({ ...ui, frozen: true });
    case "thaw":
      return done({ ...ui, frozen: false });
    case "interrupt":
      if (now - ui.interruptedAt < TWICE_MS) return done(ui, { kind: "quit" });
      return done(
        { ...ui, interruptedAt: now, message: { text: "ctrl-c again quits", failed: false } },
        ...(model.running ? [{ kind: "monitor", text: "stop" } as const] : []),
      );
    case "redraw":
      return done(ui, { kind: "redraw" });
    case "suspend":
      return done(ui, { kind: "suspend" });
  }
}

function moved(model: Model, by: number): UiState {
  const { ui } = model;
  const count = screens[ui.screen].count(model);
  if (count === 0) return ui;
  const cursor = cursorOf(ui);
  const from = Math.min(cursor.at, count - 1);
  const at = Math.max(0, Math.min(from + by, count - 1));
  // The row where the list begins follows the cursor when it is drawn; this keeps it near.
  const top = by < 0 ? Math.min(cursor.top, at) : cursor.top;
  const following = ui.screen === 4 && ui.follow ? { follow: false } : {};
  return { ...ui, ...following, cursors: { ...ui.cursors, [`${ui.screen}.${ui.pane}`]: { at, top } } };
}

/** Enter: what there is to know about what is selected. */
function opened(ui: UiState, subject: Subject | null): Outcome {
  switch (subject?.kind) {
    case undefined:
      if (ui.screen === 0) return done(goTo(ui, screenOfPane(ui)));
      return refused(ui, "nothing is selected here");
    case "event":
      return done({ ...ui, overlay: { kind: "why", seq: subject.seq } });
    case "page":
      return done(openPage(ui, subject.sp));
    case "gfn":
    case "register":
    case "gva":
      return translated(ui, subject);
    case "counter":
      return done({ ...goTo(ui, 6) });
  }
}

function translated(ui: UiState, subject: Subject | null): Outcome {
  const gva = addressOf(subject);
  if (gva === null) return refused(ui, "nothing with an address is selected; `:translate ADDRESS` takes any");
  return done({ ...goTo(ui, 5), translate: { ...ui.translate, gva } });
}

/** A linear address that has to do with what is selected; null if none has. */
function addressOf(subject: Subject | null): number | null {
  if (subject?.kind === "gva") return subject.gva;
  if (subject?.kind === "page") return subject.gva;
  return subject?.kind === "register" ? subject.value : null;
}

function rmapOf(ui: UiState, subject: Subject | null): Outcome {
  if (subject?.kind !== "page" && subject?.kind !== "gfn") {
    return refused(ui, "no frame is selected; `:info rmap GFN` takes any");
  }
  return monitor(ui, `info rmap ${subject.gfn.toString(16)}`);
}

function watched(ui: UiState, subject: Subject | null): Outcome {
  switch (subject?.kind) {
    case "page":
      return monitor(ui, `watch sp:${spText(subject.sp)}`);
    case "gfn":
      return monitor(ui, `watch gfn:${subject.gfn.toString(16)}`);
    case "gva":
      return monitor(ui, `watch gva:0x${hex8(subject.gva)}`);
    case "register":
      return monitor(ui, `watch ${subject.name}`);
    default:
      return refused(ui, "nothing that can be watched is selected; `:help watch` says what can");
  }
}

function yanked(ui: UiState, subject: Subject | null): Outcome {
  if (subject === null) return refused(ui, "nothing is selected here");
  const text = subjectText(subject);
  return done(
    { ...ui, yanked: text, message: { text: `copied ${text}`, failed: false } },
    { kind: "copy", text },
  );
}

function subjectText(subject: Subject): string {
  switch (subject.kind) {
    case "event":
      return String(subject.seq);
    case "page":
      return `sp ${spText(subject.sp)}`;
    case "gfn":
      return `gfn ${subject.gfn.toString(16)}`;
    case "gva":
      return `0x${hex8(subject.gva)}`;
    case "register":
      return `0x${hex8(subject.value)}`;
    case "counter":
      return subject.name;
  }
}

/** Out of what was opened last: the page, the zoomed pane, the screen. */
function back(ui: UiState): UiState {
  if (ui.zoomed) return { ...ui, zoomed: false };
  if (ui.screen === 2 && ui.page !== null) return { ...ui, page: null, pane: 0 };
  return goTo(ui, 0);
}

function quit({ ui, running }: Model): Outcome {
  if (ui.zoomed || ui.screen !== 0) return done(back(ui));
  return running ? done({ ...ui, overlay: { kind: "quit" } }) : done(ui, { kind: "quit" });
}

function sorted(ui: UiState, orders: number): UiState {
  const next = ((ui.sorts[ui.screen] ?? 0) + 1) % orders;
  return { ...ui, sorts: { ...ui.sorts, [ui.screen]: next } };
}

const ACCESSES = ["read", "write", "fetch"] as const;

function nextAccess({ gva, access, user }: UiState["translate"]): UiState["translate"] {
  const at = ACCESSES.indexOf(access) + 1;
  if (at < ACCESSES.length) return { gva, access: ACCESSES[at], user };
  return { gva, access: ACCESSES[0], user: !user };
}

function withSpeed(ui: UiState, by: number): Outcome {
  const at = SPEEDS.indexOf(ui.speed);
  // A speed typed as a number lies between two of the steps.
  const from = at >= 0 ? at : SPEEDS.findIndex((step) => step === null || step > (ui.speed ?? 0));
  return setSpeed(ui, SPEEDS[Math.max(0, Math.min(from + by, SPEEDS.length - 1))]);
}
