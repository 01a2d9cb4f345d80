/**
 * One counter of the 8254, in closed form: no work per clock pulse.
 *
 * Datasheet: Intel 8254 Programmable Interval Timer, order 231164; "Mode Definitions" and "Read Operations".
 *
 * The counting element CE was loaded with `count` at tick `start`; everything it shows at a later tick follows
 * from how many pulses it has seen since (`elapsed`). With N the count:
 *
 *     mode 0   OUT ____________________|‾‾‾‾     low for N pulses, then high
 *     mode 1   OUT ‾‾|_________________|‾‾‾‾     the same, from a trigger
 *     mode 2   OUT ‾‾‾‾‾‾‾‾‾‾|_|‾‾‾‾‾‾‾‾‾‾|_|    low for the last pulse of every N
 *     mode 3   OUT ‾‾‾‾‾|_____|‾‾‾‾‾|_____|‾     high for ceil(N/2), low for floor(N/2)
 *     mode 4   OUT ‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾|_|‾‾‾‾‾     low for one pulse after N
 *     mode 5   OUT the same, from a trigger
 *
 * Counts written and gate edges act at a following pulse: `loadTick` is the pulse at which CE takes the count
 * register. `tick` arguments are pulses since power-on and never decrease.
 */

import { fromBcd, toBcd } from "../common/bits.ts";

/*  Control word, as read back in a status byte:   7    6          5 4  3 2 1  0
 *                                                 OUT  NULL COUNT RW   M      BCD
 */
const CW_BCD = 0x01;
const STATUS_NULL_COUNT = 0x40;
const STATUS_OUT = 0x80;
const RW_LSB = 1;
const RW_MSB = 2;
const RW_LSB_THEN_MSB = 3;

const NEVER = -1;

/** Why CE will be loaded at `loadTick`. */
const LOAD_NONE = 0;
/** A count was written, or the gate rose: at the next pulse. */
const LOAD_NEXT_PULSE = 1;
/** Modes 2 and 3 take a new count where the period, or its half, ends. */
const LOAD_AT_RELOAD = 2;

export interface PitChannelState {
  control: number;
  gate: boolean;
  /** Count register, its first byte while the second is awaited, and which byte comes next. */
  CR: number;
  firstByte: number;
  writeMsb: boolean;
  hasCount: boolean;
  nullCount: boolean;
  /** Output latch, whether it holds a count, and which byte is read next. */
  OL: number;
  countLatched: boolean;
  readMsb: boolean;
  status: number;
  statusLatched: boolean;
  counting: boolean;
  heldCE: number;
  count: number;
  start: number;
  pausedAt: number;
  loadTick: number;
  loadReason: number;
}

/** Nothing is defined at power-on; we start in mode 0 with no count, so OUT is low and stays low. */
function powerOn(gate: boolean): PitChannelState {
  return {
    control: RW_LSB_THEN_MSB << 4,
    gate,
    CR: 0,
    firstByte: 0,
    writeMsb: false,
    hasCount: false,
    nullCount: true,
    OL: 0,
    countLatched: false,
    readMsb: false,
    status: 0,
    statusLatched: false,
    counting: false,
    heldCE: 0,
    count: 0,
    start: 0,
    pausedAt: NEVER,
    loadTick: NEVER,
    loadReason: LOAD_NONE,
  };
}

export class PitChannel {
  private readonly powerOnGate: boolean;
  /** All of it lives in the record that is saved; its shape never changes. */
  private readonly s: PitChannelState;

  constructor(powerOnGate: boolean) {
    this.powerOnGate = powerOnGate;
    this.s = powerOn(powerOnGate);
  }

  get gate(): boolean {
    return this.s.gate;
  }

  /** The mode, 0 to 5; the datasheet makes 6 and 7 the same as 2 and 3. */
  get mode(): number {
    const mode = (this.s.control >> 1) & 7;
    return mode > 5 ? mode - 4 : mode;
  }

  /** The count that a reload takes: zero stands for the largest. */
  get divisor(): number {
    const value = this.isBcd() ? fromBcd(this.s.CR) : this.s.CR;
    return value === 0 ? this.modulus() : value;
  }

  /** A count of 1 cannot make a period. */
  hasIllegalCount(): boolean {
    return this.s.hasCount && this.divisor === 1 && (this.mode === 2 || this.mode === 3);
  }

