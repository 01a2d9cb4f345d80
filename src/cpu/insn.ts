/**
 * A decoded instruction: numbers and one handler. The interpreter runs it, the compiler will read it.
 *
 * Hot code compares booleans with `=== true`: V8 does not know that a field only ever holds a boolean, and a bare
 * `if (insn.flat)` tests for every falsy value there is.
 */
import type { Cpu } from "./cpu.ts";
import { ZERO } from "./state.ts";

/**
 * Executes one instruction. A fault is thrown before any state that the SDM says is unchanged was written.
 * EIP in the state block is the start of the *block* while it runs: the instruction's own address is
 * `EIP + insn.start`, the next one's `EIP + insn.end`.
 */
export type Handler = (cpu: Cpu, insn: Insn) => void;

export const REP_NONE = 0;
/** F3: REP, REPE. */
export const REP_E = 1;
/** F2: REPNE. */
export const REP_NE = 2;

export class Insn {
  exec: Handler;
  /** Place of the handler among those that are called by name, or -1 (`dispatch.ts`). */
  hot = -1;
  /** Which row of the opcode table it is (`opcodes.ts`). */
  row = 0;
  /** Byte offsets from the start of the block. `end - start` is the length. */
  start = 0;
  end = 0;
  /**
   * Register operands: ModR/M.reg, and ModR/M.rm of the register form or the register in the opcode byte.
   * General registers of 16 and 32 bits by number; of 8 bits by *byte offset in the state block*
   * (AL 0, CL 4, DL 8, BL 12, AH 1, CH 5, DH 9, BH 13); segment, control and debug registers by number.
   */
  reg = 0;
  rm = 0;
  /** True when the E operand is memory. */
  memory = false;
  /** Memory operand: offset = r[base] + (r[index] << scale) + disp, cut to 16 bits when `address16`. */
  base = ZERO;
  index = ZERO;
  scale = 0;
  disp = 0;
  /** Segment register of the memory operand, after overrides. */
  seg = 0;
  /** That segment is flat under the mode the block was made for: the offset is the linear address. */
  flat = false;
  /** Immediate, displacement of a branch, or offset of a far pointer; sign-extended to 32 bits. */
  imm = 0;
  /** Second immediate: selector of a far pointer, nesting level of ENTER. */
  imm2 = 0;
  operand16 = false;
  address16 = false;
  rep: number = REP_NONE;
  lock = false;

  constructor(exec: Handler) {
    this.exec = exec;
  }
}
