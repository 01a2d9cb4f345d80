/**
 * The hypervisor's face to the processor: what happens on each exit, and what must hold before the guest runs
 * again. The decisions are in the files beside it.
 *
 * The hypervisor never short-cuts: an access that the shadow tables do not allow exits, whatever the guest's own
 * tables say. KVM: the exit handlers of vmx.c and svm.c, vcpu_enter_guest.
 */
import { KVM_CR, KVM_EXIT, KVM_INVLPG } from "../../trace/events.ts";
import {
  EMULATED,
  EXIT_CLTS,
  EXIT_CR0,
  EXIT_CR3,
  EXIT_CR4,
  EXIT_PF,
  INVLPG,
  MODE_CHANGE,
  NO_REASON,
  EXIT_CPUID as REASON_CPUID,
  EXIT_HLT as REASON_HLT,
  EXIT_INTR as REASON_INTR,
  EXIT_INTR_WINDOW as REASON_INTR_WINDOW,
  EXIT_INVLPG as REASON_INVLPG,
  EXIT_IO as REASON_IO,
  EXIT_MSR as REASON_MSR,
  ZAP_ALL,
} from "../../trace/reasons.ts";
import type { Tap } from "../../trace/tap.ts";
import type { GuestMemory, MemoryAlias, MemorySlot } from "../guest-memory.ts";
import { HostWalker } from "../host-walker.ts";
import {
  EMULATE,
  EXIT_CPUID,
  EXIT_EXTERNAL_INTERRUPT,
  EXIT_HLT,
  EXIT_INTERRUPT_WINDOW,
  EXIT_IO,
  EXIT_MSR,
  type INJECT,
  type Mmu,
  type MmuState,
  PFERR_PRESENT,
  PFERR_USER,
} from "../mmu.ts";
import { CR0_PG, CR0_TS, CR4_SMAP, CR4_SMEP, PTE_RW, PTE_US } from "../paging.ts";
import type { Tlb } from "../tlb.ts";
import type { Gfn, Gpa, Gva, Hpa } from "../types.ts";
import type { When } from "./audit/invariant.ts";
import {
  closeWpHoles,
  cr0WriteExits,
  cr4WriteExits,
  invalidatePage,
  writeCr0,
  writeCr3,
  writeCr4,
  writeEfer,
} from "./control.ts";
import { Kvm } from "./kvm.ts";
import { bypassedPageFault, pageFault, RETRY } from "./page-fault.ts";
import { defaultPolicy, type Policy } from "./policy.ts";
import { ptesWritten } from "./pte-write.ts";
import { enterGuest, freeRoots } from "./roots.ts";
import {
  accountSlotEdges,
  addSlot,
  changeSlot,
  removeSlot,
  setAliases,
  startDirtyLog,
  takeDirtyLog,
} from "./slots.ts";
import type { Stats } from "./stats.ts";
import { changeQuota, shrink, unprotectPage, unprotectVirtual, zapAll } from "./zap.ts";

/** A fault is fixed in one exit, or two if its root was recycled meanwhile. */
const MAX_EXITS = 16;

export class ShadowMmu implements Mmu {
  readonly tlb: Tlb;
  readonly stats: Stats;
  /** All state, for the audit and for viewers. */
  readonly kvm: Kvm;
  /** Called before each guest entry, when everything is consistent, with what the exit before it was about. */
  onEntry: ((after: When) => void) | null;
  /** As in Mmu: the hypervisor cannot emulate a delivery, so the tables whose frames it stores to go. */
  delivering: boolean;
  private readonly host: HostWalker;

  constructor(memory: GuestMemory, policy: Policy = defaultPolicy, tap: Tap | null = null) {
    this.kvm = new Kvm(memory, policy, tap);
    this.tlb = this.kvm.tlb;
    this.stats = this.kvm.stats;
    this.host = new HostWalker(memory.linear);
    this.onEntry = null;
    this.delivering = false;
    for (const slot of memory.slots) accountSlotEdges(this.kvm, slot, 1);
    enterGuest(this.kvm);
  }

