/**
 * The instruction forms: each row of the opcode table by what its encodings can differ in. A register or memory, 16 or
 * 32-bit operands, with LOCK or without, REP or REPNE. What else may vary (registers, addressing, other prefixes,
 * immediates, operand values) varies within a form, from case to case (`cases.ts`).
 */
import { ROW_UD, type Row, rows } from "../../src/cpu/opcodes.ts";
import { whyNotRecorded } from "./not-recorded.ts";
import { undefinedRows } from "./undefined-encodings.ts";

export interface Form {
  /** Key of the row and what distinguishes the form; the seed of its cases. */
  readonly id: string;
  /** Name of the file its vectors are in. */
  readonly group: string;
  readonly row: Row;
  /** Index of the row in the table. */
  readonly rowIndex: number;
  readonly encoding: Encoding;
  /** The ModR/M operand is memory. */
  readonly memory: boolean;
  readonly operand16: boolean;
  readonly lock: boolean;
  /** Prefix that belongs to the opcode: 0x66, 0xf3, 0xf2 or 0. */
  readonly prefix: number;
  readonly cases: number;
}

/** What the key of a row says. */
export interface Encoding {
  readonly prefix: string;
  readonly twoByte: boolean;
  readonly opcode: number;
  readonly plusR: boolean;
  /** ModR/M.reg and ModR/M.rm where they are part of the opcode, else -1. */
  readonly digit: number;
  readonly rm: number;
  readonly modrm: boolean;
}

const KEY = /^(?:(rep|np|66|f3|f2) )?(0f )?([0-9a-f]{2})(\+r)?(?:\/([0-7]))?([mr])?([0-7])?$/;
const MODRM_OPERAND = /^(?:[EG][bvwd]?|[MRPQVWUN].*|STi|Sw|Cd|Dd)$/;

const MIN_CASES = 320;
/** Floating point has more edges. */
const FLOAT_CASES = 900;

const GROUPS: readonly (readonly [group: string, holds: (row: Row) => boolean])[] = [
  ["undefined", ({ mnemonic }) => mnemonic === "undefined"],
  [
    "x87-transcendental",
    ({ mnemonic }) => /^(?:f2xm1|fyl2x|fyl2xp1|fptan|fpatan|fsin|fcos|fsincos)$/.test(mnemonic),
  ],
  [
    "x87-control",
    ({ mnemonic }) => /^(?:fn|fldcw|fldenv|frstor|ffree|fdecstp|fincstp|wait|fxsave|fxrstor)/.test(mnemonic),
  ],
  ["x87-move", ({ mnemonic }) => /^(?:fld|fst|fil|fist|fb|fxch|fcmov)/.test(mnemonic)],
  ["x87-arithmetic", ({ feature }) => /^(?:fpu|fcmov)$/.test(feature)],
  [
    "mmx",
    ({ feature, operands }) =>
      feature === "mmx" || (/^sse/.test(feature) && /^(?:[PN]q|Mq,Pq|Gd,Nq)/.test(operands)),
  ],
  [
    "sse-float",
    ({ feature, mnemonic }) =>
      /^sse/.test(feature) && /^(?:cvt|add|sub|mul|div|sqrt|rsqrt|rcp|min|max|cmp|com|ucom)/.test(mnemonic),
  ],
  ["sse-integer", ({ feature }) => /^sse/.test(feature)],
  ["string", ({ mnemonic }) => /^(?:rep_)?(?:movs|cmps|stos|lods|scas|ins|outs)$/.test(mnemonic)],
  ["control-transfer", ({ ends, mnemonic }) => ends === 1 && !/^(?:rsm|ud)/.test(mnemonic)],
  ["stack", ({ mnemonic }) => /^(?:push|pop|enter|leave)/.test(mnemonic)],
  ["multiply-divide", ({ mnemonic }) => /^i?(?:mul|div)$/.test(mnemonic)],
  ["shift-rotate", ({ mnemonic }) => /^(?:ro[lr]|rc[lr]|s[ha][lr]|sh[lr]d)$/.test(mnemonic)],
  ["arithmetic", ({ mnemonic }) => /^(?:add|adc|sub|sbb|cmp|inc|dec|neg|daa|das|aa.)$/.test(mnemonic)],
  ["logic", ({ mnemonic }) => /^(?:and|or|xor|not|test)$/.test(mnemonic)],
  ["bit-byte", ({ mnemonic }) => /^(?:bt.?|bsf|bsr|set\w+)$/.test(mnemonic)],
  [
    "data-transfer",
    ({ mnemonic }) =>
      /^(?:mov\w*|cmov\w+|xchg|xadd|cmpxchg\w*|bswap|lea|xlat|c[bwd]\w+|lahf|sahf)$/.test(mnemonic),
  ],
  ["system", () => true],
];

