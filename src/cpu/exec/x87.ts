/**
 * The coprocessor's opcodes, on a processor without one.
 *
 * SDM: volume 3, 2.5 and table 9-3: an escape raises #NM if CR0.EM or CR0.TS is set. Otherwise it goes to a
 * coprocessor that is not there, and nothing happens: the word that FNSTSW should have written stays as it was, which
 * is how software finds out.
 */
import type { Cpu } from "../cpu.ts";
import { raiseNM } from "../exceptions.ts";
import { CR0, CR0_EM, CR0_TS } from "../state.ts";

export function x87_esc(cpu: Cpu): void {
  if ((cpu.r[CR0] & (CR0_EM | CR0_TS)) !== 0) raiseNM(cpu);
}
