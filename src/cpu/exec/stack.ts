/**
 * Stack instructions: PUSH and POP in all forms, PUSHA, POPA, PUSHF, POPF, ENTER, LEAVE.
 *
 * SDM: volume 2; volume 1, 6.5 "Procedure calls for block-structured languages" for ENTER.
 */
import { effectiveAddress, load16, load32, read16, read32, store16, store32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { EFLAGS_RF, EFLAGS_VIF, EFLAGS_VIP, EFLAGS_VM, readEflags } from "../eflags.ts";
import { raiseGP, raiseSS } from "../exceptions.ts";
import { iopl, loadFlags, popfFlags, VIRTUAL_POPF_FLAGS } from "../flag-rules.ts";
import type { Insn } from "../insn.ts";
import { loadSegment, shadowStackLoad } from "../segment-load.ts";
import { segmented } from "../segmentation.ts";
import { prepareStore } from "../slow-access.ts";
import {
  movedStackPointer,
  moveStackPointer,
  peek16,
  peek32,
  pop16,
  pop32,
  push16,
  push32,
  StackCursor,
  stackAddress,
  stackMask,
  stackOffset,
} from "../stack.ts";
import { EAX, EBP, EDI, ESP, SEG_SELECTOR } from "../state.ts";
import { fromVirtualFlagsImage, isVirtual8086, virtualFlagsImage, vmeEnabled } from "../virtual-8086.ts";

const cursor = new StackCursor();
/** What POPA takes off the stack before it changes any register. */
const popped = new Int32Array(8);

// --- PUSH ----------------------------------------------------------------------------------------------------------

/** PUSH ESP pushes the value from before. */
export function push_Rd(cpu: Cpu, insn: Insn): void {
  push32(cpu, cpu.r[insn.rm]);
}
export function push_Rw(cpu: Cpu, insn: Insn): void {
  push16(cpu, cpu.r[insn.rm]);
}
export function push_Md(cpu: Cpu, insn: Insn): void {
  push32(cpu, read32(cpu, insn));
}
export function push_Mw(cpu: Cpu, insn: Insn): void {
  push16(cpu, read16(cpu, insn));
}
export function push_Id(cpu: Cpu, insn: Insn): void {
  push32(cpu, insn.imm);
}
export function push_Iw(cpu: Cpu, insn: Insn): void {
  push16(cpu, insn.imm);
}

/** Recent processors write only the selector and leave the upper half of the slot as it was. */
export function pushd_Sw(cpu: Cpu, insn: Insn): void {
  const la = stackAddress(cpu, stackOffset(cpu, -4), 4, true);
  store16(cpu, la, cpu.r[SEG_SELECTOR + insn.reg]);
  moveStackPointer(cpu, -4);
}
export function pushw_Sw(cpu: Cpu, insn: Insn): void {
  push16(cpu, cpu.r[SEG_SELECTOR + insn.reg]);
}

// --- POP -----------------------------------------------------------------------------------------------------------

/** POP ESP: the value read replaces the incremented pointer. */
export function pop_Rd(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.rm] = pop32(cpu);
}
export function pop_Rw(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.rm * 2] = pop16(cpu);
}

export function pop_Md(cpu: Cpu, insn: Insn): void {
  const value = peek32(cpu);
  store32(cpu, poppedOperand(cpu, insn, 4), value);
  moveStackPointer(cpu, 4);
}
export function pop_Mw(cpu: Cpu, insn: Insn): void {
  const value = peek16(cpu);
  store16(cpu, poppedOperand(cpu, insn, 2), value);
  moveStackPointer(cpu, 2);
}

/** SDM: volume 2, "POP": an address based on ESP is computed with ESP already incremented. */
function poppedOperand(cpu: Cpu, insn: Insn, bytes: number): number {
  let offset = effectiveAddress(cpu, insn);
  if (insn.base === ESP) offset = (offset + movedStackPointer(cpu, bytes) - cpu.r[ESP]) | 0;
  return insn.flat ? offset : segmented(cpu, insn.seg, offset, bytes, true);
}

export function popd_Sw(cpu: Cpu, insn: Insn): void {
  const esp = movedStackPointer(cpu, 4);
  loadSegment(cpu, insn.reg, peek32(cpu) & 0xffff);
  cpu.r[ESP] = esp;
}
export function popw_Sw(cpu: Cpu, insn: Insn): void {
  const esp = movedStackPointer(cpu, 2);
  loadSegment(cpu, insn.reg, peek16(cpu));
  cpu.r[ESP] = esp;
}

export function popd_SS(cpu: Cpu, insn: Insn): void {
  popd_Sw(cpu, insn);
  shadowStackLoad(cpu);
}
export function popw_SS(cpu: Cpu, insn: Insn): void {
  popw_Sw(cpu, insn);
  shadowStackLoad(cpu);
}

// --- PUSHA, POPA ---------------------------------------------------------------------------------------------------

