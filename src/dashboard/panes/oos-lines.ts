/** What is out of sync, for the overview. */
import type { SnapshotRequest } from "../../inspect/snapshot.ts";
import type { Model } from "../model.ts";
import { fitTo, type Line, line } from "../text/line.ts";
import { DIM } from "../text/style.ts";
import { absence } from "./lists.ts";
import { oosBody } from "./oos-list.ts";

/** From this size on, the lists have column heads. */
const ROOM_FOR_COLUMNS = { width: 54, rows: 9 };
/** With fewer lines, both lists are one. */
const ROWS_FOR_HEADINGS = 4;

/** What must be asked for `oosLines`. */
export const oosWish: SnapshotRequest = { oos: true };

/** Both lists with their history, in at most `rows` lines. */
export function oosLines(model: Model, width: number, rows: number): Line[] {
  const view = model.snapshot?.oos ?? null;
  if (view === null) return [fitTo(line(absence(model), DIM), width)].slice(0, rows);
  const roomy = width >= ROOM_FOR_COLUMNS.width && rows >= ROOM_FOR_COLUMNS.rows;
  const form = roomy ? "columns" : rows >= ROWS_FOR_HEADINGS ? "headings" : "single";
  return oosBody(model, view, form, width, rows);
}
