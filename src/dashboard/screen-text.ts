/** A screen as lines of text, for who has no terminal: the same picture, asked for by number or name. */
import type { Snapshot, SnapshotRequest } from "../inspect/snapshot.ts";
import { drawFrame, wishOf } from "./frame.ts";
import { STANDARD } from "./layout.ts";
import type { Model, Screen, Size } from "./model.ts";
import { screens } from "./screens/index.ts";
import { textOf } from "./text/line.ts";
import { goTo } from "./ui-changes.ts";

/** Everything that the picture is drawn from but the machine's answer. */
export type ScreenSource = Omit<Model, "snapshot" | "previous">;

export interface ScreenText {
  readonly wish: SnapshotRequest;
  /** The frame without its footer, blanks at the ends of lines cut. */
  readonly lines: (snapshot: Snapshot) => string[];
}

const screenNamed = (which: string): Screen | undefined =>
  screens.find(({ number, name }) => String(number) === which || name === which.toLowerCase());

export const isScreen = (which: string): boolean => screenNamed(which) !== undefined;

/** @param which a screen's number or name */
export function screenText(which: string, source: ScreenSource, size: Size = STANDARD): ScreenText {
  const screen = screenNamed(which);
  if (screen === undefined) throw new RangeError(`there is no screen ${which}`);
  const ui = goTo(source.ui, screen.number);
  const model: Model = { ...source, ui, snapshot: null, previous: null };
  // One row more, which a frame leaves free.
  const terminal = { columns: size.columns, rows: size.rows + 1 };
  return {
    wish: wishOf(model, terminal),
    lines: (snapshot) =>
      drawFrame({ ...model, snapshot }, terminal)
        .slice(0, -1)
        .map((spans) => textOf(spans).trimEnd()),
  };
}

export const screenNames = (): string => screens.map(({ number, name }) => `${number} ${name}`).join(", ");
