/**
 * The 82077AA floppy disk controller in PC/AT mode: its registers, its resets and its interrupt.
 *
 * Datasheet: Intel 82077AA CHMOS Single-Chip Floppy Disk Controller, order 290166, section 2.1 "Registers".
 */
import { assert } from "../../common/assert.ts";
import type { Alarm, Clock, Device, GuestErrorSink, IrqLine, PortDevice } from "../device.ts";
import type { Disk } from "../disk.ts";
import { type DmaChannel, NO_MOVE } from "../dma8237.ts";
import { CommandPhases, type CommandPhasesState, UNITS } from "./command-phases.ts";
import {
  DIR_CCR,
  DIR_DSKCHG,
  DOR,
  DOR_DMAGATE,
  DOR_MOTOR,
  DOR_RESET,
  DOR_SELECT,
  DSR_POWER_DOWN,
  DSR_PRECOMPENSATION,
  DSR_RESET,
  FDC_PORT_NAMES,
  FIFO,
  MSR_DSR,
  RATE_SELECT,
  TDR,
} from "./fdc-registers.ts";
import { FdcSettings, type FdcSettingsState } from "./fdc-settings.ts";
import { FloppyDrive, type FloppyDriveState } from "./floppy-drive.ts";
import { instructions, RESET_US } from "./floppy-timing.ts";
import { type DriveKind, RATE_250K } from "./geometry.ts";
import { HeadPositioner, type HeadPositionerState } from "./head-positioner.ts";
import { SectorTransfer, type SectorTransferState } from "./sector-transfer.ts";

/** The bits that the chip does not drive in PC/AT mode. */
const FLOATING = 0xff;
const DIR_FLOATING = 0x7f;
const TDR_SELECT = 0x03;

const NEVER = -1;

/** A drive on the cable. */
export interface FloppySpec {
  readonly kind: DriveKind;
  readonly disk: Disk | null;
}

interface OwnState {
  DOR: number;
  TDR: number;
  /** The precompensation of DSR. */
  DSR: number;
  /** Data rate select, of DSR and CCR alike. */
  DRATE: number;
  powerDown: boolean;
  /** When a reset is over, in icount; -1 if none is on its way. */
  readyAt: number;
}

export interface Fdc82077State extends OwnState {
  settings: FdcSettingsState;
  phases: CommandPhasesState;
  transfer: SectorTransferState;
  positioners: HeadPositionerState[];
  drives: (FloppyDriveState | null)[];
}

export interface Fdc82077Wires {
  readonly clock: Clock;
  /** IRQ 6. */
  readonly irq: IrqLine;
  /** Channel 2. */
  readonly dma: DmaChannel;
  readonly guestError: GuestErrorSink;
}

const powerOn = (): OwnState => ({
  DOR: 0,
  TDR: 0,
  DSR: 0,
  DRATE: RATE_250K,
  powerDown: false,
  readyAt: NEVER,
});

export class Fdc82077 implements Device<Fdc82077State> {
  readonly name = "fdc";
  readonly drives: readonly [FloppyDrive | null, FloppyDrive | null];
  /** Ports 3f0 to 3f5. */
  readonly ports: PortDevice = {
    name: this.name,
    portRead: (offset) => this.read(offset),
    portWrite: (offset, _width, value) => this.write(offset, value & 0xff),
  };
  /** Port 3f7. */
  readonly controlPort: PortDevice = {
    name: this.name,
    portRead: () => this.read(DIR_CCR),
    portWrite: (_offset, _width, value) => this.write(DIR_CCR, value & 0xff),
  };
  readonly phases: CommandPhases;
  readonly transfer: SectorTransfer;
  private readonly wires: Fdc82077Wires;
  private readonly settings = new FdcSettings();
  private readonly positioners: readonly HeadPositioner[];
  private readonly alarm: Alarm;
  private state = powerOn();
  private irqLevel = false;

