/**
 * The instruction side of the test assembler. iced-x86 knows every encoding and what operands it takes; an
 * instruction is tried with each encoding of its mnemonic that fits, and the best one stays.
 */

import {
  Code,
  CodeExt,
  Encoder,
  Instruction,
  MemorySizeExt,
  Mnemonic,
  OpCodeOperandKind,
  OpKind,
  Register,
} from "iced-x86";
import { type Linear, type Operand, plain, REGISTERS, type Scope } from "./asm-syntax.ts";

export type Bits = 16 | 32;

/** One instruction as written. */
export interface Statement {
  readonly mnemonic: string;
  readonly operands: readonly Operand[];
  /** lock, rep, repe, repne, a segment, o16, o32, a16, a32. */
  readonly prefixes: readonly string[];
}

interface Encoding {
  readonly code: Code;
  readonly operandSize: number;
  readonly addressSize: number;
  /** Bytes of the memory operand, 0 when it has no size. */
  readonly memorySize: number;
  readonly kinds: readonly OpCodeOperandKind[];
  readonly modes: { readonly 16: boolean; readonly 32: boolean };
}

const K = OpCodeOperandKind;
const NOT_LEGACY = /^(VEX|EVEX|XOP|MVEX|D3NOW|VIA|DeclareByte|DeclareWord|DeclareDword|DeclareQword|INVALID)/;

let encodings: Map<string, Encoding[]> | undefined;

/** All 16- and 32-bit encodings that a current decoder accepts, by mnemonic. Built on first use, in ~40 ms. */
function encodingsOf(mnemonic: string): readonly Encoding[] {
  encodings ??= collectEncodings();
  return encodings.get(mnemonic) ?? [];
}

function collectEncodings(): Map<string, Encoding[]> {
  const all = new Map<string, Encoding[]>();
  for (const [name, code] of Object.entries(Code) as [string, Code][]) {
    if (typeof code !== "number" || NOT_LEGACY.test(name)) continue;
    const info = CodeExt.opCode(code);
    const modes = { 16: info.isAvailableInMode(16), 32: info.isAvailableInMode(32) };
    if (info.isInstruction && info.decoderOption === 0 && (modes[16] || modes[32])) {
      const mnemonic = Mnemonic[info.mnemonic]!.toLowerCase();
      const kinds = Array.from({ length: info.opCount }, (_, i) => info.opKind(i));
      const memorySize = MemorySizeExt.size(info.memorySize);
      const { operandSize, addressSize } = info;
      const list = all.get(mnemonic) ?? [];
      list.push({ code, operandSize, addressSize, memorySize, kinds, modes });
      all.set(mnemonic, list);
    }
    info.free();
  }
  return all;
}

const REG_KINDS = new Map<OpCodeOperandKind, string>([
  ...[K.r8_or_mem, K.r8_reg, K.r8_opcode].map((k) => [k, "r8"] as const),
  ...[K.r16_or_mem, K.r16_reg, K.r16_reg_mem, K.r16_rm, K.r16_opcode].map((k) => [k, "r16"] as const),
  ...[K.r32_or_mem, K.r32_reg, K.r32_reg_mem, K.r32_rm, K.r32_opcode].map((k) => [k, "r32"] as const),
  ...([
    [K.seg_reg, "seg"],
    [K.cr_reg, "cr"],
    [K.dr_reg, "dr"],
    [K.sti_opcode, "st"],
  ] as const),
]);
const FIXED_REGS = new Map<OpCodeOperandKind, string>(
  (["es", "cs", "ss", "ds", "fs", "gs", "al", "cl", "ax", "dx", "eax", "st0"] as const).map((name) => [
    K[name],
    name,
  ]),
);
const MEM_KINDS = new Set<OpCodeOperandKind>([K.mem, K.mem_offs, K.r8_or_mem, K.r16_or_mem, K.r32_or_mem]);
const STRING_KINDS = new Set<OpCodeOperandKind>([K.seg_rSI, K.es_rDI, K.seg_rDI, K.seg_rBX_al]);
/** They read 16 bits whatever the operand size, so a 16-bit register needs no prefix: `ltr ax`, `mov ds, ax`. */
const READS_16 = new Set(["lar", "lsl", "ltr", "lldt", "verr", "verw", "lmsw", "mov"]);

/** Immediate kinds: how iced stores them, lowest and highest value, and the sizes that may be written. */
const IMM_KINDS = new Map<
  OpCodeOperandKind,
  { op: OpKind; min: number; max: number; sizes: number[]; exact: number }
