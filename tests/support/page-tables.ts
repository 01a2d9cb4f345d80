/**
 * Guest page tables for tests, built in three lines:
 *
 *     const guest = new TestGuest();
 *     const tables = guest.pae();
 *     tables.map(0xc000_0000, 0x40, P | RW | A | D | G);
 */
import { allocateLinearMemory } from "../../src/machine/layout.ts";
import { GuestMemory } from "../../src/mmu/guest-memory.ts";
import type { LinearMemory } from "../../src/mmu/linear-memory.ts";
import { PTE_NX_HI } from "../../src/mmu/paging.ts";

export const P = 0x1;
export const RW = 0x2;
export const US = 0x4;
export const A = 0x20;
export const D = 0x40;
export const PS = 0x80;
export const G = 0x100;
/** Execute-disable as a flag of `map` and `set`: a bit of the high half. */
export const NX = 2 ** 31;

/** Flags of a table that adds no restriction, and of an ordinary page that was used before. */
export const TABLE = P | RW | US | A;
export const PAGE = P | RW | A | D;

const MIB_FRAMES = 256;

/** Guest RAM in 4 KiB frames, with a hole where devices live, and an allocator of table frames from the top. */
export class TestGuest {
  readonly linear: LinearMemory;
  readonly memory: GuestMemory;
  private nextTable: number;

  constructor(options: { mib?: number; shadowPages?: number } = {}) {
    const mib = options.mib ?? 16;
    const ramBytes = mib << 20;
    this.linear = allocateLinearMemory({ ramBytes, shadowPages: options.shadowPages ?? 256 });
    this.memory = new GuestMemory(this.linear);
    const basePfn = this.linear.layout.ram >>> 12;
    this.memory.addSlot({ id: 0, baseGfn: 0, npages: 0xa0, basePfn });
    const high = mib * MIB_FRAMES - 0x100;
    this.memory.addSlot({ id: 1, baseGfn: 0x100, npages: high, basePfn: basePfn + 0x100 });
    this.nextTable = mib * MIB_FRAMES;
  }

  /** A zeroed frame for a table. */
  frame(): number {
    const gfn = --this.nextTable;
    for (let at = 0; at < 4096; at += 4) this.memory.write32(gfn, at, 0);
    return gfn;
  }

  pae(): PaeTables {
    return new PaeTables(this);
  }

  twoLevel(): TwoLevelTables {
    return new TwoLevelTables(this);
  }
}

/** Where an entry lives. */
export interface EntryAt {
  readonly gfn: number;
  readonly offset: number;
}

export class PaeTables {
  readonly guest: TestGuest;
  /** Frame of the PDPT, at offset 0: the value for CR3 is `cr3`. */
  readonly root: number;
  readonly directories: number[];

  constructor(guest: TestGuest) {
    this.guest = guest;
    this.root = guest.frame();
    this.directories = [-1, -1, -1, -1];
  }

  get cr3(): number {
    return this.root * 4096;
  }

  /** Gives gigabyte `i` a page directory, which may be shared with other address spaces. */
  directory(i: number, gfn: number = this.guest.frame()): number {
    this.directories[i] = gfn;
    this.guest.memory.write32(this.root, i * 8, (gfn << 12) | P);
    return gfn;
  }

  /** Where the page directory entry of `gva` is. */
  pde(gva: number): EntryAt {
    const i = gva >>> 30;
    const gfn = this.directories[i] < 0 ? this.directory(i) : this.directories[i];
    return { gfn, offset: ((gva >>> 21) & 0x1ff) * 8 };
  }

  /** Where the page table entry of `gva` is, with a table made on demand. */
  pte(gva: number, tableFlags: number = TABLE): EntryAt {
    const pde = this.pde(gva);
    let gfn = this.guest.memory.read32(pde.gfn, pde.offset) >>> 12;
    if (gfn === 0) {
      gfn = this.guest.frame();
      this.set(pde, gfn, tableFlags);
    }
    return { gfn, offset: ((gva >>> 12) & 0x1ff) * 8 };
  }

  map(gva: number, gfn: number, flags: number = PAGE, tableFlags: number = TABLE): EntryAt {
    return this.set(this.pte(gva, tableFlags), gfn, flags);
  }

  mapLarge(gva: number, gfn: number, flags: number = PAGE): EntryAt {
    return this.set(this.pde(gva), gfn, flags | PS);
  }

  /** Stores an entry behind the processor's back. */
  set(at: EntryAt, gfn: number, flags: number): EntryAt {
    const { memory } = this.guest;
    const hi = (flags & PTE_NX_HI) | Math.floor(gfn / 0x10_0000);
    memory.write32(at.gfn, at.offset, (gfn << 12) | (flags & 0xfff));
    memory.write32(at.gfn, at.offset + 4, hi);
    return at;
  }

  flags(at: EntryAt): number {
    return this.guest.memory.read32(at.gfn, at.offset) & 0xfff;
  }
}

export class TwoLevelTables {
  readonly guest: TestGuest;
  /** Frame of the page directory. */
  readonly root: number;

  constructor(guest: TestGuest) {
    this.guest = guest;
    this.root = guest.frame();
  }

  get cr3(): number {
    return this.root * 4096;
  }

  pde(gva: number): EntryAt {
    return { gfn: this.root, offset: (gva >>> 22) * 4 };
  }

  pte(gva: number, tableFlags: number = TABLE): EntryAt {
    const pde = this.pde(gva);
    let gfn = this.guest.memory.read32(pde.gfn, pde.offset) >>> 12;
    if (gfn === 0) {
      gfn = this.guest.frame();
      this.set(pde, gfn, tableFlags);
    }
    return { gfn, offset: ((gva >>> 12) & 0x3ff) * 4 };
  }

  map(gva: number, gfn: number, flags: number = PAGE, tableFlags: number = TABLE): EntryAt {
    return this.set(this.pte(gva, tableFlags), gfn, flags);
  }

  mapLarge(gva: number, gfn: number, flags: number = PAGE): EntryAt {
    return this.set(this.pde(gva), gfn, flags | PS);
  }

  set(at: EntryAt, gfn: number, flags: number): EntryAt {
    this.guest.memory.write32(at.gfn, at.offset, (gfn << 12) | (flags & 0xfff));
    return at;
  }

  flags(at: EntryAt): number {
    return this.guest.memory.read32(at.gfn, at.offset) & 0xfff;
  }
}
