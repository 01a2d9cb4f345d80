/**
 * What the controller knows of one drive's head carriage: the track it counts, and a seek on its way.
 *
 * Datasheet: Intel 82077AA, order 290166, "Seek", "Recalibrate", "Relative seek", "Sense interrupt status".
 *
 * Differs: the step pulses of a seek all come at its end.
 */
import type { Alarm, Clock } from "../device.ts";
import { ST0_ABNORMAL, ST0_EQUIPMENT_CHECK, ST0_SEEK_END } from "./fdc-registers.ts";
import type { FloppyDrive } from "./floppy-drive.ts";
import { CONTROLLER_US, instructions, STEP_US } from "./floppy-timing.ts";

/** A recalibration gives up after so many pulses without the signal of track 0. */
const MAX_RECALIBRATE = 79;
const TRACKS = 256;
const NONE = -1;

export interface HeadPositionerState {
  /** Present cylinder number. */
  PCN: number;
  /** The place of the drive that the pulses go to; -1 if there is none. */
  place: number;
  pulses: number;
  /** What PCN and ST0 will be when the seek ends. */
  nextPCN: number;
  nextST0: number;
  /** When that is, in icount; -1 if no seek is on its way. */
  dueAt: number;
  /** ST0 of a seek that has ended and was not asked for yet; -1 if none. */
  ended: number;
}

export interface HeadPositionerWires {
  readonly clock: Clock;
  readonly drives: readonly (FloppyDrive | null)[];
  /** A seek has ended. */
  readonly ended: () => void;
}

const powerOn = (): HeadPositionerState => ({
  PCN: 0,
  place: NONE,
  pulses: 0,
  nextPCN: 0,
  nextST0: 0,
  dueAt: NONE,
  ended: NONE,
});

export class HeadPositioner {
  private readonly unit: number;
  private readonly wires: HeadPositionerWires;
  private readonly alarm: Alarm;
  private state = powerOn();

  /** `unit` is the number that commands give. */
  constructor(unit: number, wires: HeadPositionerWires) {
    this.unit = unit;
    this.wires = wires;
    this.alarm = wires.clock.alarm(() => this.arrive());
  }

  get PCN(): number {
    return this.state.PCN;
  }

  get isBusy(): boolean {
    return this.state.dueAt !== NONE;
  }

  get hasEnded(): boolean {
    return this.state.ended !== NONE;
  }

  /** When its seek ends, in icount; null if none is on its way. */
  get deadline(): number | null {
    return this.isBusy ? this.state.dueAt : null;
  }

  /** ST0 of the seek that ended; asking for it forgets it. */
  takeEnd(): number {
    const { ended } = this.state;
    this.state.ended = NONE;
    return ended;
  }

  /** SEEK. `place` is the drive that is selected, there or not. */
  seek(place: number, cylinder: number): void {
    this.begin(place, cylinder - this.state.PCN, cylinder, ST0_SEEK_END);
  }

  /** RELATIVE SEEK, toward the spindle if positive. */
  seekBy(place: number, tracks: number): void {
    this.begin(place, tracks, (this.state.PCN + tracks + TRACKS) % TRACKS, ST0_SEEK_END);
  }

  /** RECALIBRATE: outward until track 0 shows. */
  recalibrate(place: number): void {
    const track = this.wires.drives[place]?.track ?? Number.POSITIVE_INFINITY;
    const isLost = track > MAX_RECALIBRATE;
    const problem = isLost ? ST0_ABNORMAL | ST0_EQUIPMENT_CHECK : 0;
    this.begin(place, -Math.min(track, MAX_RECALIBRATE), 0, ST0_SEEK_END | problem);
  }

  /** The end of a seek that was part of another command: no interrupt. */
  moveTo(place: number, cylinder: number): void {
    this.wires.drives[place]?.step(cylinder - this.state.PCN);
    this.state.PCN = cylinder;
  }

  /** How long an implied seek takes, in microseconds. */
  timeTo(cylinder: number): number {
    return CONTROLLER_US + Math.abs(cylinder - this.state.PCN) * STEP_US;
  }

  private begin(place: number, pulses: number, nextPCN: number, nextST0: number): void {
    const { state, wires } = this;
    const { clock } = wires;
    state.place = place;
    // Without a sign if there are none: JSON would lose it.
    state.pulses = pulses + 0;
    state.nextPCN = nextPCN;
    state.nextST0 = nextST0 | this.unit;
    state.ended = NONE;
    state.dueAt = clock.now + instructions(clock, CONTROLLER_US + Math.abs(pulses) * STEP_US);
    this.alarm.at(state.dueAt);
  }

  private arrive(): void {
    const { state, wires } = this;
    wires.drives[state.place]?.step(state.pulses);
    state.PCN = state.nextPCN;
    state.ended = state.nextST0;
    state.dueAt = NONE;
    wires.ended();
  }

  /** A reset of the controller: the seek stops before its first pulse. */
  abort(): void {
    this.state.dueAt = NONE;
    this.state.ended = NONE;
    this.alarm.cancel();
  }

  reset(): void {
    this.state = powerOn();
    this.alarm.cancel();
  }

  save(): HeadPositionerState {
    return { ...this.state };
  }

  restore(state: HeadPositionerState): void {
    this.state = { ...state };
    if (this.isBusy) this.alarm.at(state.dueAt);
    else this.alarm.cancel();
  }
}
