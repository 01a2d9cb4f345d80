/**
 * What FNSTENV, FNSAVE, FXSAVE and their counterparts have in memory.
 *
 * The environment has four formats, by operand size and by whether segments have selectors (protected mode) or are
 * just addresses (real mode, virtual-8086 mode); all have seven fields of the operand size:
 *
 *     protected       control  status  tags  IP          CS, opcode                 DP          DS
 *     real, 16 bits   control  status  tags  IP 15-0     IP 19-16, 0, opcode        DP 15-0     DP 19-16
 *     real, 32 bits   control  status  tags  IP 15-0     IP 31-16, 0, opcode        DP 15-0     DP 31-16
 *
 * There IP and DP are linear addresses. The opcode is missing where CS fills its field: protected, 16 bits.
 *
 * SDM: volume 1, 8.1.10 "Saving the x87 FPU's state", figures 8-9 to 8-12.
 */
import { load16, load32, store16, store32 } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { Insn } from "../insn.ts";
import { MODE_PROTECTED, MODE_V86 } from "../mode.ts";
import { resumeAlignment, suspendAlignment } from "../slow-access.ts";
import {
  FPR,
  FPU_CONTROL,
  FPU_CS,
  FPU_DP,
  FPU_DS,
  FPU_IP,
  FPU_OPCODE,
  FPU_STATUS,
  FPU_TAGS,
} from "../state.ts";
import { CONTROL_INITIAL, writeControl } from "./control-word.ts";
import { wordOf } from "./registers.ts";
import { refreshSummary, STATUS_B, STATUS_ES } from "./status-word.ts";

/** Bytes of a register in memory. */
export const REGISTER_BYTES = 10;
export const OPCODE_BITS = 0x7ff;

// Tags as FNSTENV writes them, two bits for each physical register. SDM: volume 1, figure 8-7.
const TAG_VALID = 0;
const TAG_ZERO = 1;
const TAG_SPECIAL = 2;
const TAG_EMPTY = 3;

export function environmentBytes(insn: Insn): number {
  return insn.operand16 === true ? 14 : 28;
}

function hasSelectors(cpu: Cpu): boolean {
  return (cpu.mode & (MODE_PROTECTED | MODE_V86)) === MODE_PROTECTED;
}

// --- Tags ------------------------------------------------------------------------------------------------------------

/** The full tag word. What is in a register decides, not what the last FLDENV said. */
export function tagWord(cpu: Cpu): number {
  let tags = 0;
  for (let physical = 0; physical < 8; physical++) tags |= tagOf(cpu, physical) << (physical * 2);
  return tags;
}

function tagOf(cpu: Cpu, physical: number): number {
  const { r } = cpu;
  if (((r[FPU_TAGS] >> physical) & 1) === 0) return TAG_EMPTY;
  const word = FPR + (physical << 2);
  const exponent = r[word + 2] & 0x7fff;
  if (exponent === 0) return (r[word] | r[word + 1]) === 0 ? TAG_ZERO : TAG_SPECIAL;
  return exponent === 0x7fff || r[word + 1] >= 0 ? TAG_SPECIAL : TAG_VALID;
}

/** Of a tag word from memory only "empty" counts. */
function writeTagWord(cpu: Cpu, tags: number): void {
  let present = 0;
  for (let physical = 0; physical < 8; physical++) {
    if (((tags >> (physical * 2)) & 3) !== TAG_EMPTY) present |= 1 << physical;
  }
  cpu.r[FPU_TAGS] = present;
}

// --- Environment -----------------------------------------------------------------------------------------------------

/** The seven fields, in order, on their way to or from memory. */
const fields = new Int32Array(7);

/** Stores the environment at `la`. All of it is known to be writable. */
export function storeEnvironment(cpu: Cpu, insn: Insn, la: number): void {
  const { r } = cpu;
  fields[0] = r[FPU_CONTROL];
  fields[1] = r[FPU_STATUS];
  fields[2] = tagWord(cpu);
  if (hasSelectors(cpu)) {
    fields[3] = r[FPU_IP];
    fields[4] = r[FPU_CS] | (r[FPU_OPCODE] << 16);
    fields[5] = r[FPU_DP];
    fields[6] = r[FPU_DS];
  } else {
    storeLinear(3, ((r[FPU_CS] << 4) + r[FPU_IP]) | 0, insn);
    fields[4] |= r[FPU_OPCODE];
    storeLinear(5, ((r[FPU_DS] << 4) + r[FPU_DP]) | 0, insn);
  }
  if (insn.operand16 === true) {
    for (let i = 0; i < 7; i++) store16(cpu, (la + i * 2) | 0, fields[i]);
    return;
  }
  // Reserved halves are ones, but above the pointers' own.
  const upper = hasSelectors(cpu) ? PROTECTED_UPPER : REAL_UPPER;
  for (let i = 0; i < 7; i++) store32(cpu, (la + i * 4) | 0, fields[i] | upper[i]);
}

