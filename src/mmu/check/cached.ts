/**
 * The translations that a processor may still hold for a page: of every value that each entry has had, those from
 * which one could have been made since the last event that must have dropped it.
 *
 * - A translation is made by a walk whose entries all had P and A set and no reserved bit (SDM: volume 3, 4.10.2.3).
 * - The PTE is read at some time c. The PDE may be older than that, out of a paging-structure cache, but it was read
 *   under the same registers, and after the last event that drops those caches: MOV to CR3, any INVLPG, and what drops
 *   everything (4.10.3.2, 4.10.4.1).
 * - It lives until everything is dropped; until INVLPG of its page, which for a large page means any address in it; and,
 *   unless its G was set while CR4.PGE was, until a MOV to CR3 (4.10.2.4, 4.10.4.1).
 */
import type { GuestMemory } from "../guest-memory.ts";
import { NO_PAGING, PAE, PTE_A, PTE_D, PTE_G } from "../paging.ts";
import type { Gfn, Gva } from "../types.ts";
import {
  isLarge,
  isPresent,
  LARGE_BYTES_2_LEVEL,
  LARGE_BYTES_PAE,
  largeFrame,
  pdeOffset,
  pdeReserved,
  pteOffset,
  pteReserved,
  rightsOf,
  tableFrame,
} from "./entries.ts";
import type { History } from "./history.ts";
import type { Epoch, Registers } from "./registers.ts";
import { wordAt } from "./universe.ts";

const PAGE_BYTES = 4096;

/** One way to have come by a translation. */
export interface CachedTranslation {
  readonly gfn: Gfn;
  readonly rights: number;
  readonly dirty: boolean;
  readonly global: boolean;
  /** Bytes that the page has. */
  readonly bytes: number;
  /** The latest time at which it can have been made. */
  readonly made: number;
}

/** Return true to end the search. */
export type Visit = (translation: CachedTranslation) => boolean;

/** An entry with one value over the times `from` to `to`, both included. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly lo: number;
  readonly hi: number;
}

export class CachedTranslations {
  private readonly memory: GuestMemory;
  private readonly registers: Registers;
  private readonly history: History;

  constructor(memory: GuestMemory, registers: Registers, history: History) {
    this.memory = memory;
    this.registers = registers;
    this.history = history;
  }

  /** Shows each translation of `gva` that may still be cached. True if a visit ended the search. */
  visitLive(gva: Gva, visit: Visit): boolean {
    return this.visitAll(gva, (found) => found.made >= this.liveSince(gva, found) && visit(found));
  }

  /** Shows each that ever could have been made, dropped or not; only the latest making of each. */
  visitAll(gva: Gva, visit: Visit): boolean {
    const { epochs, epochCount } = this.registers;
    for (let i = epochCount - 1; i >= 0; i--) {
      const end = i + 1 < epochCount ? epochs[i + 1].start - 1 : this.history.now;
      if (this.visitEpoch(epochs[i], end, gva, visit)) return true;
    }
    return false;
  }

  /** Translations made before this time are gone. */
  liveSince(gva: Gva, { global, bytes }: { readonly global: boolean; readonly bytes: number }): number {
    const { history } = this;
    const since = global ? history.allSince : history.nonGlobalSince;
    return Math.max(since, history.lastInvlpg(gva, bytes));
  }

  private visitEpoch(epoch: Epoch, end: number, gva: Gva, visit: Visit): boolean {
    if (epoch.rootLevel === NO_PAGING) return false;
    const pae = epoch.rootLevel === PAE;
    let directory = epoch.root;
    if (pae) {
      const i = (gva >>> 30) * 2;
      if (!isPresent(epoch.pdptes[i])) return false;
      directory = tableFrame(epoch.pdptes[i], epoch.pdptes[i + 1]);
    }
    const fixed = this.memory.isReadOnly(directory);
    for (const pde of this.spans(directory, pdeOffset(gva, pae), pae)) {
      const from = Math.max(pde.from, epoch.start);
      const to = Math.min(pde.to, end);
      const large = isLarge(pde.lo, pae, epoch.pse);
      if (from > to || !isUsable(pde.lo, fixed) || pdeReserved(pde.lo, pde.hi, pae, large)) continue;
      const rights = rightsOf(pde.lo, pde.hi);
      if (large) {
        const bytes = pae ? LARGE_BYTES_PAE : LARGE_BYTES_2_LEVEL;
        const gfn = largeFrame(pde.lo, pde.hi, gva, pae);
        if (visit(translation(gfn, rights, pde.lo, fixed, epoch.pge, bytes, to))) return true;
        continue;
      }
      const table = tableFrame(pde.lo, pde.hi);
      const fixedTable = this.memory.isReadOnly(table);
      for (const pte of this.spans(table, pteOffset(gva, pae), pae)) {
        const made = Math.min(pte.to, end);
        if (Math.max(pte.from, from) > made || !isUsable(pte.lo, fixedTable) || pteReserved(pte.hi)) continue;
        const path = rights & rightsOf(pte.lo, pte.hi);
        const gfn = tableFrame(pte.lo, pte.hi);
        if (visit(translation(gfn, path, pte.lo, fixedTable, epoch.pge, PAGE_BYTES, made))) return true;
      }
    }
    return false;
  }

  /** The values that an entry has had. */
  private spans(table: Gfn, offset: number, pae: boolean): Span[] {
    const { history, memory } = this;
    const loWord = wordAt(table, offset);
    const hiWord = pae ? wordAt(table, offset + 4) : -1;
    if (loWord < 0) {
      // Nothing ever writes there.
      if (memory.pfn(table) < 0) return [];
      const hi = pae ? memory.read32(table, offset + 4) : 0;
      return [{ from: 0, to: history.now, lo: memory.read32(table, offset), hi }];
    }
    const times = history.changeTimes(loWord, hiWord);
    return times.map((from, i) => ({
      from,
      to: i + 1 < times.length ? times[i + 1] - 1 : history.now,
      lo: history.valueAt(loWord, from),
      hi: hiWord < 0 ? 0 : history.valueAt(hiWord, from),
    }));
  }
}

/** P and A. In `fixed` memory, which nobody can write, entries are used as they are. */
function isUsable(lo: number, fixed: boolean): boolean {
  return isPresent(lo) && (fixed || (lo & PTE_A) !== 0);
}

function translation(
  gfn: Gfn,
  rights: number,
  leaf: number,
  fixed: boolean,
  pge: boolean,
  bytes: number,
  made: number,
): CachedTranslation {
  const global = pge && (leaf & PTE_G) !== 0;
  return { gfn, rights, dirty: fixed || (leaf & PTE_D) !== 0, global, bytes, made };
}
