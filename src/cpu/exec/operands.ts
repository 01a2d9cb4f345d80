/**
 * The E operand of handlers that serve its register and its memory form alike. Hot forms have a handler each and
 * do not come here.
 *
 * `modifyE` and `finishE` bracket a read-modify-write: every fault is taken in the first.
 */
import {
  modify8,
  modify16,
  modify32,
  read8,
  read16,
  read32,
  write8,
  write16,
  write32,
  writeBack,
} from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";

/** Indexes into `cpu.r8` and `cpu.r16` of implied registers. */
export const AL = 0;
export const AH = 1;
export const CL = 4;
export const AX = 0;
export const DX = 4;

export function readE8(cpu: Cpu, insn: Insn): number {
  return insn.memory ? read8(cpu, insn) : cpu.r8[insn.rm];
}
export function writeE8(cpu: Cpu, insn: Insn, value: number): void {
  if (insn.memory) write8(cpu, insn, value);
  else cpu.r8[insn.rm] = value;
}
export function modifyE8(cpu: Cpu, insn: Insn): number {
  return insn.memory ? modify8(cpu, insn) : cpu.r8[insn.rm];
}
export function finishE8(cpu: Cpu, insn: Insn, value: number): void {
  if (insn.memory) writeBack(cpu, value);
  else cpu.r8[insn.rm] = value;
}

export function readE16(cpu: Cpu, insn: Insn): number {
  return insn.memory ? read16(cpu, insn) : cpu.r16[insn.rm * 2];
}
export function writeE16(cpu: Cpu, insn: Insn, value: number): void {
  if (insn.memory) write16(cpu, insn, value);
  else cpu.r16[insn.rm * 2] = value;
}
export function modifyE16(cpu: Cpu, insn: Insn): number {
  return insn.memory ? modify16(cpu, insn) : cpu.r16[insn.rm * 2];
}
export function finishE16(cpu: Cpu, insn: Insn, value: number): void {
  if (insn.memory) writeBack(cpu, value);
  else cpu.r16[insn.rm * 2] = value;
}

export function readE32(cpu: Cpu, insn: Insn): number {
  return insn.memory ? read32(cpu, insn) : cpu.r[insn.rm];
}
export function writeE32(cpu: Cpu, insn: Insn, value: number): void {
  if (insn.memory) write32(cpu, insn, value);
  else cpu.r[insn.rm] = value;
}
export function modifyE32(cpu: Cpu, insn: Insn): number {
  return insn.memory ? modify32(cpu, insn) : cpu.r[insn.rm];
}
export function finishE32(cpu: Cpu, insn: Insn, value: number): void {
  if (insn.memory) writeBack(cpu, value);
  else cpu.r[insn.rm] = value;
}
