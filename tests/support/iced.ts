/**
 * The decoder against iced-x86: length, validity, mnemonic and every operand of an encoding.
 *
 * iced knows the newest processors. What needs a CPU feature that ours does not announce counts as invalid, and
 * so do forms in which ours knows better; `KNOWN_DIFFERENCES` lists those, with reasons.
 */
import {
  Code,
  CpuidFeature,
  Decoder,
  DecoderOptions,
  Instruction,
  Mnemonic,
  OpKind,
  Register,
} from "iced-x86";
import { DECODE_TRUNCATED, decode } from "../../src/cpu/decode.ts";
import { Insn } from "../../src/cpu/insn.ts";
import { MODE_CODE32 } from "../../src/cpu/mode.ts";
import { type Row, rows } from "../../src/cpu/opcodes.ts";
import { EDI, ES, ESI, GS, ZERO } from "../../src/cpu/state.ts";

/** Bytes from one instruction to the next in a checked array; the length limit is one less. */
export const STRIDE = 16;
const MAX_LENGTH = 15;

/** What iced must leave out to decode as a processor of the Pentium 4 class. */
const OPTIONS =
  DecoderOptions.ForceReservedNop |
  DecoderOptions.NoPause |
  DecoderOptions.NoWbnoinvd |
  DecoderOptions.NoMPFX_0FBC |
  DecoderOptions.NoMPFX_0FBD;

/** What our processor has. */
const FEATURES = new Set<CpuidFeature>([
  CpuidFeature.INTEL8086,
  CpuidFeature.INTEL186,
  CpuidFeature.INTEL286,
  CpuidFeature.INTEL386,
  CpuidFeature.INTEL486,
  CpuidFeature.FPU,
  CpuidFeature.FPU287,
  CpuidFeature.FPU387,
  CpuidFeature.CLFSH,
  CpuidFeature.CMOV,
  CpuidFeature.CPUID,
  CpuidFeature.CX8,
  CpuidFeature.FXSR,
  CpuidFeature.MMX,
  CpuidFeature.MSR,
  CpuidFeature.MULTIBYTENOP,
  CpuidFeature.RDPMC,
  CpuidFeature.SEP,
  CpuidFeature.SMAP,
  CpuidFeature.SMM,
  CpuidFeature.SSE,
  CpuidFeature.SSE2,
  CpuidFeature.TSC,
]);

/** Where the two may disagree about validity, and why. */
const KNOWN_DIFFERENCES: readonly { why: string; holds: (row: Row, code: Code) => boolean }[] = [
  {
    why: "0F 0D is PREFETCHW of 3DNow!, a hint only on Intel 64; iced's option makes it one with 0F 18 to 0F 1F",
    holds: (_row, code) => code === Code.Reservednop_rm16_r16_0F0D || code === Code.Reservednop_rm32_r32_0F0D,
  },
];

// --- Operands as numbers -----------------------------------------------------------------------------------------

/** An operand is seven words: its kind, then what the kind says. */
const WORDS = 7;
const MAX_OPERANDS = 4;
const NOTHING = 0;
/** Register: bytes (0: a word or doubleword), number. */
const REGISTER = 1;
/** Segment, control, debug register: first iced register of the class, number. */
const SPECIAL = 2;
/** Memory: segment, base, index, scale, displacement, address size in bytes. */
const MEMORY = 3;
const IMMEDIATE = 4;
/** Branch: displacement. */
const BRANCH = 5;
/** Far pointer: offset, selector. */
const FAR = 6;

const KIND_NAMES = ["nothing", "register", "special", "memory", "immediate", "branch", "far"];

class Operands {
  readonly words = new Int32Array(WORDS * MAX_OPERANDS);
  count = 0;

  reset(): void {
    this.words.fill(0);
    this.count = 0;
  }

  add(kind: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): void {
    const { words } = this;
    const at = this.count++ * WORDS;
    words[at] = kind;
    words[at + 1] = a;
    words[at + 2] = b;
    words[at + 3] = c;
    words[at + 4] = d;
    words[at + 5] = e;
    words[at + 6] = f;
  }

  equals(other: Operands): boolean {
    if (this.count !== other.count) return false;
    for (let i = 0; i < this.count * WORDS; i++) if (this.words[i] !== other.words[i]) return false;
    return true;
  }

  toString(): string {
    const parts: string[] = [];
    for (let i = 0; i < this.count; i++) {
      const words = this.words.subarray(i * WORDS, i * WORDS + WORDS);
      parts.push(`${KIND_NAMES[words[0]]}(${[...words.subarray(1)].join(" ")})`);
    }
    return parts.join(", ");
  }
}

