/**
 * The instruction and operand pointers, with which handlers of x87 exceptions find what failed. Control instructions
 * leave them alone. As offsets and selectors; how an image shows them depends on the mode (`state-image.ts`).
 *
 * The opcode is recorded always, as up to the Pentium III, and as later processors do in fopcode compatibility mode.
 *
 * SDM: volume 1, 8.1.8 "x87 FPU instruction and data (operand) pointers", 8.1.9 "Last instruction opcode".
 */
import { effectiveAddress } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { CS, EIP, FPU_CS, FPU_DP, FPU_DS, FPU_IP, FPU_OPCODE, SEG_SELECTOR } from "../state.ts";

/** For an instruction without a memory operand: the operand pointer stays. */
export function recordInstruction(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[FPU_IP] = (r[EIP] + insn.start) | 0;
  r[FPU_CS] = r[SEG_SELECTOR + CS];
  r[FPU_OPCODE] = insn.imm2;
}

/** For an instruction with a memory operand, after the access: one that faults leaves no trace. */
export function recordOperand(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  recordInstruction(cpu, insn);
  r[FPU_DP] = effectiveAddress(cpu, insn);
  r[FPU_DS] = r[SEG_SELECTOR + insn.seg];
}
