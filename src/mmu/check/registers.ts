/**
 * The control registers of the processor in a story, the PDPTEs it latches, and what each write makes it forget.
 *
 *     MOV to CR3                    all translations but global ones            SDM: volume 3, 4.10.4.1
 *     CR4.PGE, PAE, PSE changes     all translations                            4.10.4.1 (PGE, PAE), 12.9 (PSE)
 *     CR0.PG changes                all translations                            4.10.4.1
 *     INVLPG                        one page, global or not, in any space       4.10.4.1
 *     CR0.WP, or the same value     nothing
 *
 * The first four also drop everything in the paging-structure caches. The PDPTEs are registers: a MOV to CR3 loads
 * them, and a write that changes CR0.PG, CR4.PAE, CR4.PGE or CR4.PSE, if PAE paging is in use after it (4.4.1).
 */
import type { GuestMemory } from "../guest-memory.ts";
import {
  CR0_PE,
  CR0_PG,
  CR0_WP,
  CR4_PAE,
  CR4_PGE,
  CR4_PSE,
  NO_PAGING,
  PAE,
  PTE_P,
  type RootLevel,
  TWO_LEVEL,
} from "../paging.ts";
import type { Gfn } from "../types.ts";
import type { History } from "./history.ts";
import type { Bit } from "./ops.ts";

/** Bits 2:1 and 8:5 of a PDPTE, and all above MAXPHYADDR, which is 36. SDM: volume 3, table 4-8. */
const PDPTE_RESERVED_LO = 0x1e6;
const PDPTE_RESERVED_HI = 0xffff_fff0 | 0;
export const PDPTE_WORDS = 8;

/** Registers that decide how addresses are translated, as they were from one drop to the next. */
export interface Epoch {
  /** The history's time at which this began. */
  start: number;
  rootLevel: RootLevel;
  root: Gfn;
  pse: boolean;
  pge: boolean;
  readonly pdptes: Int32Array;
}

export const BIT_MASKS: Record<Bit, number> = {
  pge: CR4_PGE,
  pse: CR4_PSE,
  pae: CR4_PAE,
  wp: CR0_WP,
  pg: CR0_PG,
};

export function isCr0Bit(bit: Bit): boolean {
  return bit === "wp" || bit === "pg";
}

export class Registers {
  cr0: number;
  cr4: number;
  root: Gfn;
  rootLevel: RootLevel;
  readonly pdptes: Int32Array;
  /** Since the beginning, the present one last. Paging structures are cached for no longer than one of these. */
  readonly epochs: Epoch[];
  epochCount: number;
  private readonly memory: GuestMemory;
  private readonly history: History;

  constructor(memory: GuestMemory, history: History) {
    this.memory = memory;
    this.history = history;
    this.cr0 = 0;
    this.cr4 = 0;
    this.root = 0;
    this.rootLevel = NO_PAGING;
    this.pdptes = new Int32Array(PDPTE_WORDS);
    this.epochs = [];
    this.epochCount = 0;
  }

  /** Paging is on, with these registers, and nothing is cached. The PDPTEs must be sound. */
  restart(cr4: number, root: Gfn): void {
    this.cr0 = CR0_PG | CR0_WP | CR0_PE;
    this.cr4 = cr4;
    this.epochCount = 0;
    this.root = root;
    this.chooseMode();
    if (this.rootLevel === PAE && !this.loadPdptes(root)) throw new Error("a story begins with bad PDPTEs");
    this.beginEpoch();
  }

  /** What the register would hold after the write. */
  withBit(bit: Bit, on: boolean): number {
    const old = isCr0Bit(bit) ? this.cr0 : this.cr4;
    return on ? old | BIT_MASKS[bit] : old & ~BIT_MASKS[bit];
  }

  /** MOV to CR0 or CR4. False: #GP, and nothing changed. */
  setBit(bit: Bit, on: boolean): boolean {
    const value = this.withBit(bit, on);
    const isCr0 = isCr0Bit(bit);
    if (value === (isCr0 ? this.cr0 : this.cr4)) return true;
    if (bit === "wp") {
      this.cr0 = value;
      return true;
    }
    const cr0 = isCr0 ? value : this.cr0;
    const cr4 = isCr0 ? this.cr4 : value;
    const pae = (cr0 & CR0_PG) !== 0 && (cr4 & CR4_PAE) !== 0;
    if (pae && !this.loadPdptes(this.root)) return false;
    this.cr0 = cr0;
    this.cr4 = cr4;
    this.chooseMode();
    this.history.drop("all", 0);
    this.beginEpoch();
    return true;
  }

  /** MOV to CR3. False: #GP, and nothing changed. */
  setCr3(root: Gfn): boolean {
    if (this.rootLevel === PAE && !this.loadPdptes(root)) return false;
    this.root = root;
    this.history.drop("cr3", 0);
    this.beginEpoch();
    return true;
  }

  invlpg(gva: number): void {
    this.history.drop("invlpg", gva);
    this.beginEpoch();
  }

  private chooseMode(): void {
    if ((this.cr0 & CR0_PG) === 0) this.rootLevel = NO_PAGING;
    else this.rootLevel = (this.cr4 & CR4_PAE) !== 0 ? PAE : TWO_LEVEL;
  }

  private loadPdptes(root: Gfn): boolean {
    for (let i = 0; i < PDPTE_WORDS; i += 2) {
      const lo = this.memory.read32(root, i * 4);
      const hi = this.memory.read32(root, i * 4 + 4);
      if ((lo & PTE_P) !== 0 && ((lo & PDPTE_RESERVED_LO) !== 0 || (hi & PDPTE_RESERVED_HI) !== 0)) {
        return false;
      }
    }
    for (let i = 0; i < PDPTE_WORDS; i++) this.pdptes[i] = this.memory.read32(root, i * 4);
    return true;
  }

  private beginEpoch(): void {
    if (this.epochCount === this.epochs.length) {
      this.epochs.push({
        start: 0,
        rootLevel: NO_PAGING,
        root: 0,
        pse: false,
        pge: false,
        pdptes: new Int32Array(PDPTE_WORDS),
      });
    }
    const epoch = this.epochs[this.epochCount++];
    epoch.start = this.history.now;
    epoch.rootLevel = this.rootLevel;
    epoch.root = this.root;
    epoch.pse = (this.cr4 & CR4_PSE) !== 0;
    epoch.pge = (this.cr4 & CR4_PGE) !== 0;
    epoch.pdptes.set(this.pdptes);
  }
}
