/**
 * The indexed registers of a VGA by their datasheet names: places in one array for each of its four units, and how many
 * of each there are.
 *
 * Datasheet: IBM PS/2 Hardware Interface Technical Reference, "Video subsystem"; Intel 82C30-class VGA documentation.
 */

// Sequencer (3c4, 3c5).
export const SR_CLOCKING = 1;
export const SR_PLANE_MASK = 2;
export const SR_MEMORY_MODE = 4;
export const SEQUENCER_REGISTERS = 5;
export const CLOCKING_8_DOTS = 1 << 0;
export const CLOCKING_HALF = 1 << 3;
export const CLOCKING_SCREEN_OFF = 1 << 5;
export const MEMORY_SEQUENTIAL = 1 << 2;
export const MEMORY_CHAIN_4 = 1 << 3;

// Graphics controller (3ce, 3cf).
export const GR_SET_RESET = 0;
export const GR_ENABLE_SET_RESET = 1;
export const GR_COLOR_COMPARE = 2;
export const GR_ROTATE = 3;
export const GR_READ_PLANE = 4;
export const GR_MODE = 5;
export const GR_MISC = 6;
export const GR_COLOR_CARE = 7;
export const GR_BIT_MASK = 8;
export const GRAPHICS_REGISTERS = 9;
export const MODE_READ_COMPARE = 1 << 3;
export const MODE_ODD_EVEN = 1 << 4;
export const MISC_GRAPHICS = 1 << 0;

// CRT controller (3d4, 3d5, or 3b4, 3b5).
export const CR_H_TOTAL = 0x00;
export const CR_H_DISPLAY_END = 0x01;
export const CR_V_TOTAL = 0x06;
export const CR_OVERFLOW = 0x07;
export const CR_PRESET_ROW_SCAN = 0x08;
export const CR_MAX_SCAN_LINE = 0x09;
export const CR_CURSOR_START = 0x0a;
export const CR_CURSOR_END = 0x0b;
export const CR_START_HIGH = 0x0c;
export const CR_START_LOW = 0x0d;
export const CR_CURSOR_HIGH = 0x0e;
export const CR_CURSOR_LOW = 0x0f;
export const CR_V_RETRACE_START = 0x10;
export const CR_V_RETRACE_END = 0x11;
export const CR_V_DISPLAY_END = 0x12;
export const CR_OFFSET = 0x13;
export const CR_LINE_COMPARE = 0x18;
export const CRTC_REGISTERS = 0x19;
export const CURSOR_OFF = 1 << 5;
export const RETRACE_END_PROTECT = 1 << 7;

// Attribute controller (3c0, 3c1).
export const AR_MODE = 0x10;
export const AR_OVERSCAN = 0x11;
export const ATTRIBUTE_REGISTERS = 0x15;
export const ATTRIBUTE_BLINK = 1 << 3;

// Miscellaneous output (3c2, 3cc).
export const MISC_COLOR = 1 << 0;
export const MISC_CLOCK = 3 << 2;

export const PALETTE_BYTES = 768;
