/**
 * Task switches by the hardware: by JMP, CALL and IRET, and through task gates.
 *
 * SDM: volume 3, 7.3 "Task switching", table 7-1 "Exception conditions checked during a task switch", 7.4 "Task linking".
 *
 * What is checked before the old task is saved raises its exception in the old task, with nothing changed. From then on
 * the new task is the one that runs, and what is wrong with its segments is its own exception, at its first instruction.
 */
import { load16, store8, store16 } from "./access.ts";
import { writeCr3 } from "./control-registers.ts";
import type { Cpu } from "./cpu.ts";
import {
  assumePrivilege,
  cacheSegment,
  Descriptor,
  findDescriptor,
  isNull,
  readDescriptor,
  SELECTOR_TI,
  selectorError,
  TYPE_TASK_GATE,
  TYPE_TSS16,
  TYPE_TSS16_BUSY,
  TYPE_TSS32,
  TYPE_TSS32_BUSY,
} from "./descriptors.ts";
import { EFLAGS_NT, EFLAGS_VM, readEflags, writeEflags } from "./eflags.ts";
import { raiseGP, raiseNP, raiseSS, raiseTS } from "./exceptions.ts";
import { StackCursor } from "./stack.ts";
import {
  CPL,
  CR0,
  CR0_PG,
  CR0_TS,
  CS,
  DR6_BT,
  DR7,
  EAX,
  EDI,
  EIP,
  GDTR_BASE,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  TR,
} from "./state.ts";
import { loadTaskSegments } from "./task-segments.ts";
import {
  savedFrom,
  savedTo,
  saveTask,
  TaskState,
  TSS_LINK,
  TSS16_MIN_LIMIT,
  TSS32_MIN_LIMIT,
} from "./task-state.ts";
import { hasWideTss, TSS_WIDE } from "./tss.ts";
import { prepareBlock } from "./wide-access.ts";

type Cause = "jump" | "call" | "return" | "event";

/** The B bit of a TSS descriptor, in its byte 5. */
const BUSY = TYPE_TSS16_BUSY ^ TYPE_TSS16;
const DESCRIPTOR_TYPE_BYTE = 5;
/** Bits of EFLAGS that a task may have. */
const EFLAGS_LOADABLE = 0x003f_7fd5;
/** L0 to L3 and LE: local breakpoints belong to the task. SDM: volume 3, 17.2.4. */
const DR7_LOCAL = 0x155;

/** The descriptors of the task that is entered and of the one that is left. */
const next = new Descriptor();
const old = new Descriptor();
const incoming = new TaskState();
const stack = new StackCursor();
/** Stands for none. */
const NO_ERROR_CODE = -1;

// --- Ways in -----------------------------------------------------------------------------------------------------------

/**
 * JMP or CALL to `target`, a task gate or an available TSS whose DPL and P bit have been checked. `returnEip` is the next
 * instruction.
 */
export function farTask(
  cpu: Cpu,
  selector: number,
  target: Descriptor,
  call: boolean,
  returnEip: number,
): void {
  const viaGate = target.systemType === TYPE_TASK_GATE;
  const tss = viaGate ? target.gateSelector : selector;
  findAvailableTask(cpu, tss, 0);
  switchTask(cpu, tss, call ? "call" : "jump", returnEip, readEflags(cpu), NO_ERROR_CODE, 0);
}

/**
 * An interrupt or exception through a task gate that names `selector`.
 * @param flags EFLAGS of the task that is left
 * @param errorCode pushed on the new task's stack, unless -1
 */
export function interruptTask(
  cpu: Cpu,
  selector: number,
  returnEip: number,
  flags: number,
  errorCode: number,
  ext: number,
): void {
  findAvailableTask(cpu, selector, ext);
  switchTask(cpu, selector, "event", returnEip, flags, errorCode, ext);
}

/** IRET with NT set: back to the task that the link names, which must be busy. */
export function returnTask(cpu: Cpu, returnEip: number): void {
  const { r } = cpu;
  assumePrivilege(cpu, 0);
  const link = load16(cpu, (r[SEG_BASE + TR] + TSS_LINK) | 0);
  cpu.refreshPrivilege();
  const error = selectorError(link, 0);
  if ((link & SELECTOR_TI) !== 0 || !findDescriptor(cpu, link, next)) raiseTS(cpu, error);
  const type = next.systemType;
  if (type !== TYPE_TSS16_BUSY && type !== TYPE_TSS32_BUSY) raiseTS(cpu, error);
  if (!next.present) raiseNP(cpu, error);
  switchTask(cpu, link, "return", returnEip, readEflags(cpu) & ~EFLAGS_NT, NO_ERROR_CODE, 0);
}

/** Reads the descriptor of a TSS that a task may enter into `next`. Raises #GP, #NP. */
function findAvailableTask(cpu: Cpu, selector: number, ext: number): void {
  const error = selectorError(selector, ext);
  if (isNull(selector) || (selector & SELECTOR_TI) !== 0) raiseGP(cpu, error);
  if (!findDescriptor(cpu, selector, next)) raiseGP(cpu, error);
  const type = next.systemType;
  if (type !== TYPE_TSS16 && type !== TYPE_TSS32) raiseGP(cpu, error);
  if (!next.present) raiseNP(cpu, error);
}

