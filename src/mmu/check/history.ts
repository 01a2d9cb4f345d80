/**
 * What memory held and what a processor had to forget, by time: each tracked word with the values it had, and each
 * event that drops cached translations. Time counts changes, so that nothing happens at the same moment.
 */
import type { Gva } from "../types.ts";
import { WORDS } from "./universe.ts";

/** An event that drops everything; all but global translations; or one page. SDM: volume 3, 4.10.4.1. */
export type DropKind = "all" | "cr3" | "invlpg" | "fault";

export interface Drop {
  readonly time: number;
  readonly kind: DropKind;
  /** Only for INVLPG and page faults. */
  readonly gva: Gva;
}

export class History {
  /** Now. Story time: rises with each change and each drop. */
  now: number;
  readonly drops: Drop[];
  /** When the last drop of all translations was, and of all that are not global. */
  allSince: number;
  nonGlobalSince: number;
  /** For each word the times at which its value changed, starting with 0, and the values since then. */
  private readonly times: number[][];
  private readonly values: number[][];
  /** Words that did not keep their first value. */
  private readonly changed: number[];
  /** Present values. */
  readonly current: Int32Array;

  constructor() {
    this.now = 0;
    this.drops = [];
    this.allSince = 0;
    this.nonGlobalSince = 0;
    this.times = Array.from({ length: WORDS }, () => [0]);
    this.values = Array.from({ length: WORDS }, () => [0]);
    this.changed = [];
    this.current = new Int32Array(WORDS);
  }

  /** Time starts again, with these values. */
  restart(first: Int32Array): void {
    this.now = 0;
    this.drops.length = 0;
    this.allSince = 0;
    this.nonGlobalSince = 0;
    for (const word of this.changed) {
      this.times[word].length = 1;
      this.values[word].length = 1;
    }
    this.changed.length = 0;
    for (let word = 0; word < WORDS; word++) this.values[word][0] = first[word];
    this.current.set(first);
  }

  /** A word has another value from this moment on. Call `tick` before the first of a set of simultaneous changes. */
  record(word: number, value: number): void {
    if (this.times[word].length === 1) this.changed.push(word);
    this.times[word].push(this.now);
    this.values[word].push(value);
    this.current[word] = value;
  }

  tick(): void {
    this.now++;
  }

  /** Translations cached before this moment are gone: all, those that are not global, or those of one page. */
  drop(kind: DropKind, gva: Gva): void {
    this.now++;
    this.drops.push({ time: this.now, kind, gva });
    if (kind === "all") this.allSince = this.now;
    if (kind === "all" || kind === "cr3") this.nonGlobalSince = this.now;
  }

  /** The last INVLPG (or page fault that counts as one) of an address in the naturally aligned region of that size around `gva`; 0 if there was none. */
  lastInvlpg(gva: Gva, bytes: number): number {
    const region = Math.floor(gva / bytes);
    for (let i = this.drops.length - 1; i >= 0; i--) {
      const drop = this.drops[i];
      if ((drop.kind === "invlpg" || drop.kind === "fault") && Math.floor(drop.gva / bytes) === region)
        return drop.time;
    }
    return 0;
  }

  /** When the words changed, ascending, starting with 0; `second` may be -1 for none. */
  changeTimes(first: number, second: number): number[] {
    if (second < 0) return this.times[first];
    const all = new Set([...this.times[first], ...this.times[second]]);
    return [...all].sort((a, b) => a - b);
  }

  /** The value of a word at a time. */
  valueAt(word: number, time: number): number {
    const times = this.times[word];
    let i = times.length - 1;
    while (times[i] > time) i--;
    return this.values[word][i];
  }
}
