/**
 * The shadow MMU's state: one VM, one vCPU. The algorithms are functions in the files beside it.
 *
 * An spte is named by `sptep` = pool page * 512 + slot. Pool page 0 is pae_root; no list ever holds its slots, so
 * 0 means "none". Each present spte is in exactly one list, linked through `next` and `prev`: a leaf in the
 * reverse map of its gfn, a table pointer among the parents of the page it points to. Adding and removing cost
 * the same however long the list is.
 *
 * KVM: struct kvm_arch, struct kvm_vcpu_arch. KVM builds the same sets from chains of small blocks (rmap
 * descriptors, pte chains), and so pays for their length. Its hash has 1024 buckets; here they grow with the pool.
 */
import type { Tap } from "../../trace/tap.ts";
import { type GuestMemory, TABLE_GFNS } from "../guest-memory.ts";
import { GuestWalker } from "../guest-walker.ts";
import { Tlb } from "../tlb.ts";
import { ENTRIES, type Gfn, type Gpa, type Gva, type Hpa, type Pfn } from "../types.ts";
import { MIN_SHADOW_PAGES, type Policy } from "./policy.ts";
import { ROLE_DIRECT, ROLE_INVALID } from "./role.ts";
import { ShadowPage } from "./shadow-page.ts";
import { Stats } from "./stats.ts";

/** No pae_root slot is loaded. KVM: INVALID_PAGE. */
export const INVALID_PAGE = -1;
const KVM_NUM_MMU_PAGES_HASH = 1024;
const KVM_PAGE_ARRAY_NR = 16;
const BITMAP_WORDS = ENTRIES / 32;

export class Kvm {
  readonly memory: GuestMemory;
  readonly walker: GuestWalker;
  readonly tlb: Tlb;
  readonly policy: Policy;
  readonly stats: Stats;
  tap: Tap | null;

  /** All shadow tables, pae_root first: two words for each sptep. */
  readonly spt: Int32Array;
  /** Host frame of pae_root; the frame of pool page i is `shadowPfn + i`. */
  readonly shadowPfn: Pfn;
  readonly rootHpa: Hpa;
  readonly pages: ShadowPage[];
  /** For each leaf spte the gfn it maps. KVM: sp->gfns. */
  readonly gfns: Int32Array;
  readonly next: Int32Array;
  readonly prev: Int32Array;
  /** First leaf spte that maps a gfn, 0 for none. KVM: slot->rmap. */
  readonly rmap: Int32Array;
  /** Shadowed gfns in each 2 MiB of guest memory. KVM: lpage_info.write_count. */
  readonly writeCount: Int32Array;
  /** 512 bits for each pool page. KVM: sp->unsync_child_bitmap. */
  readonly unsyncChildBitmap: Int32Array;
  /** What the last unsync walk found. KVM: struct kvm_mmu_pages, whose 16th place is the parent's own. */
  readonly unsyncVector: Int32Array;

  /** Most recent first. KVM: mmu_page_hash. */
  readonly buckets: (ShadowPage | null)[];
  readonly hashMask: number;
  /** KVM: active_mmu_pages. */
  activeHead: ShadowPage | null;
  activeTail: ShadowPage | null;
  /** KVM: oos_global_pages. */
  oosGlobalPages: ShadowPage | null;
  /** Pool pages not in use, as a stack. */
  readonly freeIndices: Int32Array;
  freeCount: number;
  /** KVM: n_alloc_mmu_pages, n_free_mmu_pages. */
  allocMmuPages: number;
  freeMmuPages: number;
  nextSerial: number;

  /** The two kinds of "no mapping": trap exits, notrap (always 0) may not. KVM: shadow_trap_nonpresent_pte. */
  readonly trapLo: number;
  readonly trapHi: number;
  readonly trapTable: Int32Array;
  readonly bypass: boolean;
  /** The vendor's exits go through the instruction emulator. */
  readonly svm: boolean;
  /** G makes an entry global whatever CR4.PGE says; without it, G counts as 0 while PGE is clear. */
  readonly plainG: boolean;

  /** pae_root holds roots. KVM: root_hpa != INVALID_PAGE. */
  rootLoaded: boolean;
  /** Why the next load happens. */
  loadReason: number;
  /** KVM: vcpu->requests. */
  requestTlbFlush: boolean;
  requestMmuReload: boolean;
  requestMmuSync: boolean;

  /** Flood detector. KVM: last_pt_write_gfn, last_pt_write_count. */
  lastPtWriteGfn: Gfn;
  lastPtWriteCount: number;
  /** Last speculative spte, 0 for none, and the gfn it maps. KVM: last_pte_updated, last_pte_gfn. */
  lastPteUpdated: number;
  lastPteGfn: Gfn;
  /** Frame that an emulated store's new entry will map. KVM: update_pte. */
  updateGfn: Gfn;
  updatePfn: Pfn;
  /** Some spte lets a supervisor write a read-only page, because CR0.WP was 0. */
  wpHoles: boolean;

  /** Error code of the last injected page fault, and where the last emulated access goes. */
  faultError: number;
  emulateGpa: Gpa;

