/** What the display shows, as plain data for whoever draws it. */
import { CODE_PAGE_437 } from "../devices/vga/code-page-437.ts";
import { dotColors } from "../devices/vga/dac-colors.ts";
import { type Picture, picture } from "../devices/vga/picture.ts";
import { type TextScreen, textScreen } from "../devices/vga/text-screen.ts";
import type { Vga } from "../devices/vga/vga.ts";
import type { Machine } from "../machine/machine.ts";
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

/** Characters side by side, each of which stands for two dots: 0xrrggbb. */
export interface DotRun {
  readonly cells: number;
  readonly upper: number;
  readonly lower: number;
}

/** A picture, made so coarse that text can show it. */
export interface CoarseDisplay {
  readonly kind: "picture";
  readonly columns: number;
  readonly rows: readonly (readonly DotRun[])[];
}

export interface WordsDisplay {
  readonly kind: "words";
  readonly text: string;
}

export type DisplayView = TextDisplay | CoarseDisplay | WordsDisplay;

const COLORS = 16;
const COARSE_COLUMNS = 80;
const COARSE_ROWS = 25;

export function displayView(vga: Vga): DisplayView {
  const screen = textScreen(vga);
  if (screen === null) return pictureView(vga);
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

function pictureView(vga: Vga): CoarseDisplay | WordsDisplay {
  const shown = picture(vga);
  const dots = coarse(shown, COARSE_COLUMNS, COARSE_ROWS * 2);
  if (dots.every((dot) => dot === 0)) return { kind: "words", text: displayWords(vga) };
  const rows = Array.from({ length: COARSE_ROWS }, (_, row) => dotRuns(dots, row * 2));
  return { kind: "picture", columns: COARSE_COLUMNS, rows };
}

function dotRuns(dots: Uint32Array, line: number): DotRun[] {
  const runs: DotRun[] = [];
  for (let column = 0; column < COARSE_COLUMNS; column++) {
    const upper = dots[line * COARSE_COLUMNS + column];
    const lower = dots[(line + 1) * COARSE_COLUMNS + column];
    const last = runs.at(-1);
    if (last?.upper === upper && last.lower === lower)
      runs[runs.length - 1] = { ...last, cells: last.cells + 1 };
    else runs.push({ cells: 1, upper, lower });
  }
  return runs;
}

/** Each dot the mean of those that it stands for: 0xrrggbb. */
function coarse({ width, height, rgba }: Picture, columns: number, lines: number): Uint32Array {
  const dots = new Uint32Array(columns * lines);
  for (let line = 0; line < lines; line++) {
    const top = Math.floor((line * height) / lines);
    const bottom = Math.max(Math.floor(((line + 1) * height) / lines), top + 1);
    for (let column = 0; column < columns; column++) {
      const left = Math.floor((column * width) / columns);
      const right = Math.max(Math.floor(((column + 1) * width) / columns), left + 1);
      dots[line * columns + column] = mean(rgba, width, { left, right, top, bottom });
    }
  }
  return dots;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function mean(rgba: Uint8Array, width: number, { left, right, top, bottom }: Box): number {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const at = (y * width + x) * 4;
      red += rgba[at];
      green += rgba[at + 1];
      blue += rgba[at + 2];
    }
  }
  const count = (right - left) * (bottom - top);
  return (Math.round(red / count) << 16) | (Math.round(green / count) << 8) | Math.round(blue / count);
}
