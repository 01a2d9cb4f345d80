/**
 * Interrupts and exceptions through the IDT.
 *
 * SDM: volume 3, chapter 6; volume 2, "INT n" for the order of checks. An event is delivered whole or not at all:
 * registers change only when nothing can fault any more, so a nested fault finds the state before the event.
 */
import { load16 } from "./access.ts";
import type { Cpu } from "./cpu.ts";
import {
  assumePrivilege,
  cacheCode,
  cacheSegment,
  Descriptor,
  findDescriptor,
  isNull,
  markAccessed,
  readDescriptor,
  selectorError,
  TYPE_INTERRUPT_GATE32,
  TYPE_TASK_GATE,
  TYPE_TRAP_GATE16,
  TYPE_TRAP_GATE32,
} from "./descriptors.ts";
import { EFLAGS_AC, EFLAGS_IF, EFLAGS_NT, EFLAGS_RF, EFLAGS_TF, EFLAGS_VM, readEflags } from "./eflags.ts";
import { raiseGP, raiseNP, raiseSS } from "./exceptions.ts";
import { deliverFlat } from "./flat-transitions.ts";
import { clearDataSegments, loadRealSegment } from "./segment-load.ts";
import { StackCursor } from "./stack.ts";
import {
  CPL,
  CR0,
  CR0_PE,
  CS,
  DR7,
  DR7_GD,
  DS,
  EFLAGS,
  EIP,
  ES,
  ESP,
  FS,
  GS,
  IDTR_BASE,
  IDTR_LIMIT,
  REPEATING,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
  VEC_BP,
  VEC_DB,
  VEC_DE,
  VEC_DF,
  VEC_GP,
  VEC_OF,
  VEC_PF,
  VEC_TS,
} from "./state.ts";
import { interruptTask } from "./task-switch.ts";
import { InnerStack } from "./tss.ts";
import { isVirtual8086 } from "./virtual-8086.ts";

/** Bit of an error code: the event was not caused by the program, or is an earlier exception. */
const EXT = 1;
/** Bit of an error code: the index is a vector. */
const IDT = 2;
/** Stands for none. */
const NO_ERROR_CODE = -1;

const gate = new Descriptor();
const code = new Descriptor();
const sameStack = new StackCursor();
const innerStack = new InnerStack();
/** What a delivery pushes. */
const frame = new Int32Array(10);

/** An external interrupt, between two instructions. */
export function deliverInterrupt(cpu: Cpu, vector: number): void {
  deliver(cpu, vector, NO_ERROR_CODE, readEflags(cpu), cpu.r[EIP], EXT);
}

/** INT n, INT3, INTO: `returnEip` is the next instruction. Gates are checked against CPL. */
export function deliverSoftwareInterrupt(cpu: Cpu, vector: number, returnEip: number): void {
  deliver(cpu, vector, NO_ERROR_CODE, readEflags(cpu), returnEip, 0);
}

/** INT1: #DB whatever the gate's DPL. */
export function deliverDebugInterrupt(cpu: Cpu, returnEip: number): void {
  deliver(cpu, VEC_DB, NO_ERROR_CODE, readEflags(cpu), returnEip, EXT);
  openDebugRegisters(cpu);
}

/**
 * Delivers `cpu.fault`, and whatever faults that causes in turn. EIP is what the handler returns to.
 * Returns false if the processor shuts down: a fault while the double-fault handler was called.
 */
export function deliverFault(cpu: Cpu): boolean {
  const { fault } = cpu;
  let { vector, errorCode } = fault;
  for (;;) {
    try {
      const flags = readEflags(cpu) | (setsResumeFlag(vector) ? EFLAGS_RF : 0);
      deliver(cpu, vector, errorCode, flags, cpu.r[EIP], EXT);
      if (vector === VEC_DB) openDebugRegisters(cpu);
      return true;
    } catch (error) {
      if (error !== fault) throw error;
    }
    cpu.refreshPrivilege();
    if (vector === VEC_DF) return false;
    const double = isDoubleFault(vector, fault.vector);
    vector = double ? VEC_DF : fault.vector;
    errorCode = double ? 0 : fault.errorCode;
  }
}

