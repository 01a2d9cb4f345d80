/**
 * Binary addition and subtraction on 8 and 16 bits: ADD ADC SUB SBB CMP INC DEC NEG.
 *
 * SDM: volume 1, 7.3.2 "Binary arithmetic instructions".
 */
import { modify8, read8, writeBack } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { adc8, adc16, add8, add16, dec8, dec16, inc8, inc16, sbb8, sbb16, sub8, sub16 } from "../eflags.ts";
import type { Insn } from "../insn.ts";
import { finishE8, finishE16, modifyE8, modifyE16, readE16 } from "./operands.ts";

// --- 8 bits ------------------------------------------------------------------------------------------------------

export function add_Rb_Gb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = add8(cpu, r8[insn.rm], r8[insn.reg]);
}

export function add_Mb_Gb(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, add8(cpu, old, cpu.r8[insn.reg]));
}

export function add_Gb_Rb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.reg] = add8(cpu, r8[insn.reg], r8[insn.rm]);
}

export function add_Gb_Mb(cpu: Cpu, insn: Insn): void {
  const value = read8(cpu, insn);
  cpu.r8[insn.reg] = add8(cpu, cpu.r8[insn.reg], value);
}

export function add_Rb_Ib(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = add8(cpu, r8[insn.rm], insn.imm);
}

export function add_Mb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, add8(cpu, old, insn.imm));
}

export function adc_Rb_Gb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = adc8(cpu, r8[insn.rm], r8[insn.reg]);
}

export function adc_Mb_Gb(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, adc8(cpu, old, cpu.r8[insn.reg]));
}

export function adc_Gb_Rb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.reg] = adc8(cpu, r8[insn.reg], r8[insn.rm]);
}

export function adc_Gb_Mb(cpu: Cpu, insn: Insn): void {
  const value = read8(cpu, insn);
  cpu.r8[insn.reg] = adc8(cpu, cpu.r8[insn.reg], value);
}

export function adc_Rb_Ib(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = adc8(cpu, r8[insn.rm], insn.imm);
}

export function adc_Mb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, adc8(cpu, old, insn.imm));
}

export function sub_Rb_Gb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = sub8(cpu, r8[insn.rm], r8[insn.reg]);
}

export function sub_Mb_Gb(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, sub8(cpu, old, cpu.r8[insn.reg]));
}

export function sub_Gb_Rb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.reg] = sub8(cpu, r8[insn.reg], r8[insn.rm]);
}

export function sub_Gb_Mb(cpu: Cpu, insn: Insn): void {
  const value = read8(cpu, insn);
  cpu.r8[insn.reg] = sub8(cpu, cpu.r8[insn.reg], value);
}

export function sub_Rb_Ib(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = sub8(cpu, r8[insn.rm], insn.imm);
}

export function sub_Mb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, sub8(cpu, old, insn.imm));
}

export function sbb_Rb_Gb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = sbb8(cpu, r8[insn.rm], r8[insn.reg]);
}

export function sbb_Mb_Gb(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, sbb8(cpu, old, cpu.r8[insn.reg]));
}

export function sbb_Gb_Rb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.reg] = sbb8(cpu, r8[insn.reg], r8[insn.rm]);
}

export function sbb_Gb_Mb(cpu: Cpu, insn: Insn): void {
  const value = read8(cpu, insn);
  cpu.r8[insn.reg] = sbb8(cpu, cpu.r8[insn.reg], value);
}

export function sbb_Rb_Ib(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = sbb8(cpu, r8[insn.rm], insn.imm);
}

export function sbb_Mb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, sbb8(cpu, old, insn.imm));
}

export function cmp_Rb_Gb(cpu: Cpu, insn: Insn): void {
  sub8(cpu, cpu.r8[insn.rm], cpu.r8[insn.reg]);
}

export function cmp_Mb_Gb(cpu: Cpu, insn: Insn): void {
  const value = read8(cpu, insn);
  sub8(cpu, value, cpu.r8[insn.reg]);
}

export function cmp_Gb_Rb(cpu: Cpu, insn: Insn): void {
  sub8(cpu, cpu.r8[insn.reg], cpu.r8[insn.rm]);
}

export function cmp_Gb_Mb(cpu: Cpu, insn: Insn): void {
  const value = read8(cpu, insn);
  sub8(cpu, cpu.r8[insn.reg], value);
}

export function cmp_Rb_Ib(cpu: Cpu, insn: Insn): void {
  sub8(cpu, cpu.r8[insn.rm], insn.imm);
}

export function cmp_Mb_Ib(cpu: Cpu, insn: Insn): void {
  sub8(cpu, read8(cpu, insn), insn.imm);
}

export function inc_Rb(cpu: Cpu, insn: Insn): void {
  cpu.r8[insn.rm] = inc8(cpu, cpu.r8[insn.rm]);
}

export function inc_Mb(cpu: Cpu, insn: Insn): void {
  writeBack(cpu, inc8(cpu, modify8(cpu, insn)));
}

export function dec_Rb(cpu: Cpu, insn: Insn): void {
  cpu.r8[insn.rm] = dec8(cpu, cpu.r8[insn.rm]);
}

export function dec_Mb(cpu: Cpu, insn: Insn): void {
  writeBack(cpu, dec8(cpu, modify8(cpu, insn)));
}

export function neg_Eb(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, sub8(cpu, 0, old));
}

// --- 16 bits -----------------------------------------------------------------------------------------------------

export function add_Ew_Gw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, add16(cpu, old, cpu.r16[insn.reg * 2]));
}

export function add_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  cpu.r16[insn.reg * 2] = add16(cpu, cpu.r16[insn.reg * 2], value);
}

export function add_Ew_Iw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, add16(cpu, old, insn.imm));
}

export function adc_Ew_Gw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, adc16(cpu, old, cpu.r16[insn.reg * 2]));
}

export function adc_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  cpu.r16[insn.reg * 2] = adc16(cpu, cpu.r16[insn.reg * 2], value);
}

export function adc_Ew_Iw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, adc16(cpu, old, insn.imm));
}

export function sub_Ew_Gw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, sub16(cpu, old, cpu.r16[insn.reg * 2]));
}

export function sub_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  cpu.r16[insn.reg * 2] = sub16(cpu, cpu.r16[insn.reg * 2], value);
}

export function sub_Ew_Iw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, sub16(cpu, old, insn.imm));
}

export function sbb_Ew_Gw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, sbb16(cpu, old, cpu.r16[insn.reg * 2]));
}

export function sbb_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  cpu.r16[insn.reg * 2] = sbb16(cpu, cpu.r16[insn.reg * 2], value);
}

export function sbb_Ew_Iw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, sbb16(cpu, old, insn.imm));
}

export function cmp_Ew_Gw(cpu: Cpu, insn: Insn): void {
  sub16(cpu, readE16(cpu, insn), cpu.r16[insn.reg * 2]);
}

export function cmp_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  sub16(cpu, cpu.r16[insn.reg * 2], value);
}

export function cmp_Ew_Iw(cpu: Cpu, insn: Insn): void {
  sub16(cpu, readE16(cpu, insn), insn.imm);
}

export function inc_Ew(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, inc16(cpu, old));
}

export function dec_Ew(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, dec16(cpu, old));
}

export function neg_Ew(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, sub16(cpu, 0, old));
}
