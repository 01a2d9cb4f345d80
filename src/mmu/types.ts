/**
 * The address spaces of a shadow-paged guest, named as KVM names them. Plain numbers: brands would cost nothing
 * at run time but hide that every one of these is an integer that fits a typed array.
 */

/** Guest virtual address: what segmentation leaves, 32 bits. The SDM calls it the linear address. */
export type Gva = number;
/** Guest physical address. Up to 36 bits, so it must never be shifted: use `Gfn` and an offset. */
export type Gpa = number;
/** Guest frame number: gpa / 4096. */
export type Gfn = number;
/** Host physical address: a byte offset in the machine's one linear memory, below 4 GiB. */
export type Hpa = number;
/** Host frame number: hpa / 4096. Never equal to the gfn it backs, since guest RAM does not start at hpa 0. */
export type Pfn = number;

export const PAGE_SIZE = 4096;
export const PAGE_OFFSET = 0xfff;

/** KVM: PT_PAGE_TABLE_LEVEL and PT_DIRECTORY_LEVEL. */
export const PT_PAGE_TABLE_LEVEL = 1;
export const PT_DIRECTORY_LEVEL = 2;
/** Entries of a shadow table, whatever the guest's tables are like. */
export const ENTRIES = 512;
