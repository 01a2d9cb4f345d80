/**
 * Where the machine's events go while it is being debugged: into the ring, to whoever else wants them, past the test
 * of who waits for one. On the way it notes since when each shadow page is out of sync.
 */
import type { Machine } from "../machine/machine.ts";
import type { EventSink } from "../trace/event-sink.ts";
import {
  events,
  KVM_MMU_SYNC_PAGE,
  KVM_MMU_SYNC_SKIP,
  KVM_MMU_UNSYNC_PAGE,
  KVM_MMU_ZAP_PAGE,
} from "../trace/events.ts";
import { GLOBAL } from "../trace/reasons.ts";
import { RingReader, RingWriter } from "../trace/ring.ts";
import type { TraceRecord } from "../trace/trace-record.ts";

/** Looks at an event that has just happened. */
export type EventListener = (record: TraceRecord) => void;

export class EventHub implements EventSink {
  /** Called for each event while there is one: it costs a record each. */
  listener: EventListener | null;
  private readonly linear: Machine["linear"];
  private readonly ring: RingWriter;
  private readonly next: EventSink | null;
  private readonly off: Uint8Array;
  /** By pool index: icount at which the page went out of sync (NaN if it is in sync), who did it, and skips since. */
  private readonly unsyncIcount: Float64Array;
  private readonly unsyncEip: Int32Array;
  private readonly unsyncSkips: Int32Array;

  constructor(linear: Machine["linear"], next: EventSink | null) {
    const { i32, layout } = linear;
    this.listener = null;
    this.linear = linear;
    this.ring = new RingWriter(i32, layout.ring, layout.ringBytes);
    this.next = next;
    this.off = new Uint8Array(events.length);
    this.unsyncIcount = new Float64Array(layout.shadowPages).fill(Number.NaN);
    this.unsyncEip = new Int32Array(layout.shadowPages);
    this.unsyncSkips = new Int32Array(layout.shadowPages);
  }

  /** Whether the ring takes events of that number. Who waits for one hears of it in any case. */
  setEvent(event: number, on: boolean): void {
    this.off[event] = on ? 0 : 1;
  }

  eventIsOn(event: number): boolean {
    return this.off[event] === 0;
  }

  /** The events kept, oldest first. */
  kept(): TraceRecord[] {
    const { i32, layout } = this.linear;
    return new RingReader(i32, layout.ring, layout.ringBytes, true).read();
  }

  unsyncOrigin(sp: number): { readonly icount: number; readonly eip: number } | null {
    const icount = this.unsyncIcount[sp] ?? Number.NaN;
    return Number.isNaN(icount) ? null : { icount, eip: this.unsyncEip[sp] >>> 0 };
  }

  skips(sp: number): number {
    return this.unsyncSkips[sp] ?? 0;
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
    const event = head & 0xffff;
    if (event === KVM_MMU_UNSYNC_PAGE) {
      this.unsyncIcount[a] = icount;
      this.unsyncEip[a] = eip;
      this.unsyncSkips[a] = 0;
    } else if (event === KVM_MMU_SYNC_SKIP) {
      if (head >>> 16 === GLOBAL) this.unsyncSkips[a]++;
    } else if (event === KVM_MMU_SYNC_PAGE || event === KVM_MMU_ZAP_PAGE) {
      this.unsyncIcount[a] = Number.NaN;
    }
    const { next, listener } = this;
    if (next !== null) next.write(head, icount, eip, cr3, a, b, c, d, e, f);
    const seq = this.ring.written;
    if (this.off[event] === 0) this.ring.write(head, icount, eip, cr3, a, b, c, d, e, f);
    if (listener === null) return;
    const fields = [a, b, c, d, e, f];
    listener({ seq, event, reason: head >>> 16, icount, eip: eip >>> 0, cr3: cr3 >>> 0, fields });
  }
}
