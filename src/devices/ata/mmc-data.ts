/**
 * The tables that a CD-ROM drive answers with: one data track in one session, on a disc that cannot be written.
 *
 * Datasheet: MMC-4 (T10/1545-D), section 5 "Features and profiles", 6.27 READ DISC INFORMATION, 6.30 READ TOC; SFF-8020i
 * for the mode pages.
 */

/** Seconds of the pause before the first sector, and sectors (frames) in one. */
const LEAD_IN_FRAMES = 150;
const FRAMES = 75;
const LAST_MINUTE = 99;
const LEAD_OUT = 0xaa;
/** A position in the Q channel, of a data track that may not be copied from. */
const ADR_CONTROL_DATA = 0x14;

const KB_PER_SPEED = 176;
const SPEED_KB = 24 * KB_PER_SPEED;
const BUFFER_KB = 64;

export const PAGE_ERROR_RECOVERY = 0x01;
export const PAGE_AUDIO_CONTROL = 0x0e;
export const PAGE_CAPABILITIES = 0x2a;
export const PAGE_ALL = 0x3f;

/** What the mode pages and features tell of the drive's state. */
export interface TrayView {
  readonly hasDisc: boolean;
  readonly trayOpen: boolean;
  readonly locked: boolean;
}

/** A 32-bit address: a sector number, or minute, second and frame. */
export function discAddress(lba: number, msf: boolean): number[] {
  if (!msf) return [lba >>> 24, (lba >>> 16) & 0xff, (lba >>> 8) & 0xff, lba & 0xff];
  const at = lba + LEAD_IN_FRAMES;
  const minute = Math.floor(at / (60 * FRAMES));
  // A disc larger than any CD ends where the numbers do.
  if (minute > LAST_MINUTE) return [0, LAST_MINUTE, 59, FRAMES - 1];
  return [0, minute, Math.floor(at / FRAMES) % 60, at % FRAMES];
}

/** Format 0: the tracks from `first` on, and the lead-out. Null if there is no such track. */
export function tableOfContents(sectors: number, msf: boolean, first: number): Uint8Array | null {
  if (first > 1 && first !== LEAD_OUT) return null;
  const track = (number: number, lba: number): number[] => [
    0,
    ADR_CONTROL_DATA,
    number,
    0,
    ...discAddress(lba, msf),
  ];
  const tracks = [...(first <= 1 ? track(1, 0) : []), ...track(LEAD_OUT, sectors)];
  return Uint8Array.of(0, tracks.length + 2, 1, 1, ...tracks);
}

/** Format 1: the sessions, and the first track of the last one. */
export function sessions(msf: boolean): Uint8Array {
  return Uint8Array.of(0, 10, 1, 1, 0, ADR_CONTROL_DATA, 1, 0, ...discAddress(0, msf));
}

const COMPLETE_SESSION_AND_DISC = 0x0e;
const UNRESTRICTED_USE = 0x20;

export function discInformation(): Uint8Array {
  const data = new Uint8Array(34);
  data.set([0, 32, COMPLETE_SESSION_AND_DISC, 1, 1, 1, 1, UNRESTRICTED_USE]);
  // No further session can begin, nor a lead-out.
  data.fill(0xff, 16, 24);
  return data;
}

const MEDIUM_DATA_DISC = 0x01;
const MEDIUM_NONE = 0x70;
const MEDIUM_TRAY_OPEN = 0x71;

/** Header and pages of MODE SENSE(10); with `changeable`, ones where MODE SELECT could write: nowhere. Null: no such page. */
export function modePages(page: number, changeable: boolean, tray: TrayView): Uint8Array | null {
  const pages: readonly (readonly [number, number[]])[] = [
    [PAGE_ERROR_RECOVERY, [PAGE_ERROR_RECOVERY, 6, 0, 5, 0, 0, 0, 0]],
    [PAGE_AUDIO_CONTROL, [PAGE_AUDIO_CONTROL, 14, 4, 0, 0, 0, 0, FRAMES, 1, 0xff, 2, 0xff, 0, 0, 0, 0]],
    [PAGE_CAPABILITIES, capabilities(tray)],
  ];
  const chosen = pages.filter(([code]) => page === PAGE_ALL || page === code);
  if (chosen.length === 0) return null;
  const bytes = chosen.flatMap(([, data]) => (changeable ? data.map((b, i) => (i < 2 ? b : 0)) : data));
  const medium = tray.trayOpen ? MEDIUM_TRAY_OPEN : tray.hasDisc ? MEDIUM_DATA_DISC : MEDIUM_NONE;
  return Uint8Array.of(0, bytes.length + 6, medium, 0, 0, 0, 0, 0, ...bytes);
}