// --- Ours ----------------------------------------------------------------------------------------------------------

type Describe = (operands: Operands, insn: Insn) => void;

const bits = (insn: Insn): number => (insn.operand16 ? 2 : 4);

function describeMemory(operands: Operands, insn: Insn): void {
  const disp = insn.address16 ? insn.disp & 0xffff : insn.disp;
  operands.add(MEMORY, insn.seg, insn.base, insn.index, insn.scale, disp, insn.address16 ? 2 : 4);
}

/** The E operand; `bytes` 0: no matter whether word or doubleword. */
const describeE =
  (bytes: (insn: Insn) => number): Describe =>
  (operands, insn) => {
    if (insn.memory) describeMemory(operands, insn);
    else operands.add(REGISTER, bytes(insn), insn.rm);
  };

const implicitSegment =
  (segment: number): Describe =>
  (operands) =>
    operands.add(SPECIAL, Register.ES, segment);

const accumulator: Describe = (operands, insn) => operands.add(REGISTER, bits(insn), 0);
const immediate: Describe = (operands, insn) => operands.add(IMMEDIATE, insn.imm);
const branch: Describe = (operands, insn) => {
  operands.add(BRANCH, insn.operand16 ? (insn.imm << 16) >> 16 : insn.imm);
};
const destinationString: Describe = (operands, insn) => {
  operands.add(MEMORY, ES, EDI, ZERO, 0, 0, insn.address16 ? 2 : 4);
};

const DESCRIBE: Readonly<Record<string, Describe>> = {
  Eb: describeE(() => 1),
  Ev: describeE(bits),
  Ew: describeE(() => 0),
  E: describeE(() => 0),
  "Rv/Mw": describeE(bits),
  M: describeMemory,
  Ma: describeMemory,
  Mp: describeMemory,
  Mq: describeMemory,
  Ms: describeMemory,
  Ob: describeMemory,
  Ov: describeMemory,
  Xb: describeMemory,
  Xv: describeMemory,
  Yb: destinationString,
  Yv: destinationString,
  Gb: (operands, insn) => operands.add(REGISTER, 1, insn.reg),
  Gw: (operands, insn) => operands.add(REGISTER, 0, insn.reg),
  Gd: (operands, insn) => operands.add(REGISTER, 4, insn.reg),
  Ed: describeE(() => 4),
  "Rd/Mw": describeE(() => 4),
  Gv: (operands, insn) => operands.add(REGISTER, WORD_OPERANDS[insn.row] ? 0 : bits(insn), insn.reg),
  Rd: (operands, insn) => operands.add(REGISTER, 4, insn.rm),
  Zb: (operands, insn) => operands.add(REGISTER, 1, insn.rm),
  Zv: (operands, insn) => operands.add(REGISTER, bits(insn), insn.rm),
  Sw: (operands, insn) => operands.add(SPECIAL, Register.ES, insn.reg),
  Cd: (operands, insn) => operands.add(SPECIAL, Register.CR0, insn.reg),
  Dd: (operands, insn) => operands.add(SPECIAL, Register.DR0, insn.reg),
  ES: implicitSegment(0),
  CS: implicitSegment(1),
  SS: implicitSegment(2),
  DS: implicitSegment(3),
  FS: implicitSegment(4),
  GS: implicitSegment(5),
  AL: (operands) => operands.add(REGISTER, 1, 0),
  CL: (operands) => operands.add(REGISTER, 1, 4),
  DX: (operands) => operands.add(REGISTER, 2, 2),
  eAX: accumulator,
  "1": immediate,
  Ib: immediate,
  Ibs: immediate,
  Iw: immediate,
  Iz: immediate,
  Iv: immediate,
  Jb: branch,
  Jz: branch,
  Ap: (operands, insn) => operands.add(FAR, insn.imm, insn.imm2),
  Fv: () => {},
};

const vector =
  (first: Register, which: "reg" | "rm"): Describe =>
  (operands, insn) =>
    operands.add(SPECIAL, first, insn[which]);

const vectorOrMemory =
  (first: Register): Describe =>
  (operands, insn) => {
    if (insn.memory) describeMemory(operands, insn);
    else operands.add(SPECIAL, first, insn.rm);
  };

