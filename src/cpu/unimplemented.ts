/**
 * What the processor does not have yet is loud: #UD in the guest, and a note to whoever watches.
 */
import type { Cpu } from "./cpu.ts";
import { raiseUD } from "./exceptions.ts";

export function raiseUnimplemented(cpu: Cpu, what: string): never {
  cpu.unimplemented(what);
  return raiseUD(cpu);
}
