/** The events that the ring keeps, and why they happened. */
import { hex8 } from "../../common/hex.ts";
import { describeFields, eventText, reasonText, type Texts } from "../../trace/describe.ts";
import { FilterError, parseEvents } from "../../trace/event-filter.ts";
import { type EventInfo, events, KVM_EXIT } from "../../trace/events.ts";
import { explanationOf } from "../../trace/explanations.ts";
import { NOTRAP, reasons } from "../../trace/reasons.ts";
import type { TraceRecord } from "../../trace/trace-record.ts";
import type { DebuggerApi } from "../debugger-api.ts";
import { MonitorError } from "../monitor-error.ts";
import { parseCount, parseNumber } from "./arguments.ts";
import type { Action, Command } from "./command.ts";
import { fieldMeaning } from "./field-meanings.ts";

const USUAL_EVENTS = 20;
const MOST_EVENTS = 100_000;

function infoEvents(argument: string): Action {
  const count = argument === "" ? USUAL_EVENTS : parseCount(argument, MOST_EVENTS);
  return (target) => {
    const kept = target.events();
    if (kept.length === 0) return ["no events are kept"];
    return kept.slice(-count).map((record) => eventLine(record, target.tap.texts));
  };
}

const eventLine = (record: TraceRecord, texts: Texts): string =>
  `${String(record.seq).padStart(8)}  ${String(record.icount).padStart(11)}  ${eventText(record, texts)}  (${reasons[record.reason].key})`;

function trace(argument: string): Action {
  if (argument === "") return traceList;
  const match = /^(\S+)\s+(on|off)$/.exec(argument);
  if (match === null) {
    throw new MonitorError(`'${argument}' does not say which events and on or off: trace kvm_mmu_sync_* off`);
  }
  const [, names, state] = match;
  const chosen = chosenEvents(names);
  return (target) => {
    for (const { id } of chosen) target.setEvent(id, state === "on");
    return traceList(target);
  };
}

function chosenEvents(names: string): readonly EventInfo[] {
  try {
    const test = parseEvents(names);
    const like = { seq: 0, reason: 0, icount: 0, eip: 0, cr3: 0, fields: [] };
    return events.filter(({ id }) => test({ ...like, event: id }, null));
  } catch (error) {
    if (error instanceof FilterError) throw new MonitorError(error.message);
    throw error;
  }
}

function traceList(target: DebuggerApi): string[] {
  const off = events.filter(({ id }) => !target.eventIsOn(id)).map(({ name }) => name);
  const on = events.length - off.length;
  return [
    `the ring keeps ${off.length === 0 ? "all" : `${on} of`} ${events.length} kinds of events`,
    ...(off.length === 0 ? [] : [`off: ${off.join(", ")}`]),
  ];
}

function why(argument: string): Action {
  if (argument === "") throw new MonitorError("why what? `info events` has the numbers");
  const seq = parseNumber(argument, "event");
  return (target) => {
    const kept = target.events();
    const record = kept.find((one) => one.seq === seq);
    if (record !== undefined) {
      const explanation = explanationOf(record);
      return [
        ...explainEvent(record, kept, target.tap.texts),
        ...(explanation === "" ? [] : [`what it is about: ${explanation}`]),
      ];
    }
    const range =
      kept.length === 0 ? "none are" : `those from ${kept[0].seq} to ${kept[kept.length - 1].seq} are`;
    throw new MonitorError(`event ${seq} is not in the ring; ${range}`);
  };
}

/**
 * An event in words: what happened, why, who decides that, what its fields mean, and what set it off.
 * @param kept all events that are known, oldest first
 */
export function explainEvent(record: TraceRecord, kept: readonly TraceRecord[], texts: Texts): string[] {
  const { decidedBy } = reasons[record.reason];
  const fields = describeFields(record, texts).map(({ key, text }) => {
    const meaning = fieldMeaning(key);
    return `  ${`${key}=${text}`.padEnd(18)} ${meaning ?? ""}`.trimEnd();
  });
  return [
    `event ${record.seq}: ${eventText(record, texts)}`,
    `at icount ${record.icount}, eip ${hex8(record.eip)}, cr3 ${hex8(record.cr3)}`,
    `why: ${reasonText(record)}`,
    `decided by: ${decidedBy === "ours" ? "Umbra; KVM 2.6.29 has no such decision" : decidedBy}`,
    ...fields,
    `trigger: ${triggerText(record, kept, texts)}`,
  ];
}

function triggerText(record: TraceRecord, kept: readonly TraceRecord[], texts: Texts): string {
  if (record.event === KVM_EXIT) return "it is one itself, an exit";
  if (record.reason === NOTRAP) return "none, no exit was needed";
  const exit = exitBefore(record, kept);
  if (exit === null) return "no exit that the ring has led to it";
  return `event ${exit.seq}, ${eventText(exit, texts)} (${reasons[exit.reason].sentence})`;
}

/** The exit that an event belongs to: the last one before it, at the same instruction. */
function exitBefore(record: TraceRecord, kept: readonly TraceRecord[]): TraceRecord | null {
  for (let i = kept.indexOf(record) - 1; i >= 0 && kept[i].icount === record.icount; i--) {
    if (kept[i].event === KVM_EXIT) return kept[i];
  }
  return null;
}

export const eventCommands: readonly Command[] = [
  {
    name: "info events",
    usage: " [N]",
    sentence: `the last events, ${USUAL_EVENTS} or so many: number, icount, what, reason`,
    parse: infoEvents,
  },
  {
    name: "trace",
    usage: " [NAMES on|off]",
    sentence: "which events the ring keeps: trace mmu off, trace kvm_mmu_set_spte on",
    parse: trace,
  },
  {
    name: "why",
    usage: " SEQ",
    sentence: "one event: what happened, why, who decides that, what set it off",
    parse: why,
  },
];
