/**
 * Input and output: IN, OUT, INS, OUTS, and who may use a port.
 *
 * SDM: volume 1, chapter 19 "Input/output"; 19.5.2 "I/O permission bit map".
 */

import { EXIT_IO } from "../../mmu/mmu.ts";
import { load8, load16, load32, systemLoad16 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { raiseGP } from "../exceptions.ts";
import { iopl } from "../flag-rules.ts";
import type { Insn } from "../insn.ts";
import { MODE_V86 } from "../mode.ts";
import { commitStore, prepareStore } from "../slow-access.ts";
import { CPL, CR0, CR0_PE, EAX, EDI, ESI, SEG_BASE, SEG_LIMIT, TR } from "../state.ts";
import { hasWideTss, TSS_IO_MAP_BASE } from "../tss.ts";
import { AL, AX, DX } from "./operands.ts";
import {
  advance,
  countIterations,
  destinationAddress,
  finish,
  finishEmpty,
  pause,
  repeatCount,
  sourceAddress,
  stride,
} from "./string-helpers.ts";

type Width = 1 | 2 | 4;

// --- Permission ---------------------------------------------------------------------------------------------------

/** #GP(0) unless CPL <= IOPL, or the TSS permits every one of the ports. In V86 mode only the TSS counts. */
function checkPorts(cpu: Cpu, port: number, width: Width): void {
  const { r } = cpu;
  if ((r[CR0] & CR0_PE) === 0) return;
  if ((cpu.mode & MODE_V86) === 0 && r[CPL] <= iopl(cpu)) return;
  if (!tssPermits(cpu, port, width)) raiseGP(cpu, 0);
}

/** A set bit forbids its port. Two bytes are read, so both must be within the limit, whatever the width. */
function tssPermits(cpu: Cpu, port: number, width: Width): boolean {
  const { r } = cpu;
  const limit = r[SEG_LIMIT + TR] >>> 0;
  if (!hasWideTss(cpu) || limit < TSS_IO_MAP_BASE + 1) return false;
  const tss = r[SEG_BASE + TR];
  const at = systemLoad16(cpu, (tss + TSS_IO_MAP_BASE) | 0) + (port >>> 3);
  if (at + 1 > limit) return false;
  const bits = systemLoad16(cpu, (tss + at) | 0);
  return ((bits >>> (port & 7)) & ((1 << width) - 1)) === 0;
}

// --- One access -----------------------------------------------------------------------------------------------------

function input(cpu: Cpu, port: number, width: Width): number {
  cpu.mmu.exit(EXIT_IO);
  cpu.notePort(port, width);
  return cpu.bus.portRead(port, width);
}

/** `value` may have more bits than the port. */
function output(cpu: Cpu, port: number, width: Width, value: number): void {
  cpu.mmu.exit(EXIT_IO);
  cpu.notePort(port, width);
  cpu.bus.portWrite(port, width, width === 4 ? value >>> 0 : value & (width === 2 ? 0xffff : 0xff));
}

const operandWidth = (insn: Insn): Width => (insn.operand16 ? 2 : 4);

// --- IN, OUT --------------------------------------------------------------------------------------------------------

function inputAL(cpu: Cpu, port: number): void {
  checkPorts(cpu, port, 1);
  cpu.r8[AL] = input(cpu, port, 1);
}

function inputEAX(cpu: Cpu, insn: Insn, port: number): void {
  const width = operandWidth(insn);
  checkPorts(cpu, port, width);
  const value = input(cpu, port, width);
  if (width === 2) cpu.r16[AX] = value;
  else cpu.r[EAX] = value;
}

function outputEAX(cpu: Cpu, port: number, width: Width): void {
  checkPorts(cpu, port, width);
  output(cpu, port, width, cpu.r[EAX]);
}

export function in_AL_Ib(cpu: Cpu, insn: Insn): void {
  inputAL(cpu, insn.imm);
}

export function in_AL_DX(cpu: Cpu): void {
  inputAL(cpu, cpu.r16[DX]);
}

export function in_eAX_Ib(cpu: Cpu, insn: Insn): void {
  inputEAX(cpu, insn, insn.imm);
}

export function in_eAX_DX(cpu: Cpu, insn: Insn): void {
  inputEAX(cpu, insn, cpu.r16[DX]);
}

export function out_Ib_AL(cpu: Cpu, insn: Insn): void {
  outputEAX(cpu, insn.imm, 1);
}

export function out_DX_AL(cpu: Cpu): void {
  outputEAX(cpu, cpu.r16[DX], 1);
}

export function out_Ib_eAX(cpu: Cpu, insn: Insn): void {
  outputEAX(cpu, insn.imm, operandWidth(insn));
}

export function out_DX_eAX(cpu: Cpu, insn: Insn): void {
  outputEAX(cpu, cpu.r16[DX], operandWidth(insn));
}

// --- INS, OUTS --------------------------------------------------------------------------------------------------------

/** The destination takes its faults before the port is read: reading may change the device. */
function inputString(cpu: Cpu, insn: Insn, width: Width): void {
  const port = cpu.r16[DX];
  checkPorts(cpu, port, width);
  prepareStore(cpu, destinationAddress(cpu, insn, width, true), width);
  commitStore(cpu, input(cpu, port, width), 0);
  advance(cpu, insn, EDI, stride(cpu, width));
}

function outputString(cpu: Cpu, insn: Insn, width: Width): void {
  const port = cpu.r16[DX];
  checkPorts(cpu, port, width);
  const la = sourceAddress(cpu, insn, width);
  const value = width === 1 ? load8(cpu, la) : width === 2 ? load16(cpu, la) : load32(cpu, la);
  output(cpu, port, width, value);
  advance(cpu, insn, ESI, stride(cpu, width));
}

/** Every iteration touches a device, so each is an execution of its own. */
function repeatOnce(
  cpu: Cpu,
  insn: Insn,
  width: Width,
  transfer: (cpu: Cpu, insn: Insn, width: Width) => void,
): void {
  // As on processors: permission is asked for even if nothing is to be moved.
  checkPorts(cpu, cpu.r16[DX], width);
  const count = repeatCount(cpu, insn);
  if (count === 0) {
    finishEmpty(cpu, insn);
    return;
  }
  transfer(cpu, insn, width);
  countIterations(cpu, insn, 1);
  if (count === 1) finish(cpu, insn);
  else pause(cpu, insn);
}

export function ins_Yb_DX(cpu: Cpu, insn: Insn): void {
  inputString(cpu, insn, 1);
}

export function ins_Yv_DX(cpu: Cpu, insn: Insn): void {
  inputString(cpu, insn, operandWidth(insn));
}

export function outs_DX_Xb(cpu: Cpu, insn: Insn): void {
  outputString(cpu, insn, 1);
}

export function outs_DX_Xv(cpu: Cpu, insn: Insn): void {
  outputString(cpu, insn, operandWidth(insn));
}

export function rep_ins_Yb_DX(cpu: Cpu, insn: Insn): void {
  repeatOnce(cpu, insn, 1, inputString);
}

export function rep_ins_Yv_DX(cpu: Cpu, insn: Insn): void {
  repeatOnce(cpu, insn, operandWidth(insn), inputString);
}

export function rep_outs_DX_Xb(cpu: Cpu, insn: Insn): void {
  repeatOnce(cpu, insn, 1, outputString);
}

export function rep_outs_DX_Xv(cpu: Cpu, insn: Insn): void {
  repeatOnce(cpu, insn, operandWidth(insn), outputString);
}
