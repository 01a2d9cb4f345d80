/**
 * Output of the guest that waits for the terminal. A guest can write faster than any terminal reads, so the room is
 * fixed: when it is full, what waits longest is dropped up to the end of a line, and counted.
 */

const LINE_FEED = 0x0a;
/** Bytes in which the end of a torn line is looked for. */
const LONGEST_LINE = 4_096;
/** UTF-8: a byte that continues a character starts with the bits 10. */
const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;
/** UTF-8: bytes of a character after its first. */
const MOST_CONTINUATIONS = 3;

export class ConsoleQueue {
  /** Bytes dropped since the beginning. */
  dropped = 0;
  /** Waiting bytes, in a ring: from `start` on. */
  private readonly ring: Uint8Array;
  private start = 0;
  private waiting = 0;
  private isTorn = false;

  /** @param capacity bytes that may wait */
  constructor(capacity: number) {
    this.ring = new Uint8Array(capacity);
  }

  get length(): number {
    return this.waiting;
  }

  /** Copies the bytes; the caller may use its array again. */
  push(bytes: Uint8Array): void {
    const capacity = this.ring.length;
    const excess = this.waiting + bytes.length - capacity;
    if (excess <= 0) {
      this.append(bytes);
      return;
    }
    const old = Math.min(excess, this.waiting);
    this.skip(old);
    this.drop(old);
    const fresh = excess - old;
    this.drop(fresh);
    this.append(fresh > 0 ? bytes.subarray(fresh) : bytes);
    this.skipToLine();
  }

  /** The next bytes, at most so many; empty if none wait. */
  take(most: number): Uint8Array {
    const count = Math.min(most, this.waiting);
    const taken = new Uint8Array(count);
    const toEnd = Math.min(count, this.ring.length - this.start);
    taken.set(this.ring.subarray(this.start, this.start + toEnd));
    taken.set(this.ring.subarray(0, count - toEnd), toEnd);
    this.skip(count);
    return taken;
  }

  /** Whether bytes were dropped before those that `take` gives next; asked once for each gap. */
  takeGap(): boolean {
    const torn = this.isTorn;
    this.isTorn = false;
    return torn;
  }

  private append(bytes: Uint8Array): void {
    const capacity = this.ring.length;
    const end = (this.start + this.waiting) % capacity;
    const toEnd = Math.min(bytes.length, capacity - end);
    this.ring.set(bytes.subarray(0, toEnd), end);
    this.ring.set(bytes.subarray(toEnd), 0);
    this.waiting += bytes.length;
  }

  private skip(count: number): void {
    this.start = (this.start + count) % this.ring.length;
    this.waiting -= count;
  }

  private drop(count: number): void {
    if (count === 0) return;
    this.dropped += count;
    this.isTorn = true;
  }

  /** What is left of a line that lost its beginning goes, too; without an end of it in reach, of a character only. */
  private skipToLine(): void {
    const most = Math.min(this.waiting, LONGEST_LINE);
    let count = 0;
    while (count < most && this.at(count) !== LINE_FEED) count++;
    if (count < most) count++;
    else count = this.continuations(Math.min(most, MOST_CONTINUATIONS));
    this.skip(count);
    this.drop(count);
  }

  /** Waiting bytes, at most so many, that go on with a character whose first byte is gone. */
  private continuations(most: number): number {
    let count = 0;
    while (count < most && isContinuation(this.at(count))) count++;
    return count;
  }

  private at(offset: number): number {
    return this.ring[(this.start + offset) % this.ring.length];
  }
}
