/**
 * The 82077AA's registers as the host sees them in PC/AT mode.
 *
 *     0  floats                                4  MSR when read, DSR when written
 *     1  floats                                5  FIFO
 *     2  DOR                                   7  DIR when read, CCR when written
 *     3  TDR
 *
 *     DOR   MOT EN 3 to 0   DMAGATE#   RESET#   drive select (2 bits)
 *     MSR   RQM   DIO   NON DMA   CMD BSY   drives 3 to 0 busy
 *     DSR   S/W RESET   POWER DOWN   0   precompensation (3 bits)   data rate select (2 bits)
 *
 * Datasheet: Intel 82077AA CHMOS Single-Chip Floppy Disk Controller, order 290166, section 2.1 "Registers", section 6.0
 * "Command set".
 */

export const DOR = 2;
export const TDR = 3;
export const MSR_DSR = 4;
export const FIFO = 5;
export const DIR_CCR = 7;

export const DOR_SELECT = 0x03;
export const DOR_RESET = 0x04;
export const DOR_DMAGATE = 0x08;
/** Of drive 0; the others follow. */
export const DOR_MOTOR = 0x10;

export const MSR_RQM = 0x80;
export const MSR_DIO = 0x40;
export const MSR_NON_DMA = 0x20;
export const MSR_CMD_BSY = 0x10;

export const DSR_RESET = 0x80;
export const DSR_POWER_DOWN = 0x40;
export const DSR_PRECOMPENSATION = 0x1c;
export const RATE_SELECT = 0x03;

export const DIR_DSKCHG = 0x80;

/** ST0: how a command ended, in bits 7 and 6. */
export const ST0_ABNORMAL = 0x40;
export const ST0_INVALID = 0x80;
/** The drive polling after a reset found something new. */
export const ST0_POLLING = 0xc0;
export const ST0_SEEK_END = 0x20;
export const ST0_EQUIPMENT_CHECK = 0x10;

export const ST1_END_OF_CYLINDER = 0x80;
export const ST1_DATA_ERROR = 0x20;
export const ST1_OVERRUN = 0x10;
export const ST1_NO_DATA = 0x04;
export const ST1_NOT_WRITABLE = 0x02;
export const ST1_MISSING_ADDRESS_MARK = 0x01;

export const ST2_CONTROL_MARK = 0x40;
export const ST2_DATA_ERROR_IN_DATA = 0x20;
export const ST2_WRONG_CYLINDER = 0x10;

export const ST3_WRITE_PROTECTED = 0x40;
export const ST3_TRACK_0 = 0x10;
/** Two sides, ready: the chip has no pins for them. */
export const ST3_ALWAYS = 0x28;

/** In the second byte of a command, and in ST0 and ST3. */
export const UNIT_DRIVE = 0x03;
export const UNIT_HEAD = 0x04;

/** CONFIGURE's second byte. */
export const CONFIG_EIS = 0x40;
export const CONFIG_EFIFO = 0x20;
export const CONFIG_POLL = 0x10;
export const CONFIG_FIFOTHR = 0x0f;

/** PERPENDICULAR MODE's byte: drives in bits 5 to 2. */
export const PERPENDICULAR_OW = 0x80;
export const PERPENDICULAR_DRIVES = 0x3c;
export const PERPENDICULAR_GAP_WGATE = 0x03;

/** SPECIFY's second byte. */
export const SPECIFY_ND = 0x01;

export const FDC_PORT_NAMES = ["SRA", "SRB", "DOR", "TDR", "MSR/DSR", "FIFO", "HDC", "DIR/CCR"] as const;
