/**
 * What the architecture allows, and what KVM promises beyond it: the judge of every access in a story. It knows
 * nothing of shadow pages; it sees memory, register writes and INVLPG, and where accesses ended up.
 */
import type { GuestMemory } from "../guest-memory.ts";
import { PFERR_WRITE } from "../mmu.ts";
import { CR0_WP, CR4_PAE, CR4_PGE, CR4_PSE } from "../paging.ts";
import type { Gfn, Gva } from "../types.ts";
import { type CachedTranslation, CachedTranslations } from "./cached.ts";
import { permits } from "./entries.ts";
import { type Drop, History } from "./history.ts";
import { Registers } from "./registers.ts";
import { GFNS, type Mode, OFFSETS, R0, WORDS } from "./universe.ts";
import { FreshWalk } from "./walk.ts";

/** An access that reached no frame but raised a page fault. */
export const FAULT = -1;
/** An access that reached host memory which backs no frame. */
export const STRAY = -2;

/** What an access may come to, for a reader. */
export interface Allowed {
  /** FAULT with this error code, or the frame. */
  readonly gfn: Gfn | typeof FAULT;
  readonly error: number;
  /** Why: the tables say so now, or it may still be cached. */
  readonly cached: boolean;
}

/** How a translation that was used comes to be forbidden: a drop that came after its last making. */
export interface Forgotten {
  readonly made: number;
  readonly drop: Drop;
}

export class Oracle {
  readonly history: History;
  readonly registers: Registers;
  private readonly i32: Int32Array;
  private readonly memory: GuestMemory;
  private readonly fresh: FreshWalk;
  private readonly cached: CachedTranslations;
  /** Where each tracked word is in linear memory, as an index of words; -1 where its frame has no memory. */
  private readonly places: Int32Array;
  private readonly first: Int32Array;
  /** Told the gfn of each word that changed. */
  onChange: (gfn: Gfn) => void;

  constructor(memory: GuestMemory) {
    this.memory = memory;
    this.i32 = memory.linear.i32;
    this.history = new History();
    this.registers = new Registers(memory, this.history);
    this.fresh = new FreshWalk(memory, this.registers);
    this.cached = new CachedTranslations(memory, this.registers, this.history);
    this.places = new Int32Array(WORDS);
    this.first = new Int32Array(WORDS);
    this.onChange = () => {};
  }

  /** A story begins: memory holds its first values, paging is on, nothing is cached. */
  restart(mode: Mode): void {
    this.findPlaces();
    for (let word = 0; word < WORDS; word++) this.first[word] = this.valueOf(word);
    this.history.restart(this.first);
    const pae = mode === "32bit" ? 0 : CR4_PAE;
    this.registers.restart(CR4_PGE | CR4_PSE | pae, GFNS[R0]);
  }

  /** Frames have other memory, or none, from now on. */
  slotsChanged(): void {
    this.findPlaces();
    this.observe();
  }

  /** Notes what changed in memory since the last look, all of it as one moment. */
  observe(): void {
    const { history, places, i32 } = this;
    const { current } = history;
    let ticked = false;
    for (let word = 0; word < WORDS; word++) {
      const place = places[word];
      const value = place < 0 ? 0 : i32[place];
      if (value === current[word]) continue;
      if (!ticked) history.tick();
      ticked = true;
      history.record(word, value);
      this.onChange(gfnOf(word));
    }
  }

  /** Whether a page fault with that error code is what a walk of the tables gives now (INV-37). */
  mayFault(gva: Gva, access: number, error: number): boolean {
    return this.fresh.walk(gva, access) < 0 && this.fresh.error === error;
  }

  /**
   * A page fault drops the translations of its address, too. Paging-structure caches are left alone here, which only
   * makes the judge milder: the processor drops of them what that address would use. SDM: volume 3, 4.10.4.1.
   */
  faulted(gva: Gva): void {
    this.history.drop("fault", gva);
  }

  /** Whether an access may have reached a frame: now, or by a translation that may still be cached (INV-36, 38). */
  mayReach(gva: Gva, access: number, gfn: Gfn): boolean {
    const { fresh } = this;
    const write = (access & PFERR_WRITE) !== 0;
    if (this.shownBy(fresh.walk(gva, access)) === gfn && fresh.accessed && (!write || fresh.dirty))
      return true;
    return this.cached.visitLive(
      gva,
      (found) => this.shownBy(found.gfn) === gfn && this.serves(found, access),
    );
  }

  /** The tables lead to that frame now; only A or D is not as it has to be. */
  wouldReach(gva: Gva, access: number, gfn: Gfn): boolean {
    return this.shownBy(this.fresh.walk(gva, access)) === gfn;
  }

  /** All that an access may come to. */
  allowed(gva: Gva, access: number): Allowed[] {
    const gfn = this.fresh.walk(gva, access);
    const all: Allowed[] = [{ gfn: gfn < 0 ? FAULT : gfn, error: this.fresh.error, cached: false }];
    this.cached.visitLive(gva, (found) => {
      if (this.serves(found, access) && !all.some((one) => one.gfn === found.gfn)) {
        all.push({ gfn: found.gfn, error: 0, cached: true });
      }
      return false;
    });
    return all;
  }

  /** Why the latest translation to that frame is gone; null if there never was one. */
  forgotten(gva: Gva, access: number, gfn: Gfn): Forgotten | null {
    let latest: CachedTranslation | null = null;
    this.cached.visitAll(gva, (found) => {
      const later = latest === null || found.made > latest.made;
      if (this.shownBy(found.gfn) === gfn && later && this.serves(found, access)) latest = found;
      return false;
    });
    return latest === null ? null : this.dropOf(gva, latest);
  }

  private dropOf(gva: Gva, { made, global, bytes }: CachedTranslation): Forgotten | null {
    const region = Math.floor(gva / bytes);
    const drop = this.history.drops.find(
      (one) =>
        one.time > made &&
        (one.kind === "all" ||
          (one.kind === "cr3" && !global) ||
          ((one.kind === "invlpg" || one.kind === "fault") && Math.floor(one.gva / bytes) === region)),
    );
    return drop === undefined ? null : { made, drop };
  }

  /** A cached translation is good for a write only if D was set, and for what its rights permit under CR0.WP as it is. */
  private serves({ rights, dirty }: CachedTranslation, access: number): boolean {
    if ((access & PFERR_WRITE) !== 0 && !dirty) return false;
    return permits(rights, access, (this.registers.cr0 & CR0_WP) !== 0);
  }

  /** The frame whose memory a frame shows: another one's only if it is an alias. */
  private shownBy(gfn: Gfn): Gfn {
    return gfn < 0 ? gfn : this.memory.unalias(gfn);
  }

  private valueOf(word: number): number {
    return this.places[word] < 0 ? 0 : this.i32[this.places[word]];
  }

  private findPlaces(): void {
    for (let word = 0; word < WORDS; word++) {
      const pfn = this.memory.pfn(gfnOf(word));
      const offset = OFFSETS[word % OFFSETS.length];
      this.places[word] = pfn < 0 ? -1 : pfn * 1024 + (offset >>> 2);
    }
  }
}

function gfnOf(word: number): Gfn {
  return GFNS[Math.floor(word / OFFSETS.length)];
}
