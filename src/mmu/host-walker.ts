/**
 * The walk that the hardware makes below a hypervisor: PAE tables in host memory, with CR0.WP and EFER.NXE on as
 * KVM forces them, and no global entries. Knows nothing of guests: it obeys the entries it finds.
 *
 * KVM never leaves D clear and makes no large sptes over 4 KiB host frames, so only A is set here, and PS is not
 * looked at.
 *
 * SDM: volume 3, 4.4 (PAE paging), 4.6 (access rights), 4.7 (error code).
 */
import type { LinearMemory } from "./linear-memory.ts";
import { PFERR_FETCH, PFERR_PRESENT, PFERR_RSVD, PFERR_USER, PFERR_WRITE } from "./mmu.ts";
import { CR4_SMAP, CR4_SMEP, PAE_RSVD_HI, PTE_A, PTE_P, PTE_RW, PTE_US } from "./paging.ts";
import type { Gva, Hpa } from "./types.ts";

export class HostWalker {
  /** RW, US of the whole path, from the last walk that ended at a frame. */
  rights: number;
  /** High halves of the path, ORed: bit 31 says the page may not be executed. */
  nx: number;
  /** Error code of the last walk that failed. */
  error: number;
  /** CR4.SMEP and CR4.SMAP as they limit supervisor accesses now. */
  limits: number;
  private readonly i32: Int32Array;

  constructor(memory: LinearMemory) {
    this.i32 = memory.i32;
    this.rights = 0;
    this.nx = 0;
    this.error = 0;
    this.limits = 0;
  }

  /** The frame (hpa) behind `gva` if the tables under `root` permit the access, or -1 with `error`. */
  walk(root: Hpa, gva: Gva, access: number): Hpa | -1 {
    const { i32 } = this;
    const pdpte = i32[(root >>> 2) + ((gva >>> 29) & 6)];
    if ((pdpte & PTE_P) === 0) return this.fail(access, 0);

    const pdeAt = (pdpte >>> 12) * 1024 + ((gva >>> 20) & 0x3fe);
    const pde = i32[pdeAt];
    const pdeHi = i32[pdeAt + 1];
    if ((pde & PTE_P) === 0) return this.fail(access, 0);
    if ((pdeHi & PAE_RSVD_HI) !== 0) return this.fail(access, PFERR_PRESENT | PFERR_RSVD);

    const pteAt = (pde >>> 12) * 1024 + ((gva >>> 11) & 0x3fe);
    const pte = i32[pteAt];
    const pteHi = i32[pteAt + 1];
    if ((pte & PTE_P) === 0) return this.fail(access, 0);
    if ((pteHi & PAE_RSVD_HI) !== 0) return this.fail(access, PFERR_PRESENT | PFERR_RSVD);

    const rights = pde & pte;
    const nx = pdeHi | pteHi;
    if (
      ((access & PFERR_WRITE) !== 0 && (rights & PTE_RW) === 0) ||
      ((access & PFERR_USER) !== 0 && (rights & PTE_US) === 0) ||
      ((access & PFERR_FETCH) !== 0 && nx < 0) ||
      (this.limits !== 0 && this.keptOut(rights, access))
    ) {
      return this.fail(access, PFERR_PRESENT);
    }
    if ((pde & PTE_A) === 0) i32[pdeAt] = pde | PTE_A;
    if ((pte & PTE_A) === 0) i32[pteAt] = pte | PTE_A;
    this.rights = rights;
    this.nx = nx;
    return (pte >>> 12) * 4096;
  }

  /** SDM: volume 3, 4.6.1. */
  private keptOut(rights: number, access: number): boolean {
    if ((access & PFERR_USER) !== 0 || (rights & PTE_US) === 0) return false;
    return (this.limits & ((access & PFERR_FETCH) !== 0 ? CR4_SMEP : CR4_SMAP)) !== 0;
  }

  private fail(access: number, why: number): -1 {
    this.error = (access & (PFERR_WRITE | PFERR_USER | PFERR_FETCH)) | why;
    return -1;
  }
}
