/**
 * A small x86 assembler for tests: Intel syntax, labels, data, 16 and 32 bits.
 *
 *     asm("mov eax, 5\nlabel: add eax, dword ptr fs:[ebx*4+8]\njnz label", { origin: 0x100000 })
 *
 * - Statements one a line; `;` and `#` start comments; `.name` labels belong to the label before.
 * - `bits 16|32`, `org N`, `align N`, `times N statement`, `name equ N`, `resb N`, `db dw dd dq` with numbers,
 *   labels and strings; `$` is this statement's address, `$$` the origin.
 * - Operand sizes: `word [eax]`, `dword ptr [eax]`, `push word 5`, `add eax, strict dword 5`, `jmp short x`,
 *   `jmp near x`, `jmp far [x]`, `jmp 0x08:x`, `jmp word 0x08:x`, `[dword eax+4]` (long displacement).
 * - Prefixes: `lock rep repe repne es cs ss ds fs gs o16 o32 a16 a32`. What cannot be written: `db`.
 * - `pusha popa pushf popf iret` have the size of the current bits, as in NASM.
 */

import { type Bits, encodeStatement, type Statement } from "./asm-encode.ts";
import {
  type Expr,
  isName,
  isSegment,
  type Operand,
  plain,
  Reader,
  type Scope,
  stripComment,
  tokenize,
} from "./asm-syntax.ts";

export interface AsmOptions {
  /** Address of the first byte; default 0. */
  readonly origin?: number;
  /** Default 32. */
  readonly bits?: Bits;
}

export interface Assembled {
  readonly bytes: Uint8Array;
  readonly origin: number;
  readonly labels: ReadonlyMap<string, number>;
}

/** The bytes of a program. Throws an error that shows the line. */
export function asm(text: string, options: AsmOptions = {}): Uint8Array {
  return assemble(text, options).bytes;
}

/** The bytes of a program and the addresses of its labels. */
export function assemble(text: string, options: AsmOptions = {}): Assembled {
  const program = parse(text, options.bits ?? 32);
  let origin = options.origin ?? 0;
  if (program[0]?.org !== undefined) origin = plain(program[0].org(numbersOnly));
  let pass: Pass = { bytes: [], labels: new Map(), lengths: [] };
  for (let count = 0; count < MAX_PASSES; count++) {
    const next = runPass(program, origin, pass, count);
    if (count > 0 && sameNumbers(next.lengths, pass.lengths) && sameLabels(next.labels, pass.labels)) {
      return { bytes: Uint8Array.from(next.bytes), origin, labels: next.labels };
    }
    pass = next;
  }
  throw new Error("asm: labels do not settle");
}

/** From this pass on no statement gets shorter, so that the addresses settle. */
const GROW_ONLY_PASS = 8;
const MAX_PASSES = 64;

/** One line, ready to be turned into bytes in each pass. */
interface Line {
  readonly number: number;
  readonly text: string;
  readonly label: string;
  readonly org: Expr | undefined;
  readonly equ: Expr | undefined;
  /** The bytes at `scope.here`; `minLength` only binds where there is a choice. */
  readonly emit: ((scope: Scope, minLength: number) => Iterable<number>) | undefined;
}

interface Pass {
  readonly bytes: number[];
  readonly labels: Map<string, number>;
  readonly lengths: number[];
}

const numbersOnly: Scope = {
  here: 0,
  origin: 0,
  symbol: (name) => {
    throw new Error(`asm: "${name}" is not known here`);
  },
};

function runPass(program: readonly Line[], origin: number, previous: Pass, count: number): Pass {
  const pass: Pass = { bytes: [], labels: new Map(), lengths: [] };
  const define = (name: string, value: number) => {
    if (pass.labels.has(name)) throw new Error(`"${name}" is defined twice`);
    pass.labels.set(name, value);
  };
  for (const [index, line] of program.entries()) {
    const here = origin + pass.bytes.length;
    const symbol = (name: string): number => {
      const value = pass.labels.get(name) ?? previous.labels.get(name);
      // In the first pass a later label is assumed near; from the second pass on all are known.
      if (value === undefined && count > 0) throw new Error(`"${name}" is not defined`);
      return value ?? here;
    };
    const scope: Scope = { here, origin, symbol };
    try {
      if (line.equ !== undefined) define(line.label, plain(line.equ(scope)));
      else if (line.label !== "") define(line.label, here);
      if (line.org !== undefined) pad(pass.bytes, plain(line.org(scope)) - here, 0);
      const minLength = count >= GROW_ONLY_PASS ? previous.lengths[index]! : 0;
      for (const byte of line.emit?.(scope, minLength) ?? []) pass.bytes.push(byte & 0xff);
    } catch (error) {
      throw new Error(`asm line ${line.number}: "${line.text}": ${(error as Error).message}`, {
        cause: error,
      });
    }
    pass.lengths.push(origin + pass.bytes.length - here);
  }
  return pass;
}

