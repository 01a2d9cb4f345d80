/** A picture, made so coarse that characters can show it: half a character for each dot. */
import type { Picture } from "../devices/vga/picture.ts";

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

const COLUMNS = 80;
const ROWS = 25;

/** Null for a picture without light. */
export function coarseDisplay(picture: Picture): CoarseDisplay | null {
  const dots = coarse(picture, COLUMNS, ROWS * 2);
  if (dots.every((dot) => dot === 0)) return null;
  return {
    kind: "picture",
    columns: COLUMNS,
    rows: Array.from({ length: ROWS }, (_, row) => dotRuns(dots, row * 2)),
  };
}

function dotRuns(dots: Uint32Array, line: number): DotRun[] {
  const runs: DotRun[] = [];
  for (let column = 0; column < COLUMNS; column++) {
    const upper = dots[line * COLUMNS + column];
    const lower = dots[(line + 1) * COLUMNS + column];
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
