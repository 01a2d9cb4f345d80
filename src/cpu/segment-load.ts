/**
 * Loading segment registers: MOV, POP and LDS… for data and stack segments, and the loads that privilege changes
 * imply. Every check comes before the first change.
 *
 * SDM: volume 2, "MOV"; volume 3, 3.4.3 "Segment registers", 5.6 "Privilege level checking when accessing data
 * segments", 5.7 "… when loading the SS register".
 */
import type { Cpu } from "./cpu.ts";
import {
  cacheSegment,
  Descriptor,
  findDescriptor,
  isNull,
  markAccessed,
  SELECTOR_RPL,
  selectorError,
} from "./descriptors.ts";
import { EFLAGS_VM } from "./eflags.ts";
import { raiseGP, raiseNP, raiseSS } from "./exceptions.ts";
import {
  ATTR_ACCESSED,
  ATTR_CODE,
  ATTR_DC,
  ATTR_DPL,
  ATTR_DPL_SHIFT,
  ATTR_NULL,
  ATTR_P,
  ATTR_RW,
  ATTR_S,
  ATTR_TYPE,
  attrDpl,
} from "./segmentation.ts";
import {
  CPL,
  CR0,
  CR0_PE,
  DS,
  EFLAGS,
  ES,
  FS,
  GS,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
} from "./state.ts";

const descriptor = new Descriptor();

/** Selectors name descriptors: protected mode, and not virtual-8086 mode. */
export function usesDescriptors(cpu: Cpu): boolean {
  return (cpu.r[CR0] & CR0_PE) !== 0 && (cpu.r[EFLAGS] & EFLAGS_VM) === 0;
}

/** Loads ES, SS, DS, FS or GS. */
export function loadSegment(cpu: Cpu, seg: number, selector: number): void {
  if (!usesDescriptors(cpu)) loadRealSegment(cpu, seg, selector);
  else if (seg === SS) loadStackSegment(cpu, selector);
  else if (isNull(selector)) loadNull(cpu, seg, selector);
  else loadDataSegment(cpu, seg, selector);
  cpu.refreshMode();
}

function loadStackSegment(cpu: Cpu, selector: number): void {
  if (isNull(selector)) raiseGP(cpu, 0);
  const error = selectorError(selector, 0);
  if (!findDescriptor(cpu, selector, descriptor)) raiseGP(cpu, error);
  const level = cpu.r[CPL];
  if ((selector & SELECTOR_RPL) !== level || !descriptor.isWritableData || descriptor.dpl !== level) {
    raiseGP(cpu, error);
  }
  if (!descriptor.present) raiseSS(cpu, error);
  markAccessed(cpu, descriptor);
  cacheSegment(cpu, SS, selector, descriptor);
}

function loadDataSegment(cpu: Cpu, seg: number, selector: number): void {
  const error = selectorError(selector, 0);
  if (!findDescriptor(cpu, selector, descriptor) || !descriptor.isReadable) raiseGP(cpu, error);
  if (!descriptor.isConformingCode && effectiveLevel(cpu, selector) > descriptor.dpl) raiseGP(cpu, error);
  if (!descriptor.present) raiseNP(cpu, error);
  markAccessed(cpu, descriptor);
  cacheSegment(cpu, seg, selector, descriptor);
}

/**
 * After MOV SS and POP SS the next instruction runs before any interrupt or trap: it may load ESP.
 * SDM: volume 3, 6.8.3.
 */
export function shadowStackLoad(cpu: Cpu): void {
  cpu.inhibitInterrupts = true;
  cpu.stackShadow = true;
  cpu.stepping = false;
}

/** The less privileged of CPL and the selector's RPL. */
export function effectiveLevel(cpu: Cpu, selector: number): number {
  return Math.max(cpu.r[CPL], selector & SELECTOR_RPL);
}

/** Accesses through a null segment raise #GP(0); the selector keeps its RPL. */
function loadNull(cpu: Cpu, seg: number, selector: number): void {
  const { r } = cpu;
  r[SEG_SELECTOR + seg] = selector;
  r[SEG_BASE + seg] = 0;
  r[SEG_LIMIT + seg] = 0;
  r[SEG_ATTR + seg] = ATTR_NULL;
}

/** SDM: volume 3, 20.3.3: entering the monitor from virtual-8086 mode. */
export function clearDataSegments(cpu: Cpu): void {
  loadNull(cpu, ES, 0);
  loadNull(cpu, DS, 0);
  loadNull(cpu, FS, 0);
  loadNull(cpu, GS, 0);
}

/** What a segment register has in real mode that protected mode left unusable. */
const REAL_ATTR = ATTR_P | ATTR_S | ATTR_RW | ATTR_ACCESSED;
const REAL_LIMIT = 0xffff;

/**
 * In real and virtual-8086 mode. SDM: volume 3, 20.1.1: only the base follows the selector; limit and attributes stay as
 * they are, so that segments can be larger than 64 KiB. CS becomes writable data, as processors have it.
 */
export function loadRealSegment(cpu: Cpu, seg: number, selector: number): void {
  const { r } = cpu;
  r[SEG_SELECTOR + seg] = selector;
  r[SEG_BASE + seg] = selector << 4;
  const attr = r[SEG_ATTR + seg];
  if ((attr & (ATTR_P | ATTR_S)) !== (ATTR_P | ATTR_S)) {
    r[SEG_ATTR + seg] = REAL_ATTR;
    r[SEG_LIMIT + seg] = REAL_LIMIT;
  } else if ((attr & ATTR_CODE) !== 0) {
    r[SEG_ATTR + seg] = (attr & ~(ATTR_TYPE | ATTR_DPL)) | ATTR_RW | ATTR_ACCESSED;
  }
}

/** The whole linear space, as SYSENTER and SYSEXIT load it. */
export function setFlatSegment(cpu: Cpu, seg: number, selector: number, attr: number, level: number): void {
  const { r } = cpu;
  r[SEG_SELECTOR + seg] = selector;
  r[SEG_BASE + seg] = 0;
  r[SEG_LIMIT + seg] = -1;
  r[SEG_ATTR + seg] = attr | (level << ATTR_DPL_SHIFT);
}

/**
 * After a return to an outer level: what the new CPL may not use becomes null. Null selectors lose their RPL here,
 * as on real processors, because their DPL reads as 0.
 */
export function dropInaccessibleSegments(cpu: Cpu): void {
  if (isInaccessible(cpu, ES)) loadNull(cpu, ES, 0);
  if (isInaccessible(cpu, DS)) loadNull(cpu, DS, 0);
  if (isInaccessible(cpu, FS)) loadNull(cpu, FS, 0);
  if (isInaccessible(cpu, GS)) loadNull(cpu, GS, 0);
}

function isInaccessible(cpu: Cpu, seg: number): boolean {
  const { r } = cpu;
  const attr = r[SEG_ATTR + seg];
  if (attrDpl(attr) >= r[CPL]) return false;
  return (attr & (ATTR_CODE | ATTR_DC)) !== (ATTR_CODE | ATTR_DC);
}
