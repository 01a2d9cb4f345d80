/**
 * The walk of the guest's own page tables, with the accessed and dirty bits it leaves behind. A bare machine's
 * processor walks like this, and the hypervisor repeats it in software on each page-fault exit.
 *
 * The two models differ in what they look at first. Given an entry that forbids the access above one that is
 * not present, the architecture reports "not present", KVM of 2009 reports a protection violation:
 *
 *     model   reserved bits   rights checked         A of the last entry   I/D in the error code
 *     sdm     fault           once, over the path    if the access is ok   if CR4.PAE and EFER.NXE
 *     kvm     not looked at   at each level          if that level is ok   on each fetch
 *
 * SDM: volume 3, 4.3 to 4.8. KVM: paging_tmpl.h, FNAME(walk_addr).
 */
import type { GuestMemory } from "./guest-memory.ts";
import { type MmuState, PFERR_FETCH, PFERR_PRESENT, PFERR_RSVD, PFERR_USER, PFERR_WRITE } from "./mmu.ts";
import {
  ACC_ALL,
  ACC_EXEC,
  ACC_USER,
  ACC_WRITE,
  CR0_RESET,
  CR0_WP,
  CR4_PAE,
  CR4_PSE,
  CR4_SMAP,
  CR4_SMEP,
  EFER_NXE,
  frameOf,
  NO_PAGING,
  PAE,
  PTE_A,
  PTE_D,
  PTE_NX_HI,
  PTE_P,
  PTE_PS,
  paeLargeFrame,
  paeReserved,
  pagingMode,
  pdpteReserved,
  pse36Frame,
  pse36Reserved,
  type RootLevel,
} from "./paging.ts";
import type { Gfn, Gpa, Gva } from "./types.ts";

export type Model = "sdm" | "kvm";

export class GuestWalker {
  readonly memory: GuestMemory;
  /** All of linear memory, as the tables are read. */
  private readonly i32: Int32Array;
  /** The architecture's answers; false: those of KVM 2.6.29. */
  readonly sdm: boolean;

  cr0: number;
  cr3: number;
  cr4: number;
  efer: number;
  rootLevel: RootLevel;
  /** The four PDPTEs as latched at the last load, lo and hi. */
  readonly pdptes: Int32Array;

  /** Level at which the last walk stopped: 2 for a large page. */
  level: number;
  /** Frame the walk leads to. */
  gfn: Gfn;
  /** Rights of the whole path, and of the path without its last entry. KVM: pte_access, pt_access. */
  pteAccess: number;
  ptAccess: number;
  /** Where the last entry lives, and its value after A and D were set. */
  tableGfn: Gfn;
  tableOffset: number;
  lo: number;
  hi: number;
  /** The walk set D: other tables that shadow this entry must hear of it. */
  dirtied: boolean;
  /** Page-fault error code of a failed walk. */
  error: number;
  /** While CR4.SMAP is set: supervisor accesses may reach user pages, as EFLAGS.AC is set. */
  userAccess: boolean;

  constructor(memory: GuestMemory, model: Model) {
    this.memory = memory;
    this.i32 = memory.linear.i32;
    this.sdm = model === "sdm";
    this.pdptes = new Int32Array(8);
    this.cr0 = CR0_RESET;
    this.cr3 = 0;
    this.cr4 = 0;
    this.efer = 0;
    this.rootLevel = NO_PAGING;
    this.level = 0;
    this.gfn = 0;
    this.pteAccess = 0;
    this.ptAccess = 0;
    this.tableGfn = 0;
    this.tableOffset = 0;
    this.lo = 0;
    this.hi = 0;
    this.dirtied = false;
    this.error = 0;
    this.userAccess = false;
  }

  reset(): void {
    this.cr0 = CR0_RESET;
    this.cr3 = 0;
    this.cr4 = 0;
    this.efer = 0;
    this.pdptes.fill(0);
    this.rootLevel = NO_PAGING;
  }

  save(): MmuState {
    const { cr0, cr3, cr4, efer, userAccess } = this;
    return { cr0, cr3, cr4, efer, userAccess, pdptes: [...this.pdptes] };
  }

  restore(state: MmuState): void {
    this.cr0 = state.cr0;
    this.cr3 = state.cr3;
    this.cr4 = state.cr4;
    this.efer = state.efer;
    this.userAccess = state.userAccess;
    this.pdptes.set(state.pdptes);
    this.chooseMode();
  }

  get entryBytes(): 4 | 8 {
    return this.rootLevel === PAE ? 8 : 4;
  }

  chooseMode(): void {
    this.rootLevel = pagingMode(this.cr0, this.cr4);
  }

