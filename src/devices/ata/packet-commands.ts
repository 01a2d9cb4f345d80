/**
 * The commands of a CD-ROM drive, as packets of 12 bytes: what each answers, and why it does not.
 *
 * Datasheet: MMC-4 (T10/1545-D), section 6; SPC-3 (T10/1416-D) for INQUIRY and REQUEST SENSE; SFF-8020i.
 *
 * Left out: audio, raw sectors and sub-channels, DVD structures, MODE SELECT. They are illegal requests, as the feature
 * list and the capabilities page say.
 */
import { type Disk, SECTOR_BYTES } from "../disk.ts";
import {
  configuration,
  discAddress,
  discInformation,
  inquiryData,
  modePages,
  RT_ONE,
  sessions,
  type TrayView,
  tableOfContents,
} from "./mmc-data.ts";
import {
  ILLEGAL_MODE_FOR_TRACK,
  INVALID_FIELD_IN_CDB,
  INVALID_OPERATION_CODE,
  KEY_ILLEGAL_REQUEST,
  KEY_NONE,
  KEY_NOT_READY,
  KEY_UNIT_ATTENTION,
  LBA_OUT_OF_RANGE,
  MEDIUM_MAY_HAVE_CHANGED,
  MEDIUM_NOT_PRESENT_TRAY_CLOSED,
  MEDIUM_NOT_PRESENT_TRAY_OPEN,
  MEDIUM_REMOVAL_PREVENTED,
  POWER_ON_OR_RESET,
  SAVING_NOT_SUPPORTED,
  senseData,
} from "./sense.ts";

export const CD_SECTOR_BYTES = 2048;
export const DISK_SECTORS_PER_CD_SECTOR = CD_SECTOR_BYTES / SECTOR_BYTES;

const TEST_UNIT_READY = 0x00;
const REQUEST_SENSE = 0x03;
const INQUIRY = 0x12;
const START_STOP_UNIT = 0x1b;
const PREVENT_ALLOW = 0x1e;
const READ_CAPACITY = 0x25;
const READ_10 = 0x28;
const SEEK_10 = 0x2b;
const READ_SUB_CHANNEL = 0x42;
const READ_TOC = 0x43;
const GET_CONFIGURATION = 0x46;
const GET_EVENT_STATUS = 0x4a;
const READ_DISC_INFORMATION = 0x51;
const MODE_SENSE_10 = 0x5a;
const READ_12 = 0xa8;
const SET_CD_SPEED = 0xbb;
const MECHANISM_STATUS = 0xbd;
const READ_CD = 0xbe;

/** They answer whatever has happened to the unit. */
const IGNORE_ATTENTION = [INQUIRY, REQUEST_SENSE, GET_CONFIGURATION, GET_EVENT_STATUS];

const EVENT_NONE = 0;
const EVENT_NEW_MEDIA = 2;
const EVENT_MEDIA_REMOVAL = 3;
const MEDIA_CLASS = 4;
const NO_EVENT_AVAILABLE = 0x80;
const NO_AUDIO_STATUS = 0x15;
const NOTHING = new Uint8Array(0);

export interface PacketCommandsState {
  senseKey: number;
  /** Additional code and qualifier. */
  senseCode: number;
  /** The sector that failed; -1 if none did. */
  senseLba: number;
  /** The code of a unit attention that nobody has heard yet; 0 for none. */
  attention: number;
  mediaEvent: number;
  locked: boolean;
  trayOpen: boolean;
  /** The sectors that a READ has still to deliver. */
  readLba: number;
  readLeft: number;
}

const powerOn = (): PacketCommandsState => ({
  senseKey: KEY_NONE,
  senseCode: 0,
  senseLba: -1,
  attention: POWER_ON_OR_RESET,
  mediaEvent: EVENT_NONE,
  locked: false,
  trayOpen: false,
  readLba: 0,
  readLeft: 0,
});

export class PacketCommands {
  disc: Disk | null;
  state = powerOn();
  private readonly illegal: (detail: string) => void;

