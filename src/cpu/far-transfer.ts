/**
 * Far JMP, CALL and RET: between code segments, through call gates, and to outer privilege levels.
 *
 * SDM: volume 2, "JMP", "CALL", "RET"; volume 3, 5.8 "Privilege level checking when transferring program control".
 * Checks come in the SDM's order; registers change when nothing can fault any more.
 */
import type { Cpu } from "./cpu.ts";
import {
  assumePrivilege,
  cacheCode,
  cacheSegment,
  Descriptor,
  findDescriptor,
  isNull,
  markAccessed,
  SELECTOR_RPL,
  SELECTOR_TI,
  selectorError,
  TYPE_CALL_GATE16,
  TYPE_CALL_GATE32,
  TYPE_TASK_GATE,
  TYPE_TSS16,
  TYPE_TSS32,
} from "./descriptors.ts";
import { raiseGP, raiseNP, raiseSS } from "./exceptions.ts";
import {
  dropInaccessibleSegments,
  effectiveLevel,
  loadRealSegment,
  usesDescriptors,
} from "./segment-load.ts";
import { StackCursor } from "./stack.ts";
import { CPL, CS, EIP, ESP, SEG_LIMIT, SEG_SELECTOR, SS } from "./state.ts";
import { farTask } from "./task-switch.ts";
import { InnerStack } from "./tss.ts";

const target = new Descriptor();
const code = new Descriptor();
const stackSegment = new Descriptor();
const stack = new StackCursor();
const innerStack = new InnerStack();
/** What a call gate copies from stack to stack. */
const parameters = new Int32Array(31);

/** JMP ptr16:32 and m16:32; `next` is the next instruction, where a task that is left goes on. */
export function farJump(cpu: Cpu, selector: number, offset: number, next: number): void {
  if (!usesDescriptors(cpu)) {
    checkLimit(cpu, offset, cpu.r[SEG_LIMIT + CS]);
    enterRealCode(cpu, selector, offset);
    return;
  }
  findTarget(cpu, selector);
  if (target.isCode) {
    checkDirectCode(cpu, selector);
    enterCode(cpu, selector, target, cpu.r[CPL], offset);
    return;
  }
  checkSystemTarget(cpu, selector);
  if (isTask()) {
    farTask(cpu, selector, target, false, next);
    return;
  }
  const wide = openCallGate(cpu);
  // SDM: volume 3, table 5-1: a jump reaches conforming code, or non-conforming code of the same level.
  if (!code.isConformingCode && code.dpl !== cpu.r[CPL]) raiseGP(cpu, selectorError(target.gateSelector, 0));
  if (!code.present) raiseNP(cpu, selectorError(target.gateSelector, 0));
  enterCode(cpu, target.gateSelector, code, cpu.r[CPL], target.gateOffset(wide));
}

/** CALL ptr16:32 and m16:32; `wide` is the operand size, which a gate overrides. */
export function farCall(cpu: Cpu, selector: number, offset: number, returnEip: number, wide: boolean): void {
  if (!usesDescriptors(cpu)) {
    callRealCode(cpu, selector, offset, returnEip, wide);
    return;
  }
  findTarget(cpu, selector);
  if (target.isCode) {
    checkDirectCode(cpu, selector);
    callCode(cpu, selector, target, offset, returnEip, wide);
    return;
  }
  checkSystemTarget(cpu, selector);
  if (isTask()) {
    farTask(cpu, selector, target, true, returnEip);
    return;
  }
  const gateWide = openCallGate(cpu);
  if (!code.present) raiseNP(cpu, selectorError(target.gateSelector, 0));
  if (!code.isConformingCode && code.dpl < cpu.r[CPL]) callInner(cpu, returnEip, gateWide);
  else callCode(cpu, target.gateSelector, code, target.gateOffset(gateWide), returnEip, gateWide);
}

