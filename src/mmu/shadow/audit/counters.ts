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
import { isPresent, type Kvm } from "../kvm.ts";
import { invariant, type Report } from "./invariant.ts";

/** Write tags may carry TAG_CODE beside the generation. */
const GENERATION_MASK = 0xfff & ~TAG_CODE;

/** What the shadow tables grant for a page: low word of rights and frame, and NX; null if they trap. */
function shadowOf(kvm: Kvm, gva: number): { frame: number; rights: number; nx: boolean } | null {
  const { i32 } = kvm.memory.linear;
  const pdpte = kvm.spt[(gva >>> 30) * 2];
  if (!kvm.rootLoaded || (pdpte & PTE_P) === 0) return null;
  const pdeAt = (pdpte >>> 12) * 1024 + ((gva >>> 20) & 0x3fe);
  if (!isPresent(i32[pdeAt], i32[pdeAt + 1])) return null;
  const pteAt = (i32[pdeAt] >>> 12) * 1024 + ((gva >>> 11) & 0x3fe);
  if (!isPresent(i32[pteAt], i32[pteAt + 1])) return null;
  return {
    frame: (i32[pteAt] >>> 12) * 4096,
    rights: i32[pdeAt] & i32[pteAt],
    nx: (i32[pdeAt + 1] | i32[pteAt + 1]) < 0,
  };
}

function inv40(kvm: Kvm, report: Report): void {
  const { words } = kvm.tlb;
  const generation = words[TLB_GENERATION];
  for (const set of [TLB_SUPERVISOR, TLB_USER]) {
    for (let entry = set; entry < set + TLB_ENTRIES * 4; entry += 4) {
      const valid = (tag: number): boolean =>
        words[entry + tag] !== 0 && (words[entry + tag] & GENERATION_MASK) === generation;
      const tag = [TAG_READ, TAG_WRITE, TAG_FETCH].find(valid);
      if (tag === undefined) continue;
      const page = words[entry + tag] & ~0xfff;
      const gva = (page >>> 0).toString(16);
      const shadow = shadowOf(kvm, page);
      const user = set === TLB_USER;
      if (shadow === null) report(null, -1, `the TLB maps ${gva}, the shadow tables do not`);
      else if ((page + words[entry + ADDEND]) >>> 0 !== shadow.frame) {
        report(null, -1, `the TLB maps ${gva} to another frame than the shadow tables`);
      } else if (
        (user && (shadow.rights & PTE_US) === 0) ||
        (valid(TAG_WRITE) && (shadow.rights & PTE_RW) === 0) ||
        (valid(TAG_FETCH) && shadow.nx)
      ) {
        report(null, -1, `the TLB grants more at ${gva} than the shadow tables`);
      }
    }
  }
}

function inv41(kvm: Kvm, report: Report): void {
  const { exits_pf, pf_fixed, pf_guest, mmio_exits } = kvm.stats;
  if (exits_pf !== pf_fixed + pf_guest + mmio_exits) {
    report(
      null,
      -1,
      `${exits_pf} page-fault exits, ${pf_fixed} fixed, ${pf_guest} injected, ${mmio_exits} MMIO`,
    );
  }
}

function inv42(kvm: Kvm, report: Report): void {
  const { mmu_flooded, mmu_recycled, mmu_shadow_zapped } = kvm.stats;
  if (mmu_flooded + mmu_recycled > mmu_shadow_zapped) {
    report(null, -1, `${mmu_flooded} flooded and ${mmu_recycled} recycled of ${mmu_shadow_zapped} zapped`);
  }
}

function inv43(kvm: Kvm, report: Report): void {
  if (kvm.stats.remote_tlb_flush !== 0) report(null, -1, "there is no other processor to flush");
}

function inv44(kvm: Kvm, report: Report): void {
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