  constructor(memory: GuestMemory, policy: Policy, tap: Tap | null) {
    const { layout, i32 } = memory.linear;
    const pool = layout.shadowPages;
    const quota = policy.shadowPages === 0 ? pool - 1 : policy.shadowPages;
    if (quota < MIN_SHADOW_PAGES || quota >= pool) {
      throw new RangeError(
        `${quota} shadow pages: need at least ${MIN_SHADOW_PAGES} and at most ${pool - 1}`,
      );
    }
    this.memory = memory;
    this.walker = new GuestWalker(memory, policy.model);
    this.tlb = new Tlb(memory.linear);
    this.policy = policy;
    this.stats = new Stats();
    this.tap = tap;

    this.spt = i32.subarray(layout.shadow >>> 2, (layout.shadow >>> 2) + pool * 1024);
    this.shadowPfn = layout.shadow >>> 12;
    this.rootHpa = layout.shadow;
    this.pages = Array.from({ length: pool }, (_, index) => new ShadowPage(index));
    this.gfns = new Int32Array(pool * ENTRIES);
    this.next = new Int32Array(pool * ENTRIES);
    this.prev = new Int32Array(pool * ENTRIES);
    this.rmap = new Int32Array(TABLE_GFNS);
    this.writeCount = new Int32Array(TABLE_GFNS >>> 9);
    this.unsyncChildBitmap = new Int32Array(pool * BITMAP_WORDS);
    this.unsyncVector = new Int32Array(KVM_PAGE_ARRAY_NR - 1);

    const buckets = Math.max(KVM_NUM_MMU_PAGES_HASH, 2 ** Math.ceil(Math.log2(quota)));
    this.buckets = new Array<ShadowPage | null>(buckets).fill(null);
    this.hashMask = buckets - 1;
    this.activeHead = null;
    this.activeTail = null;
    this.oosGlobalPages = null;
    this.freeIndices = Int32Array.from({ length: pool - 1 }, (_, i) => pool - 1 - i);
    this.freeCount = pool - 1;
    this.allocMmuPages = quota;
    this.freeMmuPages = quota;
    this.nextSerial = 1;

    this.svm = policy.vendor === "svm";
    this.plainG = policy.globalWithoutPge || policy.oosGlobalFix;
    this.bypass = policy.vendor === "vmx" && policy.bypassGuestPf;
    this.trapLo = this.bypass ? 0xffff_f001 | 0 : 0;
    this.trapHi = this.bypass ? -1 : 0;
    this.trapTable = new Int32Array(ENTRIES * 2);
    for (let i = 0; i < ENTRIES * 2; i += 2) {
      this.trapTable[i] = this.trapLo;
      this.trapTable[i + 1] = this.trapHi;
    }

    this.rootLoaded = false;
    this.loadReason = 0;
    this.requestTlbFlush = false;
    this.requestMmuReload = false;
    this.requestMmuSync = false;
    this.lastPtWriteGfn = 0;
    this.lastPtWriteCount = 0;
    this.lastPteUpdated = 0;
    this.lastPteGfn = 0;
    this.updateGfn = -1;
    this.updatePfn = -1;
    this.wpHoles = false;
    this.faultError = 0;
    this.emulateGpa = 0;
    this.spt.fill(INVALID_PAGE, 0, 8);
  }

  /** Flushes this processor's TLB by name. KVM: kvm_mmu_flush_tlb. */
  flushTlb(): void {
    this.stats.tlb_flush++;
    this.tlb.flush();
  }

  /**
   * The flush that ends INVLPG. KVM flushes everything here too; but only the spte of one page changed, so whatever
   * else the TLB held would come back as it was. Measured 2026-11-22: that costs 3 refills for each kmap, 11 for each
   * copy-on-write.
   */
  flushTlbPage(gva: Gva): void {
    this.stats.tlb_flush++;
    this.tlb.flushPage(gva);
  }

  /** All vCPUs flush before they run again; with one vCPU nobody is interrupted. KVM: kvm_flush_remote_tlbs. */
  flushRemoteTlbs(): void {
    this.requestTlbFlush = true;
  }
}

/** Neither trap nor notrap. KVM: is_shadow_present_pte. Not the same as bit 0, which trap has set. */
export function isPresent(lo: number, hi: number): boolean {
  return (lo & 1) !== 0 && hi !== -1;
}

/** KVM: set_shadow_pte(sptep, shadow_trap_nonpresent_pte). */
export function setTrap(kvm: Kvm, sptep: number): void {
  kvm.spt[sptep * 2] = kvm.trapLo;
  kvm.spt[sptep * 2 + 1] = kvm.trapHi;
}

/** The page that a table pointer names. KVM: page_header. */
export function pageOf(kvm: Kvm, lo: number): ShadowPage {
  return kvm.pages[(lo >>> 12) - kvm.shadowPfn];
}

/** The first sptep of the table that a table pointer names. */
export function firstSptep(kvm: Kvm, lo: number): number {
  return ((lo >>> 12) - kvm.shadowPfn) * ENTRIES;
}

/** A pointer to a page's table, without flags. */
export function tableLo(kvm: Kvm, sp: ShadowPage): number {
  return (kvm.shadowPfn + sp.index) << 12;
}

/** The valid page that shadows a guest table. KVM: kvm_mmu_lookup_page. */
export function lookupPage(kvm: Kvm, gfn: Gfn): ShadowPage | null {
  let sp = kvm.buckets[gfn & kvm.hashMask];
  while (sp !== null) {
    if (sp.gfn === gfn && (sp.role & (ROLE_DIRECT | ROLE_INVALID)) === 0) return sp;
    sp = sp.hashNext;
  }
  return null;
}
