/** Characters on their way to the guest's serial port: as many as it takes, when it is ready for them. */
import type { Uart16550, UartState } from "../devices/uart16550.ts";

const IER_ERBFI = 0x01;
const MCR_DTR_RTS = 0x03;
const MCR_LOOP = 0x10;
/** Guest time after which a guest that left its serial port alone is taken to use it as it is. */
const SETUP_ICOUNT = 10_000_000;

export class SerialInput {
  private readonly uart: Uart16550;
  private bytes: Uint8Array = new Uint8Array(0);
  /** The guest was seen ready for characters. */
  private listening = false;

  constructor(uart: Uart16550) {
    this.uart = uart;
  }

  /** Characters that the guest has not taken yet. */
  get waiting(): number {
    return this.bytes.length;
  }

  add(bytes: Uint8Array): void {
    const all = new Uint8Array(this.bytes.length + bytes.length);
    all.set(this.bytes);
    all.set(bytes, this.bytes.length);
    this.bytes = all;
  }

  /** Gives the serial port what it takes and returns how much that was; the rest is offered again later. */
  offer(icount: number): number {
    if (this.bytes.length === 0) return 0;
    this.listening ||= icount >= SETUP_ICOUNT || isSetUp(this.uart.save());
    if (!this.listening) return 0;
    const taken = this.uart.receive(this.bytes);
    this.bytes = this.bytes.subarray(taken);
    return taken;
  }
}

/**
 * The guest's driver is ready for characters. One that comes earlier is lost when the driver empties the FIFO, or
 * spoils its loopback test.
 */
function isSetUp({ IER, MCR }: UartState): boolean {
  if ((MCR & MCR_LOOP) !== 0) return false;
  return (IER & IER_ERBFI) !== 0 || (MCR & MCR_DTR_RTS) !== 0;
}
