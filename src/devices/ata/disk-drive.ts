/**
 * A hard disk: the commands of the general, power management, 48-bit address and flush feature sets.
 *
 * Datasheet: ATA/ATAPI-6 (T13/1410D), section 8; ATA-3 (X3T10/2008D) for SEEK, RECALIBRATE and INITIALIZE PARAMETERS.
 *
 * Differs: READ NATIVE MAX is there without the Host Protected Area feature set, and says what IDENTIFY says: nothing is
 * hidden, and SET MAX is aborted.
 */
import type { Disk } from "../disk.ts";
import { SECTOR_BYTES } from "../disk.ts";
import type { Cable } from "./cable.ts";
import {
  commandCode,
  DEVICE_RESET,
  FLUSH_CACHE,
  FLUSH_CACHE_EXT,
  IDENTIFY,
  IDENTIFY_PACKET,
  INITIALIZE_PARAMETERS,
  NOP,
  READ_NATIVE_MAX,
  READ_NATIVE_MAX_EXT,
  RECALIBRATE,
  SEEK,
  SET_FEATURES,
  SET_MULTIPLE,
} from "./commands.ts";
import { Drive, type DrivePlace, type DriveState } from "./drive.ts";
import { FEATURE_LOOK_AHEAD, FEATURE_WRITE_CACHE, identifyDisk } from "./identify.ts";
import { DEVICE_ADDRESS, DEVICE_LBA, ERROR_ABRT, ERROR_IDNF, STATUS_DF, STATUS_READY } from "./registers.ts";
import {
  defaultGeometry,
  type Geometry,
  geometryOf,
  MAX_LBA28,
  sectorOf,
  setSector,
} from "./sector-address.ts";
import { SectorTransfer, type SectorTransferState } from "./sector-transfer.ts";
import { SIGNATURE_DISK } from "./task-file.ts";

const MODEL = "UMBRA DISK";
const MAX_MULTIPLE = 16;
const ALL_FEATURES = FEATURE_WRITE_CACHE | FEATURE_LOOK_AHEAD;

const SET_TRANSFER_MODE = 0x03;
const ENABLE_WRITE_CACHE = 0x02;
const DISABLE_WRITE_CACHE = 0x82;
const ENABLE_LOOK_AHEAD = 0xaa;
const DISABLE_LOOK_AHEAD = 0x55;
/** Whether a software reset brings back what SET FEATURES and SET MULTIPLE changed. */
const DISABLE_REVERTING = 0x66;
const ENABLE_REVERTING = 0xcc;

export interface DiskDriveState extends DriveState, SectorTransferState {
  kind: "disk";
  /** SET MULTIPLE; 0 until it is given. */
  multiple: number;
  heads: number;
  sectorsPerTrack: number;
  /** The write cache and look-ahead, as in IDENTIFY word 85. */
  enabledFeatures: number;
  reverting: boolean;
}

export class DiskDrive extends Drive {
  readonly isPacket = false;
  readonly signature = SIGNATURE_DISK;
  readonly resetStatus = STATUS_READY;
  readonly maxUltra = 5;
  readonly model = MODEL;
  readonly disk: Disk;
  private readonly transfer: SectorTransfer;
  private geometry: Geometry;
  private multiple = 0;
  private enabledFeatures = ALL_FEATURES;
  private reverting = true;

  constructor(cable: Cable, place: DrivePlace, disk: Disk) {
    super(cable, place);
    this.disk = disk;
    this.geometry = defaultGeometry(disk.sectors);
    this.transfer = new SectorTransfer(this, disk, () => ({
      geometry: this.geometry,
      multiple: this.multiple,
      writeCache: (this.enabledFeatures & FEATURE_WRITE_CACHE) !== 0,
    }));
  }

  protected start(): void {
    if (SectorTransfer.handles(this.command)) this.transfer.start();
    else this.busy();
  }

  due(): void {
    const code = commandCode(this.command);
    if (SectorTransfer.handles(code)) this.transfer.due();
    else if (!this.powerCommand()) this.other(code);
  }

  blockDone(): void {
    if (SectorTransfer.handles(this.command)) this.transfer.blockDone();
    else this.complete(false);
  }

  private other(code: number): void {
    switch (code) {
      case IDENTIFY:
        this.identify();
        break;
      case SET_FEATURES:
        this.setFeatures();
        break;
      case SET_MULTIPLE:
        this.setMultiple();
        break;
      case INITIALIZE_PARAMETERS:
        this.initializeParameters();
        break;
      case RECALIBRATE:
        this.complete();
        break;
      case SEEK:
        this.seek();
        break;
      case FLUSH_CACHE:
      case FLUSH_CACHE_EXT:
        if (this.disk.flush()) this.complete();
        else this.fail(ERROR_ABRT, STATUS_DF);
        break;
      case READ_NATIVE_MAX:
      case READ_NATIVE_MAX_EXT:
        this.readNativeMax(code === READ_NATIVE_MAX_EXT);
        break;
      case NOP:
      // How software asks which kind a drive is.
      case IDENTIFY_PACKET:
      case DEVICE_RESET:
        this.abort();
        break;
      default:
        this.abort("not a command of this drive");
    }
  }

