/**
 * How the processor reads a PDE or a PTE, straight from the SDM's tables and independent of the walkers under test.
 * MAXPHYADDR is 36, EFER.NXE is set. `hi` of a 4-byte entry is 0.
 *
 * SDM: volume 3, 4.3 (tables 4-4 to 4-6), 4.4.2 (tables 4-9 to 4-11), 4.6.1, 4.7.
 */
import { PFERR_FETCH, PFERR_USER, PFERR_WRITE } from "../mmu.ts";
import { PTE_P, PTE_PS, PTE_RW, PTE_US } from "../paging.ts";
import type { Gfn, Gva } from "../types.ts";

/** Bits 62:36 of an 8-byte entry, without those below 32. */
const RESERVED_HI = 0x7fff_fff0;
/** Bits 20:13 of an entry that maps 2 MiB; bits 21:17 of one that maps 4 MiB. */
const RESERVED_2M = 0x001f_e000;
const RESERVED_4M = 0x003e_0000;
/** Execute-disable, bit 63. */
const NX_HI = 0x8000_0000 | 0;

export const LARGE_BYTES_PAE = 2 ** 21;
export const LARGE_BYTES_2_LEVEL = 2 ** 22;

/** A right that a path of entries grants; write and user have the place of R/W and U/S in an entry. */
export const MAY_WRITE = PTE_RW;
export const MAY_USER = PTE_US;
export const MAY_FETCH = 1;
export const ALL_RIGHTS = MAY_WRITE | MAY_USER | MAY_FETCH;

/** Whether a PDE maps a page, not a table. PAE ignores CR4.PSE. */
export function isLarge(lo: number, pae: boolean, pse: boolean): boolean {
  return (lo & PTE_PS) !== 0 && (pae || pse);
}

/** Whether a present PDE has a reserved bit set. */
export function pdeReserved(lo: number, hi: number, pae: boolean, large: boolean): boolean {
  if (pae) return (hi & RESERVED_HI) !== 0 || (large && (lo & RESERVED_2M) !== 0);
  return large && (lo & RESERVED_4M) !== 0;
}

/** The same of a present PTE. */
export function pteReserved(hi: number): boolean {
  return (hi & RESERVED_HI) !== 0;
}

/** The frame an entry names: a table, or a 4 KiB page. */
export function tableFrame(lo: number, hi: number): Gfn {
  return (lo >>> 12) | ((hi & 0xf) << 20);
}

/** The 4 KiB frame at `gva` of a page that a PDE maps. 4 MiB pages have bits 35:32 of their address in 16:13. */
export function largeFrame(lo: number, hi: number, gva: Gva, pae: boolean): Gfn {
  if (pae) return ((hi & 0xf) << 20) | ((lo >>> 21) << 9) | ((gva >>> 12) & 0x1ff);
  return (((lo >>> 13) & 0xf) << 20) | ((lo >>> 22) << 10) | ((gva >>> 12) & 0x3ff);
}

/** Rights of one entry; those of a path are the AND. */
export function rightsOf(lo: number, hi: number): number {
  return (lo & (MAY_WRITE | MAY_USER)) | ((hi & NX_HI) === 0 ? MAY_FETCH : 0);
}

/** Whether a path with those rights permits an access. */
export function permits(rights: number, access: number, wp: boolean): boolean {
  const user = (access & PFERR_USER) !== 0;
  if (user && (rights & MAY_USER) === 0) return false;
  if ((access & PFERR_WRITE) !== 0 && (rights & MAY_WRITE) === 0 && (user || wp)) return false;
  return (access & PFERR_FETCH) === 0 || (rights & MAY_FETCH) !== 0;
}

export function isPresent(lo: number): boolean {
  return (lo & PTE_P) !== 0;
}

/** Where the PDE for `gva` is in its directory, and the PTE in its table. */
export function pdeOffset(gva: Gva, pae: boolean): number {
  return pae ? ((gva >>> 21) & 0x1ff) * 8 : (gva >>> 22) * 4;
}
export function pteOffset(gva: Gva, pae: boolean): number {
  return pae ? ((gva >>> 12) & 0x1ff) * 8 : ((gva >>> 12) & 0x3ff) * 4;
}
