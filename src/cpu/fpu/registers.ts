/**
 * The x87 register stack, and the same registers as MMX has them.
 *
 * ST(i) is the physical register (TOP + i) mod 8; `FPU_TAGS` has a bit for each physical register that is not empty.
 *
 * SDM: volume 1, 8.1.2 "x87 FPU data registers", 8.5.1.1 "Stack overflow or underflow exception"; volume 3, chapter 12
 * "System programming for MMX instruction set".
 */
import type { Cpu } from "../cpu.ts";
import { raiseNM, raiseUD } from "../exceptions.ts";
import { CR0, CR0_EM, CR0_TS, FPR, FPU_STATUS, FPU_TAGS } from "../state.ts";
import { EXPONENT_MAX, Extended } from "./extended.ts";
import { reportPending, STATUS_ES, STATUS_TOP, STATUS_TOP_SHIFT } from "./status-word.ts";

export const ALL_TAGS = 0xff;

/** The real indefinite: what masked invalid operations give. SDM: volume 1, table 4-3. */
export const INDEFINITE = new Extended();
INDEFINITE.set(1, EXPONENT_MAX, 0xc000_0000 | 0, 0);

/** Word in the state block of ST(i). */
export function wordOf(cpu: Cpu, i: number): number {
  return FPR + ((((cpu.r[FPU_STATUS] >> STATUS_TOP_SHIFT) + i) & 7) << 2);
}

export function isEmpty(cpu: Cpu, i: number): boolean {
  const { r } = cpu;
  return ((r[FPU_TAGS] >> (((r[FPU_STATUS] >> STATUS_TOP_SHIFT) + i) & 7)) & 1) === 0;
}

export function getRegister(cpu: Cpu, i: number, into: Extended): void {
  const { r } = cpu;
  const word = wordOf(cpu, i);
  const top = r[word + 2];
  into.low = r[word];
  into.high = r[word + 1];
  into.sign = (top >> 15) & 1;
  into.exponent = top & 0x7fff;
}

/** Also marks it as not empty. */
export function setRegister(cpu: Cpu, i: number, from: Extended): void {
  const { r } = cpu;
  const physical = ((r[FPU_STATUS] >> STATUS_TOP_SHIFT) + i) & 7;
  const word = FPR + (physical << 2);
  r[word] = from.low;
  r[word + 1] = from.high;
  r[word + 2] = (from.sign << 15) | from.exponent;
  r[FPU_TAGS] |= 1 << physical;
}

export function setTop(cpu: Cpu, top: number): void {
  const { r } = cpu;
  r[FPU_STATUS] = (r[FPU_STATUS] & ~STATUS_TOP) | ((top & 7) << STATUS_TOP_SHIFT);
}

export function getTop(cpu: Cpu): number {
  return (cpu.r[FPU_STATUS] >> STATUS_TOP_SHIFT) & 7;
}

/** Makes room below ST(0), which becomes ST(1), and fills it. The caller has dealt with overflow. */
export function push(cpu: Cpu, value: Extended): void {
  setTop(cpu, getTop(cpu) + 7);
  setRegister(cpu, 0, value);
}

/** ST(0) becomes empty, ST(1) becomes ST(0). */
export function pop(cpu: Cpu): void {
  const top = getTop(cpu);
  cpu.r[FPU_TAGS] &= ~(1 << top);
  setTop(cpu, top + 1);
}

/** FFREE. */
export function setEmpty(cpu: Cpu, i: number): void {
  cpu.r[FPU_TAGS] &= ~(1 << ((getTop(cpu) + i) & 7));
}

// --- MMX -------------------------------------------------------------------------------------------------------------

/**
 * What an MMX instruction checks first: #UD, #NM, a pending x87 exception. One with a memory operand does this, then
 * accesses memory, then calls `occupyMmx`, since a fault of the access must find TOP and tags as they were.
 */
export function requireMmx(cpu: Cpu): void {
  const { r } = cpu;
  if ((r[CR0] & CR0_EM) !== 0) raiseUD(cpu);
  if ((r[CR0] & CR0_TS) !== 0) raiseNM(cpu);
  if ((r[FPU_STATUS] & STATUS_ES) !== 0) reportPending(cpu);
}

/** What every MMX instruction but EMMS does to the x87: TOP is 0, no register is empty. */
export function occupyMmx(cpu: Cpu): void {
  const { r } = cpu;
  r[FPU_STATUS] &= ~STATUS_TOP;
  r[FPU_TAGS] = ALL_TAGS;
}

/** Both, for instructions without a memory operand. */
export function enterMmx(cpu: Cpu): void {
  requireMmx(cpu);
  occupyMmx(cpu);
}

/** EMMS, its checks included. SDM: volume 3, table 12-1: TOP becomes 0 as well. */
export function emptyMmx(cpu: Cpu): void {
  requireMmx(cpu);
  cpu.r[FPU_STATUS] &= ~STATUS_TOP;
  cpu.r[FPU_TAGS] = 0;
}
