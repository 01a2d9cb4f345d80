/** Why something happened: the decision in a sentence, what it is good for, who takes it, what set it off. */
import { explainEvent } from "../../debug/commands/event-commands.ts";
import { explanationOf } from "../../trace/explanations.ts";
import { reasons } from "../../trace/reasons.ts";
import type { Model } from "../model.ts";
import { eventWords } from "../panes/event-words.ts";
import { type Line, line, span, wrap } from "../text/line.ts";
import { BORDER } from "../text/pane.ts";
import { BOLD, DIM } from "../text/style.ts";
import type { Box } from "./box.ts";

/** @param seq the event's number */
export function whyLines(model: Model, seq: number, width: number): Line[] {
  const { events } = model;
  const record = events.find(seq);
  if (record === null) {
    return wrap(`Event ${seq} is not kept any more: newer ones have taken its place.`, width).map((text) =>
      line(text),
    );
  }
  const { what, subject } = eventWords(record, events.texts);
  const { sentence } = reasons[record.reason];
  const [, ...facts] = explainEvent(record, events.records, events.texts);
  const more = explanationOf(record);
  return [
    [span(what, BOLD), span(` ${subject}`)],
    ...wrap(`${sentence[0].toUpperCase()}${sentence.slice(1)}.`, width).map((text) => line(text, BOLD)),
    ...wrap(more, width).map((text) => line(text)),
    ...facts
      .filter((text) => !text.startsWith("why: "))
      .map((text) => line(text.replace(/\p{Cc}/gu, "?"), DIM)),
  ];
}

export function whyBox(model: Model, seq: number, width: number): Box {
  return {
    title: `why: event ${seq}`,
    foot: "esc back",
    lines: whyLines(model, seq, width - BORDER),
    top: 0,
  };
}