>([
  [K.imm8, { op: OpKind.Immediate8, min: -0x80, max: 0xff, sizes: [1], exact: 1 }],
  [K.imm8_const_1, { op: OpKind.Immediate8, min: 1, max: 1, sizes: [], exact: 0 }],
  [K.imm8sex16, { op: OpKind.Immediate8to16, min: -0x80, max: 0x7f, sizes: [1, 2], exact: 1 }],
  [K.imm8sex32, { op: OpKind.Immediate8to32, min: -0x80, max: 0x7f, sizes: [1, 4], exact: 1 }],
  [K.imm16, { op: OpKind.Immediate16, min: -0x8000, max: 0xffff, sizes: [2], exact: 2 }],
  [K.imm32, { op: OpKind.Immediate32, min: -0x8000_0000, max: 0xffff_ffff, sizes: [4], exact: 4 }],
]);

const BRANCH_KINDS = new Map<OpCodeOperandKind, { size: Bits; reach: string }>([
  [K.br16_1, { size: 16, reach: "short" }],
  [K.br16_2, { size: 16, reach: "near" }],
  [K.br32_1, { size: 32, reach: "short" }],
  [K.br32_4, { size: 32, reach: "near" }],
]);

const registerId = (name: string): Register => Register[name.toUpperCase() as keyof typeof Register];

const encoders = new Map<Bits, Encoder>();

/** The candidates' bytes, best first: default sizes, then shortest, then in the order of the opcode map. */
export function encodeStatement(statement: Statement, bits: Bits, scope: Scope): Uint8Array[] {
  const wantedOperand = prefixedSize(statement, "o");
  const wantedAddress = prefixedSize(statement, "a");
  const results: { bytes: Uint8Array; rank: number; memorySize: number }[] = [];
  for (const encoding of encodingsOf(statement.mnemonic)) {
    if (!encoding.modes[bits]) continue;
    if (wantedOperand !== 0 && encoding.operandSize !== wantedOperand) continue;
    if (wantedAddress !== 0 && encoding.addressSize !== 0 && encoding.addressSize !== wantedAddress) continue;
    const bytes = tryEncoding(encoding, statement, bits, scope);
    if (bytes === null) continue;
    const foreign = (size: number) => (size === 0 || size === bits ? 0 : 1);
    const rank = foreign(encoding.operandSize) * 200 + foreign(encoding.addressSize) * 100 + bytes.length;
    results.push({ bytes, rank, memorySize: encoding.memorySize });
  }
  checkSizeIsKnown(statement, new Set(results.map((r) => r.memorySize)));
  return results.sort((a, b) => a.rank - b.rank).map((r) => r.bytes);
}

function prefixedSize(statement: Statement, letter: string): number {
  if (statement.prefixes.includes(`${letter}16`)) return 16;
  return statement.prefixes.includes(`${letter}32`) ? 32 : 0;
}

/** These take the default size, as in NASM: `jmp [eax]`, `fnstenv [eax]`. */
const SIZED_BY_DEFAULT = /^(jmp|call|fn?stenv|fldenv|fn?save|frstor)$/;

/** `mov [eax], 1` could be three instructions. */
function checkSizeIsKnown(statement: Statement, sizes: ReadonlySet<number>): void {
  if (sizes.size < 2 || SIZED_BY_DEFAULT.test(statement.mnemonic)) return;
  if (statement.operands.some((o) => o.kind === "mem" && o.size === 0)) {
    throw new Error("the size of the memory operand is missing (byte, word, dword)");
  }
}

function tryEncoding(encoding: Encoding, statement: Statement, bits: Bits, scope: Scope): Uint8Array | null {
  const instruction = new Instruction();
  try {
    instruction.code = encoding.code;
    if (!bindOperands(instruction, encoding, statement, bits, scope)) return null;
    for (const prefix of statement.prefixes) {
      if (prefix === "lock") instruction.hasLockPrefix = true;
      else if (prefix === "rep" || prefix === "repe") instruction.hasRepPrefix = true;
      else if (prefix === "repne") instruction.hasRepnePrefix = true;
      else if (REGISTERS.get(prefix) === "seg") instruction.segmentPrefix = registerId(prefix);
    }
    return encodeOne(instruction, bits, scope.here);
  } finally {
    instruction.free();
  }
}

function encodeOne(instruction: Instruction, bits: Bits, here: number): Uint8Array | null {
  const encoder = encoders.get(bits) ?? new Encoder(bits);
  encoders.set(bits, encoder);
  try {
    encoder.encode(instruction, BigInt(here));
    return encoder.takeBuffer();
  } catch {
    // A short branch that does not reach, or a register this encoding cannot hold: the next one may.
    encoder.takeBuffer();
    return null;
  }
}