  /** A control word for this counter, other than a latch command. Everything but the gate starts afresh. */
  writeControl(control: number, tick: number): void {
    this.hold(tick);
    const s = this.s;
    s.control = control & 0x3f;
    s.hasCount = false;
    s.nullCount = true;
    s.writeMsb = false;
    s.readMsb = false;
    s.countLatched = false;
    s.statusLatched = false;
  }

  /** One byte for the count register, in the order that RW names. */
  writeCount(byte: number, tick: number): void {
    this.sync(tick);
    const s = this.s;
    const rw = s.control >> 4;
    if (rw === RW_LSB) this.takeCount(byte, tick);
    else if (rw === RW_MSB) this.takeCount(byte << 8, tick);
    else if (s.writeMsb) {
      s.writeMsb = false;
      this.takeCount((byte << 8) | s.firstByte, tick);
    } else {
      s.writeMsb = true;
      s.firstByte = byte;
      // "Writing the first byte disables counting. OUT is set low immediately."
      if (this.mode === 0) this.hold(tick);
    }
  }

  /** The byte at this counter's port: a latched status, a latched count, or the count as it runs. */
  read(tick: number): number {
    this.sync(tick);
    const s = this.s;
    if (s.statusLatched) {
      s.statusLatched = false;
      return s.status;
    }
    const value = s.countLatched ? s.OL : this.valueAt(tick);
    const rw = s.control >> 4;
    const msb = rw === RW_MSB || (rw === RW_LSB_THEN_MSB && s.readMsb);
    s.readMsb = rw === RW_LSB_THEN_MSB && !msb;
    if (!s.readMsb) s.countLatched = false;
    return msb ? value >> 8 : value & 0xff;
  }

  /** The counter latch command. A latch that has not been read yet keeps the older count. */
  latchCount(tick: number): void {
    this.sync(tick);
    if (this.s.countLatched) return;
    this.s.countLatched = true;
    this.s.OL = this.valueAt(tick);
  }

  /** The status half of the read-back command, with the same rule. */
  latchStatus(tick: number): void {
    this.sync(tick);
    const s = this.s;
    if (s.statusLatched) return;
    s.statusLatched = true;
    s.status = s.control | (s.nullCount ? STATUS_NULL_COUNT : 0) | (this.outAt(tick) ? STATUS_OUT : 0);
  }

  /** The GATE pin. Modes 0 and 4 count while it is high, modes 1 and 5 start at its edge, 2 and 3 do both. */
  setGate(level: boolean, tick: number): void {
    this.sync(tick);
    const s = this.s;
    if (level === s.gate) return;
    s.gate = level;
    const mode = this.mode;
    if (level && mode !== 0 && mode !== 4) {
      if (s.hasCount) this.loadAt(tick + 1, LOAD_NEXT_PULSE);
    } else if (level) {
      this.resume(tick);
    } else if (mode !== 1 && mode !== 5) {
      if (s.counting && s.pausedAt === NEVER) s.pausedAt = tick;
      if (s.loadReason === LOAD_AT_RELOAD) this.loadAt(NEVER, LOAD_NONE);
    }
  }

  /** The OUT pin. */
  out(tick: number): boolean {
    this.sync(tick);
    return this.outAt(tick);
  }

  /** The next pulse at which OUT or the way to its next change may change; Infinity if it stays as it is. */
  nextChange(tick: number): number {
    this.sync(tick);
    const edge = this.nextEdge(tick);
    return this.s.loadTick === NEVER ? edge : Math.min(edge, this.s.loadTick);
  }

  reset(): void {
    Object.assign(this.s, powerOn(this.powerOnGate));
  }

  save(): PitChannelState {
    return { ...this.s };
  }

  restore(state: PitChannelState): void {
    Object.assign(this.s, state);
  }

  /** A complete count has reached the count register. */
  private takeCount(value: number, tick: number): void {
    const s = this.s;
    const mode = this.mode;
    s.CR = value;
    s.hasCount = true;
    s.nullCount = true;
    if (mode === 0) this.hold(tick);
    if (mode === 0 || mode === 4) this.loadAt(tick + 1, LOAD_NEXT_PULSE);
    if (mode !== 2 && mode !== 3) return;
    if (!s.counting) this.loadAt(tick + 1, LOAD_NEXT_PULSE);
    else if (s.pausedAt === NEVER && s.loadTick === NEVER) this.loadAt(this.nextReload(tick), LOAD_AT_RELOAD);
  }

  private loadAt(tick: number, reason: number): void {
    this.s.loadTick = tick;
    this.s.loadReason = reason;
  }

