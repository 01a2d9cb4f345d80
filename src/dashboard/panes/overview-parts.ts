/** What the overview is made of: a short form of each screen that has one. */
import { grouped } from "../../common/grouped.ts";
import type { SnapshotRequest } from "../../inspect/snapshot.ts";
import type { Model, ScreenNumber } from "../model.ts";
import { printable } from "../printable.ts";
import { sourceOf } from "../shown-console.ts";
import type { Line } from "../text/line.ts";
import { consoleLines, consoleWish, typingFoot } from "./console-lines.ts";
import { cpuLines, cpuWish } from "./cpu-lines.ts";
import { oosLines, oosWish } from "./oos-lines.ts";
import { rateLines } from "./rates-lines.ts";
import { shadowLines, shadowWish } from "./shadow-lines.ts";
import { timelineLines } from "./timeline-lines.ts";

export interface Part {
  /** The screen that it is the short form of. */
  readonly screen: ScreenNumber;
  readonly name: string;
  readonly title: (model: Model) => string;
  readonly foot?: (model: Model) => string;
  readonly lines: (model: Model, width: number, rows: number) => Line[];
  /** What must be asked for so many lines; nothing without. */
  readonly wish?: (rows: number) => SnapshotRequest;
}

export const CONSOLE: Part = {
  screen: 1,
  name: "console",
  title: (model) => `1 console ${sourceOf(model)}${model.ui.typing ? "  TYPING" : ""}`,
  foot: typingFoot,
  lines: consoleLines,
  wish: () => consoleWish,
};

export const OOS: Part = {
  screen: 3,
  name: "out of sync",
  title: () => "3 out of sync",
  lines: oosLines,
  wish: () => oosWish,
};

export const RATES: Part = { screen: 6, name: "rates", title: () => "6 rates /s", lines: rateLines };

export const TIMELINE: Part = {
  screen: 4,
  name: "timeline",
  title: ({ ui, events, glyphs }) => {
    const filter = ui.filter === "" ? "" : `   filter ${printable(ui.filter, glyphs)}`;
    return `4 timeline${filter}   ${grouped(events.unseen)} unseen`;
  },
  foot: () => "/ filter",
  lines: timelineLines,
};

export const SHADOW: Part = {
  screen: 2,
  name: "shadow",
  title: ({ snapshot }) => {
    const view = snapshot?.shadow ?? null;
    return view === null ? "2 shadow" : `2 shadow   ${view.used} sp of ${view.quota}`;
  },
  lines: shadowLines,
  wish: shadowWish,
};

export const CPU: Part = { screen: 7, name: "cpu", title: () => "7 cpu", lines: cpuLines, wish: cpuWish };

/** In the order in which tab visits them. */
export const parts: readonly Part[] = [CONSOLE, OOS, RATES, TIMELINE, SHADOW, CPU];

/** The part that is pane so-and-so; the nearest for a number out of range. */
export const partAt = (pane: number): Part =>
  parts[Math.max(0, Math.min(Math.trunc(pane), parts.length - 1))];