/** SDM: volume 3, tables 6-4 and 6-5: whether a second exception, raised while the first was delivered, is #DF. */
function isDoubleFault(first: number, second: number): boolean {
  if (first === VEC_PF) return second === VEC_PF || isContributory(second);
  return isContributory(first) && isContributory(second);
}

function isContributory(vector: number): boolean {
  return vector === VEC_DE || (vector >= VEC_TS && vector <= VEC_GP);
}

/** SDM: volume 3, 17.3.1.1: RF is set in the image that faults push, so that they are not taken twice. */
function setsResumeFlag(vector: number): boolean {
  return vector !== VEC_DB && vector !== VEC_BP && vector !== VEC_OF && vector !== VEC_DF;
}

/** SDM: volume 3, 17.2.4: GD is cleared when a debug handler is entered, so that it may use the debug registers. */
function openDebugRegisters(cpu: Cpu): void {
  cpu.r[DR7] &= ~DR7_GD;
}

/**
 * Calls the handler of `vector`.
 *
 * @param errorCode pushed last, unless NO_ERROR_CODE
 * @param flags EFLAGS as the handler will find them on its stack
 * @param ext EXT, or 0 for a software interrupt: then the gate's DPL counts
 */
function deliver(
  cpu: Cpu,
  vector: number,
  errorCode: number,
  flags: number,
  returnEip: number,
  ext: number,
): void {
  // An event takes the place of the single-step trap that was due: handlers are not stepped into.
  cpu.stepping = false;
  let image = flags;
  if (cpu.r[REPEATING] !== 0) {
    // SDM: volume 3, 17.3.1.1: the string instruction goes on afterwards, without its breakpoint.
    cpu.r[REPEATING] = 0;
    image |= EFLAGS_RF;
  }
  if (deliverFlat(cpu, vector, errorCode, image, returnEip, ext === 0)) return;
  const { mmu } = cpu;
  mmu.delivering = true;
  try {
    if ((cpu.r[CR0] & CR0_PE) === 0) deliverReal(cpu, vector, image, returnEip);
    else deliverProtected(cpu, vector, errorCode, image, returnEip, ext);
  } finally {
    mmu.delivering = false;
  }
}

/** With all checks, whatever the gate and the stack are like. */
function deliverProtected(
  cpu: Cpu,
  vector: number,
  errorCode: number,
  flags: number,
  returnEip: number,
  ext: number,
): void {
  const { r } = cpu;
  const gateError = vector * 8 + IDT + ext;
  if (vector * 8 + 7 > r[IDTR_LIMIT]) raiseGP(cpu, gateError);
  assumePrivilege(cpu, 0);
  readDescriptor(cpu, (r[IDTR_BASE] + vector * 8) | 0, gate);
  const type = gate.systemType;
  if (!isInterruptGate(type)) raiseGP(cpu, gateError);
  if (ext === 0 && gate.dpl < r[CPL]) raiseGP(cpu, gateError);
  if (!gate.present) raiseNP(cpu, gateError);
  if (type === TYPE_TASK_GATE) {
    interruptTask(cpu, gate.gateSelector, returnEip, flags, errorCode, ext);
    return;
  }
  const wide = type >= TYPE_INTERRUPT_GATE32;
  const v86 = isVirtual8086(cpu);
  const level = checkHandler(cpu, gate.gateSelector, ext);
  // SDM: volume 3, 20.2.3: the monitor runs at level 0, in code of its own.
  if (v86 && level !== 0) raiseGP(cpu, selectorError(gate.gateSelector, ext));
  const inner = level < r[CPL];
  const count = buildFrame(cpu, inner, flags, returnEip, errorCode);
  const stack = inner ? innerStack : sameStack;
  let stackError = ext;
  if (inner) {
    innerStack.load(cpu, level, ext);
    stackError = selectorError(innerStack.selector, ext);
  } else {
    sameStack.current(cpu);
  }
  if (!stack.hasRoom(count, wide)) raiseSS(cpu, stackError);
  const offset = gate.gateOffset(wide);
  if (offset >>> 0 > code.limit >>> 0) raiseGP(cpu, ext);
  markAccessed(cpu, code);
  if (inner) markAccessed(cpu, innerStack.descriptor);

  assumePrivilege(cpu, level);
  stack.pushFrame(cpu, frame, count, wide);

  if (inner) cacheSegment(cpu, SS, innerStack.selector, innerStack.descriptor);
  stack.commit(cpu);
  cacheCode(cpu, gate.gateSelector, code, level);
  if (v86) clearDataSegments(cpu);
  const isTrap = type === TYPE_TRAP_GATE16 || type === TYPE_TRAP_GATE32;
  r[EFLAGS] &= ~(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | (isTrap ? 0 : EFLAGS_IF));
  if (v86) cpu.refreshMode();
  else cpu.refreshCode();
  r[EIP] = offset;
}