/** Reads CD-R and CD-RW, mode 2 form 1 and several sessions; writes and plays nothing; a tray with eject and lock. */
function capabilities({ locked }: TrayView): number[] {
  const reads = 0x03;
  const formats = 0x50;
  const tray = 0x20 | 0x08 | 0x01;
  const lockState = locked ? 0x02 : 0;
  const speed = [SPEED_KB >> 8, SPEED_KB & 0xff];
  const header = [PAGE_CAPABILITIES, 18, reads, 0, formats, 0, tray | lockState, 0];
  return [...header, ...speed, 0, 0, 0, BUFFER_KB, ...speed, 0, 0, 0, 0];
}

const PROFILE_CD_ROM = 0x0008;
export const RT_CURRENT = 1;
export const RT_ONE = 2;
const PERSISTENT = 0x02;
const CURRENT = 0x01;

interface Feature {
  readonly code: number;
  readonly version: number;
  readonly flags: number;
  readonly data: readonly number[];
}

/** GET CONFIGURATION: the features from `first` on. `rt` is 0 for all, RT_CURRENT or RT_ONE. */
export function configuration(rt: number, first: number, tray: TrayView): Uint8Array {
  const { hasDisc, trayOpen } = tray;
  const current = hasDisc && !trayOpen ? CURRENT : 0;
  const always = PERSISTENT | CURRENT;
  const profile = [PROFILE_CD_ROM >> 8, PROFILE_CD_ROM & 0xff, current, 0];
  const atapi = [0, 0, 0, 2];
  const trayEjectLock = [0x29, 0, 0, 0];
  const blocks = [0, 0, 8, 0, 0, 1, 1, 0];
  const features: readonly Feature[] = [
    { code: 0x0000, version: 0, flags: always, data: profile }, // profile list
    { code: 0x0001, version: 0, flags: always, data: atapi }, // core
    { code: 0x0002, version: 0, flags: always, data: [0, 0, 0, 0] }, // morphing
    { code: 0x0003, version: 0, flags: always, data: trayEjectLock }, // removable medium
    { code: 0x0010, version: 0, flags: current, data: blocks }, // random readable
    { code: 0x001d, version: 0, flags: current, data: [] }, // multi-read
    { code: 0x001e, version: 0, flags: current, data: [0, 0, 0, 0] }, // CD read
    { code: 0x0100, version: 0, flags: always, data: [] }, // power management
    { code: 0x0105, version: 0, flags: always, data: [] }, // timeout
  ];
  const chosen = features.filter(({ code, flags }) => {
    if (rt === RT_ONE) return code === first;
    return code >= first && (rt !== RT_CURRENT || (flags & CURRENT) !== 0);
  });
  const body = chosen.flatMap(({ code, version, flags, data }) => [
    code >> 8,
    code & 0xff,
    (version << 2) | flags,
    data.length,
    ...data,
  ]);
  const nowProfile = current === 0 ? [0, 0] : profile.slice(0, 2);
  return Uint8Array.of(0, 0, 0, body.length + 4, 0, 0, ...nowProfile, ...body);
}

const PERIPHERAL_CD = 0x05;
const REMOVABLE = 0x80;
/** The ATAPI version, and the format of what follows. */
const ATAPI_RESPONSE = 0x21;

export function inquiryData(): Uint8Array {
  const text = `${"UMBRA".padEnd(8)}${"UMBRA CD-ROM".padEnd(16)}${"1.0".padEnd(4)}`;
  const codes = Array.from(text, (c) => c.charCodeAt(0));
  return Uint8Array.of(PERIPHERAL_CD, REMOVABLE, 0, ATAPI_RESPONSE, 31, 0, 0, 0, ...codes);
}
