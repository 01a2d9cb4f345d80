/**
 * The 8254 programmable interval timer: three counters at 1.193182 MHz behind four ports.
 *
 * Datasheet: Intel 8254 Programmable Interval Timer, order 231164.
 *
 * Counter 0's OUT drives IRQ 0, counter 1's is the memory refresh of old boards, counter 2's the speaker. Only
 * counter 0 needs an event, and only where its OUT changes; the others are computed when someone looks.
 */

import { assert } from "../common/assert.ts";
import type { Alarm, Clock, Device, GuestErrorSink, IrqLine, PortDevice, Width } from "./device.ts";
import { PitChannel, type PitChannelState } from "./pit8254-channel.ts";
import { Ticks } from "./ticks.ts";

/** The PC's timer input: a twelfth of 14.31818 MHz. */
export const PIT_HZ = 1_193_182;

const CONTROL_WORD = 3;

/*  Control word            7 6  5 4  3 2 1  0         Read-back command   7 6  5      4       3 2 1        0
 *                          SC   RW   M      BCD                           1 1  COUNT# STATUS# CNT2 1 0     0
 *  RW = 0 is the counter latch command.
 */
const SC_READ_BACK = 3;
const RW_LATCH = 0;
const READ_BACK_NOT_COUNT = 0x20;
const READ_BACK_NOT_STATUS = 0x10;

export interface Pit8254State {
  counter0: PitChannelState;
  counter1: PitChannelState;
  counter2: PitChannelState;
}

export interface Pit8254Wires {
  clock: Clock;
  /** Counter 0's OUT pin. */
  irq: IrqLine;
  guestError?: GuestErrorSink;
}

export class Pit8254 implements PortDevice, Device<Pit8254State> {
  readonly name = "pit";
  private readonly clock: Clock;
  private readonly irq: IrqLine;
  private readonly guestError: GuestErrorSink | null;
  private readonly ticks: Ticks;
  private readonly alarm: Alarm;
  /** GATE of counters 0 and 1 is tied high; GATE 2 belongs to port 0x61. */
  private readonly channels = [new PitChannel(true), new PitChannel(true), new PitChannel(false)];
  private irqLevel = false;

  constructor(wires: Pit8254Wires) {
    assert(wires.clock.hz >= PIT_HZ, `the pit needs at least ${PIT_HZ} instructions per second`);
    this.clock = wires.clock;
    this.irq = wires.irq;
    this.guestError = wires.guestError ?? null;
    this.ticks = new Ticks(wires.clock.hz, PIT_HZ);
    this.alarm = wires.clock.alarm(() => this.followOut0(this.tick()));
  }

  /** The control word cannot be read back at its port: the chip leaves the bus floating. */
  portRead(offset: number, _width: Width): number {
    return offset === CONTROL_WORD ? 0xff : this.channels[offset].read(this.tick());
  }

  portWrite(offset: number, _width: Width, value: number): void {
    const byte = value & 0xff;
    const tick = this.tick();
    if (offset !== CONTROL_WORD) this.writeCount(offset, byte, tick);
    else if (byte >> 6 === SC_READ_BACK) this.readBack(byte, tick);
    else if (((byte >> 4) & 3) === RW_LATCH) this.channels[byte >> 6].latchCount(tick);
    else this.channels[byte >> 6].writeControl(byte, tick);
    this.followOut0(tick);
  }

  /** Drives the GATE pin of a counter. */
  setGate(counter: number, level: boolean): void {
    const tick = this.tick();
    this.channels[counter].setGate(level, tick);
    this.followOut0(tick);
  }

  /** The OUT pin of a counter, now. */
  out(counter: number): boolean {
    return this.channels[counter].out(this.tick());
  }

  /** Pulses of the timer input per period of a counter; the rate is PIT_HZ divided by it. */
  divisor(counter: number): number {
    return this.channels[counter].divisor;
  }

  reset(): void {
    for (const channel of this.channels) channel.reset();
    this.alarm.cancel();
    this.drive(false);
  }

  save(): Pit8254State {
    const [counter0, counter1, counter2] = this.channels;
    return { counter0: counter0.save(), counter1: counter1.save(), counter2: counter2.save() };
  }

  restore(state: Pit8254State): void {
    this.channels[0].restore(state.counter0);
    this.channels[1].restore(state.counter1);
    this.channels[2].restore(state.counter2);
    const tick = this.tick();
    this.drive(this.channels[0].out(tick));
    this.followOut0(tick);
  }

  probe(offset: number): string {
    if (offset === CONTROL_WORD) return "CONTROL_WORD";
    return offset >= 0 && offset < 3 ? `COUNTER_${offset}` : "?";
  }

  private tick(): number {
    return this.ticks.ticksAt(this.clock.now);
  }

  private writeCount(counter: number, byte: number, tick: number): void {
    const channel = this.channels[counter];
    channel.writeCount(byte, tick);
    if (this.guestError !== null && channel.hasIllegalCount()) {
      this.guestError(this.name, this.probe(counter), `a count of 1 is illegal in mode ${channel.mode}`);
    }
  }

  private readBack(command: number, tick: number): void {
    for (let counter = 0; counter < 3; counter++) {
      if (((command >> (counter + 1)) & 1) === 0) continue;
      if ((command & READ_BACK_NOT_COUNT) === 0) this.channels[counter].latchCount(tick);
      if ((command & READ_BACK_NOT_STATUS) === 0) this.channels[counter].latchStatus(tick);
    }
  }

  /** When OUT 0 changes next by itself, in icount; Infinity if it does not. */
  get deadline(): number {
    return this.alarm.when;
  }

  /** Brings IRQ 0 to the level of OUT 0 and sets the alarm for the next change. */
  private followOut0(tick: number): void {
    const channel = this.channels[0];
    const out = channel.out(tick);
    if (out !== this.irqLevel) this.drive(out);
    const next = channel.nextChange(tick);
    if (next === Number.POSITIVE_INFINITY) this.alarm.cancel();
    else this.alarm.at(this.ticks.icountAt(next));
  }

  private drive(level: boolean): void {
    this.irqLevel = level;
    if (level) this.irq.raise();
    else this.irq.lower();
  }
}
