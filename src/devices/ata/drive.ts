/**
 * What hard disks and CD-ROM drives have in common: the registers, the interrupt, the power modes, and the steps of the
 * protocol.
 *
 *     command ── BSY ──(time)── due ─┬─ complete: INTRQ
 *                 ^                  ├─ fail: ERR, INTRQ
 *                 │                  ├─ offer: DRQ ── the host moves the block ── blockDone ─┐
 *                 │                  └─ DMARQ ── the bus master moves the buffer ── due ─────┤
 *                 └──────────────────────── busy ────────────────────────────────────────────┘
 *
 * Datasheet: ATA/ATAPI-6 (T13/1410D), section 9 "Protocol".
 */
import { type Cable, COMMAND_US } from "./cable.ts";
import {
  CHECK_POWER,
  CHECK_POWER_OLD,
  commandName,
  IDLE,
  IDLE_IMMEDIATE,
  IDLE_IMMEDIATE_OLD,
  IDLE_OLD,
  SLEEP,
  SLEEP_OLD,
  STANDBY,
  STANDBY_IMMEDIATE,
  STANDBY_IMMEDIATE_OLD,
  STANDBY_OLD,
} from "./commands.ts";
import { POWER_ACTIVE, POWER_IDLE, POWER_SLEEP, POWER_STANDBY, Power, type PowerState } from "./power.ts";
import {
  DIAGNOSTIC_PASSED,
  ERROR,
  ERROR_ABRT,
  STATUS_BSY,
  STATUS_DRQ,
  STATUS_ERR,
  STATUS_READY,
} from "./registers.ts";
import { TaskFile, type TaskFileState } from "./task-file.ts";

/** SET FEATURES transfer modes: a kind in the high bits, a number in the low three. */
export const MODE_MULTIWORD = 0x20;
export const MODE_ULTRA = 0x40;
const MODE_KIND = 0xf8;
const MODE_NUMBER = 0x07;
const MODE_PIO_DEFAULT = 0x00;
const MODE_PIO = 0x08;
const MAX_PIO = 4;
const MAX_MULTIWORD = 2;

/** Where a drive is, for what it says of itself. */
export interface DrivePlace {
  /** 0 for the master. */
  readonly device: 0 | 1;
  /** There is another drive on the cable. */
  readonly paired: boolean;
  readonly serial: string;
}

export interface DriveState extends TaskFileState, PowerState {
  COMMAND: number;
  STATUS: number;
  ERROR: number;
  INTRQ: boolean;
  DMARQ: boolean;
  /** The mode that SET FEATURES chose: 20 to 22 multiword DMA, 40 to 45 Ultra DMA. */
  transferMode: number;
}

export abstract class Drive {
  readonly tf = new TaskFile();
  abstract readonly isPacket: boolean;
  /** LBA_MID and LBA_HIGH after a reset. */
  abstract readonly signature: number;
  /** STATUS after a reset. */
  abstract readonly resetStatus: number;
  abstract readonly maxUltra: number;
  readonly cable: Cable;
  readonly place: DrivePlace;
  readonly power: Power;
  command = 0;
  status = 0;
  error = 0;
  /** The drive wants the host's attention. Its pin shows it while the drive is selected. */
  intrq = false;
  /** The drive waits for the bus master. */
  dmarq = false;
  transferMode = MODE_MULTIWORD | MAX_MULTIWORD;

  constructor(cable: Cable, place: DrivePlace) {
    this.cable = cable;
    this.place = place;
    this.power = new Power(cable.clock);
  }

  /** A register of the command block, other than DATA and STATUS. */
  register(number: number, shift: number): number {
    return number === ERROR ? this.error : this.tf.read(number, shift);
  }

  get isBusy(): boolean {
    return (this.status & STATUS_BSY) !== 0;
  }

  /** The host wrote COMMAND. The drive is not busy. */
  begin(command: number): void {
    this.setIntrq(false);
    if (this.power.mode === POWER_SLEEP) {
      this.cable.guestError(
        "COMMAND",
        `${commandName(command)} to a sleeping drive, which only a reset wakes`,
      );
      return;
    }
    this.command = command;
    this.error = 0;
    this.start();
  }

  /** Decides how a new command goes on. */
  protected abstract start(): void;

  /** The time has passed that `busy` asked for. */
  abstract due(): void;

  /** The host has moved all of the block. */
  abstract blockDone(): void;

  /** A software reset, DEVICE RESET or a diagnostic begins: what went on is lost. */
  abortCommand(): void {
    this.status = STATUS_BSY;
    this.dmarq = false;
    this.setIntrq(false);
  }

  /** The end of it; a diagnostic ends like a reset. */
  finishReset(): void {
    if (this.power.mode === POWER_SLEEP) this.power.wake();
    this.error = DIAGNOSTIC_PASSED;
    this.status = this.resetStatus;
    this.tf.setSignature(this.signature);
  }