  /** Brings the load that is due up to `tick` about. There is never more than one. */
  private sync(tick: number): void {
    const s = this.s;
    const at = s.loadTick;
    if (at === NEVER || at > tick) return;
    // Mode 3 takes a new count at either half; after the high half the low half follows.
    const lowHalf = s.loadReason === LOAD_AT_RELOAD && this.mode === 3 && this.outAt(at - 1);
    // Loaded with 1, a counter counts down past it and meets it again a lap later.
    s.count = this.hasIllegalCount() ? this.modulus() + 1 : this.divisor;
    s.start = lowHalf ? at - this.highHalf() : at;
    s.counting = true;
    s.nullCount = false;
    s.pausedAt = !s.gate && this.mode !== 1 && this.mode !== 5 ? at : NEVER;
    this.loadAt(NEVER, LOAD_NONE);
  }

  /** Stops the counting element where it stands, until a count is loaded. */
  private hold(tick: number): void {
    this.sync(tick);
    this.s.heldCE = this.countingElement(tick);
    this.s.counting = false;
    this.s.pausedAt = NEVER;
    this.loadAt(NEVER, LOAD_NONE);
  }

  /** Modes 0 and 4 go on where the gate stopped them. */
  private resume(tick: number): void {
    const s = this.s;
    if (s.pausedAt === NEVER) return;
    const elapsed = s.pausedAt - s.start;
    // A mode 4 strobe lasts one pulse, gate or no gate: an expired counter goes on one lap later.
    const strobed = this.mode === 4 && elapsed === s.count && tick > s.pausedAt;
    s.start = tick - elapsed - (strobed ? this.modulus() : 0);
    s.pausedAt = NEVER;
  }

  private elapsed(tick: number): number {
    return (this.s.pausedAt === NEVER ? tick : this.s.pausedAt) - this.s.start;
  }

  private outAt(tick: number): boolean {
    const s = this.s;
    const mode = this.mode;
    if (!s.counting) return mode !== 0;
    const elapsed = this.elapsed(tick);
    const paused = s.pausedAt !== NEVER;
    switch (mode) {
      case 2:
        return paused || elapsed % s.count !== s.count - 1;
      case 3:
        return paused || elapsed % s.count < this.highHalf();
      case 4:
      case 5:
        return elapsed !== s.count || (paused && tick > s.pausedAt);
      default:
        return elapsed >= s.count;
    }
  }

  private nextEdge(tick: number): number {
    const s = this.s;
    if (!s.counting) return Number.POSITIVE_INFINITY;
    const mode = this.mode;
    const end = s.start + s.count;
    // A strobe that has begun ends at the next pulse, paused or not.
    if ((mode === 4 || mode === 5) && !this.outAt(tick)) return tick + 1;
    if (s.pausedAt !== NEVER) return Number.POSITIVE_INFINITY;
    if (mode !== 2 && mode !== 3) return end > tick ? end : Number.POSITIVE_INFINITY;
    const phase = (tick - s.start) % s.count;
    const fall = mode === 2 ? s.count - 1 : this.highHalf();
    return tick - phase + (phase < fall ? fall : s.count);
  }

  /** Where modes 2 and 3 reload CE next: the end of the period, in mode 3 of the half period. */
  private nextReload(tick: number): number {
    const phase = (tick - this.s.start) % this.s.count;
    const half = this.highHalf();
    return tick - phase + (this.mode === 3 && phase < half ? half : this.s.count);
  }

  /** Mode 3 with an odd count spends the odd pulse high. */
  private highHalf(): number {
    return Math.ceil(this.s.count / 2);
  }

  /** CE as a plain number. */
  private countingElement(tick: number): number {
    const s = this.s;
    if (!s.counting) return s.heldCE;
    const elapsed = this.elapsed(tick);
    const modulus = this.modulus();
    if (this.mode === 2) return (s.count - (elapsed % s.count)) % modulus;
    if (this.mode === 3) {
      const phase = elapsed % s.count;
      const half = this.highHalf();
      const even = s.count - (s.count % 2);
      return (even - 2 * (phase < half ? phase : phase - half)) % modulus;
    }
    const left = (s.count - elapsed) % modulus;
    return left < 0 ? left + modulus : left;
  }

  /** CE as software reads it. */
  private valueAt(tick: number): number {
    const value = this.countingElement(tick);
    return this.isBcd() ? toBcd(value) : value;
  }

  private isBcd(): boolean {
    return (this.s.control & CW_BCD) !== 0;
  }

  private modulus(): number {
    return this.isBcd() ? 10_000 : 0x1_0000;
  }
}
