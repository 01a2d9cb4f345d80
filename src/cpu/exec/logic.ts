/**
 * Bitwise logic: AND OR XOR TEST set the flags of their result, NOT sets none.
 *
 * SDM: volume 1, 7.3.4 "Logical instructions".
 */
import { modify8, modify32, read8, read32, writeBack } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { logic8, logic16, logic32 } from "../eflags.ts";
import type { Insn } from "../insn.ts";
import { finishE8, finishE16, modifyE8, modifyE16, readE16 } from "./operands.ts";

// --- 32 bits -----------------------------------------------------------------------------------------------------

export function and_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = logic32(cpu, r[insn.rm] & r[insn.reg]);
}

export function and_Md_Gd(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, logic32(cpu, old & cpu.r[insn.reg]));
}

export function and_Gd_Rd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.reg] = logic32(cpu, r[insn.reg] & r[insn.rm]);
}

export function and_Gd_Md(cpu: Cpu, insn: Insn): void {
  const value = read32(cpu, insn);
  cpu.r[insn.reg] = logic32(cpu, cpu.r[insn.reg] & value);
}

export function and_Rd_Id(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = logic32(cpu, r[insn.rm] & insn.imm);
}

export function and_Md_Id(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, logic32(cpu, old & insn.imm));
}

export function or_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = logic32(cpu, r[insn.rm] | r[insn.reg]);
}

export function or_Md_Gd(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, logic32(cpu, old | cpu.r[insn.reg]));
}

export function or_Gd_Rd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.reg] = logic32(cpu, r[insn.reg] | r[insn.rm]);
}

export function or_Gd_Md(cpu: Cpu, insn: Insn): void {
  const value = read32(cpu, insn);
  cpu.r[insn.reg] = logic32(cpu, cpu.r[insn.reg] | value);
}

export function or_Rd_Id(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = logic32(cpu, r[insn.rm] | insn.imm);
}

export function or_Md_Id(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, logic32(cpu, old | insn.imm));
}

export function xor_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = logic32(cpu, r[insn.rm] ^ r[insn.reg]);
}

export function xor_Md_Gd(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, logic32(cpu, old ^ cpu.r[insn.reg]));
}

export function xor_Gd_Rd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.reg] = logic32(cpu, r[insn.reg] ^ r[insn.rm]);
}

export function xor_Gd_Md(cpu: Cpu, insn: Insn): void {
  const value = read32(cpu, insn);
  cpu.r[insn.reg] = logic32(cpu, cpu.r[insn.reg] ^ value);
}

export function xor_Rd_Id(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = logic32(cpu, r[insn.rm] ^ insn.imm);
}

export function xor_Md_Id(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, logic32(cpu, old ^ insn.imm));
}

export function test_Rd_Gd(cpu: Cpu, insn: Insn): void {
  logic32(cpu, cpu.r[insn.rm] & cpu.r[insn.reg]);
}

export function test_Md_Gd(cpu: Cpu, insn: Insn): void {
  logic32(cpu, read32(cpu, insn) & cpu.r[insn.reg]);
}

export function test_Rd_Id(cpu: Cpu, insn: Insn): void {
  logic32(cpu, cpu.r[insn.rm] & insn.imm);
}

export function test_Md_Id(cpu: Cpu, insn: Insn): void {
  logic32(cpu, read32(cpu, insn) & insn.imm);
}

export function not_Rd(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.rm] = ~cpu.r[insn.rm];
}

export function not_Md(cpu: Cpu, insn: Insn): void {
  writeBack(cpu, ~modify32(cpu, insn));
}

// --- 8 bits ------------------------------------------------------------------------------------------------------

export function and_Rb_Gb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = logic8(cpu, r8[insn.rm] & r8[insn.reg]);
}

export function and_Mb_Gb(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, logic8(cpu, old & cpu.r8[insn.reg]));
}

export function and_Gb_Rb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.reg] = logic8(cpu, r8[insn.reg] & r8[insn.rm]);
}

export function and_Gb_Mb(cpu: Cpu, insn: Insn): void {
  const value = read8(cpu, insn);
  cpu.r8[insn.reg] = logic8(cpu, cpu.r8[insn.reg] & value);
}

