/**
 * One IDE channel: the cable with up to two drives, and the registers that the host reaches them by.
 *
 * Writes go to both drives; the one that DEVICE selects answers. A lone master answers for the slave: STATUS reads 0, and the
 * other registers as its own, or as 0 if it is a packet device. Without a master nobody drives the bus, and its pull-down
 * makes BSY read as clear.
 *
 * Datasheet: ATA/ATAPI-6 (T13/1410D), section 7 and 9.16 "Single device configurations"; Intel 82371SB (PIIX3), 3.5.
 *
 * Differs: while the selected drive is busy or asks for data, writes to its registers are lost; the standard leaves it open.
 * So only one drive is ever at work, and the channel needs one buffer and one alarm.
 */
import { assert } from "../../common/assert.ts";
import type { Alarm, Clock, Device, GuestErrorSink, IrqLine, PortDevice, Width } from "../device.ts";
import type { Disk } from "../disk.ts";
import type { BusMaster } from "./bus-master.ts";
import { type Cable, HANDSHAKE_US, RESET_US } from "./cable.ts";
import { CdDrive, type CdDriveState } from "./cd-drive.ts";
import { DEVICE_RESET, EXECUTE_DIAGNOSTIC } from "./commands.ts";
import { DiskDrive, type DiskDriveState } from "./disk-drive.ts";
import {
  COMMAND_BLOCK_NAMES,
  CONTROL_HOB,
  CONTROL_NIEN,
  CONTROL_SRST,
  DATA,
  DEVICE,
  DEVICE_DEV,
  FLOATING_BYTE,
  FLOATING_WORD,
  STATUS,
  STATUS_BSY,
  STATUS_DRQ,
} from "./registers.ts";
import { TransferBuffer, type TransferBufferState } from "./transfer-buffer.ts";

export const COMMAND_BLOCK_PORTS = 8;
const MICROSECONDS = 1_000_000;

/** What hangs on one plug of the cable. */
export type DriveSpec =
  | { readonly kind: "disk"; readonly disk: Disk }
  | { readonly kind: "cdrom"; readonly disc: Disk | null };
export type AnyDrive = DiskDrive | CdDrive;

/** What the alarm is for. */
const FOR_NOTHING = 0;
const FOR_COMMAND = 1;
const FOR_RESET = 2;
const FOR_DIAGNOSTIC = 3;
const FOR_DEVICE_RESET = 4;
const NEVER = -1;

export interface ChannelState {
  drive0: DiskDriveState | CdDriveState | null;
  drive1: DiskDriveState | CdDriveState | null;
  buffer: TransferBufferState;
  DEVICE_CONTROL: number;
  /** The selected drive. */
  DEV: number;
  waitsFor: number;
  /** When that is over, in icount. */
  dueAt: number;
}

export interface ChannelWires {
  readonly clock: Clock;
  readonly irq: IrqLine;
  /** It must call `dmaReady` when it is started. */
  readonly busMaster: BusMaster;
  readonly guestError: GuestErrorSink;
}

export class AtaChannel implements Device<ChannelState> {
  readonly name: string;
  readonly drives: readonly [AnyDrive | null, AnyDrive | null];
  readonly busMaster: BusMaster;
  /** Ports 1f0 to 1f7, or 170 to 177. */
  readonly commandBlock: PortDevice;
  /** Port 3f6 or 376. */
  readonly controlBlock: PortDevice;
  private readonly wires: ChannelWires;
  private readonly alarm: Alarm;
  private readonly buffer = new TransferBuffer();
  private control = 0;
  private selected: 0 | 1 = 0;
  private waitsFor = FOR_NOTHING;
  private dueAt = NEVER;
  private irqLevel = false;

  /** `number` is 0 for the primary channel. */
  constructor(number: number, specs: readonly (DriveSpec | null)[], wires: ChannelWires) {
    this.name = `ide${number}`;
    this.wires = wires;
    this.busMaster = wires.busMaster;
    this.alarm = wires.clock.alarm(() => this.due());
    this.commandBlock = {
      name: this.name,
      maxWidth: 4,
      portRead: (offset, width) => this.readCommandBlock(offset, width),
      portWrite: (offset, width, value) => this.writeCommandBlock(offset, width, value),
    };
    this.controlBlock = {
      name: this.name,
      portRead: () => this.status(),
      portWrite: (_offset, _width, value) => this.writeControl(value & 0xff),
    };
    const cable: Cable = {
      clock: wires.clock,
      buffer: this.buffer,
      after: (microseconds) => this.wait(FOR_COMMAND, microseconds),
      moveByDma: () => wires.busMaster.move(this.buffer),
      interruptChanged: () => this.driveIrq(),
      guestError: (register, detail) => wires.guestError(this.name, register, detail),
    };
    this.drives = [this.plug(0, specs, cable, number), this.plug(1, specs, cable, number)];
    for (const drive of this.drives) drive?.reset();
  }

