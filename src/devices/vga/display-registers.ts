/**
 * The registers and bits of a VGA that only the way from display memory to the screen knows.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "Video subsystem"; Intel Open Source HD Graphics
 * Programmer's Reference Manual, "VGA registers".
 */

// Sequencer.
export const SR_RESET = 0;
export const SR_CHARACTER_MAP = 3;
/** Both of the two resets are off. */
export const RESET_RUNNING = 3;
export const MEMORY_EXTENDED = 1 << 1;

// Graphics controller: how the four planes become eight dots.
export const MODE_SHIFT_INTERLEAVED = 1 << 5;
export const MODE_SHIFT_256 = 1 << 6;

// CRT controller.
export const CR_UNDERLINE = 0x14;
export const CR_MODE = 0x17;
export const MAX_SCAN_DOUBLE = 1 << 7;
export const UNDERLINE_COUNT_BY_4 = 1 << 5;
export const UNDERLINE_DOUBLE_WORD = 1 << 6;
/** Address bit 13 is the counter's, not bit 0 of the row scan. */
export const MODE_ADDRESS_13 = 1 << 0;
/** Address bit 14 is the counter's, not bit 1 of the row scan. */
export const MODE_ADDRESS_14 = 1 << 1;
/** The vertical counter counts every other line. */
export const MODE_LINES_HALVED = 1 << 2;
export const MODE_COUNT_BY_2 = 1 << 3;
/** In word mode, bit 15 of the counter becomes address bit 0, not bit 13. */
export const MODE_WRAP_15 = 1 << 5;
export const MODE_BYTE = 1 << 6;
export const MODE_RETRACES = 1 << 7;

// Attribute controller.
export const AR_PLANE_ENABLE = 0x12;
export const AR_PANNING = 0x13;
export const AR_COLOR_SELECT = 0x14;
export const ATTRIBUTE_LINE_GRAPHICS = 1 << 2;
export const ATTRIBUTE_PANNING_ABOVE = 1 << 5;
export const ATTRIBUTE_8_BITS = 1 << 6;
/** Bits 5 and 4 of a colour are the colour select register's, not the palette's. */
export const ATTRIBUTE_SELECT_54 = 1 << 7;