/** Operands of x87, MMX and SSE instructions: the letter says what, the rest how much of it. */
function describeVector(letters: string): Describe {
  if (letters === "ST") return (operands) => operands.add(SPECIAL, Register.ST0, 0);
  if (letters === "STi") return vector(Register.ST0, "rm");
  if (letters === "AX") return (operands) => operands.add(REGISTER, 2, 0);
  switch (letters[0]) {
    case "P":
      return vector(Register.MM0, "reg");
    case "N":
      return vector(Register.MM0, "rm");
    case "Q":
      return vectorOrMemory(Register.MM0);
    case "V":
      return vector(Register.XMM0, "reg");
    case "U":
      return vector(Register.XMM0, "rm");
    case "W":
      return vectorOrMemory(Register.XMM0);
    default:
      return describeMemory;
  }
}

const describeRow = (row: Row): Describe[] => {
  if (row.mnemonic === "xlat") return [describeMemory];
  if (row.mnemonic === "prefix" || row.operands === "") return [];
  if (row.operands === "Iw,Ib") return [immediate, (operands, insn) => operands.add(IMMEDIATE, insn.imm2)];
  const implied = row.mnemonic.startsWith("maskmov") ? [describeMemory] : [];
  const written = row.operands.split(",").map((letters) => DESCRIBE[letters] ?? describeVector(letters));
  return [...implied, ...written];
};

const DESCRIPTIONS = rows.map(describeRow);
/** Whether the row's only size comes from Ew or Gw: iced then may call a register by its wider name. */
const WORD_OPERANDS = rows.map((row) => /(?:^|,)[EG]w/.test(row.operands));

function describeOurs(operands: Operands, insn: Insn): void {
  operands.reset();
  for (const describe of DESCRIPTIONS[insn.row]) describe(operands, insn);
}

// --- iced's -----------------------------------------------------------------------------------------------------------

/** By iced register: bytes, or the first register of its class; its number in our terms. */
const REGISTER_KIND = new Uint8Array(256);
const REGISTER_CLASS = new Int32Array(256);
const REGISTER_NUMBER = new Uint8Array(256);
for (let i = 0; i < 8; i++) {
  // AL CL DL BL AH CH DH BH: byte offsets in the state block.
  setRegister(Register.AL + i, REGISTER, 1, (i & 3) * 4 + (i >> 2));
  setRegister(Register.AX + i, REGISTER, 2, i);
  setRegister(Register.EAX + i, REGISTER, 4, i);
  setRegister(Register.ST0 + i, SPECIAL, Register.ST0, i);
  setRegister(Register.MM0 + i, SPECIAL, Register.MM0, i);
  setRegister(Register.XMM0 + i, SPECIAL, Register.XMM0, i);
  setRegister(Register.CR0 + i, SPECIAL, Register.CR0, i);
  setRegister(Register.DR0 + i, SPECIAL, Register.DR0, i);
}
for (let i = 0; i <= GS; i++) setRegister(Register.ES + i, SPECIAL, Register.ES, i);

function setRegister(register: Register, kind: number, klass: number, number: number): void {
  REGISTER_KIND[register] = kind;
  REGISTER_CLASS[register] = klass;
  REGISTER_NUMBER[register] = number;
}

const baseNumber = (register: Register): number =>
  register === Register.None || register === Register.AL ? ZERO : REGISTER_NUMBER[register];

function addIced(operands: Operands, instruction: Instruction, index: number, words: boolean): void {
  const kind = instruction.opKind(index);
  switch (kind) {
    case OpKind.Register: {
      const register = instruction.opRegister(index);
      const klass = REGISTER_CLASS[register];
      const general = REGISTER_KIND[register] === REGISTER;
      operands.add(
        REGISTER_KIND[register],
        words && general && klass !== 1 ? 0 : klass,
        REGISTER_NUMBER[register],
      );
      break;
    }
    case OpKind.Memory:
      addIcedMemory(operands, instruction);
      break;
    case OpKind.MemorySegSI:
    case OpKind.MemorySegESI:
      operands.add(
        MEMORY,
        REGISTER_NUMBER[instruction.memorySegment],
        ESI,
        ZERO,
        0,
        0,
        kind === OpKind.MemorySegSI ? 2 : 4,
      );
      break;
    case OpKind.MemorySegDI:
    case OpKind.MemorySegEDI:
      operands.add(
        MEMORY,
        REGISTER_NUMBER[instruction.memorySegment],
        EDI,
        ZERO,
        0,
        0,
        kind === OpKind.MemorySegDI ? 2 : 4,
      );
      break;
    case OpKind.MemoryESDI:
    case OpKind.MemoryESEDI:
      operands.add(MEMORY, ES, EDI, ZERO, 0, 0, kind === OpKind.MemoryESDI ? 2 : 4);
      break;
    case OpKind.Immediate8:
      operands.add(IMMEDIATE, instruction.immediate8);
      break;
    case OpKind.Immediate8_2nd:
      operands.add(IMMEDIATE, instruction.immediate8_2nd);
      break;
    case OpKind.Immediate16:
      operands.add(IMMEDIATE, instruction.immediate16);
      break;
    case OpKind.Immediate32:
      operands.add(IMMEDIATE, instruction.immediate32);
      break;
    case OpKind.Immediate8to16:
      operands.add(IMMEDIATE, instruction.immediate8to16);
      break;
    case OpKind.Immediate8to32:
      operands.add(IMMEDIATE, instruction.immediate8to32);
      break;
    case OpKind.NearBranch16:
      operands.add(BRANCH, ((instruction.nearBranch16 - instruction.nextIP16) << 16) >> 16);
      break;
    case OpKind.NearBranch32:
      operands.add(BRANCH, (instruction.nearBranch32 - instruction.nextIP32) | 0);
      break;
    case OpKind.FarBranch16:
      operands.add(FAR, instruction.farBranch16, instruction.farBranchSelector);
      break;
    case OpKind.FarBranch32:
      operands.add(FAR, instruction.farBranch32, instruction.farBranchSelector);
      break;
    default:
      operands.add(NOTHING, kind);
  }
}

