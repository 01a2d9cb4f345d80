/**
 * Binary addition and subtraction on 32 bits: ADD ADC SUB SBB CMP INC DEC NEG.
 *
 * SDM: volume 1, 7.3.2 "Binary arithmetic instructions".
 */
import { modify32, read32, writeBack } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { adc32, add32, dec32, inc32, sbb32, sub32 } from "../eflags.ts";
import type { Insn } from "../insn.ts";

// --- ADD ---------------------------------------------------------------------------------------------------------

export function add_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = add32(cpu, r[insn.rm], r[insn.reg]);
}

export function add_Md_Gd(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, add32(cpu, old, cpu.r[insn.reg]));
}

export function add_Gd_Rd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.reg] = add32(cpu, r[insn.reg], r[insn.rm]);
}

export function add_Gd_Md(cpu: Cpu, insn: Insn): void {
  const value = read32(cpu, insn);
  cpu.r[insn.reg] = add32(cpu, cpu.r[insn.reg], value);
}

export function add_Rd_Id(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = add32(cpu, r[insn.rm], insn.imm);
}

export function add_Md_Id(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, add32(cpu, old, insn.imm));
}

// --- ADC: the carry in is CF -------------------------------------------------------------------------------------

export function adc_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = adc32(cpu, r[insn.rm], r[insn.reg]);
}

export function adc_Md_Gd(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, adc32(cpu, old, cpu.r[insn.reg]));
}

export function adc_Gd_Rd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.reg] = adc32(cpu, r[insn.reg], r[insn.rm]);
}

export function adc_Gd_Md(cpu: Cpu, insn: Insn): void {
  const value = read32(cpu, insn);
  cpu.r[insn.reg] = adc32(cpu, cpu.r[insn.reg], value);
}

export function adc_Rd_Id(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = adc32(cpu, r[insn.rm], insn.imm);
}

export function adc_Md_Id(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, adc32(cpu, old, insn.imm));
}

// --- SUB ---------------------------------------------------------------------------------------------------------

export function sub_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = sub32(cpu, r[insn.rm], r[insn.reg]);
}

export function sub_Md_Gd(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, sub32(cpu, old, cpu.r[insn.reg]));
}

export function sub_Gd_Rd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.reg] = sub32(cpu, r[insn.reg], r[insn.rm]);
}

export function sub_Gd_Md(cpu: Cpu, insn: Insn): void {
  const value = read32(cpu, insn);
  cpu.r[insn.reg] = sub32(cpu, cpu.r[insn.reg], value);
}

export function sub_Rd_Id(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = sub32(cpu, r[insn.rm], insn.imm);
}

export function sub_Md_Id(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, sub32(cpu, old, insn.imm));
}

// --- SBB: the borrow in is CF ------------------------------------------------------------------------------------

export function sbb_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = sbb32(cpu, r[insn.rm], r[insn.reg]);
}

export function sbb_Md_Gd(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, sbb32(cpu, old, cpu.r[insn.reg]));
}

export function sbb_Gd_Rd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.reg] = sbb32(cpu, r[insn.reg], r[insn.rm]);
}

export function sbb_Gd_Md(cpu: Cpu, insn: Insn): void {
  const value = read32(cpu, insn);
  cpu.r[insn.reg] = sbb32(cpu, cpu.r[insn.reg], value);
}

export function sbb_Rd_Id(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = sbb32(cpu, r[insn.rm], insn.imm);
}

export function sbb_Md_Id(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, sbb32(cpu, old, insn.imm));
}

// --- CMP: SUB without the result ---------------------------------------------------------------------------------

export function cmp_Rd_Gd(cpu: Cpu, insn: Insn): void {
  sub32(cpu, cpu.r[insn.rm], cpu.r[insn.reg]);
}

export function cmp_Md_Gd(cpu: Cpu, insn: Insn): void {
  const value = read32(cpu, insn);
  sub32(cpu, value, cpu.r[insn.reg]);
}

export function cmp_Gd_Rd(cpu: Cpu, insn: Insn): void {
  sub32(cpu, cpu.r[insn.reg], cpu.r[insn.rm]);
}

export function cmp_Gd_Md(cpu: Cpu, insn: Insn): void {
  const value = read32(cpu, insn);
  sub32(cpu, cpu.r[insn.reg], value);
}

export function cmp_Rd_Id(cpu: Cpu, insn: Insn): void {
  sub32(cpu, cpu.r[insn.rm], insn.imm);
}

export function cmp_Md_Id(cpu: Cpu, insn: Insn): void {
  sub32(cpu, read32(cpu, insn), insn.imm);
}

// --- INC, DEC: CF is left alone ----------------------------------------------------------------------------------

export function inc_Rd(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.rm] = inc32(cpu, cpu.r[insn.rm]);
}

export function inc_Md(cpu: Cpu, insn: Insn): void {
  writeBack(cpu, inc32(cpu, modify32(cpu, insn)));
}

export function dec_Rd(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.rm] = dec32(cpu, cpu.r[insn.rm]);
}

export function dec_Md(cpu: Cpu, insn: Insn): void {
  writeBack(cpu, dec32(cpu, modify32(cpu, insn)));
}

// --- NEG: subtraction from 0 -------------------------------------------------------------------------------------

export function neg_Rd(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.rm] = sub32(cpu, 0, cpu.r[insn.rm]);
}

export function neg_Md(cpu: Cpu, insn: Insn): void {
  writeBack(cpu, sub32(cpu, 0, modify32(cpu, insn)));
}
