/**
 * Instructions of no group: NOP in all its spellings (PAUSE and the hints of group 16 among them) and SALC.
 *
 * SDM: volume 1, 7.3.17 "Miscellaneous instructions".
 */
import type { Cpu } from "../cpu.ts";
import { getCF } from "../eflags.ts";
import { AL } from "./operands.ts";

/** Also with a ModR/M operand, which is not accessed. */
export function nop(): void {}

/** SETALC, not in the SDM's map but in every processor: AL is all ones if CF is set, else 0. No flag changes. */
export function salc(cpu: Cpu): void {
  cpu.r8[AL] = -getCF(cpu);
}
