/**
 * Which flags IRET and POPF may change, and what must happen when they do.
 *
 * SDM: volume 2, "IRET/IRETD", "POPF/POPFD"; volume 3, 2.3 "System flags and fields in the EFLAGS register".
 */
import type { Cpu } from "./cpu.ts";
import {
  ARITHMETIC_FLAGS,
  EFLAGS_AC,
  EFLAGS_DF,
  EFLAGS_ID,
  EFLAGS_IF,
  EFLAGS_IOPL,
  EFLAGS_NT,
  EFLAGS_RF,
  EFLAGS_TF,
  EFLAGS_VIF,
  EFLAGS_VIP,
  writeEflags,
} from "./eflags.ts";
import { CPL, CR0, CR0_PE, DR7, EFLAGS } from "./state.ts";

/** L0 G0 … L3 G3. */
const DR7_ENABLES = 0xff;

/** Flags that everyone may change. */
const FREE_FLAGS = ARITHMETIC_FLAGS | EFLAGS_TF | EFLAGS_DF | EFLAGS_NT;
/** Likewise, of the upper half. */
const FREE_HIGH_FLAGS = EFLAGS_AC | EFLAGS_ID;
const VIRTUAL_FLAGS = EFLAGS_VIF | EFLAGS_VIP;

/** I/O privilege level. */
export const iopl = (cpu: Cpu): number => (cpu.r[EFLAGS] & EFLAGS_IOPL) >> 12;

/** IF may change where CPL <= IOPL, IOPL only at CPL 0. */
function privilegedFlags(cpu: Cpu): number {
  const cpl = cpu.r[CPL];
  if (cpl === 0) return EFLAGS_IOPL | EFLAGS_IF;
  return cpl <= iopl(cpu) ? EFLAGS_IF : 0;
}

/** Flags that IRET changes at this privilege level. VM is not among them. */
export function iretFlags(cpu: Cpu, wide: boolean): number {
  const flags = FREE_FLAGS | privilegedFlags(cpu);
  if (!wide) return flags;
  const { r } = cpu;
  const virtual = r[CPL] === 0 && (r[CR0] & CR0_PE) !== 0 ? VIRTUAL_FLAGS : 0;
  return flags | FREE_HIGH_FLAGS | EFLAGS_RF | virtual;
}

/** Flags that POPF changes at this privilege level; RF, VIF and VIP are to be cleared. */
export function popfFlags(cpu: Cpu, wide: boolean): number {
  const flags = FREE_FLAGS | privilegedFlags(cpu) | EFLAGS_RF;
  if (!wide) return flags;
  return flags | FREE_HIGH_FLAGS | (cpu.r[CPL] === 0 ? VIRTUAL_FLAGS : 0);
}

/** What POPF and IRET change in virtual-8086 mode with IOPL below 3, under CR4.VME: VIF instead of IF. */
export const VIRTUAL_POPF_FLAGS = FREE_FLAGS | EFLAGS_VIF;

/** Sets the flags in `changed`, which include the arithmetic ones, from `image`. */
export function loadFlags(cpu: Cpu, image: number, changed: number): void {
  const { r } = cpu;
  // SDM: volume 3, 17.3.1.1: RF keeps instruction breakpoints quiet for one instruction; without any it does nothing.
  const idle = (r[DR7] & DR7_ENABLES) === 0 ? EFLAGS_RF : 0;
  const before = r[EFLAGS];
  writeEflags(cpu, ((before & ~changed) | (image & changed)) & ~idle);
  const bits = r[EFLAGS];
  if (((bits ^ before) & EFLAGS_AC) !== 0) cpu.refreshPrivilege();
  const interruptible = (bits & EFLAGS_IF) !== 0 && cpu.interruptLine;
  if (interruptible || (bits & (EFLAGS_TF | EFLAGS_RF)) !== 0) cpu.requestAttention();
}