  /** `illegal` hears of packets that the drive does not understand. */
  constructor(disc: Disk | null, illegal: (detail: string) => void) {
    this.disc = disc;
    this.illegal = illegal;
  }

  /** Sectors of 2048 bytes on the disc in the tray. */
  get capacity(): number {
    return this.disc === null ? 0 : Math.floor(this.disc.sectors / DISK_SECTORS_PER_CD_SECTOR);
  }

  private get isReady(): boolean {
    return this.disc !== null && !this.state.trayOpen;
  }

  /** Someone puts a disc in the tray, or takes it out; the tray closes. */
  insert(disc: Disk | null): void {
    const { state } = this;
    this.disc = disc;
    state.trayOpen = false;
    if (disc !== null) state.attention = MEDIUM_MAY_HAVE_CHANGED;
    state.mediaEvent = disc === null ? EVENT_MEDIA_REMOVAL : EVENT_NEW_MEDIA;
  }

  /**
   * Carries out a packet and returns the answer, which may be empty. A READ returns nothing and sets `readLba` and
   * `readLeft`. Null: it failed, and the sense data say why.
   */
  execute(packet: Uint8Array): Uint8Array | null {
    const { state } = this;
    const code = packet[0];
    state.readLeft = 0;
    if (code === REQUEST_SENSE) return this.requestSense(packet[4]);
    this.setSense(KEY_NONE, 0);
    if (state.attention !== 0 && !IGNORE_ATTENTION.includes(code)) {
      const { attention } = state;
      state.attention = 0;
      return this.fail(KEY_UNIT_ATTENTION, attention);
    }
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    return (
      this.inquire(code, packet, view) ?? (state.senseKey === KEY_NONE ? this.use(code, packet, view) : null)
    );
  }

  fail(key: number, senseCode: number, lba = -1): null {
    this.setSense(key, senseCode, lba);
    return null;
  }

  /** The medium is gone, or the tray is open. */
  failNotReady(): null {
    return this.fail(
      KEY_NOT_READY,
      this.state.trayOpen ? MEDIUM_NOT_PRESENT_TRAY_OPEN : MEDIUM_NOT_PRESENT_TRAY_CLOSED,
    );
  }

  /** A reset of the drive. It does not move the tray. */
  reset(): void {
    const { trayOpen, mediaEvent } = this.state;
    this.state = { ...powerOn(), trayOpen, mediaEvent };
  }

  powerOn(): void {
    this.state = powerOn();
  }

  save(): PacketCommandsState {
    return { ...this.state };
  }

  restore(state: PacketCommandsState): void {
    const { senseKey, senseCode, senseLba, attention, mediaEvent, locked, trayOpen, readLba, readLeft } =
      state;
    const sense = { senseKey, senseCode, senseLba, attention };
    this.state = { ...sense, mediaEvent, locked, trayOpen, readLba, readLeft };
  }

  private setSense(key: number, code: number, lba = -1): void {
    const { state } = this;
    state.senseKey = key;
    state.senseCode = code;
    state.senseLba = lba;
  }

  private illegalField(detail: string): null {
    this.illegal(detail);
    return this.fail(KEY_ILLEGAL_REQUEST, INVALID_FIELD_IN_CDB);
  }

  /** Commands about the drive, which need no disc; null if the command is none of them, or has failed. */
  private inquire(code: number, packet: Uint8Array, view: DataView): Uint8Array | null {
    const { state } = this;
    switch (code) {
      case INQUIRY:
        if ((packet[1] & 1) !== 0 || packet[2] !== 0)
          return this.illegalField("INQUIRY for vital product data");
        return cut(inquiryData(), view.getUint16(3));
      case START_STOP_UNIT:
        return this.startStop(packet[4]);
      case PREVENT_ALLOW:
        state.locked = (packet[4] & 1) !== 0;
        return NOTHING;
      case GET_CONFIGURATION:
        if ((packet[1] & 3) > RT_ONE) return this.illegalField("GET CONFIGURATION of reserved kind 3");
        return cut(configuration(packet[1] & 3, view.getUint16(2), this.tray), view.getUint16(7));
      case GET_EVENT_STATUS:
        return this.eventStatus(packet, view.getUint16(7));
      case MODE_SENSE_10:
        return this.modeSense(packet[2], view.getUint16(7));
      case SET_CD_SPEED:
        return NOTHING;
      case MECHANISM_STATUS:
        return cut(Uint8Array.of(0, state.trayOpen ? 0x10 : 0, 0, 0, 0, 0, 0, 0), view.getUint16(8));
      default:
        return null;
    }
  }