  nxEnabled(): boolean {
    return (this.efer & EFER_NXE) !== 0;
  }

  /** Latches the PDPTEs that `cr3` points at; false, with nothing latched, if one is malformed. */
  loadPdptes(cr3: number): boolean {
    const gfn = cr3 >>> 12;
    const offset = cr3 & 0xfe0;
    for (let i = 0; i < 8; i += 2) {
      const at = offset + i * 4;
      if (pdpteReserved(this.memory.read32(gfn, at), this.memory.read32(gfn, at + 4))) return false;
    }
    for (let i = 0; i < 8; i++) this.pdptes[i] = this.memory.read32(gfn, offset + i * 4);
    return true;
  }

  /** Whether the PDPTEs in RAM still are the latched ones. KVM: pdptrs_changed. */
  pdptesChanged(): boolean {
    const gfn = this.cr3 >>> 12;
    const offset = this.cr3 & 0xfe0;
    for (let i = 0; i < 8; i++) {
      if (this.pdptes[i] !== this.memory.read32(gfn, offset + i * 4)) return true;
    }
    return false;
  }

  /** Rights one entry grants; `hi` is 0 for a 4-byte entry. KVM: FNAME(gpte_access). */
  entryAccess(lo: number, hi: number): number {
    const nx = (hi & PTE_NX_HI) !== 0 && this.nxEnabled();
    return (lo & (ACC_WRITE | ACC_USER)) | (nx ? 0 : ACC_EXEC);
  }

  /** Whether a present last-level 4 KiB entry may not be used at all; `hi` is 0 for a 4-byte entry. */
  leafReserved(lo: number, hi: number): boolean {
    return this.sdm === true && hi !== 0 && paeReserved(lo, hi, false, this.nxEnabled());
  }

  /**
   * Walks to the frame behind `gva` for an access, setting A and D on the way. Paging must be on.
   * Returns false for a page fault with `error`.
   */
  walk(gva: Gva, access: number): boolean {
    const { i32 } = this;
    const pae = this.rootLevel === PAE;
    let table: Gfn;
    this.dirtied = false;
    if (pae === true) {
      const i = (gva >>> 30) * 2;
      if ((this.pdptes[i] & PTE_P) === 0) return this.fail(access, 0);
      table = frameOf(this.pdptes[i], this.pdptes[i + 1]);
    } else {
      table = this.cr3 >>> 12;
    }
    let offset = pae === true ? (gva >>> 18) & 0xff8 : (gva >>> 20) & 0xffc;
    let at = this.wordOf(table, offset);
    if (at < 0) return this.fail(access, 0);
    let lo = i32[at];
    let hi = pae === true ? i32[at + 1] : 0;
    if ((lo & PTE_P) === 0) return this.fail(access, 0);
    const large = (lo & PTE_PS) !== 0 && (pae === true || (this.cr4 & CR4_PSE) !== 0);
    if (this.sdm === true && this.directoryReserved(lo, hi, pae, large)) {
      return this.fail(access, PFERR_PRESENT | PFERR_RSVD);
    }
    const directory = this.entryAccess(lo, hi);
    if (large === true) {
      this.level = 2;
      this.ptAccess = ACC_ALL;
      this.gfn = pae === true ? paeLargeFrame(lo, hi, gva) : pse36Frame(lo, gva);
      return this.finish(table, offset, lo, hi, directory, access);
    }
    if (this.sdm !== true && !this.permits(directory, access)) return this.fail(access, PFERR_PRESENT);
    if ((lo & PTE_A) === 0) this.memory.write32(table, offset, lo | PTE_A);

    table = frameOf(lo, hi);
    offset = pae === true ? (gva >>> 9) & 0xff8 : (gva >>> 10) & 0xffc;
    at = this.wordOf(table, offset);
    if (at < 0) return this.fail(access, 0);
    lo = i32[at];
    hi = pae === true ? i32[at + 1] : 0;
    if ((lo & PTE_P) === 0) return this.fail(access, 0);
    if (this.leafReserved(lo, hi)) return this.fail(access, PFERR_PRESENT | PFERR_RSVD);
    this.level = 1;
    this.ptAccess = directory;
    this.gfn = frameOf(lo, hi);
    return this.finish(table, offset, lo, hi, directory & this.entryAccess(lo, hi), access);
  }

