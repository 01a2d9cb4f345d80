/**
 * A terminal in memory: what is written to it feeds a terminal emulator, whose screen can be looked at; what is typed
 * comes out of its keyboard.
 */
import { Readable, Writable } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";
import xterm from "@xterm/headless";

class Keyboard extends Readable {
  readonly isTTY = true;
  raw = false;

  override _read(): void {}

  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

class Display extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  /** All that was written, as text. */
  written = "";
  writes = 0;
  private readonly show: (text: string) => void;

  constructor(columns: number, rows: number, show: (text: string) => void) {
    super();
    this.columns = columns;
    this.rows = rows;
    this.show = show;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes++;
    this.written += chunk.toString();
    this.show(chunk.toString());
    done();
  }
}

export class FakeTty {
  readonly keyboard = new Keyboard();
  readonly display: Display;
  private readonly terminal: InstanceType<typeof xterm.Terminal>;

  constructor(columns: number, rows: number) {
    // A kernel's terminal driver makes CR LF of a line feed.
    this.terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
    this.display = new Display(columns, rows, (text) => this.terminal.write(text));
  }

  get stdin(): ReadStream {
    return this.keyboard as unknown as ReadStream;
  }

  get stdout(): WriteStream {
    return this.display as unknown as WriteStream;
  }

  /** Bytes written so far. */
  get bytes(): number {
    return Buffer.byteLength(this.display.written);
  }

  get alternate(): boolean {
    return this.terminal.buffer.active.type === "alternate";
  }

  type(text: string): void {
    this.keyboard.push(text);
  }

  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
    this.display.columns = columns;
    this.display.rows = rows;
    this.display.emit("resize");
  }

  /** The lines on the screen once all that was written has been shown, without blanks at their ends. */
  async screen(): Promise<string[]> {
    await new Promise<void>((resolve) => this.terminal.write("", resolve));
    const { active } = this.terminal.buffer;
    return Array.from({ length: this.terminal.rows }, (_, row) =>
      (active.getLine(active.viewportY + row)?.translateToString(true) ?? "").trimEnd(),
    );
  }

  /** The screen as soon as it is as wanted. Throws, with the last screen, if it is not in time. */
  async until(wanted: (lines: readonly string[]) => boolean, milliseconds = 5_000): Promise<string[]> {
    const end = performance.now() + milliseconds;
    for (;;) {
      const lines = await this.screen();
      if (wanted(lines)) return lines;
      if (performance.now() > end) throw new Error(`the screen never was as wanted:\n${lines.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  close(): void {
    this.terminal.dispose();
    this.keyboard.destroy();
  }
}
