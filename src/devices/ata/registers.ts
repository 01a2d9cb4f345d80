/**
 * The registers of an ATA device as the host sees them, and what their bits mean.
 *
 *     Command block (1f0, 170)               Control block (3f6, 376)
 *     0  DATA            4  LBA_MID          ALTERNATE_STATUS when read
 *     1  ERROR/FEATURES  5  LBA_HIGH         DEVICE_CONTROL when written
 *     2  SECTOR_COUNT    6  DEVICE
 *     3  LBA_LOW         7  STATUS/COMMAND
 *
 * Datasheet: ATA/ATAPI-6 (T13/1410D), section 7 "Interface register definitions and descriptions".
 */

export const DATA = 0;
/** FEATURES when written. */
export const ERROR = 1;
export const SECTOR_COUNT = 2;
export const LBA_LOW = 3;
export const LBA_MID = 4;
export const LBA_HIGH = 5;
export const DEVICE = 6;
/** COMMAND when written. */
export const STATUS = 7;

export const STATUS_BSY = 0x80;
export const STATUS_DRDY = 0x40;
export const STATUS_DF = 0x20;
/** Seek complete; later standards give the bit to single commands. */
export const STATUS_DSC = 0x10;
export const STATUS_DRQ = 0x08;
export const STATUS_ERR = 0x01;
/** What a drive shows that has nothing to do. */
export const STATUS_READY = STATUS_DRDY | STATUS_DSC;

export const ERROR_UNC = 0x40;
export const ERROR_IDNF = 0x10;
export const ERROR_ABRT = 0x04;
/** In ERROR after a reset or a diagnostic: no fault found. */
export const DIAGNOSTIC_PASSED = 0x01;

export const DEVICE_LBA = 0x40;
export const DEVICE_DEV = 0x10;
/** Bits 27 to 24 of an address, or the head. */
export const DEVICE_ADDRESS = 0x0f;

export const CONTROL_HOB = 0x80;
export const CONTROL_SRST = 0x04;
export const CONTROL_NIEN = 0x02;

/** SECTOR_COUNT of a packet device: the next transfer is the command, not data; it goes to the host; */
export const REASON_COMMAND = 0x01;
export const REASON_TO_HOST = 0x02;
/** FEATURES of the PACKET command. */
export const PACKET_DMA = 0x01;
export const PACKET_OVERLAP = 0x02;

/** What a register file reads as when nobody drives the cable: the host pulls DD7 low. */
export const FLOATING_BYTE = 0x7f;
export const FLOATING_WORD = 0xff7f;

export const COMMAND_BLOCK_NAMES = [
  "DATA",
  "ERROR/FEATURES",
  "SECTOR_COUNT",
  "LBA_LOW",
  "LBA_MID",
  "LBA_HIGH",
  "DEVICE",
  "STATUS/COMMAND",
] as const;
