/**
 * The x87 status word: exceptions recorded in it, and what happens when one of them is not masked.
 *
 * An exception that is not masked is reported later, before the next instruction that waits: as #MF if CR0.NE is set,
 * else through the FERR# pin, which the board turns into an interrupt, while the instruction waits for that.
 *
 * SDM: volume 1, 8.1.3 "x87 FPU status register", 8.7 "Handling x87 FPU exceptions in software"; volume 1, appendix D.
 */
import type { Cpu } from "../cpu.ts";
import { FROZEN, raise, raiseNM } from "../exceptions.ts";
import { CR0, CR0_EM, CR0_NE, CR0_TS, FPU_CONTROL, FPU_STATUS, VEC_MF } from "../state.ts";
import { ALL_EXCEPTIONS, FLAG_DE, FLAG_IE, FLAG_ZE, type FpuEnvironment } from "./environment.ts";

/** An invalid operation was a stack overflow or underflow: C1 tells which. */
export const STATUS_SF = 1 << 6;
/** Summary: an exception that is not masked is pending. */
export const STATUS_ES = 1 << 7;
export const STATUS_C0 = 1 << 8;
export const STATUS_C1 = 1 << 9;
export const STATUS_C2 = 1 << 10;
export const STATUS_TOP_SHIFT = 11;
export const STATUS_TOP = 7 << STATUS_TOP_SHIFT;
export const STATUS_C3 = 1 << 14;
/** Once "busy"; a copy of ES since the 80387. */
export const STATUS_B = 1 << 15;
export const CONDITION_CODES = STATUS_C0 | STATUS_C1 | STATUS_C2 | STATUS_C3;

/** Exceptions that, when not masked, leave the operands of the instruction as they were. */
const BEFORE_THE_RESULT = FLAG_IE | FLAG_DE | FLAG_ZE;

// --- Before an instruction -------------------------------------------------------------------------------------------

/** What every x87 instruction checks that does not wait: #NM. */
export function requireFpu(cpu: Cpu): void {
  if ((cpu.r[CR0] & (CR0_EM | CR0_TS)) !== 0) raiseNM(cpu);
}

/** What all others check: #NM, then a pending exception. */
export function requireFpuReady(cpu: Cpu): void {
  const { r } = cpu;
  if ((r[CR0] & (CR0_EM | CR0_TS)) !== 0) raiseNM(cpu);
  if ((r[FPU_STATUS] & STATUS_ES) !== 0) reportPending(cpu);
}

/** An exception is pending, and the instruction that is about to run waits. */
export function reportPending(cpu: Cpu): void {
  if ((cpu.r[CR0] & CR0_NE) !== 0) raise(cpu, VEC_MF, -1);
  if (!cpu.ignoreNumericError) awaitFpuInterrupt(cpu);
}

/**
 * The instruction does nothing yet: the processor stands still in front of it until an interrupt comes, whose handler
 * returns to it. SDM: volume 1, appendix D.2.1.
 */
function awaitFpuInterrupt(cpu: Cpu): never {
  return raise(cpu, FROZEN, -1);
}

// --- After an instruction --------------------------------------------------------------------------------------------

/** Records exceptions, and whether one of them is pending now. Does not touch C1. */
export function recordExceptions(cpu: Cpu, flags: number): void {
  const { r } = cpu;
  r[FPU_STATUS] |= flags;
  if ((flags & ~r[FPU_CONTROL] & ALL_EXCEPTIONS) !== 0) refreshSummary(cpu);
}

/** Sets ES and B to what flags and masks say, after either of them changed, and moves FERR# with them. */
export function refreshSummary(cpu: Cpu): void {
  const { r } = cpu;
  const before = r[FPU_STATUS];
  const pending = (before & ~r[FPU_CONTROL] & ALL_EXCEPTIONS) !== 0;
  r[FPU_STATUS] = pending ? before | STATUS_ES | STATUS_B : before & ~(STATUS_ES | STATUS_B);
  if (pending === ((before & STATUS_ES) !== 0)) return;
  if (!pending) cpu.fpuError(false);
  else if ((r[CR0] & CR0_NE) === 0) cpu.fpuError(true);
}

/**
 * Records what an operation raised, and C1. True if its result is to be written: the exceptions that are not masked, if
 * any, are among those that come with a result.
 */
export function settle(cpu: Cpu, env: FpuEnvironment): boolean {
  const { r } = cpu;
  const { flags } = env;
  const status = r[FPU_STATUS] & ~STATUS_C1;
  r[FPU_STATUS] = env.roundedUp === true ? status | STATUS_C1 : status;
  if (flags === 0) return true;
  recordExceptions(cpu, flags);
  return (flags & ~env.masks & BEFORE_THE_RESULT) === 0;
}

/** The operand is empty: true if that is masked, and the result to be the indefinite. */
export function stackUnderflow(cpu: Cpu): boolean {
  cpu.r[FPU_STATUS] &= ~STATUS_C1;
  return stackFault(cpu);
}

/** The register to be pushed to is not empty: true if that is masked, and the indefinite is to be pushed. */
export function stackOverflow(cpu: Cpu): boolean {
  cpu.r[FPU_STATUS] |= STATUS_C1;
  return stackFault(cpu);
}

function stackFault(cpu: Cpu): boolean {
  recordExceptions(cpu, FLAG_IE | STATUS_SF);
  return (cpu.r[FPU_CONTROL] & FLAG_IE) !== 0;
}

export function clearC1(cpu: Cpu): void {
  cpu.r[FPU_STATUS] &= ~STATUS_C1;
}
