/**
 * The opcode table: every instruction the processor knows, one line each, in the order of the SDM's opcode maps.
 * Decoder, interpreter, compiler, coverage report and tests all read it.
 *
 * SDM: volume 2, appendix A "Opcode map", A.2.1 for the operand letters.
 *
 * A line is `[key, mnemonic, operands, flags]`.
 *
 * Key: opcode bytes, then `+r` when the low three bits name a register (eight opcodes), `/n` when ModR/M.reg is
 * part of the opcode (groups), followed by `m` or `r` when only the memory or register form is meant, and by a digit
 * when ModR/M.rm is part of the opcode too (`d9/4r0` is D9 E0). A line for fewer encodings overrides an earlier one for more.
 * In front: `rep` for the form with F2 or F3; `np`, `66`, `f3`, `f2` when that prefix is part of the opcode. A key
 * without one also serves the prefixes that no other line claims.
 *
 * Mnemonic: where operand size changes the name, `16-bit/32-bit`.
 *
 * Operands: the SDM's letters. Beyond those:
 *
 *     Zb Zv    register in the low three bits of the opcode
 *     Ibs      byte, sign-extended to operand size
 *     Rv/Mw    general register of operand size, or a word in memory
 *     M        memory without a size; a register form raises #UD, as for all letters M
 *     E        either form, nothing read: coprocessor escapes and undefined members of groups
 *     ES CS …  segment register implied by the opcode
 *
 * What the operands say and what has no line, the flags need not: an opcode that no line covers is undefined, so is
 * LOCK without the flag LOCK or a memory destination, and a segment, control or debug register that does not exist.
 */

import { SIMD_LINES } from "./opcodes-simd.ts";
import { X87_LINES } from "./opcodes-x87.ts";

export const ENDS_NONE = 0;
/** Sets EIP itself, always; nothing after it belongs to the block. */
export const ENDS_BRANCH = 1;
/** Goes on to the next instruction, but ends the block: mode, interrupts, translation or devices may change. */
export const ENDS_STOP = 2;
/** May carry a LOCK prefix if its destination is memory. */
const LOCK = 4;

export type Line = readonly [key: string, mnemonic: string, operands: string, flags?: number];

/** Lines that a processor has which announces a feature (`cpuid.ts`). */
export interface Lines {
  readonly feature: string;
  readonly lines: readonly Line[];
}

/** Rows of undefined opcodes: nothing more is fetched, or a ModR/M byte with what it asks for. */
export const ROW_UD = 0;
export const ROW_UD_MODRM = 1;