  /** Power-on. */
  reset(): void {
    this.abortCommand();
    this.power.reset();
    this.command = 0;
    this.transferMode = MODE_MULTIWORD | MAX_MULTIWORD;
    this.tf.restore({ FEATURES: 0, SECTOR_COUNT: 0, LBA_LOW: 0, LBA_MID: 0, LBA_HIGH: 0, DEVICE: 0 });
    this.finishReset();
  }

  busy(microseconds = COMMAND_US): void {
    this.status = STATUS_BSY | STATUS_READY;
    this.cable.after(microseconds);
  }

  /** Lets the host move a block of at most `limit` bytes of the buffer. */
  offer(limit: number, interrupt: boolean, error = 0): void {
    this.error = error;
    this.status = STATUS_READY | STATUS_DRQ | (error === 0 ? 0 : STATUS_ERR);
    this.cable.buffer.open(limit);
    if (interrupt) this.setIntrq(true);
  }

  /** Moves the loaded buffer by DMA; false if the rest must wait, and `due` comes again. */
  moveByDma(): boolean {
    this.dmarq = true;
    if (!this.cable.moveByDma()) return false;
    this.dmarq = false;
    return true;
  }

  /** The command has ended well. */
  complete(interrupt = true): void {
    this.status = STATUS_READY;
    if (interrupt) this.setIntrq(true);
  }

  fail(error: number, status = 0, interrupt = true): void {
    this.error = error;
    this.status = STATUS_READY | STATUS_ERR | status;
    if (interrupt) this.setIntrq(true);
  }

  /** The command is not one of this drive's, or not with these registers. */
  abort(reason = ""): void {
    if (reason !== "") this.cable.guestError("COMMAND", `${commandName(this.command)}: ${reason}`);
    this.fail(ERROR_ABRT);
  }

  setIntrq(level: boolean): void {
    if (level === this.intrq) return;
    this.intrq = level;
    this.cable.interruptChanged();
  }

  /** Carries out the commands of the power management feature set; false if the command is none of them. */
  protected powerCommand(): boolean {
    const { tf, power } = this;
    switch (this.command) {
      case CHECK_POWER:
      case CHECK_POWER_OLD:
        tf.sectorCount = power.mode;
        break;
      case IDLE:
      case IDLE_OLD:
        power.setTimer(tf.sectorCount & 0xff);
        power.enter(POWER_IDLE);
        break;
      case IDLE_IMMEDIATE:
      case IDLE_IMMEDIATE_OLD:
        power.enter(POWER_IDLE);
        break;
      case STANDBY:
      case STANDBY_OLD:
        power.setTimer(tf.sectorCount & 0xff);
        power.enter(POWER_STANDBY);
        break;
      case STANDBY_IMMEDIATE:
      case STANDBY_IMMEDIATE_OLD:
        power.enter(POWER_STANDBY);
        break;
      case SLEEP:
      case SLEEP_OLD:
        power.enter(POWER_SLEEP);
        break;
      default:
        return false;
    }
    this.complete();
    return true;
  }

  /** SET FEATURES 03: the mode is in SECTOR_COUNT. */
  protected setTransferMode(): void {
    const value = this.tf.sectorCount & 0xff;
    const kind = value & MODE_KIND;
    const number = value & MODE_NUMBER;
    if (
      (kind === MODE_PIO_DEFAULT && number <= 1) ||
      (kind === MODE_PIO && number <= MAX_PIO) ||
      (kind === MODE_MULTIWORD && number <= MAX_MULTIWORD) ||
      (kind === MODE_ULTRA && number <= this.maxUltra)
    ) {
      // A PIO mode changes nothing about DMA.
      if (kind >= MODE_MULTIWORD) this.transferMode = value;
      this.complete();
    } else {
      this.abort(`transfer mode ${value.toString(16)} is not offered`);
    }
  }

  protected saveDrive(): DriveState {
    return {
      ...this.tf.save(),
      ...this.power.save(),
      COMMAND: this.command,
      STATUS: this.status,
      ERROR: this.error,
      INTRQ: this.intrq,
      DMARQ: this.dmarq,
      transferMode: this.transferMode,
    };
  }

  protected restoreDrive(state: DriveState): void {
    this.tf.restore(state);
    this.power.restore(state);
    this.command = state.COMMAND;
    this.status = state.STATUS;
    this.error = state.ERROR;
    this.intrq = state.INTRQ;
    this.dmarq = state.DMARQ;
    this.transferMode = state.transferMode;
  }
}

/** What a drive that may be in a power mode says of itself, in words. */
export function powerWord(mode: number): string {
  if (mode === POWER_ACTIVE) return "active";
  if (mode === POWER_IDLE) return "idle";
  return mode === POWER_SLEEP ? "asleep" : "standby";
}
