/**
 * Descriptors as memory holds them: segments, gates, and the two tables they are found in.
 *
 *     segment   high   base 31-24 | G D/B L AVL | limit 19-16 | P DPL S type | base 23-16
 *               low    base 15-0                | limit 15-0
 *     gate      high   offset 31-16             | P DPL 0 type | 000 | parameter count
 *               low    selector                 | offset 15-0
 *
 * SDM: volume 3, 3.4.5 "Segment descriptors", 3.5 "System descriptor types", 5.8.3 "Call gates".
 */

import { PFERR_USER } from "../mmu/mmu.ts";
import { TLB_CURRENT, TLB_SUPERVISOR, TLB_USER } from "../mmu/tlb.ts";
import { load32, systemStore8 } from "./access.ts";
import type { Cpu } from "./cpu.ts";
import {
  ATTR_ACCESSED,
  ATTR_CODE,
  ATTR_DC,
  ATTR_G,
  ATTR_P,
  ATTR_RW,
  ATTR_S,
  ATTR_TYPE,
  attrDpl,
} from "./segmentation.ts";
import {
  CPL,
  CS,
  GDTR_BASE,
  GDTR_LIMIT,
  LDTR,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
} from "./state.ts";

// System descriptor types. SDM: volume 3, table 3-2.
export const TYPE_TSS16 = 0x1;
export const TYPE_LDT = 0x2;
export const TYPE_TSS16_BUSY = 0x3;
export const TYPE_CALL_GATE16 = 0x4;
export const TYPE_TASK_GATE = 0x5;
export const TYPE_INTERRUPT_GATE16 = 0x6;
export const TYPE_TRAP_GATE16 = 0x7;
export const TYPE_TSS32 = 0x9;
export const TYPE_TSS32_BUSY = 0xb;
export const TYPE_CALL_GATE32 = 0xc;
export const TYPE_INTERRUPT_GATE32 = 0xe;
export const TYPE_TRAP_GATE32 = 0xf;

/** Requested privilege level and table indicator of a selector. */
export const SELECTOR_RPL = 3;
export const SELECTOR_TI = 4;

/** A selector that names no segment: index 0 of the GDT, whatever its RPL. */
export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0;

/** The error code that names a selector. `ext` is 1 while an event external to the program is delivered. */
export const selectorError = (selector: number, ext: number): number => (selector & 0xfffc) | ext;

export class Descriptor {
  /** Linear address it was read from. */
  la = 0;
  low = 0;
  high = 0;
  /** From `high`, as a segment register holds it (`segmentation.ts`). */
  attr = 0;

  get base(): number {
    return (this.low >>> 16) | ((this.high & 0xff) << 16) | (this.high & 0xff00_0000);
  }
  /** In bytes. */
  get limit(): number {
    const limit = (this.low & 0xffff) | (this.high & 0xf0000);
    return (this.attr & ATTR_G) !== 0 ? (limit << 12) | 0xfff : limit;
  }
  get present(): boolean {
    return (this.attr & ATTR_P) !== 0;
  }
  get dpl(): number {
    return attrDpl(this.attr);
  }
  /** S clear: a gate, a TSS or an LDT. */
  get isSystem(): boolean {
    return (this.attr & ATTR_S) === 0;
  }
  /** Of a system descriptor; -1 for code and data. */
  get systemType(): number {
    return this.isSystem ? this.attr & ATTR_TYPE : -1;
  }
  get isCode(): boolean {
    return (this.attr & (ATTR_S | ATTR_CODE)) === (ATTR_S | ATTR_CODE);
  }
  get isConformingCode(): boolean {
    const conforming = ATTR_S | ATTR_CODE | ATTR_DC;
    return (this.attr & conforming) === conforming;
  }
  get isReadable(): boolean {
    return !this.isSystem && ((this.attr & ATTR_CODE) === 0 || (this.attr & ATTR_RW) !== 0);
  }
  get isWritableData(): boolean {
    return (this.attr & (ATTR_S | ATTR_CODE | ATTR_RW)) === (ATTR_S | ATTR_RW);
  }

  get gateSelector(): number {
    return this.low >>> 16;
  }
  /** Bits 31-16 belong to the offset only in 32-bit gates. */
  gateOffset(wide: boolean): number {
    return wide ? (this.high & 0xffff_0000) | (this.low & 0xffff) : this.low & 0xffff;
  }
  get gateParameters(): number {
    return this.high & 0x1f;
  }
}

/** Reads the descriptor that `selector` names. False if its table does not reach so far. */
export function findDescriptor(cpu: Cpu, selector: number, into: Descriptor): boolean {
  const { r } = cpu;
  const offset = selector & 0xfff8;
  if ((selector & SELECTOR_TI) === 0) {
    if (offset + 7 > r[GDTR_LIMIT]) return false;
    readDescriptor(cpu, (r[GDTR_BASE] + offset) | 0, into);
    return true;
  }
  if ((r[SEG_ATTR + LDTR] & ATTR_P) === 0 || offset + 7 > r[SEG_LIMIT + LDTR] >>> 0) return false;
  readDescriptor(cpu, (r[SEG_BASE + LDTR] + offset) | 0, into);
  return true;
}

/** Reads eight bytes of a descriptor table, as a supervisor whatever CPL is. */
export function readDescriptor(cpu: Cpu, la: number, into: Descriptor): void {
  const user = cpu.userAccess !== 0;
  if (user) assumePrivilege(cpu, 0);
  const low = load32(cpu, la);
  const high = load32(cpu, (la + 4) | 0);
  if (user) cpu.refreshPrivilege();
  into.la = la;
  into.low = low;
  into.high = high;
  into.attr = (high >>> 8) & 0xf0ff;
}

/** Makes the next accesses those of another privilege level, until `refreshPrivilege`. Faults need no care. */
export function assumePrivilege(cpu: Cpu, level: number): void {
  cpu.userAccess = level === 3 ? PFERR_USER : 0;
  cpu.tlb[TLB_CURRENT] = level === 3 ? TLB_USER : TLB_SUPERVISOR;
}

/** Sets the accessed bit in memory. SDM: volume 3, 3.4.5.1: when the segment is loaded into a register. */
export function markAccessed(cpu: Cpu, descriptor: Descriptor): void {
  if ((descriptor.attr & ATTR_ACCESSED) !== 0) return;
  const high = descriptor.high | (ATTR_ACCESSED << 8);
  systemStore8(cpu, (descriptor.la + 5) | 0, (high >>> 8) & 0xff);
  descriptor.high = high;
  descriptor.attr |= ATTR_ACCESSED;
}

/** Writes the four words of a segment register. `refreshMode` is the caller's. */
export function cacheSegment(cpu: Cpu, seg: number, selector: number, descriptor: Descriptor): void {
  const { r } = cpu;
  r[SEG_SELECTOR + seg] = selector;
  r[SEG_BASE + seg] = descriptor.base;
  r[SEG_LIMIT + seg] = descriptor.limit;
  r[SEG_ATTR + seg] = descriptor.attr;
}

/** Loads CS for a privilege level, which becomes the current one and the RPL of CS. */
export function cacheCode(cpu: Cpu, selector: number, descriptor: Descriptor, level: number): void {
  cacheSegment(cpu, CS, (selector & ~SELECTOR_RPL) | level, descriptor);
  cpu.r[CPL] = level;
}