// biome-ignore format: one opcode, one line
const TABLE: readonly Line[] = [
  ["", "ud", "", ENDS_BRANCH],
  ["", "ud", "E", ENDS_BRANCH],

  // --- One-byte map, 00 to 3F: arithmetic and logic, and what fills the rows ---
  ["00", "add", "Eb,Gb", LOCK],
  ["01", "add", "Ev,Gv", LOCK],
  ["02", "add", "Gb,Eb"],
  ["03", "add", "Gv,Ev"],
  ["04", "add", "AL,Ib"],
  ["05", "add", "eAX,Iz"],
  ["06", "push", "ES"],
  ["07", "pop", "ES", ENDS_STOP],
  ["08", "or", "Eb,Gb", LOCK],
  ["09", "or", "Ev,Gv", LOCK],
  ["0a", "or", "Gb,Eb"],
  ["0b", "or", "Gv,Ev"],
  ["0c", "or", "AL,Ib"],
  ["0d", "or", "eAX,Iz"],
  ["0e", "push", "CS"],
  ["0f", "prefix", "0F"],
  ["10", "adc", "Eb,Gb", LOCK],
  ["11", "adc", "Ev,Gv", LOCK],
  ["12", "adc", "Gb,Eb"],
  ["13", "adc", "Gv,Ev"],
  ["14", "adc", "AL,Ib"],
  ["15", "adc", "eAX,Iz"],
  ["16", "push", "SS"],
  ["17", "pop", "SS", ENDS_STOP],
  ["18", "sbb", "Eb,Gb", LOCK],
  ["19", "sbb", "Ev,Gv", LOCK],
  ["1a", "sbb", "Gb,Eb"],
  ["1b", "sbb", "Gv,Ev"],
  ["1c", "sbb", "AL,Ib"],
  ["1d", "sbb", "eAX,Iz"],
  ["1e", "push", "DS"],
  ["1f", "pop", "DS", ENDS_STOP],
  ["20", "and", "Eb,Gb", LOCK],
  ["21", "and", "Ev,Gv", LOCK],
  ["22", "and", "Gb,Eb"],
  ["23", "and", "Gv,Ev"],
  ["24", "and", "AL,Ib"],
  ["25", "and", "eAX,Iz"],
  ["26", "prefix", "ES"],
  ["27", "daa", ""],
  ["28", "sub", "Eb,Gb", LOCK],
  ["29", "sub", "Ev,Gv", LOCK],
  ["2a", "sub", "Gb,Eb"],
  ["2b", "sub", "Gv,Ev"],
  ["2c", "sub", "AL,Ib"],
  ["2d", "sub", "eAX,Iz"],
  ["2e", "prefix", "CS"],
  ["2f", "das", ""],
  ["30", "xor", "Eb,Gb", LOCK],
  ["31", "xor", "Ev,Gv", LOCK],
  ["32", "xor", "Gb,Eb"],
  ["33", "xor", "Gv,Ev"],
  ["34", "xor", "AL,Ib"],
  ["35", "xor", "eAX,Iz"],
  ["36", "prefix", "SS"],
  ["37", "aaa", ""],
  ["38", "cmp", "Eb,Gb"],
  ["39", "cmp", "Ev,Gv"],
  ["3a", "cmp", "Gb,Eb"],
  ["3b", "cmp", "Gv,Ev"],
  ["3c", "cmp", "AL,Ib"],
  ["3d", "cmp", "eAX,Iz"],
  ["3e", "prefix", "DS"],
  ["3f", "aas", ""],
  // --- 40 to 5F: registers in the opcode ---
  ["40+r", "inc", "Zv"],
  ["48+r", "dec", "Zv"],
  ["50+r", "push", "Zv"],
  ["58+r", "pop", "Zv"],
  // --- 60 to 6F ---
  ["60", "pusha/pushad", ""],
  ["61", "popa/popad", ""],
  ["62", "bound", "Gv,Ma"],
  ["63", "arpl", "Ew,Gw"],
  ["64", "prefix", "FS"],
  ["65", "prefix", "GS"],
  ["66", "prefix", "operand size"],
  ["67", "prefix", "address size"],
  ["68", "push", "Iz"],
  ["69", "imul", "Gv,Ev,Iz"],
  ["6a", "push", "Ibs"],
  ["6b", "imul", "Gv,Ev,Ibs"],
  ["6c", "ins", "Yb,DX", ENDS_STOP],
  ["rep 6c", "rep_ins", "Yb,DX", ENDS_BRANCH],
  ["6d", "ins", "Yv,DX", ENDS_STOP],
  ["rep 6d", "rep_ins", "Yv,DX", ENDS_BRANCH],
  ["6e", "outs", "DX,Xb", ENDS_STOP],
  ["rep 6e", "rep_outs", "DX,Xb", ENDS_BRANCH],
  ["6f", "outs", "DX,Xv", ENDS_STOP],
  ["rep 6f", "rep_outs", "DX,Xv", ENDS_BRANCH],
  // --- 70 to 7F: short conditional jumps; imm2 is the condition ---
  ["70", "jo", "Jb", ENDS_BRANCH],
  ["71", "jno", "Jb", ENDS_BRANCH],
  ["72", "jb", "Jb", ENDS_BRANCH],
  ["73", "jae", "Jb", ENDS_BRANCH],
  ["74", "je", "Jb", ENDS_BRANCH],
  ["75", "jne", "Jb", ENDS_BRANCH],
  ["76", "jbe", "Jb", ENDS_BRANCH],
  ["77", "ja", "Jb", ENDS_BRANCH],
  ["78", "js", "Jb", ENDS_BRANCH],
  ["79", "jns", "Jb", ENDS_BRANCH],
  ["7a", "jp", "Jb", ENDS_BRANCH],
  ["7b", "jnp", "Jb", ENDS_BRANCH],
  ["7c", "jl", "Jb", ENDS_BRANCH],
  ["7d", "jge", "Jb", ENDS_BRANCH],
  ["7e", "jle", "Jb", ENDS_BRANCH],
  ["7f", "jg", "Jb", ENDS_BRANCH],
  // --- 80 to 83: immediate group 1 ---
  ["80/0", "add", "Eb,Ib", LOCK],
  ["80/1", "or", "Eb,Ib", LOCK],
  ["80/2", "adc", "Eb,Ib", LOCK],
  ["80/3", "sbb", "Eb,Ib", LOCK],
  ["80/4", "and", "Eb,Ib", LOCK],
  ["80/5", "sub", "Eb,Ib", LOCK],
  ["80/6", "xor", "Eb,Ib", LOCK],
  ["80/7", "cmp", "Eb,Ib"],
  ["81/0", "add", "Ev,Iz", LOCK],
  ["81/1", "or", "Ev,Iz", LOCK],
  ["81/2", "adc", "Ev,Iz", LOCK],
  ["81/3", "sbb", "Ev,Iz", LOCK],
  ["81/4", "and", "Ev,Iz", LOCK],
  ["81/5", "sub", "Ev,Iz", LOCK],
  ["81/6", "xor", "Ev,Iz", LOCK],
  ["81/7", "cmp", "Ev,Iz"],
  ["82/0", "add", "Eb,Ib", LOCK],
  ["82/1", "or", "Eb,Ib", LOCK],
  ["82/2", "adc", "Eb,Ib", LOCK],
  ["82/3", "sbb", "Eb,Ib", LOCK],
  ["82/4", "and", "Eb,Ib", LOCK],
  ["82/5", "sub", "Eb,Ib", LOCK],
  ["82/6", "xor", "Eb,Ib", LOCK],
  ["82/7", "cmp", "Eb,Ib"],
  ["83/0", "add", "Ev,Ibs", LOCK],
  ["83/1", "or", "Ev,Ibs", LOCK],
  ["83/2", "adc", "Ev,Ibs", LOCK],
  ["83/3", "sbb", "Ev,Ibs", LOCK],
  ["83/4", "and", "Ev,Ibs", LOCK],
  ["83/5", "sub", "Ev,Ibs", LOCK],
  ["83/6", "xor", "Ev,Ibs", LOCK],
  ["83/7", "cmp", "Ev,Ibs"],
  // --- 84 to 8F ---
  ["84", "test", "Eb,Gb"],
  ["85", "test", "Ev,Gv"],
  ["86", "xchg", "Eb,Gb", LOCK],
  ["87", "xchg", "Ev,Gv", LOCK],
  ["88", "mov", "Eb,Gb"],
  ["89", "mov", "Ev,Gv"],
  ["8a", "mov", "Gb,Eb"],
  ["8b", "mov", "Gv,Ev"],
  ["8c", "mov", "Rv/Mw,Sw"],
  ["8d", "lea", "Gv,M"],
  ["8e", "mov", "Sw,Ew", ENDS_STOP],
  // Group 1A
  ["8f/0", "pop", "Ev"],
  // --- 90 to 9F ---
  ["90", "nop", ""],
  ["91", "xchg", "Zv,eAX"],
  ["92", "xchg", "Zv,eAX"],
  ["93", "xchg", "Zv,eAX"],
  ["94", "xchg", "Zv,eAX"],
  ["95", "xchg", "Zv,eAX"],
  ["96", "xchg", "Zv,eAX"],
  ["97", "xchg", "Zv,eAX"],
  ["98", "cbw/cwde", ""],
  ["99", "cwd/cdq", ""],
  ["9a", "call", "Ap", ENDS_BRANCH],
  ["9b", "wait", ""],
  ["9c", "pushf/pushfd", "Fv"],
  ["9d", "popf/popfd", "Fv", ENDS_STOP],
  ["9e", "sahf", ""],
  ["9f", "lahf", ""],
  // --- A0 to AF: accumulator and offset, strings ---
  ["a0", "mov", "AL,Ob"],
  ["a1", "mov", "eAX,Ov"],
  ["a2", "mov", "Ob,AL"],
  ["a3", "mov", "Ov,eAX"],
  ["a4", "movs", "Yb,Xb"],
  ["rep a4", "rep_movs", "Yb,Xb", ENDS_BRANCH],
  ["a5", "movs", "Yv,Xv"],
  ["rep a5", "rep_movs", "Yv,Xv", ENDS_BRANCH],
  ["a6", "cmps", "Xb,Yb"],
  ["rep a6", "rep_cmps", "Xb,Yb", ENDS_BRANCH],
  ["a7", "cmps", "Xv,Yv"],
  ["rep a7", "rep_cmps", "Xv,Yv", ENDS_BRANCH],
  ["a8", "test", "AL,Ib"],
  ["a9", "test", "eAX,Iz"],
  ["aa", "stos", "Yb,AL"],
  ["rep aa", "rep_stos", "Yb,AL", ENDS_BRANCH],
  ["ab", "stos", "Yv,eAX"],
  ["rep ab", "rep_stos", "Yv,eAX", ENDS_BRANCH],
  ["ac", "lods", "AL,Xb"],
  ["rep ac", "rep_lods", "AL,Xb", ENDS_BRANCH],
  ["ad", "lods", "eAX,Xv"],
  ["rep ad", "rep_lods", "eAX,Xv", ENDS_BRANCH],
  ["ae", "scas", "AL,Yb"],
  ["rep ae", "rep_scas", "AL,Yb", ENDS_BRANCH],
  ["af", "scas", "eAX,Yv"],
  ["rep af", "rep_scas", "eAX,Yv", ENDS_BRANCH],
  // --- B0 to BF ---
  ["b0+r", "mov", "Zb,Ib"],
  ["b8+r", "mov", "Zv,Iv"],
  // --- C0 to CF ---
  // Shift group 2
  ["c0/0", "rol", "Eb,Ib"],
  ["c0/1", "ror", "Eb,Ib"],
  ["c0/2", "rcl", "Eb,Ib"],
  ["c0/3", "rcr", "Eb,Ib"],
  ["c0/4", "shl", "Eb,Ib"],
  ["c0/5", "shr", "Eb,Ib"],
  ["c0/6", "shl", "Eb,Ib"],
  ["c0/7", "sar", "Eb,Ib"],
  ["c1/0", "rol", "Ev,Ib"],
  ["c1/1", "ror", "Ev,Ib"],
  ["c1/2", "rcl", "Ev,Ib"],
  ["c1/3", "rcr", "Ev,Ib"],
  ["c1/4", "shl", "Ev,Ib"],
  ["c1/5", "shr", "Ev,Ib"],
  ["c1/6", "shl", "Ev,Ib"],
  ["c1/7", "sar", "Ev,Ib"],
  ["c2", "ret", "Iw", ENDS_BRANCH],
  ["c3", "ret", "", ENDS_BRANCH],
  ["c4", "les", "Gv,Mp", ENDS_STOP],
  ["c5", "lds", "Gv,Mp", ENDS_STOP],
  // Group 11
  ["c6/0", "mov", "Eb,Ib"],
  ["c7/0", "mov", "Ev,Iz"],
  ["c8", "enter", "Iw,Ib"],
  ["c9", "leave", ""],
  ["ca", "retf", "Iw", ENDS_BRANCH],
  ["cb", "retf", "", ENDS_BRANCH],
  ["cc", "int3", "", ENDS_BRANCH],
  ["cd", "int", "Ib", ENDS_BRANCH],
  ["ce", "into", "", ENDS_BRANCH],
  ["cf", "iret/iretd", "", ENDS_BRANCH],
  // --- D0 to DF: shift group 2, ASCII adjustment, coprocessor escapes ---
  ["d0/0", "rol", "Eb,1"],
  ["d0/1", "ror", "Eb,1"],
  ["d0/2", "rcl", "Eb,1"],
  ["d0/3", "rcr", "Eb,1"],
  ["d0/4", "shl", "Eb,1"],
  ["d0/5", "shr", "Eb,1"],
  ["d0/6", "shl", "Eb,1"],
  ["d0/7", "sar", "Eb,1"],
  ["d1/0", "rol", "Ev,1"],
  ["d1/1", "ror", "Ev,1"],
  ["d1/2", "rcl", "Ev,1"],
  ["d1/3", "rcr", "Ev,1"],
  ["d1/4", "shl", "Ev,1"],
  ["d1/5", "shr", "Ev,1"],
  ["d1/6", "shl", "Ev,1"],
  ["d1/7", "sar", "Ev,1"],
  ["d2/0", "rol", "Eb,CL"],
  ["d2/1", "ror", "Eb,CL"],
  ["d2/2", "rcl", "Eb,CL"],
  ["d2/3", "rcr", "Eb,CL"],
  ["d2/4", "shl", "Eb,CL"],
  ["d2/5", "shr", "Eb,CL"],
  ["d2/6", "shl", "Eb,CL"],
  ["d2/7", "sar", "Eb,CL"],
  ["d3/0", "rol", "Ev,CL"],
  ["d3/1", "ror", "Ev,CL"],
  ["d3/2", "rcl", "Ev,CL"],
  ["d3/3", "rcr", "Ev,CL"],
  ["d3/4", "shl", "Ev,CL"],
  ["d3/5", "shr", "Ev,CL"],
  ["d3/6", "shl", "Ev,CL"],
  ["d3/7", "sar", "Ev,CL"],
  ["d4", "aam", "Ib"],
  ["d5", "aad", "Ib"],
  ["d6", "salc", ""],
  ["d7", "xlat", ""],
  // Escapes: the rest is in opcodes-x87.ts
  ["d9", "x87_ud", "E"],
  ["da", "x87_ud", "E"],
  ["db", "x87_ud", "E"],
  ["dd", "x87_ud", "E"],
  ["de", "x87_ud", "E"],
  ["df", "x87_ud", "E"],
  // --- E0 to EF ---
  ["e0", "loopne", "Jb", ENDS_BRANCH],
  ["e1", "loope", "Jb", ENDS_BRANCH],
  ["e2", "loop", "Jb", ENDS_BRANCH],
  ["e3", "jecxz", "Jb", ENDS_BRANCH],
  ["e4", "in", "AL,Ib", ENDS_STOP],
  ["e5", "in", "eAX,Ib", ENDS_STOP],
  ["e6", "out", "Ib,AL", ENDS_STOP],
  ["e7", "out", "Ib,eAX", ENDS_STOP],
  ["e8", "call", "Jz", ENDS_BRANCH],
  ["e9", "jmp", "Jz", ENDS_BRANCH],
  ["ea", "jmp", "Ap", ENDS_BRANCH],
  ["eb", "jmp", "Jb", ENDS_BRANCH],
  ["ec", "in", "AL,DX", ENDS_STOP],
  ["ed", "in", "eAX,DX", ENDS_STOP],
  ["ee", "out", "DX,AL", ENDS_STOP],
  ["ef", "out", "DX,eAX", ENDS_STOP],
  // --- F0 to FF ---
  ["f0", "prefix", "LOCK"],
  ["f1", "int1", "", ENDS_BRANCH],
  ["f2", "prefix", "REPNE"],
  ["f3", "prefix", "REP"],
  ["f4", "hlt", "", ENDS_STOP],
  ["f5", "cmc", ""],
  // Unary group 3; /1 is an undocumented second TEST
  ["f6/0", "test", "Eb,Ib"],
  ["f6/1", "test", "Eb,Ib"],
  ["f6/2", "not", "Eb", LOCK],
  ["f6/3", "neg", "Eb", LOCK],
  ["f6/4", "mul", "Eb"],
  ["f6/5", "imul", "Eb"],
  ["f6/6", "div", "Eb"],
  ["f6/7", "idiv", "Eb"],
  ["f7/0", "test", "Ev,Iz"],
  ["f7/1", "test", "Ev,Iz"],
  ["f7/2", "not", "Ev", LOCK],
  ["f7/3", "neg", "Ev", LOCK],
  ["f7/4", "mul", "Ev"],
  ["f7/5", "imul", "Ev"],
  ["f7/6", "div", "Ev"],
  ["f7/7", "idiv", "Ev"],
  ["f8", "clc", ""],
  ["f9", "stc", ""],
  ["fa", "cli", ""],
  ["fb", "sti", "", ENDS_STOP],
  ["fc", "cld", ""],
  ["fd", "std", ""],
  // Groups 4 and 5
  ["fe/0", "inc", "Eb", LOCK],
  ["fe/1", "dec", "Eb", LOCK],
  ["ff/0", "inc", "Ev", LOCK],
  ["ff/1", "dec", "Ev", LOCK],
  ["ff/2", "call", "Ev", ENDS_BRANCH],
  ["ff/3", "call", "Mp", ENDS_BRANCH],
  ["ff/4", "jmp", "Ev", ENDS_BRANCH],
  ["ff/5", "jmp", "Mp", ENDS_BRANCH],
  ["ff/6", "push", "Ev"],
  // --- Two-byte map, 0F 00 to 0F 0F: system ---
  // Group 6
  ["0f 00/0", "sldt", "Rv/Mw"],
  ["0f 00/1", "str", "Rv/Mw"],
  ["0f 00/2", "lldt", "Ew"],
  ["0f 00/3", "ltr", "Ew"],
  ["0f 00/4", "verr", "Ew"],
  ["0f 00/5", "verw", "Ew"],
  // Group 7
  ["0f 01/0", "sgdt", "Ms"],
  ["0f 01/1", "sidt", "Ms"],
  ["0f 01/2", "lgdt", "Ms"],
  ["0f 01/3", "lidt", "Ms"],
  ["0f 01/4", "smsw", "Rv/Mw"],
  ["0f 01/6", "lmsw", "Ew", ENDS_STOP],
  ["0f 01/7m", "invlpg", "M", ENDS_STOP],
  ["np 0f 01/1r2", "clac", "", ENDS_STOP],
  ["np 0f 01/1r3", "stac", "", ENDS_STOP],
  ["0f 02", "lar", "Gv,Ew"],
  ["0f 03", "lsl", "Gv,Ew"],
  ["0f 06", "clts", "", ENDS_STOP],
  ["0f 08", "invd", ""],
  ["0f 09", "wbinvd", ""],
  ["0f 0b", "ud2", "", ENDS_BRANCH],
  // --- 0F 18 to 0F 1F: group 16 and the rest of the hint space ---
  ["0f 18", "nop", "Ev"],
  ["0f 19", "nop", "Ev"],
  ["0f 1a", "nop", "Ev"],
  ["0f 1b", "nop", "Ev"],
  ["0f 1c", "nop", "Ev"],
  ["0f 1d", "nop", "Ev"],
  ["0f 1e", "nop", "Ev"],
  ["0f 1f", "nop", "Ev"],
  // --- 0F 20 to 0F 3F: control and debug registers, MSRs ---
  ["0f 20", "mov", "Rd,Cd"],
  ["0f 21", "mov", "Rd,Dd"],
  ["0f 22", "mov", "Cd,Rd", ENDS_STOP],
  ["0f 23", "mov", "Dd,Rd", ENDS_STOP],
  ["0f 30", "wrmsr", "", ENDS_STOP],
  ["0f 31", "rdtsc", ""],
  ["0f 32", "rdmsr", ""],
  ["0f 33", "rdpmc", ""],
  ["0f 34", "sysenter", "", ENDS_BRANCH],
  ["0f 35", "sysexit", "", ENDS_BRANCH],
  // --- 0F 40 to 0F 4F: conditional moves; imm2 is the condition ---
  ["0f 40", "cmovo", "Gv,Ev"],
  ["0f 41", "cmovno", "Gv,Ev"],
  ["0f 42", "cmovb", "Gv,Ev"],
  ["0f 43", "cmovae", "Gv,Ev"],
  ["0f 44", "cmove", "Gv,Ev"],
  ["0f 45", "cmovne", "Gv,Ev"],
  ["0f 46", "cmovbe", "Gv,Ev"],
  ["0f 47", "cmova", "Gv,Ev"],
  ["0f 48", "cmovs", "Gv,Ev"],
  ["0f 49", "cmovns", "Gv,Ev"],
  ["0f 4a", "cmovp", "Gv,Ev"],
  ["0f 4b", "cmovnp", "Gv,Ev"],
  ["0f 4c", "cmovl", "Gv,Ev"],
  ["0f 4d", "cmovge", "Gv,Ev"],
  ["0f 4e", "cmovle", "Gv,Ev"],
  ["0f 4f", "cmovg", "Gv,Ev"],
  // --- 0F 80 to 0F 9F: near conditional jumps, SETcc; imm2 is the condition ---
  ["0f 80", "jo", "Jz", ENDS_BRANCH],
  ["0f 81", "jno", "Jz", ENDS_BRANCH],
  ["0f 82", "jb", "Jz", ENDS_BRANCH],
  ["0f 83", "jae", "Jz", ENDS_BRANCH],
  ["0f 84", "je", "Jz", ENDS_BRANCH],
  ["0f 85", "jne", "Jz", ENDS_BRANCH],
  ["0f 86", "jbe", "Jz", ENDS_BRANCH],
  ["0f 87", "ja", "Jz", ENDS_BRANCH],
  ["0f 88", "js", "Jz", ENDS_BRANCH],
  ["0f 89", "jns", "Jz", ENDS_BRANCH],
  ["0f 8a", "jp", "Jz", ENDS_BRANCH],
  ["0f 8b", "jnp", "Jz", ENDS_BRANCH],
  ["0f 8c", "jl", "Jz", ENDS_BRANCH],
  ["0f 8d", "jge", "Jz", ENDS_BRANCH],
  ["0f 8e", "jle", "Jz", ENDS_BRANCH],
  ["0f 8f", "jg", "Jz", ENDS_BRANCH],
  ["0f 90", "seto", "Eb"],
  ["0f 91", "setno", "Eb"],
  ["0f 92", "setb", "Eb"],
  ["0f 93", "setae", "Eb"],
  ["0f 94", "sete", "Eb"],
  ["0f 95", "setne", "Eb"],
  ["0f 96", "setbe", "Eb"],
  ["0f 97", "seta", "Eb"],
  ["0f 98", "sets", "Eb"],
  ["0f 99", "setns", "Eb"],
  ["0f 9a", "setp", "Eb"],
  ["0f 9b", "setnp", "Eb"],
  ["0f 9c", "setl", "Eb"],
  ["0f 9d", "setge", "Eb"],
  ["0f 9e", "setle", "Eb"],
  ["0f 9f", "setg", "Eb"],
  // --- 0F A0 to 0F BF ---
  ["0f a0", "push", "FS"],
  ["0f a1", "pop", "FS", ENDS_STOP],
  ["0f a2", "cpuid", ""],
  ["0f a3", "bt", "Ev,Gv"],
  ["0f a4", "shld", "Ev,Gv,Ib"],
  ["0f a5", "shld", "Ev,Gv,CL"],
  ["0f a8", "push", "GS"],
  ["0f a9", "pop", "GS", ENDS_STOP],
  ["0f aa", "rsm", "", ENDS_BRANCH],
  ["0f ab", "bts", "Ev,Gv", LOCK],
  ["0f ac", "shrd", "Ev,Gv,Ib"],
  ["0f ad", "shrd", "Ev,Gv,CL"],
  // Group 15; the rest of it belongs to SSE
  ["np 0f ae/0m", "fxsave", "Mfx"],
  ["np 0f ae/1m", "fxrstor", "Mfx"],
  ["np 0f ae/7m", "clflush", "Mb"],
  ["0f af", "imul", "Gv,Ev"],
  ["0f b0", "cmpxchg", "Eb,Gb", LOCK],
  ["0f b1", "cmpxchg", "Ev,Gv", LOCK],
  ["0f b2", "lss", "Gv,Mp", ENDS_STOP],
  ["0f b3", "btr", "Ev,Gv", LOCK],
  ["0f b4", "lfs", "Gv,Mp", ENDS_STOP],
  ["0f b5", "lgs", "Gv,Mp", ENDS_STOP],
  ["0f b6", "movzx", "Gv,Eb"],
  ["0f b7", "movzx", "Gv,Ew"],
  ["0f b9", "ud1", "Gv,Ev", ENDS_BRANCH],
  // Group 8
  ["0f ba/4", "bt", "Ev,Ib"],
  ["0f ba/5", "bts", "Ev,Ib", LOCK],
  ["0f ba/6", "btr", "Ev,Ib", LOCK],
  ["0f ba/7", "btc", "Ev,Ib", LOCK],
  ["0f bb", "btc", "Ev,Gv", LOCK],
  ["0f bc", "bsf", "Gv,Ev"],
  ["0f bd", "bsr", "Gv,Ev"],
  ["0f be", "movsx", "Gv,Eb"],
  ["0f bf", "movsx", "Gv,Ew"],
  // --- 0F C0 to 0F FF ---
  ["0f c0", "xadd", "Eb,Gb", LOCK],
  ["0f c1", "xadd", "Ev,Gv", LOCK],
  // Group 9
  ["0f c7/1", "cmpxchg8b", "Mq", LOCK],
  ["0f c8+r", "bswap", "Zv"],
  ["0f ff", "ud0", "Gv,Ev", ENDS_BRANCH],
];

