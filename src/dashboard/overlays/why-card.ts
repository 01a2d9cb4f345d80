/** Why something happened: the decision in a sentence, what it is good for, who takes it, what set it off. */
import { explainEvent } from "../../debug/commands/event-commands.ts";
import { explanationOf } from "../../trace/explanations.ts";
import { reasons } from "../../trace/reasons.ts";
import type { Model } from "../model.ts";
import { eventWords } from "../panes/event-words.ts";
import { type Line, line, lineWidth, span, wrap } from "../text/line.ts";
import { BORDER } from "../text/pane.ts";
import { BOLD, DIM, GLOBAL } from "../text/style.ts";
import type { Box } from "./box.ts";

/** Continued lines of a fact stand further right. */
const INDENT = 4;

/**
 * The most important first, since small panes cut the rest.
 * @param seq the event's number
 */
export function whyLines(model: Model, seq: number, width: number): Line[] {
  const { events } = model;
  const record = events.find(seq);
  if (record === null) return wrap(absent(model, seq), width).map((text) => line(text));
  const { what, subject, global } = eventWords(record, events.texts);
  const { sentence } = reasons[record.reason];
  // The first line names the event, which the words above do better.
  const [, ...facts] = explainEvent(record, events.records, events.texts);
  return [
    ...heading(what, subject, global, width),
    ...wrap(`${sentence[0].toUpperCase()}${sentence.slice(1)}.`, width).map((text) => line(text, BOLD)),
    ...wrap(explanationOf(record), width).map((text) => line(text)),
    ...facts.filter((text) => !text.startsWith("why: ")).flatMap((text) => factLines(text, width)),
  ];
}

/** What happened to what; on two lines where one is too short. */
function heading(what: string, subject: string, global: boolean, width: number): Line[] {
  const mark = global ? [span(" G", GLOBAL)] : [];
  const whole = [span(what, BOLD), span(` ${subject}`), ...mark];
  if (lineWidth(whole) <= width) return [whole];
  return [[span(what, BOLD), ...mark], ...wrap(subject, width).map((text) => line(text))];
}

function absent({ events: { records } }: Model, seq: number): string {
  const oldest = records[0]?.seq;
  if (oldest === undefined) return `Event ${seq} is not known: no events are kept.`;
  const range = `the events kept are ${oldest} to ${records[records.length - 1].seq}`;
  if (seq < oldest) return `Event ${seq} is not kept any more: newer ones have taken its place; ${range}.`;
  return `Event ${seq} is not known: it passed by unseen, or has not happened; ${range}.`;
}

/** A line of the monitor's, on as many as it takes; its columns stay if it fits. */
function factLines(text: string, width: number): Line[] {
  const clean = text.replace(/\p{C}/gu, "?");
  if (clean.length <= width) return [line(clean, DIM)];
  const [first, ...rest] = wrap(clean, Math.max(width - INDENT, 1));
  return [first, ...rest.map((more) => " ".repeat(INDENT) + more)].map((one) => line(one, DIM));
}

/** The card over a screen. */
export function whyBox(model: Model, seq: number, width: number): Box {
  return {
    title: `why: event ${seq}`,
    foot: "esc back",
    lines: whyLines(model, seq, width - BORDER),
    top: 0,
  };
}
