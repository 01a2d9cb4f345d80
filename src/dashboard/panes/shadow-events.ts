/** The events about one shadow page, since it was made. */
import { eventText } from "../../trace/describe.ts";
import { events, KVM_MMU_GET_PAGE } from "../../trace/events.ts";
import { reasons } from "../../trace/reasons.ts";
import type { TraceRecord } from "../../trace/trace-record.ts";
import { cursorOf, type Model, type Subject } from "../model.ts";
import { fitTo, type Line, line, span } from "../text/line.ts";
import { spText } from "../text/numbers.ts";
import { BORDER, type Pane } from "../text/pane.ts";
import { DIM } from "../text/style.ts";
import { listLine, rangeText, windowOf } from "./lists.ts";

/** Its place among the panes of screen 2. */
export const EVENTS_PANE = 2;
/** Names of the fields that hold a shadow page. */
const PAGE_FIELDS: readonly string[] = ["sp", "root0", "root1", "root2", "root3"];

/** By event, the places of the fields that name a page, and of `created`. */
const pageFields: readonly (readonly number[])[] = events.map(({ fields }) =>
  fields.flatMap((name, i) => (PAGE_FIELDS.includes(name) ? [i] : [])),
);
const CREATED = events[KVM_MMU_GET_PAGE].fields.indexOf("created");

const names = ({ event, fields }: TraceRecord, sp: number): boolean =>
  pageFields[event].some((i) => fields[i] === sp);

/**
 * Events in view that name page `sp`, newest first. A pool index is used again and again: what it was before its last
 * creation in view was another page, and is left out.
 */
export function eventsOfPage({ events: log }: Model, sp: number): TraceRecord[] {
  const found: TraceRecord[] = [];
  for (let i = log.rows.length - 1; i >= 0; i--) {
    const { record } = log.rows[i];
    if (!names(record, sp)) continue;
    found.push(record);
    if (record.event === KVM_MMU_GET_PAGE && record.fields[CREATED] !== 0) break;
  }
  return found;
}

export function eventSubject(model: Model, sp: number | null): Subject | null {
  if (sp === null) return null;
  const list = eventsOfPage(model, sp);
  const { at } = windowOf(cursorOf(model.ui, EVENTS_PANE), 1, list.length);
  return at < 0 ? null : { kind: "event", seq: list[at].seq };
}

/** @param sp the page; null if none is chosen */
export function eventsPane(
  model: Model,
  sp: number | null,
  width: number,
  rows: number,
  focused: boolean,
): Pane {
  const foot = "enter why  / filter";
  if (sp === null) return { title: "2 events", foot, focused, lines: [line(" no page is chosen", DIM)] };
  const list = eventsOfPage(model, sp);
  const room = Math.max(rows - BORDER, 1);
  const { at, first } = windowOf(cursorOf(model.ui, EVENTS_PANE), room, list.length);
  const range = rangeText(first, room, list.length);
  const title = `2 events for sp ${spText(sp)}${range === "" ? "" : `   ${range}`}`;
  if (list.length === 0) {
    const filter = model.ui.filter === "" ? "" : ", or the filter hides them";
    return { title, foot, focused, lines: [line(` none among the events that are kept${filter}`, DIM)] };
  }
  const lines = list
    .slice(first, first + room)
    .map((record, i) => eventLine(model, record, width - BORDER, focused && first + i === at));
  return { title, foot, focused, lines };
}

/** Without what the pane's title says already, and the guest's mode. */
const whatText = ({ events: { texts } }: Model, record: TraceRecord): string =>
  eventText(record, texts).replace(/ (sp|glevels)=\S+/g, "");

const ICOUNT_CELLS = 11;
/** From here on there is room for the reason beside the event. */
const ROOM_FOR_REASON = 100;
const EVENT_CELLS = 58;

function eventLine(model: Model, record: TraceRecord, width: number, selected: boolean): Line {
  const what = span(whatText(model, record));
  const stamp = span(`${String(record.icount).padStart(ICOUNT_CELLS)}  `, DIM);
  if (width < ROOM_FOR_REASON) return listLine([stamp, what], width, selected);
  const why = span(reasons[record.reason].sentence, DIM);
  return listLine([stamp, ...fitTo([what], EVENT_CELLS), span("  "), why], width, selected);
}
