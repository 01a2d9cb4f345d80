/**
 * A diskette drive: the head carriage, the write-protect and change sensors, and the medium, if one is in.
 *
 * Datasheet: IBM PC/AT Technical Reference, "Diskette drives" (the interface's lines STEP, TRK00, WRPROT, DSKCHG).
 *
 * Differs: an image that is smaller than its diskette ends in sectors that read as zeros and cannot be written.
 */
import { assert } from "../../common/assert.ts";
import type { Disk } from "../disk.ts";
import { DRIVE_KINDS, type DriveKind, type FloppyFormat, formatFor, misfit, rateIn } from "./geometry.ts";

/** Drives let the carriage a little further than the last cylinder. */
const SPARE_CYLINDERS = 3;

export interface FloppyDriveState {
  /** Where the head carriage stands. */
  track: number;
  /** The latch behind DSKCHG: a medium went in or out, and no step pulse came since. */
  changed: boolean;
}

export class FloppyDrive {
  readonly kind: DriveKind;
  private medium: Disk | null = null;
  private layout: FloppyFormat | null = null;
  private state = powerOn();

  constructor(kind: DriveKind, disk: Disk | null) {
    this.kind = kind;
    this.insert(disk);
  }

  /** Puts in a diskette (`misfit` says beforehand whether it goes in), or takes it out with null. */
  insert(disk: Disk | null): void {
    const problem = disk === null ? null : misfit(this.kind, disk);
    assert(problem === null, problem ?? "");
    this.medium = disk;
    this.layout = disk === null ? null : formatFor(this.kind, disk.sectors);
    this.state.changed = true;
  }

  get disk(): Disk | null {
    return this.medium;
  }

  get format(): FloppyFormat | null {
    return this.layout;
  }

  /** What a board writes to CMOS for it. */
  get cmosType(): number {
    return DRIVE_KINDS[this.kind].cmosType;
  }

  get track(): number {
    return this.state.track;
  }

  get isAtTrack0(): boolean {
    return this.state.track === 0;
  }

  get isWriteProtected(): boolean {
    return this.medium !== null && this.medium.readOnly;
  }

  get diskChanged(): boolean {
    return this.state.changed;
  }

  /** The data rate at which the medium can be read here; -1 without one. */
  get rate(): number {
    return this.layout === null ? -1 : rateIn(this.kind, this.layout);
  }

  /**
   * The medium's cylinder under the heads; -1 where it has none. A drive of 80 cylinders has two tracks for each of a diskette
   * with 40, and the second of them lies between two.
   */
  get cylinder(): number {
    if (this.layout === null) return -1;
    const { cylinders } = this.layout;
    const stretch = DRIVE_KINDS[this.kind].cylinders === 2 * cylinders ? 2 : 1;
    const { track } = this.state;
    return track % stretch === 0 && track < cylinders * stretch ? track / stretch : -1;
  }

  /** Step pulses, toward the spindle if positive. The first one with a medium in the drive ends DSKCHG. */
  step(pulses: number): void {
    const last = DRIVE_KINDS[this.kind].cylinders - 1 + SPARE_CYLINDERS;
    this.state.track = Math.max(0, Math.min(last, this.state.track + pulses));
    if (pulses !== 0 && this.medium !== null) this.state.changed = false;
  }

  /** The sectors of the track under a head; 0 where nothing has been written. */
  sectorsUnder(head: number): number {
    if (this.layout === null || head >= this.layout.heads || this.cylinder < 0) return 0;
    return this.layout.sectorsPerTrack;
  }

  /** Reads a sector of the track under `head`. False if the host could not. */
  read(head: number, sector: number, into: Uint8Array): boolean {
    const { medium } = this;
    if (medium === null) return false;
    const lba = this.lbaOf(head, sector);
    if (lba < medium.sectors) return medium.read(lba, into);
    into.fill(0);
    return true;
  }

  write(head: number, sector: number, from: Uint8Array): boolean {
    const { medium } = this;
    if (medium === null || medium.readOnly) return false;
    const lba = this.lbaOf(head, sector);
    return lba < medium.sectors && medium.write(lba, from);
  }

  private lbaOf(head: number, sector: number): number {
    const { heads, sectorsPerTrack } = this.layout as FloppyFormat;
    assert(sector >= 1 && sector <= this.sectorsUnder(head), `no sector ${sector} under head ${head}`);
    return (this.cylinder * heads + head) * sectorsPerTrack + sector - 1;
  }

  reset(): void {
    this.state = powerOn();
  }

  save(): FloppyDriveState {
    return { ...this.state };
  }

  restore(state: FloppyDriveState): void {
    this.state = { ...state };
  }
}

/** The latch wakes up set, whatever is in the drive. */
const powerOn = (): FloppyDriveState => ({ track: 0, changed: true });