/** RET far; `release` bytes of parameters go from both stacks. */
export function farReturn(cpu: Cpu, release: number, wide: boolean): void {
  stack.current(cpu);
  if (!stack.holds(2, wide)) raiseSS(cpu, 0);
  const offset = stack.pop(cpu, wide);
  const selector = stack.pop(cpu, wide) & 0xffff;
  if (!usesDescriptors(cpu)) {
    checkLimit(cpu, offset, cpu.r[SEG_LIMIT + CS]);
    stack.skip(release);
    stack.commit(cpu);
    enterRealCode(cpu, selector, offset);
    return;
  }
  checkReturnCode(cpu, selector, code);
  stack.skip(release);
  if ((selector & SELECTOR_RPL) > cpu.r[CPL]) {
    if (!stack.holds(2, wide)) raiseSS(cpu, 0);
    returnToOuter(cpu, selector, code, offset, stack, release, wide);
    return;
  }
  checkLimit(cpu, offset, code.limit);
  markAccessed(cpu, code);
  stack.commit(cpu);
  enterCode(cpu, selector, code, cpu.r[CPL], offset);
}

/**
 * The code segment that a RET or IRET goes back to. Raises #GP, #NP.
 * SDM: volume 2, "RET", "IRET": its privilege is the RPL of the selector on the stack.
 */
export function checkReturnCode(cpu: Cpu, selector: number, into: Descriptor): void {
  if (isNull(selector)) raiseGP(cpu, 0);
  const error = selectorError(selector, 0);
  const level = selector & SELECTOR_RPL;
  if (!findDescriptor(cpu, selector, into) || !into.isCode || level < cpu.r[CPL]) raiseGP(cpu, error);
  if (into.isConformingCode ? into.dpl > level : into.dpl !== level) raiseGP(cpu, error);
  if (!into.present) raiseNP(cpu, error);
}

/**
 * Leaves for the outer level that the RPL of `selector` names: takes ESP and SS off `from`, checks them, and
 * changes everything but the flags.
 */
export function returnToOuter(
  cpu: Cpu,
  selector: number,
  into: Descriptor,
  offset: number,
  from: StackCursor,
  release: number,
  wide: boolean,
): void {
  const level = selector & SELECTOR_RPL;
  const esp = from.pop(cpu, wide);
  const ss = from.pop(cpu, wide) & 0xffff;
  if (isNull(ss)) raiseGP(cpu, 0);
  const error = selectorError(ss, 0);
  if (!findDescriptor(cpu, ss, stackSegment) || (ss & SELECTOR_RPL) !== level) raiseGP(cpu, error);
  if (!stackSegment.isWritableData || stackSegment.dpl !== level) raiseGP(cpu, error);
  if (!stackSegment.present) raiseSS(cpu, error);
  checkLimit(cpu, offset, into.limit);
  markAccessed(cpu, into);
  markAccessed(cpu, stackSegment);

  from.open(stackSegment, esp);
  from.skip(release);
  from.commit(cpu);
  cacheSegment(cpu, SS, ss, stackSegment);
  cacheCode(cpu, selector, into, level);
  dropInaccessibleSegments(cpu);
  cpu.refreshMode();
  cpu.r[EIP] = offset;
}

// --- Targets -------------------------------------------------------------------------------------------------------

/** Reads what a far pointer names into `target`. */
function findTarget(cpu: Cpu, selector: number): void {
  if (isNull(selector)) raiseGP(cpu, 0);
  if (!findDescriptor(cpu, selector, target)) raiseGP(cpu, selectorError(selector, 0));
}

/** SDM: volume 3, 5.8.1: code reached without a gate keeps CPL. */
function checkDirectCode(cpu: Cpu, selector: number): void {
  const cpl = cpu.r[CPL];
  const error = selectorError(selector, 0);
  if (target.isConformingCode) {
    if (target.dpl > cpl) raiseGP(cpu, error);
  } else if ((selector & SELECTOR_RPL) > cpl || target.dpl !== cpl) {
    raiseGP(cpu, error);
  }
  if (!target.present) raiseNP(cpu, error);
}

/** The system descriptor in `target` is a call gate, a task gate or an available TSS that may be used. */
function checkSystemTarget(cpu: Cpu, selector: number): void {
  const error = selectorError(selector, 0);
  const type = target.systemType;
  if (type !== TYPE_CALL_GATE16 && type !== TYPE_CALL_GATE32 && !isTask()) raiseGP(cpu, error);
  if (target.dpl < effectiveLevel(cpu, selector)) raiseGP(cpu, error);
  // SDM: volume 2, "CALL": a TSS is found in the GDT only.
  if (type !== TYPE_TASK_GATE && isTask() && (selector & SELECTOR_TI) !== 0) raiseGP(cpu, error);
  if (!target.present) raiseNP(cpu, error);
}