function addIcedMemory(operands: Operands, instruction: Instruction): void {
  const base = instruction.memoryBase;
  const index = instruction.memoryIndex;
  const displSize = instruction.memoryDisplSize;
  const narrow =
    (base >= Register.AX && base <= Register.DI) ||
    (index >= Register.AX && index <= Register.DI) ||
    (base === Register.None && index === Register.None && displSize === 2);
  const disp = displSize === 0 ? 0 : Number(BigInt.asIntN(32, instruction.memoryDisplacement));
  operands.add(
    MEMORY,
    REGISTER_NUMBER[instruction.memorySegment],
    baseNumber(base),
    baseNumber(index),
    index === Register.None ? 0 : Math.log2(instruction.memoryIndexScale),
    narrow ? disp & 0xffff : disp,
    narrow ? 2 : 4,
  );
}

// --- Immediates: iced gives unsigned or signed ones by kind; ours follow the contract of Insn ----------------------------

/** Rows whose immediate has operand size: ours is signed. */
const SIGNED_IMMEDIATE = rows.map((row) => /(?:^|,)I(?:z|v|bs)/.test(row.operands));

function normaliseImmediates(operands: Operands, insn: Insn): void {
  if (!SIGNED_IMMEDIATE[insn.row]) return;
  for (let i = 0; i < operands.count; i++) {
    const at = i * WORDS + 1;
    if (operands.words[at - 1] === IMMEDIATE && insn.operand16) {
      operands.words[at] = (operands.words[at] << 16) >> 16;
    }
  }
}

// --- Comparison --------------------------------------------------------------------------------------------------------

/** Escape opcodes. */
const X87 = /^d[89a-f]/;

const UNDEFINED = new Set(["ud", "x87_ud"]);

const supportedCodes = new Map<Code, boolean>();

function supported(instruction: Instruction): boolean {
  const { code } = instruction;
  let known = supportedCodes.get(code);
  if (known === undefined) {
    known = code !== Code.INVALID && instruction.cpuidFeatures().every((feature) => FEATURES.has(feature));
    supportedCodes.set(code, known);
  }
  return known;
}

const OUR_NAMES: Readonly<Record<string, string>> = {
  sal: "shl",
  reservednop: "nop",
  xlatb: "xlat",
  jcxz: "jecxz",
};

/** iced's mnemonic in our spelling. */
function icedName(instruction: Instruction): string {
  const name = Mnemonic[instruction.mnemonic].toLowerCase();
  return OUR_NAMES[name] ?? name;
}

/** Our mnemonic as iced spells it: string instructions end in their size. */
function ourName(insn: Insn): string {
  const { mnemonic, operands } = rows[insn.row];
  const [narrow, wide = narrow] = mnemonic.split("/");
  const name = (insn.operand16 ? narrow : wide).replace("rep_", "");
  if (!/(?:^|,)[XY]/.test(operands)) return name;
  return name + (/[XY]b/.test(operands) ? "b" : insn.operand16 ? "w" : "d");
}

/** Operand size that it needs, 0 if any. */
function icedOperandSize(instruction: Instruction): number {
  const info = instruction.opCode;
  const size = info.operandSize;
  info.free();
  return size;
}

