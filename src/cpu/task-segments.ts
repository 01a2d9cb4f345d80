/**
 * The segments of a task that has just been entered: all selectors are in place before the first descriptor is looked at.
 *
 * SDM: volume 3, table 7-1, the last two thirds; error codes name the selector. The order is the processors' own.
 */
import type { Cpu } from "./cpu.ts";
import {
  cacheCode,
  cacheSegment,
  Descriptor,
  findDescriptor,
  isNull,
  markAccessed,
  SELECTOR_RPL,
  SELECTOR_TI,
  selectorError,
  TYPE_LDT,
} from "./descriptors.ts";
import { raiseNP, raiseSS, raiseTS } from "./exceptions.ts";
import { ATTR_NULL } from "./segmentation.ts";
import { CPL, CS, DS, ES, FS, GS, LDTR, SEG_ATTR, SEG_BASE, SEG_LIMIT, SEG_SELECTOR, SS } from "./state.ts";
import type { TaskState } from "./task-state.ts";
import { loadVirtual8086Segment } from "./virtual-8086.ts";

const descriptor = new Descriptor();

export function loadTaskSegments(cpu: Cpu, task: TaskState, v86: boolean, ext: number): void {
  for (let seg = ES; seg <= GS; seg++) clear(cpu, seg, task.segments[seg]);
  clear(cpu, LDTR, task.ldt);
  cpu.refreshMode();
  loadLdt(cpu, task.ldt, ext);
  if (v86) {
    for (let seg = ES; seg <= GS; seg++) loadVirtual8086Segment(cpu, seg, task.segments[seg]);
    return;
  }
  loadCode(cpu, task.segments[CS], ext);
  loadStack(cpu, task.segments[SS], ext);
  loadData(cpu, ES, task.segments[ES], ext);
  loadData(cpu, DS, task.segments[DS], ext);
  loadData(cpu, FS, task.segments[FS], ext);
  loadData(cpu, GS, task.segments[GS], ext);
}

/** The selector, and no segment yet. */
function clear(cpu: Cpu, seg: number, selector: number): void {
  const { r } = cpu;
  r[SEG_SELECTOR + seg] = selector;
  r[SEG_BASE + seg] = 0;
  r[SEG_LIMIT + seg] = 0;
  r[SEG_ATTR + seg] = ATTR_NULL;
}

function loadLdt(cpu: Cpu, selector: number, ext: number): void {
  if (isNull(selector)) return;
  const error = selectorError(selector, ext);
  if ((selector & SELECTOR_TI) !== 0 || !findDescriptor(cpu, selector, descriptor)) raiseTS(cpu, error);
  if (descriptor.systemType !== TYPE_LDT || !descriptor.present) raiseTS(cpu, error);
  cacheSegment(cpu, LDTR, selector, descriptor);
}

function loadCode(cpu: Cpu, selector: number, ext: number): void {
  const error = selectorError(selector, ext);
  const level = selector & SELECTOR_RPL;
  if (isNull(selector) || !findDescriptor(cpu, selector, descriptor) || !descriptor.isCode)
    raiseTS(cpu, error);
  if (descriptor.isConformingCode ? descriptor.dpl > level : descriptor.dpl !== level) raiseTS(cpu, error);
  if (!descriptor.present) raiseNP(cpu, error);
  markAccessed(cpu, descriptor);
  cacheCode(cpu, selector, descriptor, level);
  cpu.refreshCode();
}

function loadStack(cpu: Cpu, selector: number, ext: number): void {
  const error = selectorError(selector, ext);
  const level = cpu.r[CPL];
  if (isNull(selector) || !findDescriptor(cpu, selector, descriptor)) raiseTS(cpu, error);
  if (!descriptor.isWritableData || descriptor.dpl !== level || (selector & SELECTOR_RPL) !== level) {
    raiseTS(cpu, error);
  }
  if (!descriptor.present) raiseSS(cpu, error);
  markAccessed(cpu, descriptor);
  cacheSegment(cpu, SS, selector, descriptor);
}

function loadData(cpu: Cpu, seg: number, selector: number, ext: number): void {
  if (isNull(selector)) return;
  const error = selectorError(selector, ext);
  if (!findDescriptor(cpu, selector, descriptor) || !descriptor.isReadable) raiseTS(cpu, error);
  const level = Math.max(cpu.r[CPL], selector & SELECTOR_RPL);
  if (!descriptor.isConformingCode && level > descriptor.dpl) raiseTS(cpu, error);
  if (!descriptor.present) raiseNP(cpu, error);
  markAccessed(cpu, descriptor);
  cacheSegment(cpu, seg, selector, descriptor);
}