  /** Commands that need a disc. */
  private use(code: number, packet: Uint8Array, view: DataView): Uint8Array | null {
    const isKnown = MEDIUM_COMMANDS.includes(code);
    if (!isKnown) {
      this.illegal(`packet command ${code.toString(16).padStart(2, "0")}`);
      return this.fail(KEY_ILLEGAL_REQUEST, INVALID_OPERATION_CODE);
    }
    if (!this.isReady) return this.failNotReady();
    const { capacity } = this;
    switch (code) {
      case READ_10:
        return this.read(view.getUint32(2), view.getUint16(7));
      case READ_12:
        return this.read(view.getUint32(2), view.getUint32(6));
      case READ_CD:
        return this.readCd(packet, view.getUint32(2));
      case SEEK_10:
        return this.isThere(view.getUint32(2), 1) ? NOTHING : null;
      case READ_CAPACITY:
        return Uint8Array.of(...discAddress(Math.max(0, capacity - 1), false), 0, 0, CD_SECTOR_BYTES >> 8, 0);
      case READ_TOC:
        return this.readToc(packet, view.getUint16(7));
      case READ_DISC_INFORMATION:
        return cut(discInformation(), view.getUint16(7));
      case READ_SUB_CHANNEL:
        return this.readSubChannel(packet, view.getUint16(7));
      default:
        return NOTHING;
    }
  }

  private get tray(): TrayView {
    const { trayOpen, locked } = this.state;
    return { hasDisc: this.disc !== null, trayOpen, locked };
  }

  /** What is known of the last command; else an attention that has not been heard, which this answers. */
  private requestSense(length: number): Uint8Array {
    const { state } = this;
    if (state.senseKey === KEY_NONE && state.attention !== 0) {
      this.setSense(KEY_UNIT_ATTENTION, state.attention);
      state.attention = 0;
    }
    const data = senseData(state.senseKey, state.senseCode, state.senseLba);
    this.setSense(KEY_NONE, 0);
    return cut(data, length);
  }

  /** Bits 7-4 ask for a power condition, which changes nothing here; LOEJ and START move the tray. */
  private startStop(request: number): Uint8Array | null {
    const { state } = this;
    const powerCondition = request >> 4;
    const loadOrEject = (request & 2) !== 0;
    const start = (request & 1) !== 0;
    if (powerCondition !== 0 || !loadOrEject) return NOTHING;
    if (start) {
      if (state.trayOpen && this.disc !== null) {
        state.attention = MEDIUM_MAY_HAVE_CHANGED;
        state.mediaEvent = EVENT_NEW_MEDIA;
      }
      state.trayOpen = false;
    } else {
      if (state.locked) return this.fail(KEY_ILLEGAL_REQUEST, MEDIUM_REMOVAL_PREVENTED);
      if (!state.trayOpen && this.disc !== null) state.mediaEvent = EVENT_MEDIA_REMOVAL;
      state.trayOpen = true;
    }
    return NOTHING;
  }

