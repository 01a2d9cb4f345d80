/**
 * The decoder: instruction bytes to an `Insn`, by tables made from the opcode table when the module loads.
 *
 * SDM: volume 2, 2.1 "Instruction format for protected mode", appendix A.
 */

import { type Insn, REP_E, REP_NE, REP_NONE } from "./insn.ts";
import { MODE_CODE32, MODE_FLAT } from "./mode.ts";
import { decodeMemory, OPERAND_TRUNCATED, read16, read32 } from "./modrm.ts";
import { opcodeKey } from "./opcode-key.ts";
import { ROW_UD, ROW_UD_MODRM, type Row, rows } from "./opcodes.ts";
import { CS, DS, EBX, EDI, ES, ESI, FS, GS, SS } from "./state.ts";

/** The instruction does not end within the bytes available. */
export const DECODE_TRUNCATED = -1;

// --- What the decoder must know of a row: one word, from its operands ---------------------------------------------

/** ModR/M.reg, ModR/M.rm: byte registers. */
const REG_BYTE = 1 << 0;
const RM_BYTE = 1 << 1;
/** ModR/M.rm is a register whatever ModR/M.mod says. */
const RM_REGISTER = 1 << 2;
/** The register is in the low three bits of the opcode. */
const OPCODE_REGISTER = 1 << 3;
/** The segment register is in bits 3 to 5 of the opcode. */
const OPCODE_SEGMENT = 1 << 4;
/** The low four bits of the opcode are a condition: it goes to `imm2`. */
const CONDITION = 1 << 5;
/** The operand is the constant 1: it goes to `imm`. */
const ONE = 1 << 6;
/** Memory at (E)SI, at ES:(E)DI, at (E)BX: string instructions, XLAT. */
const SOURCE_STRING = 1 << 7;
const DESTINATION_STRING = 1 << 8;
const TRANSLATE = 1 << 9;
const LOCKABLE = 1 << 10;
/** Memory at DS:(E)DI beside two registers: MASKMOVQ, MASKMOVDQU. */
const MASKED_DESTINATION = 1 << 11;
const IMPLICIT_MEMORY = SOURCE_STRING | DESTINATION_STRING | TRANSLATE;

/** What follows ModR/M and displacement: bits 12 to 15. */
const IMM_SHIFT = 12;
const IMM_NONE = 0;
/** Zero-extended byte. */
const IMM_IB = 1;
/** Sign-extended byte. */
const IMM_IBS = 2;
/** Zero-extended word. */
const IMM_IW = 3;
/** Word or doubleword by operand size, sign-extended. */
const IMM_IZ = 4;
const IMM_IW_IB = 5;
/** Far pointer: offset by operand size, then selector. */
const IMM_AP = 6;
/** Offset of a memory operand, by address size. */
const IMM_OFFSET = 7;

/** Bytes that an immediate takes, by `kind * 4 + operand16 * 2 + address16`. */
const IMM_BYTES = Uint8Array.of(
  ...[0, 0, 0, 0],
  ...[1, 1, 1, 1],
  ...[1, 1, 1, 1],
  ...[2, 2, 2, 2],
  ...[4, 4, 2, 2],
  ...[3, 3, 3, 3],
  ...[6, 6, 4, 4],
  ...[4, 2, 4, 2],
);

const OPERAND_ATTRIBUTES: Readonly<Record<string, number>> = {
  Gb: REG_BYTE,
  Eb: RM_BYTE,
  Rd: RM_REGISTER,
  Zb: OPCODE_REGISTER | RM_BYTE,
  Zv: OPCODE_REGISTER,
  ES: OPCODE_SEGMENT,
  CS: OPCODE_SEGMENT,
  SS: OPCODE_SEGMENT,
  DS: OPCODE_SEGMENT,
  FS: OPCODE_SEGMENT,
  GS: OPCODE_SEGMENT,
  "1": ONE,
  Xb: SOURCE_STRING,
  Xv: SOURCE_STRING,
  Yb: DESTINATION_STRING,
  Yv: DESTINATION_STRING,
  Ib: IMM_IB << IMM_SHIFT,
  Ibs: IMM_IBS << IMM_SHIFT,
  Jb: IMM_IBS << IMM_SHIFT,
  Iw: IMM_IW << IMM_SHIFT,
  Iz: IMM_IZ << IMM_SHIFT,
  Iv: IMM_IZ << IMM_SHIFT,
  Jz: IMM_IZ << IMM_SHIFT,
  Ap: IMM_AP << IMM_SHIFT,
  Ob: IMM_OFFSET << IMM_SHIFT,
  Ov: IMM_OFFSET << IMM_SHIFT,
};

