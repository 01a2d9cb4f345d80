/**
 * Standard input on its way to the guest's serial port. On a terminal each key goes over raw, and ^] ends the run.
 */
import type { Uart16550, UartState } from "../devices/uart16550.ts";

const GROUP_SEPARATOR = 0x1d;
const IER_ERBFI = 0x01;
const MCR_DTR_RTS = 0x03;
const MCR_LOOP = 0x10;
/** Guest time after which a guest that left its serial port alone is taken to use it as it is. */
const SETUP_ICOUNT = 10_000_000;

export interface KeyboardEvents {
  /** Something was typed, or input has ended. */
  readonly arrived: () => void;
  /** The user pressed ^]. */
  readonly escaped: () => void;
}

export class Keyboard {
  private readonly uart: Uart16550;
  private readonly events: KeyboardEvents;
  private readonly stdin = process.stdin;
  private waiting: Uint8Array = new Uint8Array(0);
  private atEnd = false;
  private listening = false;

  constructor(uart: Uart16550, events: KeyboardEvents) {
    this.uart = uart;
    this.events = events;
    if (this.stdin.isTTY) {
      this.stdin.setRawMode(true);
      process.on("SIGCONT", this.onContinue);
      process.stderr.write("umbra: keys go to the guest; ^] ends the run\n");
    }
    this.stdin.on("data", this.onData);
    this.stdin.on("end", this.onEnd);
    this.stdin.on("error", this.onEnd);
  }

  /** Characters wait for the guest to take them. */
  get hasWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Input is at its end and all of it was given to the guest. */
  get exhausted(): boolean {
    return this.atEnd && !this.hasWaiting;
  }

  /** Gives the serial port what it takes and returns how much that was; the rest is offered again later. */
  offer(icount: number): number {
    if (!this.hasWaiting) return 0;
    this.listening ||= icount >= SETUP_ICOUNT || isSetUp(this.uart.save());
    if (!this.listening) return 0;
    const taken = this.uart.receive(this.waiting);
    this.waiting = this.waiting.subarray(taken);
    return taken;
  }

  close(): void {
    this.stdin.off("data", this.onData);
    this.stdin.off("end", this.onEnd);
    this.stdin.off("error", this.onEnd);
    process.off("SIGCONT", this.onContinue);
    if (this.stdin.isTTY) this.stdin.setRawMode(false);
    this.stdin.pause();
  }

  private readonly onData = (chunk: Buffer): void => {
    const end = this.stdin.isTTY ? chunk.indexOf(GROUP_SEPARATOR) : -1;
    const typed = end >= 0 ? chunk.subarray(0, end) : chunk;
    this.waiting = Buffer.concat([this.waiting, typed]);
    if (end >= 0) this.events.escaped();
    this.events.arrived();
  };

  private readonly onEnd = (): void => {
    this.atEnd = true;
    this.events.arrived();
  };

  /** While we were stopped the shell had the terminal, in its own mode. */
  private readonly onContinue = (): void => {
    this.stdin.setRawMode(false);
    this.stdin.setRawMode(true);
  };
}

/**
 * The guest's driver is ready for characters. One that comes earlier is lost when the driver empties the FIFO, or
 * spoils its loopback test.
 */
function isSetUp({ IER, MCR }: UartState): boolean {
  if ((MCR & MCR_LOOP) !== 0) return false;
  return (IER & IER_ERBFI) !== 0 || (MCR & MCR_DTR_RTS) !== 0;
}