export function and_Rb_Ib(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = logic8(cpu, r8[insn.rm] & insn.imm);
}

export function and_Mb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, logic8(cpu, old & insn.imm));
}

export function or_Rb_Gb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = logic8(cpu, r8[insn.rm] | r8[insn.reg]);
}

export function or_Mb_Gb(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, logic8(cpu, old | cpu.r8[insn.reg]));
}

export function or_Gb_Rb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.reg] = logic8(cpu, r8[insn.reg] | r8[insn.rm]);
}

export function or_Gb_Mb(cpu: Cpu, insn: Insn): void {
  const value = read8(cpu, insn);
  cpu.r8[insn.reg] = logic8(cpu, cpu.r8[insn.reg] | value);
}

export function or_Rb_Ib(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = logic8(cpu, r8[insn.rm] | insn.imm);
}

export function or_Mb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, logic8(cpu, old | insn.imm));
}

export function xor_Rb_Gb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = logic8(cpu, r8[insn.rm] ^ r8[insn.reg]);
}

export function xor_Mb_Gb(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, logic8(cpu, old ^ cpu.r8[insn.reg]));
}

export function xor_Gb_Rb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.reg] = logic8(cpu, r8[insn.reg] ^ r8[insn.rm]);
}

export function xor_Gb_Mb(cpu: Cpu, insn: Insn): void {
  const value = read8(cpu, insn);
  cpu.r8[insn.reg] = logic8(cpu, cpu.r8[insn.reg] ^ value);
}

export function xor_Rb_Ib(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[insn.rm] = logic8(cpu, r8[insn.rm] ^ insn.imm);
}

export function xor_Mb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify8(cpu, insn);
  writeBack(cpu, logic8(cpu, old ^ insn.imm));
}

export function test_Rb_Gb(cpu: Cpu, insn: Insn): void {
  logic8(cpu, cpu.r8[insn.rm] & cpu.r8[insn.reg]);
}

export function test_Mb_Gb(cpu: Cpu, insn: Insn): void {
  logic8(cpu, read8(cpu, insn) & cpu.r8[insn.reg]);
}

export function test_Rb_Ib(cpu: Cpu, insn: Insn): void {
  logic8(cpu, cpu.r8[insn.rm] & insn.imm);
}

export function test_Mb_Ib(cpu: Cpu, insn: Insn): void {
  logic8(cpu, read8(cpu, insn) & insn.imm);
}

export function not_Eb(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, ~old);
}

// --- 16 bits -----------------------------------------------------------------------------------------------------

export function and_Ew_Gw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, logic16(cpu, old & cpu.r16[insn.reg * 2]));
}

export function and_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  cpu.r16[insn.reg * 2] = logic16(cpu, cpu.r16[insn.reg * 2] & value);
}

export function and_Ew_Iw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, logic16(cpu, old & insn.imm));
}

export function or_Ew_Gw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, logic16(cpu, old | cpu.r16[insn.reg * 2]));
}

export function or_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  cpu.r16[insn.reg * 2] = logic16(cpu, cpu.r16[insn.reg * 2] | value);
}

export function or_Ew_Iw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, logic16(cpu, old | insn.imm));
}

export function xor_Ew_Gw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, logic16(cpu, old ^ cpu.r16[insn.reg * 2]));
}

export function xor_Gw_Ew(cpu: Cpu, insn: Insn): void {
  const value = readE16(cpu, insn);
  cpu.r16[insn.reg * 2] = logic16(cpu, cpu.r16[insn.reg * 2] ^ value);
}

export function xor_Ew_Iw(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, logic16(cpu, old ^ insn.imm));
}

export function test_Ew_Gw(cpu: Cpu, insn: Insn): void {
  logic16(cpu, readE16(cpu, insn) & cpu.r16[insn.reg * 2]);
}

export function test_Ew_Iw(cpu: Cpu, insn: Insn): void {
  logic16(cpu, readE16(cpu, insn) & insn.imm);
}

export function not_Ew(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, ~old);
}