  private enter(after: When): void {
    enterGuest(this.kvm);
    if (this.onEntry !== null) this.onEntry(after);
  }

  /** Starts to report events, or stops with null. */
  attachTap(tap: Tap | null): void {
    this.kvm.tap = tap;
    if (tap !== null) tap.cr3 = this.kvm.walker.cr3;
  }

  get faultError(): number {
    return this.kvm.faultError;
  }

  get emulateGpa(): Gpa {
    return this.kvm.emulateGpa;
  }

  translate(gva: Gva, access: number): Hpa | typeof INJECT | typeof EMULATE {
    const { kvm, host } = this;
    for (let exits = 0; exits < MAX_EXITS; exits++) {
      const page = host.walk(kvm.rootHpa, gva, access);
      if (page >= 0) {
        const user = (access & PFERR_USER) !== 0;
        const userPage = (host.rights & PTE_US) !== 0;
        const limits = user || !userPage ? 0 : host.limits;
        const data = (limits & CR4_SMAP) === 0;
        const read = data && (!user || userPage);
        const fetch = host.nx >= 0 && (limits & CR4_SMEP) === 0;
        kvm.stats.tlb_fills++;
        this.tlb.fill(user, gva, page, read, data && (host.rights & PTE_RW) !== 0, fetch);
        return page + (gva & 0xfff);
      }
      // The #PF intercept matches only faults with P = 1.
      if (kvm.bypass === true && (host.error & PFERR_PRESENT) === 0) {
        return bypassedPageFault(kvm, gva, access);
      }
      // Differs: KVM cannot emulate a delivery to a root's frame, which is a root again after each exit.
      if (this.delivering === true && exits === 0) unprotectVirtual(kvm, gva);
      const outcome = this.pageFaultExit(gva, access);
      if (outcome !== RETRY) return outcome;
    }
    throw new Error(`an access at ${gva.toString(16)} exits for ever: the shadow tables make no progress`);
  }

  /** KVM: handle_exception, kvm_mmu_page_fault. */
  private pageFaultExit(gva: Gva, access: number): number {
    const { kvm } = this;
    this.countExit(EXIT_PF, gva, this.host.error);
    kvm.stats.exits_pf++;
    // Hardware forgets the address that faulted; KVM relies on it when it replaces an spte without a flush.
    this.tlb.flushPage(gva);
    const outcome = pageFault(kvm, gva, access);
    if (outcome === EMULATE && kvm.memory.writableHpa(kvm.emulateGpa) >= 0) {
      // The exit lasts until the store is done: `pteWrite` ends it. Meanwhile nothing stale may be used.
      if (kvm.requestTlbFlush === true) this.tlb.flush();
    } else {
      this.enter("always");
    }
    return outcome;
  }

  pteWrite(gpa: Gpa, bytes: number): void {
    const gfn = Math.floor(gpa / 4096);
    ptesWritten(this.kvm, gfn, gpa - gfn * 4096, bytes, true, EMULATED);
    this.enter("always");
  }

  setCr0(cr0: number): boolean {
    const { kvm } = this;
    const value = cr0 | 0;
    if (!cr0WriteExits(kvm, value)) return true;
    kvm.stats.exits_cr0++;
    this.crExit(EXIT_CR0, 0, value);
    const done = writeCr0(kvm, value);
    this.refreshLimits();
    this.enter(done ? "after a CR0 or CR4 write" : "always");
    return done;
  }

  /** KVM: handle_cr, case CLTS: neither a sync nor a reset. */
  clts(): void {
    const { kvm } = this;
    const exits = kvm.svm === true || (kvm.walker.cr0 & CR0_TS) !== 0;
    kvm.walker.cr0 &= ~CR0_TS;
    if (!exits) return;
    kvm.stats.exits_clts++;
    this.crExit(EXIT_CLTS, 0, kvm.walker.cr0);
    this.enter("always");
  }

