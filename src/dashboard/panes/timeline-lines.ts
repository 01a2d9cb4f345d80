/** Events as rows, with a mark for those that belong together. */
import { KVM_EXIT, KVM_MMU_SYNC_SKIP, KVM_MMU_UNSYNC_PAGE } from "../../trace/events.ts";
import type { EventRow } from "../event-log.ts";
import type { Model } from "../model.ts";
import type { Glyphs } from "../text/glyphs.ts";
import { fitTo, type Line, line, type Span, span } from "../text/line.ts";
import { BOLD, DIM, GLOBAL, type Style, UNSYNC } from "../text/style.ts";
import { type EventWords, eventWords } from "./event-words.ts";

const ICOUNT_WIDTH = 10;
const WHAT_WIDTH = 15;
const SUBJECT_WIDTH = 25;
/** Narrower lines do without the subject's full width. */
const NARROW = 72;

/** One event in `width` cells. */
export function eventLine(row: EventRow, model: Model, width: number): Line {
  const words = eventWords(row.record, model.events.texts);
  const icount = String(row.record.icount).padStart(ICOUNT_WIDTH);
  const mark = markOf(row, model.glyphs);
  const subject = words.subject.padEnd(width < NARROW ? 0 : SUBJECT_WIDTH);
  const global: Span = words.global ? span(" G ", GLOBAL) : span("   ");
  return fitTo(
    [
      span(icount, DIM),
      span(` ${mark} `, DIM),
      span(words.what.padEnd(WHAT_WIDTH), styleOf(row, words)),
      span(` ${subject}`),
      global,
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

/** The last events that fit, the newest last. */
export function timelineLines(model: Model, width: number, rows: number): Line[] {
  const { rows: all } = model.events;
  if (all.length === 0) {
    const filtered = model.ui.filter === "" ? "no events yet" : `no event passes '${model.ui.filter}'`;
    return [line(` ${filtered}`, DIM)];
  }
  return all.slice(-rows).map((row) => eventLine(row, model, width));
}

/** The last event alone, for a terminal that has room for nothing more. */
export function lastEventLine(model: Model): Line {
  const last = model.events.rows.at(-1);
  if (last === undefined) return [];
  const { what, subject, why } = eventWords(last.record, model.events.texts);
  return [span(` ${last.record.icount} `, DIM), span(what, BOLD), span(` ${subject}  `), span(why, DIM)];
}
