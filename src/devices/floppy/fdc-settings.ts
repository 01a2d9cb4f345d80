/**
 * What SPECIFY, CONFIGURE, LOCK and PERPENDICULAR MODE set, and what of it survives a reset.
 *
 *     SPECIFY         SRT (4 bits) HUT (4)              HLT (7) ND
 *     CONFIGURE       0    0 EIS EFIFO POLL FIFOTHR (4)       PRETRK
 *     PERPENDICULAR   OW 0 D3 D2 D1 D0 GAP WGATE
 *
 * Datasheet: Intel 82077AA, order 290166, "Specify", "Configure", "Lock", "Perpendicular mode", "Dumpreg".
 */
import {
  CONFIG_EFIFO,
  CONFIG_EIS,
  CONFIG_FIFOTHR,
  PERPENDICULAR_DRIVES,
  PERPENDICULAR_GAP_WGATE,
  PERPENDICULAR_OW,
  SPECIFY_ND,
} from "./fdc-registers.ts";

const CONFIG_BITS = 0x7f;
const LOCK_BIT = 0x80;

export interface FdcSettingsState {
  /** The bytes as SPECIFY has them. */
  SRT_HUT: number;
  HLT_ND: number;
  /** EIS, EFIFO, POLL and FIFOTHR. */
  config: number;
  PRETRK: number;
  /** Without OW. */
  perpendicular: number;
  lock: boolean;
  /** The last SC or EOT of a command. */
  SC_EOT: number;
}

const powerOn = (): FdcSettingsState => ({
  SRT_HUT: 0,
  HLT_ND: 0,
  config: CONFIG_EFIFO,
  PRETRK: 0,
  perpendicular: 0,
  lock: false,
  SC_EOT: 0,
});

export class FdcSettings {
  private state = powerOn();

  get impliedSeek(): boolean {
    return (this.state.config & CONFIG_EIS) !== 0;
  }

  get nonDma(): boolean {
    return (this.state.HLT_ND & SPECIFY_ND) !== 0;
  }

  specify(SRT_HUT: number, HLT_ND: number): void {
    this.state.SRT_HUT = SRT_HUT;
    this.state.HLT_ND = HLT_ND;
  }

  configure(config: number, PRETRK: number): void {
    this.state.config = config & CONFIG_BITS;
    this.state.PRETRK = PRETRK;
  }

  /** The drives' bits are only written with OW. */
  perpendicularMode(byte: number): void {
    const { state } = this;
    const drives = (byte & PERPENDICULAR_OW) !== 0 ? byte : state.perpendicular;
    state.perpendicular = (drives & PERPENDICULAR_DRIVES) | (byte & PERPENDICULAR_GAP_WGATE);
  }

  /** Returns the result byte. */
  lock(on: boolean): number {
    this.state.lock = on;
    return on ? 0x10 : 0;
  }

  used(SC_EOT: number): void {
    this.state.SC_EOT = SC_EOT;
  }

  /** The results of DUMPREG behind the cylinder numbers. */
  dump(): number[] {
    const { SRT_HUT, HLT_ND, SC_EOT, lock, perpendicular, config, PRETRK } = this.state;
    return [SRT_HUT, HLT_ND, SC_EOT, (lock ? LOCK_BIT : 0) | perpendicular, config, PRETRK];
  }

  /** A reset by DOR or DSR: the FIFO's settings stay if they are locked. */
  softwareReset(): void {
    const { state } = this;
    state.config = state.lock ? state.config & (CONFIG_EFIFO | CONFIG_FIFOTHR) : CONFIG_EFIFO;
    if (!state.lock) state.PRETRK = 0;
    state.perpendicular &= PERPENDICULAR_DRIVES;
  }

  reset(): void {
    this.state = powerOn();
  }

  save(): FdcSettingsState {
    return { ...this.state };
  }

  restore(state: FdcSettingsState): void {
    this.state = { ...state };
  }
}
