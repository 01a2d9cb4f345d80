/**
 * Where tracepoints are called. A tap is optional: who may emit events holds `Tap | null` and tests it once per
 * site. The tap stamps each event with where the guest is; the processor tells it through a context that costs
 * nothing until an event is emitted.
 */
import type { EventSink } from "./event-sink.ts";
import { TextTable } from "./text-table.ts";

/** Where the guest is, asked only when an event is emitted. */
export interface TapContext {
  icount(): number;
  eip(): number;
}

const NOWHERE: TapContext = { icount: () => 0, eip: () => 0 };

export class Tap {
  context: TapContext;
  /** The guest's CR3, kept up to date by the MMU. */
  cr3: number;
  /** What events say in words: their fields hold numbers of it. */
  readonly texts: TextTable;
  private readonly sink: EventSink;

  constructor(sink: EventSink, context: TapContext = NOWHERE) {
    this.sink = sink;
    this.context = context;
    this.cr3 = 0;
    this.texts = new TextTable();
  }

  emit(event: number, reason: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): void {
    const { context } = this;
    this.sink.write(event | (reason << 16), context.icount(), context.eip(), this.cr3, a, b, c, d, e, f);
  }
}
