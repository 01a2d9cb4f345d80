/**
 * Standard input on its way to the guest's serial port. On a terminal each key goes over raw, and ^] ends the run.
 */
import type { Uart16550 } from "../devices/uart16550.ts";

const GROUP_SEPARATOR = 0x1d;

export class Keyboard {
  /** The user pressed ^]. */
  ended = false;
  /** Input is at its end and all of it was given to the guest. */
  get exhausted(): boolean {
    return this.atEnd && this.waiting.length === 0;
  }
  private atEnd = false;
  private readonly uart: Uart16550;
  private readonly stdin = process.stdin;
  private waiting: Uint8Array = new Uint8Array(0);
  private wake: (() => void) | null = null;

  constructor(uart: Uart16550) {
    this.uart = uart;
    if (this.stdin.isTTY) {
      this.stdin.setRawMode(true);
      process.stderr.write("umbra: keys go to the guest; ^] ends the run\r\n");
    }
    this.stdin.on("data", this.onData);
    this.stdin.on("end", this.onEnd);
  }

  /** Resolves when a key came, or at `deadline` (performance.now()). */
  waitForKey(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const limit = Math.max(0, deadline - performance.now());
      const timer = limit === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, limit);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      this.offer();
    });
  }

  close(): void {
    this.stdin.off("data", this.onData);
    this.stdin.off("end", this.onEnd);
    if (this.stdin.isTTY) this.stdin.setRawMode(false);
    this.stdin.pause();
  }

  private readonly onData = (chunk: Buffer): void => {
    const end = this.stdin.isTTY ? chunk.indexOf(GROUP_SEPARATOR) : -1;
    if (end >= 0) this.ended = true;
    const typed = end >= 0 ? chunk.subarray(0, end) : chunk;
    const all = new Uint8Array(this.waiting.length + typed.length);
    all.set(this.waiting);
    all.set(typed, this.waiting.length);
    this.waiting = all;
    this.offer();
    this.wakeUp();
  };

  private readonly onEnd = (): void => {
    this.atEnd = true;
    this.wakeUp();
  };

  private wakeUp(): void {
    this.wake?.();
    this.wake = null;
  }

  /** Gives the serial port what its FIFO takes; the rest follows when the guest has read some. */
  offer(): void {
    if (this.waiting.length === 0) return;
    this.waiting = this.waiting.subarray(this.uart.receive(this.waiting));
  }
}