  /** Events are only polled for, and there are only those of the medium. */
  private eventStatus(packet: Uint8Array, length: number): Uint8Array | null {
    const { state } = this;
    if ((packet[1] & 1) === 0) return this.illegalField("GET EVENT STATUS NOTIFICATION without polling");
    const supported = 1 << MEDIA_CLASS;
    if ((packet[4] & supported) === 0) return cut(Uint8Array.of(0, 2, NO_EVENT_AVAILABLE, supported), length);
    const status = (state.trayOpen ? 1 : 0) | (this.isReady ? 2 : 0);
    const data = cut(Uint8Array.of(0, 6, MEDIA_CLASS, supported, state.mediaEvent, status, 0, 0), length);
    if (data.length > 4) state.mediaEvent = EVENT_NONE;
    return data;
  }

  private modeSense(page: number, length: number): Uint8Array | null {
    const control = page >> 6;
    if (control === 3) return this.fail(KEY_ILLEGAL_REQUEST, SAVING_NOT_SUPPORTED);
    const data = modePages(page & 0x3f, control === 1, this.tray);
    if (data === null) return this.illegalField(`MODE SENSE of page ${(page & 0x3f).toString(16)}`);
    return cut(data, length);
  }

  /** Are the sectors on the disc? If not, the command has failed. */
  private isThere(lba: number, count: number): boolean {
    if (lba + count <= this.capacity) return true;
    this.fail(KEY_ILLEGAL_REQUEST, LBA_OUT_OF_RANGE);
    return false;
  }

  private read(lba: number, count: number): Uint8Array | null {
    if (!this.isThere(lba, count)) return null;
    this.state.readLba = lba;
    this.state.readLeft = count;
    return NOTHING;
  }

  /** Of a sector's parts, only the user data are there. */
  private readCd(packet: Uint8Array, lba: number): Uint8Array | null {
    const type = (packet[1] >> 2) & 7;
    const parts = packet[9] & 0xfe;
    const anyType = 0;
    const mode1 = 2;
    const userData = 0x10;
    if (type !== anyType && type !== mode1) return this.fail(KEY_ILLEGAL_REQUEST, ILLEGAL_MODE_FOR_TRACK);
    if ((parts !== 0 && parts !== userData) || (packet[10] & 7) !== 0)
      return this.illegalField("READ CD of more than user data");
    const count = (packet[6] << 16) | (packet[7] << 8) | packet[8];
    if (parts !== 0) return this.read(lba, count);
    return this.isThere(lba, count) ? NOTHING : null;
  }

  /** The format is in byte 2; older packets have it at the top of byte 9. */
  private readToc(packet: Uint8Array, length: number): Uint8Array | null {
    const msf = (packet[1] & 2) !== 0;
    const format = packet[2] & 0x0f || packet[9] >> 6;
    if (format > 1) return this.illegalField(`READ TOC in format ${format}`);
    const data = format === 1 ? sessions(msf) : tableOfContents(this.capacity, msf, packet[6]);
    return data === null ? this.illegalField(`READ TOC from track ${packet[6]}`) : cut(data, length);
  }

  /** Nothing plays; there is neither a catalogue number nor an ISRC. */
  private readSubChannel(packet: Uint8Array, length: number): Uint8Array | null {
    const wantsQ = (packet[2] & 0x40) !== 0;
    const format = packet[3];
    const msf = (packet[1] & 2) !== 0;
    if (!wantsQ) return cut(Uint8Array.of(0, NO_AUDIO_STATUS, 0, 0), length);
    if (format < 1 || format > 3) return this.illegalField(`READ SUB-CHANNEL in format ${format}`);
    const start = discAddress(0, msf);
    const body =
      format === 1
        ? [1, 0x14, 1, 1, ...start, ...discAddress(0, false)]
        : [format, ...new Array<number>(19).fill(0)];
    return cut(Uint8Array.of(0, NO_AUDIO_STATUS, 0, body.length, ...body), length);
  }
}

const MEDIUM_COMMANDS = [
  TEST_UNIT_READY,
  READ_10,
  READ_12,
  READ_CD,
  SEEK_10,
  READ_CAPACITY,
  READ_TOC,
  READ_DISC_INFORMATION,
  READ_SUB_CHANNEL,
];

/** No more than the host has room for. */
const cut = (data: Uint8Array, length: number): Uint8Array => data.subarray(0, length);
