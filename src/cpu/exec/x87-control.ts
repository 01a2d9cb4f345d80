/**
 * x87 control instructions. Those whose names begin with FN do not wait for pending exceptions.
 *
 * SDM: volume 1, 8.3.10 "x87 FPU control instructions"; volume 2 by name.
 */
import { operandRead, operandWrite, read16, write16 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import { raiseUD } from "../exceptions.ts";
import { writeControl } from "../fpu/control-word.ts";
import { ALL_EXCEPTIONS } from "../fpu/environment.ts";
import { recordInstruction } from "../fpu/pointers.ts";
import { getTop, pop, setEmpty, setTop } from "../fpu/registers.ts";
import {
  environmentBytes,
  initialise,
  loadEnvironment,
  loadRegisters,
  REGISTER_BYTES,
  readEnvironment,
  readRegisters,
  storeEnvironment,
  storeRegisters,
} from "../fpu/state-image.ts";
import { clearC1, refreshSummary, requireFpu, requireFpuReady, STATUS_SF } from "../fpu/status-word.ts";
import type { Insn } from "../insn.ts";
import { FPU_CONTROL, FPU_STATUS } from "../state.ts";
import { prepareBlock } from "../wide-access.ts";
import { AX } from "./operands.ts";

/** An escape without a meaning: #NM comes before #UD. */
export function x87_ud(cpu: Cpu): void {
  requireFpu(cpu);
  raiseUD(cpu);
}

// --- Control and status word -------------------------------------------------------------------------------------------

export function fninit(cpu: Cpu): void {
  requireFpu(cpu);
  initialise(cpu);
}

/** C0 to C3 and TOP stay. */
export function fnclex(cpu: Cpu): void {
  requireFpu(cpu);
  cpu.r[FPU_STATUS] &= ~(ALL_EXCEPTIONS | STATUS_SF);
  refreshSummary(cpu);
}

export function fldcw_Mw(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  writeControl(cpu, read16(cpu, insn));
}
export function fnstcw_Mw(cpu: Cpu, insn: Insn): void {
  requireFpu(cpu);
  write16(cpu, insn, cpu.r[FPU_CONTROL]);
}
export function fnstsw_Mw(cpu: Cpu, insn: Insn): void {
  requireFpu(cpu);
  write16(cpu, insn, cpu.r[FPU_STATUS]);
}
export function fnstsw_AX(cpu: Cpu): void {
  requireFpu(cpu);
  cpu.r16[AX] = cpu.r[FPU_STATUS];
}

/** FENI and FDISI were for the 8087, FSETPM for the 80287. */
export const fneni = requireFpu;
export const fndisi = requireFpu;
export const fnsetpm = requireFpu;

// --- Environment and state ---------------------------------------------------------------------------------------------

/** All exceptions are masked afterwards. */
export function fnstenv_Menv(cpu: Cpu, insn: Insn): void {
  requireFpu(cpu);
  const bytes = environmentBytes(insn);
  const la = operandWrite(cpu, insn, bytes);
  prepareBlock(cpu, la, bytes);
  storeEnvironment(cpu, insn, la);
  cpu.r[FPU_CONTROL] |= ALL_EXCEPTIONS;
  refreshSummary(cpu);
}

export function fldenv_Menv(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  readEnvironment(cpu, insn, operandRead(cpu, insn, environmentBytes(insn)));
  loadEnvironment(cpu, insn);
}

/** Ends as FNINIT does. */
export function fnsave_Mfpu(cpu: Cpu, insn: Insn): void {
  requireFpu(cpu);
  const first = environmentBytes(insn);
  const bytes = first + 8 * REGISTER_BYTES;
  const la = operandWrite(cpu, insn, bytes);
  prepareBlock(cpu, la, bytes);
  storeEnvironment(cpu, insn, la);
  storeRegisters(cpu, (la + first) | 0);
  initialise(cpu);
}

export function frstor_Mfpu(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  const first = environmentBytes(insn);
  const la = operandRead(cpu, insn, first + 8 * REGISTER_BYTES);
  readEnvironment(cpu, insn, la);
  readRegisters(cpu, (la + first) | 0, REGISTER_BYTES);
  loadEnvironment(cpu, insn);
  loadRegisters(cpu);
}

// --- The stack -----------------------------------------------------------------------------------------------------------

/** Counts as no control instruction. */
export function fnop(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
}

export function fincstp(cpu: Cpu, insn: Insn): void {
  beginStackChange(cpu, insn);
  setTop(cpu, getTop(cpu) + 1);
}
export function fdecstp(cpu: Cpu, insn: Insn): void {
  beginStackChange(cpu, insn);
  setTop(cpu, getTop(cpu) - 1);
}
export function ffree_STi(cpu: Cpu, insn: Insn): void {
  beginStackChange(cpu, insn);
  setEmpty(cpu, insn.rm);
}
/** Not in the SDM's reference pages: FFREE, then a pop. */
export function ffreep_STi(cpu: Cpu, insn: Insn): void {
  beginStackChange(cpu, insn);
  setEmpty(cpu, insn.rm);
  pop(cpu);
}

function beginStackChange(cpu: Cpu, insn: Insn): void {
  requireFpuReady(cpu);
  recordInstruction(cpu, insn);
  clearC1(cpu);
}
