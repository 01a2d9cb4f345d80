/**
 * Memory operands of more than four bytes: those of the x87, MMX and SSE instructions. What is read goes to
 * `cpu.operand`, lowest word first.
 *
 * SDM: volume 1, 4.1.1 "Alignment of words, doublewords, quadwords, and double quadwords"; volume 3, 2.1.3 of the tables
 * of exceptions of legacy SIMD instructions: 16-byte operands that are not aligned raise #GP(0).
 */
import { TLB_CURRENT } from "../mmu/tlb.ts";
import { load16, load32, operandRead, operandWrite, writableHit } from "./access.ts";
import type { Cpu } from "./cpu.ts";
import { raiseGP } from "./exceptions.ts";
import type { Insn } from "./insn.ts";
import {
  checkAlignment,
  commitWords,
  prepareStore,
  resumeAlignment,
  suspendAlignment,
} from "./slow-access.ts";

// --- Loads: nothing has changed when one of the pieces faults --------------------------------------------------------

export function readOperand64(cpu: Cpu, insn: Insn): void {
  const la = operandRead(cpu, insn, 8);
  if (cpu.checksAlignment === true) checkAlignment(cpu, la, 8);
  const { operand } = cpu;
  operand[0] = load32(cpu, la);
  operand[1] = load32(cpu, (la + 4) | 0);
}

/** The third word has 16 bits. */
export function readOperand80(cpu: Cpu, insn: Insn): void {
  const la = operandRead(cpu, insn, 10);
  if (cpu.checksAlignment === true) checkAlignment(cpu, la, 10);
  const { operand } = cpu;
  operand[0] = load32(cpu, la);
  operand[1] = load32(cpu, (la + 4) | 0);
  operand[2] = load16(cpu, (la + 8) | 0);
}

export function readOperand128(cpu: Cpu, insn: Insn): void {
  load128(cpu, operandRead(cpu, insn, 16));
}

export function readAligned128(cpu: Cpu, insn: Insn): void {
  const la = operandRead(cpu, insn, 16);
  if ((la & 15) !== 0) raiseGP(cpu, 0);
  load128(cpu, la);
}

function load128(cpu: Cpu, la: number): void {
  const { operand } = cpu;
  const aligned = suspendAlignment(cpu);
  operand[0] = load32(cpu, la);
  operand[1] = load32(cpu, (la + 4) | 0);
  operand[2] = load32(cpu, (la + 8) | 0);
  operand[3] = load32(cpu, (la + 12) | 0);
  resumeAlignment(cpu, aligned);
}

// --- Stores: whole, or a fault before the first byte -------------------------------------------------------------------

export function writeOperand64(cpu: Cpu, insn: Insn, low: number, high: number): void {
  const la = operandWrite(cpu, insn, 8);
  const hpa = writableHit(cpu, cpu.tlb[TLB_CURRENT], la, 8);
  if (hpa !== 0) {
    cpu.view.setInt32(hpa, low, true);
    cpu.view.setInt32(hpa + 4, high, true);
    return;
  }
  store(cpu, la, 8, low, high, 0, 0);
}

/** `top` has 16 bits. */
export function writeOperand80(cpu: Cpu, insn: Insn, low: number, high: number, top: number): void {
  store(cpu, operandWrite(cpu, insn, 10), 10, low, high, top, 0);
}

export function writeOperand128(cpu: Cpu, insn: Insn, w0: number, w1: number, w2: number, w3: number): void {
  store(cpu, operandWrite(cpu, insn, 16), 16, w0, w1, w2, w3);
}

export function writeAligned128(cpu: Cpu, insn: Insn, w0: number, w1: number, w2: number, w3: number): void {
  const la = operandWrite(cpu, insn, 16);
  if ((la & 15) !== 0) raiseGP(cpu, 0);
  const hpa = writableHit(cpu, cpu.tlb[TLB_CURRENT], la, 16);
  if (hpa !== 0) {
    const { view } = cpu;
    view.setInt32(hpa, w0, true);
    view.setInt32(hpa + 4, w1, true);
    view.setInt32(hpa + 8, w2, true);
    view.setInt32(hpa + 12, w3, true);
    return;
  }
  store(cpu, la, 16, w0, w1, w2, w3);
}

function store(cpu: Cpu, la: number, bytes: number, w0: number, w1: number, w2: number, w3: number): void {
  prepareStore(cpu, la, bytes);
  const { words } = cpu.store;
  words[0] = w0;
  words[1] = w1;
  words[2] = w2;
  words[3] = w3;
  commitWords(cpu);
}

/**
 * Takes every fault that storing `bytes` bytes at `la` can take, for images that are stored in many pieces. At most 4096
 * bytes, so that they lie in two pages.
 */
export function prepareBlock(cpu: Cpu, la: number, bytes: number): void {
  prepareStore(cpu, la, 1);
  const last = (la + bytes - 1) | 0;
  if (((la ^ last) & ~0xfff) !== 0) prepareStore(cpu, last, 1);
}
