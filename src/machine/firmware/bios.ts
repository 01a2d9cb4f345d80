/** What a BIOS that was made for emulated boards is told of this one: by the configuration device, and by CMOS. */
import type { Board } from "../board.ts";
import { setCmos } from "./setup.ts";

/** Kinds of drive in the order in which they are tried: a floppy, c disk, d CD-ROM. */
export type BootOrder = string;
export const DEFAULT_BOOT_ORDER: BootOrder = "acd";

const BOOT_FIRST_TWO = 0x3d;
/** The third in the upper half; bit 0: a floppy needs no boot signature. */
const BOOT_THIRD = 0x38;
const CODES = "acd";

export interface BiosQuestions {
  readonly ramBytes: number;
  readonly videoBios: Uint8Array | null;
  readonly bootOrder: BootOrder;
}

export function answerBios(board: Board, { ramBytes, videoBios, bootOrder }: BiosQuestions): void {
  const { fwCfg, rtc } = board;
  if (videoBios !== null) fwCfg.addFile("vgaroms/vgabios.bin", videoBios);
  setCmos(board, ramBytes);
  const [first = 0, second = 0, third = 0] = [...bootOrder].map((kind) => CODES.indexOf(kind) + 1);
  rtc.setCmos(BOOT_FIRST_TWO, first | (second << 4));
  rtc.setCmos(BOOT_THIRD, (third << 4) | 1);
}
