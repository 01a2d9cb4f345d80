/**
 * The 82077AA's commands: their codes, and how many bytes follow the first.
 *
 *     First byte of a command that moves data      MT   MFM   SK   code (5 bits)
 *
 * Datasheet: Intel 82077AA, order 290166, section 6.0 "Command set".
 *
 * Differs: SCAN EQUAL, LOW and HIGH are answered as invalid; no system software searches diskettes that way.
 */

export const FLAG_MT = 0x80;
export const FLAG_MFM = 0x40;
export const FLAG_SK = 0x20;
export const CODE = 0x1f;

export const READ_TRACK = 0x02;
export const SPECIFY = 0x03;
export const SENSE_DRIVE_STATUS = 0x04;
export const WRITE_DATA = 0x05;
export const READ_DATA = 0x06;
export const RECALIBRATE = 0x07;
export const SENSE_INTERRUPT_STATUS = 0x08;
export const WRITE_DELETED_DATA = 0x09;
export const READ_ID = 0x0a;
export const READ_DELETED_DATA = 0x0c;
export const FORMAT_TRACK = 0x0d;
export const DUMPREG = 0x0e;
export const SEEK = 0x0f;
export const VERSION = 0x10;
export const PERPENDICULAR_MODE = 0x12;
export const CONFIGURE = 0x13;
export const LOCK = 0x14;
export const VERIFY = 0x16;
/** A command of the 82078 that this chip does not have. */
export const PART_ID = 0x18;
/** SEEK with bit 7: by a number of tracks; with bit 6 toward the spindle. */
export const RELATIVE_SEEK = 0x80;
export const RELATIVE_SEEK_IN = 0x40;

interface CommandFacts {
  readonly name: string;
  readonly parameters: number;
  /** The bits of the first byte that may be set beside the code. */
  readonly flags: number;
}

const command = (name: string, parameters: number, flags = 0): CommandFacts => ({ name, parameters, flags });

const ALL_FLAGS = FLAG_MT | FLAG_MFM | FLAG_SK;

const COMMANDS = new Map<number, CommandFacts>([
  [READ_TRACK, command("READ TRACK", 8, FLAG_MFM)],
  [SPECIFY, command("SPECIFY", 2)],
  [SENSE_DRIVE_STATUS, command("SENSE DRIVE STATUS", 1)],
  [WRITE_DATA, command("WRITE DATA", 8, FLAG_MT | FLAG_MFM)],
  [READ_DATA, command("READ DATA", 8, ALL_FLAGS)],
  [RECALIBRATE, command("RECALIBRATE", 1)],
  [SENSE_INTERRUPT_STATUS, command("SENSE INTERRUPT STATUS", 0)],
  [WRITE_DELETED_DATA, command("WRITE DELETED DATA", 8, FLAG_MT | FLAG_MFM)],
  [READ_ID, command("READ ID", 1, ALL_FLAGS)],
  [READ_DELETED_DATA, command("READ DELETED DATA", 8, ALL_FLAGS)],
  [FORMAT_TRACK, command("FORMAT TRACK", 5, FLAG_MFM)],
  [DUMPREG, command("DUMPREG", 0)],
  [SEEK, command("SEEK", 2, RELATIVE_SEEK | RELATIVE_SEEK_IN)],
  [VERSION, command("VERSION", 0)],
  [PERPENDICULAR_MODE, command("PERPENDICULAR MODE", 1)],
  [CONFIGURE, command("CONFIGURE", 3)],
  [LOCK, command("LOCK", 0, FLAG_MT)],
  [VERIFY, command("VERIFY", 8, ALL_FLAGS)],
]);

/** How many bytes follow the first; -1 if the chip does not know the command. */
export function parametersOf(byte: number): number {
  const facts = COMMANDS.get(byte & CODE);
  if (facts === undefined || (byte & ~CODE & ~facts.flags) !== 0) return -1;
  // Bit 6 is the direction of a relative seek; it means nothing to a plain one.
  if ((byte & CODE) === SEEK && (byte & ~CODE) === RELATIVE_SEEK_IN) return -1;
  return facts.parameters;
}

/** The command's name as the datasheet has it. */
export function commandName(byte: number): string {
  if ((byte & CODE) === SEEK && (byte & RELATIVE_SEEK) !== 0) return "RELATIVE SEEK";
  return COMMANDS.get(byte & CODE)?.name ?? "unknown";
}
