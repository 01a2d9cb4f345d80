/** The display: what it shows, in words for the devices screen and as text. */
import { screenLines, textScreen } from "../devices/vga/text-screen.ts";
import type { Vga } from "../devices/vga/vga.ts";
import {
  CR_MAX_SCAN_LINE,
  GR_MISC,
  GR_MODE,
  MISC_GRAPHICS,
  SR_MEMORY_MODE,
} from "../devices/vga/vga-registers.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2 } from "./device-text.ts";

export function vgaCard(vga: Vga, where: string): DeviceCard {
  return {
    name: "vga",
    where,
    irq: "",
    deadline: null,
    registers: [
      ["MODE", modeWords(vga)],
      ["MISC", hex2(vga.misc)],
      ["SR4", hex2(vga.sequencer[SR_MEMORY_MODE])],
      ["GR5 GR6", `${hex2(vga.graphics[GR_MODE])} ${hex2(vga.graphics[GR_MISC])}`],
    ],
  };
}

function modeWords(vga: Vga): string {
  if ((vga.graphics[GR_MISC] & MISC_GRAPHICS) !== 0) return `graphics, ${vga.displayedLines} lines`;
  const screen = textScreen(vga);
  if (screen === null) return "dark";
  const { columns, rows, cursor } = screen;
  const height = (vga.crtc[CR_MAX_SCAN_LINE] & 0x1f) + 1;
  const at = cursor === null ? "no cursor" : `cursor at row ${cursor.row}, column ${cursor.column}`;
  return `text, ${columns} by ${rows}, characters of ${height} lines, ${at}`;
}

/** Why there is no text to see. */
export function displayWords(vga: Vga): string {
  return `The display shows no text: it is in ${modeWords(vga)}.`.replace("in dark", "dark");
}

/** The text that the display shows, line by line, without the empty lines at its end; a sentence if it shows none. */
export function vgaText(vga: Vga): string[] {
  const screen = textScreen(vga);
  if (screen !== null) {
    const lines = screenLines(screen);
    const last = lines.findLastIndex((line) => line !== "");
    return last < 0 ? [`The display is blank, ${modeWords(vga)}.`] : lines.slice(0, last + 1);
  }
  return [displayWords(vga)];
}
