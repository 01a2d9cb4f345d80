/**
 * How a piece of text looks. Sixteen colours, so that the user's theme decides what they are; a state is always said
 * in words first and in colour second. Only the guest's console uses more.
 */

/** 0 to 7 the ANSI colours, 8 to 15 their bright ones, 16 to 255 the palette; RGB | 0xRRGGBB a colour in full. */
export type Color = number;
export const RGB = 0x100_0000;

export const RED = 1;
export const GREEN = 2;
export const YELLOW = 3;
export const BLUE = 4;
export const MAGENTA = 5;
export const CYAN = 6;

export interface Style {
  readonly color?: Color;
  readonly background?: Color;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly inverse?: boolean;
  readonly underline?: boolean;
}

export const PLAIN: Style = {};
/** Borders, units, what can be read later. */
export const DIM: Style = { dim: true };
export const BOLD: Style = { bold: true };
/** The row under the cursor; `>` stands in its margin, too. */
export const SELECTED: Style = { inverse: true };
/** A shadow page out of sync. */
export const UNSYNC: Style = { color: YELLOW };
export const GLOBAL: Style = { color: CYAN };
/** An entry that does not say what the guest's says. */
export const STALE: Style = { color: MAGENTA };
export const FAULT: Style = { color: RED, bold: true };
/** A value that is not what it was at the last stop. */
export const CHANGED: Style = { bold: true };
export const PAUSED: Style = { inverse: true, bold: true };

/** The escape sequence that starts a style, without the ESC [ and m; "" for plain text. */
export function sgrOf(style: Style): string {
  const codes: string[] = [];
  if (style.bold === true) codes.push("1");
  if (style.dim === true) codes.push("2");
  if (style.underline === true) codes.push("4");
  if (style.inverse === true) codes.push("7");
  if (style.color !== undefined) codes.push(colorCode(style.color, 30));
  if (style.background !== undefined) codes.push(colorCode(style.background, 40));
  return codes.join(";");
}

function colorCode(color: Color, base: 30 | 40): string {
  if (color >= RGB) return `${base + 8};2;${(color >> 16) & 0xff};${(color >> 8) & 0xff};${color & 0xff}`;
  if (color >= 16) return `${base + 8};5;${color}`;
  return String(color >= 8 ? base + 60 + color - 8 : base + color);
}
