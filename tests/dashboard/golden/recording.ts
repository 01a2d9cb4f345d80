/**
 * What the kmap guest looked like at one moment, as the dashboard's screens asked for it: snapshots, events, counters
 * over time and the console. Kept in recording.json, so that a picture can be drawn again without a machine.
 *
 *     npx tsx tests/dashboard/golden/record.ts      # after a change of what snapshots contain
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ConsoleTerminal } from "../../../src/dashboard/console-terminal.ts";
import type { EventLog, EventRow } from "../../../src/dashboard/event-log.ts";
import type { Model, Overlay, ScreenNumber, Size, UiState } from "../../../src/dashboard/model.ts";
import { CounterHistory } from "../../../src/dashboard/rate-history.ts";
import type { Glyphs } from "../../../src/dashboard/text/glyphs.ts";
import { startUi } from "../../../src/dashboard/ui-start.ts";
import type { Stop } from "../../../src/debug/stop.ts";
import type { Snapshot } from "../../../src/inspect/snapshot.ts";

export interface Recording {
  readonly hz: number;
  readonly stop: Stop;
  /** By what was asked, as JSON. */
  readonly snapshots: Readonly<Record<string, Snapshot>>;
  readonly rows: readonly EventRow[];
  /** All counters at equal distances, 0.25 s of the host's time each. */
  readonly samples: readonly Readonly<Record<string, number>>[];
  readonly console: string;
  /** Another guest, which died of a triple fault. */
  readonly fault: { readonly stop: Stop; readonly snapshot: Snapshot };
}

export const RECORDING = resolve(import.meta.dirname, "recording.json");

export const SIZES: readonly Size[] = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
];

/** The page and the address that are shown in detail, and the event that is explained. */
export interface Case {
  readonly name: string;
  readonly ui: Partial<UiState>;
}

export const screenCases: readonly Case[] = ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as ScreenNumber[]).map(
  (screen) => ({
    name: `screen-${screen}`,
    ui: { screen, translate: { gva: 0xffff_e000, access: "write", user: false } },
  }),
);

const over = (name: string, overlay: Overlay, screen: ScreenNumber = 4): Case => ({
  name,
  ui: { screen, overlay },
});

/** @param seq of the event to explain */
export const overlayCases = (seq: number): readonly Case[] => [
  over("help", { kind: "help", top: 0 }),
  over("command-line", { kind: "command", text: "break c0101000", at: 14 }),
  over("filter", { kind: "filter", text: "reason=global", at: 13 }),
  over("why", { kind: "why", seq }),
  over("fault", { kind: "fault" }, 0),
  over("answer", {
    kind: "answer",
    title: "info policy",
    lines: ["oos+global", "  oos               true"],
    top: 0,
  }),
  over("quit", { kind: "quit" }, 0),
];

export function readRecording(): Recording {
  return JSON.parse(readFileSync(RECORDING, "utf8")) as Recording;
}

export const uiOf = (one: Case): UiState => ({ ...startUi(), ...one.ui });

/** Everything but the snapshot. */
export async function sourceOf(
  recording: Omit<Recording, "fault">,
  glyphs: Glyphs,
): Promise<Omit<Model, "snapshot" | "ui">> {
  const rates = new CounterHistory();
  for (const counters of recording.samples) rates.sample(counters, 0.25);
  const console = new ConsoleTerminal(() => {});
  console.write(Buffer.from(recording.console, "base64"));
  await console.settled();
  const records = recording.rows.map(({ record }) => record);
  const events: EventLog = {
    rows: recording.rows,
    records,
    unseen: 12_345,
    texts: { textOf: String },
    find: (seq) => records.find((record) => record.seq === seq) ?? null,
  };
  return {
    image: "kmap",
    previous: null,
    running: false,
    stop: recording.stop,
    mips: 0,
    hz: recording.hz,
    events,
    rates,
    console,
    compare: { path: "last-compare.txt", lines: ["umbra compare kmap", "", "guest state equal: yes"] },
    glyphs,
  };
}
