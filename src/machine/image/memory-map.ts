/**
 * The PC's physical map below 4 GiB as a kernel sees it at boot, and as the loader must respect it.
 *
 *     00000000 ┬ RAM                     available
 *     0009fc00 ┼ RAM, the BIOS's (EBDA)  reserved
 *     000a0000 ┼ no RAM (VGA, ROMs)      not listed, its BIOS part from 000f0000 reserved
 *     00100000 ┼ RAM                     available
 *     memBytes ┴
 *
 * Multiboot 0.6.96: 3.3 (`mmap_*`, types as BIOS function E820 gives them).
 */

/** Low RAM ends where the VGA window begins. */
export const LOW_RAM_END = 0xa_0000;
/** High RAM begins above the BIOS area. */
export const HIGH_RAM_START = 0x10_0000;
/** The last KiB of low RAM belongs to the BIOS (extended BIOS data area): there, but not available. */
export const EBDA_START = 0x9_fc00;
const BIOS_START = 0xf_0000;

export const MMAP_AVAILABLE = 1;
export const MMAP_RESERVED = 2;

/** One line of the map. `type` is E820's: `MMAP_AVAILABLE` or `MMAP_RESERVED`. */
export interface MemoryRange {
  readonly gpa: number;
  readonly size: number;
  readonly type: number;
}

/** The memory map of a machine with `memBytes` of address space below the end of its RAM. */
export function memoryMap(memBytes: number): MemoryRange[] {
  const map = [
    { gpa: 0, size: EBDA_START, type: MMAP_AVAILABLE },
    { gpa: EBDA_START, size: LOW_RAM_END - EBDA_START, type: MMAP_RESERVED },
    { gpa: BIOS_START, size: HIGH_RAM_START - BIOS_START, type: MMAP_RESERVED },
  ];
  if (memBytes > HIGH_RAM_START) {
    map.push({ gpa: HIGH_RAM_START, size: memBytes - HIGH_RAM_START, type: MMAP_AVAILABLE });
  }
  return map;
}

/** KiB of available RAM from address 0: what BIOS function INT 12h answers. */
export const MEM_LOWER_KIB = EBDA_START / 1024;

/** KiB of RAM from 1 MiB up to the first hole, which is the end of RAM. */
export function memUpperKib(memBytes: number): number {
  return Math.max(0, Math.floor((memBytes - HIGH_RAM_START) / 1024));
}