  /** KVM: kvm_task_switch, which sets the bit without the side effects of a MOV to CR0. */
  taskSwitched(): void {
    this.kvm.walker.cr0 |= CR0_TS;
  }

  setCr3(cr3: number): boolean {
    const { kvm } = this;
    const value = cr3 | 0;
    kvm.stats.exits_cr3++;
    this.crExit(EXIT_CR3, 3, value);
    const done = writeCr3(kvm, value);
    this.enter(done ? "after a CR3 load" : "always");
    return done;
  }

  setCr4(cr4: number): boolean {
    const { kvm } = this;
    const value = cr4 | 0;
    if (!cr4WriteExits(kvm, value)) {
      kvm.walker.cr4 = value;
      return true;
    }
    kvm.stats.exits_cr4++;
    this.crExit(EXIT_CR4, 4, value);
    const done = writeCr4(kvm, value);
    this.refreshLimits();
    this.enter(done ? "after a CR0 or CR4 write" : "always");
    return done;
  }

  /** The exit of the WRMSR itself is reported by the processor, as `exit(EXIT_MSR)`. */
  setEfer(value: number): boolean {
    writeEfer(this.kvm, value);
    this.enter("always");
    return true;
  }

  setUserAccess(allowed: boolean): void {
    const { kvm } = this;
    if (kvm.walker.userAccess === allowed) return;
    kvm.walker.userAccess = allowed;
    this.refreshLimits();
    if ((kvm.walker.cr4 & CR4_SMAP) === 0) return;
    this.tlb.flush();
    // Entries that CR0.WP = 0 opened look like a supervisor's pages.
    if (!allowed) closeWpHoles(kvm);
  }

  /** The hardware runs with the guest's own CR4.SMEP and CR4.SMAP, once the guest has paging. */
  private refreshLimits(): void {
    const { walker } = this.kvm;
    this.host.limits = (walker.cr0 & CR0_PG) === 0 ? 0 : walker.supervisorLimits();
  }

  invlpg(gva: Gva): void {
    const { kvm } = this;
    kvm.stats.exits_invlpg++;
    this.countExit(REASON_INVLPG, gva, 0);
    if (kvm.svm === true) kvm.stats.insn_emulation++;
    if (kvm.tap !== null) kvm.tap.emit(KVM_INVLPG, INVLPG, gva);
    invalidatePage(kvm, gva);
    this.enter("always");
  }

  memoryChanged(): void {
    const { kvm } = this;
    this.dropShadows(MODE_CHANGE);
    kvm.loadReason = MODE_CHANGE;
    this.tlb.flush();
    this.enter("always");
  }

  save(): MmuState {
    return this.kvm.walker.save();
  }

  restore(state: MmuState): void {
    this.dropShadows(ZAP_ALL);
    this.kvm.walker.restore(state);
    this.startAnew();
  }

  /** KVM keeps shadows over a reset; a loader may then change tables behind its back, so they go here. */
  reset(): void {
    this.dropShadows(ZAP_ALL);
    this.kvm.walker.reset();
    this.startAnew();
  }

  private dropShadows(reason: number): void {
    freeRoots(this.kvm);
    zapAll(this.kvm, reason);
  }

  /** With the registers that `walker` has now, and no shadow. */
  private startAnew(): void {
    const { kvm } = this;
    this.refreshLimits();
    kvm.wpHoles = false;
    kvm.lastPtWriteCount = 0;
    kvm.requestMmuReload = false;
    kvm.requestMmuSync = false;
    kvm.loadReason = ZAP_ALL;
    this.tlb.flush();
    this.enter("always");
  }

  injectInterrupt(halted: boolean): void {
    const { stats } = this.kvm;
    stats.irq_injections++;
    if (halted) stats.halt_wakeup++;
  }