/** Mnemonics of the condition codes' three families. */
const CONDITIONAL = /^(?:j|set|cmov)(?:n?[obesp]|ae?|be|[lg]e?)$/;

function rowAttributes(row: Row): number {
  let attributes = row.lock ? LOCKABLE : 0;
  for (const operand of row.operands.split(",")) attributes |= OPERAND_ATTRIBUTES[operand] ?? 0;
  if (row.operands === "Iw,Ib") attributes = IMM_IW_IB << IMM_SHIFT;
  if (row.mnemonic === "xlat") attributes |= TRANSLATE;
  if (row.mnemonic.startsWith("maskmov")) attributes |= MASKED_DESTINATION;
  if (CONDITIONAL.test(row.mnemonic)) attributes |= CONDITION;
  return attributes;
}

const ATTRIBUTES = Int32Array.from(rows, rowAttributes);

// --- Which row an encoding is ----------------------------------------------------------------------------------------

/** One-byte map, then two-byte map. */
const OPCODES = 512;
/** First opcode of the two-byte map. */
const TWO_BYTE = 0x100;

/** `opcode * 64 + prefix * 16 + form * 8 + ModR/M.reg`, where form is 1 for registers and prefix is one of those below. */
const ROWS = new Uint16Array(OPCODES * 64);
/** A cell of `ROWS` with this bit leads to a group of eight rows by ModR/M.rm. */
const BY_RM = 0x8000;
const RM_ROWS: number[] = [];
const PREFIX_NONE = 0;
const PREFIX_66 = 1;
const PREFIX_F3 = 2;
const PREFIX_F2 = 3;

/** What follows an opcode byte. */
const KIND = new Uint8Array(OPCODES);
const KIND_MODRM = 1;
const KIND_PREFIX = 2;

const ALL_PREFIXES = [PREFIX_NONE, PREFIX_66, PREFIX_F3, PREFIX_F2];
const KEY_PREFIXES: Readonly<Record<string, readonly number[]>> = {
  "": ALL_PREFIXES,
  rep: [PREFIX_F3, PREFIX_F2],
  np: [PREFIX_NONE],
  "66": [PREFIX_66],
  f3: [PREFIX_F3],
  f2: [PREFIX_F2],
};

/** Values of ModR/M.reg that the operands allow, as bits. SDM: volume 2, MOV; CR0, 2, 3, 4; no MOV to CS. */
function registersAllowed(operands: string): number {
  if (operands.startsWith("Sw")) return 0b0011_1101;
  if (operands.endsWith("Sw")) return 0b0011_1111;
  if (operands.includes("Cd")) return 0b0001_1101;
  return 0xff;
}

function addRow(row: Row, index: number): void {
  const key = opcodeKey(row);
  const opcode = key.opcode + (key.twoByte ? TWO_BYTE : 0);
  if (row.mnemonic === "prefix") {
    KIND[opcode] = KIND_PREFIX;
    return;
  }
  const forms = [...(key.memory ? [0] : []), ...(key.register ? [1] : [])];
  const allowed = key.reg < 0 ? registersAllowed(row.operands) : 1 << key.reg;
  if (key.modrm) addModrm(opcode);
  const last = key.plusRegister ? opcode + 7 : opcode;
  for (let op = opcode; op <= last; op++) {
    for (const slot of KEY_PREFIXES[key.prefix]) {
      for (const form of forms) {
        for (let reg = 0; reg < 8; reg++) {
          const cell = op * 64 + slot * 16 + form * 8 + reg;
          if (((allowed >> reg) & 1) === 0) continue;
          if (key.rm < 0) ROWS[cell] = index;
          else RM_ROWS[rmGroup(cell) + key.rm] = index;
        }
      }
    }
  }
}