  /** `specs` are drives 0 and 1; null where there is none. */
  constructor(specs: readonly (FloppySpec | null)[], wires: Fdc82077Wires) {
    const { clock } = wires;
    this.wires = wires;
    const drive = (spec: FloppySpec | null): FloppyDrive | null =>
      spec === null ? null : new FloppyDrive(spec.kind, spec.disk);
    this.drives = [drive(specs[0] ?? null), drive(specs[1] ?? null)];
    this.alarm = clock.alarm(() => this.finishReset());
    this.positioners = Array.from(
      { length: UNITS },
      (_, unit) => new HeadPositioner(unit, { clock, drives: this.drives, ended: () => this.driveIrq() }),
    );
    this.transfer = new SectorTransfer({
      clock,
      dma: {
        toMemory: (bytes) => (this.isGateOpen ? wires.dma.toMemory(bytes) : NO_MOVE),
        fromMemory: (into) => (this.isGateOpen ? wires.dma.fromMemory(into) : NO_MOVE),
      },
      place: () => this.selected,
      spinning: () => this.spinning(),
      rate: () => this.state.DRATE,
      positioner: (unit) => this.positioners[unit],
      turned: () => this.driveIrq(),
      ended: (results) => this.phases.finish(results),
      guestError: (register, detail) => wires.guestError(this.name, register, detail),
    });
    this.phases = new CommandPhases({
      settings: this.settings,
      positioners: this.positioners,
      transfer: this.transfer,
      place: () => this.selected,
      drive: () => this.drive,
      changed: () => this.driveIrq(),
      guestError: (register, detail) => wires.guestError(this.name, register, detail),
    });
  }

  // --- For people ------------------------------------------------------------------------------------------------------------

  get interruptLevel(): boolean {
    return this.irqLevel;
  }

  /** When the controller acts next by itself, in icount; null if it waits for the guest. */
  get deadline(): number | null {
    const { readyAt } = this.state;
    const deadlines = [
      readyAt === NEVER ? null : readyAt,
      this.transfer.deadline,
      ...this.positioners.map(({ deadline }) => deadline),
    ].filter((each) => each !== null);
    return deadlines.length === 0 ? null : Math.min(...deadlines);
  }

  // --- Drives ----------------------------------------------------------------------------------------------------------------

  private get selected(): number {
    return this.state.DOR & DOR_SELECT;
  }

  private get drive(): FloppyDrive | null {
    return this.drives[this.selected] ?? null;
  }

  /** The selected drive, if its motor is on and a medium is in. */
  private spinning(): FloppyDrive | null {
    const { drive } = this;
    const motor = (this.state.DOR & (DOR_MOTOR << this.selected)) !== 0;
    return motor && drive !== null && drive.disk !== null ? drive : null;
  }

  // --- Registers -------------------------------------------------------------------------------------------------------------

  private read(offset: number): number {
    switch (offset) {
      case DOR:
        return this.state.DOR;
      case TDR:
        return this.state.TDR | (FLOATING & ~TDR_SELECT);
      case MSR_DSR:
        return this.isDead ? 0 : this.phases.mainStatus;
      case FIFO:
        return this.isDead ? FLOATING : this.phases.read();
      case DIR_CCR:
        return DIR_FLOATING | (this.drive?.diskChanged === true ? DIR_DSKCHG : 0);
      default:
        return FLOATING;
    }
  }

  private write(offset: number, byte: number): void {
    const { state } = this;
    switch (offset) {
      case DOR:
        this.writeDor(byte);
        break;
      case TDR:
        state.TDR = byte & TDR_SELECT;
        break;
      case MSR_DSR:
        state.DRATE = byte & RATE_SELECT;
        state.DSR = byte & DSR_PRECOMPENSATION;
        if ((byte & DSR_RESET) !== 0) {
          this.beginReset();
          this.endReset();
        }
        if ((byte & DSR_POWER_DOWN) !== 0) this.powerDown();
        break;
      case FIFO:
        if (this.isDead) this.error(offset, "written during a reset, or in power down");
        else this.phases.write(byte);
        break;
      case DIR_CCR:
        state.DRATE = byte & RATE_SELECT;
        break;
      default:
        this.error(offset, "written, but not there in PC/AT mode");
    }
  }