/**
 * What a mnemonic of the table above needs to be announced; all others every processor since the 80486 has, and
 * `family6` stands for what came with the P6 family without a feature bit.
 */
const FEATURES: readonly (readonly [mnemonic: RegExp, feature: string])[] = [
  [/^cmov/, "cmov"],
  [/^cmpxchg8b$/, "cx8"],
  [/^rdtsc$/, "tsc"],
  [/^(?:rdmsr|wrmsr)$/, "msr"],
  [/^(?:sysenter|sysexit)$/, "sep"],
  [/^(?:fxsave|fxrstor)$/, "fxsr"],
  [/^clflush$/, "clfsh"],
  [/^(?:clac|stac)$/, "smap"],
  [/^rdpmc$/, "family6"],
];
/** NOP with an operand. */
const LONG_NOP = /^0f 1[89a-f]$/;

export interface Row {
  readonly key: string;
  readonly mnemonic: string;
  /** The SDM's operand letters, separated by commas. */
  readonly operands: string;
  /** ENDS_NONE, ENDS_BRANCH or ENDS_STOP. */
  readonly ends: number;
  readonly lock: boolean;
  /**
   * Changes nothing but general registers, arithmetic flags, EIP and memory, and depends on nothing else: after a
   * page fault its handler may run on with a value of 0 and be undone (`exceptions.ts`).
   */
  readonly simple: boolean;
  /** What the processor must announce to have it; "" for what all have. */
  readonly feature: string;
}

