/**
 * IRET: back from an interrupt or exception handler.
 *
 * SDM: volume 2, "IRET/IRETD".
 */
import type { Cpu } from "./cpu.ts";
import { cacheCode, Descriptor, markAccessed, SELECTOR_RPL } from "./descriptors.ts";
import { EFLAGS_NT, EFLAGS_VM } from "./eflags.ts";
import { raiseGP, raiseSS } from "./exceptions.ts";
import { checkReturnCode, returnToOuter } from "./far-transfer.ts";
import { iretFlags, loadFlags } from "./flag-rules.ts";
import { returnFlat } from "./flat-transitions.ts";
import { loadRealSegment } from "./segment-load.ts";
import { StackCursor } from "./stack.ts";
import { CPL, CR0, CR0_PE, CS, EFLAGS, EIP, SEG_LIMIT } from "./state.ts";
import { raiseUnimplemented } from "./unimplemented.ts";

const code = new Descriptor();
const stack = new StackCursor();
const frame = new Int32Array(3);

export function interruptReturn(cpu: Cpu, wide: boolean): void {
  if (wide && returnFlat(cpu)) return;
  const { r } = cpu;
  const protectedMode = (r[CR0] & CR0_PE) !== 0;
  if ((r[EFLAGS] & EFLAGS_VM) !== 0) raiseUnimplemented(cpu, "IRET in virtual-8086 mode");
  if (protectedMode && (r[EFLAGS] & EFLAGS_NT) !== 0) raiseUnimplemented(cpu, "IRET to another task");
  const size = wide ? 4 : 2;
  stack.current(cpu);
  if (!stack.holds(3 * size)) raiseSS(cpu, 0);
  stack.popFrame(cpu, frame, 3, wide);
  const offset = frame[0];
  const selector = frame[1] & 0xffff;
  const flags = frame[2];
  const changed = iretFlags(cpu, wide);
  if (!protectedMode) {
    returnReal(cpu, selector, offset);
  } else {
    if (wide && (flags & EFLAGS_VM) !== 0 && r[CPL] === 0) {
      raiseUnimplemented(cpu, "IRET to virtual-8086 mode");
    }
    checkReturnCode(cpu, selector, code);
    if ((selector & SELECTOR_RPL) > r[CPL]) {
      if (!stack.holds(2 * size)) raiseSS(cpu, 0);
      returnToOuter(cpu, selector, code, offset, stack, 0, wide);
    } else {
      returnToSame(cpu, selector, offset);
    }
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

function returnReal(cpu: Cpu, selector: number, offset: number): void {
  if (offset >>> 0 > cpu.r[SEG_LIMIT + CS] >>> 0) raiseGP(cpu, 0);
  stack.commit(cpu);
  loadRealSegment(cpu, CS, selector);
  cpu.refreshMode();
  cpu.r[EIP] = offset;
}
