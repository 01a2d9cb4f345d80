/** The guest's console as the terminal emulator has it: a grid of characters that nothing raw can leave. */
import type { Line } from "./text/line.ts";

/** What a guest speaks through: its serial port, or its display. */
export type ConsoleSource = "COM1" | "display";

export interface ConsoleScreen {
  readonly columns: number;
  /** Rows of the screen, and lines of scrollback above them. */
  readonly rows: number;
  readonly scrollback: number;
  /** The cursor: column, and row on the screen. */
  readonly cursor: { readonly column: number; readonly row: number };
  /** The guest has sent nothing yet. */
  readonly isSilent?: boolean;
  /** Bytes of output left out, because the guest wrote faster than a terminal can read; none if not given. */
  readonly droppedBytes?: number;
  /** Lines from `first` on; line 0 is the oldest of the scrollback, line `scrollback` the first of the screen. */
  lines(first: number, count: number): Line[];
}
