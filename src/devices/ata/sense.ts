/**
 * Why a packet command failed: a key, a code and a qualifier.
 *
 * Datasheet: SPC-3 (T10/1416-D), 4.5 "Sense data"; MMC-4 (T10/1545-D), annex F.
 */

export const KEY_NONE = 0x0;
export const KEY_NOT_READY = 0x2;
export const KEY_MEDIUM_ERROR = 0x3;
export const KEY_ILLEGAL_REQUEST = 0x5;
export const KEY_UNIT_ATTENTION = 0x6;

/** Additional sense code and qualifier, as two bytes. */
export const NO_ADDITIONAL = 0x0000;
export const UNRECOVERED_READ_ERROR = 0x1100;
export const INVALID_OPERATION_CODE = 0x2000;
export const LBA_OUT_OF_RANGE = 0x2100;
export const INVALID_FIELD_IN_CDB = 0x2400;
export const MEDIUM_MAY_HAVE_CHANGED = 0x2800;
export const POWER_ON_OR_RESET = 0x2900;
export const SAVING_NOT_SUPPORTED = 0x3900;
export const MEDIUM_NOT_PRESENT_TRAY_CLOSED = 0x3a01;
export const MEDIUM_NOT_PRESENT_TRAY_OPEN = 0x3a02;
export const MEDIUM_REMOVAL_PREVENTED = 0x5302;
export const ILLEGAL_MODE_FOR_TRACK = 0x6400;

const WORDS = new Map<number, string>([
  [NO_ADDITIONAL, "nothing to add"],
  [UNRECOVERED_READ_ERROR, "unrecovered read error"],
  [INVALID_OPERATION_CODE, "invalid operation code"],
  [LBA_OUT_OF_RANGE, "address out of range"],
  [INVALID_FIELD_IN_CDB, "invalid field in the packet"],
  [MEDIUM_MAY_HAVE_CHANGED, "medium may have changed"],
  [POWER_ON_OR_RESET, "power on or reset"],
  [SAVING_NOT_SUPPORTED, "saving parameters not supported"],
  [MEDIUM_NOT_PRESENT_TRAY_CLOSED, "no medium, tray closed"],
  [MEDIUM_NOT_PRESENT_TRAY_OPEN, "no medium, tray open"],
  [MEDIUM_REMOVAL_PREVENTED, "medium removal prevented"],
  [ILLEGAL_MODE_FOR_TRACK, "illegal mode for this track"],
]);

/** For people. */
export const senseWords = (code: number): string => WORDS.get(code) ?? code.toString(16).padStart(4, "0");

const FIXED_CURRENT = 0x70;
const INFORMATION_VALID = 0x80;
export const SENSE_BYTES = 18;

/** Fixed format. `lba` is the sector that failed; -1 if none did. */
export function senseData(key: number, code: number, lba: number): Uint8Array {
  const data = new Uint8Array(SENSE_BYTES);
  data[0] = FIXED_CURRENT | (lba >= 0 ? INFORMATION_VALID : 0);
  data[2] = key;
  if (lba >= 0) new DataView(data.buffer).setUint32(3, lba);
  data[7] = SENSE_BYTES - 8;
  data[12] = code >> 8;
  data[13] = code & 0xff;
  return data;
}
