/**
 * The commands that move along a track: they find sectors, and pass their bytes through DMA or through the FIFO.
 *
 * Parameters      drive, C, H, R, N, EOT, GPL, DTL           FORMAT TRACK      drive, N, SC, GPL, D
 * Results         ST0, ST1, ST2, C, H, R, N                  READ ID           drive
 *
 * Datasheet: Intel 82077AA, order 290166, section 6.1 "Data transfer commands", section 6.0 "Status registers".
 *
 * Differs: a search for an address mark ends after two revolutions even if the spindle stands still, where the chip waits for the
 * index hole for ever. The host is never late in non-DMA mode; the FIFO holds a sector. An image has no place for
 * deleted data marks, so what WRITE DELETED DATA writes is written as WRITE DATA does, nor for a layout of its own, so
 * FORMAT TRACK only takes the one that the diskette has.
 */
import type { Alarm, Clock } from "../device.ts";
import { SECTOR_BYTES } from "../disk.ts";
import type { DmaChannel } from "../dma8237.ts";
import {
  CODE,
  commandName,
  FLAG_MFM,
  FLAG_SK,
  FORMAT_TRACK,
  READ_DELETED_DATA,
  READ_ID,
  READ_TRACK,
  VERIFY,
  WRITE_DATA,
  WRITE_DELETED_DATA,
} from "./fdc-commands.ts";
import {
  ST0_ABNORMAL,
  ST0_SEEK_END,
  ST1_DATA_ERROR,
  ST1_END_OF_CYLINDER,
  ST1_MISSING_ADDRESS_MARK,
  ST1_NO_DATA,
  ST1_NOT_WRITABLE,
  ST1_OVERRUN,
  ST2_CONTROL_MARK,
  ST2_DATA_ERROR_IN_DATA,
  ST2_WRONG_CYLINDER,
  UNIT_HEAD,
} from "./fdc-registers.ts";
import type { FloppyDrive } from "./floppy-drive.ts";
import { CONTROLLER_US, instructions, REVOLUTION_US, SEARCH_US } from "./floppy-timing.ts";
import type { HeadPositioner } from "./head-positioner.ts";
import { SectorFifo, type SectorFifoState } from "./sector-fifo.ts";
import {
  advance,
  idle,
  NEVER,
  STAGE_FAIL,
  STAGE_HOST,
  STAGE_IDLE,
  STAGE_SECTOR,
  STAGE_SEEK,
  stateOf,
  type TransferState,
} from "./transfer-state.ts";

/** The N of 512 bytes, the only size that diskettes of a PC have. */
const N_512 = 2;
/** Bytes that FORMAT TRACK takes for each sector: C, H, R, N. */
const ID_BYTES = 4;

export interface SectorTransferState extends TransferState {
  fifo: SectorFifoState;
}

export interface SectorTransferWires {
  readonly clock: Clock;
  readonly dma: DmaChannel;
  /** The place that DOR selects. */
  readonly place: () => number;
  /** The drive there, if its spindle turns and a medium is in. */
  readonly spinning: () => FloppyDrive | null;
  readonly rate: () => number;
  readonly positioner: (unit: number) => HeadPositioner;
  /** The host's turn to move bytes through the FIFO has come, or is over. */
  readonly turned: () => void;
  readonly ended: (results: number[]) => void;
  readonly guestError: (register: string, detail: string) => void;
}

/** What CONFIGURE and SPECIFY say about transfers. */
export interface TransferModes {
  readonly impliedSeek: boolean;
  readonly nonDma: boolean;
}

export class SectorTransfer {
  private readonly wires: SectorTransferWires;
  private readonly alarm: Alarm;
  private readonly fifo = new SectorFifo();
  private state = idle();

  constructor(wires: SectorTransferWires) {
    this.wires = wires;
    this.alarm = wires.clock.alarm(() => this.due());
  }

