/**
 * Data transfer between general registers and memory: MOV MOVZX MOVSX LEA XLAT and the sign extensions.
 *
 * SDM: volume 1, 7.3.1 "Data transfer instructions".
 */
import { effectiveAddress, load8, read8, read16, read32, write8, write16, write32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { segmented } from "../segmentation.ts";
import { EAX, EBX, EDX } from "../state.ts";
import { AL, AX, DX, readE8, readE16, writeE16 } from "./operands.ts";

// --- MOV ---------------------------------------------------------------------------------------------------------

export function mov_Rd_Gd(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.rm] = cpu.r[insn.reg];
}

export function mov_Md_Gd(cpu: Cpu, insn: Insn): void {
  write32(cpu, insn, cpu.r[insn.reg]);
}

export function mov_Gd_Rd(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.reg] = cpu.r[insn.rm];
}

export function mov_Gd_Md(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.reg] = read32(cpu, insn);
}

export function mov_Rd_Id(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.rm] = insn.imm;
}

export function mov_Md_Id(cpu: Cpu, insn: Insn): void {
  write32(cpu, insn, insn.imm);
}

export function mov_Rb_Gb(cpu: Cpu, insn: Insn): void {
  cpu.r8[insn.rm] = cpu.r8[insn.reg];
}

export function mov_Mb_Gb(cpu: Cpu, insn: Insn): void {
  write8(cpu, insn, cpu.r8[insn.reg]);
}

export function mov_Gb_Rb(cpu: Cpu, insn: Insn): void {
  cpu.r8[insn.reg] = cpu.r8[insn.rm];
}

export function mov_Gb_Mb(cpu: Cpu, insn: Insn): void {
  cpu.r8[insn.reg] = read8(cpu, insn);
}

export function mov_Rb_Ib(cpu: Cpu, insn: Insn): void {
  cpu.r8[insn.rm] = insn.imm;
}

export function mov_Mb_Ib(cpu: Cpu, insn: Insn): void {
  write8(cpu, insn, insn.imm);
}

export function mov_Rw_Gw(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.rm * 2] = cpu.r16[insn.reg * 2];
}

export function mov_Mw_Gw(cpu: Cpu, insn: Insn): void {
  write16(cpu, insn, cpu.r16[insn.reg * 2]);
}

export function mov_Gw_Rw(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.reg * 2] = cpu.r16[insn.rm * 2];
}

export function mov_Gw_Mw(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.reg * 2] = read16(cpu, insn);
}

export function mov_Ew_Iw(cpu: Cpu, insn: Insn): void {
  writeE16(cpu, insn, insn.imm);
}

// --- MOVZX, MOVSX ------------------------------------------------------------------------------------------------

export function movzx_Gd_Rb(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.reg] = cpu.r8[insn.rm];
}

export function movzx_Gd_Mb(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.reg] = read8(cpu, insn);
}

export function movzx_Gd_Rw(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.reg] = cpu.r16[insn.rm * 2];
}

export function movzx_Gd_Mw(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.reg] = read16(cpu, insn);
}

export function movzx_Gw_Eb(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.reg * 2] = readE8(cpu, insn);
}

export function movzx_Gw_Ew(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.reg * 2] = readE16(cpu, insn);
}

export function movsx_Gd_Rb(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.reg] = (cpu.r8[insn.rm] << 24) >> 24;
}

export function movsx_Gd_Mb(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.reg] = (read8(cpu, insn) << 24) >> 24;
}

export function movsx_Gd_Rw(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.reg] = (cpu.r16[insn.rm * 2] << 16) >> 16;
}

export function movsx_Gd_Mw(cpu: Cpu, insn: Insn): void {
  cpu.r[insn.reg] = (read16(cpu, insn) << 16) >> 16;
}

export function movsx_Gw_Eb(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.reg * 2] = (readE8(cpu, insn) << 24) >> 24;
}

export function movsx_Gw_Ew(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.reg * 2] = readE16(cpu, insn);
}

// --- LEA, XLAT ---------------------------------------------------------------------------------------------------

export function lea_Gd_M(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const offset = (r[insn.base] + (r[insn.index] << insn.scale) + insn.disp) | 0;
  r[insn.reg] = insn.address16 === true ? offset & 0xffff : offset;
}

export function lea_Gw_M(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.reg * 2] = effectiveAddress(cpu, insn);
}

/** AL = the byte at (E)BX + AL. */
export function xlat(cpu: Cpu, insn: Insn): void {
  const sum = (cpu.r[EBX] + cpu.r8[AL]) | 0;
  const offset = insn.address16 === true ? sum & 0xffff : sum;
  cpu.r8[AL] = load8(cpu, segmented(cpu, insn.seg, offset, 1, false));
}

// --- CBW, CWDE, CWD, CDQ -----------------------------------------------------------------------------------------

export function cbw(cpu: Cpu): void {
  cpu.r16[AX] = (cpu.r8[AL] << 24) >> 24;
}

export function cwde(cpu: Cpu): void {
  cpu.r[EAX] = (cpu.r16[AX] << 16) >> 16;
}

export function cwd(cpu: Cpu): void {
  cpu.r16[DX] = cpu.r16[AX] & 0x8000 ? 0xffff : 0;
}

export function cdq(cpu: Cpu): void {
  cpu.r[EDX] = cpu.r[EAX] >> 31;
}