/** First of the eight rows by ModR/M.rm that a cell leads to: all are the cell's own row at first. */
function rmGroup(cell: number): number {
  if ((ROWS[cell] & BY_RM) === 0) {
    const row = ROWS[cell];
    ROWS[cell] = BY_RM | (RM_ROWS.length >> 3);
    for (let rm = 0; rm < 8; rm++) RM_ROWS.push(row);
  }
  return (ROWS[cell] & ~BY_RM) << 3;
}

function addModrm(opcode: number): void {
  if (KIND[opcode] === KIND_MODRM) return;
  KIND[opcode] = KIND_MODRM;
  ROWS.fill(ROW_UD_MODRM, opcode * 64, opcode * 64 + 64);
}

ROWS.fill(ROW_UD);
// Lines for one prefix override those for all.
const claimsPrefix = (row: Row): boolean => opcodeKey(row).prefix !== "";
const keyed = [...rows.entries()].filter(([, row]) => row.key !== "");
for (const [index, row] of keyed) if (!claimsPrefix(row)) addRow(row, index);
for (const [index, row] of keyed) if (claimsPrefix(row)) addRow(row, index);

// --- Decoding ------------------------------------------------------------------------------------------------------------

/**
 * Decodes the instruction at `bytes[at]` into `insn`, which is fresh. Reads at most `available` (up to 15) bytes.
 * Returns its length, or DECODE_TRUNCATED if it needs more.
 *
 * Immediates: operand-size and sign-extended ones are signed; plain bytes and words (INT, RET, ENTER, ports, shift
 * counts) and far offsets are zero-extended. Conditional jumps, SETcc and CMOVcc have the condition in `imm2`.
 * String instructions, XLAT and MASKMOVx have their memory at (E)SI, (E)DI or (E)BX as a memory operand without index.
 */
export function decode(insn: Insn, bytes: Uint8Array, at: number, available: number, mode: number): number {
  const end = at + available;
  const code16 = (mode & MODE_CODE32) === 0;
  let pos = at;
  let opcode = 0;
  let operandPrefix = false;
  let address16 = code16;
  let override = -1;
  let rep = REP_NONE as number;
  for (;;) {
    if (pos >= end) return DECODE_TRUNCATED;
    opcode = bytes[pos++];
    if (KIND[opcode] !== KIND_PREFIX) break;
    if (opcode === 0x0f) {
      if (pos >= end) return DECODE_TRUNCATED;
      opcode = TWO_BYTE | bytes[pos++];
      break;
    }
    switch (opcode) {
      case 0x66:
        operandPrefix = true;
        break;
      case 0x67:
        address16 = !code16;
        break;
      case 0xf0:
        insn.lock = true;
        break;
      case 0xf2:
        rep = REP_NE;
        break;
      case 0xf3:
        rep = REP_E;
        break;
      default:
        override = overriddenBy(opcode);
    }
  }
  const operand16 = operandPrefix !== code16;
  insn.rep = rep;
  insn.operand16 = operand16;
  insn.address16 = address16;

  let cell = opcode << 6;
  if (rep !== REP_NONE) cell |= rep === REP_E ? PREFIX_F3 << 4 : PREFIX_F2 << 4;
  else if (operandPrefix) cell |= PREFIX_66 << 4;

  let row: number;
  let attributes: number;
  if (KIND[opcode] === KIND_MODRM) {
    if (pos >= end) return DECODE_TRUNCATED;
    const modrm = bytes[pos++];
    const reg = (modrm >> 3) & 7;
    row = ROWS[cell | (modrm >= 0xc0 ? 8 : 0) | reg];
    if ((row & BY_RM) !== 0) row = RM_ROWS[((row & ~BY_RM) << 3) | (modrm & 7)];
    attributes = ATTRIBUTES[row];
    insn.reg = (attributes & REG_BYTE) === 0 ? reg : byteRegister(reg);
    if (modrm >= 0xc0 || (attributes & RM_REGISTER) !== 0) {
      insn.rm = (attributes & RM_BYTE) === 0 ? modrm & 7 : byteRegister(modrm & 7);
      if ((attributes & MASKED_DESTINATION) !== 0) maskedMemory(insn);
    } else {
      insn.memory = true;
      pos = decodeMemory(insn, bytes, pos, end, modrm);
      if (pos === OPERAND_TRUNCATED) return DECODE_TRUNCATED;
    }
    // The eleven bits that the x87 remembers of its last opcode.
    if ((opcode & ~7) === 0xd8) insn.imm2 = ((opcode & 7) << 8) | modrm;
  } else {
    row = ROWS[cell];
    attributes = ATTRIBUTES[row];
    if ((attributes & OPCODE_REGISTER) !== 0) {
      insn.rm = (attributes & RM_BYTE) === 0 ? opcode & 7 : byteRegister(opcode & 7);
    } else if ((attributes & OPCODE_SEGMENT) !== 0) {
      insn.reg = (opcode >> 3) & 7;
    } else if ((attributes & IMPLICIT_MEMORY) !== 0) {
      implicitMemory(insn, attributes);
    }
  }
  const immediate = (attributes >> IMM_SHIFT) & 15;
  if (immediate !== IMM_NONE) {
    const count = IMM_BYTES[(immediate << 2) | (operand16 ? 2 : 0) | (address16 ? 1 : 0)];
    if (pos + count > end) return DECODE_TRUNCATED;
    decodeImmediate(insn, bytes, pos, immediate);
    pos += count;
  }
  if ((attributes & (CONDITION | ONE)) !== 0) {
    if ((attributes & ONE) !== 0) insn.imm = 1;
    else insn.imm2 = opcode & 15;
  }
  if (insn.memory) {
    // Only the source of a string instruction can be overridden.
    if (override >= 0 && (attributes & IMPLICIT_MEMORY) !== DESTINATION_STRING) insn.seg = override;
    // CS may be flat and yet not be readable, and is never writable.
    insn.flat = !address16 && insn.seg !== CS && ((mode >> (MODE_FLAT + insn.seg)) & 1) !== 0;
  }
  if (insn.lock && (!insn.memory || (attributes & LOCKABLE) === 0)) row = ROW_UD;
  insn.row = row;
  return pos - at;
}