  /** When it goes on by itself, in icount; null if it waits for the host, or has nothing to do. */
  get deadline(): number | null {
    return this.state.dueAt === NEVER ? null : this.state.dueAt;
  }

  get isHostTurn(): boolean {
    return this.state.stage === STAGE_HOST;
  }

  get nonDma(): boolean {
    return this.state.nonDma;
  }

  /** Is an implied seek of a drive on its way? */
  seeks(unit: number): boolean {
    return this.state.stage === STAGE_SEEK && this.state.unit === unit;
  }

  /** Which way the bytes of the FIFO go. */
  get toHost(): boolean {
    return this.fifo.toHost;
  }

  /** Begins a command with all of its parameters. */
  begin(bytes: readonly number[], modes: TransferModes): void {
    const { wires } = this;
    const state = stateOf(bytes, modes.nonDma);
    this.state = state;
    const { code } = this;
    if (code === WRITE_DELETED_DATA)
      wires.guestError("FIFO", "an image has no place for the mark of deleted data");
    const positioner = wires.positioner(state.unit);
    const seeks = modes.impliedSeek && code !== FORMAT_TRACK && code !== READ_ID;
    if (!seeks || state.C === positioner.PCN) this.search();
    else {
      state.ST0 = ST0_SEEK_END;
      this.wait(STAGE_SEEK, positioner.timeTo(state.C));
    }
  }

  // --- Finding sectors -----------------------------------------------------------------------------------------------------

  private due(): void {
    const { state, wires } = this;
    const { stage } = state;
    state.stage = STAGE_IDLE;
    state.dueAt = NEVER;
    if (stage === STAGE_SEEK) {
      wires.positioner(state.unit).moveTo(wires.place(), state.C);
      this.search();
    } else if (stage === STAGE_SECTOR) this.sectorPasses();
    else this.end(true);
  }

  /** Waits for the sector that comes next; or for the moment when the controller knows that it will not come. */
  private search(): void {
    const { state, wires } = this;
    const drive = wires.spinning();
    const isReadable = (state.command & FLAG_MFM) !== 0 && drive !== null && drive.rate === wires.rate();
    const sectors = isReadable ? drive.sectorsUnder(state.head) : 0;
    if (drive === null || sectors === 0) {
      this.fail(ST1_MISSING_ADDRESS_MARK, 0, SEARCH_US);
    } else if (this.isWrite && drive.isWriteProtected) {
      this.fail(ST1_NOT_WRITABLE, 0, CONTROLLER_US);
    } else if (this.code === READ_ID) {
      this.wait(STAGE_SECTOR, REVOLUTION_US / sectors);
    } else if (this.code === FORMAT_TRACK) {
      if (state.left === 0) this.wait(STAGE_SECTOR, REVOLUTION_US);
      else this.awaitSector(ID_BYTES, REVOLUTION_US / sectors);
    } else if (this.isFound(drive, sectors)) {
      this.awaitSector(SECTOR_BYTES, REVOLUTION_US / sectors);
    }
  }

  /** Compares the address mark. READ TRACK notes what differs, and goes on. */
  private isFound(drive: FloppyDrive, sectors: number): boolean {
    const { state } = this;
    const wrongCylinder = state.C !== drive.cylinder;
    const isThere = state.R >= 1 && state.R <= sectors;
    const matches = !wrongCylinder && isThere && state.H === state.head && state.N === N_512;
    if (this.code === READ_TRACK) {
      if (!matches) state.ST1 |= ST1_NO_DATA;
      if (this.physical <= sectors) return true;
      this.fail(ST1_MISSING_ADDRESS_MARK, 0, SEARCH_US);
      return false;
    }
    if (!matches) this.fail(ST1_NO_DATA, wrongCylinder ? ST2_WRONG_CYLINDER : 0, SEARCH_US);
    return matches;
  }

  /** In non-DMA mode the bytes for the medium are there before the sector is. */
  private awaitSector(bytes: number, microseconds: number): void {
    if (this.isWrite && this.state.nonDma) this.giveHostTurn(bytes, false);
    else this.wait(STAGE_SECTOR, microseconds);
  }

