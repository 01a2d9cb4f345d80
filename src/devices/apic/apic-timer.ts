/**
 * The timer of the local APIC: a counter that runs down at the bus clock's rate, once or again and again.
 *
 * SDM: volume 3, 11.5.4 "APIC timer".
 *
 * The counter is computed when someone looks. An alarm is set only for an end that would interrupt: not while the timer is
 * masked, nor while the interrupt of an earlier end still waits, since another would merge with it.
 *
 * Differs: there are no deadlines of the time-stamp counter, which no processor here announces.
 */
import type { Alarm, Clock } from "../device.ts";
import { Ticks } from "../ticks.ts";

/** Divide configuration: bit 2 is always zero, and its neighbours make one number. */
const TDCR_BITS = 0x0b;
const DIVIDE_BY_1 = 7;

export interface ApicTimerState {
  TICR: number;
  TDCR: number;
  /** Bus ticks at which the counter held `timerCount`; both 0 when it stands still. */
  timerOrigin: number;
  timerCount: number;
}

export interface ApicTimerWires {
  readonly clock: Clock;
  readonly busHz: number;
  /** The timer came to its end and is not masked. */
  readonly expired: () => void;
  /** Would an end now be more than one that is already waiting? */
  readonly isAwaited: () => boolean;
}

export class ApicTimer {
  private readonly wires: ApicTimerWires;
  private readonly ticks: Ticks;
  private readonly alarm: Alarm;
  private periodic = false;
  private masked = true;
  private ticr = 0;
  private tdcr = 0;
  private origin = 0;
  private count = 0;

  constructor(wires: ApicTimerWires) {
    const { clock, busHz } = wires;
    this.wires = wires;
    // The ratio alone counts, and in lowest terms its products stay exact.
    const common = commonDivisor(clock.hz, busHz);
    this.ticks = new Ticks(clock.hz / common, busHz / common);
    this.alarm = clock.alarm(() => this.fire());
  }

  get TICR(): number {
    return this.ticr;
  }

  get TDCR(): number {
    return this.tdcr;
  }

  /** The bus clock is divided by 1 to 128. */
  get divisor(): number {
    const code = (this.tdcr & 3) | ((this.tdcr >> 1) & 4);
    return code === DIVIDE_BY_1 ? 1 : 2 << code;
  }

  /** The current count. */
  get TCCR(): number {
    this.settle();
    return this.count;
  }

  /** When it interrupts next, in icount, or Infinity. */
  get due(): number {
    return this.alarm.when;
  }

  /** Starts the counter; 0 stops it. */
  start(count: number): void {
    this.ticr = count;
    this.count = count;
    this.origin = count === 0 ? 0 : this.now();
    this.arm();
  }

  /** The counter goes on from where it is, at the new rate. */
  setDivide(value: number): void {
    this.settle();
    this.tdcr = value & TDCR_BITS;
    if (this.count !== 0) this.origin = this.now();
    this.arm();
  }

  /** Periods and single runs turn into each other as they are. */
  configure(periodic: boolean, masked: boolean): void {
    this.settle();
    this.periodic = periodic;
    this.masked = masked;
    this.arm();
  }

  /** Sets the alarm anew: what the timer's end would do has changed. */
  arm(): void {
    const when = this.masked ? Number.POSITIVE_INFINITY : this.end();
    if (when === Number.POSITIVE_INFINITY) this.alarm.cancel();
    else this.alarm.at(when);
  }

  reset(): void {
    this.ticr = 0;
    this.tdcr = 0;
    this.stop();
    this.periodic = false;
    this.masked = true;
    this.alarm.cancel();
  }

  save(): ApicTimerState {
    this.settle();
    return {
      TICR: this.ticr,
      TDCR: this.tdcr,
      timerOrigin: this.origin,
      timerCount: this.count,
    };
  }

  /** `periodic` and `masked` as the local vector table has them. The owner calls `arm` when it is restored itself. */
  restore(state: ApicTimerState, periodic: boolean, masked: boolean): void {
    this.ticr = state.TICR;
    this.tdcr = state.TDCR;
    this.origin = state.timerOrigin;
    this.count = state.timerCount;
    this.periodic = periodic;
    this.masked = masked;
  }

  private now(): number {
    return this.ticks.ticksAt(this.wires.clock.now);
  }

  private stop(): void {
    this.count = 0;
    this.origin = 0;
  }

  /** When the timer ends, in icount, whether or not it is masked. */
  private end(): number {
    if (this.count === 0 || !this.wires.isAwaited()) return Number.POSITIVE_INFINITY;
    return this.ticks.icountAt(this.origin + this.count * this.divisor);
  }

  /** Brings the counter up to date. */
  private settle(): void {
    const { count, divisor } = this;
    if (count === 0) return;
    const elapsed = Math.floor((this.now() - this.origin) / divisor);
    this.origin += elapsed * divisor;
    if (elapsed < count) this.count = count - elapsed;
    else if (this.periodic) this.count = this.ticr - ((elapsed - count) % this.ticr);
    else this.stop();
  }

  private fire(): void {
    this.settle();
    this.wires.expired();
    this.arm();
  }
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
