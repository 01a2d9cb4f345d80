/**
 * The keyboard controller's registers by their bits, and its commands.
 *
 * Datasheet: IBM PC/AT Technical Reference, "Keyboard controller"; IBM PS/2 Hardware Interface Technical Reference, "Keyboard and
 * auxiliary device controller".
 */

export const STATUS_OUTPUT_FULL = 0x01;
/** The self-test was passed. */
export const STATUS_SYSTEM = 0x04;
/** The last write went to the command port. */
export const STATUS_COMMAND = 0x08;
/** The keyboard lock is open. */
export const STATUS_UNLOCKED = 0x10;
/** The output buffer has a byte from the auxiliary port. */
export const STATUS_AUX = 0x20;

export const READ_COMMAND_BYTE = 0x20;
export const WRITE_COMMAND_BYTE = 0x60;
export const DISABLE_AUX = 0xa7;
export const ENABLE_AUX = 0xa8;
export const TEST_AUX = 0xa9;
export const SELF_TEST = 0xaa;
export const TEST_KEYBOARD = 0xab;
export const DISABLE_KEYBOARD = 0xad;
export const ENABLE_KEYBOARD = 0xae;
export const READ_INPUT_PORT = 0xc0;
export const READ_OUTPUT_PORT = 0xd0;
export const WRITE_OUTPUT_PORT = 0xd1;
/** The next byte goes into the output buffer, as if the keyboard, or the auxiliary device, had sent it. */
export const WRITE_KEYBOARD_BUFFER = 0xd2;
export const WRITE_AUX_BUFFER = 0xd3;
/** The next byte goes to the auxiliary device. */
export const WRITE_AUX = 0xd4;
export const DISABLE_A20 = 0xdd;
export const ENABLE_A20 = 0xdf;
/** F0 to FF: the low four bits, where clear, are pulsed low on the output port. */
export const PULSE_OUTPUT = 0xf0;

export const SELF_TEST_PASSED = 0x55;
export const INTERFACE_GOOD = 0x00;

export const OUTPUT_RESET = 0x01;
export const OUTPUT_A20 = 0x02;
/** Output port bits without a wire here: buffers full, clock and data lines high. */
export const OUTPUT_IDLE = 0xcc;
export const INPUT_UNLOCKED = 0x80;

export const COMMAND_BYTE_INTERRUPT = 0x01;
export const COMMAND_BYTE_AUX_INTERRUPT = 0x02;
export const COMMAND_BYTE_SYSTEM = 0x04;
export const COMMAND_BYTE_KEYBOARD_OFF = 0x10;
export const COMMAND_BYTE_AUX_OFF = 0x20;
export const COMMAND_BYTE_TRANSLATE = 0x40;

/** Whose byte the output buffer has. */
export const FROM_CONTROLLER = 0;
export const FROM_KEYBOARD = 1;
export const FROM_AUX = 2;
