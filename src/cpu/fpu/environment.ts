/**
 * What a floating-point operation needs beside its operands, and what it says beside its result.
 *
 * SDM: volume 1, 8.1.3 "x87 FPU status register", 8.1.5 "x87 FPU control word", 8.5 "x87 floating-point exceptions".
 */

// Exceptions, at their bits of the status word, the control word (masks) and MXCSR.
/** Invalid operation. */
export const FLAG_IE = 1 << 0;
/** Denormal operand. */
export const FLAG_DE = 1 << 1;
/** Division by zero. */
export const FLAG_ZE = 1 << 2;
/** Overflow. */
export const FLAG_OE = 1 << 3;
/** Underflow. */
export const FLAG_UE = 1 << 4;
/** Inexact result. */
export const FLAG_PE = 1 << 5;
export const ALL_EXCEPTIONS = 0x3f;

// Rounding control, as control word (bits 11-10) and MXCSR (bits 14-13) encode it.
export const ROUND_NEAREST = 0;
export const ROUND_DOWN = 1;
export const ROUND_UP = 2;
export const ROUND_ZERO = 3;

export class FpuEnvironment {
  /** ROUND_ of the operation. */
  rounding = ROUND_NEAREST as number;
  /** Significant bits of a result in a register: 24, 53 or 64. */
  precision = 64;
  /** FLAG_ bits whose exceptions are masked. */
  masks = ALL_EXCEPTIONS;
  /** FLAG_ bits raised since they were last cleared, masked or not. */
  flags = 0;
  /** The last rounding went away from zero: C1 of the status word. */
  roundedUp = false;
}
