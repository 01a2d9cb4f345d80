/**
 * A CD-ROM drive as the cable sees it: packets of 12 bytes, and answers in blocks no longer than the host's limit.
 *
 *     PACKET ── BSY ── DRQ, to device, command ── BSY ─┬─ DRQ, to host, data, INTRQ ─┐
 *                                                      │   ^──────── BSY ────────────┤
 *                                                      ├─ DMARQ ─────────────────────┤
 *                                                      └─────────────────────────────┴─ status, INTRQ
 *
 * Datasheet: ATA/ATAPI-6 (T13/1410D), 8.26 PACKET, 9.8 and 9.9 "PACKET command protocol"; SFF-8020i.
 */
import type { Disk } from "../disk.ts";
import { type Cable, COMMAND_US, HANDSHAKE_US, SECTOR_US } from "./cable.ts";
import { IDENTIFY, IDENTIFY_PACKET, NOP, PACKET, SET_FEATURES } from "./commands.ts";
import { Drive, type DrivePlace, type DriveState } from "./drive.ts";
import { identifyPacketDrive } from "./identify.ts";
import {
  CD_SECTOR_BYTES,
  DISK_SECTORS_PER_CD_SECTOR,
  PacketCommands,
  type PacketCommandsState,
} from "./packet-commands.ts";
import { PACKET_DMA, PACKET_OVERLAP, REASON_COMMAND, REASON_TO_HOST } from "./registers.ts";
import { KEY_MEDIUM_ERROR, senseWords, UNRECOVERED_READ_ERROR } from "./sense.ts";
import { SIGNATURE_PACKET } from "./task-file.ts";
import { BUFFER_BYTES } from "./transfer-buffer.ts";

const MODEL = "UMBRA CD-ROM";
const PACKET_BYTES = 12;
const IDENTIFY_BYTES = 512;
const BUFFER_SECTORS = BUFFER_BYTES / CD_SECTOR_BYTES;
const SET_TRANSFER_MODE = 0x03;
/** The largest even number of the byte count registers. */
const MAX_BYTE_COUNT = 0xfffe;

/** What the drive does when its time has come, or when the host has moved a block. */
const STEP_COMMAND = 0;
const STEP_PACKET = 1;
const STEP_EXECUTE = 2;
const STEP_DATA = 3;
const STEP_STATUS = 4;

export interface CdDriveState extends DriveState, PacketCommandsState {
  kind: "cdrom";
  step: number;
  /** The most bytes of a DRQ block. */
  byteLimit: number;
  dma: boolean;
}

export class CdDrive extends Drive {
  readonly isPacket = true;
  readonly signature = SIGNATURE_PACKET;
  /** Not even DRDY: a packet device shows itself by its signature. */
  readonly resetStatus = 0;
  readonly maxUltra = 2;
  readonly model = MODEL;
  private readonly packets: PacketCommands;
  private step = STEP_COMMAND;
  private byteLimit = 0;
  private dma = false;

  constructor(cable: Cable, place: DrivePlace, disc: Disk | null) {
    super(cable, place);
    this.packets = new PacketCommands(disc, (detail) => cable.guestError("PACKET", detail));
  }

  /** What lies in the tray. */
  get disc(): Disk | null {
    return this.packets.disc;
  }

  /** Puts a disc in the drive, or takes it out. The guest hears of it when it asks; a lock does not hinder the host. */
  insert(disc: Disk | null): void {
    this.packets.insert(disc);
  }

  protected start(): void {
    this.step = STEP_COMMAND;
    if (this.command !== PACKET) {
      this.busy();
      return;
    }
    const { tf } = this;
    const features = tf.features & 0xff;
    const limit = (tf.lbaMid & 0xff) | ((tf.lbaHigh & 0xff) << 8);
    this.dma = (features & PACKET_DMA) !== 0;
    this.byteLimit = limit === 0 || limit > MAX_BYTE_COUNT ? MAX_BYTE_COUNT : limit;
    if ((features & PACKET_OVERLAP) === 0) this.step = STEP_PACKET;
    this.busy(HANDSHAKE_US);
  }

  due(): void {
    switch (this.step) {
      case STEP_PACKET:
        this.tf.sectorCount = REASON_COMMAND;
        this.cable.buffer.load(PACKET_BYTES, false);
        this.offer(PACKET_BYTES, false);
        break;
      case STEP_EXECUTE:
        this.execute();
        break;
      case STEP_DATA:
        this.data();
        break;
      case STEP_STATUS:
        this.finish();
        break;
      default:
        if (!this.powerCommand()) this.other();
    }
  }

  blockDone(): void {
    switch (this.step) {
      case STEP_PACKET:
        this.step = STEP_EXECUTE;
        this.busy(COMMAND_US);
        break;
      case STEP_DATA:
        this.next();
        break;
      default:
        this.complete(false);
    }
  }

