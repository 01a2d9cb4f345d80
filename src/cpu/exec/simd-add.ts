/**
 * Packed integer addition and subtraction, in MMX and in XMM registers: modulo, saturated, saturated without sign.
 *
 * SDM: volume 1, 9.4.2 "Arithmetic instructions"; 11.4.2 for the quadwords of SSE2.
 */
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import {
  addBytes,
  addBytesSaturated,
  addBytesUnsigned,
  addDoublewords,
  addWords,
  addWordsSaturated,
  addWordsUnsigned,
  subtractBytes,
  subtractBytesSaturated,
  subtractBytesUnsigned,
  subtractDoublewords,
  subtractWords,
  subtractWordsSaturated,
  subtractWordsUnsigned,
} from "../simd/lanes.ts";
import { quadwordPQ, quadwordsVW, wordsPQ, wordsVW } from "../simd/operands.ts";
import { addQuadword, subtractQuadword } from "../simd/quadwords.ts";

// --- Addition ------------------------------------------------------------------------------------------------

export function paddb_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, addBytes);
}

export function paddb_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, addBytes);
}

export function paddw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, addWords);
}

export function paddw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, addWords);
}

export function paddd_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, addDoublewords);
}

export function paddd_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, addDoublewords);
}

export function paddq_Pq_Qq(cpu: Cpu, insn: Insn): void {
  quadwordPQ(cpu, insn, addQuadword);
}

export function paddq_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  quadwordsVW(cpu, insn, addQuadword);
}

export function paddsb_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, addBytesSaturated);
}

export function paddsb_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, addBytesSaturated);
}

export function paddsw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, addWordsSaturated);
}

export function paddsw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, addWordsSaturated);
}

export function paddusb_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, addBytesUnsigned);
}

export function paddusb_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, addBytesUnsigned);
}

export function paddusw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, addWordsUnsigned);
}

export function paddusw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, addWordsUnsigned);
}

// --- Subtraction ---------------------------------------------------------------------------------------------

export function psubb_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, subtractBytes);
}

export function psubb_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, subtractBytes);
}

export function psubw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, subtractWords);
}

export function psubw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, subtractWords);
}

export function psubd_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, subtractDoublewords);
}

export function psubd_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, subtractDoublewords);
}

export function psubq_Pq_Qq(cpu: Cpu, insn: Insn): void {
  quadwordPQ(cpu, insn, subtractQuadword);
}

export function psubq_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  quadwordsVW(cpu, insn, subtractQuadword);
}

export function psubsb_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, subtractBytesSaturated);
}

export function psubsb_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, subtractBytesSaturated);
}

export function psubsw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, subtractWordsSaturated);
}

export function psubsw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, subtractWordsSaturated);
}

export function psubusb_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, subtractBytesUnsigned);
}

export function psubusb_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, subtractBytesUnsigned);
}

export function psubusw_Pq_Qq(cpu: Cpu, insn: Insn): void {
  wordsPQ(cpu, insn, subtractWordsUnsigned);
}

export function psubusw_Vdq_Wdq(cpu: Cpu, insn: Insn): void {
  wordsVW(cpu, insn, subtractWordsUnsigned);
}
