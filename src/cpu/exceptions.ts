/**
 * Raising exceptions. Handlers never catch: one preallocated object is thrown, and the run loop delivers what it
 * describes. Delivery itself (gates, stacks, double and triple faults) is in `interrupts.ts`.
 *
 * Throwing costs V8 about half a microsecond, more than everything else about a page fault. So the page faults of
 * simple instructions are *held* instead: the registers are saved, all further accesses of the instruction are made
 * to do nothing, the handler runs to its end on a value of 0, and the run loop puts the registers back before it
 * delivers the fault. What happened to the guest is the same.
 *
 * SDM: volume 3, chapter 6.
 */
import { NO_GENERATION, TLB_GENERATION } from "../mmu/tlb.ts";
import type { Cpu } from "./cpu.ts";
import {
  CR2,
  EAX,
  EBP,
  EBX,
  ECX,
  EDI,
  EDX,
  EIP,
  ESI,
  ESP,
  FLAG_AUX,
  FLAG_RESULT,
  VEC_AC,
  VEC_DE,
  VEC_GP,
  VEC_NM,
  VEC_NP,
  VEC_PF,
  VEC_SS,
  VEC_TS,
  VEC_UD,
} from "./state.ts";

/** Room for the words of the state block that a simple instruction may change: general registers, EIP, flags. */
const SAVED_WORDS = FLAG_AUX + 1;

/** Word by word, since V8 neither unrolls a loop nor calls a built-in for so little: a tenth of a page fault. */
function copySaved(to: Int32Array, from: Int32Array): void {
  to[EAX] = from[EAX];
  to[ECX] = from[ECX];
  to[EDX] = from[EDX];
  to[EBX] = from[EBX];
  to[ESP] = from[ESP];
  to[EBP] = from[EBP];
  to[ESI] = from[ESI];
  to[EDI] = from[EDI];
  to[EIP] = from[EIP];
  to[FLAG_RESULT] = from[FLAG_RESULT];
  to[FLAG_AUX] = from[FLAG_AUX];
}

/** What the thrown object carries. `errorCode` is -1 for vectors that push none. */
export class GuestFault {
  vector = 0;
  errorCode = -1;
  /** It is held, not thrown: until the instruction's handler returns, no access does anything. */
  held = false;
  readonly savedWords = new Int32Array(SAVED_WORDS);
  savedGeneration = 0;
}

/** Instead of a vector: nothing is delivered, the processor halts in front of the instruction (`fpu/status-word.ts`). */
export const FROZEN = -1;

export function raise(cpu: Cpu, vector: number, errorCode: number): never {
  // A fault that is held came first: whatever a handler meets on its way out does not count.
  if (cpu.fault.held) throw cpu.fault;
  cpu.fault.vector = vector;
  cpu.fault.errorCode = errorCode;
  throw cpu.fault;
}

/** CR2 is written when the fault is raised: it keeps its value even if delivery then ends in a double fault. */
export function raisePageFault(cpu: Cpu, la: number, errorCode: number): never {
  cpu.r[CR2] = la;
  return raise(cpu, VEC_PF, errorCode);
}

/** The same for the access of an instruction: held if its handler can cope with that, else thrown. */
export function pageFault(cpu: Cpu, la: number, errorCode: number): void {
  if (!cpu.mayHoldFault()) raisePageFault(cpu, la, errorCode);
  const { r, fault, tlb } = cpu;
  r[CR2] = la;
  fault.vector = VEC_PF;
  fault.errorCode = errorCode;
  fault.held = true;
  copySaved(fault.savedWords, r);
  fault.savedGeneration = tlb[TLB_GENERATION];
  tlb[TLB_GENERATION] = NO_GENERATION;
  cpu.endBlock();
}

/** The handler has returned: puts everything back where the fault found it. */
export function releaseFault(cpu: Cpu): void {
  const { r, fault, tlb } = cpu;
  copySaved(r, fault.savedWords);
  tlb[TLB_GENERATION] = fault.savedGeneration;
  fault.held = false;
}

export const raiseUD = (cpu: Cpu): never => raise(cpu, VEC_UD, -1);
export const raiseDE = (cpu: Cpu): never => raise(cpu, VEC_DE, -1);
export const raiseNM = (cpu: Cpu): never => raise(cpu, VEC_NM, -1);
export const raiseGP = (cpu: Cpu, errorCode: number): never => raise(cpu, VEC_GP, errorCode);
export const raiseSS = (cpu: Cpu, errorCode: number): never => raise(cpu, VEC_SS, errorCode);
export const raiseNP = (cpu: Cpu, errorCode: number): never => raise(cpu, VEC_NP, errorCode);
export const raiseAC = (cpu: Cpu): never => raise(cpu, VEC_AC, 0);
export const raiseTS = (cpu: Cpu, errorCode: number): never => raise(cpu, VEC_TS, errorCode);
