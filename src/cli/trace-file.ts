/**
 * `--trace FILE`: everything the tap reports, on its way to a file or to standard output. Nothing is lost: an event
 * becomes text when it is emitted, and a file is written as soon as there is enough of it.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Texts } from "../trace/describe.ts";
import { FilterError, parseEvents, parseFilter, type RecordTest } from "../trace/event-filter.ts";
import type { EventSink } from "../trace/event-sink.ts";
import { type FormatName, formatNames, traceFormat } from "../trace/formats.ts";
import type { Gauges, TraceFormat } from "../trace/trace-format.ts";
import type { TraceRecord } from "../trace/trace-record.ts";
import type { RunOptions } from "./commands/run.ts";
import { CommandError, STATUS_HOST_ERROR, STATUS_USAGE } from "./exit-status.ts";
import { problem } from "./files.ts";

export const STDOUT = "-";
/** Characters gathered before a file is written. */
const PORTION = 1 << 16;
const NO_GAUGES: Gauges = { mmu_unsync: 0, mmu_unsync_global: 0 };

/** What a command line says about tracing, checked, before any file is touched. */
export interface TraceRequest {
  readonly path: string;
  readonly format: FormatName;
  readonly wanted: RecordTest;
}

/** Null without `--trace`. Throws one sentence for options that cannot be meant. */
export function traceRequest({ trace, events, filter, report }: RunOptions): TraceRequest | null {
  if (trace === undefined) {
    const idle = events !== undefined ? "--events" : filter !== undefined ? "--filter" : null;
    if (idle === null) return null;
    throw new CommandError(`${idle} chooses what --trace writes: add --trace FILE.`, STATUS_USAGE);
  }
  if (trace === STDOUT && report === "json") {
    throw new CommandError(
      "--trace - and --report json both want standard output: give the trace a file.",
      STATUS_USAGE,
    );
  }
  const tests = [
    ...(events === undefined ? [] : [orSentence("--events", () => parseEvents(events))]),
    ...(filter === undefined ? [] : [orSentence("--filter", () => parseFilter(filter))]),
  ];
  return {
    path: trace,
    format: formatOf(trace),
    wanted: (record, texts) => tests.every((test) => test(record, texts)),
  };
}

function formatOf(path: string): FormatName {
  if (path === STDOUT) return "ndjson";
  const format = formatNames.find((name) => path.endsWith(`.${name}`));
  if (format !== undefined) return format;
  throw new CommandError(
    `--trace '${path}': the name must end in .ndjson, .json (for Perfetto) or .txt; - is standard output.`,
    STATUS_USAGE,
  );
}

function orSentence(option: string, parse: () => RecordTest): RecordTest {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FilterError) throw new CommandError(`${option}: ${error.message}.`, STATUS_USAGE);
    throw error;
  }
}

export class TraceFile implements EventSink {
  readonly path: string;
  /** Events so far, and those of them that were wanted. */
  seen = 0;
  written = 0;
  private readonly request: TraceRequest;
  private readonly handle: number | null;
  private open = true;
  private format: TraceFormat;
  private texts: Texts = null;
  private gauges: Gauges = NO_GAUGES;
  private ring: EventSink | null = null;
  private text = "";

  /** Opens the file. Throws one sentence if that cannot be done. */
  constructor(request: TraceRequest) {
    this.path = request.path;
    this.request = request;
    this.format = traceFormat(request.format, null);
    this.handle = request.path === STDOUT ? null : openForWriting(request.path);
  }

  /**
   * To be called before the first event.
   * @param gauges what to draw, as it is when an event comes
   * @param ring gets all events, too, for who asks for the last ones
   */
  start(texts: Texts, gauges: Gauges | null, ring: EventSink | null): void {
    this.texts = texts;
    this.gauges = gauges ?? NO_GAUGES;
    this.ring = ring;
    this.format = traceFormat(this.request.format, texts);
    this.text = this.format.begin();
  }

  write(
    head: number,
    icount: number,
    eip: number,
    cr3: number,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
  ): void {
    if (this.ring !== null) this.ring.write(head, icount, eip, cr3, a, b, c, d, e, f);
    const record: TraceRecord = {
      seq: this.seen++,
      event: head & 0xffff,
      reason: head >>> 16,
      icount,
      eip,
      cr3,
      fields: [a, b, c, d, e, f],
    };
    if (!this.request.wanted(record, this.texts)) return;
    this.written++;
    this.text += this.format.add(record, this.gauges);
    if (this.handle !== null && this.text.length >= PORTION) this.writeOut(this.handle);
  }

  /** What has gathered goes out: to a file at once, or throws. Resolves when standard output can take more. */
  flush(): Promise<void> {
    if (this.handle !== null) {
      this.writeOut(this.handle);
      return Promise.resolve();
    }
    const { text } = this;
    this.text = "";
    if (text === "") return Promise.resolve();
    return new Promise((resolve) => {
      process.stdout.write(text, () => resolve());
    });
  }

  /** The end of the trace. Closing again does nothing. */
  close(): Promise<void> {
    if (!this.open) return Promise.resolve();
    this.open = false;
    this.text += this.format.end();
    try {
      return this.flush();
    } finally {
      if (this.handle !== null) closeSync(this.handle);
    }
  }

  private writeOut(handle: number): void {
    const bytes = Buffer.from(this.text);
    this.text = "";
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    } catch (error) {
      throw new CommandError(`${this.path}: ${problem(error, "written", "")}`, STATUS_HOST_ERROR);
    }
  }
}

function openForWriting(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    const missing = "the folder it should go to does not exist.";
    throw new CommandError(`${path}: ${problem(error, "written", missing)}`, STATUS_USAGE);
  }
}
