/**
 * The processor's mode in one integer: what a decoded block depends on besides its bytes.
 */

export const MODE_CODE32 = 1 << 0;
export const MODE_STACK32 = 1 << 1;
export const MODE_USER = 1 << 2;
export const MODE_PROTECTED = 1 << 3;
export const MODE_V86 = 1 << 4;
/** `1 << (MODE_FLAT + segment)`: the segment is flat. */
export const MODE_FLAT = 8;