  private identify(): void {
    const { place, maxUltra, transferMode, model, multiple, geometry } = this;
    const { buffer } = this.cable;
    const facts = { place, model, maxUltra, transferMode, multiple, geometry };
    const { sectors } = this.disk;
    const enabled = this.enabledFeatures;
    const more = { sectors, enabled, maxMultiple: MAX_MULTIPLE, defaultGeometry: defaultGeometry(sectors) };
    identifyDisk({ ...facts, ...more }, buffer.bytes);
    buffer.load(SECTOR_BYTES, true);
    this.offer(SECTOR_BYTES, true);
  }

  private setFeatures(): void {
    const feature = this.tf.features & 0xff;
    switch (feature) {
      case SET_TRANSFER_MODE:
        this.setTransferMode();
        return;
      case ENABLE_WRITE_CACHE:
        this.enabledFeatures |= FEATURE_WRITE_CACHE;
        break;
      case DISABLE_WRITE_CACHE:
        if (!this.disk.flush()) {
          this.fail(ERROR_ABRT, STATUS_DF);
          return;
        }
        this.enabledFeatures &= ~FEATURE_WRITE_CACHE;
        break;
      case ENABLE_LOOK_AHEAD:
        this.enabledFeatures |= FEATURE_LOOK_AHEAD;
        break;
      case DISABLE_LOOK_AHEAD:
        this.enabledFeatures &= ~FEATURE_LOOK_AHEAD;
        break;
      case DISABLE_REVERTING:
        this.reverting = false;
        break;
      case ENABLE_REVERTING:
        this.reverting = true;
        break;
      default:
        this.abort(`feature ${feature.toString(16).padStart(2, "0")} is not there`);
        return;
    }
    this.complete();
  }

  /** A power of two up to 16. With any other count, READ MULTIPLE and WRITE MULTIPLE are off. */
  private setMultiple(): void {
    const count = this.tf.sectorCount & 0xff;
    const isGood = count !== 0 && count <= MAX_MULTIPLE && (count & (count - 1)) === 0;
    this.multiple = isGood ? count : 0;
    if (isGood || count === 0) this.complete();
    else this.abort(`blocks of ${count} sectors`);
  }

  private initializeParameters(): void {
    const sectors = this.tf.sectorCount & 0xff;
    const heads = (this.tf.device & DEVICE_ADDRESS) + 1;
    if (sectors === 0) {
      this.abort("a track without sectors");
      return;
    }
    this.geometry = geometryOf(this.disk.sectors, heads, sectors);
    this.complete();
  }

  private seek(): void {
    const lba = sectorOf(this.tf, false, this.geometry);
    this.power.wake();
    if (lba >= 0 && lba < this.disk.sectors) this.complete();
    else this.fail(ERROR_IDNF);
  }

  private readNativeMax(ext: boolean): void {
    const last = Math.max(0, this.disk.sectors - 1);
    if ((this.tf.device & DEVICE_LBA) === 0) {
      this.abort("the address must be asked for as LBA");
      return;
    }
    setSector(this.tf, ext, this.geometry, ext ? last : Math.min(last, MAX_LBA28));
    this.complete();
  }

  override finishReset(): void {
    super.finishReset();
    this.transfer.reset();
    if (!this.reverting) return;
    this.multiple = 0;
    this.enabledFeatures = ALL_FEATURES;
  }

  override reset(): void {
    this.reverting = true;
    this.geometry = defaultGeometry(this.disk.sectors);
    super.reset();
  }

  save(): DiskDriveState {
    const { multiple, geometry, enabledFeatures, reverting } = this;
    return {
      kind: "disk",
      ...this.saveDrive(),
      ...this.transfer.save(),
      multiple,
      heads: geometry.heads,
      sectorsPerTrack: geometry.sectors,
      enabledFeatures,
      reverting,
    };
  }

  restore(state: DiskDriveState): void {
    this.restoreDrive(state);
    this.transfer.restore(state);
    this.multiple = state.multiple;
    this.geometry = geometryOf(this.disk.sectors, state.heads, state.sectorsPerTrack);
    this.enabledFeatures = state.enabledFeatures;
    this.reverting = state.reverting;
  }
}
