/**
 * Finds the handler of each row of the opcode table by its name, once, when the module loads.
 *
 * A handler's name is the mnemonic and the operand letters, joined by "_". The first of these that exists is taken;
 * the example is ADD Ev,Gv with 32-bit operands, ModR/M naming a register:
 *
 *     add_Rd_Gd    form and width: R register, M memory; b byte, w word, d doubleword
 *     add_Ed_Gd    width only
 *     add_Rv_Gv    form only
 *     add_Ev_Gv    neither: the handler looks at `insn.operand16` and `insn.memory`
 *     add          whatever the operands
 *
 * Operands that mean the same work have one name:
 *
 *     Z, AL or eAX before an immediate    R     the register is in `insn.rm`
 *     O, with AL or eAX                   M, G  the register is in `insn.reg`
 *     Iz Iv Ibs                           Iv    `insn.imm` has operand size
 *     Jb Jz                               Jv    likewise
 *     1 (shifts)                          Ib    if no handler says `_1`
 *     ES CS …                             Sw    if no handler names it; its number is in `insn.reg`
 *
 * Where no operand tells the width, the mnemonic may: `retd`, `retw`, then `ret`. Jcc, SETcc and CMOVcc without a
 * handler of their own go to `jcc_Jv`, `setcc_Eb`, `cmovcc_Gv_Ev`.
 */
import type { Cpu } from "../cpu.ts";
import { raiseUD } from "../exceptions.ts";
import type { Handler, Insn } from "../insn.ts";
import { type Row, rows } from "../opcodes.ts";
import { groups } from "./index.ts";

/** What an encoding without a meaning does, and what a row without a handler does until it gets one. */
function undefinedOpcode(cpu: Cpu): void {
  raiseUD(cpu);
}

/** Defined to raise #UD, RSM since the processor is never in system-management mode. */
const UNDEFINED = new Set(["ud", "ud0", "ud1", "ud2", "rsm"]);

interface Form {
  readonly operand32: boolean;
  readonly memory: boolean;
}

const SEGMENT = /^[C-GS]S$/;
/** Operands that leave it to the mnemonic to tell the operand size. */
const WITHOUT_SIZE = /^(?:|Iw|Iw,Ib|Ap|Mp|[C-GS]S)$/;

const isAccumulator = (operand: string): boolean => operand === "AL" || operand === "eAX";
const sizeOf = (operand: string): string => (operand === "AL" ? "b" : "v");

/** Operands with equal work written equally: letters E, M, R, G, I, J with sizes b, w, d, v. */
function normalise(row: Row, form: Form): string[] {
  const operands = row.operands === "" ? [] : row.operands.split(",");
  const [first, second] = operands;
  if (second !== undefined && isAccumulator(first) && row.mnemonic !== "in") {
    if (second.startsWith("I")) return [`R${sizeOf(first)}`, normaliseOne(second, form)];
    if (second.startsWith("O")) return [`G${sizeOf(first)}`, `M${sizeOf(first)}`];
  }
  if (first !== undefined && first.startsWith("O")) return [`M${sizeOf(second)}`, `G${sizeOf(second)}`];
  return operands.map((operand) => normaliseOne(operand, form));
}

function normaliseOne(operand: string, form: Form): string {
  if (operand === "Rv/Mw") return form.memory ? "Mw" : "Rv";
  if (operand === "Rd/Mw") return form.memory ? "Mw" : "Rd";
  if (/^I(?:z|v|bs)$/.test(operand)) return "Iv";
  if (/^J[bz]$/.test(operand)) return "Jv";
  return operand.replace(/^E(?=[bvw]?$)/, form.memory ? "M" : "R").replace(/^Z/, "R");
}