  /** The sector of the medium that R is, or for READ TRACK the next one behind the index hole. */
  private get physical(): number {
    const { state } = this;
    return this.code === READ_TRACK ? state.EOT - state.left + 1 : state.R;
  }

  // --- Moving bytes ----------------------------------------------------------------------------------------------------------

  private sectorPasses(): void {
    const drive = this.wires.spinning();
    const sectors = drive?.sectorsUnder(this.state.head) ?? 0;
    if (drive === null || sectors === 0) this.fail(ST1_MISSING_ADDRESS_MARK, 0, SEARCH_US);
    else if (this.code === READ_ID) this.identify(drive);
    else if (this.code === FORMAT_TRACK) this.formatSector(drive);
    // Another diskette than the one that was searched: the user, or DOR, was quicker.
    else if (this.physical > sectors) this.fail(ST1_NO_DATA, 0, SEARCH_US);
    else if (this.isWrite) this.writeSector(drive);
    else this.readSector(drive);
  }

  /** Which sector comes by is a matter of time alone. */
  private identify(drive: FloppyDrive): void {
    const { state, wires } = this;
    const { clock } = wires;
    const turn = instructions(clock, REVOLUTION_US);
    state.C = drive.cylinder;
    state.H = state.head;
    state.R = 1 + Math.floor(((clock.now % turn) * drive.sectorsUnder(state.head)) / turn);
    state.N = N_512;
    this.end(false);
  }

  /** All marks are those of plain data, so READ DELETED DATA finds the other kind. */
  private readSector(drive: FloppyDrive): void {
    const { state, fifo } = this;
    if (this.code === READ_DELETED_DATA) {
      state.ST2 |= ST2_CONTROL_MARK;
      if ((state.command & FLAG_SK) !== 0) {
        this.next(false);
        return;
      }
    }
    if (!drive.read(state.head, this.physical, fifo.sector)) {
      this.fail(ST1_DATA_ERROR, ST2_DATA_ERROR_IN_DATA, CONTROLLER_US);
    } else if (this.code === VERIFY) {
      this.next(false);
    } else if (state.nonDma) {
      this.giveHostTurn(SECTOR_BYTES, true);
    } else {
      const { moved, terminalCount } = this.wires.dma.toMemory(fifo.sector);
      if (moved < SECTOR_BYTES && !terminalCount) this.fail(ST1_OVERRUN, 0, CONTROLLER_US);
      else this.next(terminalCount);
    }
  }

  /** After terminal count the rest of a sector is filled with zeros. */
  private writeSector(drive: FloppyDrive): void {
    const { state } = this;
    const terminalCount = this.fetch(SECTOR_BYTES);
    if (terminalCount === null) return;
    if (drive.write(state.head, state.R, this.fifo.sector)) this.next(terminalCount);
    else this.fail(ST1_DATA_ERROR, ST2_DATA_ERROR_IN_DATA, CONTROLLER_US);
  }

  private formatSector(drive: FloppyDrive): void {
    const { state, fifo } = this;
    if (state.left === 0) {
      this.end(false);
      return;
    }
    const terminalCount = this.fetch(ID_BYTES);
    if (terminalCount === null) return;
    const [C, H, R, N] = fifo.sector;
    const isKnown = C === drive.cylinder && H === state.head && R >= 1 && R <= drive.sectorsUnder(H);
    if (!isKnown || N !== N_512 || state.N !== N_512) {
      this.wires.guestError("FIFO", `an image has no place for a sector ${[C, H, R, N].join("/")} here`);
      this.fail(ST1_NO_DATA, 0, CONTROLLER_US);
      return;
    }
    Object.assign(state, { C, H, R });
    fifo.sector.fill(state.D);
    if (!drive.write(state.head, R, fifo.sector)) {
      this.fail(ST1_DATA_ERROR, ST2_DATA_ERROR_IN_DATA, CONTROLLER_US);
      return;
    }
    state.left--;
    if (state.left === 0 || terminalCount) this.end(false);
    else this.search();
  }

