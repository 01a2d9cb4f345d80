/**
 * What a drive says of itself: the 256 words of IDENTIFY DEVICE and of IDENTIFY PACKET DEVICE.
 *
 * Datasheet: ATA/ATAPI-6 (T13/1410D), 8.15 and 8.16.
 */
import { type DrivePlace, MODE_MULTIWORD, MODE_ULTRA } from "./drive.ts";
import { type Geometry, MAX_LBA28 } from "./sector-address.ts";

const WORDS = 256;
const FIRMWARE = "1.0";
const SIGNATURE_OK = 0x4000;
const INTEGRITY_WORD = 255;
const INTEGRITY_MARK = 0xa5;

/** Words 82 and 85. */
const FEATURE_POWER = 0x0008;
const FEATURE_PACKET = 0x0010;
export const FEATURE_WRITE_CACHE = 0x0020;
export const FEATURE_LOOK_AHEAD = 0x0040;
const FEATURE_DEVICE_RESET = 0x0200;
const FEATURE_NOP = 0x4000;
/** Words 83 and 86. */
const FEATURE_48_BIT = 0x0400;
const FEATURE_FLUSH = 0x1000;
const FEATURE_FLUSH_EXT = 0x2000;

export interface DriveFacts {
  readonly place: DrivePlace;
  readonly model: string;
  readonly maxUltra: number;
  readonly transferMode: number;
}

export interface DiskFacts extends DriveFacts {
  readonly sectors: number;
  readonly defaultGeometry: Geometry;
  readonly geometry: Geometry;
  /** The most sectors of a DRQ block, and what SET MULTIPLE chose; 0 if nothing. */
  readonly maxMultiple: number;
  readonly multiple: number;
  /** FEATURE_WRITE_CACHE and FEATURE_LOOK_AHEAD, as far as they are on. */
  readonly enabled: number;
}

export function identifyDisk(facts: DiskFacts, into: Uint8Array): void {
  const { sectors, defaultGeometry, geometry, multiple, enabled } = facts;
  const id = new Uint16Array(WORDS);
  const chsSectors = Math.min(sectors, geometry.cylinders * geometry.heads * geometry.sectors);
  identifyDrive(id, facts);
  // An ATA device with a fixed medium, that needs no command to spin up.
  id[0] = 0x0040;
  id[1] = defaultGeometry.cylinders;
  id[2] = 0xc837;
  id[3] = defaultGeometry.heads;
  id[6] = defaultGeometry.sectors;
  id[47] = 0x8000 | facts.maxMultiple;
  // Standby timer as the standard has it, IORDY, LBA, DMA.
  id[49] = 0x2f00;
  id[50] = SIGNATURE_OK;
  id[53] = 0x0007;
  id[54] = geometry.cylinders;
  id[55] = geometry.heads;
  id[56] = geometry.sectors;
  setNumber(id, 57, 2, chsSectors);
  id[59] = multiple === 0 ? 0 : 0x0100 | multiple;
  setNumber(id, 60, 2, Math.min(sectors, MAX_LBA28));
  id[82] = FEATURE_NOP | FEATURE_LOOK_AHEAD | FEATURE_WRITE_CACHE | FEATURE_POWER;
  id[83] = SIGNATURE_OK | FEATURE_FLUSH_EXT | FEATURE_FLUSH | FEATURE_48_BIT;
  id[85] = FEATURE_NOP | FEATURE_POWER | enabled;
  id[86] = FEATURE_FLUSH_EXT | FEATURE_FLUSH | FEATURE_48_BIT;
  setNumber(id, 100, 4, sectors);
  store(id, into);
}

export function identifyPacketDrive(facts: DriveFacts, into: Uint8Array): void {
  const id = new Uint16Array(WORDS);
  identifyDrive(id, facts);
  // A packet device: CD-ROM, removable; it asks for a packet of 12 bytes within 50 microseconds, without an interrupt.
  id[0] = 0x85c0;
  // IORDY, LBA, DMA.
  id[49] = 0x0b00;
  id[53] = 0x0006;
  id[82] = FEATURE_NOP | FEATURE_DEVICE_RESET | FEATURE_PACKET | FEATURE_POWER;
  id[83] = SIGNATURE_OK;
  id[85] = id[82];
  store(id, into);
}

/** The words that mean the same for both. */
function identifyDrive(id: Uint16Array, { place, model, maxUltra, transferMode }: DriveFacts): void {
  setText(id, 10, 10, place.serial);
  setText(id, 23, 4, FIRMWARE);
  setText(id, 27, 20, model);
  id[51] = 0x0200;
  id[63] = 0x0007 | chosen(transferMode, MODE_MULTIWORD);
  // PIO modes 3 and 4; every cycle takes 120 ns.
  id[64] = 0x0003;
  id.fill(120, 65, 69);
  // ATA/ATAPI-4 to -6.
  id[80] = 0x0070;
  id[84] = SIGNATURE_OK;
  id[87] = SIGNATURE_OK;
  id[88] = ((2 << maxUltra) - 1) | chosen(transferMode, MODE_ULTRA);
  id[93] = resetResult(place);
}

/** The bit above the supported modes of a kind that says which is in use. */
function chosen(transferMode: number, kind: number): number {
  return (transferMode & 0xf8) === kind ? 0x100 << (transferMode & 7) : 0;
}

/**
 * What the last reset found. Bit 13 says that the cable has 80 conductors; each device fills in its own byte. Bit 6 tells
 * software that a lone master answers for the slave, so that it need not look for one.
 */
function resetResult({ device, paired }: DrivePlace): number {
  const jumperAnd = 0x02 | 0x01;
  if (device === 1) return 0x6000 | ((0x08 | jumperAnd) << 8);
  return 0x6000 | (paired ? 0x30 : 0x40) | 0x08 | jumperAnd;
}

/** Little-endian over words, for sector counts up to 2^48. */
function setNumber(id: Uint16Array, word: number, count: number, value: number): void {
  for (let i = 0; i < count; i++) id[word + i] = Math.floor(value / 2 ** (16 * i)) % 0x1_0000;
}

/** Text is padded with blanks; the first of two characters is the high byte. */
function setText(id: Uint16Array, word: number, count: number, text: string): void {
  const padded = text.padEnd(count * 2).slice(0, count * 2);
  for (let i = 0; i < count; i++)
    id[word + i] = (padded.charCodeAt(i * 2) << 8) | (padded.charCodeAt(i * 2 + 1) & 0xff);
}

/** The last word makes the sum of all bytes zero. */
function store(id: Uint16Array, into: Uint8Array): void {
  id[INTEGRITY_WORD] = INTEGRITY_MARK;
  let sum = 0;
  for (let i = 0; i < WORDS; i++) {
    into[i * 2] = id[i] & 0xff;
    into[i * 2 + 1] = id[i] >> 8;
    sum += into[i * 2] + into[i * 2 + 1];
  }
  into[WORDS * 2 - 1] = -sum & 0xff;
}
