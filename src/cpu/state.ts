/**
 * The processor state block: every architectural register at a fixed place of the linear memory, so that the
 * interpreter, compiled code and a viewer in another thread read the same words.
 *
 * All words are signed 32-bit; normalise with `>>> 0` only to compare, to display or to index.
 */

// Word indexes. General registers come first, in the encoding order of the SDM (volume 2, table 2-2).
export const EAX = 0;
export const ECX = 1;
export const EDX = 2;
export const EBX = 3;
export const ESP = 4;
export const EBP = 5;
export const ESI = 6;
export const EDI = 7;
/** Always 0: what an absent base or index register of a memory operand reads. */
export const ZERO = 8;
/** Offset of the block that runs; of the next instruction between blocks. */
export const EIP = 9;
/** Arithmetic flags, not yet evaluated (`eflags.ts`). */
export const FLAG_RESULT = 10;
export const FLAG_AUX = 11;
/** EFLAGS without CF PF AF ZF SF OF, which the two words above hold. Bit 1 is always set. */
export const EFLAGS = 12;
export const CPL = 13;

// Segment registers, in encoding order, then the two system segments.
export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;
export const LDTR = 6;
export const TR = 7;

/** First word of each column of the segment registers: word = column + segment. */
export const SEG_SELECTOR = 16;
export const SEG_BASE = 24;
/** In bytes, granularity applied. */
export const SEG_LIMIT = 32;
/** Access byte and flags as the high word of a descriptor holds them, shifted right by 8 (`segmentation.ts`). */
export const SEG_ATTR = 40;

export const GDTR_BASE = 48;
export const GDTR_LIMIT = 49;
export const IDTR_BASE = 50;
export const IDTR_LIMIT = 51;
export const CR0 = 52;
export const CR2 = 53;
export const CR3 = 54;
export const CR4 = 55;
export const EFER = 56;
export const SYSENTER_CS = 57;
export const SYSENTER_ESP = 58;
export const SYSENTER_EIP = 59;
/** DR0 to DR7. */
export const DR0 = 60;
export const DR6 = 66;
export const DR7 = 67;
/** Added to icount to give the time-stamp counter, low and high word. */
export const TSC_OFFSET = 68;

// x87: control word, status word (with TOP), and a bit for each physical register that is not empty.
export const FPU_CONTROL = 70;
export const FPU_STATUS = 71;
/** Bit n set: Rn holds something. FXSAVE's abridged form; FSAVE's two bits for each register are computed from it. */
export const FPU_TAGS = 72;
/** The last x87 instruction that was no control instruction: its address, its operand's, and its opcode (11 bits). */
export const FPU_IP = 73;
export const FPU_CS = 74;
export const FPU_DP = 75;
export const FPU_DS = 76;
export const FPU_OPCODE = 77;
export const MXCSR = 78;
/** 1 from the delivery of an NMI to the next IRET. SDM: volume 3, 6.7.1. */
export const NMI_BLOCKED = 79;
/** 1 between two iterations of a repeated string instruction: what interrupts it there pushes RF. */
export const REPEATING = 80;

/**
 * First word of the physical register R0; four words each: significand low, high; exponent and sign (bit 15); 0.
 * MMn is the significand of Rn.
 */
export const FPR = 128;
/** First word of XMM0; four words each. */
export const XMM = 160;

/** Model-specific registers that only hold what was written (`msrs.ts`): two words each. */
export const MSR_STORE = 192;

export const STATE_WORDS = 512;

// SDM: volume 3, 2.5 "Control registers".
export const CR0_PE = 1 << 0;
export const CR0_MP = 1 << 1;
export const CR0_EM = 1 << 2;
export const CR0_TS = 1 << 3;
export const CR0_ET = 1 << 4;
export const CR0_NE = 1 << 5;
export const CR0_WP = 1 << 16;
export const CR0_AM = 1 << 18;
export const CR0_NW = 1 << 29;
export const CR0_CD = 1 << 30;
export const CR0_PG = 1 << 31;

export const CR4_VME = 1 << 0;
export const CR4_PVI = 1 << 1;
export const CR4_TSD = 1 << 2;
export const CR4_DE = 1 << 3;
export const CR4_PSE = 1 << 4;
export const CR4_PAE = 1 << 5;
export const CR4_MCE = 1 << 6;
export const CR4_PGE = 1 << 7;
export const CR4_PCE = 1 << 8;
export const CR4_OSFXSR = 1 << 9;
export const CR4_OSXMMEXCPT = 1 << 10;
export const CR4_UMIP = 1 << 11;
export const CR4_SMEP = 1 << 20;
export const CR4_SMAP = 1 << 21;

// SDM: volume 3, 17.2.3 and 17.2.4, debug status and control.
export const DR6_BD = 1 << 13;
export const DR6_BS = 1 << 14;
export const DR6_BT = 1 << 15;
export const DR7_GD = 1 << 13;

export const EFER_NXE = 1 << 11;

// Exception vectors. SDM: volume 3, table 6-1.
export const VEC_DE = 0;
export const VEC_DB = 1;
export const VEC_NMI = 2;
export const VEC_BP = 3;
export const VEC_OF = 4;
export const VEC_BR = 5;
export const VEC_UD = 6;
export const VEC_NM = 7;
export const VEC_DF = 8;
export const VEC_TS = 10;
export const VEC_NP = 11;
export const VEC_SS = 12;
export const VEC_GP = 13;
export const VEC_PF = 14;
export const VEC_MF = 16;
export const VEC_AC = 17;
export const VEC_MC = 18;
export const VEC_XM = 19;
