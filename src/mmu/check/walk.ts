/**
 * A walk of the tables as they are in memory now, without side effects: what a processor with empty caches would do.
 *
 * Differs: a table without memory reads as all entries not present, as this machine's walkers have it. Hardware would
 * take what the bus returns.
 *
 * SDM: volume 3, 4.3, 4.4, 4.6, 4.7.
 */
import type { GuestMemory } from "../guest-memory.ts";
import { PFERR_FETCH, PFERR_PRESENT, PFERR_RSVD, PFERR_USER, PFERR_WRITE } from "../mmu.ts";
import { CR0_WP, CR4_PSE, NO_PAGING, PAE, PTE_A, PTE_D } from "../paging.ts";
import type { Gfn, Gva } from "../types.ts";
import {
  isLarge,
  isPresent,
  largeFrame,
  pdeOffset,
  pdeReserved,
  permits,
  pteOffset,
  pteReserved,
  rightsOf,
  tableFrame,
} from "./entries.ts";
import type { Registers } from "./registers.ts";

export class FreshWalk {
  /** Frame that the last walk reached, or -1 for a fault. */
  gfn: Gfn;
  /** Page-fault error code of a walk that did not. */
  error: number;
  /** A is set in all entries of the path, and D in the last, or they cannot be: a table in read-only memory. */
  accessed: boolean;
  dirty: boolean;
  private readonly memory: GuestMemory;
  private readonly i32: Int32Array;
  private readonly registers: Registers;

  constructor(memory: GuestMemory, registers: Registers) {
    this.memory = memory;
    this.i32 = memory.linear.i32;
    this.registers = registers;
    this.gfn = -1;
    this.error = 0;
    this.accessed = false;
    this.dirty = false;
  }

  /** Returns the frame, or -1. */
  walk(gva: Gva, access: number): Gfn {
    const { registers } = this;
    this.accessed = true;
    this.dirty = true;
    if (registers.rootLevel === NO_PAGING) {
      this.gfn = gva >>> 12;
      return this.gfn;
    }
    const pae = registers.rootLevel === PAE;
    let table = registers.root;
    if (pae) {
      const i = (gva >>> 30) * 2;
      if (!isPresent(registers.pdptes[i])) return this.fault(access, 0);
      table = tableFrame(registers.pdptes[i], registers.pdptes[i + 1]);
    }
    let at = this.wordOf(table, pdeOffset(gva, pae));
    if (at < 0) return this.fault(access, 0);
    let lo = this.i32[at];
    let hi = pae ? this.i32[at + 1] : 0;
    if (!isPresent(lo)) return this.fault(access, 0);
    const large = isLarge(lo, pae, (registers.cr4 & CR4_PSE) !== 0);
    if (pdeReserved(lo, hi, pae, large)) return this.fault(access, PFERR_PRESENT | PFERR_RSVD);
    let rights = rightsOf(lo, hi);
    this.accessed = (lo & PTE_A) !== 0 || this.memory.isReadOnly(table);
    let gfn = large ? largeFrame(lo, hi, gva, pae) : -1;
    if (!large) {
      table = tableFrame(lo, hi);
      at = this.wordOf(table, pteOffset(gva, pae));
      if (at < 0) return this.fault(access, 0);
      lo = this.i32[at];
      hi = pae ? this.i32[at + 1] : 0;
      if (!isPresent(lo)) return this.fault(access, 0);
      if (pteReserved(hi)) return this.fault(access, PFERR_PRESENT | PFERR_RSVD);
      rights &= rightsOf(lo, hi);
      if ((lo & PTE_A) === 0 && !this.memory.isReadOnly(table)) this.accessed = false;
      gfn = tableFrame(lo, hi);
    }
    this.dirty = (lo & PTE_D) !== 0 || this.memory.isReadOnly(table);
    if (!permits(rights, access, (registers.cr0 & CR0_WP) !== 0)) return this.fault(access, PFERR_PRESENT);
    this.gfn = gfn;
    return gfn;
  }

  private wordOf(table: Gfn, offset: number): number {
    const pfn = this.memory.pfn(table);
    return pfn < 0 ? -1 : pfn * 1024 + (offset >>> 2);
  }

  /** I/D is only reported with PAE and NXE. SDM: volume 3, 4.7. */
  private fault(access: number, why: number): -1 {
    const fetch = this.registers.rootLevel === PAE ? PFERR_FETCH : 0;
    this.error = (access & (PFERR_WRITE | PFERR_USER | fetch)) | why;
    this.gfn = -1;
    return -1;
  }
}