// --- The switch ----------------------------------------------------------------------------------------------------------

/** To the task whose TSS descriptor is in `next`. */
function switchTask(
  cpu: Cpu,
  selector: number,
  cause: Cause,
  returnEip: number,
  flags: number,
  errorCode: number,
  ext: number,
): void {
  const { r } = cpu;
  const wide = (next.attr & TSS_WIDE) !== 0;
  if (next.limit >>> 0 < (wide ? TSS32_MIN_LIMIT : TSS16_MIN_LIMIT))
    raiseTS(cpu, selectorError(selector, ext));
  const nested = cause === "call" || cause === "event";
  const oldSelector = r[SEG_SELECTOR + TR];
  assumePrivilege(cpu, 0);
  probe(cpu, wide, nested, cause);
  leave(cpu, nested, returnEip, flags);
  incoming.read(cpu, next.base, wide);
  if (nested) store16(cpu, (next.base + TSS_LINK) | 0, oldSelector);
  if (cause !== "return") {
    next.attr |= BUSY;
    store8(cpu, (next.la + DESCRIPTOR_TYPE_BYTE) | 0, next.attr & 0xff);
  }
  cacheSegment(cpu, TR, selector, next);
  enter(cpu, wide, nested, errorCode, ext);
}

/** Takes every fault that the switch can take while it is the old task's. */
function probe(cpu: Cpu, wide: boolean, nested: boolean, cause: Cause): void {
  const { r } = cpu;
  const oldWide = hasWideTss(cpu);
  const from = savedFrom(oldWide);
  const to = savedTo(oldWide);
  // Not in the SDM's table: a TSS too short to be saved to.
  if (to > r[SEG_LIMIT + TR] >>> 0) raiseTS(cpu, selectorError(r[SEG_SELECTOR + TR], 0));
  // Reading it whole touches each of its pages.
  incoming.read(cpu, next.base, wide);
  if (nested) prepareBlock(cpu, (next.base + TSS_LINK) | 0, 2);
  if (cause !== "return") prepareBlock(cpu, (next.la + DESCRIPTOR_TYPE_BYTE) | 0, 1);
  if (!nested) prepareBlock(cpu, (oldDescriptor(cpu) + DESCRIPTOR_TYPE_BYTE) | 0, 1);
  prepareBlock(cpu, (r[SEG_BASE + TR] + from) | 0, to - from + 1);
}

/** Saves the old task; JMP and IRET make it available again. */
function leave(cpu: Cpu, nested: boolean, returnEip: number, flags: number): void {
  const { r } = cpu;
  const oldWide = hasWideTss(cpu);
  saveTask(cpu, r[SEG_BASE + TR], oldWide, returnEip, flags);
  if (nested) return;
  const at = oldDescriptor(cpu);
  readDescriptor(cpu, at, old);
  assumePrivilege(cpu, 0);
  store8(cpu, (at + DESCRIPTOR_TYPE_BYTE) | 0, old.attr & 0xff & ~BUSY);
}

/** Linear address of the descriptor that TR was loaded from. */
const oldDescriptor = (cpu: Cpu): number => (cpu.r[GDTR_BASE] + (cpu.r[SEG_SELECTOR + TR] & 0xfff8)) | 0;

/** From here on the new task runs. */
function enter(cpu: Cpu, wide: boolean, nested: boolean, errorCode: number, ext: number): void {
  const { r } = cpu;
  const v86 = wide && (incoming.eflags & EFLAGS_VM) !== 0;
  r[CR0] |= CR0_TS;
  cpu.mmu.taskSwitched();
  r[EIP] = incoming.eip;
  writeEflags(cpu, (incoming.eflags & EFLAGS_LOADABLE) | (nested ? EFLAGS_NT : 0));
  for (let i = EAX; i <= EDI; i++) r[i] = incoming.registers[i];
  r[CPL] = v86 ? 3 : incoming.segments[CS] & 3;
  r[DR7] &= ~DR7_LOCAL;
  inNewTask(cpu, () => {
    if (wide && (r[CR0] & CR0_PG) !== 0) writeCr3(cpu, incoming.cr3);
    loadTaskSegments(cpu, incoming, v86, ext);
    if (errorCode !== NO_ERROR_CODE) pushErrorCode(cpu, errorCode, wide, ext);
    if (r[EIP] >>> 0 > r[SEG_LIMIT + CS] >>> 0) raiseGP(cpu, ext);
  });
  cpu.refreshMode();
  cpu.refreshDebug();
  if (!incoming.trap) return;
  cpu.pendingDebug |= DR6_BT;
}

/** On the new task's stack, as wide as its TSS. SDM: volume 2, "INT n": #SS(EXT) if there is no room. */
function pushErrorCode(cpu: Cpu, errorCode: number, wide: boolean, ext: number): void {
  stack.current(cpu);
  if (!stack.hasRoom(1, wide)) raiseSS(cpu, ext);
  stack.push(cpu, errorCode, wide);
  stack.commit(cpu);
}

/** What faults in here faults at the first instruction of the task that has just been entered. */
function inNewTask(cpu: Cpu, act: () => void): void {
  try {
    act();
  } catch (error) {
    cpu.refreshMode();
    cpu.refreshDebug();
    cpu.leaveBlock();
    throw error;
  }
}
