/**
 * Shifts: SHL (SAL), SHR, SAR, SHLD, SHRD, by an immediate (1 included) and by CL. The count is taken modulo 32 here; what
 * a count does is in `shift-helpers.ts`.
 *
 * SDM: volume 1, 7.3.5.1 "Shift instructions", 7.3.5.2 "Double-shift instructions".
 */
import { modify32, writeBack } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { ECX } from "../state.ts";
import { finishE8, finishE16, finishE32, modifyE8, modifyE16, modifyE32 } from "./operands.ts";
import {
  sar8,
  sar16,
  sar32,
  shl8,
  shl16,
  shl32,
  shld16,
  shld32,
  shr8,
  shr16,
  shr32,
  shrd16,
  shrd32,
} from "./shift-helpers.ts";

// --- SHL ---------------------------------------------------------------------------------------------------------

export function shl_Rd_Ib(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = shl32(cpu, r[insn.rm], insn.imm & 31);
}

export function shl_Md_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, shl32(cpu, old, insn.imm & 31));
}

export function shl_Rd_1(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = shl32(cpu, r[insn.rm], 1);
}

export function shl_Rd_CL(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = shl32(cpu, r[insn.rm], r[ECX] & 31);
}

export function shl_Md_CL(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, shl32(cpu, old, cpu.r[ECX] & 31));
}

export function shl_Ew_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, shl16(cpu, old, insn.imm & 31));
}

export function shl_Ew_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, shl16(cpu, old, cpu.r[ECX] & 31));
}

export function shl_Eb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, shl8(cpu, old, insn.imm & 31));
}

export function shl_Eb_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, shl8(cpu, old, cpu.r[ECX] & 31));
}

// --- SHR ---------------------------------------------------------------------------------------------------------

export function shr_Rd_Ib(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = shr32(cpu, r[insn.rm], insn.imm & 31);
}

export function shr_Md_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, shr32(cpu, old, insn.imm & 31));
}

export function shr_Rd_1(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = shr32(cpu, r[insn.rm], 1);
}

export function shr_Rd_CL(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = shr32(cpu, r[insn.rm], r[ECX] & 31);
}

export function shr_Md_CL(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, shr32(cpu, old, cpu.r[ECX] & 31));
}

export function shr_Ew_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, shr16(cpu, old, insn.imm & 31));
}

export function shr_Ew_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, shr16(cpu, old, cpu.r[ECX] & 31));
}

export function shr_Eb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, shr8(cpu, old, insn.imm & 31));
}

export function shr_Eb_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, shr8(cpu, old, cpu.r[ECX] & 31));
}

// --- SAR ---------------------------------------------------------------------------------------------------------

export function sar_Rd_Ib(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = sar32(cpu, r[insn.rm], insn.imm & 31);
}

export function sar_Md_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, sar32(cpu, old, insn.imm & 31));
}

export function sar_Rd_1(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = sar32(cpu, r[insn.rm], 1);
}

export function sar_Rd_CL(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = sar32(cpu, r[insn.rm], r[ECX] & 31);
}

export function sar_Md_CL(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, sar32(cpu, old, cpu.r[ECX] & 31));
}

export function sar_Ew_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, sar16(cpu, old, insn.imm & 31));
}

export function sar_Ew_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, sar16(cpu, old, cpu.r[ECX] & 31));
}

export function sar_Eb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, sar8(cpu, old, insn.imm & 31));
}

export function sar_Eb_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, sar8(cpu, old, cpu.r[ECX] & 31));
}

// --- SHLD, SHRD --------------------------------------------------------------------------------------------------

export function shld_Ed_Gd_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE32(cpu, insn);
  finishE32(cpu, insn, shld32(cpu, old, cpu.r[insn.reg], insn.imm & 31));
}

export function shld_Ew_Gw_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, shld16(cpu, old, cpu.r16[insn.reg * 2], insn.imm & 31));
}

export function shld_Ed_Gd_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE32(cpu, insn);
  finishE32(cpu, insn, shld32(cpu, old, cpu.r[insn.reg], cpu.r[ECX] & 31));
}

export function shld_Ew_Gw_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, shld16(cpu, old, cpu.r16[insn.reg * 2], cpu.r[ECX] & 31));
}

export function shrd_Ed_Gd_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE32(cpu, insn);
  finishE32(cpu, insn, shrd32(cpu, old, cpu.r[insn.reg], insn.imm & 31));
}

export function shrd_Ew_Gw_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, shrd16(cpu, old, cpu.r16[insn.reg * 2], insn.imm & 31));
}

export function shrd_Ed_Gd_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE32(cpu, insn);
  finishE32(cpu, insn, shrd32(cpu, old, cpu.r[insn.reg], cpu.r[ECX] & 31));
}

export function shrd_Ew_Gw_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, shrd16(cpu, old, cpu.r16[insn.reg * 2], cpu.r[ECX] & 31));
}
