/**
 * Decimal arithmetic: DAA DAS AAA AAS AAM AAD.
 *
 * Flags that the SDM calls undefined, as the recorded processor (`tests/conformance`) sets them:
 *
 *     DAA DAS     OF 0
 *     AAA AAS     OF 0, SF ZF PF from AL
 *     AAM         OF AF CF 0
 *     AAD         OF AF CF of the addition AL + AH * base
 *
 * SDM: volume 1, 7.3.3 "Decimal arithmetic instructions".
 */
import type { Cpu } from "../cpu.ts";
import { add8, flagsResultCfOf, getAF, getCF, logic8 } from "../eflags.ts";
import { raiseDE } from "../exceptions.ts";
import type { Insn } from "../insn.ts";
import { FLAG_AUX } from "../state.ts";
import { AH, AL, AX } from "./operands.ts";

/** SF ZF PF of AL, OF clear, AF and CF as given. */
function flagsOfAdjustment(cpu: Cpu, af: number, cf: number): void {
  flagsResultCfOf(cpu, (cpu.r8[AL] << 24) >> 24, cf, 0);
  cpu.r[FLAG_AUX] |= af << 3;
}

/** True if the low digit needs adjustment. */
const lowDigitOver = (cpu: Cpu): boolean => (cpu.r8[AL] & 15) > 9 || getAF(cpu) === 1;

export function daa(cpu: Cpu): void {
  const { r8 } = cpu;
  const old = r8[AL];
  const low = lowDigitOver(cpu) ? 1 : 0;
  const high = old > 0x99 || getCF(cpu) === 1 ? 1 : 0;
  r8[AL] = old + low * 0x06 + high * 0x60;
  flagsOfAdjustment(cpu, low, high);
}

export function das(cpu: Cpu): void {
  const { r8 } = cpu;
  const old = r8[AL];
  const low = lowDigitOver(cpu) ? 1 : 0;
  const high = old > 0x99 || getCF(cpu) === 1 ? 1 : 0;
  r8[AL] = old - low * 0x06 - high * 0x60;
  // The first subtraction may borrow by itself.
  flagsOfAdjustment(cpu, low, high | (low === 1 && old < 6 ? 1 : 0));
}

export function aaa(cpu: Cpu): void {
  const adjust = lowDigitOver(cpu) ? 1 : 0;
  cpu.r16[AX] += adjust * 0x106;
  cpu.r8[AL] &= 15;
  flagsOfAdjustment(cpu, adjust, adjust);
}

export function aas(cpu: Cpu): void {
  const adjust = lowDigitOver(cpu) ? 1 : 0;
  cpu.r16[AX] -= adjust * 0x106;
  cpu.r8[AL] &= 15;
  flagsOfAdjustment(cpu, adjust, adjust);
}

/** The base is an operand; assemblers write 10. */
export function aam_Ib(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  if (insn.imm === 0) raiseDE(cpu);
  const value = r8[AL];
  r8[AH] = value / insn.imm;
  r8[AL] = logic8(cpu, value % insn.imm);
}

export function aad_Ib(cpu: Cpu, insn: Insn): void {
  const { r8 } = cpu;
  r8[AL] = add8(cpu, r8[AL], (r8[AH] * insn.imm) & 0xff);
  r8[AH] = 0;
}
