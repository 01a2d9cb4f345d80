/**
 * IRET: back from an interrupt or exception handler, to another task, or to virtual-8086 mode and inside it.
 *
 * SDM: volume 2, "IRET/IRETD".
 */
import type { Cpu } from "./cpu.ts";
import { cacheCode, Descriptor, markAccessed, SELECTOR_RPL } from "./descriptors.ts";
import { EFLAGS_NT, EFLAGS_VM } from "./eflags.ts";
import { raiseGP, raiseSS } from "./exceptions.ts";
import { checkReturnCode, returnToOuter } from "./far-transfer.ts";
import { iopl, iretFlags, loadFlags, VIRTUAL_POPF_FLAGS } from "./flag-rules.ts";
import { returnFlat } from "./flat-transitions.ts";
import { loadRealSegment } from "./segment-load.ts";
import { StackCursor } from "./stack.ts";
import { CPL, CR0, CR0_PE, CS, DS, EFLAGS, EIP, ES, ESP, FS, GS, SEG_LIMIT, SS } from "./state.ts";
import { returnTask } from "./task-switch.ts";
import { fromVirtualFlagsImage, isVirtual8086, loadVirtual8086Segment, vmeEnabled } from "./virtual-8086.ts";

const code = new Descriptor();
const stack = new StackCursor();
/** EIP CS EFLAGS. */
const frame = new Int32Array(3);
/** What a return to virtual-8086 mode takes off the stack beyond: ESP SS ES DS FS GS. */
const outer = new Int32Array(6);

/** @param next the instruction after the IRET: where its task goes on if another is returned to */
export function interruptReturn(cpu: Cpu, wide: boolean, next: number): void {
  if (wide && returnFlat(cpu)) return;
  const { r } = cpu;
  if ((r[CR0] & CR0_PE) === 0) returnReal(cpu, wide);
  else if (isVirtual8086(cpu)) returnInVirtual8086(cpu, wide);
  else if ((r[EFLAGS] & EFLAGS_NT) !== 0) returnTask(cpu, next);
  else returnProtected(cpu, wide);
}

function popFrame(cpu: Cpu, wide: boolean): void {
  stack.current(cpu);
  if (!stack.holds(3, wide)) raiseSS(cpu, 0);
  stack.popFrame(cpu, frame, 3, wide);
}

function returnProtected(cpu: Cpu, wide: boolean): void {
  const { r } = cpu;
  popFrame(cpu, wide);
  const offset = frame[0];
  const selector = frame[1] & 0xffff;
  const flags = frame[2];
  if (wide && (flags & EFLAGS_VM) !== 0 && r[CPL] === 0) {
    returnToVirtual8086(cpu, offset, selector, flags);
    return;
  }
  const changed = iretFlags(cpu, wide);
  checkReturnCode(cpu, selector, code);
  if ((selector & SELECTOR_RPL) > r[CPL]) {
    if (!stack.holds(2, wide)) raiseSS(cpu, 0);
    returnToOuter(cpu, selector, code, offset, stack, 0, wide);
  } else {
    returnToSame(cpu, selector, offset);
  }
  loadFlags(cpu, flags, changed);
}

function returnToSame(cpu: Cpu, selector: number, offset: number): void {
  if (offset >>> 0 > code.limit >>> 0) raiseGP(cpu, 0);
  markAccessed(cpu, code);
  stack.commit(cpu);
  cacheCode(cpu, selector, code, cpu.r[CPL]);
  cpu.refreshCode();
  cpu.r[EIP] = offset;
}

function returnReal(cpu: Cpu, wide: boolean): void {
  popFrame(cpu, wide);
  const changed = iretFlags(cpu, wide);
  toRealCode(cpu, frame[0], frame[1] & 0xffff);
  loadFlags(cpu, frame[2], changed);
}

/** SDM: volume 3, 20.2.7 and 20.3.3.4: IOPL 3, or 16 bits wide with the virtual interrupt flag. */
function returnInVirtual8086(cpu: Cpu, wide: boolean): void {
  const own = iopl(cpu) === 3;
  if (!own && (wide || !vmeEnabled(cpu))) raiseGP(cpu, 0);
  popFrame(cpu, wide);
  const changed = own ? iretFlags(cpu, wide) : VIRTUAL_POPF_FLAGS;
  const flags = own ? frame[2] : fromVirtualFlagsImage(cpu, frame[2]);
  toRealCode(cpu, frame[0], frame[1] & 0xffff);
  loadFlags(cpu, flags, changed);
}

function toRealCode(cpu: Cpu, offset: number, selector: number): void {
  if (offset >>> 0 > cpu.r[SEG_LIMIT + CS] >>> 0) raiseGP(cpu, 0);
  stack.commit(cpu);
  loadRealSegment(cpu, CS, selector);
  cpu.refreshMode();
  cpu.r[EIP] = offset;
}

/** From level 0 of a 32-bit monitor. */
function returnToVirtual8086(cpu: Cpu, offset: number, selector: number, flags: number): void {
  const { r } = cpu;
  if (!stack.holds(6, true)) raiseSS(cpu, 0);
  stack.popFrame(cpu, outer, 6, true);
  if (offset >>> 0 > 0xffff) raiseGP(cpu, 0);
  loadVirtual8086Segment(cpu, CS, selector);
  loadVirtual8086Segment(cpu, SS, outer[1] & 0xffff);
  loadVirtual8086Segment(cpu, ES, outer[2] & 0xffff);
  loadVirtual8086Segment(cpu, DS, outer[3] & 0xffff);
  loadVirtual8086Segment(cpu, FS, outer[4] & 0xffff);
  loadVirtual8086Segment(cpu, GS, outer[5] & 0xffff);
  r[ESP] = outer[0];
  r[EIP] = offset;
  const changed = iretFlags(cpu, true) | EFLAGS_VM;
  r[CPL] = 3;
  loadFlags(cpu, flags, changed);
  cpu.refreshMode();
}
