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

/** Input from a file or pipe that is held here; the rest waits outside. */
const ENOUGH = 0x1_0000;

export class Keyboard {
  /** Nothing more will be typed. */
  ended = false;
  private readonly uart: Uart16550;
  private readonly quit: () => void;
  private readonly stdin = process.stdin;
  private waiting: Uint8Array = new Uint8Array(0);
  /** Something came, or input ended, since the last offer. */
  private news = false;
  private wake: (() => void) | null = null;
  /** The guest was seen ready for characters. */
  private listening = false;

  /** `quit` hears of ^]. */
  constructor(uart: Uart16550, quit: () => void) {
    this.uart = uart;
    this.quit = quit;
    if (this.stdin.isTTY) {
      process.stderr.write("umbra: keys go to the guest; ^] ends the run\n");
      this.stdin.setRawMode(true);
      process.on("SIGCONT", this.onContinue);
    }
    this.stdin.on("data", this.onData);
    this.stdin.on("end", this.onEnd);
    this.stdin.on("error", this.onEnd);
  }

  /** Resolves when something has come, or input has ended, since the last offer. */
  arrival(): Promise<void> {
    return new Promise((resolve) => {
      if (this.news) resolve();
      this.wake = resolve;
    });
  }

  /** Gives the serial port what it takes and returns how much that was; the rest is offered again later. */
  offer(icount: number): number {
    this.news = false;
    if (this.waiting.length === 0) return 0;
    this.listening ||= icount >= SETUP_ICOUNT || isSetUp(this.uart.save());
    if (!this.listening) return 0;
    const taken = this.uart.receive(this.waiting);
    this.waiting = this.waiting.subarray(taken);
    if (this.waiting.length < ENOUGH) this.stdin.resume();
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
    this.waiting = Buffer.concat([this.waiting, end >= 0 ? chunk.subarray(0, end) : chunk]);
    if (end >= 0) this.quit();
    else if (this.waiting.length >= ENOUGH && !this.stdin.isTTY) this.stdin.pause();
    this.tell();
  };

  private readonly onEnd = (): void => {
    this.ended = true;
    this.tell();
  };

  private tell(): void {
    this.news = true;
    this.wake?.();
  }

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
