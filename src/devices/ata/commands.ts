/**
 * The command codes of ATA and their names.
 *
 * Datasheet: ATA/ATAPI-6 (T13/1410D), section 8; the ranges of RECALIBRATE and SEEK, the commands without retries and the
 * second set of power commands are from ATA-3 (X3T10/2008D), which older software speaks.
 */

export const NOP = 0x00;
export const DEVICE_RESET = 0x08;
/** To 1f: the low digit was the step rate. */
export const RECALIBRATE = 0x10;
export const READ_SECTORS = 0x20;
export const READ_SECTORS_ONCE = 0x21;
export const READ_SECTORS_EXT = 0x24;
export const READ_DMA_EXT = 0x25;
export const READ_NATIVE_MAX_EXT = 0x27;
export const READ_MULTIPLE_EXT = 0x29;
export const WRITE_SECTORS = 0x30;
export const WRITE_SECTORS_ONCE = 0x31;
export const WRITE_SECTORS_EXT = 0x34;
export const WRITE_DMA_EXT = 0x35;
export const WRITE_MULTIPLE_EXT = 0x39;
export const READ_VERIFY = 0x40;
export const READ_VERIFY_ONCE = 0x41;
export const READ_VERIFY_EXT = 0x42;
/** To 7f. */
export const SEEK = 0x70;
export const EXECUTE_DIAGNOSTIC = 0x90;
export const INITIALIZE_PARAMETERS = 0x91;
export const STANDBY_IMMEDIATE_OLD = 0x94;
export const IDLE_IMMEDIATE_OLD = 0x95;
export const STANDBY_OLD = 0x96;
export const IDLE_OLD = 0x97;
export const CHECK_POWER_OLD = 0x98;
export const SLEEP_OLD = 0x99;
export const PACKET = 0xa0;
export const IDENTIFY_PACKET = 0xa1;
export const READ_MULTIPLE = 0xc4;
export const WRITE_MULTIPLE = 0xc5;
export const SET_MULTIPLE = 0xc6;
export const READ_DMA = 0xc8;
export const READ_DMA_ONCE = 0xc9;
export const WRITE_DMA = 0xca;
export const WRITE_DMA_ONCE = 0xcb;
export const STANDBY_IMMEDIATE = 0xe0;
export const IDLE_IMMEDIATE = 0xe1;
export const STANDBY = 0xe2;
export const IDLE = 0xe3;
export const CHECK_POWER = 0xe5;
export const SLEEP = 0xe6;
export const FLUSH_CACHE = 0xe7;
export const FLUSH_CACHE_EXT = 0xea;
export const IDENTIFY = 0xec;
export const SET_FEATURES = 0xef;
export const READ_NATIVE_MAX = 0xf8;

const NAMES = new Map<number, string>([
  [NOP, "NOP"],
  [DEVICE_RESET, "DEVICE RESET"],
  [READ_SECTORS, "READ SECTORS"],
  [READ_SECTORS_ONCE, "READ SECTORS"],
  [READ_SECTORS_EXT, "READ SECTORS EXT"],
  [READ_DMA_EXT, "READ DMA EXT"],
  [READ_NATIVE_MAX_EXT, "READ NATIVE MAX EXT"],
  [READ_MULTIPLE_EXT, "READ MULTIPLE EXT"],
  [WRITE_SECTORS, "WRITE SECTORS"],
  [WRITE_SECTORS_ONCE, "WRITE SECTORS"],
  [WRITE_SECTORS_EXT, "WRITE SECTORS EXT"],
  [WRITE_DMA_EXT, "WRITE DMA EXT"],
  [WRITE_MULTIPLE_EXT, "WRITE MULTIPLE EXT"],
  [READ_VERIFY, "READ VERIFY"],
  [READ_VERIFY_ONCE, "READ VERIFY"],
  [READ_VERIFY_EXT, "READ VERIFY EXT"],
  [EXECUTE_DIAGNOSTIC, "EXECUTE DIAGNOSTIC"],
  [INITIALIZE_PARAMETERS, "INITIALIZE PARAMETERS"],
  [STANDBY_IMMEDIATE_OLD, "STANDBY IMMEDIATE"],
  [IDLE_IMMEDIATE_OLD, "IDLE IMMEDIATE"],
  [STANDBY_OLD, "STANDBY"],
  [IDLE_OLD, "IDLE"],
  [CHECK_POWER_OLD, "CHECK POWER"],
  [SLEEP_OLD, "SLEEP"],
  [PACKET, "PACKET"],
  [IDENTIFY_PACKET, "IDENTIFY PACKET"],
  [READ_MULTIPLE, "READ MULTIPLE"],
  [WRITE_MULTIPLE, "WRITE MULTIPLE"],
  [SET_MULTIPLE, "SET MULTIPLE"],
  [READ_DMA, "READ DMA"],
  [READ_DMA_ONCE, "READ DMA"],
  [WRITE_DMA, "WRITE DMA"],
  [WRITE_DMA_ONCE, "WRITE DMA"],
  [STANDBY_IMMEDIATE, "STANDBY IMMEDIATE"],
  [IDLE_IMMEDIATE, "IDLE IMMEDIATE"],
  [STANDBY, "STANDBY"],
  [IDLE, "IDLE"],
  [CHECK_POWER, "CHECK POWER"],
  [SLEEP, "SLEEP"],
  [FLUSH_CACHE, "FLUSH CACHE"],
  [FLUSH_CACHE_EXT, "FLUSH CACHE EXT"],
  [IDENTIFY, "IDENTIFY"],
  [SET_FEATURES, "SET FEATURES"],
  [READ_NATIVE_MAX, "READ NATIVE MAX"],
]);

/** The one code of commands that have sixteen. */
export function commandCode(command: number): number {
  const digit = command & 0xf0;
  return digit === RECALIBRATE || digit === SEEK ? digit : command;
}

/** For people: the standard's name of a command, or its code. */
export function commandName(command: number): string {
  const code = commandCode(command);
  if (code === RECALIBRATE) return "RECALIBRATE";
  if (code === SEEK) return "SEEK";
  return NAMES.get(code) ?? `command ${code.toString(16).padStart(2, "0")}`;
}