export function pushad(cpu: Cpu): void {
  pushAll(cpu, true);
}
export function pusha(cpu: Cpu): void {
  pushAll(cpu, false);
}
export function popad(cpu: Cpu): void {
  const { r } = cpu;
  popAll(cpu, true);
  for (let reg = EAX; reg <= EDI; reg++) if (reg !== ESP) r[reg] = popped[reg];
  cursor.commit(cpu);
}
export function popa(cpu: Cpu): void {
  popAll(cpu, false);
  for (let reg = EAX; reg <= EDI; reg++) if (reg !== ESP) cpu.r16[reg * 2] = popped[reg];
  cursor.commit(cpu);
}

function pushAll(cpu: Cpu, wide: boolean): void {
  cursor.current(cpu);
  if (!cursor.hasRoom(8, wide)) raiseSS(cpu, 0);
  for (let reg = EAX; reg <= EDI; reg++) cursor.push(cpu, cpu.r[reg], wide);
  cursor.commit(cpu);
}

function popAll(cpu: Cpu, wide: boolean): void {
  cursor.current(cpu);
  if (!cursor.holds(8, wide)) raiseSS(cpu, 0);
  for (let reg = EDI; reg >= EAX; reg--) popped[reg] = cursor.pop(cpu, wide);
}

// --- PUSHF, POPF ---------------------------------------------------------------------------------------------------

/** SDM: volume 2, "PUSHF": VM and RF read as 0. */
const PUSHED_FLAGS = ~(EFLAGS_VM | EFLAGS_RF);
/** SDM: volume 2, "POPF": cleared, not loaded. */
const POPPED_FLAGS = ~(EFLAGS_RF | EFLAGS_VIF | EFLAGS_VIP);

export function pushfd_Fd(cpu: Cpu): void {
  if (!mayTouchFlags(cpu)) raiseGP(cpu, 0);
  push32(cpu, readEflags(cpu) & PUSHED_FLAGS);
}
export function pushf_Fw(cpu: Cpu): void {
  if (mayTouchFlags(cpu)) {
    push16(cpu, readEflags(cpu));
  } else {
    if (!vmeEnabled(cpu)) raiseGP(cpu, 0);
    push16(cpu, virtualFlagsImage(cpu));
  }
}
export function popfd_Fd(cpu: Cpu): void {
  if (!mayTouchFlags(cpu)) raiseGP(cpu, 0);
  loadFlags(cpu, pop32(cpu) & POPPED_FLAGS, popfFlags(cpu, true));
}
export function popf_Fw(cpu: Cpu): void {
  if (mayTouchFlags(cpu)) {
    loadFlags(cpu, pop16(cpu), popfFlags(cpu, false));
    return;
  }
  if (!vmeEnabled(cpu)) raiseGP(cpu, 0);
  const flags = fromVirtualFlagsImage(cpu, peek16(cpu));
  moveStackPointer(cpu, 2);
  loadFlags(cpu, flags, VIRTUAL_POPF_FLAGS);
}

/** In virtual-8086 mode the flags take IOPL 3; with less, CR4.VME shows 16-bit code a virtual interrupt flag. */
function mayTouchFlags(cpu: Cpu): boolean {
  return !isVirtual8086(cpu) || iopl(cpu) === 3;
}

// --- ENTER, LEAVE --------------------------------------------------------------------------------------------------

export function enterd_Iw_Ib(cpu: Cpu, insn: Insn): void {
  cpu.r[EBP] = enter(cpu, insn, true);
}
export function enterw_Iw_Ib(cpu: Cpu, insn: Insn): void {
  cpu.r16[EBP * 2] = enter(cpu, insn, false);
}

/** Moves ESP and returns the frame pointer. */
function enter(cpu: Cpu, insn: Insn, wide: boolean): number {
  const { r } = cpu;
  const size = wide ? 4 : 2;
  const level = insn.imm2 & 31;
  cursor.current(cpu);
  if (!cursor.hasRoom(level + 1, wide)) raiseSS(cpu, 0);
  cursor.push(cpu, r[EBP], wide);
  const frame = (r[ESP] & ~cursor.mask) | cursor.offset;
  for (let i = 1; i < level; i++) {
    const la = stackAddress(cpu, (r[EBP] - i * size) & cursor.mask, size, false);
    cursor.push(cpu, wide ? load32(cpu, la) : load16(cpu, la), wide);
  }
  if (level > 0) cursor.push(cpu, frame, wide);
  cursor.skip(-insn.imm);
  // A write at the final stack pointer must be possible, though none is done.
  prepareStore(cpu, stackAddress(cpu, cursor.offset, size, true), size);
  cursor.commit(cpu);
  return frame;
}

export function leaved(cpu: Cpu): void {
  const { r } = cpu;
  const mask = stackMask(cpu);
  const offset = r[EBP] & mask;
  const value = load32(cpu, stackAddress(cpu, offset, 4, false));
  r[ESP] = (r[ESP] & ~mask) | ((offset + 4) & mask);
  r[EBP] = value;
}
export function leavew(cpu: Cpu): void {
  const { r } = cpu;
  const mask = stackMask(cpu);
  const offset = r[EBP] & mask;
  const value = load16(cpu, stackAddress(cpu, offset, 2, false));
  r[ESP] = (r[ESP] & ~mask) | ((offset + 2) & mask);
  cpu.r16[EBP * 2] = value;
}
