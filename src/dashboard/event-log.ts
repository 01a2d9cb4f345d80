/** The events in view: the last of those that pass the filter, grouped under what triggered them. */
import { parseFilter, type RecordTest } from "../trace/event-filter.ts";
import { GUEST_ERROR, KVM_EXIT, KVM_INJ_EXCEPTION } from "../trace/events.ts";
import { NOTRAP } from "../trace/reasons.ts";
import type { RingReader } from "../trace/ring.ts";
import type { TraceRecord } from "../trace/trace-record.ts";

/** Its place in a group: one trigger (an exit) and what was done about it, at one instruction. */
export type GroupPlace = "alone" | "start" | "middle" | "end";

export interface EventRow {
  readonly record: TraceRecord;
  readonly place: GroupPlace;
}

export interface EventLog {
  /** Oldest first, at most a few thousand while the guest runs. */
  readonly rows: readonly EventRow[];
  /**
   * Events that passed by unseen, because they came faster than they are looked at. When the guest stops, those that
   * the ring still has are in view after all.
   */
  readonly unseen: number;
  /** Texts of events. */
  readonly texts: { textOf(number: number): string };
  /** All that are known, whether they pass the filter or not. */
  readonly records: readonly TraceRecord[];
  /** Among those, and among the rows. */
  find(seq: number): TraceRecord | null;
}

/** Rows in view while events still come. */
const ROWS_WHILE_RUNNING = 4_096;
/** Records kept: as many as the ring keeps, so that it need not be read again when the guest stops. */
const MOST_KNOWN = 65_536;

/** An event, and the sequence number of what it belongs to: of an exit, or its own. */
interface Known {
  readonly record: TraceRecord;
  readonly group: number;
}

/** Events that were never seen: `count` of them from sequence number `from` on. */
interface Gap {
  readonly from: number;
  readonly count: number;
}

/** Sequence numbers count modulo 2^32: how far `seq` is ahead of `other`. */
const ahead = (seq: number, other: number): number => (seq - other) | 0;

export class RingLog implements EventLog {
  unseen: number;
  readonly texts: EventLog["texts"];
  private readonly reader: RingReader;
  /** Oldest first, with room for more than are kept, so that they are cut only now and then. */
  private known: TraceRecord[] = [];
  /** Those that pass the filter; they may reach further back. */
  private passed: Known[] = [];
  private gaps: Gap[] = [];
  private rowList: readonly EventRow[] | null = null;
  private test: RecordTest;
  /** The sequence number after the last event seen. */
  private next = 0;
  /** The last event's group, which the next may belong to. */
  private open: Known | null = null;
  private running = false;

  constructor(reader: RingReader, texts: EventLog["texts"]) {
    this.unseen = 0;
    this.texts = texts;
    this.reader = reader;
    this.test = () => true;
  }

  get rows(): readonly EventRow[] {
    this.rowList ??= placed(this.running ? this.passed.slice(-ROWS_WHILE_RUNNING) : this.passed);
    return this.rowList;
  }

  get records(): readonly TraceRecord[] {
    return this.known;
  }

  find(seq: number): TraceRecord | null {
    return recordIn(this.known, seq, (one) => one) ?? recordIn(this.passed, seq, ({ record }) => record);
  }

  /** Takes at most `limit` new events, the newest; the others are counted. */
  poll(limit: number): void {
    if (!this.running) this.rowList = null;
    this.running = true;
    this.reader.keepNewest(limit);
    this.take(this.reader.read(limit));
    if (this.known.length > 2 * MOST_KNOWN) this.known = this.known.slice(-MOST_KNOWN);
    if (this.passed.length > 2 * MOST_KNOWN) this.passed = this.passed.slice(-MOST_KNOWN);
  }

  /** When the guest stands still: everything that the ring still has, also what passed by unseen. */
  reload(): void {
    this.running = false;
    this.rowList = null;
    this.take(this.reader.read());
    const oldest = this.reader.oldest;
    if (!this.gaps.some(({ from, count }) => ahead(from + count, oldest) > 0)) return;
    this.reader.rewind();
    const kept = this.reader.read();
    if (kept.length === 0) return;
    const first = kept[0].seq;
    // What is no longer in the ring but was seen stays in view.
    this.passed = this.passed.filter(({ record }) => ahead(record.seq, first) < 0);
    this.gaps = this.gaps.flatMap((gap) => this.without(gap, first));
    this.known = [];
    this.open = null;
    this.next = first;
    this.take(kept);
    this.passed = this.passed.slice(-MOST_KNOWN);
  }

  /** Throws a FilterError for words that are no filter, and changes nothing then. */
  setFilter(words: string): void {
    this.test = words.trim() === "" ? () => true : parseFilter(words);
    let open: Known | null = null;
    this.passed = [];
    for (const record of this.known) {
      open = inGroup(record, open);
      if (this.test(record, this.texts)) this.passed.push(open);
    }
    this.rowList = null;
  }

  private take(fresh: readonly TraceRecord[]): void {
    if (fresh.length === 0) return;
    for (const record of fresh) {
      const missed = ahead(record.seq, this.next) >>> 0;
      if (missed > 0) this.miss({ from: this.next, count: missed });
      this.next = (record.seq + 1) >>> 0;
      this.open = inGroup(record, this.open);
      this.known.push(record);
      if (this.test(record, this.texts)) this.passed.push(this.open);
    }
    this.rowList = null;
  }

  private miss(gap: Gap): void {
    this.unseen += gap.count;
    this.open = null;
    this.gaps.push(gap);
    // What the ring has lost by now will never be read.
    this.gaps = this.gaps.filter(({ from, count }) => ahead(from + count, this.next - MOST_KNOWN) > 0);
  }

  /** What of a gap is left when everything from `first` on is read after all. */
  private without(gap: Gap, first: number): Gap[] {
    const count = Math.max(0, Math.min(gap.count, ahead(first, gap.from)));
    this.unseen -= gap.count - count;
    return count === 0 ? [] : [{ from: gap.from, count }];
  }
}

/** What the guest does by itself belongs to no exit. */
const isGuests = ({ event, reason }: TraceRecord): boolean =>
  event === GUEST_ERROR || (event === KVM_INJ_EXCEPTION && reason === NOTRAP);

/** @param before the event before; null if it is not known */
function inGroup(record: TraceRecord, before: Known | null): Known {
  const follows =
    before !== null &&
    record.event !== KVM_EXIT &&
    record.icount === before.record.icount &&
    !isGuests(record) &&
    !isGuests(before.record);
  return { record, group: follows ? before.group : record.seq };
}

function placed(passed: readonly Known[]): EventRow[] {
  return passed.map(({ record, group }, i) => {
    const follows = passed[i - 1]?.group === group;
    const goesOn = passed[i + 1]?.group === group;
    const place = follows ? (goesOn ? "middle" : "end") : goesOn ? "start" : "alone";
    return { record, place };
  });
}

/** Binary search: sequence numbers rise along the list. */
function recordIn<Item>(
  list: readonly Item[],
  seq: number,
  recordOf: (item: Item) => TraceRecord,
): TraceRecord | null {
  let low = 0;
  let high = list.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const record = recordOf(list[middle]);
    const distance = ahead(seq, record.seq);
    if (distance === 0) return record;
    if (distance > 0) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}