  /** The commands that are no packets. */
  private other(): void {
    const { buffer } = this.cable;
    switch (this.command) {
      case IDENTIFY_PACKET:
        identifyPacketDrive(this, buffer.bytes);
        buffer.load(IDENTIFY_BYTES, true);
        this.offer(IDENTIFY_BYTES, true);
        break;
      case SET_FEATURES:
        if ((this.tf.features & 0xff) === SET_TRANSFER_MODE) this.setTransferMode();
        else this.abort(`feature ${(this.tf.features & 0xff).toString(16).padStart(2, "0")} is not there`);
        break;
      case IDENTIFY:
        // The signature tells software that it has asked the wrong kind of drive.
        this.tf.setSignature(this.signature);
        this.abort();
        break;
      case NOP:
        this.abort();
        break;
      case PACKET:
        this.abort("overlapped commands are not there");
        break;
      default:
        this.tf.setSignature(this.signature);
        this.abort("not a command of a packet device");
    }
  }

  private execute(): void {
    const { packets, cable } = this;
    const { buffer } = cable;
    this.power.wake();
    const answer = packets.execute(buffer.bytes.subarray(0, PACKET_BYTES));
    if (answer === null) {
      this.checkCondition();
      return;
    }
    buffer.bytes.set(answer);
    buffer.load(answer.length, true);
    this.step = STEP_DATA;
    if (packets.state.readLeft > 0) this.next();
    else this.data();
  }

  /** What is to come after a block, and after how long. */
  private next(): void {
    const { packets, cable } = this;
    if (!cable.buffer.isAllMoved) {
      this.busy(HANDSHAKE_US);
    } else if (packets.state.readLeft > 0) {
      const sectors = Math.min(packets.state.readLeft, BUFFER_SECTORS);
      this.busy(sectors * DISK_SECTORS_PER_CD_SECTOR * SECTOR_US);
    } else {
      this.step = STEP_STATUS;
      this.busy(HANDSHAKE_US);
    }
  }

  /** Sends what the buffer holds; fills it first if it is empty and more is to come. */
  private data(): void {
    const { buffer } = this.cable;
    if (buffer.isAllMoved && this.packets.state.readLeft > 0 && !this.fill()) return;
    if (buffer.isAllMoved) {
      this.finish();
    } else if (this.dma) {
      if (this.moveByDma()) this.next();
    } else {
      this.offerData();
    }
  }

  /** Only the last block may have an odd length. */
  private offerData(): void {
    const { tf, cable, byteLimit } = this;
    const { buffer } = cable;
    const left = buffer.used - buffer.position;
    const length = left <= byteLimit ? left : Math.max(2, byteLimit & ~1);
    tf.sectorCount = REASON_TO_HOST;
    tf.lbaMid = length & 0xff;
    tf.lbaHigh = length >> 8;
    this.offer(length, true);
  }

  /** Reads the next sectors. They may be gone since the command began: the host can change the disc. */
  private fill(): boolean {
    const { packets } = this;
    const { state, disc } = packets;
    const { buffer } = this.cable;
    const count = Math.min(state.readLeft, BUFFER_SECTORS, packets.capacity - state.readLba);
    if (disc === null || state.trayOpen || count <= 0) {
      packets.failNotReady();
      this.checkCondition();
      return false;
    }
    const first = state.readLba * DISK_SECTORS_PER_CD_SECTOR;
    const isGood = (index: number, sectors: number): boolean => {
      const bytes = buffer.bytes.subarray(index * CD_SECTOR_BYTES, (index + sectors) * CD_SECTOR_BYTES);
      return disc.read(first + index * DISK_SECTORS_PER_CD_SECTOR, bytes);
    };
    let good = isGood(0, count) ? count : 0;
    if (good === 0) while (good < count && isGood(good, 1)) good++;
    if (good === 0) {
      packets.fail(KEY_MEDIUM_ERROR, UNRECOVERED_READ_ERROR, state.readLba);
      this.checkCondition();
      return false;
    }
    state.readLba += good;
    state.readLeft -= good;
    buffer.load(good * CD_SECTOR_BYTES, true);
    return true;
  }

  private finish(): void {
    this.step = STEP_STATUS;
    this.tf.sectorCount = REASON_TO_HOST | REASON_COMMAND;
    this.complete();
  }

  /** The command failed: the sense key is in ERROR, the rest is for REQUEST SENSE. */
  private checkCondition(): void {
    const { state } = this.packets;
    this.step = STEP_STATUS;
    state.readLeft = 0;
    this.tf.sectorCount = REASON_TO_HOST | REASON_COMMAND;
    this.fail(state.senseKey << 4);
  }

  /** What REQUEST SENSE would say, in words. */
  get senseWords(): string {
    const { senseKey, senseCode, attention } = this.packets.state;
    if (senseKey !== 0) return senseWords(senseCode);
    return attention === 0 ? "none" : `attention: ${senseWords(attention)}`;
  }

  override finishReset(): void {
    super.finishReset();
    this.step = STEP_COMMAND;
    this.byteLimit = 0;
    this.dma = false;
    this.packets.reset();
  }

  override reset(): void {
    super.reset();
    this.packets.powerOn();
  }

  save(): CdDriveState {
    const { step, byteLimit, dma } = this;
    return { kind: "cdrom", ...this.saveDrive(), ...this.packets.save(), step, byteLimit, dma };
  }

  restore(state: CdDriveState): void {
    this.restoreDrive(state);
    this.packets.restore(state);
    this.step = state.step;
    this.byteLimit = state.byteLimit;
    this.dma = state.dma;
  }
}