/** Number of a byte register to its byte in the state block: AL CL DL BL, then AH CH DH BH. */
function byteRegister(register: number): number {
  return ((register & 3) << 2) | (register >> 2);
}

function overriddenBy(prefix: number): number {
  switch (prefix) {
    case 0x26:
      return ES;
    case 0x2e:
      return CS;
    case 0x36:
      return SS;
    case 0x3e:
      return DS;
    case 0x64:
      return FS;
    default:
      return GS;
  }
}

function maskedMemory(insn: Insn): void {
  insn.memory = true;
  insn.base = EDI;
  insn.seg = DS;
}

function implicitMemory(insn: Insn, attributes: number): void {
  insn.memory = true;
  insn.seg = DS;
  if ((attributes & SOURCE_STRING) !== 0) {
    insn.base = ESI;
  } else if ((attributes & DESTINATION_STRING) !== 0) {
    insn.base = EDI;
    insn.seg = ES;
  } else {
    insn.base = EBX;
  }
}

function decodeImmediate(insn: Insn, bytes: Uint8Array, pos: number, kind: number): void {
  switch (kind) {
    case IMM_IB:
      insn.imm = bytes[pos];
      break;
    case IMM_IBS:
      insn.imm = (bytes[pos] << 24) >> 24;
      break;
    case IMM_IW:
      insn.imm = read16(bytes, pos);
      break;
    case IMM_IZ:
      insn.imm = insn.operand16 ? (read16(bytes, pos) << 16) >> 16 : read32(bytes, pos);
      break;
    case IMM_IW_IB:
      insn.imm = read16(bytes, pos);
      insn.imm2 = bytes[pos + 2];
      break;
    case IMM_AP:
      insn.imm = insn.operand16 ? read16(bytes, pos) : read32(bytes, pos);
      insn.imm2 = read16(bytes, pos + (insn.operand16 ? 2 : 4));
      break;
    default:
      insn.memory = true;
      insn.seg = DS;
      insn.disp = insn.address16 ? read16(bytes, pos) : read32(bytes, pos);
  }
}
