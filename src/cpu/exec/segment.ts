/**
 * Segment registers and selectors: MOV Sreg, LDS…LGS, LAR, LSL, VERR, VERW, ARPL.
 *
 * SDM: volume 2; volume 3, 5.10 "Pointer validation".
 */
import { load16, load32, operandRead, read16, write16 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import {
  Descriptor,
  findDescriptor,
  isNull,
  SELECTOR_RPL,
  TYPE_CALL_GATE16,
  TYPE_CALL_GATE32,
  TYPE_LDT,
  TYPE_TASK_GATE,
  TYPE_TSS16,
  TYPE_TSS16_BUSY,
  TYPE_TSS32,
  TYPE_TSS32_BUSY,
} from "../descriptors.ts";
import { EFLAGS_ZF, readEflags, writeArithmeticFlags } from "../eflags.ts";
import { raiseUD } from "../exceptions.ts";
import type { Insn } from "../insn.ts";
import { effectiveLevel, loadSegment, shadowStackLoad, usesDescriptors } from "../segment-load.ts";
import { DS, ES, FS, GS, SEG_SELECTOR, SS } from "../state.ts";
import { readE16, writeE16 } from "./operands.ts";

const descriptor = new Descriptor();

// --- MOV -----------------------------------------------------------------------------------------------------------

export function mov_Rd_Sw(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.rm] = cpu.r[SEG_SELECTOR + insn.reg];
}
export function mov_Rw_Sw(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.rm * 2] = cpu.r[SEG_SELECTOR + insn.reg];
}
export function mov_Mw_Sw(cpu: Cpu, insn: Insn): void {
  write16(cpu, insn, cpu.r[SEG_SELECTOR + insn.reg]);
}

export function mov_Sw_Rw(cpu: Cpu, insn: Insn): void {
  moveToSegment(cpu, insn.reg, cpu.r16[insn.rm * 2]);
}
export function mov_Sw_Mw(cpu: Cpu, insn: Insn): void {
  moveToSegment(cpu, insn.reg, read16(cpu, insn));
}

function moveToSegment(cpu: Cpu, seg: number, selector: number): void {
  loadSegment(cpu, seg, selector);
  if (seg === SS) shadowStackLoad(cpu);
}

// --- Far pointers ----------------------------------------------------------------------------------------------------

export function les_Gv_Mp(cpu: Cpu, insn: Insn): void {
  loadPointer(cpu, insn, ES);
}
export function lds_Gv_Mp(cpu: Cpu, insn: Insn): void {
  loadPointer(cpu, insn, DS);
}
export function lss_Gv_Mp(cpu: Cpu, insn: Insn): void {
  loadPointer(cpu, insn, SS);
}
export function lfs_Gv_Mp(cpu: Cpu, insn: Insn): void {
  loadPointer(cpu, insn, FS);
}
export function lgs_Gv_Mp(cpu: Cpu, insn: Insn): void {
  loadPointer(cpu, insn, GS);
}

function loadPointer(cpu: Cpu, insn: Insn, seg: number): void {
  const size = insn.operand16 ? 2 : 4;
  const la = operandRead(cpu, insn, size + 2);
  const offset = insn.operand16 ? load16(cpu, la) : load32(cpu, la);
  loadSegment(cpu, seg, load16(cpu, (la + size) | 0));
  if (insn.operand16) cpu.r16[insn.reg * 2] = offset;
  else cpu.r[insn.reg] = offset;
}

// --- Questions about selectors: ZF says whether the answer is yes -------------------------------------------------------

const setOf = (...types: number[]): number => types.reduce((set, type) => set | (1 << type), 0);
const LSL_TYPES = setOf(TYPE_TSS16, TYPE_LDT, TYPE_TSS16_BUSY, TYPE_TSS32, TYPE_TSS32_BUSY);
const LAR_TYPES = LSL_TYPES | setOf(TYPE_CALL_GATE16, TYPE_TASK_GATE, TYPE_CALL_GATE32);

/** Real processors keep bits 19-16 of the limit, which the SDM calls undefined. */
const ACCESS_RIGHTS = 0x00ff_ff00;

export function lar_Gv_Ew(cpu: Cpu, insn: Insn): void {
  const visible = isVisible(cpu, readSelector(cpu, insn), LAR_TYPES);
  if (visible) writeG(cpu, insn, descriptor.high & ACCESS_RIGHTS);
  setZF(cpu, visible);
}
export function lsl_Gv_Ew(cpu: Cpu, insn: Insn): void {
  const visible = isVisible(cpu, readSelector(cpu, insn), LSL_TYPES);
  if (visible) writeG(cpu, insn, descriptor.limit);
  setZF(cpu, visible);
}
export function verr_Ew(cpu: Cpu, insn: Insn): void {
  setZF(cpu, isVisible(cpu, readSelector(cpu, insn), 0) && descriptor.isReadable);
}
export function verw_Ew(cpu: Cpu, insn: Insn): void {
  setZF(cpu, isVisible(cpu, readSelector(cpu, insn), 0) && descriptor.isWritableData);
}

/** RPL of the destination is raised to that of the source. */
export function arpl_Ew_Gw(cpu: Cpu, insn: Insn): void {
  if (!usesDescriptors(cpu)) raiseUD(cpu);
  const selector = readE16(cpu, insn);
  const level = cpu.r16[insn.reg * 2] & SELECTOR_RPL;
  const raised = (selector & SELECTOR_RPL) < level;
  // As on processors: memory that needs no change may be read-only.
  if (raised) writeE16(cpu, insn, (selector & ~SELECTOR_RPL) | level);
  setZF(cpu, raised);
}

function readSelector(cpu: Cpu, insn: Insn): number {
  if (!usesDescriptors(cpu)) raiseUD(cpu);
  return readE16(cpu, insn);
}

/** Reads the descriptor of a selector, if CPL and RPL may see it and its system type is one of `types`. */
function isVisible(cpu: Cpu, selector: number, types: number): boolean {
  if (isNull(selector) || !findDescriptor(cpu, selector, descriptor)) return false;
  if (descriptor.isSystem && ((types >> descriptor.systemType) & 1) === 0) return false;
  return descriptor.isConformingCode || effectiveLevel(cpu, selector) <= descriptor.dpl;
}

function writeG(cpu: Cpu, insn: Insn, value: number): void {
  if (insn.operand16) cpu.r16[insn.reg * 2] = value;
  else cpu.r[insn.reg] = value;
}

function setZF(cpu: Cpu, zf: boolean): void {
  writeArithmeticFlags(cpu, (readEflags(cpu) & ~EFLAGS_ZF) | (zf ? EFLAGS_ZF : 0));
}
