/**
 * A machine without a hypervisor: the processor walks the guest's own tables. It is what the architecture asks
 * for, done in the plainest way, and so the reference that every shadow policy is compared with.
 *
 * SDM: volume 3, 4.10.4 "Invalidation of TLBs". A processor may always forget more than it must: this one keeps
 * no translation over a MOV to CR3, global or not.
 */
import type { GuestMemory } from "./guest-memory.ts";
import { GuestWalker } from "./guest-walker.ts";
import { EMULATE, INJECT, type Mmu, type MmuState, PFERR_USER, PFERR_WRITE } from "./mmu.ts";
import {
  ACC_EXEC,
  ACC_USER,
  ACC_WRITE,
  CR0_PG,
  CR0_TS,
  CR0_WP,
  CR4_PAE,
  CR4_PGE,
  CR4_PSE,
  CR4_SMAP,
  CR4_SMEP,
  EFER_NXE,
  NO_PAGING,
  PAE,
  PTE_D,
  reloadsPdptes,
} from "./paging.ts";
import { Tlb } from "./tlb.ts";
import type { Gfn, Gpa, Gva, Hpa } from "./types.ts";

const CR0_FLUSHES = CR0_PG | CR0_WP;
const CR4_FLUSHES = CR4_PSE | CR4_PAE | CR4_PGE | CR4_SMEP | CR4_SMAP;

export class BareMmu implements Mmu {
  readonly tlb: Tlb;
  readonly walker: GuestWalker;
  faultError: number;
  emulateGpa: Gpa;
  /** No difference here: nothing is emulated. */
  delivering: boolean;
  private readonly memory: GuestMemory;
  /** Counts full flushes, to date the marks below. */
  private flushes: number;
  /** For each 4 MiB of linear addresses, the flush count at which the TLB last took part of a large page. */
  private readonly largeFilled: Int32Array;

  constructor(memory: GuestMemory) {
    this.memory = memory;
    this.tlb = new Tlb(memory.linear);
    this.walker = new GuestWalker(memory, "sdm");
    this.faultError = 0;
    this.emulateGpa = 0;
    this.delivering = false;
    this.flushes = 1;
    this.largeFilled = new Int32Array(1024);
  }

  translate(gva: Gva, access: number): Hpa | typeof INJECT | typeof EMULATE {
    const { walker } = this;
    if (walker.rootLevel === NO_PAGING) return this.fill(gva, access, gva >>> 12, true, true, true);
    if (!walker.walk(gva, access)) {
      this.faultError = walker.error;
      // SDM: volume 3, 4.10.4.1: a page fault drops the translations of the address that caused it.
      this.invlpg(gva);
      return INJECT;
    }
    const user = (access & PFERR_USER) !== 0;
    const rights = walker.pteAccess;
    // Without D the first store has to walk again, to set it.
    const mayWrite = (rights & ACC_WRITE) !== 0 || (!user && (walker.cr0 & CR0_WP) === 0);
    const write = mayWrite && (walker.lo & PTE_D) !== 0;
    const userPage = (rights & ACC_USER) !== 0;
    const limits = user || !userPage ? 0 : walker.supervisorLimits();
    const data = (limits & CR4_SMAP) === 0;
    const read = data && (!user || userPage);
    const fetch = (limits & CR4_SMEP) === 0 && (rights & ACC_EXEC) !== 0;
    if (walker.level === 2) this.largeFilled[gva >>> 22] = this.flushes;
    return this.fill(gva, access, walker.gfn, read, write && data, fetch);
  }

  /** No store is ever hidden from a bare processor, so none is reported. */
  pteWrite(_gpa: Gpa, _bytes: number): void {}

  setCr0(value: number): boolean {
    const { walker } = this;
    if (reloadsPdptes(walker.cr0, walker.cr4, value, walker.cr4) && !walker.loadPdptes(walker.cr3))
      return false;
    const changed = walker.cr0 ^ value;
    walker.cr0 = value;
    walker.chooseMode();
    if ((changed & CR0_FLUSHES) !== 0) this.flush();
    return true;
  }

  clts(): void {
    this.walker.cr0 &= ~CR0_TS;
  }

  taskSwitched(): void {
    this.walker.cr0 |= CR0_TS;
  }

  setCr3(value: number): boolean {
    const { walker } = this;
    if (walker.rootLevel === PAE && !walker.loadPdptes(value)) return false;
    walker.cr3 = value;
    this.flush();
    return true;
  }

  setCr4(value: number): boolean {
    const { walker } = this;
    if (reloadsPdptes(walker.cr0, walker.cr4, walker.cr0, value) && !walker.loadPdptes(walker.cr3))
      return false;
    const changed = walker.cr4 ^ value;
    walker.cr4 = value;
    walker.chooseMode();
    if ((changed & CR4_FLUSHES) !== 0) this.flush();
    return true;
  }

  setEfer(value: number): boolean {
    const changed = this.walker.efer ^ value;
    this.walker.efer = value;
    if ((changed & EFER_NXE) !== 0) this.flush();
    return true;
  }

  setUserAccess(allowed: boolean): void {
    const { walker } = this;
    if (walker.userAccess === allowed) return;
    walker.userAccess = allowed;
    if ((walker.cr4 & CR4_SMAP) !== 0) this.flush();
  }

  invlpg(gva: Gva): void {
    // One INVLPG ends a whole large page, which the TLB holds in 4 KiB pieces: forget everything, which is cheap.
    if (this.largeFilled[gva >>> 22] === this.flushes) this.flush();
    else this.tlb.flushPage(gva);
  }

  memoryChanged(): void {
    this.flush();
  }

  save(): MmuState {
    return this.walker.save();
  }

  restore(state: MmuState): void {
    this.walker.restore(state);
    this.flush();
  }

  reset(): void {
    this.walker.reset();
    this.flush();
  }

  /** Nothing to leave, nothing to count. */
  exit(_reason: number): void {}
  injectInterrupt(_halted: boolean): void {}

  probe(gva: Gva): Gpa {
    return this.walker.probe(gva);
  }

  private flush(): void {
    this.flushes = (this.flushes + 1) | 0;
    this.tlb.flush();
  }

  private fill(gva: Gva, access: number, gfn: Gfn, read: boolean, write: boolean, fetch: boolean): number {
    const pfn = this.memory.pfn(gfn);
    if (pfn < 0) {
      this.emulateGpa = gfn * 4096 + (gva & 0xfff);
      return EMULATE;
    }
    const readOnly = this.memory.isReadOnly(gfn);
    if (readOnly && (access & PFERR_WRITE) !== 0) {
      this.emulateGpa = gfn * 4096 + (gva & 0xfff);
      return EMULATE;
    }
    this.tlb.fill((access & PFERR_USER) !== 0, gva, pfn * 4096, read, write && !readOnly, fetch);
    return pfn * 4096 + (gva & 0xfff);
  }
}
