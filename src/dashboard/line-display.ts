/**
 * Frames on a terminal: of each only the lines that changed, each at its place.
 *
 * Ink can draw, too. But it measures each character of a frame, which costs 25 ms of processor time at 120x40 where
 * this takes less than one; and Ink 6 misplaces the lines of a frame that is less tall than the terminal
 * (`incrementalRendering`), and clears the screen for one that is as tall.
 */
import type { Writable } from "node:stream";

/** DEC private mode 2026: what is between the two appears at once, where the terminal knows it. */
const BEGIN = "\u001b[?2026h";
const END = "\u001b[?2026l";
const ERASE_LINE = "\u001b[K";

export class LineDisplay {
  private readonly out: Writable;
  /** What the terminal shows; null if nobody knows. */
  private shown: readonly string[] | null = null;
  private next: readonly string[] | null = null;
  private busy = false;

  constructor(out: Writable) {
    this.out = out;
  }

  /** The terminal has another size, or shows something else: all lines are drawn with the next frame. */
  forget(): void {
    this.shown = null;
  }

  /** @param frame lines with escape sequences in them, each as wide as the terminal at most */
  show(frame: readonly string[]): void {
    this.next = frame;
    this.draw();
  }

  /** A terminal that still takes the last frame gets the newest one afterwards, and none between. */
  private draw(): void {
    const { next, out } = this;
    if (this.busy || next === null) return;
    this.next = null;
    const { shown } = this;
    let changes = "";
    for (let row = 0; row < Math.max(next.length, shown?.length ?? 0); row++) {
      const line = next[row] ?? "";
      // The line is erased first: at its end the cursor may stand on the last character.
      if (shown?.[row] !== line) changes += `\u001b[${row + 1};1H${ERASE_LINE}${line}`;
    }
    this.shown = next;
    if (changes === "") return;
    this.busy = true;
    out.write(BEGIN + changes + END, () => {
      this.busy = false;
      this.draw();
    });
  }
}
