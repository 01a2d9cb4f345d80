/**
 * Interrupts, exceptions and IRET between flat segments: the transitions that nearly every 32-bit kernel makes,
 * thousands of times a second. Both functions handle exactly the case in which every descriptor on the way is flat,
 * present, accessed and of the expected privilege, so that no check of the general paths can fail; they return false,
 * having changed nothing, for anything else. `interrupts.ts` and `interrupt-return.ts` are the general paths.
 *
 * What is read, and in which order, is the same in both, so page faults on the way are too.
 */
import { load16, load32, store32 } from "./access.ts";
import type { Cpu } from "./cpu.ts";
import { assumePrivilege } from "./descriptors.ts";
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
/** In TR's attribute word: a 32-bit TSS. */
const TSS_WIDE = 0x08;
/** Last byte of SS0 in it. */
const TSS_SS0_END = 9;

/** Whether `selector` names a descriptor in the GDT whose words are `FLAT_LOW` and `high`. */
function isFlatDescriptor(cpu: Cpu, selector: number, high: number): boolean {
  const { r } = cpu;
  const offset = selector & 0xfff8;
  if (offset === 0 || (selector & 4) !== 0 || offset + 7 > r[GDTR_LIMIT]) return false;
  const la = (r[GDTR_BASE] + offset) | 0;
  return load32(cpu, la) === FLAT_LOW && load32(cpu, (la + 4) | 0) === high;
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
  const { r } = cpu;
  const cpl = r[CPL];
  if ((cpu.mode & MODE_PROTECTED) === 0 || (r[EFLAGS] & EFLAGS_VM) !== 0) return false;
  if (cpl === 0 ? !cpu.stackFlat : cpl !== 3) return false;
  if (vector * 8 + 7 > r[IDTR_LIMIT]) return false;

  assumePrivilege(cpu, 0);
  const idt = (r[IDTR_BASE] + vector * 8) | 0;
  const gateLow = load32(cpu, idt);
  const gateHigh = load32(cpu, (idt + 4) | 0);
  const selector = gateLow >>> 16;
  if (
    (gateHigh & GATE_MASK) !== GATE_VALUE ||
    (software && ((gateHigh >>> 13) & 3) < cpl) ||
    !isFlatDescriptor(cpu, selector, FLAT_CODE_HIGH)
  ) {
    cpu.refreshPrivilege();
    return false;
  }

  let esp = r[ESP];
  if (cpl === 3) {
    const tss = r[SEG_BASE + TR];
    if ((r[SEG_ATTR + TR] & TSS_WIDE) === 0 || TSS_SS0_END > r[SEG_LIMIT + TR] >>> 0) {
      cpu.refreshPrivilege();
      return false;
    }
    esp = load32(cpu, (tss + 4) | 0);
    const ss = load16(cpu, (tss + 8) | 0);
    // A frame that wraps around the end of the address space is left to the general path.
    if ((ss & 3) !== 0 || esp >>> 0 < 24 || !isFlatDescriptor(cpu, ss, FLAT_DATA_HIGH)) {
      cpu.refreshPrivilege();
      return false;
    }
    store32(cpu, (esp - 4) | 0, r[SEG_SELECTOR + SS]);
    store32(cpu, (esp - 8) | 0, r[ESP]);
    esp = (esp - 8) | 0;
    esp = pushFrame(cpu, esp, flags, returnEip, errorCode);
    setFlatSegment(cpu, SS, ss, ATTR_FLAT_DATA, 0);
  } else {
    if (esp >>> 0 < 16) return false;
    esp = pushFrame(cpu, esp, flags, returnEip, errorCode);
  }

  r[ESP] = esp;
  setFlatSegment(cpu, CS, selector & ~3, ATTR_FLAT_CODE, 0);
  r[CPL] = 0;
  const masked = (gateHigh & GATE_TRAP) === 0 ? EFLAGS_IF : 0;
  r[EFLAGS] &= ~(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | masked);
  cpu.enterFlat(false);
  r[EIP] = (gateHigh & 0xffff_0000) | (gateLow & 0xffff);
  return true;
}

function pushFrame(cpu: Cpu, esp: number, flags: number, returnEip: number, errorCode: number): number {
  store32(cpu, (esp - 4) | 0, flags);
  store32(cpu, (esp - 8) | 0, cpu.r[SEG_SELECTOR + CS]);
  store32(cpu, (esp - 12) | 0, returnEip);
  if (errorCode < 0) return (esp - 12) | 0;
  store32(cpu, (esp - 16) | 0, errorCode);
  return (esp - 16) | 0;
}

/** As `interruptReturn` in `interrupt-return.ts`, for IRETD. */
export function returnFlat(cpu: Cpu): boolean {
  const { r } = cpu;
  const cpl = r[CPL];
  if ((cpu.mode & MODE_PROTECTED) === 0 || (r[EFLAGS] & (EFLAGS_VM | EFLAGS_NT)) !== 0) return false;
  const esp = r[ESP];
  if (!cpu.stackFlat || esp >>> 0 > 0xffff_ff00) return false;
  const offset = load32(cpu, esp);
  const selector = load32(cpu, (esp + 4) | 0) & 0xffff;
  const flags = load32(cpu, (esp + 8) | 0);
  const rpl = selector & 3;
  if ((flags & EFLAGS_VM) !== 0 || (rpl !== cpl && (cpl !== 0 || rpl !== 3))) return false;

  assumePrivilege(cpu, 0);
  let flat = isFlatDescriptor(cpu, selector, FLAT_CODE_HIGH | (rpl << 13));
  cpu.refreshPrivilege();
  if (!flat) return false;
  const changed = iretFlags(cpu, true);
  if (rpl === cpl) {
    r[ESP] = (esp + 12) | 0;
  } else {
    const outerEsp = load32(cpu, (esp + 12) | 0);
    const ss = load32(cpu, (esp + 16) | 0) & 0xffff;
    flat = (ss & 3) === 3 && keepsSegments(r) && isFlatDescriptor(cpu, ss, FLAT_DATA_HIGH | (3 << 13));
    if (!flat) return false;
    r[ESP] = outerEsp;
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
  return keeps(r, DS) && keeps(r, ES) && keeps(r, FS) && keeps(r, GS);
}

function keeps(r: Int32Array, seg: number): boolean {
  const attr = r[SEG_ATTR + seg];
  return (attr & ATTR_DPL3) === ATTR_DPL3 || (attr === 0 && r[SEG_SELECTOR + seg] === 0);
}
