/**
 * The descriptor of one shadow table. KVM: struct kvm_mmu_page.
 *
 * What KVM keeps in this structure as arrays (spt, gfns, unsync_child_bitmap) lies in arrays of the whole pool,
 * indexed by `sptep` = page index * 512 + slot. The parent chain is a list through those arrays too, see `kvm.ts`.
 */
import type { Gfn } from "../types.ts";
import type { Role } from "./role.ts";

/** Its region is no single one. */
export const SEVERAL = -1;

export class ShadowPage {
  /** Place in the pool, from 1; pool page 0 is pae_root, which is no shadow page. */
  readonly index: number;

  /** Frame of the guest table, or of the first page mapped if the role is direct. */
  gfn: Gfn;
  role: Role;
  /** In use: in its bucket and on the active list. */
  live: boolean;
  /** Which page this is since power-on: descriptors are reused, numbers are not. */
  serial: number;

  /** Number of pae_root slots that name it. */
  rootCount: number;
  /** The guest may write the table unseen. Level 1 only. */
  unsync: boolean;
  /** So far each leaf put in came from a global gpte. Falls once, never rises. */
  global: boolean;
  /** Number of bits set in its unsync child bitmap. */
  unsyncChildren: number;
  /** Number of its links that lead to pages on oosGlobalPages. Ours: KVM does not count what it skips. */
  oosGlobalChildren: number;
  /** Bit s: some leaf mapped a gfn of slot s at some time. */
  slotBitmap: number;
  /** First sptep that links to it, 0 for none. KVM: parent_pte, parent_ptes. */
  parents: number;
  /** Number of present entries, so that scans may stop early. Ours. */
  present: number;
  /**
   * Which 2 MiB of linear addresses it translates, for a directory the first 2 MiB of its GiB; SEVERAL if there are more.
   * Kept for the list made sound.
   */
  region: number;
  /** Emulated stores to its table since it was last used. Modern KVM's flood detector: write_flooding_count. */
  writeFloodingCount: number;

  hashNext: ShadowPage | null;
  hashPrev: ShadowPage | null;
  activeNext: ShadowPage | null;
  activePrev: ShadowPage | null;
  oosNext: ShadowPage | null;
  oosPrev: ShadowPage | null;

  constructor(index: number) {
    this.index = index;
    this.gfn = 0;
    this.role = 0;
    this.live = false;
    this.serial = 0;
    this.rootCount = 0;
    this.unsync = false;
    this.global = false;
    this.unsyncChildren = 0;
    this.oosGlobalChildren = 0;
    this.slotBitmap = 0;
    this.parents = 0;
    this.present = 0;
    this.region = SEVERAL;
    this.writeFloodingCount = 0;
    this.hashNext = null;
    this.hashPrev = null;
    this.activeNext = null;
    this.activePrev = null;
    this.oosNext = null;
    this.oosPrev = null;
  }
}
