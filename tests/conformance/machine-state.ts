/**
 * What a user program can see of the processor, as words: the state before a case, and after it.
 *
 * The x87 registers are R0 to R7, not ST(0) to ST(7), so that a push changes one of them; three words each.
 */

/** EAX to EDI, in encoding order. */
export const GPR = 0;
export const ECX = 1;
export const EDX = 2;
export const EBX = 3;
export const ESP = 4;
export const EBP = 5;
export const ESI = 6;
export const EDI = 7;
export const EIP = 8;
export const EFLAGS = 9;
/** How the case ended: exception vector, its error code (0 if it has none), and CR2 if it was a page fault. */
export const VECTOR = 10;
export const ERROR = 11;
export const CR2 = 12;
export const FCW = 13;
export const FSW = 14;
/** Bit n set: Rn is not empty. */
export const FTW = 15;
export const FOP = 16;
export const FIP = 17;
export const FDP = 18;
export const MXCSR = 19;
export const ST = 20;
export const XMM = 44;
export const STATE_WORDS = 76;

const GPR_NAMES = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
const FIXED_NAMES = [
  "eip",
  "eflags",
  "vector",
  "error",
  "cr2",
  "fcw",
  "fsw",
  "ftw",
  "fop",
  "fip",
  "fdp",
  "mxcsr",
];

export function wordName(word: number): string {
  if (word < EIP) return GPR_NAMES[word];
  if (word < ST) return FIXED_NAMES[word - EIP];
  if (word < XMM) return `r${Math.trunc((word - ST) / 3)}[${(word - ST) % 3}]`;
  return `xmm${(word - XMM) >> 2}[${(word - XMM) & 3}]`;
}

/** Bytes at a linear address: memory that a case begins with, or that an instruction has changed. */
export interface Patch {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** One instruction, and everything it begins with. */
export interface Case {
  readonly code: Uint8Array;
  /** Where it begins: EIP. */
  readonly at: number;
  /** STATE_WORDS words; VECTOR, ERROR and CR2 are 0. */
  readonly before: Int32Array;
  readonly patches: readonly Patch[];
}

/** What came of it. */
export interface Outcome {
  readonly after: Int32Array;
  /** Runs of bytes that differ from before, by address. */
  changed: readonly Patch[];
}

/** x87 registers from the order of FXSAVE, by distance from the top, to physical order; or back (`direction` -1). */
export function turnRegisters(words: Int32Array, direction: 1 | -1): void {
  const top = (words[FSW] >>> 11) & 7;
  const old = words.slice(ST, ST + 24);
  for (let i = 0; i < 8; i++) {
    const from = (i - direction * top) & 7;
    words.set(old.subarray(from * 3, from * 3 + 3), ST + i * 3);
  }
}