const SIMPLE =
  /^(?:mov|movzx|movsx|add|or|adc|sbb|and|sub|xor|cmp|test|inc|dec|neg|not|xchg|xadd|cmpxchg|imul|push|pop|call|ret|jmp|leave|rol|ror|rcl|rcr|shl|shr|sar|shld|shrd|set\w+|cmov\w+)$/;
/** Segment, control and debug registers and far pointers are not simple. */
const NOT_SIMPLE = /S[w]?$|^S|[CD]d|p$/;

const isSimple = (mnemonic: string, operands: string): boolean =>
  SIMPLE.test(mnemonic) && !operands.split(",").some((operand) => NOT_SIMPLE.test(operand));

const featureOf = (key: string, mnemonic: string): string => {
  if (LONG_NOP.test(key)) return "family6";
  return FEATURES.find(([pattern]) => pattern.test(mnemonic))?.[1] ?? "";
};

function rowOf([key, mnemonic, operands, flags = 0]: Line, feature: string): Row {
  return {
    key,
    mnemonic,
    operands,
    ends: flags & (ENDS_BRANCH | ENDS_STOP),
    lock: (flags & LOCK) !== 0,
    simple: isSimple(mnemonic, operands),
    feature,
  };
}

export const rows: readonly Row[] = [
  ...TABLE.map((line) => rowOf(line, featureOf(line[0], line[1]))),
  ...[...X87_LINES, ...SIMD_LINES].flatMap(({ feature, lines }) => lines.map((line) => rowOf(line, feature))),
];
