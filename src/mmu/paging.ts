/**
 * Paging as the processor defines it: control bits, entry bits, reserved bits. One table for the walkers.
 *
 *     PAE PDPTE        63:36 rsvd | 35:12 directory | 8:5 rsvd | PCD PWT | 2:1 rsvd | P
 *     PAE PDE, PTE     NX | 62:36 rsvd | 35:12 frame | G PAT D A PCD PWT US RW P
 *     PAE PDE, 2 MiB   NX | 62:36 rsvd | 35:21 frame | 20:13 rsvd | PAT | G PS D A PCD PWT US RW P
 *     32-bit PDE, PTE  31:12 frame | G PAT D A PCD PWT US RW P
 *     32-bit PDE, 4M   31:22 frame | 21:17 rsvd | 16:13 = bits 35:32 | PAT | G PS D A PCD PWT US RW P
 *
 * Differs: CPUID does not report the PAT, so bit 7 of a PTE and bit 12 of a PDE that maps a large page ought to be
 * reserved; they are taken for PAT bits and ignored, as KVM does.
 *
 * SDM: volume 3, 4.3 (32-bit paging), 4.4 (PAE paging), 4.6 (access rights), 4.7 (error code). MAXPHYADDR is 36.
 */
import type { Gfn } from "./types.ts";

export const CR0_PE = 0x1;
export const CR0_TS = 0x8;
export const CR0_ET = 0x10;
export const CR0_WP = 0x1_0000;
export const CR0_NW = 0x2000_0000;
export const CR0_CD = 0x4000_0000;
export const CR0_PG = 0x8000_0000 | 0;
/** CR0 after reset. SDM: volume 3, table 10-1. */
export const CR0_RESET = 0x6000_0010;

export const CR4_VME = 0x1;
export const CR4_PSE = 0x10;
export const CR4_PAE = 0x20;
export const CR4_PGE = 0x80;
export const CR4_VMXE = 0x2000;
export const CR4_SMEP = 0x10_0000;
export const CR4_SMAP = 0x20_0000;

export const EFER_NXE = 0x800;

export const PTE_P = 0x1;
export const PTE_RW = 0x2;
export const PTE_US = 0x4;
export const PTE_A = 0x20;
export const PTE_D = 0x40;
export const PTE_PS = 0x80;
export const PTE_G = 0x100;
/** Execute-disable, in the high half of a PAE entry. */
export const PTE_NX_HI = 0x8000_0000 | 0;

// Reserved bits. All constants come before the first function: only those are folded in when this is bundled.
export const PAE_RSVD_HI = 0x7fff_fff0;
const PAE_LARGE_RSVD_LO = 0x001f_e000;
const PSE36_RSVD = 0x003e_0000;
const PDPTE_RSVD_LO = 0x1e6;
const PDPTE_RSVD_HI = 0xffff_fff0 | 0;

/** Rights that entries grant. Write and user share their bit with RW and US. KVM: ACC_*_MASK. */
export const ACC_EXEC = 1;
export const ACC_WRITE = 2;
export const ACC_USER = 4;
export const ACC_ALL = 7;

/** Guest paging modes, by the number of levels. KVM: root_level. */
export const NO_PAGING = 0;
export const TWO_LEVEL = 2;
export const PAE = 3;
export type RootLevel = typeof NO_PAGING | typeof TWO_LEVEL | typeof PAE;

export function pagingMode(cr0: number, cr4: number): RootLevel {
  if ((cr0 & CR0_PG) === 0) return NO_PAGING;
  return (cr4 & CR4_PAE) !== 0 ? PAE : TWO_LEVEL;
}

/** Whether a present PAE PDE or PTE has a reserved bit set. */
export function paeReserved(lo: number, hi: number, large: boolean, nxe: boolean): boolean {
  return (
    (hi & PAE_RSVD_HI) !== 0 || (!nxe && (hi & PTE_NX_HI) !== 0) || (large && (lo & PAE_LARGE_RSVD_LO) !== 0)
  );
}

/** Whether a present 32-bit PDE has a reserved bit set; only those that map 4 MiB have any. */
export function pse36Reserved(pde: number): boolean {
  return (pde & PSE36_RSVD) !== 0;
}

/** Whether a PDPTE may not be loaded. SDM: volume 3, 4.4.1. */
export function pdpteReserved(lo: number, hi: number): boolean {
  return (lo & PTE_P) !== 0 && ((lo & PDPTE_RSVD_LO) !== 0 || (hi & PDPTE_RSVD_HI) !== 0);
}

/**
 * Frame of an entry. Bits above the 31st of a frame number exist only in entries whose reserved bits nobody
 * checked; they are dropped, as the 32-bit gfn_t of a 32-bit host drops them.
 */
export function frameOf(lo: number, hi: number): Gfn {
  return (lo >>> 12) | ((hi & 0x7ff) << 20);
}

/** Frame of the 4 KiB page at `gva` inside a 4 MiB page, with PSE-36. */
export function pse36Frame(pde: number, gva: number): Gfn {
  return ((pde >>> 22) << 10) | ((pde & 0x1_e000) << 7) | ((gva >>> 12) & 0x3ff);
}

/** Frame of the 4 KiB page at `gva` inside a 2 MiB page. */
export function paeLargeFrame(lo: number, hi: number, gva: number): Gfn {
  return (frameOf(lo, hi) & ~0x1ff) | ((gva >>> 12) & 0x1ff);
}

/** Whether a MOV to CR0 or CR4 loads the PDPTEs again. SDM: volume 3, 4.4.1. */
export function reloadsPdptes(cr0: number, cr4: number, newCr0: number, newCr4: number): boolean {
  if (pagingMode(newCr0, newCr4) !== PAE) return false;
  return (
    ((cr0 ^ newCr0) & (CR0_CD | CR0_NW | CR0_PG)) !== 0 ||
    ((cr4 ^ newCr4) & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP)) !== 0
  );
}
