/**
 * Port 0x61, system control port B: the gate of the speaker's counter, and bits that timing loops watch.
 *
 * Datasheet: Intel 82371SB (PIIX3), "NSC - NMI Status and Control Register".
 *
 *     7      6      5       4        3       2       1        0
 *     SERR#  IOCHK# OUT2    REFRESH  IOCHK#  SERR#   SPEAKER  GATE2
 *     status status         toggle   enable  enable  data
 *     ──────── read only ─────────   ───────── read and write ──────
 */

import type { Clock, Device, PortDevice, Width } from "./device.ts";
import { PIT_HZ } from "./pit8254.ts";
import { Ticks } from "./ticks.ts";

const GATE2 = 0x01;
const SPEAKER_DATA = 0x02;
const REFRESH_TOGGLE = 0x10;
const OUT2 = 0x20;
const WRITABLE = 0x0f;

/** A refresh every 18 pulses of the timer input: 15.085 microseconds. */
const PULSES_PER_REFRESH = 18;

export interface SystemControlState {
  control: number;
}

/** The counter behind the speaker. */
export interface SpeakerCounter {
  setGate(counter: number, level: boolean): void;
  out(counter: number): boolean;
}

export interface SystemControlWires {
  clock: Clock;
  pit: SpeakerCounter;
}

/**
 * Differs: the refresh toggle runs at the rate every BIOS sets, whatever counter 1 is programmed to. There are
 * no memory parity errors and no cards, so both status bits read 0.
 */
export class SystemControl implements PortDevice, Device<SystemControlState> {
  readonly name = "system-control";
  private readonly clock: Clock;
  private readonly pit: SpeakerCounter;
  private readonly ticks: Ticks;
  private control = 0;

  constructor(wires: SystemControlWires) {
    this.clock = wires.clock;
    this.pit = wires.pit;
    this.ticks = new Ticks(wires.clock.hz, PIT_HZ);
  }

  /** The speaker's cone is pushed: the data bit and the counter's OUT are both high. */
  get speaker(): boolean {
    return (this.control & SPEAKER_DATA) !== 0 && this.pit.out(2);
  }

  portRead(_offset: number, _width: Width): number {
    const pulses = this.ticks.ticksAt(this.clock.now);
    const refresh = pulses % (2 * PULSES_PER_REFRESH) >= PULSES_PER_REFRESH;
    return this.control | (refresh ? REFRESH_TOGGLE : 0) | (this.pit.out(2) ? OUT2 : 0);
  }

  portWrite(_offset: number, _width: Width, value: number): void {
    this.control = value & WRITABLE;
    this.pit.setGate(2, (value & GATE2) !== 0);
  }

  reset(): void {
    this.control = 0;
    this.pit.setGate(2, false);
  }

  save(): SystemControlState {
    return { control: this.control };
  }

  /** The gate is not driven: its level and its edge are part of the timer's state. */
  restore(state: SystemControlState): void {
    this.control = state.control;
  }

  probe(offset: number): string {
    return offset === 0 ? "NMI_SC" : "?";
  }
}
