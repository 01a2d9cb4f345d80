/**
 * The interrupt wires of the board. Each goes to two controllers at once, the PIC and the I/O APIC, and software masks those
 * of the one that it does not use.
 *
 * MultiProcessor Specification 1.4: 3.6.2.3 "Symmetric I/O mode".
 */
import { IO_APIC_PINS, type IoApic } from "../devices/apic/io-apic.ts";
import type { IrqLine } from "../devices/device.ts";
import type { PicPair } from "../devices/pic-pair.ts";

const PIC_IRQS = 16;
const CASCADE = 2;
const TIMER = 0;

export class InterruptLines {
  private readonly pic: PicPair;
  private readonly ioApic: IoApic;

  constructor(pic: PicPair, ioApic: IoApic) {
    this.pic = pic;
    this.ioApic = ioApic;
  }

  /** A new wire to ISA interrupt 0 to 15, but for 2. The timer's is at pin 2 of the I/O APIC, since the PIC takes pin 0's place. */
  isa(irq: number): IrqLine {
    const toPic = this.pic.irq(irq);
    const toIoApic = this.ioApic.pin(irq === TIMER ? CASCADE : irq);
    return {
      raise: () => {
        toPic.raise();
        toIoApic.raise();
      },
      lower: () => {
        toPic.lower();
        toIoApic.lower();
      },
    };
  }

  /** Whether an interrupt of the timer would reach the processor, through either controller. */
  get timerIsHeard(): boolean {
    return (this.pic.primary.IMR & 1) === 0 || !this.ioApic.isMasked(CASCADE);
  }

  /** A new wire by the number of the system interrupt, 0 to 23: what the PIC has no input for goes to the I/O APIC alone. */
  system(number: number): IrqLine | null {
    if (number >= IO_APIC_PINS) return null;
    return number < PIC_IRQS && number !== CASCADE ? this.isa(number) : this.ioApic.pin(number);
  }
}
