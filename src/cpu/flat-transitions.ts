/**
 * Interrupts, exceptions and IRET between flat segments: the transitions that nearly every 32-bit kernel makes,
 * thousands of times a second. Both functions handle exactly the case in which every descriptor on the way is flat,
 * present, accessed and of the expected privilege, and in the TLB, so that nothing can fault; they return false,
 * having changed nothing, for anything else. `interrupts.ts` and `interrupt-return.ts` are the general paths.
 */
import { TLB_SUPERVISOR, TLB_USER } from "../mmu/tlb.ts";
import { readableHit, writableHit } from "./access.ts";
import type { Cpu } from "./cpu.ts";
import { EFLAGS_IF, EFLAGS_NT, EFLAGS_RF, EFLAGS_TF, EFLAGS_VM } from "./eflags.ts";
import { iretFlags, loadFlags } from "./flag-rules.ts";
import { MODE_PROTECTED } from "./mode.ts";
import { setFlatSegment } from "./segment-load.ts";
import { ATTR_FLAT_CODE, ATTR_FLAT_DATA } from "./segmentation.ts";
import {
  CPL,
  CS,
  DS,
  EFLAGS,
  EIP,
  ES,
  ESP,
  FS,
  GDTR_BASE,
  GDTR_LIMIT,
  GS,
  IDTR_BASE,
  IDTR_LIMIT,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
  TR,
} from "./state.ts";
import { TSS_WIDE } from "./tss.ts";

/** Descriptor words of flat segments: base 0, limit 4 GiB, 32 bits, present, accessed. Add `dpl << 13` to the high one. */
const FLAT_LOW = 0xffff;
const FLAT_CODE_HIGH = 0x00cf_9b00;
const FLAT_DATA_HIGH = 0x00cf_9300;

/** Gate: present, system, 32-bit interrupt (E) or trap (F). */
const GATE_MASK = 0x9e00;
const GATE_VALUE = 0x8e00;
const GATE_TRAP = 0x0100;

/** DPL field of a segment's attribute word. */
const ATTR_DPL3 = 0x60;
/** Last byte of SS0 in it. */
const TSS_SS0_END = 9;

/** Whether `selector` names a descriptor in the GDT whose words are `FLAT_LOW` and `high`. */
function isFlatDescriptor(cpu: Cpu, selector: number, high: number): boolean {
  const { r, view } = cpu;
  const offset = selector & 0xfff8;
  if (offset === 0 || (selector & 4) !== 0 || offset + 7 > r[GDTR_LIMIT]) return false;
  const hpa = readableHit(cpu, TLB_SUPERVISOR, (r[GDTR_BASE] + offset) | 0, 8);
  return hpa !== 0 && view.getInt32(hpa, true) === FLAT_LOW && view.getInt32(hpa + 4, true) === high;
}

/** As `deliver` in `interrupts.ts`; `errorCode` is negative if there is none. */
export function deliverFlat(
  cpu: Cpu,
  vector: number,
  errorCode: number,
  flags: number,
  returnEip: number,
  software: boolean,
): boolean {
  const { r, view } = cpu;
  const cpl = r[CPL];
  if ((cpu.mode & MODE_PROTECTED) === 0 || (r[EFLAGS] & EFLAGS_VM) !== 0) return false;
  if (cpl === 0 ? cpu.stackFlat === false : cpl !== 3) return false;
  if (vector * 8 + 7 > r[IDTR_LIMIT]) return false;
  const gate = readableHit(cpu, TLB_SUPERVISOR, (r[IDTR_BASE] + vector * 8) | 0, 8);
  if (gate === 0) return false;
  const gateLow = view.getInt32(gate, true);
  const gateHigh = view.getInt32(gate + 4, true);
  if ((gateHigh & GATE_MASK) !== GATE_VALUE || (software && ((gateHigh >>> 13) & 3) < cpl)) return false;
  const selector = gateLow >>> 16;
  if (!isFlatDescriptor(cpu, selector, FLAT_CODE_HIGH)) return false;

  const words = errorCode < 0 ? 3 : 4;
  if (cpl === 3) {
    if ((r[SEG_ATTR + TR] & TSS_WIDE) === 0 || TSS_SS0_END > r[SEG_LIMIT + TR] >>> 0) return false;
    const tss = readableHit(cpu, TLB_SUPERVISOR, (r[SEG_BASE + TR] + 4) | 0, 6);
    if (tss === 0) return false;
    const outerEsp = view.getInt32(tss, true);
    const ss = view.getUint16(tss + 4, true);
    if ((ss & 3) !== 0 || !isFlatDescriptor(cpu, ss, FLAT_DATA_HIGH)) return false;
    const esp = (outerEsp - (words + 2) * 4) | 0;
    const frame = writableHit(cpu, TLB_SUPERVISOR, esp, (words + 2) * 4);
    if (frame === 0) return false;
    const top = frame + words * 4;
    view.setInt32(top + 4, r[SEG_SELECTOR + SS], true);
    view.setInt32(top, r[ESP], true);
    writeFrame(cpu, frame, words, flags, returnEip, errorCode);
    r[ESP] = esp;
    setFlatSegment(cpu, SS, ss, ATTR_FLAT_DATA, 0);
  } else {
    const esp = (r[ESP] - words * 4) | 0;
    const frame = writableHit(cpu, TLB_SUPERVISOR, esp, words * 4);
    if (frame === 0) return false;
    writeFrame(cpu, frame, words, flags, returnEip, errorCode);
    r[ESP] = esp;
  }

  setFlatSegment(cpu, CS, selector & ~3, ATTR_FLAT_CODE, 0);
  r[CPL] = 0;
  const masked = (gateHigh & GATE_TRAP) === 0 ? EFLAGS_IF : 0;
  r[EFLAGS] &= ~(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | masked);
  cpu.enterFlat(false);
  r[EIP] = (gateHigh & 0xffff_0000) | (gateLow & 0xffff);
  return true;
}

