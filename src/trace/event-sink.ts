/**
 * Where a tap's events go: the ring, which never waits and forgets, or an exporter, which loses nothing.
 */
export interface EventSink {
  /**
   * One event.
   * @param head event number | reason number << 16
   * @param a to `f`: the fields in the order of `events.ts`, 0 for those that the event does not have
   */
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
  ): void;
}