  exit(reason: number): void {
    const { stats } = this.kvm;
    if (reason === EXIT_IO) stats.io_exits++;
    else if (reason === EXIT_HLT) stats.halt_exits++;
    else if (reason === EXIT_CPUID) stats.exits_cpuid++;
    else if (reason === EXIT_MSR) stats.exits_msr++;
    else if (reason === EXIT_EXTERNAL_INTERRUPT) stats.irq_exits++;
    else if (reason === EXIT_INTERRUPT_WINDOW) stats.irq_window++;
    this.countExit(EXIT_REASONS[reason] ?? NO_REASON, 0, 0);
    this.enter("always");
  }

  probe(gva: Gva): Gpa {
    return this.kvm.walker.probe(gva);
  }

  /** The host takes a shadow page back. KVM: mmu_shrink. */
  shrink(): void {
    shrink(this.kvm);
    this.enter("always");
  }

  /**
   * Sets the quota of shadow pages, at most what the layout has room for. KVM: KVM_SET_NR_MMU_PAGES.
   * Throws a RangeError for a quota that does not fit.
   */
  setShadowPages(pages: number): void {
    const room = this.kvm.pages.length - 1;
    if (!(pages >= 1 && pages <= room))
      throw new RangeError(`${pages} shadow pages: there is room for ${room}`);
    changeQuota(this.kvm, pages);
    this.enter("always");
  }

  /** Memory where there was none. Throws a RangeError if it does not fit. KVM: kvm_set_memory_region. */
  addSlot(slot: MemorySlot): void {
    addSlot(this.kvm, slot);
    this.enter("always");
  }

  /** Throws a RangeError if there is no such slot. */
  removeSlot(id: number): void {
    removeSlot(this.kvm, id);
    this.enter("always");
  }

  /** The slot of that number is elsewhere, over other memory, or read-only, from now on; its dirty log ends. */
  changeSlot(slot: MemorySlot): void {
    changeSlot(this.kvm, slot);
    this.enter("always");
  }

  /** Frames that show the memory of others, instead of those so far. Throws a RangeError if they do not fit. */
  setAliases(aliases: readonly MemoryAlias[]): void {
    setAliases(this.kvm, aliases);
    this.enter("always");
  }

  /** Throws a RangeError if there is no such slot. */
  startDirtyLog(id: number): void {
    startDirtyLog(this.kvm, id);
    this.enter("always");
  }

  /** Frames stored to since the last call; null without a log. KVM: KVM_GET_DIRTY_LOG. */
  takeDirtyLog(id: number): Uint32Array | null {
    const bitmap = takeDirtyLog(this.kvm, id);
    this.enter("always");
    return bitmap;
  }

  /** Ends the shadows of a frame, so that the guest may store there natively. KVM: kvm_mmu_unprotect_page. */
  unprotect(gfn: Gfn): boolean {
    const found = unprotectPage(this.kvm, gfn);
    this.enter("always");
    return found;
  }

  /** Under SVM the emulator executes the write. */
  private crExit(reason: number, cr: number, value: number): void {
    const { kvm } = this;
    this.countExit(reason, 0, 0);
    if (kvm.svm === true) kvm.stats.insn_emulation++;
    if (kvm.tap !== null) kvm.tap.emit(KVM_CR, reason, cr, value);
  }

  private countExit(reason: number, gva: Gva, error: number): void {
    const { kvm } = this;
    kvm.stats.exits++;
    if (kvm.tap !== null) kvm.tap.emit(KVM_EXIT, reason, gva, error);
  }
}

/** Trace reasons by the processor's exit reasons. */
const EXIT_REASONS: readonly number[] = [
  REASON_IO,
  REASON_HLT,
  REASON_CPUID,
  REASON_MSR,
  REASON_INTR,
  REASON_INTR_WINDOW,
];
