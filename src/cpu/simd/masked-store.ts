/**
 * The stores of MASKMOVQ and MASKMOVDQU: only the bytes whose mask byte has its sign bit set are written.
 *
 * SDM: volume 2, "MASKMOVQ", leaves it to the processor which faults the other bytes cause. Recorded on a family 6 model 167:
 * all eight bytes are checked for writing, whatever the mask, even if it selects none; sixteen are checked as two times
 * eight, the high ones first. We do as it does.
 */
import { operandWrite, store8 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { prepareStore } from "../slow-access.ts";

/** `data` and `mask` are words of the state block, `bytes` is 8 or 16. */
export function storeMasked(cpu: Cpu, insn: Insn, data: number, mask: number, bytes: number): void {
  const { r8 } = cpu;
  const la = operandWrite(cpu, insn, bytes);
  if (bytes === 16) prepareStore(cpu, (la + 8) | 0, 8);
  prepareStore(cpu, la, 8);
  for (let i = 0; i < bytes; i++) {
    if (r8[(mask << 2) + i] >= 0x80) store8(cpu, (la + i) | 0, r8[(data << 2) + i]);
  }
}
