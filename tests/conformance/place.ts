/** Where operands of a case lie: mostly well inside writable memory, now and then across every kind of boundary. */

import type { Random } from "../support/random.ts";
import {
  CODE,
  CODE_AT,
  DATA,
  DATA_BYTES,
  PAGE,
  READ_ONLY,
  READ_ONLY_END,
  RESERVED_END,
  STACK,
  STACK_END,
} from "./layout.ts";
import type { Patch } from "./machine-state.ts";

const CACHE_LINE = 64;
/** Room on both sides of an operand that string instructions and bit offsets may use. */
const MARGIN = 0x400;

/** Address of a data operand. @param whole it must not leave its cache line: a locked one may not */
export function placeOperand(random: Random, bytes: number, align: number, whole: boolean): number {
  if (whole) {
    const line = random.oneIn(12) ? random.pick([READ_ONLY, READ_ONLY_END, DATA - PAGE]) : DATA;
    return (
      line +
      (random.below(PAGE) & ~(CACHE_LINE - 1)) +
      (random.below(CACHE_LINE - bytes + 1) & -Math.min(bytes, 4))
    );
  }
  const across = bytes > 1 ? random.between(1, bytes - 1) & -Math.min(align, bytes) : 0;
  switch (random.below(28)) {
    case 0:
      return DATA + PAGE - across;
    case 1:
      return DATA - (random.oneIn(4) ? bytes : across);
    case 2:
      return READ_ONLY - across;
    case 3:
      return READ_ONLY + random.below(PAGE - bytes);
    case 4:
      return random.oneIn(2) ? READ_ONLY_END - across : READ_ONLY_END + random.below(PAGE);
    default: {
      const at = DATA + MARGIN + random.below(DATA_BYTES - 2 * MARGIN);
      return random.oneIn(4) ? at : at & -Math.max(align, 1);
    }
  }
}

/** A stack pointer: aligned, in the middle; seldom not, or where a push or a pop leaves the stack. */
export function placeStack(random: Random): number {
  switch (random.below(40)) {
    case 0:
      return STACK + random.pick([0, 1, 2, 3, 4, 6, 8, 16, 20, 32]);
    case 1:
      return STACK_END - random.pick([0, 1, 2, 3, 4, 6, 8, 16, 20, 32]);
    case 2:
      return STACK + PAGE + random.between(-16, 16);
    case 3:
      return STACK + PAGE + random.between(-64, 64) * 4 + random.below(4);
    default:
      return STACK + PAGE + random.between(-256, 256) * 4;
  }
}

/** Where a jump through a register or memory leads: to an INT3; seldom to what is not code, or nothing. */
export function landing(random: Random): number {
  if (random.oneIn(16))
    return random.pick([DATA + 0x123, STACK + 0x10, CODE + PAGE + 0x20, RESERVED_END - PAGE]);
  return CODE + 0x20 + random.below(CODE_AT - CODE - 0x40);
}

const WRITABLE = [
  [DATA, DATA + DATA_BYTES],
  [STACK, STACK_END],
] as const;

/** The parts of bytes at an address that lie in writable memory. */
export function clip(address: number, bytes: Uint8Array): Patch[] {
  const patches: Patch[] = [];
  for (const [start, end] of WRITABLE) {
    const from = Math.max(address, start);
    const to = Math.min(address + bytes.length, end);
    if (from < to) patches.push({ address: from, bytes: bytes.slice(from - address, to - address) });
  }
  return patches;
}
