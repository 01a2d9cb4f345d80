/**
 * What the checks of one audit look at, gathered once: pages by kind, and where their present entries are. Finding
 * the few entries that are present among all costs more than most checks.
 */
import { TWO_LEVEL } from "../../paging.ts";
import { ENTRIES } from "../../types.ts";
import { isPresent, type Kvm, pageOf } from "../kvm.ts";
import { isDirect, isInvalid, roleGlevels, roleLevel, roleQuadrant } from "../role.ts";
import type { ShadowPage } from "../shadow-page.ts";
import type { When } from "./invariant.ts";

export class AuditView {
  readonly kvm: Kvm;
  /** What the exit before this moment was about. */
  after: When;
  /** Live pages in the order of the active list. */
  readonly live: ShadowPage[];
  /** Those of them that are valid and shadow a guest table in memory. */
  readonly tables: ShadowPage[];
  /** The members of oosGlobalPages, in order. */
  readonly oosList: ShadowPage[];
  /** 1 for pool indexes that are on it. */
  readonly onOosList: Uint8Array;
  /** spteps of present entries; those of a live page are from `first[index]` up to `end[index]`. */
  readonly present: Int32Array;
  readonly first: Int32Array;
  readonly end: Int32Array;

  constructor(kvm: Kvm) {
    const pool = kvm.pages.length;
    this.kvm = kvm;
    this.after = "always";
    this.live = [];
    this.tables = [];
    this.oosList = [];
    this.onOosList = new Uint8Array(pool);
    this.present = new Int32Array(pool * ENTRIES);
    this.first = new Int32Array(pool);
    this.end = new Int32Array(pool);
  }

  /** Looks at the structures as they are now. Lists that are rings through some damage end at last. */
  refresh(after: When): void {
    const { kvm, live, tables, oosList, onOosList } = this;
    const limit = kvm.pages.length;
    this.after = after;
    live.length = 0;
    tables.length = 0;
    oosList.length = 0;
    onOosList.fill(0);
    for (let sp = kvm.activeHead; sp !== null && live.length < limit; sp = sp.activeNext) {
      live.push(sp);
      if (!isInvalid(sp.role) && !isDirect(sp.role) && kvm.memory.pfn(sp.gfn) >= 0) tables.push(sp);
    }
    for (let sp = kvm.oosGlobalPages; sp !== null && oosList.length < limit; sp = sp.oosNext) {
      oosList.push(sp);
      onOosList[sp.index] = 1;
    }
    this.first.fill(0);
    this.end.fill(0);
    let count = 0;
    for (const sp of live) count = this.findPresent(sp, count);
  }

  private findPresent(sp: ShadowPage, from: number): number {
    const { present } = this;
    const { spt } = this.kvm;
    let count = from;
    const end = (sp.index + 1) * ENTRIES;
    for (let sptep = sp.index * ENTRIES; sptep < end; sptep++) {
      const lo = spt[sptep * 2];
      if ((lo & 1) !== 0 && spt[sptep * 2 + 1] !== -1) present[count++] = sptep;
    }
    this.first[sp.index] = from;
    this.end[sp.index] = count;
    return count;
  }
}

/** Whether an spte is present now. */
export function isPresentAt({ spt }: Kvm, sptep: number): boolean {
  return isPresent(spt[sptep * 2], spt[sptep * 2 + 1]);
}

/** The page that a table pointer names, if it names one. */
export function childAt(kvm: Kvm, sptep: number): ShadowPage | undefined {
  return pageOf(kvm, kvm.spt[sptep * 2]);
}

/** Index in guest memory, in words, of the entry that an entry of a page stands for. The page's gfn has memory. */
export function gpteAt(kvm: Kvm, sp: ShadowPage, index: number): number {
  const table = kvm.memory.pfn(sp.gfn) * 1024;
  if (roleGlevels(sp.role) !== TWO_LEVEL) return table + index * 2;
  return roleLevel(sp.role) === 1
    ? table + roleQuadrant(sp.role) * 512 + index
    : table + roleQuadrant(sp.role) * 256 + (index >> 1);
}

/** High half of the guest entry at such an index: 0 where entries have 4 bytes. */
export function gpteHiAt(kvm: Kvm, sp: ShadowPage, at: number): number {
  return roleGlevels(sp.role) === TWO_LEVEL ? 0 : kvm.memory.linear.i32[at + 1];
}
