/** A machine with everything that any screen may show, made by hand: for what is drawn of all screens at once. */
import type { EventRow } from "../../src/dashboard/event-log.ts";
import type { Model, UiState } from "../../src/dashboard/model.ts";
import { type Line, line } from "../../src/dashboard/text/line.ts";
import { startUi } from "../../src/dashboard/ui-start.ts";
import { counterTable } from "../../src/inspect/hypervisor.ts";
import type { Snapshot } from "../../src/inspect/snapshot.ts";
import { events, KVM_EXIT, KVM_MMU_UNSYNC_PAGE } from "../../src/trace/events.ts";
import { EXIT_PF, reasons } from "../../src/trace/reasons.ts";
import type { TraceRecord } from "../../src/trace/trace-record.ts";
import { cpu } from "./screens/cpu-views.ts";
import { model, snapshot } from "./screens/mmu-views.ts";

const CONSOLE_TEXT = [
  "toyos: 64 MiB, PAE, global kernel pages",
  "init: 4 tasks",
  "$ forktest",
  "fork test OK",
];

/** A terminal of 80 columns that has said so much. */
export const console = (said: readonly string[] = CONSOLE_TEXT): Model["console"] => ({
  columns: 80,
  rows: 25,
  scrollback: 40,
  cursor: { column: 2, row: said.length },
  droppedBytes: 0,
  lines: (first, count) =>
    Array.from({ length: count }, (_, i): Line => {
      const row = first + i;
      return line((row < 40 ? `old line ${row}` : (said[row - 40] ?? "")).padEnd(80));
    }),
});

/** Event number `seq`, by the number of its kind. */
export const record = (seq: number, event: number, fields: readonly number[] = []): TraceRecord => ({
  seq,
  event,
  reason: event === KVM_EXIT ? EXIT_PF : reasons.findIndex(({ key }) => key === "level1_one_role"),
  icount: 4_812_000 + seq,
  eip: 0xc010_1f22,
  cr3: 0x5000,
  fields: events[event].fields.map((_, i) => fields[i] ?? 0),
});

const placed = (records: readonly TraceRecord[]): EventRow[] =>
  records.map((one) => ({ record: one, place: "alone" }));

export const logOf = (records: readonly TraceRecord[]): Model["events"] => ({
  rows: placed(records),
  records,
  unseen: 0,
  texts: { textOf: (number) => `text ${number}` },
  find: (seq) => records.find((one) => one.seq === seq) ?? null,
});

export const EVENTS: readonly TraceRecord[] = Array.from({ length: 60 }, (_, seq) =>
  record(seq, seq % 2 === 0 ? KVM_EXIT : KVM_MMU_UNSYNC_PAGE),
);

export const wholeSnapshot = (over: Partial<Snapshot> = {}): Snapshot =>
  snapshot({
    counters: Object.fromEntries(counterTable.map(({ name }, i) => [name, i * 1_000])),
    cpu: cpu(),
    devices: [],
    ...over,
  });

export interface Parts extends Partial<Omit<Model, "ui">> {
  readonly ui?: Partial<UiState>;
}

export const wholeModel = ({ ui, ...parts }: Parts = {}): Model => ({
  ...model(),
  snapshot: wholeSnapshot(),
  running: true,
  events: logOf(EVENTS),
  console: console(),
  ...parts,
  ui: { ...startUi(), ...ui },
});