function pad(bytes: number[], count: number, value: number): void {
  if (count < 0) throw new Error("org goes backwards");
  for (let i = 0; i < count; i++) bytes.push(value);
}

const sameNumbers = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((value, i) => value === b[i]);
const sameLabels = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>) =>
  sameNumbers([...a.values()], [...b.values()]);

function parse(text: string, initialBits: Bits): Line[] {
  const lines: Line[] = [];
  let bits = initialBits;
  let scopeLabel = "";
  const qualify = (name: string) => (name.startsWith(".") ? scopeLabel + name : name);
  for (const [index, raw] of text.split("\n").entries()) {
    const shown = { number: index + 1, text: raw.trim() };
    try {
      const tokens = tokenize(stripComment(raw));
      let at = 0;
      while (isName(tokens[at]) && tokens[at + 1] === ":" && !isSegment(tokens[at]!.toLowerCase())) {
        const label = qualify(tokens[at]!);
        if (!tokens[at]!.startsWith(".")) scopeLabel = label;
        lines.push({ ...shown, label, org: undefined, equ: undefined, emit: undefined });
        at += 2;
      }
      if (at === tokens.length) continue;
      const reader = new Reader(tokens, at, qualify);
      const line = { ...shown, label: "", org: undefined, equ: undefined, emit: undefined };
      const next = tokens[at + 1]?.toLowerCase();
      if (next === "equ" || next === "=") {
        reader.at += 2;
        lines.push({ ...line, label: qualify(tokens[at]!), equ: wholeExpression(reader) });
      } else if (reader.accept("bits") !== "") {
        bits = plain(wholeExpression(reader)(numbersOnly)) === 16 ? 16 : 32;
      } else if (reader.accept("org") !== "") {
        lines.push({ ...line, org: wholeExpression(reader) });
      } else {
        lines.push({ ...line, emit: parseStatement(reader, bits) });
      }
    } catch (error) {
      throw new Error(`asm line ${shown.number}: "${shown.text}": ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  return lines;
}

function wholeExpression(reader: Reader): Expr {
  const expr = reader.expression();
  reader.end();
  return expr;
}

type Emit = NonNullable<Line["emit"]>;

const DATA_SIZES: Readonly<Record<string, number>> = { db: 1, dw: 2, dd: 4, dq: 8 };

function parseStatement(reader: Reader, bits: Bits): Emit {
  const word = reader.accept("times", "align", "resb", ...Object.keys(DATA_SIZES));
  if (word === "times") {
    const count = reader.expression();
    const emit = parseStatement(reader, bits);
    return (scope, minLength) => {
      const n = plain(count(scope));
      const bytes: number[] = [];
      for (let i = 0; i < n; i++) {
        bytes.push(...emit({ ...scope, here: scope.here + bytes.length }, Math.trunc(minLength / n)));
      }
      return bytes;
    };
  }
  if (word === "align") {
    const to = wholeExpression(reader);
    return (scope) => {
      const size = plain(to(scope));
      return new Array<number>((size - (scope.here % size)) % size).fill(0x90);
    };
  }
  if (word === "resb") {
    const count = wholeExpression(reader);
    return (scope) => new Array<number>(plain(count(scope))).fill(0);
  }
  if (word !== "") return parseData(reader, DATA_SIZES[word]!);
  return parseInstruction(reader, bits);
}

function parseData(reader: Reader, size: number): Emit {
  const items: ((scope: Scope) => number[])[] = [];
  do {
    const token = reader.peek() ?? "";
    const following = reader.tokens[reader.at + 1];
    if (/^["']/.test(token) && (following === undefined || following === ",")) {
      reader.at++;
      const bytes = [...new TextEncoder().encode(token.slice(1, -1))];
      while (bytes.length % size !== 0) bytes.push(0);
      items.push(() => bytes);
    } else {
      const expr = reader.expression();
      items.push((scope) => littleEndian(plain(expr(scope)), size));
    }
  } while (reader.accept(",") !== "");
  reader.end();
  return (scope) => items.flatMap((item) => item(scope));
}

function littleEndian(value: number, size: number): number[] {
  const bits = BigInt.asUintN(size * 8, BigInt(value));
  return Array.from({ length: size }, (_, i) => Number((bits >> BigInt(i * 8)) & 0xffn));
}

const PREFIXES = ["lock", "rep", "repe", "repz", "repne", "repnz", "o16", "o32", "a16", "a32"];
const SEGMENT_PREFIXES = ["es", "cs", "ss", "ds", "fs", "gs"];

function parseInstruction(reader: Reader, bits: Bits): Emit {
  const prefixes: string[] = [];
  const acceptPrefix = () => reader.accept(...PREFIXES, ...SEGMENT_PREFIXES).replace(/z$/, "e");
  for (let prefix = acceptPrefix(); prefix !== ""; prefix = acceptPrefix()) prefixes.push(prefix);
  const token = reader.tokens[reader.at++];
  if (token === undefined) throw new Error("an instruction is missing");
  let word = token.toLowerCase();
  const sizedReturn = /^(retf?)([wd])$/.exec(word);
  if (sizedReturn !== null) {
    word = sizedReturn[1]!;
    prefixes.push(sizedReturn[2] === "w" ? "o16" : "o32");
  }
  const operands = reader.operands();
  const size = prefixes.includes("o16") ? 16 : prefixes.includes("o32") ? 32 : bits;
  const forms = formsOf({ mnemonic: canonical(word, size), operands, prefixes });
  return (scope, minLength) => {
    for (const form of forms) {
      const candidates = encodeStatement(form, bits, scope);
      const best = candidates.find((bytes) => bytes.length >= minLength) ?? candidates[0];
      if (best !== undefined) return best;
    }
    throw new Error("no such instruction, or not with these operands");
  };
}

const CONDITION_ALIASES: Readonly<Record<string, string>> = {
  z: "e",
  nz: "ne",
  c: "b",
  nc: "ae",
  nae: "b",
  nb: "ae",
  na: "be",
  nbe: "a",
  nge: "l",
  nl: "ge",
  ng: "le",
  nle: "g",
  pe: "p",
  po: "np",
};
const ALIASES: Readonly<Record<string, string>> = {
  sal: "shl",
  xlat: "xlatb",
  retn: "ret",
  icebp: "int1",
  fwait: "wait",
  pushaw: "pusha",
  popaw: "popa",
  pushfw: "pushf",
  popfw: "popf",
  iretw: "iret",
  ud2a: "ud2",
  loopz: "loope",
  loopnz: "loopne",
};
/** Their bare name means 16 bits to iced and the current bits to NASM. */
const SIZED_BY_BITS = ["pusha", "popa", "pushf", "popf", "iret"];

/** iced's name of a mnemonic. */
function canonical(word: string, bits: number): string {
  if (SIZED_BY_BITS.includes(word)) return bits === 32 ? `${word}d` : word;
  const condition = /^(j|set|cmov)(\w+)$/.exec(word);
  const alias = condition === null ? undefined : CONDITION_ALIASES[condition[2]!];
  if (alias !== undefined) return condition![1]! + alias;
  return ALIASES[word] ?? word;
}

/** The statement, and other ways to say it that the opcode map has. */
function formsOf(statement: Statement): Statement[] {
  const { mnemonic, operands } = statement;
  const [a, b] = operands;
  const also = (...lists: Operand[][]) => [
    statement,
    ...lists.map((list) => ({ ...statement, operands: list })),
  ];
  if ((mnemonic === "aam" || mnemonic === "aad") && a === undefined) return also([TEN]);
  if ((mnemonic === "test" || mnemonic === "xchg") && a !== undefined && b !== undefined) return also([b, a]);
  if (mnemonic === "imul" && a !== undefined && b !== undefined && operands.length === 2)
    return also([a, a, b]);
  // x87 instructions may leave out ST0, or ST1 and ST0.
  if (mnemonic.startsWith("f") && a === undefined) return also([ST1, ST0], [ST0, ST1]);
  if (mnemonic.startsWith("f") && a?.kind === "reg" && b === undefined) return also([ST0, a], [a, ST0]);
  return [statement];
}

const TEN: Operand = {
  kind: "imm",
  size: 0,
  strict: false,
  reach: "",
  expr: () => ({ value: 10, regs: [] }),
};
const ST0: Operand = { kind: "reg", reg: "st0" };
const ST1: Operand = { kind: "reg", reg: "st1" };
