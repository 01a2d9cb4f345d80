/**
 * Segment registers as the processor caches them, and the checks of each access through them.
 *
 * The attribute word of a segment register is the high descriptor word shifted right by 8:
 *
 *      15   14    13   12    11-8          7   6-5   4   3-0
 *      G    D/B   L    AVL   (limit 19-16) P   DPL   S   type
 *
 * SDM: volume 3, 3.4 "Logical and linear addresses", 5.3 "Limit checking".
 */
import type { Cpu } from "./cpu.ts";
import { raiseGP, raiseSS } from "./exceptions.ts";
import { CR0, CR0_PE, CS, SEG_ATTR, SEG_BASE, SEG_LIMIT, SS } from "./state.ts";

export const ATTR_TYPE = 0x0f;
export const ATTR_ACCESSED = 0x01;
/** Data: writable. Code: readable. */
export const ATTR_RW = 0x02;
/** Data: expand-down. Code: conforming. */
export const ATTR_DC = 0x04;
export const ATTR_CODE = 0x08;
export const ATTR_S = 0x10;
export const ATTR_DPL_SHIFT = 5;
export const ATTR_DPL = 3 << ATTR_DPL_SHIFT;
export const ATTR_P = 0x80;
export const ATTR_AVL = 0x1000;
export const ATTR_DB = 0x4000;
export const ATTR_G = 0x8000;

/** Readable code and writable data, accessed, present, 32 bits, of privilege level 0. */
export const ATTR_FLAT_CODE = 0xc09b;
export const ATTR_FLAT_DATA = 0xc093;

/** Attribute word of a segment register that was loaded with a null selector: no access is allowed through it. */
export const ATTR_NULL = 0;

export const attrDpl = (attr: number): number => (attr >> ATTR_DPL_SHIFT) & 3;

/**
 * Linear address of `bytes` bytes at `offset` of a segment, after the checks of type and limit.
 * Raises #GP(0), or #SS(0) for the stack segment.
 */
export function segmented(cpu: Cpu, seg: number, offset: number, bytes: number, write: boolean): number {
  const { r } = cpu;
  const attr = r[SEG_ATTR + seg];
  const usable = (attr & (ATTR_P | ATTR_S)) === (ATTR_P | ATTR_S);
  const code = (attr & ATTR_CODE) !== 0;
  const typeOk = write ? !code && (attr & ATTR_RW) !== 0 : !code || (attr & ATTR_RW) !== 0;
  if (!usable || !typeOk || !withinLimit(r[SEG_LIMIT + seg], attr, offset, bytes)) {
    if (!isRealStore(cpu, attr, write) || !withinLimit(r[SEG_LIMIT + seg], attr, offset, bytes)) {
      if (seg === SS) raiseSS(cpu, 0);
      raiseGP(cpu, 0);
    }
  }
  return (r[SEG_BASE + seg] + offset) | 0;
}

/** In real mode a code segment that protected mode left in a register can be written, as far as it can be read. */
function isRealStore(cpu: Cpu, attr: number, write: boolean): boolean {
  const readableCode = ATTR_P | ATTR_S | ATTR_CODE | ATTR_RW;
  return write && (cpu.r[CR0] & CR0_PE) === 0 && (attr & readableCode) === readableCode;
}

/** SDM: volume 3, 5.3. Expand-down segments reach from limit + 1 to 64 KiB or 4 GiB. */
export function withinLimit(limit: number, attr: number, offset: number, bytes: number): boolean {
  const first = offset >>> 0;
  const last = first + bytes - 1;
  if ((attr & (ATTR_CODE | ATTR_DC)) === ATTR_DC) {
    const top = (attr & ATTR_DB) !== 0 ? 0xffff_ffff : 0xffff;
    return first > limit >>> 0 && last <= top;
  }
  return last <= limit >>> 0;
}

/** True when an offset is the linear address and only paging can refuse the access. */
export function isFlat(cpu: Cpu, seg: number): boolean {
  const { r } = cpu;
  if ((r[SEG_BASE + seg] | ~r[SEG_LIMIT + seg]) !== 0) return false;
  const attr = r[SEG_ATTR + seg];
  if (seg === CS) return (attr & (ATTR_P | ATTR_S)) === (ATTR_P | ATTR_S);
  const data = ATTR_P | ATTR_S | ATTR_RW;
  return (attr & (data | ATTR_CODE | ATTR_DC)) === data;
}
