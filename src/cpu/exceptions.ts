/**
 * Raising exceptions. Handlers never catch: one preallocated object is thrown, and the run loop delivers what it
 * describes. Delivery itself (gates, stacks, double and triple faults) is in `interrupts.ts`.
 *
 * SDM: volume 3, chapter 6.
 */
import type { Cpu } from "./cpu.ts";
import { CR2, VEC_DE, VEC_GP, VEC_NM, VEC_NP, VEC_PF, VEC_SS, VEC_TS, VEC_UD } from "./state.ts";

/** What the thrown object carries. `errorCode` is -1 for vectors that push none. */
export class GuestFault {
  vector = 0;
  errorCode = -1;
}

export function raise(cpu: Cpu, vector: number, errorCode: number): never {
  cpu.fault.vector = vector;
  cpu.fault.errorCode = errorCode;
  throw cpu.fault;
}

/** CR2 is written when the fault is raised: it keeps its value even if delivery then ends in a double fault. */
export function raisePageFault(cpu: Cpu, la: number, errorCode: number): never {
  cpu.r[CR2] = la;
  return raise(cpu, VEC_PF, errorCode);
}

export const raiseUD = (cpu: Cpu): never => raise(cpu, VEC_UD, -1);
export const raiseDE = (cpu: Cpu): never => raise(cpu, VEC_DE, -1);
export const raiseNM = (cpu: Cpu): never => raise(cpu, VEC_NM, -1);
export const raiseGP = (cpu: Cpu, errorCode: number): never => raise(cpu, VEC_GP, errorCode);
export const raiseSS = (cpu: Cpu, errorCode: number): never => raise(cpu, VEC_SS, errorCode);
export const raiseNP = (cpu: Cpu, errorCode: number): never => raise(cpu, VEC_NP, errorCode);
export const raiseTS = (cpu: Cpu, errorCode: number): never => raise(cpu, VEC_TS, errorCode);