/** Enough to see what is wrong. */
const MAX_DIFFERENCES = 40;

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");

/** Compares instructions of one mode; differences are kept as sentences, the first of each pair of row and code. */
export class IcedComparison {
  readonly differences: string[] = [];
  checked = 0;
  valid = 0;
  /** Instructions of each row that agreed. */
  readonly seen = new Uint32Array(rows.length);
  private readonly bitness: 16 | 32;
  private readonly mode: number;
  private readonly instruction = new Instruction();
  private readonly ours = new Operands();
  private readonly theirs = new Operands();
  private readonly namesChecked = new Set<number>();
  private readonly reported = new Set<string>();

  constructor(bitness: 16 | 32) {
    this.bitness = bitness;
    this.mode = bitness === 32 ? MODE_CODE32 : 0;
  }

  /** Checks `count` instructions, one at each multiple of STRIDE. */
  check(bytes: Uint8Array, count: number): void {
    const decoder = new Decoder(this.bitness, bytes.subarray(0, count * STRIDE), OPTIONS);
    for (let i = 0; i < count; i++) {
      const at = i * STRIDE;
      decoder.position = at;
      decoder.decodeOut(this.instruction);
      this.compare(bytes, at);
    }
    this.checked += count;
    decoder.free();
  }

  private compare(bytes: Uint8Array, at: number): void {
    const { instruction } = this;
    const insn = new Insn(() => {});
    const length = decode(insn, bytes, at, MAX_LENGTH, this.mode);
    const row = rows[insn.row];
    const { code } = instruction;
    const ourValid = length !== DECODE_TRUNCATED && !UNDEFINED.has(row.mnemonic);
    const theirValid = supported(instruction);
    if (KNOWN_DIFFERENCES.some(({ holds }) => holds(row, code))) return;
    if (ourValid !== theirValid) {
      this.report(bytes, at, insn, ourValid ? "iced says invalid" : "iced says valid");
      return;
    }
    if (!ourValid) {
      this.seen[insn.row]++;
      return;
    }
    this.valid++;
    if (length !== instruction.length) {
      this.report(bytes, at, insn, `length ${length}, iced ${instruction.length}`);
      return;
    }
    this.compareNames(bytes, at, insn);
    this.compareOperands(bytes, at, insn);
    this.seen[insn.row]++;
  }

  private compareNames(bytes: Uint8Array, at: number, insn: Insn): void {
    const { code } = this.instruction;
    const pair = (code * rows.length + insn.row) * 2 + (insn.operand16 ? 1 : 0);
    if (this.namesChecked.has(pair)) return;
    this.namesChecked.add(pair);
    const name = icedName(this.instruction);
    if (name !== ourName(insn)) this.report(bytes, at, insn, `${ourName(insn)}, iced ${name}`);
    const size = icedOperandSize(this.instruction);
    if (size !== 0 && size !== bits(insn) * 8) this.report(bytes, at, insn, `iced's operand size ${size}`);
  }

  private compareOperands(bytes: Uint8Array, at: number, insn: Insn): void {
    const { instruction, ours, theirs } = this;
    describeOurs(ours, insn);
    theirs.reset();
    // iced gives hints ModR/M.reg as a second operand.
    const opCount = rows[insn.row].mnemonic === "nop" ? ours.count : instruction.opCount;
    // It also gives x87 instructions the implied ST(0) that the SDM does not write.
    const first = X87.test(rows[insn.row].key) ? Math.max(opCount - ours.count, 0) : 0;
    for (let i = first; i < opCount; i++) addIced(theirs, instruction, i, WORD_OPERANDS[insn.row]);
    if (!ours.equals(theirs)) {
      normaliseImmediates(theirs, insn);
      normaliseImmediates(ours, insn);
      if (!ours.equals(theirs)) this.report(bytes, at, insn, `${ours}; iced ${theirs}`);
    }
  }

  private report(bytes: Uint8Array, at: number, insn: Insn, what: string): void {
    const key = `${insn.row} ${this.instruction.code} ${what.slice(0, 8)}`;
    if (this.reported.has(key)) return;
    this.reported.add(key);
    if (this.differences.length >= MAX_DIFFERENCES) return;
    const { mnemonic, operands } = rows[insn.row];
    const bytesText = hex(bytes.subarray(at, at + MAX_LENGTH));
    const name = Code[this.instruction.code];
    this.differences.push(`${this.bitness}-bit ${bytesText}: ${mnemonic} ${operands}, iced ${name}: ${what}`);
  }
}
