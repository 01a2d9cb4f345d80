/**
 * The real-time clock with its 128 bytes of battery-backed memory. Time is guest time from a date that the host chose.
 *
 *     0070   index, bit 7 blocks NMI        00 to 09 time and date, alarms   0a to 0d registers A to D
 *     0071   data
 *
 * Datasheet: Motorola MC146818A, "Register description", "Update cycle"; IBM PC/AT Technical Reference, "Real-time
 * clock/CMOS RAM".
 */
import type { Alarm, Clock, Device, IrqLine, PortDevice, Width } from "./device.ts";
import { CENTURY, secondsOf, writeTime } from "./rtc-time.ts";
import { Ticks } from "./ticks.ts";

const CMOS_BYTES = 128;
const REG_A = 0x0a;
const REG_B = 0x0b;
const REG_C = 0x0c;
const REG_D = 0x0d;

const A_UIP = 0x80;
const A_DIVIDER = 0x70;
/** The divider runs from a crystal of 32.768 kHz; 11x holds it in reset. */
const DIVIDER_RUNS = 0x20;
const A_RATE = 0x0f;
const B_SET = 0x80;
const B_PIE = 0x40;
const B_AIE = 0x20;
const B_UIE = 0x10;
const C_IRQF = 0x80;
const C_PF = 0x40;
const C_AF = 0x20;
const C_UF = 0x10;
const D_VRT = 0x80;
const NMI_OFF = 0x80;

const CRYSTAL_HZ = 32_768;
/** UIP is high from 244 us before an update to its end, 1984 us later: in crystal ticks. */
const UIP_LEAD = 8;
const UPDATE_LASTS = 65;
const DAY_SECONDS = 86_400;
/** An alarm byte of 11xxxxxx matches always. */
const ANY = 0xc0;

export interface RtcWires {
  readonly clock: Clock;
  /** IRQ 8. */
  readonly irq: IrqLine;
  /** Seconds since 1970-01-01 00:00 UTC when the machine is switched on. */
  readonly start: number;
  /** NMI reaches the processor, or not. */
  readonly nmi?: (enabled: boolean) => void;
}

export interface RtcState {
  index: number;
  nmiOff: boolean;
  cmos: number[];
  /** Seconds of the date, and the crystal tick at which they began. */
  seconds: number;
  secondBegan: number;
  /** The last crystal tick whose periodic interrupt has been seen. */
  periodicSeen: number;
}

export class Rtc implements Device<RtcState>, PortDevice {
  readonly name = "rtc";
  private readonly wires: RtcWires;
  private readonly ticks: Ticks;
  private readonly update: Alarm;
  private readonly periodic: Alarm;
  private readonly cmos = new Uint8Array(CMOS_BYTES);
  private index = 0;
  private nmiOff = false;
  private seconds: number;
  private secondBegan = 0;
  private periodicSeen = 0;

  constructor(wires: RtcWires) {
    this.wires = wires;
    this.ticks = new Ticks(wires.clock.hz, CRYSTAL_HZ);
    this.update = wires.clock.alarm(() => this.settle());
    this.periodic = wires.clock.alarm(() => this.settle());
    this.seconds = wires.start;
    this.cmos[REG_A] = DIVIDER_RUNS | 6;
    this.cmos[REG_B] = 0x02;
    writeTime(this.cmos, this.seconds);
  }

  /** The board fills in what its setup program would have: memory sizes, drives. */
  setCmos(index: number, value: number): void {
    this.cmos[index] = value;
  }

  /** For people: the date as the clock has it, in seconds since 1970. */
  get date(): number {
    this.catchUp();
    return this.seconds;
  }

  register(index: number): number {
    this.catchUp();
    return index === REG_A ? this.readA() : index === REG_D ? D_VRT : this.cmos[index];
  }

  portRead(offset: number): number {
    if (offset === 0) return 0xff;
    this.catchUp();
    const { index } = this;
    if (index !== REG_C) return this.register(index);
    const flags = this.cmos[REG_C];
    this.cmos[REG_C] = 0;
    this.driveIrq();
    return flags;
  }

  portWrite(offset: number, _width: Width, value: number): void {
    if (offset === 0) {
      this.index = value & 0x7f;
      const off = (value & NMI_OFF) !== 0;
      if (off !== this.nmiOff) this.wires.nmi?.(!off);
      this.nmiOff = off;
      return;
    }
    this.catchUp();
    const { index, cmos } = this;
    if (index === REG_C || index === REG_D) return;
    if (index === REG_A) this.writeA(value);
    else if (index === REG_B) this.writeB(value);
    else {
      cmos[index] = value;
      if (isTime(index)) this.takeTime();
    }
  }

  // --- Registers ----------------------------------------------------------------------------------------------------------

  private get now(): number {
    return this.ticks.ticksAt(this.wires.clock.now);
  }

  private get dividerRuns(): boolean {
    return (this.cmos[REG_A] & A_DIVIDER) === DIVIDER_RUNS;
  }

  /** The date stands still while it is being set, or the divider is held. */
  private get running(): boolean {
    return (this.cmos[REG_B] & B_SET) === 0 && this.dividerRuns;
  }

  private readA(): number {
    const into = this.now - this.secondBegan;
    const updating = this.running && into >= CRYSTAL_HZ - UIP_LEAD - UPDATE_LASTS;
    return this.cmos[REG_A] | (updating ? A_UIP : 0);
  }