  private error(offset: number, detail: string): void {
    this.wires.guestError(this.name, this.probe(offset), detail);
  }

  /** RESET# works as long as it is low. */
  private writeDor(byte: number): void {
    const wasReset = (this.state.DOR & DOR_RESET) === 0;
    const isReset = (byte & DOR_RESET) === 0;
    this.state.DOR = byte;
    if (isReset && !wasReset) this.beginReset();
    else if (wasReset && !isReset) this.endReset();
    this.driveIrq();
  }

  /** Does it hear nothing but DOR and DSR? */
  private get isDead(): boolean {
    const { DOR: dor, powerDown, readyAt } = this.state;
    return (dor & DOR_RESET) === 0 || powerDown || readyAt !== NEVER;
  }

  // --- Resets ----------------------------------------------------------------------------------------------------------------

  private beginReset(): void {
    const { state } = this;
    state.powerDown = false;
    state.readyAt = NEVER;
    this.alarm.cancel();
    this.transfer.reset();
    for (const positioner of this.positioners) positioner.abort();
    this.settings.softwareReset();
    this.phases.reset();
    this.driveIrq();
  }

  private endReset(): void {
    const { clock } = this.wires;
    if ((this.state.DOR & DOR_RESET) === 0) return;
    this.state.readyAt = clock.now + instructions(clock, RESET_US);
    this.alarm.at(this.state.readyAt);
  }

  private finishReset(): void {
    this.state.readyAt = NEVER;
    this.phases.poll();
  }

  /** Only a reset wakes the chip up again. */
  private powerDown(): void {
    this.beginReset();
    this.state.powerDown = true;
  }

  // --- The interrupt ---------------------------------------------------------------------------------------------------------

  /** DOR lets DRQ and INT out, and DACK and TC in. */
  private get isGateOpen(): boolean {
    return (this.state.DOR & DOR_DMAGATE) !== 0;
  }

  private get wantsInterrupt(): boolean {
    return this.phases.wantsInterrupt && this.isGateOpen;
  }

  private driveIrq(): void {
    const { wantsInterrupt } = this;
    if (wantsInterrupt !== this.irqLevel) this.drivePin(wantsInterrupt);
  }

  private drivePin(level: boolean): void {
    this.irqLevel = level;
    if (level) this.wires.irq.raise();
    else this.wires.irq.lower();
  }

  // --- State -----------------------------------------------------------------------------------------------------------------

  reset(): void {
    this.state = powerOn();
    this.settings.reset();
    this.phases.reset();
    this.transfer.reset();
    this.alarm.cancel();
    for (const positioner of this.positioners) positioner.reset();
    for (const drive of this.drives) drive?.reset();
    this.drivePin(false);
  }

  save(): Fdc82077State {
    return {
      ...this.state,
      settings: this.settings.save(),
      phases: this.phases.save(),
      transfer: this.transfer.save(),
      positioners: this.positioners.map((positioner) => positioner.save()),
      drives: this.drives.map((drive) => drive?.save() ?? null),
    };
  }

  /** The state must come from a controller with the same drives. What is in them is not part of it. */
  restore({ settings, phases, transfer, positioners, drives, ...own }: Fdc82077State): void {
    this.state = { ...own };
    this.settings.restore(settings);
    this.phases.restore(phases);
    this.transfer.restore(transfer);
    for (const [unit, positioner] of this.positioners.entries()) positioner.restore(positioners[unit]);
    for (const [place, drive] of this.drives.entries()) {
      const state = drives[place] ?? null;
      assert((drive === null) === (state === null), `${this.name}: the saved drives are others`);
      if (drive !== null && state !== null) drive.restore(state);
    }
    if (own.readyAt === NEVER) this.alarm.cancel();
    else this.alarm.at(own.readyAt);
    // Once and for all: an edge that was not there before would be an interrupt.
    this.drivePin(this.wantsInterrupt);
  }

  /** Offset from port 3f0; port 3f6 is the hard disks'. */
  probe(offset: number): string {
    return FDC_PORT_NAMES[offset] ?? "?";
  }
}
