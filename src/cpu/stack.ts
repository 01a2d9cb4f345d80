/**
 * The stack: push and pop of one operand, with a fast path for a flat 32-bit stack, and a cursor over any stack for
 * frames of several words.
 *
 * SDM: volume 1, 6.2 "Stacks"; volume 3, 5.3 "Limit checking". The width of the stack pointer is SS.B; bits of ESP
 * above it never change. ESP changes only after the access succeeded.
 */

import { ADDEND, TAG_WRITE, TLB_CURRENT, TLB_GENERATION, TLB_INDEX_MASK } from "../mmu/tlb.ts";
import { load16, load32, store16, store32 } from "./access.ts";
import type { Cpu } from "./cpu.ts";
import type { Descriptor } from "./descriptors.ts";
import { ATTR_CODE, ATTR_DB, ATTR_P, ATTR_RW, ATTR_S, segmented, withinLimit } from "./segmentation.ts";
import { ESP, SEG_ATTR, SEG_BASE, SEG_LIMIT, SS } from "./state.ts";

// --- One operand -------------------------------------------------------------------------------------------------

export function push32(cpu: Cpu, value: number): void {
  if (cpu.stackFlat === true) {
    const { r } = cpu;
    const esp = (r[ESP] - 4) | 0;
    store32(cpu, esp, value);
    r[ESP] = esp;
  } else {
    store32(cpu, stackAddress(cpu, stackOffset(cpu, -4), 4, true), value);
    moveStackPointer(cpu, -4);
  }
}

export function push16(cpu: Cpu, value: number): void {
  store16(cpu, stackAddress(cpu, stackOffset(cpu, -2), 2, true), value);
  moveStackPointer(cpu, -2);
}

export function pop32(cpu: Cpu): number {
  const { r } = cpu;
  if (cpu.stackFlat === true) {
    const esp = r[ESP];
    const value = load32(cpu, esp);
    r[ESP] = (esp + 4) | 0;
    return value;
  }
  const value = peek32(cpu);
  moveStackPointer(cpu, 4);
  return value;
}

export function pop16(cpu: Cpu): number {
  const value = peek16(cpu);
  moveStackPointer(cpu, 2);
  return value;
}

/** The top of the stack, which stays there. */
export function peek32(cpu: Cpu): number {
  if (cpu.stackFlat === true) return load32(cpu, cpu.r[ESP]);
  return load32(cpu, stackAddress(cpu, stackOffset(cpu, 0), 4, false));
}
export function peek16(cpu: Cpu): number {
  return load16(cpu, stackAddress(cpu, stackOffset(cpu, 0), 2, false));
}

/** Bits of ESP that are the stack pointer. */
export function stackMask(cpu: Cpu): number {
  return (cpu.r[SEG_ATTR + SS] & ATTR_DB) !== 0 ? -1 : 0xffff;
}

/** Offset in the stack segment, `by` bytes from the stack pointer. */
export function stackOffset(cpu: Cpu, by: number): number {
  return (cpu.r[ESP] + by) & stackMask(cpu);
}

/** Linear address of stack bytes that will be accessed. Raises #SS(0). */
export function stackAddress(cpu: Cpu, offset: number, bytes: number, write: boolean): number {
  return cpu.stackFlat ? offset : segmented(cpu, SS, offset, bytes, write);
}

/** ESP as it would be `by` bytes further. */
export function movedStackPointer(cpu: Cpu, by: number): number {
  const mask = stackMask(cpu);
  const esp = cpu.r[ESP];
  return (esp & ~mask) | ((esp + by) & mask);
}

export function moveStackPointer(cpu: Cpu, by: number): void {
  cpu.r[ESP] = movedStackPointer(cpu, by);
}

// --- Frames --------------------------------------------------------------------------------------------------------

/** A stack pointer of its own over some stack: pushes and pops that nothing sees in the registers until `commit`. */
export class StackCursor {
  base = 0;
  limit = 0;
  attr = 0;
  mask = 0;
  offset = 0;

  /** The stack that SS:ESP describes. */
  current(cpu: Cpu): void {
    const { r } = cpu;
    this.base = r[SEG_BASE + SS];
    this.limit = r[SEG_LIMIT + SS];
    this.attr = r[SEG_ATTR + SS];
    this.seek(r[ESP]);
  }

  /** A stack that is not in SS yet. */
  open(descriptor: Descriptor, esp: number): void {
    this.base = descriptor.base;
    this.limit = descriptor.limit;
    this.attr = descriptor.attr;
    this.seek(esp);
  }

  private seek(esp: number): void {
    this.mask = (this.attr & ATTR_DB) !== 0 ? -1 : 0xffff;
    this.offset = esp & this.mask;
  }

