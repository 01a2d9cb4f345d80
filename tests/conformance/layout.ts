/**
 * Where a case lives: the same linear addresses in the recorder's process and in the replay's page tables. Everything
 * between RESERVED and RESERVED_END that is not named here is not mapped.
 *
 *     CODE         one page, execute and read only, full of INT3: whatever an instruction leads to is a landing pad
 *     DATA         two pages, read and write, not executable; the page before is not mapped
 *     READ_ONLY    the page after them; the page after that is not mapped
 *     STACK        two pages, read and write, not mapped before and after
 */

export const PAGE = 4096;
export const RESERVED = 0x1000_0000;
export const RESERVED_END = 0x4000_0000;

export const CODE = 0x1000_0000;
export const CODE_END = CODE + PAGE;
/** Where the instruction of most cases begins. */
export const CODE_AT = CODE + 0x800;
/** Bytes of an instruction that a case carries at most. */
export const CODE_BYTES = 16;
export const INT3 = 0xcc;

export const DATA = 0x2000_8000;
export const DATA_BYTES = 2 * PAGE;
export const READ_ONLY = DATA + DATA_BYTES;
export const READ_ONLY_END = READ_ONLY + PAGE;
export const STACK = 0x3000_0000;
export const STACK_BYTES = 2 * PAGE;
export const STACK_END = STACK + STACK_BYTES;

/** Base of FS, so that 16-bit offsets reach DATA. The other segments are flat. */
export const FS_BASE = 0x2000_0000;

/** Selectors of 64-bit Linux for 32-bit programs; the recorder's FS is the first of the descriptors for threads. */
export const USER_CODE = 0x23;
export const USER_DATA = 0x2b;
export const USER_FS = 0x63;

/** Contents of memory where a case says nothing else: the same in every case, no two words alike. */
export function background(bytes: number, seed: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let x = seed | 0;
  for (let i = 0; i < bytes; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0;
    out[i] = x >>> 24;
  }
  return out;
}

export const DATA_BACKGROUND = background(DATA_BYTES, 1);
export const READ_ONLY_BACKGROUND = background(PAGE, 2);
export const STACK_BACKGROUND = background(STACK_BYTES, 3);
