/**
 * Traces as files: one readable line for each event, one JSON object for each event, or the events of a whole run as
 * a document for Perfetto. A format turns records into text and keeps nothing but what that needs.
 */
import { hex8 } from "../common/hex.ts";
import { ChromeTrace } from "./chrome-trace.ts";
import { eventText, jsonFields, reasonText, type Texts } from "./describe.ts";
import { events } from "./events.ts";
import { reasons } from "./reasons.ts";
import type { TraceFormat } from "./trace-format.ts";
import type { TraceRecord } from "./trace-record.ts";

export type FormatName = "ndjson" | "json" | "txt";
export const formatNames: readonly FormatName[] = ["ndjson", "json", "txt"];

export function traceFormat(name: FormatName, texts: Texts): TraceFormat {
  if (name === "json") return new ChromeTrace(texts);
  const line = name === "txt" ? textLine : ndjsonLine;
  return { begin: () => "", end: () => "", add: (record) => line(record, texts) };
}

/** icount, EIP, what happened, and why. */
export function textLine(record: TraceRecord, texts: Texts): string {
  const { icount, eip } = record;
  return `${String(icount).padStart(11)} ${hex8(eip)} ${eventText(record, texts)}  ${reasonText(record)}\n`;
}

function ndjsonLine(record: TraceRecord, texts: Texts): string {
  const { key, sentence } = reasons[record.reason];
  const object = {
    seq: record.seq,
    icount: record.icount,
    name: events[record.event].name,
    eip: hex8(record.eip),
    cr3: hex8(record.cr3),
    ...jsonFields(record, texts),
    reason: key,
    why: sentence,
  };
  return `${JSON.stringify(object)}\n`;
}
