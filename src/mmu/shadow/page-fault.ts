/**
 * A page-fault exit, from the guest walk to the answer: try again, let the guest have it, or do it by hand.
 *
 * KVM: FNAME(page_fault), nonpaging_page_fault, kvm_mmu_page_fault, kvm_inject_page_fault.
 */
import { KVM_EMULATE_INSN, KVM_INJ_EXCEPTION, KVM_PAGE_FAULT } from "../../trace/events.ts";
import { DIRTY_BIT, FAULT, GUEST_FAULT, MMIO, NOTRAP, PROTECTED_STORE } from "../../trace/reasons.ts";
import { EMULATE, INJECT, PFERR_WRITE } from "../mmu.ts";
import { NO_PAGING } from "../paging.ts";
import type { Gfn, Gva } from "../types.ts";
import { forgetFaulted } from "./control.ts";
import { directMap, fetch } from "./fetch.ts";
import type { Kvm } from "./kvm.ts";
import { ptesWritten } from "./pte-write.ts";
import { freeSomePages } from "./zap.ts";

/** The shadow tables were changed: the access may be tried again. */
export const RETRY = 0;

export type FaultOutcome = typeof RETRY | typeof INJECT | typeof EMULATE;

const VECTOR_PF = 14;

/** Handles a fault of `access` at `gva`. What the hardware's error code says of P and RSVD does not matter. */
export function pageFault(kvm: Kvm, gva: Gva, access: number): FaultOutcome {
  const { walker, memory, stats } = kvm;
  const direct = walker.rootLevel === NO_PAGING;
  if (!direct && !walkGuest(kvm, gva, access)) {
    stats.pf_guest++;
    kvm.lastPtWriteCount = 0;
    // KVM: in 2.6.29 not yet; today's kvm_inject_emulated_page_fault does it.
    if (walker.sdm) forgetFaulted(kvm, gva);
    return injectPageFault(kvm, gva, walker.error, GUEST_FAULT);
  }
  // Differs: KVM keeps the alias as the key of tables, and protects the memory behind it; here both are one.
  const gfn = memory.unalias(direct ? gva >>> 12 : walker.gfn);
  if (kvm.tap !== null) kvm.tap.emit(KVM_PAGE_FAULT, FAULT, gva, access, gfn);
  const pfn = memory.pfn(gfn);
  if (pfn < 0 || ((access & PFERR_WRITE) !== 0 && memory.isReadOnly(gfn))) {
    stats.mmio_exits++;
    return emulate(kvm, gva, gfn, MMIO);
  }
  freeSomePages(kvm);
  let writePt: boolean;
  if (direct) {
    writePt = directMap(kvm, gva, access, gfn, pfn);
  } else {
    writePt = fetch(kvm, gva, access, gfn, pfn);
    if (!writePt) kvm.lastPtWriteCount = 0;
    stats.pf_fixed++;
  }
  return writePt ? emulate(kvm, gva, gfn, PROTECTED_STORE) : RETRY;
}

/** KVM: FNAME(walk_addr), with the D bit it sets made known to every shadow of that table. */
function walkGuest(kvm: Kvm, gva: Gva, access: number): boolean {
  const { walker } = kvm;
  const found = walker.walk(gva, access);
  // Modern KVM tells nobody: what shadows the entry without D has no W either.
  if (walker.dirtied === true && kvm.policy.zapOnWrite !== true) {
    // KVM: before INVLPG prefill came, the walker's own stores counted for the flood detector too.
    const guestInitiated = !kvm.policy.invlpgPrefill;
    const { tableGfn, tableOffset, entryBytes } = walker;
    ptesWritten(kvm, kvm.memory.unalias(tableGfn), tableOffset, entryBytes, guestInitiated, DIRTY_BIT);
  }
  return found;
}

/** The guest takes #PF. KVM: kvm_inject_page_fault; the caller counts, for KVM does not see all of them. */
export function injectPageFault(kvm: Kvm, gva: Gva, error: number, reason: number): typeof INJECT {
  kvm.faultError = error;
  if (kvm.tap !== null) kvm.tap.emit(KVM_INJ_EXCEPTION, reason, VECTOR_PF, error, gva);
  return INJECT;
}

/** A fault on notrap: the hardware delivers it and the hypervisor never learns of it. */
export function bypassedPageFault(kvm: Kvm, gva: Gva, access: number): typeof INJECT {
  kvm.stats.pf_bypassed++;
  // SDM: volume 3, 4.10.4.1: the fault drops the translations of its address. An exit did so as it began.
  kvm.tlb.flushPage(gva);
  return injectPageFault(kvm, gva, kvm.walker.errorCode(access), NOTRAP);
}

function emulate(kvm: Kvm, gva: Gva, gfn: Gfn, reason: number): typeof EMULATE {
  kvm.stats.insn_emulation++;
  kvm.emulateGpa = gfn * 4096 + (gva & 0xfff);
  if (kvm.tap !== null) kvm.tap.emit(KVM_EMULATE_INSN, reason, gva, gfn, reason === MMIO ? 1 : 0);
  return EMULATE;
}