  /** Whether a supervisor read reaches a frame, without side effects on guest or walker; the gpa, or -1. */
  probe(gva: Gva): Gpa {
    const { memory } = this;
    const at = gva >>> 0;
    if (this.rootLevel === NO_PAGING) return at;
    const pae = this.rootLevel === PAE;
    const i = (at >>> 30) * 2;
    if (pae && (this.pdptes[i] & PTE_P) === 0) return -1;
    let table = pae ? frameOf(this.pdptes[i], this.pdptes[i + 1]) : this.cr3 >>> 12;
    for (let level = 2; ; level--) {
      if (memory.pfn(table) < 0) return -1;
      const index = level === 2 ? (pae ? at >>> 21 : at >>> 22) : at >>> 12;
      const offset = pae ? (index & 0x1ff) * 8 : (index & 0x3ff) * 4;
      const lo = memory.read32(table, offset);
      const hi = pae ? memory.read32(table, offset + 4) : 0;
      if ((lo & PTE_P) === 0) return -1;
      const large = level === 2 && (lo & PTE_PS) !== 0 && (pae || (this.cr4 & CR4_PSE) !== 0);
      if (this.sdm && pae && paeReserved(lo, hi, large, this.nxEnabled())) return -1;
      if (this.sdm && !pae && large && pse36Reserved(lo)) return -1;
      if (large) return (pae ? paeLargeFrame(lo, hi, at) : pse36Frame(lo, at)) * 4096 + (at & 0xfff);
      table = frameOf(lo, hi);
      if (level === 1) return table * 4096 + (at & 0xfff);
    }
  }

  /**
   * Where in linear memory an entry is, as an index of words; -1 if there is no memory.
   * Differs: such an entry counts as not present. Hardware would use what the bus returns, KVM the value left
   * over from the previous level.
   */
  private wordOf(table: Gfn, offset: number): number {
    const pfn = this.memory.pfn(table);
    return pfn < 0 ? -1 : (pfn << 10) | (offset >>> 2);
  }

  private directoryReserved(lo: number, hi: number, pae: boolean, large: boolean): boolean {
    if (pae === true) return paeReserved(lo, hi, large, this.nxEnabled());
    return large && pse36Reserved(lo);
  }

  /** Access rights. SDM: volume 3, 4.6.1. */
  private permits(rights: number, access: number): boolean {
    const user = (access & PFERR_USER) !== 0;
    if (user && (rights & ACC_USER) === 0) return false;
    if ((access & PFERR_WRITE) !== 0 && (rights & ACC_WRITE) === 0 && (user || (this.cr0 & CR0_WP) !== 0)) {
      return false;
    }
    return (access & PFERR_FETCH) === 0 || (rights & ACC_EXEC) !== 0;
  }

  /** CR4 bits that keep a supervisor out of user pages now: SMEP from executing them, SMAP from reading and writing. */
  supervisorLimits(): number {
    return this.cr4 & (this.userAccess === true ? CR4_SMEP : CR4_SMEP | CR4_SMAP);
  }

  /** SDM: volume 3, 4.6.1: user pages that a supervisor may not use. KVM: had neither until 2012 and 2014. */
  private keptOut(rights: number, access: number): boolean {
    if ((access & PFERR_USER) !== 0 || (rights & ACC_USER) === 0) return false;
    return (this.supervisorLimits() & ((access & PFERR_FETCH) !== 0 ? CR4_SMEP : CR4_SMAP)) !== 0;
  }

  /** The last entry has been read: `lo` and `hi`, with `rights` over the path. */
  private finish(
    table: Gfn,
    offset: number,
    lo: number,
    hi: number,
    rights: number,
    access: number,
  ): boolean {
    // KVM: the levels above were checked when they were read, so the rights of the path say the same here.
    if (!this.permits(rights, access) || this.keptOut(rights, access))
      return this.fail(access, PFERR_PRESENT);
    this.pteAccess = rights;
    this.tableGfn = table;
    this.tableOffset = offset;
    this.dirtied = (access & PFERR_WRITE) !== 0 && (lo & PTE_D) === 0;
    const used = lo | (this.dirtied === true ? PTE_A | PTE_D : PTE_A);
    if (used !== lo) this.memory.write32(table, offset, used);
    this.lo = used;
    this.hi = hi;
    return true;
  }

  private fail(access: number, why: number): false {
    this.error = this.errorCode(access) | why;
    return false;
  }

  /** The bits of an error code that describe the access. SDM: volume 3, 4.7. */
  errorCode(access: number): number {
    // KVM: copies I/D from the hardware's error code, where NX is always on.
    const noExecute = (this.cr4 & CR4_PAE) !== 0 && this.nxEnabled();
    const fetch = this.sdm !== true || noExecute || (this.cr4 & CR4_SMEP) !== 0;
    return access & (PFERR_WRITE | PFERR_USER | (fetch ? PFERR_FETCH : 0));
  }
}
