/**
 * Control transfer between segments and privilege levels: far JMP, CALL, RET; INT, IRET, BOUND; SYSENTER, SYSEXIT.
 *
 * SDM: volume 2; volume 3, 5.8.7 "Performing fast calls to system procedures".
 */
import { load16, load32, operandRead } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { EFLAGS_IF, EFLAGS_VM, getOF } from "../eflags.ts";
import { raise, raiseGP } from "../exceptions.ts";
import { farCall, farJump, farReturn } from "../far-transfer.ts";
import type { Insn } from "../insn.ts";
import { interruptReturn } from "../interrupt-return.ts";
import { deliverDebugInterrupt, deliverSoftwareInterrupt } from "../interrupts.ts";
import { setFlatSegment } from "../segment-load.ts";
import { ATTR_FLAT_CODE, ATTR_FLAT_DATA } from "../segmentation.ts";
import {
  CPL,
  CR0,
  CR0_PE,
  CS,
  ECX,
  EDX,
  EFLAGS,
  EIP,
  ESP,
  SS,
  SYSENTER_CS,
  SYSENTER_EIP,
  SYSENTER_ESP,
  VEC_BP,
  VEC_BR,
  VEC_OF,
} from "../state.ts";
import { interruptVirtual8086, isVirtual8086 } from "../virtual-8086.ts";

const next = (cpu: Cpu, insn: Insn): number => (cpu.r[EIP] + insn.end) | 0;

// --- Far JMP, CALL, RET ---------------------------------------------------------------------------------------------

export function jmp_Ap(cpu: Cpu, insn: Insn): void {
  farJump(cpu, insn.imm2, insn.operand16 ? insn.imm & 0xffff : insn.imm, next(cpu, insn));
}
export function call_Ap(cpu: Cpu, insn: Insn): void {
  farCall(cpu, insn.imm2, insn.operand16 ? insn.imm & 0xffff : insn.imm, next(cpu, insn), !insn.operand16);
}

export function jmp_Mp(cpu: Cpu, insn: Insn): void {
  const la = operandRead(cpu, insn, insn.operand16 ? 4 : 6);
  const offset = insn.operand16 ? load16(cpu, la) : load32(cpu, la);
  farJump(cpu, pointerSelector(cpu, insn, la), offset, next(cpu, insn));
}
export function call_Mp(cpu: Cpu, insn: Insn): void {
  const la = operandRead(cpu, insn, insn.operand16 ? 4 : 6);
  const offset = insn.operand16 ? load16(cpu, la) : load32(cpu, la);
  farCall(cpu, pointerSelector(cpu, insn, la), offset, next(cpu, insn), !insn.operand16);
}

/** The selector of a far pointer is behind its offset. */
function pointerSelector(cpu: Cpu, insn: Insn, la: number): number {
  return load16(cpu, (la + (insn.operand16 ? 2 : 4)) | 0);
}

export function retf(cpu: Cpu, insn: Insn): void {
  farReturn(cpu, 0, !insn.operand16);
}
export function retf_Iw(cpu: Cpu, insn: Insn): void {
  farReturn(cpu, insn.imm, !insn.operand16);
}

// --- Interrupts ----------------------------------------------------------------------------------------------------

export function int_Ib(cpu: Cpu, insn: Insn): void {
  if (isVirtual8086(cpu) && interruptVirtual8086(cpu, insn.imm, next(cpu, insn))) return;
  deliverSoftwareInterrupt(cpu, insn.imm, next(cpu, insn));
}
export function int3(cpu: Cpu, insn: Insn): void {
  deliverSoftwareInterrupt(cpu, VEC_BP, next(cpu, insn));
}
export function int1(cpu: Cpu, insn: Insn): void {
  deliverDebugInterrupt(cpu, next(cpu, insn));
}
export function into(cpu: Cpu, insn: Insn): void {
  if (getOF(cpu) !== 0) deliverSoftwareInterrupt(cpu, VEC_OF, next(cpu, insn));
  else cpu.r[EIP] = next(cpu, insn);
}
/** SDM: volume 3, 6.7.1: an IRET lets the next NMI come, even if it faults. */
export function iretd(cpu: Cpu, insn: Insn): void {
  cpu.allowNmi();
  interruptReturn(cpu, true, next(cpu, insn));
}
export function iret(cpu: Cpu, insn: Insn): void {
  cpu.allowNmi();
  interruptReturn(cpu, false, next(cpu, insn));
}

/** Both bounds belong to the array. */
export function bound_Gd_Ma(cpu: Cpu, insn: Insn): void {
  const la = operandRead(cpu, insn, 8);
  const index = cpu.r[insn.reg];
  if (index < load32(cpu, la) || index > load32(cpu, (la + 4) | 0)) raise(cpu, VEC_BR, -1);
}
export function bound_Gw_Ma(cpu: Cpu, insn: Insn): void {
  const la = operandRead(cpu, insn, 4);
  const index = signed16(cpu.r16[insn.reg * 2]);
  const lower = signed16(load16(cpu, la));
  const upper = signed16(load16(cpu, (la + 2) | 0));
  if (index < lower || index > upper) raise(cpu, VEC_BR, -1);
}

const signed16 = (value: number): number => (value << 16) >> 16;

// --- SYSENTER, SYSEXIT ------------------------------------------------------------------------------------------------

export function sysenter(cpu: Cpu): void {
  const { r } = cpu;
  if ((r[CR0] & CR0_PE) === 0 || (r[SYSENTER_CS] & 0xfffc) === 0) raiseGP(cpu, 0);
  r[EFLAGS] &= ~(EFLAGS_VM | EFLAGS_IF);
  enterFlat(cpu, r[SYSENTER_CS] & 0xfffc, 0);
  r[ESP] = r[SYSENTER_ESP];
  r[EIP] = r[SYSENTER_EIP];
}

/** To user code behind the two kernel segments in the GDT. */
export function sysexit(cpu: Cpu): void {
  const { r } = cpu;
  if ((r[CR0] & CR0_PE) === 0 || (r[SYSENTER_CS] & 0xfffc) === 0 || r[CPL] !== 0) raiseGP(cpu, 0);
  enterFlat(cpu, (r[SYSENTER_CS] + 16) | 3, 3);
  r[ESP] = r[ECX];
  r[EIP] = r[EDX];
}

/** Flat code, and the flat stack one descriptor further, without a look at the tables. */
function enterFlat(cpu: Cpu, selector: number, level: number): void {
  setFlatSegment(cpu, CS, selector & 0xffff, ATTR_FLAT_CODE, level);
  setFlatSegment(cpu, SS, (selector + 8) & 0xffff, ATTR_FLAT_DATA, level);
  cpu.r[CPL] = level;
  cpu.refreshMode();
}