function bindOperands(
  instruction: Instruction,
  encoding: Encoding,
  statement: Statement,
  bits: Bits,
  scope: Scope,
): boolean {
  const { kinds } = encoding;
  if (statement.operands.length === 0 && kinds.some((kind) => STRING_KINDS.has(kind))) {
    for (const [i, kind] of kinds.entries())
      bindImplied(instruction, i, kind, prefixedSize(statement, "a") || bits);
    return true;
  }
  if (kinds.length !== statement.operands.length) return false;
  return kinds.every((kind, i) => {
    const operand = statement.operands[i]!;
    if (operand.kind === "reg") return bindRegister(instruction, i, kind, operand.reg, encoding, statement);
    if (operand.kind === "mem") return bindMemory(instruction, i, kind, operand, encoding, bits, scope);
    if (operand.kind === "far") return bindFar(instruction, i, kind, operand, scope);
    return bindNumber(instruction, i, kind, operand, encoding, scope);
  });
}

/** The operands of a string instruction that is written without any. */
function bindImplied(
  instruction: Instruction,
  i: number,
  kind: OpCodeOperandKind,
  addressSize: number,
): void {
  const wide = addressSize === 32;
  const fixed = FIXED_REGS.get(kind);
  if (fixed !== undefined) setRegister(instruction, i, fixed);
  else if (kind === K.seg_rSI) instruction.setOpKind(i, wide ? OpKind.MemorySegESI : OpKind.MemorySegSI);
  else if (kind === K.es_rDI) instruction.setOpKind(i, wide ? OpKind.MemoryESEDI : OpKind.MemoryESDI);
  else if (kind === K.seg_rDI) instruction.setOpKind(i, wide ? OpKind.MemorySegEDI : OpKind.MemorySegDI);
  else {
    instruction.setOpKind(i, OpKind.Memory);
    instruction.memoryBase = wide ? Register.EBX : Register.BX;
    instruction.memoryIndex = Register.AL;
  }
}

function setRegister(instruction: Instruction, i: number, name: string): void {
  instruction.setOpKind(i, OpKind.Register);
  instruction.setOpRegister(i, registerId(name));
}

function bindRegister(
  instruction: Instruction,
  i: number,
  kind: OpCodeOperandKind,
  name: string,
  encoding: Encoding,
  statement: Statement,
): boolean {
  const wanted = REG_KINDS.get(kind);
  const has = REGISTERS.get(name);
  const reads16 = encoding.memorySize === 2 && READS_16.has(statement.mnemonic);
  const source = i > 0 || encoding.kinds.length === 1;
  if (kind === K.r32_or_mem && reads16 && source && has === "r16") setRegister(instruction, i, `e${name}`);
  else if (wanted === has || FIXED_REGS.get(kind) === name) setRegister(instruction, i, name);
  else return false;
  return true;
}

function bindFar(
  instruction: Instruction,
  i: number,
  kind: OpCodeOperandKind,
  operand: Operand & { kind: "far" },
  scope: Scope,
): boolean {
  const size = kind === K.farbr2_2 ? 2 : kind === K.farbr4_2 ? 4 : 0;
  if (size === 0 || (operand.size !== 0 && operand.size !== size)) return false;
  const offset = plain(operand.offset(scope));
  instruction.setOpKind(i, size === 2 ? OpKind.FarBranch16 : OpKind.FarBranch32);
  instruction.farBranchSelector = plain(operand.selector(scope)) & 0xffff;
  if (size === 2) instruction.farBranch16 = offset & 0xffff;
  else instruction.farBranch32 = offset >>> 0;
  return true;
}

function bindNumber(
  instruction: Instruction,
  i: number,
  kind: OpCodeOperandKind,
  operand: Operand & { kind: "imm" },
  encoding: Encoding,
  scope: Scope,
): boolean {
  const value = plain(operand.expr(scope));
  const branch = BRANCH_KINDS.get(kind);
  if (branch !== undefined) {
    if (operand.reach !== "" && operand.reach !== branch.reach) return false;
    if (operand.size !== 0 && operand.size * 8 !== branch.size) return false;
    instruction.setOpKind(i, branch.size === 16 ? OpKind.NearBranch16 : OpKind.NearBranch32);
    if (branch.size === 16) instruction.nearBranch16 = value & 0xffff;
    else instruction.nearBranch32 = value >>> 0;
    return true;
  }
  const imm = IMM_KINDS.get(kind);
  if (imm === undefined) return false;
  if (operand.strict ? operand.size !== imm.exact : operand.size !== 0 && !imm.sizes.includes(operand.size))
    return false;
  const folded = fold(value, kind);
  if (folded < imm.min || folded > imm.max) return false;
  const second = kind === K.imm8 && encoding.kinds[i - 1] === K.imm16;
  instruction.setOpKind(i, second ? OpKind.Immediate8_2nd : imm.op);
  instruction.setImmediateI32(i, folded | 0);
  return true;
}