  /** Whether `count` words, of 16 or 32 bits, fit below the stack pointer. */
  hasRoom(count: number, wide: boolean): boolean {
    const usable = ATTR_P | ATTR_S | ATTR_RW;
    if ((this.attr & (usable | ATTR_CODE)) !== usable) return false;
    const bytes = wide ? count * 4 : count * 2;
    return this.within((this.offset - bytes) & this.mask, bytes, wide);
  }

  /** Whether `count` words can be popped. */
  holds(count: number, wide: boolean): boolean {
    if ((this.attr & (ATTR_P | ATTR_S)) !== (ATTR_P | ATTR_S)) return false;
    return this.within(this.offset, wide ? count * 4 : count * 2, wide);
  }

  /**
   * A range may wrap around at 64 KiB or 4 GiB, since words are addressed one by one; but no word may lie across the
   * end of 64 KiB. At 4 GiB the SDM leaves that to the processor.
   */
  private within(first: number, bytes: number, wide: boolean): boolean {
    const toTop = (this.mask >>> 0) + 1 - (first >>> 0);
    if (bytes <= toTop) return withinLimit(this.limit, this.attr, first, bytes);
    if (this.mask !== -1 && (toTop & (wide ? 3 : 1)) !== 0) return false;
    return (
      withinLimit(this.limit, this.attr, first, toTop) && withinLimit(this.limit, this.attr, 0, bytes - toTop)
    );
  }

  push(cpu: Cpu, value: number, wide: boolean): void {
    this.offset = (this.offset - (wide ? 4 : 2)) & this.mask;
    const la = (this.base + this.offset) | 0;
    if (wide) store32(cpu, la, value);
    else store16(cpu, la, value);
  }

  /** Pushes the first `count` of `words`. One look at the TLB is enough for a frame within a page. */
  pushFrame(cpu: Cpu, words: Int32Array, count: number, wide: boolean): void {
    if (wide && this.mask === -1) {
      const offset = (this.offset - count * 4) | 0;
      const hpa = directWrite(cpu, (this.base + offset) | 0, count * 4);
      if (hpa >= 0) {
        for (let i = 0; i < count; i++) cpu.view.setInt32(hpa + (count - 1 - i) * 4, words[i], true);
        this.offset = offset;
        return;
      }
    }
    for (let i = 0; i < count; i++) this.push(cpu, words[i], wide);
  }

  /** Pops `count` words into `words`. */
  popFrame(cpu: Cpu, words: Int32Array, count: number, wide: boolean): void {
    if (wide && this.mask === -1) {
      const hpa = directRead(cpu, (this.base + this.offset) | 0, count * 4);
      if (hpa >= 0) {
        for (let i = 0; i < count; i++) words[i] = cpu.view.getInt32(hpa + i * 4, true);
        this.offset = (this.offset + count * 4) | 0;
        return;
      }
    }
    for (let i = 0; i < count; i++) words[i] = this.pop(cpu, wide);
  }

  /** The word `at` bytes above the stack pointer. */
  peek(cpu: Cpu, at: number, wide: boolean): number {
    const la = (this.base + ((this.offset + at) & this.mask)) | 0;
    return wide ? load32(cpu, la) : load16(cpu, la);
  }
  pop(cpu: Cpu, wide: boolean): number {
    const value = this.peek(cpu, 0, wide);
    this.skip(wide ? 4 : 2);
    return value;
  }
  skip(bytes: number): void {
    this.offset = (this.offset + bytes) & this.mask;
  }

  /** Makes the cursor's position the stack pointer; SS must hold its stack by now. */
  commit(cpu: Cpu): void {
    const { r } = cpu;
    r[ESP] = (r[ESP] & ~this.mask) | this.offset;
  }
}

/** Where `bytes` bytes at `la` are, if the TLB says so for all of them; else -1. */
function directRead(cpu: Cpu, la: number, bytes: number): number {
  const { tlb } = cpu;
  const entry = tlb[TLB_CURRENT] + ((la >>> 10) & TLB_INDEX_MASK);
  if (tlb[entry] !== (((la + bytes - 1) & ~0xfff) | tlb[TLB_GENERATION])) return -1;
  return (la + tlb[entry + ADDEND]) >>> 0;
}

/** The same for a store that nobody but the guest cares about. */
function directWrite(cpu: Cpu, la: number, bytes: number): number {
  const { tlb } = cpu;
  const entry = tlb[TLB_CURRENT] + ((la >>> 10) & TLB_INDEX_MASK);
  if (tlb[entry + TAG_WRITE] !== (((la + bytes - 1) & ~0xfff) | tlb[TLB_GENERATION])) return -1;
  return (la + tlb[entry + ADDEND]) >>> 0;
}
