/** All that a screen is drawn from. Screens are functions of it and of their size, and change nothing. */
import type { End, Stop } from "../debug/stop.ts";
import type { Snapshot, SnapshotRequest } from "../inspect/snapshot.ts";
import type { TranslateWish } from "../inspect/translate-view.ts";
import type { ConsoleScreen, ConsoleSource } from "./console-screen.ts";
import type { EventLog } from "./event-log.ts";
import type { RateHistory } from "./rate-history.ts";
import type { Glyphs } from "./text/glyphs.ts";
import type { Line } from "./text/line.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export type ScreenNumber = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** What is selected: what enter opens, t translates, r asks about and w watches. */
export type Subject =
  | { readonly kind: "event"; readonly seq: number }
  | { readonly kind: "page"; readonly sp: number; readonly gfn: number; readonly gva: number | null }
  | { readonly kind: "gfn"; readonly gfn: number }
  | { readonly kind: "gva"; readonly gva: number }
  | { readonly kind: "register"; readonly name: string; readonly value: number }
  | { readonly kind: "counter"; readonly name: string };

export type Overlay =
  | { readonly kind: "help"; readonly top: number }
  /** What is typed so far, after : or /. */
  | { readonly kind: "command"; readonly text: string; readonly at: number }
  | { readonly kind: "filter"; readonly text: string; readonly at: number }
  | { readonly kind: "why"; readonly seq: number; readonly top?: number }
  | { readonly kind: "fault"; readonly top?: number }
  /** The monitor's answer to a command, too long for the message line. */
  | {
      readonly kind: "answer";
      readonly title: string;
      readonly lines: readonly string[];
      readonly top: number;
    }
  | { readonly kind: "quit" };

/** Where the cursor of a list is, and the first row in sight. */
export interface Cursor {
  readonly at: number;
  readonly top: number;
}

export const START: Cursor = { at: 0, top: 0 };

/** What the person has chosen. */
export interface UiState {
  readonly screen: ScreenNumber;
  /** Index of the focused pane among the screen's. */
  readonly pane: number;
  /** The focused pane has the whole screen. */
  readonly zoomed: boolean;
  /** By `${screen}.${pane}`. */
  readonly cursors: Readonly<Record<string, Cursor>>;
  /** Index of the sort order, by screen. */
  readonly sorts: Readonly<Record<string, number>>;
  readonly overlay: Overlay | null;
  /** Words that events must pass. */
  readonly filter: string;
  /** The view stands still while the guest runs. */
  readonly frozen: boolean;
  /** Keys go to the guest. */
  readonly typing: boolean;
  /** What the console shows; null for what the guest speaks through. */
  readonly source: ConsoleSource | null;
  /** The timeline stays at its end. */
  readonly follow: boolean;
  readonly translate: TranslateWish;
  /** The shadow page in detail on screen 2. */
  readonly page: number | null;
  /** Shadow entries are shown with the pfn that is in them, not with the gfn it backs. */
  readonly raw: boolean;
  /** The answer to the last key or command, one line. */
  readonly message: { readonly text: string; readonly failed: boolean } | null;
  /** Commands typed so far, oldest first. */
  readonly history: readonly string[];
  /** When ctrl-c was last pressed, in milliseconds of the host. */
  readonly interruptedAt: number;
  /** What `y` copied last. */
  readonly yanked: string;
  /** Frames a second. */
  readonly fps: number;
  /** Guest instructions per second of host time; null for as fast as it goes. */
  readonly speed: number | null;
}

/** The table of the last `umbra compare`, as it was printed. */
export interface CompareReport {
  readonly path: string;
  readonly lines: readonly string[];
}

export interface Model {
  /** The image's name. */
  readonly image: string;
  /** The words after `umbra exec` that make the same machine again; the image's name if nobody knows more. */
  readonly machine?: readonly string[];
  /** The last answer; null before the first. */
  readonly snapshot: Snapshot | null;
  /** The one at the stop before, to mark what changed. */
  readonly previous: Snapshot | null;
  readonly running: boolean;
  readonly stop: Stop | null;
  /** Million instructions per second of host time, lately. */
  readonly mips: number;
  readonly hz: number;
  readonly events: EventLog;
  readonly rates: RateHistory;
  readonly console: ConsoleScreen;
  readonly compare: CompareReport | null;
  readonly ui: UiState;
  readonly glyphs: Glyphs;
}

/** How the machine has ended; null while it runs or could. */
export const endOf = ({ running, stop }: Pick<Model, "running" | "stop">): End | null =>
  !running && stop?.kind === "ended" ? stop : null;

/** One of the screens. */
export interface Screen {
  readonly number: ScreenNumber;
  /** As the status bar says it. */
  readonly name: string;
  /** Names of its panes in the order in which tab visits them. */
  readonly panes: readonly string[];
  /** Names of its sort orders; none if it has none. */
  readonly sorts: readonly string[];
  /** What must be asked to draw it so. */
  readonly wish: (ui: UiState, size: Size) => SnapshotRequest;
  /** Exactly `size.rows` lines of exactly `size.columns` cells. */
  readonly draw: (model: Model, size: Size) => Line[];
  /** How many rows the cursor of the focused pane can be at; 0 for a pane without one. */
  readonly count: (model: Model) => number;
  /** Where that cursor is as long as the person has not moved it; `START` if not given. */
  readonly start?: (model: Model) => Cursor;
  /** What the cursor of the focused pane is at. */
  readonly subject: (model: Model) => Subject | null;
}

export const cursorOf = (ui: UiState, pane = ui.pane): Cursor => ui.cursors[`${ui.screen}.${pane}`] ?? START;