  /** Bytes for the medium, in the FIFO. True at terminal count; null if they did not come in time. */
  private fetch(bytes: number): boolean | null {
    const { state, fifo } = this;
    if (state.nonDma) return false;
    const { moved, terminalCount } = this.wires.dma.fromMemory(fifo.sector.subarray(0, bytes));
    if (moved < bytes && !terminalCount) {
      this.fail(ST1_OVERRUN, 0, CONTROLLER_US);
      return null;
    }
    fifo.sector.fill(0, moved);
    return terminalCount;
  }

  // --- The host's turn, in non-DMA mode ------------------------------------------------------------------------------------

  private giveHostTurn(bytes: number, toHost: boolean): void {
    this.fifo.open(bytes, toHost);
    this.state.stage = STAGE_HOST;
    this.wires.turned();
  }

  takeByte(): number {
    const byte = this.fifo.take();
    if (this.fifo.isDone) {
      this.endHostTurn();
      this.next(false);
    }
    return byte;
  }

  putByte(byte: number): void {
    this.fifo.put(byte);
    if (!this.fifo.isDone) return;
    this.endHostTurn();
    const sectors = this.wires.spinning()?.sectorsUnder(this.state.head) ?? 0;
    this.wait(STAGE_SECTOR, sectors === 0 ? SEARCH_US : REVOLUTION_US / sectors);
  }

  private endHostTurn(): void {
    this.state.stage = STAGE_IDLE;
    this.wires.turned();
  }

  // --- From sector to sector -------------------------------------------------------------------------------------------------

  /** A sector is done; at terminal count it was the last. */
  private next(terminalCount: boolean): void {
    const behind = advance(this.state, terminalCount);
    if (behind === "next") {
      this.search();
      return;
    }
    if (behind === "end of cylinder") this.state.ST1 |= ST1_END_OF_CYLINDER;
    this.end(behind === "end of cylinder");
  }

  private get code(): number {
    return this.state.command & CODE;
  }

  private get isWrite(): boolean {
    const { code } = this;
    return code === WRITE_DATA || code === WRITE_DELETED_DATA || code === FORMAT_TRACK;
  }

  private wait(stage: number, microseconds: number): void {
    const { clock } = this.wires;
    this.state.stage = stage;
    this.state.dueAt = clock.now + instructions(clock, microseconds);
    this.alarm.at(this.state.dueAt);
  }

  /** Ends the command abnormally, after a while. */
  private fail(ST1: number, ST2: number, microseconds: number): void {
    this.state.ST1 |= ST1;
    this.state.ST2 |= ST2;
    if (ST1 === ST1_OVERRUN)
      this.wires.guestError("FIFO", `${commandName(this.state.command)}: DMA is not ready, an overrun`);
    this.wait(STAGE_FAIL, microseconds);
  }

  private end(isAbnormal: boolean): void {
    const { ST0, ST1, ST2, unit, head, C, H, R, N } = this.state;
    this.state.stage = STAGE_IDLE;
    const code = isAbnormal ? ST0_ABNORMAL : 0;
    this.wires.ended([ST0 | code | (head === 1 ? UNIT_HEAD : 0) | unit, ST1, ST2, C, H, R, N]);
  }

  // --- State -----------------------------------------------------------------------------------------------------------------

  reset(): void {
    this.state = idle();
    this.fifo.reset();
    this.alarm.cancel();
  }

  save(): SectorTransferState {
    return { ...this.state, fifo: this.fifo.save(this.isHostTurn || this.state.stage === STAGE_SECTOR) };
  }

  restore({ fifo, ...own }: SectorTransferState): void {
    this.state = own;
    this.fifo.restore(fifo);
    if (own.dueAt === NEVER) this.alarm.cancel();
    else this.alarm.at(own.dueAt);
  }
}
