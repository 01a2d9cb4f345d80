/**
 * The terminal at the other end of the guest's serial line, without a window: 80 columns by 25 rows that the guest's
 * output is written to, with the escape sequences it contains. Nothing of them goes on to the user's terminal.
 */
import xterm, { type IBufferCell, type Terminal } from "@xterm/headless";
import { cellWidths } from "./cell-width.ts";
import { lineOfCells } from "./console-cells.ts";
import { ConsoleQueue } from "./console-queue.ts";
import type { ConsoleScreen } from "./console-screen.ts";
import type { Line } from "./text/line.ts";

const COLUMNS = 80;
const ROWS = 25;
const SCROLLBACK = 5_000;

/** Bytes of output that may wait: more than fits into the scrollback, so that what is dropped would not be seen. */
const MOST_WAITING = 1 << 20;
/** The emulator lets others run after 12 ms, but only between two pieces. */
const PIECE_BYTES = 4_096;
const MOST_PIECES = 16;

/** CAN ends any escape sequence that lost its end; then a new line, since whole lines were left out. */
const AFTER_GAP = new Uint8Array([0x18, 0x0a]);

/**
 * Answers that reach the guest: what kind of terminal (DA), whether it is well, where its cursor is (DSR). A program
 * that asks waits for them. Others (DA2, DECRQM, DECRQSS) are dropped: some of them, echoed by the guest, are the same
 * question again, and would go round for ever.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these answers begin with ESC
const ANSWERS = /^\u001b\[(\?1;2c|0n|\??\d+;\d+R)$/;

/**
 * Sequences that the emulator carries out step by step, as often as their first parameter says (up to 2147483647),
 * and the most that makes a difference on this screen. More than that would hang it, and is ignored: to insert, delete
 * or scroll lines, to go to a tab stop, to repeat a character.
 */
const REPEATED: readonly (readonly [finals: string, most: number])[] = [
  ["LMST", ROWS],
  ["IZb", COLUMNS],
];

/** Hyperlinks. The emulator keeps each in memory as long as its line lives, and we have no use for them. */
const OSC_HYPERLINK = 8;
/** LNM: whether a line feed returns to column 1, too. */
const NEW_LINE_MODE = 20;

export class ConsoleTerminal implements ConsoleScreen {
  readonly columns = COLUMNS;
  readonly rows = ROWS;
  /** Counts what changes; as long as it stays the same nothing needs to be drawn again. */
  version = 0;
  isSilent = true;
  private readonly terminal: Terminal;
  private readonly cell: IBufferCell;
  private readonly queue = new ConsoleQueue(MOST_WAITING);
  private pieces = 0;
  private waiters: (() => void)[] = [];

  /** @param reply takes what the terminal answers to the guest's questions, for its serial input */
  constructor(reply: (bytes: Uint8Array) => void) {
    this.terminal = new xterm.Terminal({
      cols: COLUMNS,
      rows: ROWS,
      scrollback: SCROLLBACK,
      // Guests end lines with LF or CR LF. On a real terminal the tty's ONLCR makes both the same.
      convertEol: true,
      allowProposedApi: true,
      logLevel: "off",
    });
    this.cell = this.terminal.buffer.active.getNullCell();
    this.terminal.unicode.register(cellWidths);
    this.terminal.unicode.activeVersion = cellWidths.version;
    this.terminal.onData((answer) => {
      if (ANSWERS.test(answer)) reply(Buffer.from(answer, "latin1"));
    });
    this.disarm();
  }

  get scrollback(): number {
    return this.terminal.buffer.active.baseY;
  }

  get cursor(): { readonly column: number; readonly row: number } {
    const { cursorX, cursorY } = this.terminal.buffer.active;
    // After the last column has been written the cursor waits beside it.
    return { column: Math.min(cursorX, COLUMNS - 1), row: Math.min(cursorY, ROWS - 1) };
  }

  get droppedBytes(): number {
    return this.queue.dropped;
  }

  /** Output of the guest. It is on the screen some time later: see `version` and `settled`. */
  write(bytes: Uint8Array): void {
    if (bytes.length > 0) this.isSilent = false;
    this.queue.push(bytes);
    this.feed();
  }

  /** Fulfilled when all that was written is on the screen. */
  settled(): Promise<void> {
    if (this.isIdle()) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiters.push(resolve);
    });
  }

  lines(first: number, count: number): Line[] {
    const buffer = this.terminal.buffer.active;
    const from = Math.max(first, 0);
    const lines: Line[] = [];
    for (let y = from; y < Math.min(from + count, buffer.length); y++) {
      const line = buffer.getLine(y);
      lines.push(line === undefined ? [] : lineOfCells(line, COLUMNS, this.cell));
    }
    return lines;
  }

  dispose(): void {
    this.terminal.dispose();
  }

  private isIdle(): boolean {
    return this.pieces === 0 && this.queue.length === 0;
  }

  private feed(): void {
    while (this.pieces < MOST_PIECES && this.queue.length > 0) {
      if (this.queue.takeGap()) this.hand(AFTER_GAP);
      this.hand(this.queue.take(PIECE_BYTES));
    }
  }

  private hand(piece: Uint8Array): void {
    this.pieces++;
    this.terminal.write(piece, () => this.taken());
  }

  private taken(): void {
    this.pieces--;
    this.version++;
    this.feed();
    if (!this.isIdle()) return;
    const waiters = this.waiters;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Takes out of the emulator what a guest could hang or fill it with. */
  private disarm(): void {
    const { parser } = this.terminal;
    for (const [finals, most] of REPEATED) {
      for (const final of finals) {
        parser.registerCsiHandler({ final }, ([count]) => typeof count === "number" && count > most);
      }
    }
    parser.registerOscHandler(OSC_HYPERLINK, () => true);
    parser.registerCsiHandler({ final: "l" }, (modes) => modes.length === 1 && modes[0] === NEW_LINE_MODE);
  }
}
