/**
 * Standard input on its way to the guest's console. On a terminal each key goes over raw, and ^] ends the run.
 */
import { type InputPlaces, TypedInput } from "../machine/typed-input.ts";

const GROUP_SEPARATOR = 0x1d;
/** Input from a file or pipe that is held here; the rest waits outside. */
const ENOUGH = 0x1_0000;

export class Keyboard {
  /** Nothing more will be typed. */
  ended = false;
  private readonly input: TypedInput;
  private readonly quit: () => void;
  private readonly stdin = process.stdin;
  /** Something came, or input ended, since the last offer. */
  private news = false;
  private wake: (() => void) | null = null;

  /** `quit` hears of ^]. */
  constructor(places: InputPlaces, quit: () => void) {
    this.input = new TypedInput(places);
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
    const taken = this.input.offer(icount);
    if (taken > 0 && this.input.waiting < ENOUGH) this.stdin.resume();
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
    this.input.add(end >= 0 ? chunk.subarray(0, end) : chunk);
    if (end >= 0) this.quit();
    else if (this.input.waiting >= ENOUGH && !this.stdin.isTTY) this.stdin.pause();
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
