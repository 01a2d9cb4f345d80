/** Invariants 40 to 44: the TLB against the tables, and counters against each other. */
import { PTE_P, PTE_RW, PTE_US } from "../../paging.ts";
import {
  ADDEND,
  TAG_CODE,
  TAG_FETCH,
  TAG_READ,
  TAG_WRITE,
  TLB_ENTRIES,
  TLB_GENERATION,
  TLB_SUPERVISOR,
  TLB_USER,
} from "../../tlb.ts";
import { ENTRIES } from "../../types.ts";
import type { Kvm } from "../kvm.ts";
import { invariant, type Report } from "./invariant.ts";
import { type AuditView, isPresentAt } from "./view.ts";

const SLOT = ENTRIES - 1;
/** Write tags may carry TAG_CODE beside the generation. */
const GENERATION_MASK = 0xfff & ~TAG_CODE;
const NOTHING = -1;

/** The level-2 entry that the loaded tables have for an address, or NOTHING. */
function directoryEntry(kvm: Kvm, gva: number): number {
  const lo = kvm.spt[(gva >>> 30) * 2];
  if (!kvm.rootLoaded || (lo & PTE_P) === 0) return NOTHING;
  const sptep = ((lo >>> 12) - kvm.shadowPfn) * ENTRIES + ((gva >>> 21) & SLOT);
  return isPresentAt(kvm, sptep) ? sptep : NOTHING;
}

function leafEntry(kvm: Kvm, directory: number, gva: number): number {
  if (directory === NOTHING) return NOTHING;
  const sptep = ((kvm.spt[directory * 2] >>> 12) - kvm.shadowPfn) * ENTRIES + ((gva >>> 12) & SLOT);
  return isPresentAt(kvm, sptep) ? sptep : NOTHING;
}

function inv40({ kvm }: AuditView, report: Report): void {
  const { words } = kvm.tlb;
  const generation = words[TLB_GENERATION];
  for (let entry = TLB_SUPERVISOR; entry < TLB_USER + TLB_ENTRIES * 4; entry += 4) {
    const read = words[entry + TAG_READ];
    const write = words[entry + TAG_WRITE];
    const fetch = words[entry + TAG_FETCH];
    // Tag 0 has no generation, for they count from 1.
    if ((read & GENERATION_MASK) === generation) checkTranslation(kvm, entry, read, false, false, report);
    if ((write & GENERATION_MASK) === generation) checkTranslation(kvm, entry, write, true, false, report);
    if ((fetch & GENERATION_MASK) === generation) checkTranslation(kvm, entry, fetch, false, true, report);
  }
}

function checkTranslation(
  kvm: Kvm,
  entry: number,
  tag: number,
  write: boolean,
  fetch: boolean,
  report: Report,
): void {
  const { spt, tlb } = kvm;
  const page = tag & ~0xfff;
  const directory = directoryEntry(kvm, page);
  const leaf = leafEntry(kvm, directory, page);
  const gva = (page >>> 0).toString(16);
  if (leaf === NOTHING) {
    report(null, -1, `the TLB maps ${gva}, the shadow tables do not`);
    return;
  }
  if ((page + tlb.words[entry + ADDEND]) >>> 12 !== spt[leaf * 2] >>> 12) {
    report(null, -1, `the TLB maps ${gva} to another frame than the shadow tables`);
    return;
  }
  const rights = spt[directory * 2] & spt[leaf * 2];
  const nx = (spt[directory * 2 + 1] | spt[leaf * 2 + 1]) < 0;
  const user = entry >= TLB_USER;
  if ((user && (rights & PTE_US) === 0) || (write && (rights & PTE_RW) === 0) || (fetch && nx)) {
    report(null, -1, `the TLB grants more at ${gva} than the shadow tables`);
  }
}

function inv41({ kvm }: AuditView, report: Report): void {
  const { exits_pf, pf_fixed, pf_guest, mmio_exits } = kvm.stats;
  if (exits_pf !== pf_fixed + pf_guest + mmio_exits) {
    report(
      null,
      -1,
      `${exits_pf} page-fault exits, ${pf_fixed} fixed, ${pf_guest} injected, ${mmio_exits} MMIO`,
    );
  }
}

function inv42({ kvm }: AuditView, report: Report): void {
  const { mmu_flooded, mmu_recycled, mmu_shadow_zapped } = kvm.stats;
  if (mmu_flooded + mmu_recycled > mmu_shadow_zapped) {
    report(null, -1, `${mmu_flooded} flooded and ${mmu_recycled} recycled of ${mmu_shadow_zapped} zapped`);
  }
}

function inv43({ kvm }: AuditView, report: Report): void {
  if (kvm.stats.remote_tlb_flush !== 0) report(null, -1, "there is no other processor to flush");
}

function inv44({ kvm }: AuditView, report: Report): void {
  const { invlpg, tlb_flush } = kvm.stats;
  if (invlpg > tlb_flush) report(null, -1, `${invlpg} INVLPG, ${tlb_flush} flushes`);
}

export const counterInvariants = [
  invariant(40, "no TLB entry grants more than the shadow tables do", inv40),
  invariant(41, "every page-fault exit was fixed, injected or MMIO", inv41),
  invariant(42, "flooded and recycled pages were zapped", inv42),
  invariant(43, "with one vCPU no other processor is ever interrupted", inv43),
  invariant(44, "every INVLPG flushes", inv44),
];
