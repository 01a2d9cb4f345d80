/**
 * The 82077AA behind its FIFO port: a command comes byte by byte, is executed, and its results go byte by byte.
 *
 * Datasheet: Intel 82077AA, order 290166, section 5.0 "Controller phases", section 6.2 "Control commands".
 *
 * Differs: a seek or a transfer forgets the four results of polling that follow a reset, so that software which does not ask for
 * them finds its own.
 */
import { digits } from "../../common/hex.ts";
import {
  CODE,
  CONFIGURE,
  commandName,
  DUMPREG,
  FLAG_MT,
  FORMAT_TRACK,
  LOCK,
  PART_ID,
  PERPENDICULAR_MODE,
  parametersOf,
  READ_ID,
  RECALIBRATE,
  RELATIVE_SEEK,
  RELATIVE_SEEK_IN,
  SEEK,
  SENSE_DRIVE_STATUS,
  SENSE_INTERRUPT_STATUS,
  SPECIFY,
  VERSION,
} from "./fdc-commands.ts";
import {
  MSR_CMD_BSY,
  MSR_DIO,
  MSR_NON_DMA,
  MSR_RQM,
  ST0_INVALID,
  ST0_POLLING,
  ST3_ALWAYS,
  ST3_TRACK_0,
  ST3_WRITE_PROTECTED,
  UNIT_DRIVE,
  UNIT_HEAD,
} from "./fdc-registers.ts";
import type { FdcSettings } from "./fdc-settings.ts";
import type { FloppyDrive } from "./floppy-drive.ts";
import type { HeadPositioner } from "./head-positioner.ts";
import type { SectorTransfer } from "./sector-transfer.ts";

/** Drives that commands can name. */
export const UNITS = 4;
/** The answer to VERSION. */
const ENHANCED_CONTROLLER = 0x90;
const NOTHING = 0xff;

export const PHASE_COMMAND = 0;
export const PHASE_EXECUTION = 1;
export const PHASE_RESULT = 2;

export interface CommandPhasesState {
  phase: number;
  /** The bytes of a command that have come. */
  bytes: number[];
  /** Those of its results that have not gone. */
  results: number[];
  /** The interrupt that the results of a transfer begin with. */
  resultInterrupt: boolean;
  /** After a reset: the interrupt of polling, and how many drives it still has to tell about. */
  pollingInterrupt: boolean;
  polled: number;
}

export interface CommandPhasesWires {
  readonly settings: FdcSettings;
  /** One for each drive that commands can name. */
  readonly positioners: readonly HeadPositioner[];
  readonly transfer: SectorTransfer;
  /** The place that DOR selects, and the drive there. */
  readonly place: () => number;
  readonly drive: () => FloppyDrive | null;
  /** `wantsInterrupt` may have changed. */
  readonly changed: () => void;
  readonly guestError: (register: string, detail: string) => void;
}

const powerOn = (): CommandPhasesState => ({
  phase: PHASE_COMMAND,
  bytes: [],
  results: [],
  resultInterrupt: false,
  pollingInterrupt: false,
  polled: 0,
});

export class CommandPhases {
  private readonly wires: CommandPhasesWires;
  private state = powerOn();

  constructor(wires: CommandPhasesWires) {
    this.wires = wires;
  }

  get wantsInterrupt(): boolean {
    const { phase, bytes, resultInterrupt, pollingInterrupt } = this.state;
    if (resultInterrupt || pollingInterrupt || this.wires.transfer.isHostTurn) return true;
    // The end of another seek makes an edge of its own, behind the results of this one.
    if (phase === PHASE_RESULT && (bytes[0] & CODE) === SENSE_INTERRUPT_STATUS) return false;
    return this.wires.positioners.some(({ hasEnded }) => hasEnded);
  }

  get mainStatus(): number {
    const { phase, bytes } = this.state;
    const { transfer, positioners } = this.wires;
    let busy = 0;
    for (const [unit, { isBusy }] of positioners.entries())
      if (isBusy || transfer.seeks(unit)) busy |= 1 << unit;
    if (phase === PHASE_RESULT) return busy | MSR_RQM | MSR_DIO | MSR_CMD_BSY;
    if (phase === PHASE_COMMAND) return busy | MSR_RQM | (bytes.length > 0 ? MSR_CMD_BSY : 0);
    const turn = transfer.isHostTurn ? MSR_RQM | (transfer.toHost ? MSR_DIO : 0) : 0;
    return busy | MSR_CMD_BSY | turn | (transfer.nonDma ? MSR_NON_DMA : 0);
  }

  // --- The FIFO port ---------------------------------------------------------------------------------------------------------

  read(): number {
    const { state } = this;
    const { transfer } = this.wires;
    if (state.phase === PHASE_EXECUTION && transfer.isHostTurn && transfer.toHost) return transfer.takeByte();
    if (state.phase !== PHASE_RESULT) {
      this.wires.guestError("FIFO", "read, but there is nothing for the host");
      return NOTHING;
    }
    const byte = state.results.shift() ?? NOTHING;
    state.resultInterrupt = false;
    if (state.results.length === 0) this.idle();
    this.wires.changed();
    return byte;
  }

