/**
 * Ports 0xF0 and 0xF1, and the latch behind them: how a PC/AT hears of x87 errors. FERR# rising sets the latch, which
 * holds IRQ 13; a write to port 0xF0 clears it, and asserts IGNNE# until FERR# falls.
 *
 * Datasheet: IBM PC/AT Technical Reference, "Math coprocessor control"; Intel 82371SB (PIIX3), "Coprocessor Error
 * Register". SDM: volume 1, appendix D "Guidelines for writing SIMD/x87 exception handlers", D.2.1.
 */
import type { Device, IrqLine, PortDevice, Width } from "./device.ts";

export interface NumericErrorState {
  ferr: boolean;
  ignored: boolean;
}

export interface NumericErrorWires {
  readonly irq: IrqLine;
  /** The processor's IGNNE# pin: true while it is asserted. */
  readonly ignore: (asserted: boolean) => void;
}

/** Port offsets: clear busy, reset the coprocessor. */
const CLEAR_BUSY = 0;

export class NumericError implements PortDevice, Device<NumericErrorState> {
  readonly name = "numeric-error";
  private readonly wires: NumericErrorWires;
  private ferr = false;
  private ignored = false;

  constructor(wires: NumericErrorWires) {
    this.wires = wires;
  }

  /** The processor's FERR# pin. */
  setFerr(level: boolean): void {
    if (level === this.ferr) return;
    this.ferr = level;
    if (!level) this.ignored = false;
    this.drive();
  }

  portRead(_offset: number, _width: Width): number {
    return 0xff;
  }

  portWrite(offset: number, _width: Width, _value: number): void {
    if (offset !== CLEAR_BUSY || !this.ferr) return;
    this.ignored = true;
    this.drive();
  }

  private drive(): void {
    if (this.ferr && !this.ignored) this.wires.irq.raise();
    else this.wires.irq.lower();
    this.wires.ignore(this.ferr && this.ignored);
  }

  reset(): void {
    this.ferr = false;
    this.ignored = false;
    this.drive();
  }

  save(): NumericErrorState {
    return { ferr: this.ferr, ignored: this.ignored };
  }

  restore(state: NumericErrorState): void {
    this.ferr = state.ferr;
    this.ignored = state.ignored;
    this.drive();
  }

  probe(offset: number): string {
    return offset === CLEAR_BUSY ? "CLEAR_BUSY" : "RESET";
  }
}
