/**
 * A run as Chrome trace events, which Perfetto shows: exits as slices with what the MMU did during them, and the two
 * gauges of tables out of sync as curves.
 *
 * Guest time stands still during an exit, so its slice is as long as it has events, a nanosecond each; an instruction
 * takes ten. Where that is not enough, time here runs ahead of the guest's until the guest has caught up.
 *
 * Format: "Trace Event Format" of the Chromium project; times are microseconds.
 */
import { hex8 } from "../common/hex.ts";
import { eventText, jsonFields, reasonText, shortName, type Texts } from "./describe.ts";
import { events, GUEST_ERROR, KVM_EXIT, KVM_INJ_EXCEPTION } from "./events.ts";
import { NOTRAP, reasons } from "./reasons.ts";
import type { Gauges, TraceFormat } from "./trace-format.ts";
import type { TraceRecord } from "./trace-record.ts";

const NS_PER_INSTRUCTION = 10;
const PID = 1;
const GUEST_TID = 1;
const GAUGES = ["mmu_unsync", "mmu_unsync_global"] as const;

/** An exit whose end has not come yet. */
interface OpenExit {
  readonly name: string;
  readonly start: number;
  readonly icount: number;
  readonly args: object;
}

export class ChromeTrace implements TraceFormat {
  private readonly texts: Texts;
  /** The next moment that is free, in nanoseconds. */
  private now = 0;
  private exit: OpenExit | null = null;
  private readonly shown = { mmu_unsync: -1, mmu_unsync_global: -1 };

  constructor(texts: Texts) {
    this.texts = texts;
  }

  begin(): string {
    const name = (what: string, text: string) =>
      JSON.stringify({ ph: "M", pid: PID, tid: GUEST_TID, name: what, args: { name: text } });
    return `{"displayTimeUnit":"ns","traceEvents":[\n${name("process_name", "Umbra")},\n${name("thread_name", "vCPU 0")}`;
  }

  end(): string {
    return `${this.closeExit()}\n]}\n`;
  }

  add(record: TraceRecord, gauges: Gauges): string {
    let text = "";
    if (!this.isDuringExit(record)) {
      text = this.closeExit();
      this.now = Math.max(this.now, record.icount * NS_PER_INSTRUCTION);
    }
    const at = this.now++;
    const args = this.argsOf(record);
    if (record.event === KVM_EXIT) {
      this.exit = { name: reasons[record.reason].key, start: at, icount: record.icount, args };
    } else {
      const name = shortName(record);
      const cat = events[record.event].category;
      text += item({ ph: "i", s: "t", pid: PID, tid: GUEST_TID, ts: micros(at), name, cat, args });
    }
    return text + this.curves(at, gauges);
  }

  /** What happens at the same instruction after an exit is part of it, but for what the guest does by itself. */
  private isDuringExit({ event, reason, icount }: TraceRecord): boolean {
    if (this.exit === null || this.exit.icount !== icount || event === KVM_EXIT) return false;
    if (event === GUEST_ERROR) return false;
    return !(event === KVM_INJ_EXCEPTION && reason === NOTRAP);
  }

  private closeExit(): string {
    if (this.exit === null) return "";
    const { name, start, args } = this.exit;
    this.exit = null;
    const dur = micros(this.now - start);
    return item({ ph: "X", pid: PID, tid: GUEST_TID, ts: micros(start), dur, name, cat: "exit", args });
  }

  private argsOf(record: TraceRecord): object {
    return {
      what: eventText(record, this.texts),
      why: reasonText(record),
      icount: record.icount,
      eip: hex8(record.eip),
      cr3: hex8(record.cr3),
      ...jsonFields(record, this.texts),
    };
  }

  private curves(at: number, gauges: Gauges): string {
    let text = "";
    for (const name of GAUGES) {
      if (this.shown[name] === gauges[name]) continue;
      this.shown[name] = gauges[name];
      text += item({ ph: "C", pid: PID, ts: micros(at), name, args: { pages: gauges[name] } });
    }
    return text;
  }
}

/** Exact: the numbers stay below 2^53, and three digits after the point are what a nanosecond needs. */
function micros(ns: number): number {
  return Number((ns / 1000).toFixed(3));
}

function item(object: object): string {
  return `,\n${JSON.stringify(object)}`;
}
