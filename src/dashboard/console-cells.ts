/** A line of the terminal emulator's buffer as a line of ours. Only characters that can be seen pass. */
import type { IBufferCell, IBufferLine } from "@xterm/headless";
import type { Line, Span } from "./text/line.ts";
import { RGB, type Style } from "./text/style.ts";

/**
 * What may not reach the user's terminal: controls, invisible characters such as those that turn the direction of
 * writing, halves of surrogate pairs, line separators, and what Unicode has not assigned.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu;
const STARTS_UNSEEN = /^[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u;
/** Marks that make a terminal draw the character before them in another width: variation selectors, keycaps, tones. */
const RESIZING = /[\u{fe00}-\u{fe0f}\u{20d0}-\u{20f0}\u{e0100}-\u{e01ef}\u{1f3fb}-\u{1f3ff}]/gu;
/** Two letters of a flag side by side would become one picture: they are shown as the letters that they are. */
const FLAG_LETTER = /[\u{1f1e6}-\u{1f1ff}]/gu;
const FIRST_FLAG_LETTER = 0x1f1e6;
const LETTER_A = 0x41;

/** The first `columns` cells of the line. `cell` is used for reading them, to save making one for each. */
export function lineOfCells(buffer: IBufferLine, columns: number, cell: IBufferCell): Line {
  const spans: Span[] = [];
  let text = "";
  let style: Style = {};
  const look = new Look();
  const flush = (): void => {
    if (text !== "") spans.push({ text, style });
    text = "";
  };
  for (let column = 0; column < columns; ) {
    const found = buffer.getCell(column, cell) !== undefined;
    const isWide = found && cell.getWidth() === 2 && column + 1 < columns;
    const cells = isWide ? 2 : 1;
    if (found && look.change(cell)) {
      flush();
      style = styleOf(cell);
    }
    // A cell without a width is what is left of a wide character, or a mark without a character to stand on.
    const isWhole = found && (cell.getWidth() === 1 || isWide) && cell.isInvisible() === 0;
    const shown = isWhole ? visible(cell.getChars(), cells) : " ".repeat(cells);
    if (!isWide && shown.length === 1) text += shown;
    else {
      flush();
      spans.push({ text: shown, style, width: cells });
    }
    column += cells;
  }
  flush();
  return spans;
}

/** What of a cell's content can be shown without harm; it takes that many cells. */
function visible(chars: string, cells: number): string {
  if (chars.length === 1 && chars >= " " && chars <= "~") return chars;
  if (chars === "" || STARTS_UNSEEN.test(chars)) return " ".repeat(cells);
  return chars
    .replace(UNSEEN, "")
    .replace(RESIZING, "")
    .replace(FLAG_LETTER, (letter) =>
      String.fromCharCode(LETTER_A + (letter.codePointAt(0) ?? FIRST_FLAG_LETTER) - FIRST_FLAG_LETTER),
    );
}

/** The 16 colours of a palette number below 16 are the user's, all others are what they are; -1 for the default. */
const foregroundOf = (cell: IBufferCell): number =>
  cell.isFgRGB() ? RGB | cell.getFgColor() : cell.isFgDefault() ? -1 : cell.getFgColor();
const backgroundOf = (cell: IBufferCell): number =>
  cell.isBgRGB() ? RGB | cell.getBgColor() : cell.isBgDefault() ? -1 : cell.getBgColor();

function styleOf(cell: IBufferCell): Style {
  const color = foregroundOf(cell);
  const background = backgroundOf(cell);
  return {
    ...(color >= 0 ? { color } : {}),
    ...(background >= 0 ? { background } : {}),
    ...(cell.isBold() ? { bold: true } : {}),
    ...(cell.isDim() ? { dim: true } : {}),
    ...(cell.isInverse() ? { inverse: true } : {}),
    ...(cell.isUnderline() ? { underline: true } : {}),
  };
}

const BOLD = 1;
const DIM = 2;
const INVERSE = 4;
const UNDERLINE = 8;
const FLAGS = 16;

/** Whether a cell looks like the one before it: two numbers that stand for all that `styleOf` reads. */
class Look {
  private front = Number.NaN;
  private back = Number.NaN;

  /** Takes over the cell's look; true if it is another one. */
  change(cell: IBufferCell): boolean {
    const flags =
      (cell.isBold() ? BOLD : 0) |
      (cell.isDim() ? DIM : 0) |
      (cell.isInverse() ? INVERSE : 0) |
      (cell.isUnderline() ? UNDERLINE : 0);
    const front = (foregroundOf(cell) + 1) * FLAGS + flags;
    const back = backgroundOf(cell);
    if (front === this.front && back === this.back) return false;
    this.front = front;
    this.back = back;
    return true;
  }
}