/** Fills `frame` in the order of pushing; returns how many words there are. */
function buildFrame(cpu: Cpu, inner: boolean, flags: number, returnEip: number, errorCode: number): number {
  const { r } = cpu;
  let count = 0;
  if (isVirtual8086(cpu)) {
    frame[count++] = r[SEG_SELECTOR + GS];
    frame[count++] = r[SEG_SELECTOR + FS];
    frame[count++] = r[SEG_SELECTOR + DS];
    frame[count++] = r[SEG_SELECTOR + ES];
  }
  if (inner) {
    frame[count++] = r[SEG_SELECTOR + SS];
    frame[count++] = r[ESP];
  }
  frame[count++] = flags;
  frame[count++] = r[SEG_SELECTOR + CS];
  frame[count++] = returnEip;
  if (errorCode !== NO_ERROR_CODE) frame[count++] = errorCode;
  return count;
}

function isInterruptGate(type: number): boolean {
  const narrow = type >= TYPE_TASK_GATE && type <= TYPE_TRAP_GATE16;
  return narrow || type === TYPE_INTERRUPT_GATE32 || type === TYPE_TRAP_GATE32;
}

/** Reads the handler's code segment into `code`. Returns the privilege level it will run at. */
function checkHandler(cpu: Cpu, selector: number, ext: number): number {
  const cpl = cpu.r[CPL];
  const error = selectorError(selector, ext);
  if (isNull(selector)) raiseGP(cpu, ext);
  if (!findDescriptor(cpu, selector, code) || !code.isCode || code.dpl > cpl) raiseGP(cpu, error);
  if (!code.present) raiseNP(cpu, error);
  return code.isConformingCode ? cpl : code.dpl;
}

/** SDM: volume 3, 21.1.4: a vector table of far pointers, no error codes. */
function deliverReal(cpu: Cpu, vector: number, flags: number, returnEip: number): void {
  const { r } = cpu;
  if (vector * 4 + 3 > r[IDTR_LIMIT]) raiseGP(cpu, 0);
  sameStack.current(cpu);
  if (!sameStack.hasRoom(3, false)) raiseSS(cpu, 0);
  const entry = (r[IDTR_BASE] + vector * 4) | 0;
  const offset = load16(cpu, entry);
  const selector = load16(cpu, (entry + 2) | 0);
  if (offset > r[SEG_LIMIT + CS] >>> 0) raiseGP(cpu, 0);
  sameStack.pushFrame(cpu, frame, buildFrame(cpu, false, flags, returnEip, NO_ERROR_CODE), false);
  sameStack.commit(cpu);
  loadRealSegment(cpu, CS, selector);
  r[EFLAGS] &= ~(EFLAGS_TF | EFLAGS_IF | EFLAGS_RF | EFLAGS_AC);
  cpu.refreshMode();
  r[EIP] = offset;
}
