/**
 * The interrupt controllers of a PC/AT: two 8259A, the second one's INT wired to IR2 of the first, and the
 * edge/level control registers beside them.
 *
 * Datasheet: Intel 8259A, "Cascade Mode"; Intel 82371SB (PIIX3), ELCR1 and ELCR2.
 */

import { assert } from "../common/assert.ts";
import type { IrqLine, PortDevice, Width } from "./device.ts";
import { Pic8259, type Pic8259State } from "./pic8259.ts";

/** The input of the first chip that the second one drives. */
const CASCADE = 2;
/** The timer, the keyboard and the cascade (IRQ 0-2), the RTC (8) and the coprocessor (13) stay on edges. */
const ELCR1_WRITABLE = 0xf8;
const ELCR2_WRITABLE = 0xde;
/** What the processor reads when no chip drives the data bus. */
const FLOATING_BUS = 0xff;

export interface PicPairState {
  primary: Pic8259State;
  secondary: Pic8259State;
}

export class PicPair {
  /** Ports 0x20 and 0x21. */
  readonly primary: Pic8259;
  /** Ports 0xa0 and 0xa1. */
  readonly secondary: Pic8259;
  /** Ports 0x4d0 and 0x4d1. */
  readonly elcr: Elcr;

  /** `int` hears every change of the wire to the processor's INTR pin. */
  constructor(int: (level: boolean) => void) {
    this.primary = new Pic8259("pic", "master", int);
    const cascade = this.primary.wire(CASCADE);
    this.secondary = new Pic8259("pic2", "slave", (level) => {
      if (level) cascade.raise();
      else cascade.lower();
    });
    this.elcr = new Elcr(this.primary, this.secondary);
  }

  /** A new wire to IRQ 0-15. IRQ 2 is taken by the cascade; the AT brings that slot pin to IRQ 9. */
  irq(n: number): IrqLine {
    assert(n >= 0 && n < 16 && n !== CASCADE, `there is no wire to IRQ ${n}`);
    return n < 8 ? this.primary.wire(n) : this.secondary.wire(n - 8);
  }

  /**
   * The processor's interrupt acknowledge; returns the vector. Both chips answer "spurious" (IRQ 7 or IRQ 15)
   * when the request is gone; for IRQ 15 the first chip has the cascade in service and wants its EOI.
   */
  acknowledge(): number {
    const ir = this.primary.inta();
    if (!this.primary.hasSlave(ir)) return this.primary.vector(ir);
    if (ir !== CASCADE || !this.secondary.isSlaveNumber(ir)) return FLOATING_BUS;
    return this.secondary.vector(this.secondary.inta());
  }

  reset(): void {
    this.secondary.reset();
    this.primary.reset();
  }

  save(): PicPairState {
    return { primary: this.primary.save(), secondary: this.secondary.save() };
  }

  /** The second chip first: restoring it drives the cascade, whose state the first chip then sets right. */
  restore(state: PicPairState): void {
    this.secondary.restore(state.secondary);
    this.primary.restore(state.primary);
  }
}

/** ELCR1 and ELCR2: a set bit makes that IRQ level triggered. The bits are kept in the chips they act on. */
class Elcr implements PortDevice {
  readonly name = "elcr";
  private readonly primary: Pic8259;
  private readonly secondary: Pic8259;

  constructor(primary: Pic8259, secondary: Pic8259) {
    this.primary = primary;
    this.secondary = secondary;
  }

  portRead(offset: number, _width: Width): number {
    return offset === 0 ? this.primary.ELCR : this.secondary.ELCR;
  }

  portWrite(offset: number, _width: Width, value: number): void {
    if (offset === 0) this.primary.ELCR = value & ELCR1_WRITABLE;
    else this.secondary.ELCR = value & ELCR2_WRITABLE;
  }

  probe(offset: number): string {
    return offset === 0 ? "ELCR1" : offset === 1 ? "ELCR2" : "?";
  }
}
