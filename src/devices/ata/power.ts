/**
 * The power modes of a drive. The standby timer is computed when someone asks, since nothing but CHECK POWER shows it.
 *
 * Datasheet: ATA/ATAPI-6 (T13/1410D), 6.11 "Power Management feature set", table 30 "Automatic standby timer periods".
 */
import type { Clock } from "../device.ts";

/** As CHECK POWER answers. */
export const POWER_STANDBY = 0x00;
export const POWER_IDLE = 0x80;
export const POWER_ACTIVE = 0xff;
/** Only a reset wakes a sleeping drive; no command can ask for this one. */
export const POWER_SLEEP = 0x01;

export interface PowerState {
  powerMode: number;
  /** SECTOR_COUNT of the last IDLE or STANDBY; 0: the timer is off. */
  standbyTimer: number;
  /** When the drive last had something to do, in icount. */
  lastActive: number;
}

export class Power {
  private readonly clock: Clock;
  private powerMode = POWER_ACTIVE;
  private standbyTimer = 0;
  private lastActive = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** What CHECK POWER says now, or POWER_SLEEP. */
  get mode(): number {
    const { powerMode, standbyTimer, clock } = this;
    if (powerMode === POWER_SLEEP || standbyTimer === 0) return powerMode;
    const expired = clock.now - this.lastActive >= timerSeconds(standbyTimer) * clock.hz;
    return expired ? POWER_STANDBY : powerMode;
  }

  /** IDLE, STANDBY, their immediate forms, SLEEP. */
  enter(mode: number): void {
    this.powerMode = mode;
    this.lastActive = this.clock.now;
  }

  setTimer(value: number): void {
    this.standbyTimer = value;
  }

  /** The medium is used. */
  wake(): void {
    this.enter(POWER_ACTIVE);
  }

  reset(): void {
    this.powerMode = POWER_ACTIVE;
    this.standbyTimer = 0;
    this.lastActive = 0;
  }

  save(): PowerState {
    const { powerMode, standbyTimer, lastActive } = this;
    return { powerMode, standbyTimer, lastActive };
  }

  restore(state: PowerState): void {
    this.powerMode = state.powerMode;
    this.standbyTimer = state.standbyTimer;
    this.lastActive = state.lastActive;
  }
}

/** The period that a nonzero SECTOR_COUNT of IDLE and STANDBY asks for. */
function timerSeconds(value: number): number {
  if (value <= 240) return value * 5;
  if (value <= 251) return (value - 240) * 30 * 60;
  if (value === 252) return 21 * 60;
  // 253 is the vendor's choice between 8 and 12 hours, 254 is reserved.
  return value === 255 ? 21 * 60 + 15 : 8 * 60 * 60;
}
