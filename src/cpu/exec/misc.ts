/**
 * Instructions of no group: NOP in all its spellings (PAUSE and the hints of group 16 among them), SALC, and WAIT.
 *
 * SDM: volume 1, 7.3.17 "Miscellaneous instructions".
 */
import type { Cpu } from "../cpu.ts";
import { getCF } from "../eflags.ts";
import { raiseNM } from "../exceptions.ts";
import { reportPending, STATUS_ES } from "../fpu/status-word.ts";
import { CR0, CR0_MP, CR0_TS, FPU_STATUS } from "../state.ts";
import { AL } from "./operands.ts";

/** Also with a ModR/M operand, which is not accessed. */
export function nop(): void {}

/** SETALC, not in the SDM's map but in every processor: AL is all ones if CF is set, else 0. No flag changes. */
export function salc(cpu: Cpu): void {
  cpu.r8[AL] = -getCF(cpu);
}

/** Reports a pending x87 exception. SDM: volume 3, table 2-2: it heeds CR0.TS only if CR0.MP says so, and never CR0.EM. */
export function wait(cpu: Cpu): void {
  const { r } = cpu;
  const both = CR0_MP | CR0_TS;
  if ((r[CR0] & both) === both) raiseNM(cpu);
  if ((r[FPU_STATUS] & STATUS_ES) !== 0) reportPending(cpu);
}
