/**
 * Rotates: ROL ROR RCL RCR, by an immediate (1 included) and by CL. They change no flags but CF and OF. OF after
 * counts above 1 is undefined: see `shift-helpers.ts` for what is chosen, and why.
 *
 * SDM: volume 1, 7.3.5.3 "Rotate instructions".
 */
import { modify32, writeBack } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { getOF } from "../eflags.ts";
import type { Insn } from "../insn.ts";
import { ECX } from "../state.ts";
import { finishE8, finishE16, finishE32, modifyE8, modifyE16, modifyE32 } from "./operands.ts";
import {
  keepOF,
  rcl8,
  rcl16,
  rcl32,
  rcr8,
  rcr16,
  rcr32,
  rol8,
  rol16,
  rol32,
  ror8,
  ror16,
  ror32,
} from "./shift-helpers.ts";

// --- ROL ---------------------------------------------------------------------------------------------------------

export function rol_Rd_Ib(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const n = insn.imm & 31;
  const of = getOF(cpu);
  r[insn.rm] = keepOF(cpu, rol32(cpu, r[insn.rm], n), n, of);
}

export function rol_Md_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, rol32(cpu, old, insn.imm & 31));
}

export function rol_Rd_1(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = rol32(cpu, r[insn.rm], 1);
}

export function rol_Rd_CL(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = rol32(cpu, r[insn.rm], r[ECX] & 31);
}

export function rol_Md_CL(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, rol32(cpu, old, cpu.r[ECX] & 31));
}

export function rol_Rw_Ib(cpu: Cpu, insn: Insn): void {
  const { r16 } = cpu;
  const n = insn.imm & 31;
  const of = getOF(cpu);
  r16[insn.rm * 2] = keepOF(cpu, rol16(cpu, r16[insn.rm * 2], n), n, of);
}

export function rol_Ew_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, rol16(cpu, old, insn.imm & 31));
}

export function rol_Ew_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, rol16(cpu, old, cpu.r[ECX] & 31));
}

export function rol_Rb_Ib(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  const n = insn.imm & 31;
  const of = getOF(cpu);
  r8[insn.rm] = keepOF(cpu, rol8(cpu, r8[insn.rm], n), n, of);
}

export function rol_Eb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, rol8(cpu, old, insn.imm & 31));
}

export function rol_Eb_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, rol8(cpu, old, cpu.r[ECX] & 31));
}

// --- ROR ---------------------------------------------------------------------------------------------------------

export function ror_Rd_Ib(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const n = insn.imm & 31;
  const of = getOF(cpu);
  r[insn.rm] = keepOF(cpu, ror32(cpu, r[insn.rm], n), n, of);
}

export function ror_Md_Ib(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, ror32(cpu, old, insn.imm & 31));
}

export function ror_Rd_1(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = ror32(cpu, r[insn.rm], 1);
}

export function ror_Rd_CL(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[insn.rm] = ror32(cpu, r[insn.rm], r[ECX] & 31);
}

export function ror_Md_CL(cpu: Cpu, insn: Insn): void {
  const old = modify32(cpu, insn);
  writeBack(cpu, ror32(cpu, old, cpu.r[ECX] & 31));
}

export function ror_Rw_Ib(cpu: Cpu, insn: Insn): void {
  const { r16 } = cpu;
  const n = insn.imm & 31;
  const of = getOF(cpu);
  r16[insn.rm * 2] = keepOF(cpu, ror16(cpu, r16[insn.rm * 2], n), n, of);
}

export function ror_Ew_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, ror16(cpu, old, insn.imm & 31));
}

export function ror_Ew_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, ror16(cpu, old, cpu.r[ECX] & 31));
}

export function ror_Rb_Ib(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  const n = insn.imm & 31;
  const of = getOF(cpu);
  r8[insn.rm] = keepOF(cpu, ror8(cpu, r8[insn.rm], n), n, of);
}

export function ror_Eb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, ror8(cpu, old, insn.imm & 31));
}

export function ror_Eb_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, ror8(cpu, old, cpu.r[ECX] & 31));
}

// --- RCL ---------------------------------------------------------------------------------------------------------

export function rcl_Ed_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE32(cpu, insn);
  finishE32(cpu, insn, rcl32(cpu, old, insn.imm & 31));
}

export function rcl_Ed_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE32(cpu, insn);
  finishE32(cpu, insn, rcl32(cpu, old, cpu.r[ECX] & 31));
}

export function rcl_Ew_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, rcl16(cpu, old, insn.imm & 31));
}

export function rcl_Ew_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, rcl16(cpu, old, cpu.r[ECX] & 31));
}

export function rcl_Eb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, rcl8(cpu, old, insn.imm & 31));
}

export function rcl_Eb_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, rcl8(cpu, old, cpu.r[ECX] & 31));
}

// --- RCR ---------------------------------------------------------------------------------------------------------

export function rcr_Ed_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE32(cpu, insn);
  finishE32(cpu, insn, rcr32(cpu, old, insn.imm & 31));
}

export function rcr_Ed_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE32(cpu, insn);
  finishE32(cpu, insn, rcr32(cpu, old, cpu.r[ECX] & 31));
}

export function rcr_Ew_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, rcr16(cpu, old, insn.imm & 31));
}

export function rcr_Ew_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, rcr16(cpu, old, cpu.r[ECX] & 31));
}

export function rcr_Eb_Ib(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, rcr8(cpu, old, insn.imm & 31));
}

export function rcr_Eb_CL(cpu: Cpu, insn: Insn): void {
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, rcr8(cpu, old, cpu.r[ECX] & 31));
}