/** The words of a frame that every delivery has, at `hpa` and up. */
function writeFrame(
  cpu: Cpu,
  hpa: number,
  words: number,
  flags: number,
  eip: number,
  errorCode: number,
): void {
  const { view } = cpu;
  let at = hpa;
  if (words === 4) {
    view.setInt32(at, errorCode, true);
    at += 4;
  }
  view.setInt32(at, eip, true);
  view.setInt32(at + 4, cpu.r[SEG_SELECTOR + CS], true);
  view.setInt32(at + 8, flags, true);
}

/** As `interruptReturn` in `interrupt-return.ts`, for IRETD. */
export function returnFlat(cpu: Cpu): boolean {
  const { r, view } = cpu;
  const cpl = r[CPL];
  if ((cpu.mode & MODE_PROTECTED) === 0 || (r[EFLAGS] & (EFLAGS_VM | EFLAGS_NT)) !== 0) return false;
  if (cpu.stackFlat === false || cpu.checksAccesses === true) return false;
  const esp = r[ESP];
  const frame = readableHit(cpu, cpl === 3 ? TLB_USER : TLB_SUPERVISOR, esp, 12);
  if (frame === 0) return false;
  const selector = view.getUint16(frame + 4, true);
  const flags = view.getInt32(frame + 8, true);
  const rpl = selector & 3;
  if ((flags & EFLAGS_VM) !== 0 || (rpl !== cpl && (cpl !== 0 || rpl !== 3))) return false;
  if (!isFlatDescriptor(cpu, selector, FLAT_CODE_HIGH | (rpl << 13))) return false;

  const offset = view.getInt32(frame, true);
  const changed = iretFlags(cpu, true);
  if (rpl === cpl) {
    r[ESP] = (esp + 12) | 0;
  } else {
    const outer = readableHit(cpu, TLB_SUPERVISOR, (esp + 12) | 0, 8);
    if (outer === 0 || !keepsSegments(r)) return false;
    const ss = view.getUint16(outer + 4, true);
    if ((ss & 3) !== 3 || !isFlatDescriptor(cpu, ss, FLAT_DATA_HIGH | (3 << 13))) return false;
    r[ESP] = view.getInt32(outer, true);
    setFlatSegment(cpu, SS, ss, ATTR_FLAT_DATA, 3);
    r[CPL] = 3;
  }
  setFlatSegment(cpu, CS, selector, ATTR_FLAT_CODE, rpl);
  cpu.enterFlat(rpl === 3);
  r[EIP] = offset;
  loadFlags(cpu, flags, changed);
  return true;
}

/** A return to ring 3 leaves all data segments alone: each is of that ring, or null. */
function keepsSegments(r: Int32Array): boolean {
  const all = r[SEG_ATTR + DS] & r[SEG_ATTR + ES] & r[SEG_ATTR + FS] & r[SEG_ATTR + GS];
  if ((all & ATTR_DPL3) === ATTR_DPL3) return true;
  return keeps(r, DS) && keeps(r, ES) && keeps(r, FS) && keeps(r, GS);
}

function keeps(r: Int32Array, seg: number): boolean {
  const attr = r[SEG_ATTR + seg];
  return (attr & ATTR_DPL3) === ATTR_DPL3 || (attr === 0 && r[SEG_SELECTOR + seg] === 0);
}