/** A sign-extended byte also says 0xffffffff (or 0xffff): the value is taken modulo the operand's size. */
function fold(value: number, kind: OpCodeOperandKind): number {
  if (kind === K.imm8sex32 && value > 0x7fff_ffff && value <= 0xffff_ffff) return value | 0;
  if (kind === K.imm8sex16 && value > 0x7fff && value <= 0xffff) return value - 0x1_0000;
  return value;
}

function bindMemory(
  instruction: Instruction,
  i: number,
  kind: OpCodeOperandKind,
  operand: Operand & { kind: "mem" },
  encoding: Encoding,
  bits: Bits,
  scope: Scope,
): boolean {
  if (!MEM_KINDS.has(kind)) return false;
  const farPointer = isFarPointer(encoding);
  // `jmp far dword [x]` names the offset's size; `fword` and the like name the whole operand.
  const size = operand.far && (operand.size === 2 || operand.size === 4) ? operand.size + 2 : operand.size;
  if (operand.far && !farPointer) return false;
  if (farPointer && !operand.far && operand.size !== 6) return false;
  if (size !== 0 && encoding.memorySize !== 0 && size !== encoding.memorySize) return false;
  const address = operand.expr(scope);
  if (kind === K.mem_offs && address.regs.length > 0) return false;
  instruction.setOpKind(i, OpKind.Memory);
  setAddress(instruction, address, operand.dispSize, bits);
  if (operand.segment !== "") instruction.segmentPrefix = registerId(operand.segment);
  return true;
}

/** JMP and CALL through a selector and offset in memory. */
function isFarPointer({ code }: Encoding): boolean {
  return [Code.Jmp_m1616, Code.Jmp_m1632, Code.Call_m1616, Code.Call_m1632].includes(code);
}

function setAddress(instruction: Instruction, address: Linear, dispSize: number, bits: Bits): void {
  const { base, index, scale } = baseAndIndex(address);
  const anyReg = base || index;
  let wide = bits === 32;
  if (anyReg !== "") wide = REGISTERS.get(anyReg) === "r32";
  else if (dispSize > 1) wide = dispSize === 4;
  else if (address.value > 0xffff) wide = true;
  const disp = wide ? address.value | 0 : (address.value << 16) >> 16;
  const full = wide ? 4 : 2;
  let width = full;
  if (base !== "" && dispSize < 2) {
    if (disp >= -0x80 && disp <= 0x7f) width = 1;
    if (disp === 0 && dispSize === 0) width = 0;
  }
  if (base !== "") instruction.memoryBase = registerId(base);
  if (index !== "") instruction.memoryIndex = registerId(index);
  instruction.memoryIndexScale = scale;
  instruction.memoryDisplSize = width;
  instruction.memoryDisplacement = BigInt(wide ? disp >>> 0 : disp & 0xffff);
}

function baseAndIndex({ regs }: Linear): { base: string; index: string; scale: number } {
  const classes = new Set(regs.map(({ reg }) => REGISTERS.get(reg)));
  if (classes.size > 1 || regs.some(({ reg }) => !/^e?[abcds][xpi]$/.test(reg))) {
    throw new Error(`not an address: ${regs.map(({ reg }) => reg).join(" + ")}`);
  }
  let [first, second, third] = regs;
  if (first === undefined) return { base: "", index: "", scale: 1 };
  // [eax*5] is [eax + eax*4].
  if (second === undefined && [3, 5, 9].includes(first.factor)) {
    [second, first] = [
      { reg: first.reg, factor: first.factor - 1 },
      { reg: first.reg, factor: 1 },
    ];
  }
  if (second === undefined) {
    if (first.factor === 1) return { base: first.reg, index: "", scale: 1 };
    return { base: "", index: first.reg, scale: first.factor };
  }
  // The factor, ESP and the 16-bit pairs decide which one is the index; else the second one is.
  const swap = first.factor !== 1 || second.reg === "esp" || /^[sd]i$/.test(first.reg);
  if (swap) [first, second] = [second, first];
  if (third !== undefined || first.factor !== 1 || ![1, 2, 4, 8].includes(second.factor)) {
    throw new Error(`not an address: ${regs.map((r) => `${r.reg}*${r.factor}`).join(" + ")}`);
  }
  return { base: first.reg, index: second.reg, scale: second.factor };
}
