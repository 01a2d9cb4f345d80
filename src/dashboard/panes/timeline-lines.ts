/** Events as rows, with a mark for those that belong together. */
import { KVM_EXIT, KVM_MMU_SYNC_SKIP, KVM_MMU_UNSYNC_PAGE } from "../../trace/events.ts";
import type { EventRow } from "../event-log.ts";
import { endOf, type Model } from "../model.ts";
import type { Glyphs } from "../text/glyphs.ts";
import { fitTo, type Line, line, span } from "../text/line.ts";
import { BOLD, DIM, GLOBAL, type Style, UNSYNC } from "../text/style.ts";
import { type EventWords, eventWords } from "./event-words.ts";

/** A row of the list: an event, or how many of a long group are left out. */
export type TimelineRow =
  | { readonly kind: "event"; readonly row: EventRow }
  | { readonly kind: "more"; readonly icount: number; readonly count: number };

/** Longer groups are folded. */
const LONGEST_GROUP = 6;

/**
 * The last rows, at most `most` of them, the newest last. Of a group with more than six events the first four are
 * shown, how many follow, and the last.
 */
export function lastRows(all: readonly EventRow[], most: number): TimelineRow[] {
  const found: TimelineRow[] = [];
  for (let i = all.length - 1; i >= 0 && found.length < most; i--) {
    const row = all[i];
    found.push({ kind: "event", row });
    if (row.place !== "end") continue;
    let first = i;
    while (first > 0 && all[first].place !== "start") first--;
    const hidden = i - first + 1 - (LONGEST_GROUP - 1);
    if (hidden < 2) continue;
    found.push({ kind: "more", icount: row.record.icount, count: hidden });
    i -= hidden;
  }
  return found.slice(0, most).reverse();
}

const ICOUNT_WIDTH = 9;
const MARK_WIDTH = 3;
const WHAT_WIDTH = 16;
const SUBJECT_WIDTH = 24;
const GLOBAL_WIDTH = 2;
/** Cells without which a sentence says nothing. */
const WHY_LEAST = 16;
/** From this width on all columns have their full width; narrower ones do without filling them up. */
const ROOM_FOR_COLUMNS =
  ICOUNT_WIDTH + MARK_WIDTH + WHAT_WIDTH + 1 + SUBJECT_WIDTH + 1 + GLOBAL_WIDTH + WHY_LEAST;
/** Narrower, icount shows its last digits only. */
const ROOM_FOR_ICOUNT = 48;
const SHORT_ICOUNT = 6;

/** The names of the columns. */
export function timelineHead(width: number): Line {
  if (width < ROOM_FOR_COLUMNS)
    return fitTo(line(`${"icount".padStart(icountWidth(width))}   what`, DIM), width);
  const text = [
    "icount".padStart(ICOUNT_WIDTH),
    " ".repeat(MARK_WIDTH),
    "what".padEnd(WHAT_WIDTH + 1),
    "subject".padEnd(SUBJECT_WIDTH + 1),
    " ".repeat(GLOBAL_WIDTH),
    "why",
  ].join("");
  return fitTo(line(text, DIM), width);
}

const icountWidth = (width: number): number => (width < ROOM_FOR_ICOUNT ? SHORT_ICOUNT : ICOUNT_WIDTH);

/** In a narrow list its last digits only, with a mark where that is not all of it. */
const icountText = (icount: number, width: number, { unknown }: Glyphs): string => {
  const cells = icountWidth(width);
  const text = String(icount);
  if (cells !== SHORT_ICOUNT || text.length <= cells) return text.padStart(cells);
  return unknown + text.slice(unknown.length - cells);
};

/** One row in `width` cells. */
export function rowLine(item: TimelineRow, model: Model, width: number): Line {
  if (item.kind === "event") return eventLine(item.row, model, width);
  const { groupMiddle, unknown } = model.glyphs;
  const icount = icountText(item.icount, width, model.glyphs);
  return fitTo(line(`${icount} ${groupMiddle} ${unknown} ${item.count} more`, DIM), width);
}

/** One event in `width` cells. */
export function eventLine(row: EventRow, model: Model, width: number): Line {
  const words = eventWords(row.record, model.events.texts);
  const full = width >= ROOM_FOR_COLUMNS;
  // An event about nothing in particular says why in both columns.
  const hasSubject = words.subject !== "" || words.global;
  const what = full ? words.what.padEnd(WHAT_WIDTH) : words.what;
  const subject = full ? words.subject.padEnd(SUBJECT_WIDTH) : words.subject;
  return fitTo(
    [
      span(icountText(row.record.icount, width, model.glyphs), DIM),
      span(` ${markOf(row, model.glyphs)} `, DIM),
      span(what, styleOf(row, words)),
      span(hasSubject ? ` ${subject} ` : " "),
      words.global ? span("G ", GLOBAL) : span(" ".repeat(full && hasSubject ? GLOBAL_WIDTH : 0)),
      span(words.why, DIM),
    ],
    width,
  );
}

function markOf({ place }: EventRow, glyphs: Glyphs): string {
  switch (place) {
    case "start":
      return glyphs.groupStart;
    case "middle":
      return glyphs.groupMiddle;
    case "end":
      return glyphs.groupEnd;
    case "alone":
      return " ";
  }
}

function styleOf({ record }: EventRow, { global }: EventWords): Style {
  if (record.event === KVM_MMU_UNSYNC_PAGE) return UNSYNC;
  if (record.event === KVM_MMU_SYNC_SKIP || global) return GLOBAL;
  return record.event === KVM_EXIT ? BOLD : {};
}

/** What stands where events would be. */
export function noEvents(model: Model): Line {
  const { ui, running } = model;
  if (ui.filter !== "") return line(` no event passes the filter '${ui.filter}'`, DIM);
  if (endOf(model) !== null) return line(" no events: the machine has ended without any", DIM);
  return line(running ? " no events yet" : " no events yet: c continues, s steps", DIM);
}

/** The last events that fit, the newest last; long groups are folded. */
export function timelineLines(model: Model, width: number, rows: number): Line[] {
  const { rows: all } = model.events;
  if (all.length === 0) return [fitTo(noEvents(model), width)];
  return lastRows(all, rows).map((row) => rowLine(row, model, width));
}

/** The last event alone, for a terminal that has room for nothing more. */
export function lastEventLine(model: Model): Line {
  const last = model.events.rows.at(-1);
  if (last === undefined) return [];
  const { what, subject, why, global } = eventWords(last.record, model.events.texts);
  return [
    span(` ${last.record.icount} `, DIM),
    span(what, BOLD),
    span(` ${subject} `),
    ...(global ? [span("G ", GLOBAL)] : []),
    span(why, DIM),
  ];
}
