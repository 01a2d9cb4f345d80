/**
 * Moves of XMM registers. Numbers are moved as bits: no floating-point exception, whatever they are.
 *
 * SDM: volume 1, 10.4.1.1, 11.4.1.1 and 11.4.2 "data movement instructions", 10.4.6 and 11.4.4 for the non-temporal ones,
 * which nothing here can tell from other stores; volume 2 for which memory operands must be aligned.
 */
import { read32, write32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { requireSse } from "../simd/checks.ts";
import { storeMasked } from "../simd/masked-store.ts";
import { copyXmm, readW, xmm } from "../simd/operands.ts";
import {
  readOperand64,
  readOperand128,
  writeAligned128,
  writeOperand64,
  writeOperand128,
} from "../wide-access.ts";
import { readE32, writeE32 } from "./operands.ts";

// --- 128 bits ----------------------------------------------------------------------------------------------------------------

function fillXmm(cpu: Cpu, register: number): void {
  const { r, operand } = cpu;
  const at = xmm(register);
  r[at] = operand[0];
  r[at + 1] = operand[1];
  r[at + 2] = operand[2];
  r[at + 3] = operand[3];
}

function loadAligned(cpu: Cpu, insn: Insn): void {
  readW(cpu, insn);
  fillXmm(cpu, insn.reg);
}

function loadUnaligned(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  if (insn.memory === true) readOperand128(cpu, insn);
  else copyXmm(cpu, insn.rm);
  fillXmm(cpu, insn.reg);
}

function storeAligned(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  const { r } = cpu;
  const at = xmm(insn.reg);
  if (insn.memory === true) writeAligned128(cpu, insn, r[at], r[at + 1], r[at + 2], r[at + 3]);
  else copyToRm(cpu, insn);
}

function storeUnaligned(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  const { r } = cpu;
  const at = xmm(insn.reg);
  if (insn.memory === true) writeOperand128(cpu, insn, r[at], r[at + 1], r[at + 2], r[at + 3]);
  else copyToRm(cpu, insn);
}

function copyToRm(cpu: Cpu, insn: Insn): void {
  copyXmm(cpu, insn.reg);
  fillXmm(cpu, insn.rm);
}

export {
  loadAligned as movapd_Vpd_Wpd,
  loadAligned as movaps_Vps_Wps,
  loadAligned as movdqa_Vdq_Wdq,
  loadUnaligned as movdqu_Vdq_Wdq,
  loadUnaligned as movupd_Vpd_Wpd,
  loadUnaligned as movups_Vps_Wps,
  storeAligned as movapd_Wpd_Vpd,
  storeAligned as movaps_Wps_Vps,
  storeAligned as movdqa_Wdq_Vdq,
  storeAligned as movntdq,
  storeAligned as movntpd,
  storeAligned as movntps,
  storeUnaligned as movdqu_Wdq_Vdq,
  storeUnaligned as movupd_Wpd_Vpd,
  storeUnaligned as movups_Wps_Vps,
};

// --- Scalars: from memory the rest becomes 0, from a register it stays ------------------------------------------------------------

function setLowest(cpu: Cpu, register: number, value: number): void {
  const { r } = cpu;
  const at = xmm(register);
  r[at] = value;
  r[at + 1] = 0;
  r[at + 2] = 0;
  r[at + 3] = 0;
}

export function movss_Vss_Wss(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  const { r } = cpu;
  if (insn.memory === true) setLowest(cpu, insn.reg, read32(cpu, insn));
  else r[xmm(insn.reg)] = r[xmm(insn.rm)];
}

export function movss_Wss_Vss(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  const { r } = cpu;
  const value = r[xmm(insn.reg)];
  if (insn.memory === true) write32(cpu, insn, value);
  else r[xmm(insn.rm)] = value;
}

export function movsd_Vsd_Wsd(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  if (insn.memory === true) {
    readOperand64(cpu, insn);
    setLowHalf(cpu, insn.reg);
    clearHighHalf(cpu, insn.reg);
  } else {
    copyXmm(cpu, insn.rm);
    setLowHalf(cpu, insn.reg);
  }
}

export function movsd_Wsd_Vsd(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  if (insn.memory === true) {
    storeHalf(cpu, insn, 0);
  } else {
    copyXmm(cpu, insn.reg);
    setLowHalf(cpu, insn.rm);
  }
}

// --- Halves, and 64-bit integers -------------------------------------------------------------------------------------------------

/** From `cpu.operand`. */
function setLowHalf(cpu: Cpu, register: number): void {
  const { r, operand } = cpu;
  const at = xmm(register);
  r[at] = operand[0];
  r[at + 1] = operand[1];
}

function setHighHalf(cpu: Cpu, register: number): void {
  const { r, operand } = cpu;
  const at = xmm(register);
  r[at + 2] = operand[0];
  r[at + 3] = operand[1];
}

function clearHighHalf(cpu: Cpu, register: number): void {
  const at = xmm(register);
  cpu.r[at + 2] = 0;
  cpu.r[at + 3] = 0;
}

/** `half` is its first word: 0 or 2. */
function storeHalf(cpu: Cpu, insn: Insn, half: number): void {
  const at = xmm(insn.reg) + half;
  writeOperand64(cpu, insn, cpu.r[at], cpu.r[at + 1]);
}

export function movlps_Vq_Mq(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  readOperand64(cpu, insn);
  setLowHalf(cpu, insn.reg);
}

export function movlps_Mq_Vq(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  storeHalf(cpu, insn, 0);
}

export function movhps_Vq_Mq(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  readOperand64(cpu, insn);
  setHighHalf(cpu, insn.reg);
}

export function movhps_Mq_Vq(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  storeHalf(cpu, insn, 2);
}

export {
  movhps_Mq_Vq as movhpd_Mq_Vq,
  movhps_Vq_Mq as movhpd_Vq_Mq,
  movlps_Mq_Vq as movlpd_Mq_Vq,
  movlps_Vq_Mq as movlpd_Vq_Mq,
};

export function movhlps(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  const { r } = cpu;
  const from = xmm(insn.rm);
  const at = xmm(insn.reg);
  r[at] = r[from + 2];
  r[at + 1] = r[from + 3];
}

export function movlhps(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  copyXmm(cpu, insn.rm);
  setHighHalf(cpu, insn.reg);
}

/** The high half becomes 0, wherever the low one comes from. */
export function movq_Vq_Wq(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  if (insn.memory === true) readOperand64(cpu, insn);
  else copyXmm(cpu, insn.rm);
  setLowHalf(cpu, insn.reg);
  clearHighHalf(cpu, insn.reg);
}

export function movq_Wq_Vq(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  if (insn.memory === true) {
    storeHalf(cpu, insn, 0);
  } else {
    copyXmm(cpu, insn.reg);
    setLowHalf(cpu, insn.rm);
    clearHighHalf(cpu, insn.rm);
  }
}

/** The mask is in `insn.rm`, the data in `insn.reg`. */
export function maskmovdqu(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  storeMasked(cpu, insn, xmm(insn.reg), xmm(insn.rm), 16);
}

// --- General registers -------------------------------------------------------------------------------------------------------------

export function movd_Vdq_Ed(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  setLowest(cpu, insn.reg, readE32(cpu, insn));
}

export function movd_Ed_Vdq(cpu: Cpu, insn: Insn): void {
  requireSse(cpu);
  writeE32(cpu, insn, cpu.r[xmm(insn.reg)]);
}

/** Touches no XMM register, and asks for none of their checks. */
export function movnti(cpu: Cpu, insn: Insn): void {
  write32(cpu, insn, cpu.r[insn.reg]);
}
