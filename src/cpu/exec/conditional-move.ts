/**
 * CMOVcc: a move if the condition holds. The source is read either way, and a fault in reading it is taken.
 *
 * SDM: volume 1, 7.3.1.1 "General data movement instructions"; appendix B for the conditions.
 */
import type { Cpu } from "../cpu.ts";
import { getCF, getOF, getPF, getSF, getZF } from "../eflags.ts";
import type { Insn } from "../insn.ts";
import { readE16, readE32 } from "./operands.ts";

export function cmovo_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getOF(cpu) !== 0) cpu.r[insn.reg] = value;
}

export function cmovo_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getOF(cpu) !== 0) cpu.r16[insn.reg * 2] = value;
}

export function cmovno_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getOF(cpu) === 0) cpu.r[insn.reg] = value;
}

export function cmovno_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getOF(cpu) === 0) cpu.r16[insn.reg * 2] = value;
}

export function cmovb_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getCF(cpu) !== 0) cpu.r[insn.reg] = value;
}

export function cmovb_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getCF(cpu) !== 0) cpu.r16[insn.reg * 2] = value;
}

export function cmovae_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getCF(cpu) === 0) cpu.r[insn.reg] = value;
}

export function cmovae_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getCF(cpu) === 0) cpu.r16[insn.reg * 2] = value;
}

export function cmove_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getZF(cpu) !== 0) cpu.r[insn.reg] = value;
}

export function cmove_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getZF(cpu) !== 0) cpu.r16[insn.reg * 2] = value;
}

export function cmovne_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getZF(cpu) === 0) cpu.r[insn.reg] = value;
}

export function cmovne_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getZF(cpu) === 0) cpu.r16[insn.reg * 2] = value;
}

export function cmovbe_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if ((getCF(cpu) | getZF(cpu)) !== 0) cpu.r[insn.reg] = value;
}

export function cmovbe_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if ((getCF(cpu) | getZF(cpu)) !== 0) cpu.r16[insn.reg * 2] = value;
}

export function cmova_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if ((getCF(cpu) | getZF(cpu)) === 0) cpu.r[insn.reg] = value;
}

export function cmova_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if ((getCF(cpu) | getZF(cpu)) === 0) cpu.r16[insn.reg * 2] = value;
}

export function cmovs_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getSF(cpu) !== 0) cpu.r[insn.reg] = value;
}

export function cmovs_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getSF(cpu) !== 0) cpu.r16[insn.reg * 2] = value;
}

export function cmovns_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getSF(cpu) === 0) cpu.r[insn.reg] = value;
}

export function cmovns_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getSF(cpu) === 0) cpu.r16[insn.reg * 2] = value;
}

export function cmovp_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getPF(cpu) !== 0) cpu.r[insn.reg] = value;
}

export function cmovp_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getPF(cpu) !== 0) cpu.r16[insn.reg * 2] = value;
}

export function cmovnp_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getPF(cpu) === 0) cpu.r[insn.reg] = value;
}

export function cmovnp_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getPF(cpu) === 0) cpu.r16[insn.reg * 2] = value;
}

export function cmovl_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getSF(cpu) !== getOF(cpu)) cpu.r[insn.reg] = value;
}

export function cmovl_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getSF(cpu) !== getOF(cpu)) cpu.r16[insn.reg * 2] = value;
}

export function cmovge_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if (getSF(cpu) === getOF(cpu)) cpu.r[insn.reg] = value;
}

export function cmovge_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if (getSF(cpu) === getOF(cpu)) cpu.r16[insn.reg * 2] = value;
}

export function cmovle_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if ((getZF(cpu) | (getSF(cpu) ^ getOF(cpu))) !== 0) cpu.r[insn.reg] = value;
}

export function cmovle_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if ((getZF(cpu) | (getSF(cpu) ^ getOF(cpu))) !== 0) cpu.r16[insn.reg * 2] = value;
}

export function cmovg_Gd_Ed(cpu: Cpu, insn: Insn): void {
  const value = readE32(cpu, insn);
  if ((getZF(cpu) | (getSF(cpu) ^ getOF(cpu))) === 0) cpu.r[insn.reg] = value;
}

export function cmovg_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  if ((getZF(cpu) | (getSF(cpu) ^ getOF(cpu))) === 0) cpu.r16[insn.reg * 2] = value;
}
