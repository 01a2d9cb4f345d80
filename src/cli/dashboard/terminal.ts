/**
 * The user's terminal, borrowed: the alternate screen while the dashboard is shown, everything as it was afterwards,
 * whatever ends us.
 */
import { writeSync } from "node:fs";
import type { ReadStream, WriteStream } from "node:tty";
import type { Size } from "../../dashboard/model.ts";

/** DEC private modes: alternate screen with its cursor saved, cursor visible. */
const ENTER = "\u001b[?1049h\u001b[H\u001b[2J\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[0m\u001b[?1049l";
const CLEAR = "\u001b[H\u001b[2J";
/** What a terminal that does not tell its size is taken for. */
const USUAL: Size = { columns: 80, rows: 24 };
const STDOUT = 1;

export class Terminal {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  private readonly writeNow: (text: string) => void;
  private entered = false;

  /** @param writeNow writes before it returns, for there may be no later */
  constructor(
    stdin: ReadStream = process.stdin,
    stdout: WriteStream = process.stdout,
    writeNow: (text: string) => void = (text) => void writeSync(STDOUT, text),
  ) {
    this.stdin = stdin;
    this.stdout = stdout;
    this.writeNow = writeNow;
  }

  get size(): Size {
    const { columns, rows } = this.stdout;
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
  }

  enter(): void {
    if (this.entered) return;
    this.entered = true;
    process.on("exit", this.leave);
    this.write(ENTER);
  }

  clear(): void {
    if (this.entered) this.write(CLEAR);
  }

  /** Puts back what was there. May be called at any time, also from a process that is about to end. */
  readonly leave = (): void => {
    if (!this.entered) return;
    this.entered = false;
    process.off("exit", this.leave);
    this.write(LEAVE);
    try {
      this.stdin.setRawMode(false);
    } catch {
      // The terminal is gone: nothing to put back.
    }
  };

  /** Text for the clipboard of the user's terminal, if that allows it: OSC 52. */
  copy(text: string): void {
    this.write(`\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`);
  }

  private write(text: string): void {
    try {
      this.writeNow(text);
    } catch {
      // A terminal that hung up, or takes nothing now: there is nobody to tell.
    }
  }
}