function isTask(): boolean {
  const type = target.systemType;
  return type === TYPE_TASK_GATE || type === TYPE_TSS16 || type === TYPE_TSS32;
}

/** Reads the code segment of the call gate in `target` into `code`. Returns whether it is a 32-bit gate. */
function openCallGate(cpu: Cpu): boolean {
  const inner = target.gateSelector;
  if (isNull(inner)) raiseGP(cpu, 0);
  if (!findDescriptor(cpu, inner, code) || !code.isCode || code.dpl > cpu.r[CPL]) {
    raiseGP(cpu, selectorError(inner, 0));
  }
  return target.systemType === TYPE_CALL_GATE32;
}

function checkLimit(cpu: Cpu, offset: number, limit: number): void {
  if (offset >>> 0 > limit >>> 0) raiseGP(cpu, 0);
}

/** Loads CS:EIP with a checked segment. Raises #GP(0) if it does not reach to `offset`. */
function enterCode(cpu: Cpu, selector: number, into: Descriptor, level: number, offset: number): void {
  checkLimit(cpu, offset, into.limit);
  markAccessed(cpu, into);
  cacheCode(cpu, selector, into, level);
  cpu.refreshMode();
  cpu.r[EIP] = offset;
}

function enterRealCode(cpu: Cpu, selector: number, offset: number): void {
  loadRealSegment(cpu, CS, selector);
  cpu.refreshMode();
  cpu.r[EIP] = offset;
}

// --- Calls ---------------------------------------------------------------------------------------------------------

/** A call that stays at this level and on this stack. */
function callCode(
  cpu: Cpu,
  selector: number,
  into: Descriptor,
  offset: number,
  returnEip: number,
  wide: boolean,
): void {
  stack.current(cpu);
  if (!stack.hasRoom(2, wide)) raiseSS(cpu, 0);
  checkLimit(cpu, offset, into.limit);
  markAccessed(cpu, into);
  stack.push(cpu, cpu.r[SEG_SELECTOR + CS], wide);
  stack.push(cpu, returnEip, wide);
  stack.commit(cpu);
  enterCode(cpu, selector, into, cpu.r[CPL], offset);
}

function callRealCode(cpu: Cpu, selector: number, offset: number, returnEip: number, wide: boolean): void {
  stack.current(cpu);
  if (!stack.hasRoom(2, wide)) raiseSS(cpu, 0);
  checkLimit(cpu, offset, cpu.r[SEG_LIMIT + CS]);
  stack.push(cpu, cpu.r[SEG_SELECTOR + CS], wide);
  stack.push(cpu, returnEip, wide);
  stack.commit(cpu);
  enterRealCode(cpu, selector, offset);
}

/**
 * Through the gate in `target` to the more privileged `code`: on a new stack, with the parameters copied.
 * SDM: volume 3, 5.8.5 "Stack switching".
 */
function callInner(cpu: Cpu, returnEip: number, wide: boolean): void {
  const { r } = cpu;
  const level = code.dpl;
  const size = wide ? 4 : 2;
  const count = target.gateParameters;
  const offset = target.gateOffset(wide);
  innerStack.load(cpu, level, 0);
  if (!innerStack.hasRoom(4 + count, wide)) raiseSS(cpu, selectorError(innerStack.selector, 0));
  checkLimit(cpu, offset, code.limit);
  stack.current(cpu);
  // Without parameters the old stack is not touched, whatever is wrong with it.
  if (count > 0 && !stack.holds(count, wide)) raiseSS(cpu, 0);
  for (let i = 0; i < count; i++) parameters[i] = stack.peek(cpu, i * size, wide);
  markAccessed(cpu, innerStack.descriptor);
  markAccessed(cpu, code);

  assumePrivilege(cpu, level);
  innerStack.push(cpu, r[SEG_SELECTOR + SS], wide);
  innerStack.push(cpu, r[ESP], wide);
  for (let i = count - 1; i >= 0; i--) innerStack.push(cpu, parameters[i], wide);
  innerStack.push(cpu, r[SEG_SELECTOR + CS], wide);
  innerStack.push(cpu, returnEip, wide);

  cacheSegment(cpu, SS, innerStack.selector, innerStack.descriptor);
  innerStack.commit(cpu);
  enterCode(cpu, target.gateSelector, code, level, offset);
}
