/**
 * The host TLB: the only path from a linear address to memory that the processor takes without asking anyone.
 *
 * Direct mapped, one set of entries for supervisor accesses and one for user accesses, so that CPL changes need
 * no flush. An entry is four words:
 *
 *     word 0   tag for data reads      vpn << 12 | generation
 *     word 1   tag for data writes     the same, with TAG_CODE when the page holds decoded code
 *     word 2   tag for fetches         the same, 0 when the page may not be executed
 *     word 3   addend                  hpa = (gva + addend) >>> 0
 *
 * A full flush increments the generation, so it costs nothing that depends on what is cached. An access of n
 * bytes compares its *last* byte's page with the tag of its first, so page-crossing accesses miss by themselves.
 *
 * A page that holds decoded code has a write tag that no store matches: each takes the slow path, which finds
 * the permission in the tag and looks at what the store hits. That is how self-modifying code is seen.
 *
 * SDM: volume 3, 4.10 "Caching translation information". No entry is global here: KVM never sets G in an spte.
 */
import type { LinearMemory } from "./linear-memory.ts";
import type { Gva, Hpa, Pfn } from "./types.ts";

/** Header words, before the entries. */
export const TLB_GENERATION = 0;
/** Word index of the first entry of the set that is looked at now: TLB_SUPERVISOR, TLB_USER or TLB_CHECKED. */
export const TLB_CURRENT = 1;
const HEADER_WORDS = 16;

export const TLB_ENTRIES = 4096;
/** `(gva >>> 10) & TLB_INDEX_MASK` is the word offset of an entry in its set. */
export const TLB_INDEX_MASK = (TLB_ENTRIES - 1) << 2;
export const TLB_SUPERVISOR = HEADER_WORDS;
export const TLB_USER = HEADER_WORDS + TLB_ENTRIES * 4;
/** A set in which nothing is ever cached: while it is the current one, each access is looked at. */
export const TLB_CHECKED = HEADER_WORDS + 2 * TLB_ENTRIES * 4;
export const TLB_BYTES = (HEADER_WORDS + 3 * TLB_ENTRIES * 4) * 4;

export const TAG_READ = 0;
export const TAG_WRITE = 1;
export const TAG_FETCH = 2;
export const ADDEND = 3;

/** In a write tag: writes are permitted, but decoded code was read from the page. */
export const TAG_CODE = 0x800;

/** A generation that no entry ever has: while the header says so, every access takes the slow path. */
export const NO_GENERATION = 0x7ff;
const MAX_GENERATION = NO_GENERATION - 1;

export class Tlb {
  /** Header and entries, over the linear memory. */
  readonly words: Int32Array;
  private readonly codeMap: Uint8Array;
  /** Rises when a translation of a page with decoded code goes away; block chains are valid for one value of it. */
  epoch: number;

  constructor(memory: LinearMemory) {
    const { layout } = memory;
    this.words = memory.i32.subarray(layout.tlb >>> 2, (layout.tlb + TLB_BYTES) >>> 2);
    this.codeMap = memory.u8.subarray(layout.codeMap, layout.codeMap + Math.ceil(layout.bytes / 4096));
    this.epoch = 0;
    this.words.fill(0);
    this.words[TLB_GENERATION] = 1;
    this.words[TLB_CURRENT] = TLB_SUPERVISOR;
  }

  /** Forgets every translation. */
  flush(): void {
    this.epoch++;
    const next = this.words[TLB_GENERATION] + 1;
    if (next <= MAX_GENERATION) {
      this.words[TLB_GENERATION] = next;
      return;
    }
    this.words.fill(0, HEADER_WORDS, TLB_CHECKED);
    this.words[TLB_GENERATION] = 1;
  }

  /** Forgets the translations of the page that holds `gva`, for both privilege levels. */
  flushPage(gva: Gva): void {
    const slot = (gva >>> 10) & TLB_INDEX_MASK;
    // In this order, for the sets lie 64 KiB apart: a load takes a store just made at the same offset for its own.
    this.drop(TLB_USER + slot, gva);
    this.drop(TLB_SUPERVISOR + slot, gva);
  }

  /**
   * Caches the translation of the page that holds `gva` for one privilege level.
   * @param page hpa of the page frame
   */
  fill(user: boolean, gva: Gva, page: Hpa, read: boolean, write: boolean, fetch: boolean): void {
    const entry = (user ? TLB_USER : TLB_SUPERVISOR) + ((gva >>> 10) & TLB_INDEX_MASK);
    const { words } = this;
    const tag = (gva & ~0xfff) | words[TLB_GENERATION];
    const fetchTag = fetch ? tag : 0;
    const addend = (page - (gva & ~0xfff)) | 0;
    if (words[entry + TAG_FETCH] !== fetchTag || words[entry + ADDEND] !== addend) this.endChains(entry);
    words[entry + TAG_READ] = read ? tag : 0;
    words[entry + TAG_WRITE] = write ? tag | (this.codeMap[page >>> 12] === 0 ? 0 : TAG_CODE) : 0;
    words[entry + TAG_FETCH] = fetchTag;
    words[entry + ADDEND] = addend;
  }

  /**
   * Decoded code was read from a host frame: write tags that were filled before get TAG_CODE. Not a flush, since
   * whether code has been decoded is nothing that a guest may notice.
   */
  markCode(frame: Pfn): void {
    const { words } = this;
    const generation = words[TLB_GENERATION];
    for (let entry = HEADER_WORDS; entry < TLB_CHECKED; entry += 4) {
      const tag = words[entry + TAG_WRITE];
      if ((tag & 0xfff) === generation && ((tag & ~0xfff) + words[entry + ADDEND]) >>> 12 === frame) {
        words[entry + TAG_WRITE] = tag | TAG_CODE;
      }
    }
  }

  private drop(entry: number, gva: Gva): void {
    const { words } = this;
    // The tags of an entry are of one page, or 0, so one comparison covers them.
    const tags = words[entry + TAG_READ] | words[entry + TAG_WRITE] | words[entry + TAG_FETCH];
    if (((tags ^ gva) & ~0xfff) === 0 && tags !== 0) {
      this.endChains(entry);
      words[entry + TAG_READ] = 0;
      words[entry + TAG_WRITE] = 0;
      words[entry + TAG_FETCH] = 0;
    }
  }

  /** An entry goes. If blocks were decoded through it, no chain may lead to them unseen any more. */
  private endChains(entry: number): void {
    const { words } = this;
    const tag = words[entry + TAG_FETCH];
    if ((tag & 0xfff) !== words[TLB_GENERATION]) return;
    if (this.codeMap[((tag & ~0xfff) + words[entry + ADDEND]) >>> 12] !== 0) this.epoch++;
  }
}
