/** What the display shows, as plain data for whoever draws it. */
import { CODE_PAGE_437 } from "../devices/vga/code-page-437.ts";
import { dotColors } from "../devices/vga/dac-colors.ts";
import { type Picture, picture } from "../devices/vga/picture.ts";
import { type TextScreen, textScreen } from "../devices/vga/text-screen.ts";
import type { Vga } from "../devices/vga/vga.ts";
import type { Machine } from "../machine/machine.ts";
import { type CoarseDisplay, coarseDisplay } from "./coarse-display.ts";
import { displayWords } from "./vga-card.ts";

export type { Picture };

/** All dots of the display, as a monitor has them. */
export const displayPicture = (machine: Machine): Picture => picture(machine.board.vga);

/** Characters side by side that look alike. */
export interface DisplayRun {
  readonly text: string;
  /** Foreground in bits 3-0, background in 6-4, blinking or a bright background in 7. */
  readonly attribute: number;
}

export interface TextDisplay {
  readonly kind: "text";
  readonly columns: number;
  /** A list for each row; together its runs have all the columns. */
  readonly rows: readonly (readonly DisplayRun[])[];
  readonly blinks: boolean;
  readonly cursor: { readonly row: number; readonly column: number } | null;
  /** What the sixteen colours look like: 0xrrggbb. */
  readonly colors: readonly number[];
  /** There is nothing to see. */
  readonly isBlank: boolean;
}

export interface WordsDisplay {
  readonly kind: "words";
  readonly text: string;
}

export type DisplayView = TextDisplay | CoarseDisplay | WordsDisplay;

const COLORS = 16;

export function displayView(vga: Vga): DisplayView {
  const screen = textScreen(vga);
  if (screen === null) return coarseDisplay(picture(vga)) ?? { kind: "words", text: displayWords(vga) };
  const { columns, blinks, cursor } = screen;
  const rows = Array.from({ length: screen.rows }, (_, row) => runsOf(screen, row));
  const isBlank = rows.every((runs) => runs.every(({ text }) => text.trim() === ""));
  const colors = Array.from(dotColors(vga).subarray(0, COLORS), rgbOf);
  return { kind: "text", columns, rows, blinks, cursor, colors, isBlank };
}

function runsOf({ columns, codes, attributes }: TextScreen, row: number): DisplayRun[] {
  const runs: DisplayRun[] = [];
  const end = (row + 1) * columns;
  let text = "";
  for (let at = row * columns; at < end; at++) {
    text += CODE_PAGE_437[codes[at]];
    if (at + 1 < end && attributes[at + 1] === attributes[at]) continue;
    runs.push({ text, attribute: attributes[at] });
    text = "";
  }
  return runs;
}

/** Dots have their colours in memory order: red lowest. */
const rgbOf = (dot: number): number => ((dot & 0xff) << 16) | (dot & 0xff00) | ((dot >>> 16) & 0xff);