  private plug(
    device: 0 | 1,
    specs: readonly (DriveSpec | null)[],
    cable: Cable,
    number: number,
  ): AnyDrive | null {
    const spec = specs[device] ?? null;
    if (spec === null) return null;
    const paired = (specs[1 - device] ?? null) !== null;
    const serial = `UMBRA-${String(number * 2 + device + 1).padStart(4, "0")}`;
    const place = { device, paired, serial };
    return spec.kind === "disk"
      ? new DiskDrive(cable, place, spec.disk)
      : new CdDrive(cable, place, spec.disc);
  }

  /** The level of INTRQ, as it leaves the cable. */
  get interruptLevel(): boolean {
    return this.irqLevel;
  }

  get deviceControl(): number {
    return this.control;
  }

  /** The drive that DEVICE selects, there or not. */
  get selectedDevice(): 0 | 1 {
    return this.selected;
  }

  /** When the channel acts next by itself, in icount; null if it waits for the guest. */
  get deadline(): number | null {
    return this.dueAt === NEVER ? null : this.dueAt;
  }

  /** The bus master has been started, or allowed: a drive that waits for it goes on. */
  dmaReady(): void {
    if (this.waitsFor === FOR_NOTHING && this.drive !== null && this.drive.dmarq)
      this.wait(FOR_COMMAND, HANDSHAKE_US);
  }

  private get drive(): AnyDrive | null {
    return this.drives[this.selected];
  }

  /** DATA takes words, one after the other; the other registers are bytes. */
  private readCommandBlock(offset: number, width: Width): number {
    if (offset === DATA) {
      if (width === 4) return this.readData() + this.readData() * 0x1_0000;
      if (width === 1) this.wires.guestError(this.name, "DATA", "byte read; a word is gone");
      return width === 1 ? this.readData() & 0xff : this.readData();
    }
    let value = 0;
    for (let i = 0; i < width; i++)
      value += (offset + i < COMMAND_BLOCK_PORTS ? this.readRegister(offset + i) : 0xff) * 2 ** (i * 8);
    return value;
  }

  private writeCommandBlock(offset: number, width: Width, value: number): void {
    if (offset === DATA) {
      if (width === 1) this.wires.guestError(this.name, "DATA", "byte write; the word's high byte is 0");
      this.writeData(value & 0xffff);
      if (width === 4) this.writeData(value >>> 16);
      return;
    }
    for (let i = 0; i < width && offset + i < COMMAND_BLOCK_PORTS; i++)
      this.writeRegister(offset + i, (value >>> (i * 8)) & 0xff);
  }

  private readData(): number {
    const { drive, buffer } = this;
    if (drive === null || (drive.status & STATUS_DRQ) === 0 || !buffer.toHost) {
      this.wires.guestError(this.name, "DATA", "read, but there are no data for the host");
      return FLOATING_WORD;
    }
    const word = buffer.takeWord();
    if (buffer.isBlockMoved) drive.blockDone();
    return word;
  }

  private writeData(word: number): void {
    const { drive, buffer } = this;
    if (drive === null || (drive.status & STATUS_DRQ) === 0 || buffer.toHost) {
      this.wires.guestError(this.name, "DATA", "written, but the drive does not want data");
      return;
    }
    buffer.putWord(word);
    if (buffer.isBlockMoved) drive.blockDone();
  }

  private readRegister(register: number): number {
    const { drive } = this;
    if (register === STATUS) {
      const status = this.status();
      drive?.setIntrq(false);
      return status;
    }
    if (drive !== null && drive.isBusy) return drive.status;
    const shift = (this.control & CONTROL_HOB) !== 0 ? 8 : 0;
    if (drive !== null) return drive.register(register, shift);
    const master = this.selected === 1 ? this.drives[0] : null;
    if (master === null) return FLOATING_BYTE;
    return master.isPacket ? 0 : master.register(register, shift);
  }

  /** STATUS without its effect on the interrupt. */
  private status(): number {
    const { drive, selected, drives } = this;
    if (drive !== null) return drive.status;
    return selected === 1 && drives[0] !== null ? 0 : FLOATING_BYTE;
  }

  private writeRegister(register: number, byte: number): void {
    const { drive } = this;
    this.control &= ~CONTROL_HOB;
    // Drives that are being reset hear nothing.
    if ((this.control & CONTROL_SRST) !== 0) return;
    const isBusy = drive !== null && (drive.status & (STATUS_BSY | STATUS_DRQ)) !== 0;
    if (register === STATUS && byte === DEVICE_RESET && drive !== null && drive.isPacket) {
      this.deviceReset();
    } else if (isBusy) {
      this.wires.guestError(this.name, this.probe(register), "written while the drive is busy or has data");
    } else if (register === STATUS) {
      this.command(byte);
    } else {
      for (const each of this.drives) each?.tf.write(register, byte);
      if (register === DEVICE) this.select((byte & DEVICE_DEV) !== 0 ? 1 : 0);
    }
  }