  private writeA(value: number): void {
    const ran = this.dividerRuns;
    this.cmos[REG_A] = value & ~A_UIP;
    // Half a second after the divider is let go comes the first update.
    if (this.dividerRuns && !ran) this.secondBegan = this.now - CRYSTAL_HZ / 2;
    this.driveIrq();
  }

  private writeB(value: number): void {
    const wasSet = (this.cmos[REG_B] & B_SET) !== 0;
    this.cmos[REG_B] = (value & B_SET) !== 0 ? value & ~B_UIE : value;
    // Also while the divider is held: what was set counts in the modes that come with the end of SET.
    if (wasSet && (value & B_SET) === 0) this.takeTime();
    if (wasSet && this.running) {
      // The divider has gone on: updates keep their place in the second.
      this.secondBegan += Math.floor((this.now - this.secondBegan) / CRYSTAL_HZ) * CRYSTAL_HZ;
    }
    this.driveIrq();
  }

  /** The guest's date counts from now on. What is no date is taken as what it adds up to. */
  private takeTime(): void {
    this.seconds = secondsOf(this.cmos);
  }

  // --- The passing of time: seen when someone looks, or when an interrupt is wanted -------------------------------------------

  private settle(): void {
    this.catchUp();
    this.driveIrq();
  }

  /** Brings date and flags up to now. */
  private catchUp(): void {
    const { cmos, now } = this;
    const period = this.period();
    if (period !== 0 && Math.floor(now / period) !== Math.floor(this.periodicSeen / period))
      cmos[REG_C] |= C_PF;
    this.periodicSeen = now;
    if (!this.running) return;
    const elapsed = Math.floor((now - this.secondBegan) / CRYSTAL_HZ);
    if (elapsed <= 0) return;
    cmos[REG_C] |= C_UF;
    // Every alarm comes within a day.
    if (elapsed > DAY_SECONDS) {
      cmos[REG_C] |= this.alarmCanMatch() ? C_AF : 0;
      this.seconds += elapsed;
      writeTime(cmos, this.seconds);
    } else {
      for (let i = 0; i < elapsed; i++) {
        writeTime(cmos, ++this.seconds);
        if (this.alarmMatches()) cmos[REG_C] |= C_AF;
      }
    }
    this.secondBegan += elapsed * CRYSTAL_HZ;
  }

  /** Only a guest that wants an interrupt is to be woken for it. */
  private arm(): void {
    const enabled = this.cmos[REG_B];
    if (this.running && (enabled & (B_UIE | B_AIE)) !== 0) {
      this.update.at(this.ticks.icountAt(this.secondBegan + CRYSTAL_HZ));
    } else this.update.cancel();
    const period = this.period();
    if (period === 0 || (enabled & B_PIE) === 0) this.periodic.cancel();
    else this.periodic.at(this.ticks.icountAt((Math.floor(this.periodicSeen / period) + 1) * period));
  }

  /** Crystal ticks between two periodic interrupts; 0 for none. Rates 1 and 2 are those of 8 and 9. */
  private period(): number {
    const rate = this.cmos[REG_A] & A_RATE;
    if (rate === 0 || !this.dividerRuns) return 0;
    return 1 << ((rate < 3 ? rate + 7 : rate) - 1);
  }

  private alarmMatches(): boolean {
    const { cmos } = this;
    return [1, 3, 5].every((alarm) => (cmos[alarm] & ANY) === ANY || cmos[alarm] === cmos[alarm - 1]);
  }

  /** Whether some second of a day is the alarm's. */
  private alarmCanMatch(): boolean {
    const time = this.cmos.slice();
    for (let second = 0; second < DAY_SECONDS; second++) {
      writeTime(time, second);
      if ([1, 3, 5].every((at) => (time[at] & ANY) === ANY || time[at] === time[at - 1])) return true;
    }
    return false;
  }

  private driveIrq(): void {
    const { cmos } = this;
    const due = (cmos[REG_C] & cmos[REG_B] & (B_PIE | B_AIE | B_UIE)) !== 0;
    cmos[REG_C] = (cmos[REG_C] & ~C_IRQF) | (due ? C_IRQF : 0);
    if (due) this.wires.irq.raise();
    else this.wires.irq.lower();
    this.arm();
  }

  // --- State -----------------------------------------------------------------------------------------------------------------

  /** The battery keeps memory, date and rate; the reset pin clears the interrupt enables and flags. */
  reset(): void {
    this.catchUp();
    this.index = 0;
    this.cmos[REG_B] &= ~(B_PIE | B_AIE | B_UIE | 0x08);
    this.cmos[REG_C] = 0;
    if (this.nmiOff) this.wires.nmi?.(true);
    this.nmiOff = false;
    this.driveIrq();
  }

  save(): RtcState {
    this.catchUp();
    const { index, nmiOff, seconds, secondBegan, periodicSeen } = this;
    return { index, nmiOff, cmos: Array.from(this.cmos), seconds, secondBegan, periodicSeen };
  }

  restore(state: RtcState): void {
    this.index = state.index;
    this.nmiOff = state.nmiOff;
    this.wires.nmi?.(!state.nmiOff);
    this.cmos.set(state.cmos);
    this.seconds = state.seconds;
    this.secondBegan = state.secondBegan;
    this.periodicSeen = state.periodicSeen;
    this.driveIrq();
  }

  probe(offset: number): string {
    return ["INDEX", "DATA"][offset] ?? "?";
  }
}

/** Seconds, minutes, hours, day of the week and of the month, month, year, century. */
function isTime(index: number): boolean {
  return index === CENTURY || (index < REG_A && (index === 0 || index === 2 || index === 4 || index > 5));
}
