/**
 * Virtual-8086 mode: its segments, the virtual interrupt flag, and interrupts that go to the 8086 program itself.
 *
 * SDM: volume 3, chapter 20 "8086 emulation"; 20.3.3 "Class 3: software interrupt handling in virtual-8086 mode", table
 * 20-2; 20.4 "Protected-mode virtual interrupts".
 */
import { load8, load16 } from "./access.ts";
import type { Cpu } from "./cpu.ts";
import { assumePrivilege } from "./descriptors.ts";
import {
  EFLAGS_IF,
  EFLAGS_IOPL,
  EFLAGS_TF,
  EFLAGS_VIF,
  EFLAGS_VIP,
  EFLAGS_VM,
  readEflags,
} from "./eflags.ts";
import { raiseGP, raiseSS } from "./exceptions.ts";
import { iopl } from "./flag-rules.ts";
import { StackCursor } from "./stack.ts";
import {
  CPL,
  CR4,
  CR4_PVI,
  CR4_VME,
  CS,
  EFLAGS,
  EIP,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  TR,
} from "./state.ts";
import { hasWideTss, TSS_IO_MAP_BASE } from "./tss.ts";

export const isVirtual8086 = (cpu: Cpu): boolean => (cpu.r[EFLAGS] & EFLAGS_VM) !== 0;

/** Data, writable, accessed, present, DPL 3: also CS. */
const VIRTUAL_8086_ATTR = 0xf3;
const VIRTUAL_8086_LIMIT = 0xffff;

/** As entering the mode loads them all. */
export function loadVirtual8086Segment(cpu: Cpu, seg: number, selector: number): void {
  const { r } = cpu;
  r[SEG_SELECTOR + seg] = selector;
  r[SEG_BASE + seg] = selector << 4;
  r[SEG_LIMIT + seg] = VIRTUAL_8086_LIMIT;
  r[SEG_ATTR + seg] = VIRTUAL_8086_ATTR;
}

// --- The virtual interrupt flag ------------------------------------------------------------------------------------------

/** Virtual-8086 mode extensions: with IOPL below 3, what 16-bit code does to IF is done to VIF. */
export const vmeEnabled = (cpu: Cpu): boolean => (cpu.r[CR4] & CR4_VME) !== 0;

/**
 * The flag that CLI and STI change here: IF, or VIF under CR4.VME and CR4.PVI. Raises #GP(0) if neither.
 * SDM: volume 2, "CLI", "STI", tables of decision.
 */
export function interruptFlagHere(cpu: Cpu): number {
  const { r } = cpu;
  if (r[CPL] <= iopl(cpu)) return EFLAGS_IF;
  const extension = isVirtual8086(cpu) ? CR4_VME : CR4_PVI;
  if (r[CPL] === 3 && (r[CR4] & extension) !== 0) return EFLAGS_VIF;
  return raiseGP(cpu, 0);
}

/** FLAGS as PUSHF and INT show them with IOPL below 3: IOPL 3, and IF is VIF. */
export function virtualFlagsImage(cpu: Cpu): number {
  const flags = readEflags(cpu);
  const visible = (flags & EFLAGS_VIF) !== 0 ? EFLAGS_IF : 0;
  return (flags & 0xffff & ~EFLAGS_IF) | EFLAGS_IOPL | visible;
}

/**
 * What POPF and IRET load from such an image, with IF moved to VIF. Raises #GP(0) if the monitor must see it: TF, or IF
 * while a virtual interrupt is pending.
 */
export function fromVirtualFlagsImage(cpu: Cpu, image: number): number {
  const pending = (cpu.r[EFLAGS] & EFLAGS_VIP) !== 0;
  const enables = (image & EFLAGS_IF) !== 0;
  if ((image & EFLAGS_TF) !== 0 || (pending && enables)) raiseGP(cpu, 0);
  return (image & ~EFLAGS_VIF) | (enables ? EFLAGS_VIF : 0);
}

// --- INT n -----------------------------------------------------------------------------------------------------------------

/** The redirection map is right below the I/O permission map. */
const REDIRECTION_BYTES = 32;

const stack = new StackCursor();

/**
 * INT n in virtual-8086 mode. True if it went to the 8086 program's own handler; false if it goes through the IDT, as
 * IOPL 3 allows. Raises #GP(0) for the monitor otherwise.
 */
export function interruptVirtual8086(cpu: Cpu, vector: number, returnEip: number): boolean {
  const ownIopl = iopl(cpu) === 3;
  if (vmeEnabled(cpu) && !goesToMonitor(cpu, vector)) {
    callOwnHandler(cpu, vector, returnEip, ownIopl);
    return true;
  }
  if (!ownIopl) raiseGP(cpu, 0);
  return false;
}

/** The vector's bit in the redirection map of the TSS. */
function goesToMonitor(cpu: Cpu, vector: number): boolean {
  const { r } = cpu;
  const limit = r[SEG_LIMIT + TR] >>> 0;
  if (!hasWideTss(cpu) || limit < TSS_IO_MAP_BASE + 1) raiseGP(cpu, 0);
  const tss = r[SEG_BASE + TR];
  assumePrivilege(cpu, 0);
  const at = load16(cpu, (tss + TSS_IO_MAP_BASE) | 0) - REDIRECTION_BYTES + (vector >> 3);
  if (at < 0 || at > limit) raiseGP(cpu, 0);
  const bits = load8(cpu, (tss + at) | 0);
  cpu.refreshPrivilege();
  return ((bits >> (vector & 7)) & 1) !== 0;
}

/** As in real mode, through the vector table at linear address 0. */
function callOwnHandler(cpu: Cpu, vector: number, returnEip: number, ownIopl: boolean): void {
  const { r } = cpu;
  stack.current(cpu);
  if (!stack.hasRoom(3, false)) raiseSS(cpu, 0);
  const offset = load16(cpu, vector * 4);
  const selector = load16(cpu, vector * 4 + 2);
  const image = ownIopl ? readEflags(cpu) : virtualFlagsImage(cpu);
  stack.push(cpu, image, false);
  stack.push(cpu, r[SEG_SELECTOR + CS], false);
  stack.push(cpu, returnEip, false);
  stack.commit(cpu);
  loadVirtual8086Segment(cpu, CS, selector);
  r[EFLAGS] &= ~(EFLAGS_TF | (ownIopl ? EFLAGS_IF : EFLAGS_VIF));
  cpu.stepping = false;
  cpu.refreshCode();
  r[EIP] = offset;
}
