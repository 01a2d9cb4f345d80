/** Changes of the picture that both keys and commands make. */
import { isUserNow } from "../debug/commands/addresses.ts";
import type { Effect, Outcome } from "./effect.ts";
import { endOf, type Model, type ScreenNumber, type UiState } from "./model.ts";
import { sourceOf } from "./shown-console.ts";
import { FEWEST_FPS, MOST_FPS } from "./ui-start.ts";

export const done = (ui: UiState, ...effects: Effect[]): Outcome => ({ ui, effects });

/** Nothing happens but a sentence that says why. */
export const refused = (ui: UiState, text: string): Outcome =>
  done({ ...ui, message: { text, failed: true } });

/** A sentence that says what has changed. */
export const told = (ui: UiState, text: string, ...effects: Effect[]): Outcome =>
  done({ ...ui, message: { text, failed: false } }, ...effects);

/** A line for the machine's monitor, in the words that a person would type. */
export const monitor = (ui: UiState, text: string): Outcome => done(ui, { kind: "monitor", text });

export function goTo(ui: UiState, screen: ScreenNumber): UiState {
  return screen === ui.screen ? ui : { ...ui, screen, pane: 0, zoomed: false };
}

/** A shadow page in detail, from its first entry on. */
export function openPage(ui: UiState, sp: number): UiState {
  const shown = { ...goTo(ui, 2), page: sp, pane: 1 };
  return { ...shown, cursors: { ...shown.cursors, "2.1": { at: 0, top: 0 } } };
}

export function setFps(ui: UiState, wanted: number): Outcome {
  const fps = Math.max(FEWEST_FPS, Math.min(wanted, MOST_FPS));
  return told({ ...ui, fps }, `${fps} frames a second`);
}

/** @param speed instructions a second; null for as fast as it goes */
export function setSpeed(ui: UiState, speed: number | null): Outcome {
  const text = speed === null ? "as fast as it goes" : `${speed} instructions a second`;
  return told({ ...ui, speed }, text, { kind: "speed", limit: speed });
}

export const resetCounters = (ui: UiState): Outcome =>
  told(ui, "counts start from 0 here", { kind: "reset-counters" });

/** What is said of a key that is about a guest which runs or can. */
export const hasEnded = (ui: UiState, detail: string): Outcome =>
  refused(ui, `the machine has ended: ${detail}`);

/** The guest has the keys from here on; its console is what then has to be seen. */
export function startTyping(model: Model): Outcome {
  const { ui, running } = model;
  const end = endOf(model);
  if (end !== null) return hasEnded(ui, end.detail);
  const console = ui.screen === 0 && !ui.zoomed ? { ...ui, pane: 0 } : goTo(ui, 1);
  // What the keys go to stays in sight, whatever the guest does meanwhile. Another screen did not ask what is displayed.
  const isKnown = (model.snapshot?.display ?? null) !== null;
  const typing = { ...console, typing: true, source: isKnown ? sourceOf(model) : ui.source };
  return running
    ? done(typing)
    : told(typing, "the guest stands still: ^] takes the keys back, space lets it run");
}

/** Where the list keys are on the console screen. */
const CONSOLE_CURSOR = "1.0";

/** From what is shown to the other of the two; a row of one is none of the other. */
export function otherSource(model: Model): Outcome {
  const { ui } = model;
  const source = sourceOf(model) === "COM1" ? "display" : "COM1";
  const { [CONSOLE_CURSOR]: _, ...cursors } = ui.cursors;
  return told(
    { ...ui, source, cursors },
    source === "COM1" ? "the serial port, COM1" : "the display; keys go to the PS/2 keyboard",
  );
}

const ACCESSES = ["read", "write", "fetch"] as const;

/** The next kind of access: as supervisor after all three as user. */
export function translateNext(ui: UiState): UiState {
  const { gva, access, user } = ui.translate;
  const at = (ACCESSES.indexOf(access) + 1) % ACCESSES.length;
  return { ...ui, translate: { gva, access: ACCESSES[at], user: at === 0 ? !user : user } };
}

/** An address through both kinds of tables: a read, as the guest runs now. */
export const translateAt = ({ ui, snapshot }: Model, gva: number): UiState => ({
  ...goTo(ui, 5),
  translate: { gva, access: "read", user: isUserNow(snapshot?.status.cpl) },
});
