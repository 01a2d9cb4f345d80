/**
 * Characters b0 to df of code page 437, made by rule: shades, lines that meet their neighbours in the middle of each
 * edge, and blocks.
 */
import { GLYPH_ROWS, type Glyph } from "./glyph.ts";

/** Where strokes lie: the rows of level ones; the first and last columns of upright ones. */
const ROWS = { single: 7, upper: 6, lower: 8 };
const COLUMNS = { single: [3, 4], left: [1, 2], right: [5, 6] } as const;

/** Strokes that leave the centre to the north, east, south and west: none, single or double. */
// biome-ignore format: one row for each sixteen codes
const LINES = [
  /* b3 */ "1010", "1011", "1012", "2021", "0021", "0012", "2022", "2020", "0022", "2002", "2001", "1002", "0011",
  /* c0 */ "1100", "1101", "0111", "1110", "0101", "1111", "1210", "2120", "2200", "0220", "2202", "0222", "2220", "0202", "2222", "1202",
  /* d0 */ "2101", "0212", "0121", "2100", "1200", "0210", "0120", "2121", "1212", "1001", "0110",
];

type Dots = (x: number, y: number) => boolean;

function glyphOf(dots: Dots): Glyph {
  return Array.from({ length: GLYPH_ROWS }, (_, y) =>
    [0, 1, 2, 3, 4, 5, 6, 7].reduce((byte, x) => byte | (dots(x, y) ? 0x80 >> x : 0), 0),
  );
}

/**
 * How far a stroke reaches that comes from an edge: to the near, middle or far one of the strokes that cross its way.
 *
 * `beside` is the crossing stroke on the side of this rail of a double stroke, `beyond` the one on the other side, and
 * `ahead` the one that goes on: the rail inside a corner ends early, the one outside goes around it.
 */
function reach(beside: string, beyond: string, ahead: string): "near" | "middle" | "far" {
  if (beside === "2") return "near";
  if (ahead !== "0") return "middle";
  return beyond === "2" ? "far" : "middle";
}

/** The same for a single stroke, which has no inside: it crosses, stops at a double line, or closes a double corner. */
function singleReach(one: string, other: string, ahead: string): "near" | "middle" | "far" {
  if (ahead !== "0") return "middle";
  if (one === "2" && other === "2") return "near";
  return one === "2" || other === "2" ? "far" : "middle";
}

/** Crossing rows and columns by distance, for strokes from the north and the west, from the south and the east. */
const FROM_NORTH = { near: ROWS.upper, middle: ROWS.single, far: ROWS.lower };
const FROM_SOUTH = { near: ROWS.lower, middle: ROWS.single, far: ROWS.upper };
const FROM_WEST = { near: COLUMNS.left[1], middle: COLUMNS.single[1], far: COLUMNS.right[1] };
const FROM_EAST = { near: COLUMNS.right[0], middle: COLUMNS.single[0], far: COLUMNS.left[0] };

function lines(arms: string): Glyph {
  const [north, east, south, west] = arms;
  const rects: (readonly [number, number, number, number])[] = [];
  const upright = (columns: readonly [number, number], from: number, to: number) =>
    rects.push([columns[0], columns[1], from, to]);
  const level = (row: number, from: number, to: number) => rects.push([from, to, row, row]);
  if (north === "1") upright(COLUMNS.single, 0, FROM_NORTH[singleReach(west, east, south)]);
  if (south === "1") upright(COLUMNS.single, FROM_SOUTH[singleReach(west, east, north)], 15);
  if (west === "1") level(ROWS.single, 0, FROM_WEST[singleReach(north, south, east)]);
  if (east === "1") level(ROWS.single, FROM_EAST[singleReach(north, south, west)], 7);
  for (const [columns, beside, beyond] of [
    [COLUMNS.left, west, east],
    [COLUMNS.right, east, west],
  ] as const) {
    if (north === "2") upright(columns, 0, FROM_NORTH[reach(beside, beyond, south)]);
    if (south === "2") upright(columns, FROM_SOUTH[reach(beside, beyond, north)], 15);
  }
  for (const [row, beside, beyond] of [
    [ROWS.upper, north, south],
    [ROWS.lower, south, north],
  ] as const) {
    if (west === "2") level(row, 0, FROM_WEST[reach(beside, beyond, east)]);
    if (east === "2") level(row, FROM_EAST[reach(beside, beyond, west)], 7);
  }
  return glyphOf((x, y) => rects.some(([x0, x1, y0, y1]) => x >= x0 && x <= x1 && y >= y0 && y <= y1));
}

/** One dot of four, shifted by two in every other row. */
const quarter: Dots = (x, y) => (x + (y & 1) * 2) % 4 === 0;

/** Glyphs of codes b0 to df, in this order. */
export const BOX_GLYPHS: readonly Glyph[] = [
  glyphOf(quarter),
  glyphOf((x, y) => ((x + y) & 1) === 0),
  glyphOf((x, y) => !quarter(x, y)),
  ...LINES.map(lines),
  glyphOf(() => true),
  glyphOf((_x, y) => y >= 8),
  glyphOf((x) => x < 4),
  glyphOf((x) => x >= 4),
  glyphOf((_x, y) => y < 8),
];
