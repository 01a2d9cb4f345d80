/**
 * Packed integer comparison and logic, in MMX and in XMM registers. What SSE calls logic of floating-point numbers is the
 * same: it looks at bits only.
 *
 * SDM: volume 1, 9.4.3 "Comparison instructions", 9.4.6 "Logical instructions"; 10.4.2 and 11.4.1.2 for SSE.
 */
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import {
  and,
  andNot,
  equalBytes,
  equalDoublewords,
  equalWords,
  greaterBytes,
  greaterDoublewords,
  greaterWords,
  or,
  xor,
} from "../simd/lanes.ts";
import { wordsPQ, wordsVW } from "../simd/operands.ts";

// --- Comparison ----------------------------------------------------------------------------------------------

export function pcmpeqb_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, equalBytes);
}

export function pcmpeqb_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, equalBytes);
}

export function pcmpeqw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, equalWords);
}

export function pcmpeqw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, equalWords);
}

export function pcmpeqd_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, equalDoublewords);
}

export function pcmpeqd_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, equalDoublewords);
}

export function pcmpgtb_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, greaterBytes);
}

export function pcmpgtb_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, greaterBytes);
}

export function pcmpgtw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, greaterWords);
}

export function pcmpgtw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, greaterWords);
}

export function pcmpgtd_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, greaterDoublewords);
}

export function pcmpgtd_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, greaterDoublewords);
}

// --- Logic ---------------------------------------------------------------------------------------------------

export function pand_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, and);
}

export function pand_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, and);
}

export function pandn_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, andNot);
}

export function pandn_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, andNot);
}

export function por_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, or);
}

export function por_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, or);
}

export function pxor_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, xor);
}

export function pxor_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, xor);
}

export {
  pand_Vdq_Wdq as andpd_Vpd_Wpd,
  pand_Vdq_Wdq as andps_Vps_Wps,
  pandn_Vdq_Wdq as andnpd_Vpd_Wpd,
  pandn_Vdq_Wdq as andnps_Vps_Wps,
  por_Vdq_Wdq as orpd_Vpd_Wpd,
  por_Vdq_Wdq as orps_Vps_Wps,
  pxor_Vdq_Wdq as xorpd_Vpd_Wpd,
  pxor_Vdq_Wdq as xorps_Vps_Wps,
};
