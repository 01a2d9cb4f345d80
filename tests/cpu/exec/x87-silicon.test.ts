/**
 * What a processor's FPU did: replays `tests/cpu/fpu/vectors/instructions.txt`, which `record-instructions.c` beside it
 * records. A line reads
 *
 *     d8c1 s=3000 t=c0 r6=3fff8000000000000000 r7=4000c000000000000000 -> r6=40018000000000000000
 *     code, state before -> what changed, or the fault
 *
 *     c  control word, 37f if not named      r  physical register: sign and exponent, significand
 *     s  status word                         m  memory at [edi], first byte first
 *     t  a bit for each register in use      f  arithmetic flags of EFLAGS
 *     a  AX
 *
 * What the SDM leaves open, and what processors do otherwise than it says, is as recorded:
 *
 *     FCOM, FCOMI        condition codes and flags are set also when IE or DE is not masked
 *     FCOMI              C1 is cleared only by a stack underflow; FCMOV, FNOP likewise leave it alone
 *     FLD m32, m64       a denormal is pushed also when DE is not masked
 *     FCMOV              checks both registers for emptiness, whatever the condition
 *     FSTPNCE (D9 D8+i)  pops an empty ST(0) without storing anything and without an exception
 *     FPREM, FSIN        C2 is cleared also by a stack fault
 *     precision 01       is 64 bits
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readEflags, writeEflags } from "../../../src/cpu/eflags.ts";
import { EAX, EDI, FPR, FPU_CONTROL, FPU_STATUS, FPU_TAGS, VEC_MF, VEC_UD } from "../../../src/cpu/state.ts";
import { Bench, DATA } from "../../support/cpu.ts";

const FILE = new URL("../fpu/vectors/instructions.txt", import.meta.url);
const MEMORY_BYTES = 16;
const ARITHMETIC_FLAGS = 0x8d5;
const FAULTS: Readonly<Record<string, number>> = { "#UD": VEC_UD, "#MF": VEC_MF };

interface Group {
  readonly title: string;
  readonly lines: string[];
}

function groups(): Group[] {
  const found: Group[] = [];
  for (const line of readFileSync(FILE, "utf8").split("\n").slice(1)) {
    if (line.startsWith("# ")) found.push({ title: line.slice(2), lines: [] });
    else if (line !== "") found[found.length - 1].lines.push(line);
  }
  return found;
}

const bytesOf = (hex: string): number[] => [...Buffer.from(hex, "hex")];

/** All that a line can name, in its own notation. */
type State = Map<string, string>;

const EMPTY: State = new Map([
  ["c", "37f"],
  ["s", "0"],
  ["t", "0"],
  ["f", "0"],
  ["a", "0"],
  ["m", "00".repeat(MEMORY_BYTES)],
  ...Array.from({ length: 8 }, (_, i): [string, string] => [`r${i}`, "0".repeat(20)]),
]);

function withWords(state: State, words: readonly string[]): State {
  const result = new Map(state);
  for (const word of words) {
    const [name, value] = word.split("=");
    result.set(name, name === "m" ? value + (result.get("m") ?? "").slice(value.length) : value);
  }
  return result;
}

function load(bench: Bench, state: State): void {
  const { cpu } = bench;
  const { r } = cpu;
  const number = (name: string) => Number.parseInt(state.get(name) ?? "", 16);
  r[FPU_CONTROL] = number("c");
  r[FPU_STATUS] = number("s");
  r[FPU_TAGS] = number("t");
  r[EAX] = number("a");
  r[EDI] = DATA;
  writeEflags(cpu, number("f"));
  bench.load(DATA, bytesOf(state.get("m") ?? ""));
  for (let i = 0; i < 8; i++) {
    const bits = BigInt(`0x${state.get(`r${i}`)}`);
    const word = FPR + i * 4;
    r[word] = Number(BigInt.asIntN(32, bits));
    r[word + 1] = Number(BigInt.asIntN(32, bits >> 32n));
    r[word + 2] = Number(bits >> 64n);
  }
}

function stateOf(bench: Bench): State {
  const { cpu } = bench;
  const { r } = cpu;
  const hex = (value: number, digits = 1) => (value >>> 0).toString(16).padStart(digits, "0");
  const state: State = new Map([
    ["c", hex(r[FPU_CONTROL])],
    ["s", hex(r[FPU_STATUS])],
    ["t", hex(r[FPU_TAGS])],
    ["f", hex(readEflags(cpu) & ARITHMETIC_FLAGS)],
    ["a", hex(r[EAX])],
    ["m", Buffer.from(bench.bytes(DATA, MEMORY_BYTES)).toString("hex")],
  ]);
  for (let i = 0; i < 8; i++) {
    const word = FPR + i * 4;
    state.set(`r${i}`, hex(r[word + 2], 4) + hex(r[word + 1], 8) + hex(r[word], 8));
  }
  return state;
}

const differences = (from: State, to: State): string[] =>
  [...to].filter(([name, value]) => from.get(name) !== value).map(([name, value]) => `${name}=${value}`);

/** What is wrong with our answer to a line; empty if nothing is. */
function replay(bench: Bench, line: string): string {
  const [left, right = ""] = line.split(" ->");
  const [code, ...words] = left.split(" ");
  const answer = right.split(" ").filter((word) => word !== "");
  const fault = FAULTS[answer[0]] ?? null;
  bench.reset();
  const before = withWords(EMPTY, words);
  load(bench, before);
  const vector = bench.exec(...bytesOf(code))?.vector ?? null;
  if (vector !== fault) return `${line}: fault ${vector}`;
  // A status word from memory may ask for a summary that the flags do not justify: no line does.
  const expected = fault === null ? withWords(before, answer) : before;
  const wrong = differences(expected, stateOf(bench));
  return wrong.length === 0 ? "" : `${line}: but ${wrong.join(" ")}`;
}

describe("x87 instructions do as a processor did", () => {
  const bench = new Bench();
  it.each(groups())("$title", ({ lines }) => {
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.map((line) => replay(bench, line)).filter((wrong) => wrong !== "")).toEqual([]);
  });
});
