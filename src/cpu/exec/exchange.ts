/**
 * Instructions that exchange: XCHG BSWAP XADD CMPXCHG CMPXCHG8B.
 *
 * SDM: volume 1, 7.3.1.2 "Exchange instructions".
 */
import { modifiedHigh, modify32, modify64, writeBack, writeBack64 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import {
  add8,
  add16,
  add32,
  EFLAGS_ZF,
  readEflags,
  sub8,
  sub16,
  sub32,
  writeArithmeticFlags,
} from "../eflags.ts";
import type { Insn } from "../insn.ts";
import { EAX, EBX, ECX, EDX } from "../state.ts";
import { AL, AX, finishE8, finishE16, finishE32, modifyE8, modifyE16, modifyE32 } from "./operands.ts";

// --- XCHG: with memory it locks the bus, with or without the prefix; there is no one here to lock out ------------

export function xchg_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const old = r[insn.rm];
  r[insn.rm] = r[insn.reg];
  r[insn.reg] = old;
}

export function xchg_Md_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const old = modify32(cpu, insn);
  writeBack(cpu, r[insn.reg]);
  r[insn.reg] = old;
}

export function xchg_Rd_eAX(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const old = r[insn.rm];
  r[insn.rm] = r[EAX];
  r[EAX] = old;
}

export function xchg_Rw_eAX(cpu: Cpu, insn: Insn): void {
  const { r16 } = cpu;
  const old = r16[insn.rm * 2];
  r16[insn.rm * 2] = r16[AX];
  r16[AX] = old;
}

export function xchg_Ew_Gw(cpu: Cpu, insn: Insn): void {
  const { r16 } = cpu;
  const old = modifyE16(cpu, insn);
  finishE16(cpu, insn, r16[insn.reg * 2]);
  r16[insn.reg * 2] = old;
}

export function xchg_Eb_Gb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  const old = modifyE8(cpu, insn);
  finishE8(cpu, insn, r8[insn.reg]);
  r8[insn.reg] = old;
}

// --- BSWAP -------------------------------------------------------------------------------------------------------

export function bswap_Rd(cpu: Cpu, insn: Insn): void {
  const value = cpu.r[insn.rm];
  const odd = ((value & 0x00ff_00ff) << 8) | ((value >>> 8) & 0x00ff_00ff);
  cpu.r[insn.rm] = (odd << 16) | (odd >>> 16);
}

/** Undefined by the SDM; processors clear the register. */
export function bswap_Rw(cpu: Cpu, insn: Insn): void {
  cpu.r16[insn.rm * 2] = 0;
}

// --- XADD: the source gets the old destination; when both are one register, the sum stays ------------------------

export function xadd_Rd_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const old = r[insn.rm];
  const sum = add32(cpu, old, r[insn.reg]);
  r[insn.reg] = old;
  r[insn.rm] = sum;
}

export function xadd_Md_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const old = modify32(cpu, insn);
  writeBack(cpu, add32(cpu, old, r[insn.reg]));
  r[insn.reg] = old;
}

export function xadd_Ew_Gw(cpu: Cpu, insn: Insn): void {
  const { r16 } = cpu;
  const old = modifyE16(cpu, insn);
  const sum = add16(cpu, old, r16[insn.reg * 2]);
  r16[insn.reg * 2] = old;
  finishE16(cpu, insn, sum);
}

export function xadd_Eb_Gb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  const old = modifyE8(cpu, insn);
  const sum = add8(cpu, old, r8[insn.reg]);
  r8[insn.reg] = old;
  finishE8(cpu, insn, sum);
}

// --- CMPXCHG: the destination is written in either case, back with what it held if they differ -------------------

export function cmpxchg_Ed_Gd(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const old = modifyE32(cpu, insn);
  if (sub32(cpu, r[EAX], old) === 0) {
    finishE32(cpu, insn, r[insn.reg]);
  } else {
    finishE32(cpu, insn, old);
    r[EAX] = old;
  }
}

export function cmpxchg_Ew_Gw(cpu: Cpu, insn: Insn): void {
  const { r16 } = cpu;
  const old = modifyE16(cpu, insn);
  if (sub16(cpu, r16[AX], old) === 0) {
    finishE16(cpu, insn, r16[insn.reg * 2]);
  } else {
    finishE16(cpu, insn, old);
    r16[AX] = old;
  }
}

export function cmpxchg_Eb_Gb(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  const old = modifyE8(cpu, insn);
  if (sub8(cpu, r8[AL], old) === 0) {
    finishE8(cpu, insn, r8[insn.reg]);
  } else {
    finishE8(cpu, insn, old);
    r8[AL] = old;
  }
}

/** Compares EDX:EAX; ZF is the only flag that changes. */
export function cmpxchg8b_Mq(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  const low = modify64(cpu, insn);
  const high = modifiedHigh(cpu);
  const equal = r[EAX] === low && r[EDX] === high;
  if (equal) {
    writeBack64(cpu, r[EBX], r[ECX]);
  } else {
    writeBack64(cpu, low, high);
    r[EAX] = low;
    r[EDX] = high;
  }
  const flags = readEflags(cpu) & ~EFLAGS_ZF;
  writeArithmeticFlags(cpu, equal ? flags | EFLAGS_ZF : flags);
}
