/**
 * Flag control: CLC STC CMC CLD STD LAHF SAHF. STI, CLI, PUSHF and POPF, which privilege rules bind, are elsewhere.
 *
 * SDM: volume 1, 7.3.13 "Flag control (EFLAG) instructions".
 */
import type { Cpu } from "../cpu.ts";
import { EFLAGS_DF, getCF, getOF, readEflags, setCF, writeArithmeticFlags } from "../eflags.ts";
import { EFLAGS } from "../state.ts";
import { AH } from "./operands.ts";

export function clc(cpu: Cpu): void {
  setCF(cpu, 0);
}

export function stc(cpu: Cpu): void {
  setCF(cpu, 1);
}

export function cmc(cpu: Cpu): void {
  setCF(cpu, getCF(cpu) ^ 1);
}

export function cld(cpu: Cpu): void {
  cpu.r[EFLAGS] &= ~EFLAGS_DF;
}

export function std(cpu: Cpu): void {
  cpu.r[EFLAGS] |= EFLAGS_DF;
}

/** AH = SF ZF 0 AF 0 PF 1 CF. */
export function lahf(cpu: Cpu): void {
  cpu.r8[AH] = readEflags(cpu);
}

/** OF, which AH has no room for, stays. */
export function sahf(cpu: Cpu): void {
  writeArithmeticFlags(cpu, cpu.r8[AH] | (getOF(cpu) << 11));
}