  write(byte: number): void {
    const { state } = this;
    const { transfer, guestError } = this.wires;
    if (state.phase === PHASE_EXECUTION && transfer.isHostTurn && !transfer.toHost) {
      transfer.putByte(byte);
    } else if (state.phase !== PHASE_COMMAND) {
      guestError("FIFO", `${digits(byte, 2)} written, but the controller does not listen`);
    } else {
      state.bytes.push(byte);
      const parameters = parametersOf(state.bytes[0]);
      if (parameters < 0) this.refuse(byte);
      else if (state.bytes.length > parameters) this.execute();
    }
  }

  /** Drivers find the later chips by PART ID, so asking is no mistake. */
  private refuse(byte: number): void {
    if (byte !== PART_ID) this.wires.guestError("FIFO", `${digits(byte, 2)} is no command of this chip`);
    this.answer([ST0_INVALID]);
  }

  private answer(results: number[]): void {
    this.state.results = results;
    this.state.phase = PHASE_RESULT;
  }

  private idle(): void {
    this.state.bytes = [];
    this.state.phase = PHASE_COMMAND;
  }

  /** The results of a transfer, which an interrupt announces. */
  finish(results: number[]): void {
    this.answer(results);
    this.state.resultInterrupt = true;
    this.wires.changed();
  }

  /** A reset is over, and polling finds four drives that it has not seen before. */
  poll(): void {
    this.state.polled = UNITS;
    this.state.pollingInterrupt = true;
    this.wires.changed();
  }

  // --- Commands --------------------------------------------------------------------------------------------------------------

  private execute(): void {
    const { settings, positioners } = this.wires;
    const [command, first, second, third] = this.state.bytes;
    switch (command & CODE) {
      case SPECIFY:
        settings.specify(first, second);
        this.idle();
        break;
      case CONFIGURE:
        settings.configure(second, third);
        this.idle();
        break;
      case PERPENDICULAR_MODE:
        settings.perpendicularMode(first);
        this.idle();
        break;
      case LOCK:
        this.answer([settings.lock((command & FLAG_MT) !== 0)]);
        break;
      case VERSION:
        this.answer([ENHANCED_CONTROLLER]);
        break;
      case DUMPREG:
        this.answer([...positioners.map(({ PCN }) => PCN), ...settings.dump()]);
        break;
      case SENSE_DRIVE_STATUS:
        this.answer([this.driveStatus(first)]);
        break;
      case SENSE_INTERRUPT_STATUS:
        this.senseInterrupt();
        break;
      case SEEK:
      case RECALIBRATE:
        this.seek(command, first, second);
        this.idle();
        break;
      default:
        this.beginTransfer();
    }
  }

  /** Of the drive that DOR selects. */
  private driveStatus(unit: number): number {
    const drive = this.wires.drive();
    return (
      ST3_ALWAYS |
      (unit & (UNIT_DRIVE | UNIT_HEAD)) |
      (drive?.isAtTrack0 === true ? ST3_TRACK_0 : 0) |
      (drive?.isWriteProtected === true ? ST3_WRITE_PROTECTED : 0)
    );
  }

  /** With nothing to tell it is an invalid command. */
  private senseInterrupt(): void {
    const { state } = this;
    const { positioners, changed } = this.wires;
    const ends = positioners.filter(({ hasEnded }) => hasEnded);
    if (state.polled > 0) {
      const unit = UNITS - state.polled--;
      state.pollingInterrupt = false;
      this.answer([ST0_POLLING | unit, positioners[unit].PCN]);
    } else if (ends.length > 0) {
      const [first] = ends;
      this.answer([first.takeEnd(), first.PCN]);
    } else this.answer([ST0_INVALID]);
    changed();
  }

  private seek(command: number, unit: number, cylinder: number): void {
    const place = this.wires.place();
    const positioner = this.addressed(unit);
    if ((command & CODE) === RECALIBRATE) positioner.recalibrate(place);
    else if ((command & RELATIVE_SEEK) === 0) positioner.seek(place, cylinder);
    else positioner.seekBy(place, (command & RELATIVE_SEEK_IN) !== 0 ? cylinder : -cylinder);
    this.wires.changed();
  }

  private beginTransfer(): void {
    const { settings, transfer, changed, guestError } = this.wires;
    const { bytes } = this.state;
    const [command, unit] = bytes;
    const code = command & CODE;
    if (this.addressed(unit).isBusy) guestError("FIFO", `${commandName(command)} while the drive seeks`);
    if (code !== READ_ID) settings.used(code === FORMAT_TRACK ? bytes[3] : bytes[6]);
    this.state.phase = PHASE_EXECUTION;
    changed();
    transfer.begin(bytes, settings);
  }

  /** The carriage that a command is about. What moves is the drive that DOR selects. */
  private addressed(unit: number): HeadPositioner {
    const { place, positioners, guestError } = this.wires;
    const number = unit & UNIT_DRIVE;
    this.state.polled = 0;
    this.state.pollingInterrupt = false;
    if (number !== place())
      guestError("FIFO", `a command for drive ${number} while DOR selects drive ${place()}`);
    return positioners[number];
  }

  // --- State -----------------------------------------------------------------------------------------------------------------

  reset(): void {
    this.state = powerOn();
  }

  save(): CommandPhasesState {
    const { state } = this;
    return { ...state, bytes: [...state.bytes], results: [...state.results] };
  }

  restore(state: CommandPhasesState): void {
    this.state = { ...state, bytes: [...state.bytes], results: [...state.results] };
  }
}