function encodingOf(row: Row): Encoding {
  const [, prefix = "", twoByte, opcode, plusR, digit, , rm] = KEY.exec(row.key)!;
  return {
    prefix,
    twoByte: twoByte !== undefined,
    opcode: Number.parseInt(opcode, 16),
    plusR: plusR !== undefined,
    digit: digit === undefined ? -1 : Number(digit),
    rm: rm === undefined ? -1 : Number(rm),
    modrm: digit !== undefined || row.operands.split(",").some((operand) => MODRM_OPERAND.test(operand)),
  };
}

const PREFIX_BYTES: Readonly<Record<string, readonly number[]>> = {
  "": [0],
  np: [0],
  "66": [0x66],
  f3: [0xf3],
  f2: [0xf2],
  rep: [0xf3, 0xf2],
};

/** Operand size changes what the instruction does. */
function isSized(row: Row, { prefix }: Encoding): boolean {
  if (prefix !== "" && prefix !== "rep") return false;
  if (/\/|^(?:push|pop|ret|leave|enter|loop\w*|jecxz)$/.test(row.mnemonic)) return true;
  return row.operands
    .split(",")
    .some((operand) => /^(?:[EGZXYOF]v|[IJ][vz]|Jb|Ibs|Rv\/Mw|eAX|Ma|Menv|Mfpu)$/.test(operand));
}

function places(row: Row, { modrm }: Encoding): readonly boolean[] {
  const operands = row.operands.split(",");
  if (!modrm) return [false];
  if (/m$/.test(row.key) || operands.some((operand) => operand.startsWith("M"))) return [true];
  if (/r[0-7]?$/.test(row.key) || operands.some((operand) => /^[NU]|^Rd$/.test(operand))) return [false];
  return [false, true];
}

function formsOf(row: Row, rowIndex: number): Form[] {
  const encoding = encodingOf(row);
  const group = GROUPS.find(([, holds]) => holds(row))![0];
  const cases = /^(?:x87-(?!control)|sse-float)/.test(group) ? FLOAT_CASES : MIN_CASES;
  const forms: Form[] = [];
  const sized = isSized(row, encoding);
  for (const prefix of PREFIX_BYTES[encoding.prefix]) {
    for (const operand16 of sized ? [false, true] : [false]) {
      for (const memory of places(row, encoding)) {
        for (const lock of row.lock && memory ? [false, true] : [false]) {
          let id = row.key;
          if (encoding.prefix === "rep") id += prefix === 0xf3 ? " f3" : " f2";
          if (sized) id += operand16 ? " 16" : " 32";
          if (encoding.modrm) id += memory ? " mem" : " reg";
          if (lock) id += " lock";
          forms.push({ id, group, row, rowIndex, encoding, memory, operand16, lock, prefix, cases });
        }
      }
    }
  }
  return forms;
}

/** Every form that has vectors, in the order of the table. */
export const forms: readonly Form[] = [
  ...rows.flatMap((row, index) => (whyNotRecorded(row) === "" ? formsOf(row, index) : [])),
  ...undefinedRows.flatMap((row) => formsOf(row, ROW_UD)),
];

export const groupNames: readonly string[] = [...new Set(forms.map(({ group }) => group))];

/** Rows without vectors, with the reason. */
export const notRecorded: readonly { readonly row: Row; readonly why: string }[] = rows
  .map((row) => ({ row, why: whyNotRecorded(row) }))
  .filter(({ why }) => why !== "");

/** The form in words: "add Ev,Gv (01 32 mem)". */
export function formName({ row, id }: Form): string {
  const instruction = row.operands === "" ? row.mnemonic : `${row.mnemonic} ${row.operands}`;
  return `${instruction} (${id})`;
}
