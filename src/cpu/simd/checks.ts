/**
 * What an instruction asks before it touches XMM registers. Its counterpart for MMX is `enterMmx` (`fpu/registers.ts`).
 *
 * SDM: volume 3, 13.1 "Providing operating system support for SSE extensions", table 13-1; volume 2, 2.4 "Instruction
 * exception specification" and the tables of exceptions of legacy SIMD instructions: these come before all faults of a
 * memory operand.
 */
import type { Cpu } from "../cpu.ts";
import { raiseNM, raiseUD } from "../exceptions.ts";
import { CR0, CR0_EM, CR0_TS, CR4, CR4_OSFXSR } from "../state.ts";

/** #UD if the operating system does not know XMM registers or wants no coprocessor, #NM if it still has to load them. */
export function requireSse(cpu: Cpu): void {
  const { r } = cpu;
  if ((r[CR0] & CR0_EM) !== 0 || (r[CR4] & CR4_OSFXSR) === 0) raiseUD(cpu);
  if ((r[CR0] & CR0_TS) !== 0) raiseNM(cpu);
}