const ONES = 0xffff_0000 | 0;
const PROTECTED_UPPER = [ONES, ONES, ONES, 0, 0, 0, ONES];
const REAL_UPPER = [ONES, ONES, ONES, ONES, 0, ONES, 0];

/** A linear address as two fields of the formats without selectors. */
function storeLinear(field: number, address: number, insn: Insn): void {
  fields[field] = address & 0xffff;
  const upper = (address >>> 16) << 12;
  fields[field + 1] = insn.operand16 === true ? upper & 0xf000 : upper;
}

/** Reads an environment into `fields`, for `loadEnvironment` to take over when nothing can fault any more. */
export function readEnvironment(cpu: Cpu, insn: Insn, la: number): void {
  for (let i = 0; i < 7; i++) {
    fields[i] = insn.operand16 === true ? load16(cpu, (la + i * 2) | 0) : load32(cpu, (la + i * 4) | 0);
  }
}

/** Takes over what `readEnvironment` read. */
export function loadEnvironment(cpu: Cpu, insn: Insn): void {
  const { r } = cpu;
  r[FPU_OPCODE] = 0;
  if (hasSelectors(cpu)) {
    r[FPU_IP] = fields[3];
    r[FPU_CS] = fields[4] & 0xffff;
    if (insn.operand16 === false) r[FPU_OPCODE] = (fields[4] >>> 16) & OPCODE_BITS;
    r[FPU_DP] = fields[5];
    r[FPU_DS] = fields[6] & 0xffff;
  } else {
    r[FPU_IP] = linear(3);
    r[FPU_CS] = 0;
    r[FPU_OPCODE] = fields[4] & OPCODE_BITS;
    r[FPU_DP] = linear(5);
    r[FPU_DS] = 0;
  }
  writeTagWord(cpu, fields[2]);
  writeStatusAndControl(cpu, fields[1], fields[0]);
}

function linear(field: number): number {
  return (fields[field] & 0xffff) | (((fields[field + 1] >>> 12) & 0xffff) << 16);
}

/** ES and B are not taken over but follow from the exceptions and their masks; FERR# follows them. */
export function writeStatusAndControl(cpu: Cpu, status: number, control: number): void {
  const { r } = cpu;
  const summary = STATUS_ES | STATUS_B;
  r[FPU_STATUS] = (status & 0xffff & ~summary) | (r[FPU_STATUS] & summary);
  writeControl(cpu, control);
}

/** FNINIT. The contents of the registers stay, as do their images in MMX registers. */
export function initialise(cpu: Cpu): void {
  const { r } = cpu;
  r[FPU_CONTROL] = CONTROL_INITIAL;
  r[FPU_STATUS] &= STATUS_ES | STATUS_B;
  refreshSummary(cpu);
  r[FPU_TAGS] = 0;
  r[FPU_IP] = 0;
  r[FPU_CS] = 0;
  r[FPU_DP] = 0;
  r[FPU_DS] = 0;
  r[FPU_OPCODE] = 0;
}

// --- Registers ---------------------------------------------------------------------------------------------------------

/** Stores ST(0) to ST(7), ten bytes each. Only the image as a whole is asked to be aligned, by what lies before them. */
export function storeRegisters(cpu: Cpu, la: number): void {
  const { r } = cpu;
  const aligned = suspendAlignment(cpu);
  for (let i = 0; i < 8; i++) {
    const word = wordOf(cpu, i);
    const at = la + i * REGISTER_BYTES;
    store32(cpu, at | 0, r[word]);
    store32(cpu, (at + 4) | 0, r[word + 1]);
    store16(cpu, (at + 8) | 0, r[word + 2]);
  }
  resumeAlignment(cpu, aligned);
}

/** Room for eight registers, three words each, between reading and taking over. */
const incoming = new Int32Array(8 * 3);

/** Reads eight registers that lie `stride` bytes apart, for `loadRegisters`. */
export function readRegisters(cpu: Cpu, la: number, stride: number): void {
  const aligned = suspendAlignment(cpu);
  for (let i = 0; i < 8; i++) {
    const at = la + i * stride;
    incoming[i * 3] = load32(cpu, at | 0);
    incoming[i * 3 + 1] = load32(cpu, (at + 4) | 0);
    incoming[i * 3 + 2] = load16(cpu, (at + 8) | 0);
  }
  resumeAlignment(cpu, aligned);
}

/** Makes them ST(0) to ST(7) of the TOP that has been loaded before. */
export function loadRegisters(cpu: Cpu): void {
  const { r } = cpu;
  for (let i = 0; i < 8; i++) {
    const word = wordOf(cpu, i);
    r[word] = incoming[i * 3];
    r[word + 1] = incoming[i * 3 + 1];
    r[word + 2] = incoming[i * 3 + 2];
  }
}
