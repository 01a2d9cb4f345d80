/**
 * Events as integers in a ring of fixed records. One writer; any number of readers, which may live in another
 * thread when the memory is shared. The writer never waits: a slow reader loses events and is told how many.
 *
 *     word  0      number of events written so far, modulo 2^32
 *     word 16 …    records of 16 words:
 *         0  sequence number + 1 (0: being written)     4  eip
 *         1  event | reason << 16                       5  cr3
 *         2  icount, low half                           6… fields
 *         3  icount, high half
 */
import type { EventSink } from "./event-sink.ts";
import { MAX_FIELDS } from "./events.ts";
import type { TraceRecord } from "./trace-record.ts";

const HEAD = 0;
const HEADER_WORDS = 16;
const RECORD_WORDS = 16;
const FIELDS_AT = 6;

/** Number of records a ring of so many bytes holds: a power of two, so that sequence numbers may wrap. */
export function ringCapacity(bytes: number): number {
  const records = Math.floor(bytes / 4 / RECORD_WORDS) - 1;
  return 1 << (31 - Math.clz32(records));
}

export class RingWriter implements EventSink {
  private readonly words: Int32Array;
  private readonly mask: number;
  private seq: number;

  constructor(words: Int32Array, byteOffset: number, bytes: number) {
    this.words = words.subarray(byteOffset >>> 2, (byteOffset + bytes) >>> 2);
    this.mask = ringCapacity(bytes) - 1;
    this.seq = 0;
    this.words[HEAD] = 0;
  }

  /** Number of the next event, modulo 2^32. */
  get written(): number {
    return this.seq >>> 0;
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
    const { words, seq } = this;
    const at = HEADER_WORDS + (seq & this.mask) * RECORD_WORDS;
    // A reader that meets a record in the making sees sequence 0 and gives it up.
    Atomics.store(words, at, 0);
    words[at + 1] = head;
    words[at + 2] = icount | 0;
    words[at + 3] = Math.floor(icount / 4294967296);
    words[at + 4] = eip;
    words[at + 5] = cr3;
    words[at + 6] = a;
    words[at + 7] = b;
    words[at + 8] = c;
    words[at + 9] = d;
    words[at + 10] = e;
    words[at + 11] = f;
    Atomics.store(words, at, (seq + 1) | 0);
    this.seq = (seq + 1) | 0;
    Atomics.store(words, HEAD, this.seq);
  }
}

export class RingReader {
  /** Events that were overwritten before this reader came. */
  dropped: number;
  private readonly words: Int32Array;
  private readonly capacity: number;
  private next: number;

  /** Starts at the events written from now on, or with `fromStart` at the oldest that is kept. */
  constructor(words: Int32Array, byteOffset: number, bytes: number, fromStart = false) {
    this.words = words.subarray(byteOffset >>> 2, (byteOffset + bytes) >>> 2);
    this.capacity = ringCapacity(bytes);
    this.dropped = 0;
    this.next = (fromStart ? this.oldest : Atomics.load(this.words, HEAD)) | 0;
  }

  /** The events written since the last call, oldest first, at most `limit`. */
  read(limit = Number.POSITIVE_INFINITY): TraceRecord[] {
    const records: TraceRecord[] = [];
    while (records.length < limit) {
      const head = Atomics.load(this.words, HEAD);
      const waiting = (head - this.next) >>> 0;
      if (waiting === 0) break;
      if (waiting > this.capacity) this.skip(waiting - this.capacity);
      const record = this.take(this.next);
      if (record === null) this.skip(1);
      else {
        records.push(record);
        this.next = (this.next + 1) | 0;
      }
    }
    return records;
  }

  /** Gives up all waiting events but the newest `count`. */
  keepNewest(count: number): void {
    const waiting = (Atomics.load(this.words, HEAD) - this.next) >>> 0;
    if (waiting > count) this.skip(waiting - count);
  }

  /** Sequence number of the oldest event that is still kept, or of the first one to come. */
  get oldest(): number {
    const head = Atomics.load(this.words, HEAD);
    return (head - Math.min(head >>> 0, this.capacity)) >>> 0;
  }

  /** The oldest event that is still kept comes next, whether it was read before or not. */
  rewind(): void {
    this.next = this.oldest | 0;
  }

  private skip(count: number): void {
    this.dropped += count;
    this.next = (this.next + count) | 0;
  }

  /** One record, or null if the writer overtook the reader meanwhile. */
  private take(seq: number): TraceRecord | null {
    const { words } = this;
    const at = HEADER_WORDS + (seq & (this.capacity - 1)) * RECORD_WORDS;
    const mark = (seq + 1) | 0;
    if (Atomics.load(words, at) !== mark) return null;
    const head = words[at + 1];
    const record: TraceRecord = {
      seq: seq >>> 0,
      event: head & 0xffff,
      reason: head >>> 16,
      icount: words[at + 3] * 4294967296 + (words[at + 2] >>> 0),
      eip: words[at + 4] >>> 0,
      cr3: words[at + 5] >>> 0,
      fields: Array.from(words.subarray(at + FIELDS_AT, at + FIELDS_AT + MAX_FIELDS)),
    };
    return Atomics.load(words, at) === mark ? record : null;
  }
}