/** Every name a handler may have, the most specific first. */
export function* candidates(row: Row, form: Form): Generator<string> {
  const width = form.operand32 ? "d" : "w";
  const specific = normalise(row, form);
  const spellings = [specific];
  if (specific.includes("1")) spellings.push(specific.map((operand) => (operand === "1" ? "Ib" : operand)));
  if (SEGMENT.test(row.operands)) spellings.push(["Sw"]);
  if (row.operands.startsWith("Rv/Mw")) spellings.push(["Ev", ...specific.slice(1)]);
  for (const mnemonic of mnemonics(row, form)) {
    for (const operands of spellings) {
      const anyForm = operands.map(eitherForm);
      yield nameOf(mnemonic, operands, width);
      yield nameOf(mnemonic, anyForm, width);
      yield nameOf(mnemonic, operands, "v");
      yield nameOf(mnemonic, anyForm, "v");
    }
    if (row.operands !== "") yield literalName(mnemonic, row);
    yield mnemonic;
  }
}

const eitherForm = (operand: string): string => operand.replace(/^[RM](?=[bvwd]$)/, "E");

function nameOf(mnemonic: string, operands: readonly string[], width: string): string {
  let name = mnemonic;
  for (const operand of operands)
    name += `_${operand.endsWith("v") ? operand.slice(0, -1) + width : operand}`;
  return name;
}

const literalName = (mnemonic: string, row: Row): string => [mnemonic, ...row.operands.split(",")].join("_");

function mnemonics(row: Row, form: Form): string[] {
  const [narrow, wide = narrow] = row.mnemonic.split("/");
  const own = form.operand32 ? wide : narrow;
  const names = own === narrow ? [own] : [own, narrow];
  if (wide === narrow && WITHOUT_SIZE.test(row.operands))
    names.unshift(`${own}${form.operand32 ? "d" : "w"}`);
  const family = /^(j|set|cmov)(?:n?[obesp]|ae?|be|[lg]e?)$/.exec(row.mnemonic);
  if (family !== null) names.push(`${family[1]}cc`);
  return names;
}

/** The forms in which an instruction of a row can occur: with a register, with memory, or both. */
export function formsOf(row: Row): Form[] {
  const operands = row.operands.split(",");
  const memory =
    /^(?:xlat|maskmov)/.test(row.mnemonic) || operands.some((operand) => /^[MOXY]/.test(operand));
  const either =
    !memory &&
    !/[mr][0-7]?$/.test(row.key) &&
    operands.some((operand) => /^(?:E[bvwd]?|[QW].*|R[vd]\/Mw)$/.test(operand));
  const sizes = [false, true];
  const places = either ? [false, true] : [memory];
  return sizes.flatMap((operand32) => places.map((place) => ({ operand32, memory: place })));
}

// --- Binding -------------------------------------------------------------------------------------------------------

const byName = new Map<string, Handler>();
const bound = new Set<string>();
const missing = new Set<string>();
/** Indexed by `row * 4 + operand32 * 2 + memory`. */
const handlers: Handler[] = new Array<Handler>(rows.length * 4).fill(undefinedOpcode);

for (const group of groups) {
  for (const [name, handler] of Object.entries(group)) {
    if (typeof handler === "function") byName.set(name, handler as Handler);
  }
}

rows.forEach((row, index) => {
  if (row.mnemonic === "prefix" || UNDEFINED.has(row.mnemonic)) return;
  for (const form of formsOf(row)) {
    handlers[index * 4 + (form.operand32 ? 2 : 0) + (form.memory ? 1 : 0)] = find(row, form);
  }
});

function find(row: Row, form: Form): Handler {
  for (const name of candidates(row, form)) {
    const handler = byName.get(name);
    if (handler === undefined) continue;
    bound.add(name);
    return handler;
  }
  missing.add(
    `${row.mnemonic} ${row.operands} (${form.operand32 ? 32 : 16}-bit, ${form.memory ? "memory" : "register"})`,
  );
  return undefinedOpcode;
}

/** The handler of a decoded instruction. */
export function handlerFor(insn: Insn): Handler {
  return handlers[(insn.row << 2) | (insn.operand16 ? 0 : 2) | (insn.memory ? 1 : 0)];
}

/** Forms that no handler serves: they raise #UD. */
export function missingHandlers(): readonly string[] {
  return [...missing];
}

/** Exported functions of the handler modules that no row binds: misspelt, or never reached. */
export function unboundHandlers(): readonly string[] {
  return [...byName.keys()].filter((name) => !bound.has(name));
}
