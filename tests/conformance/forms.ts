/**
 * The instruction forms: each row of the opcode table by what its encodings can differ in. A register or memory, 16 or
 * 32-bit operands, with LOCK or without, REP or REPNE. What else may vary (registers, addressing, other prefixes,
 * immediates, operand values) varies within a form, from case to case (`cases.ts`).
 */
import { type OpcodeKey, opcodeKey } from "../../src/cpu/opcode-key.ts";
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
  readonly encoding: OpcodeKey;
  /** The ModR/M operand is memory. */
  readonly memory: boolean;
  readonly operand16: boolean;
  readonly lock: boolean;
  /** Prefix that belongs to the opcode: 0x66, 0xf3, 0xf2 or 0. */
  readonly prefix: number;
  readonly cases: number;
}

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

const PREFIX_BYTES: Readonly<Record<string, readonly number[]>> = {
  "": [0],
  np: [0],
  "66": [0x66],
  f3: [0xf3],
  f2: [0xf2],
  rep: [0xf3, 0xf2],
};

/** Operand size changes what the instruction does. */
function isSized(row: Row, { prefix }: OpcodeKey): boolean {
  if (prefix !== "" && prefix !== "rep") return false;
  if (/\/|^(?:push|pop|ret|leave|enter|loop\w*|jecxz)$/.test(row.mnemonic)) return true;
  return row.operands
    .split(",")
    .some((operand) => /^(?:[EGZXYOF]v|[IJ][vz]|Jb|Ibs|Rv\/Mw|eAX|Ma|Menv|Mfpu)$/.test(operand));
}

function places(row: Row, { modrm, memory, register }: OpcodeKey): readonly boolean[] {
  if (!modrm) return [false];
  // The decoder takes any ModR/M.mod of MOV to and from CRn and DRn for a register.
  if (row.operands.split(",").includes("Rd")) return [false];
  return [...(register ? [false] : []), ...(memory ? [true] : [])];
}

function formsOf(row: Row, rowIndex: number): Form[] {
  const encoding = opcodeKey(row);
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