  private select(device: 0 | 1): void {
    this.selected = device;
    this.driveIrq();
  }

  /** EXECUTE DIAGNOSTIC is for both drives, whichever is selected. */
  private command(command: number): void {
    const { drive } = this;
    if (command === EXECUTE_DIAGNOSTIC) {
      this.abortAll();
      this.wait(FOR_DIAGNOSTIC, RESET_US);
    } else if (drive !== null) {
      drive.begin(command);
    }
  }

  /** The reset of one packet device, which may be busy. */
  private deviceReset(): void {
    // A reset of both drives goes on.
    if (this.waitsFor === FOR_RESET || this.waitsFor === FOR_DIAGNOSTIC) return;
    this.drive?.abortCommand();
    this.buffer.clear();
    this.wait(FOR_DEVICE_RESET, RESET_US);
  }

  /** The reset lasts as long as SRST is set, and a little longer. */
  private writeControl(byte: number): void {
    const wasReset = (this.control & CONTROL_SRST) !== 0;
    const isReset = (byte & CONTROL_SRST) !== 0;
    this.control = byte & (CONTROL_HOB | CONTROL_SRST | CONTROL_NIEN);
    if (isReset && !wasReset) {
      this.abortAll();
      this.wait(FOR_NOTHING, 0);
      this.select(0);
    } else if (wasReset && !isReset) {
      this.wait(FOR_RESET, RESET_US);
    }
    this.driveIrq();
  }

  private abortAll(): void {
    for (const drive of this.drives) drive?.abortCommand();
    this.buffer.clear();
  }

  private wait(what: number, microseconds: number): void {
    const { clock } = this.wires;
    this.waitsFor = what;
    if (what === FOR_NOTHING) {
      this.dueAt = NEVER;
      this.alarm.cancel();
    } else {
      this.dueAt = clock.now + Math.max(1, Math.ceil((microseconds * clock.hz) / MICROSECONDS));
      this.alarm.at(this.dueAt);
    }
  }

  private due(): void {
    const { waitsFor, drives } = this;
    this.waitsFor = FOR_NOTHING;
    this.dueAt = NEVER;
    if (waitsFor === FOR_COMMAND) {
      this.drive?.due();
    } else if (waitsFor === FOR_DEVICE_RESET) {
      this.drive?.finishReset();
    } else {
      for (const drive of drives) {
        drive?.finishReset();
        drive?.tf.write(DEVICE, 0);
      }
      this.select(0);
      if (waitsFor === FOR_DIAGNOSTIC) drives[0]?.setIntrq(true);
    }
  }

  /** INTRQ of the drive that is not selected stays off the cable. */
  private driveIrq(force = false): void {
    const level = (this.drive?.intrq ?? false) && (this.control & CONTROL_NIEN) === 0;
    if (level === this.irqLevel && !force) return;
    if (level && !this.irqLevel && !force) this.busMaster.interrupt();
    this.irqLevel = level;
    if (level) this.wires.irq.raise();
    else this.wires.irq.lower();
  }

  reset(): void {
    this.control = 0;
    this.selected = 0;
    this.wait(FOR_NOTHING, 0);
    this.buffer.clear();
    for (const drive of this.drives) drive?.reset();
    this.driveIrq(true);
  }

  save(): ChannelState {
    const [drive0, drive1] = this.drives;
    return {
      drive0: drive0?.save() ?? null,
      drive1: drive1?.save() ?? null,
      buffer: this.buffer.save(),
      DEVICE_CONTROL: this.control,
      DEV: this.selected,
      waitsFor: this.waitsFor,
      dueAt: this.dueAt,
    };
  }

  /** The state must come from a channel with the same drives. */
  restore(state: ChannelState): void {
    const states = [state.drive0, state.drive1];
    for (const [i, drive] of this.drives.entries()) {
      const saved = states[i];
      if (drive instanceof DiskDrive && saved?.kind === "disk") drive.restore(saved);
      else if (drive instanceof CdDrive && saved?.kind === "cdrom") drive.restore(saved);
      else assert(drive === null && saved === null, `${this.name}: the saved drives are others`);
    }
    this.buffer.restore(state.buffer);
    this.control = state.DEVICE_CONTROL;
    this.selected = state.DEV === 1 ? 1 : 0;
    this.waitsFor = state.waitsFor;
    this.dueAt = state.dueAt;
    if (state.dueAt === NEVER) this.alarm.cancel();
    else this.alarm.at(state.dueAt);
    this.driveIrq(true);
  }

  /** 0 to 7 are the command block, 8 is the control block. */
  probe(offset: number): string {
    return offset === COMMAND_BLOCK_PORTS
      ? "ALTERNATE_STATUS/DEVICE_CONTROL"
      : (COMMAND_BLOCK_NAMES[offset] ?? "?");
  }
}
