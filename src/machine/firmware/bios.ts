/** What a BIOS that was made for emulated boards is told of this one: by the configuration device, and by CMOS. */
import { FW_CFG_CPUS, FW_CFG_MAX_CPUS, FW_CFG_RAM_SIZE } from "../../devices/fw-cfg.ts";
import type { Board } from "../board.ts";
import { setCmos } from "./setup.ts";

/** Kinds of drive in the order in which they are tried: a floppy, c disk, d CD-ROM. */
export type BootOrder = string;
export const DEFAULT_BOOT_ORDER: BootOrder = "cd";

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
  const low = ramBytes % 2 ** 32;
  fwCfg.add(FW_CFG_RAM_SIZE, littleEndian([low & 0xffff, low >>> 16, 0, 0], 2));
  fwCfg.add(FW_CFG_CPUS, littleEndian([1], 2));
  fwCfg.add(FW_CFG_MAX_CPUS, littleEndian([1], 2));
  if (videoBios !== null) fwCfg.addFile("vgaroms/vgabios.bin", videoBios);
  setCmos(board, ramBytes);
  const [first = 0, second = 0, third = 0] = [...bootOrder].map((kind) => CODES.indexOf(kind) + 1);
  rtc.setCmos(BOOT_FIRST_TWO, first | (second << 4));
  rtc.setCmos(BOOT_THIRD, (third << 4) | 1);
}

function littleEndian(values: readonly number[], width: number): Uint8Array {
  return Uint8Array.from(
    values.flatMap((value) => Array.from({ length: width }, (_, i) => (value >>> (i * 8)) & 0xff)),
  );
}
