/**
 * What a processor did: replays `vectors/sse-float.txt`, every floating-point instruction of SSE and SSE2 under every
 * rounding mode, with and without DAZ and FTZ, exceptions masked and not. `vectors/generate-sse-float.c` made it and says
 * how its lines read.
 *
 * The destination is register 0. The source is register 1, and then memory: XMM, MMX or general, as the instruction has it.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rows } from "../../../src/cpu/opcodes.ts";
import { EAX, ECX, ESI, FPR, MXCSR, VEC_XM, XMM } from "../../../src/cpu/state.ts";
import { DATA } from "../../support/cpu.ts";
import { encodeSse, MEMORY_ESI, REGISTERS, sseBench } from "../../support/sse.ts";

const text = readFileSync(new URL("./vectors/sse-float.txt", import.meta.url), "utf8");
const [title, ...lines] = text.trim().split("\n");
const byInstruction = new Map<string, string[]>();
for (const line of lines) {
  const name = line.slice(0, line.indexOf(" "));
  byInstruction.set(name, [...(byInstruction.get(name) ?? []), line]);
}

/** What registers hold where a line says nothing. */
const DESTINATION = [0x11111111, 0x22222222, 0x33333333, 0x44444444];
const SOURCE = [0x55555555, 0x66666666, 0x77777777, 0x7abcdef0];
const ALL_FLAGS = 0x8d5;

const bench = sseBench();
const { r } = bench.cpu;

const wordsOf = (field: string): number[] => field.split(",").map((word) => Number.parseInt(word, 16));
const over = (words: readonly number[], background: readonly number[]): number[] => [
  ...words,
  ...background.slice(words.length),
];

/** First word of the destination: XMM0, MM0 or EAX; and how many words it has. */
function destinationOf(name: string): [number, number] {
  if (/2pi$/.test(name)) return [FPR, 2];
  return /2si$/.test(name) ? [EAX, 1] : [XMM, 4];
}

interface Outcome {
  readonly vector: number | null;
  readonly mxcsr: string;
  readonly destination: string[];
  readonly flags: number;
}

const hex = (words: readonly number[]): string[] => words.map((word) => (word >>> 0).toString(16));

function run(name: string, modrm: number, mxcsr: number, before: number[], source: number[]): Outcome {
  const [word, count] = destinationOf(name);
  source.forEach((value, i) => {
    r[XMM + 4 + i] = value;
    if (i < 2) r[FPR + 4 + i] = value;
    bench.write32(DATA + 4 * i, value);
  });
  r[ECX] = source[0];
  r[ESI] = DATA;
  before.slice(0, count).forEach((value, i) => {
    r[word + i] = value;
  });
  r[MXCSR] = mxcsr;
  bench.flags = ALL_FLAGS;
  const fault = bench.exec(...encodeSse(name, modrm));
  return {
    vector: fault === null ? null : fault.vector,
    mxcsr: r[MXCSR].toString(16),
    destination: hex([...r.subarray(word, word + count)]),
    flags: bench.flags & ALL_FLAGS,
  };
}

describe(`SSE and SSE2 floating point, ${title.slice(2)}`, () => {
  for (const [name, cases] of byInstruction) {
    it(name, () => {
      for (const line of cases) {
        const [given, outcome] = line.split(" -> ").map((side) => side.split(" "));
        const [, mxcsr, ...operands] = given;
        const source = over(wordsOf(operands.at(-1)!), SOURCE);
        const before = over(operands.length === 2 ? wordsOf(operands[0]) : [], DESTINATION);
        const [mxcsrAfter, result] = outcome;
        const flags = /^eflags=(.*)$/.exec(result);
        const unchanged = result === "#XM" || flags !== null;
        const after = unchanged ? before : over(wordsOf(result), before);
        const expected: Outcome = {
          vector: result === "#XM" ? VEC_XM : null,
          mxcsr: mxcsrAfter,
          destination: hex(after.slice(0, destinationOf(name)[1])),
          flags: flags === null ? ALL_FLAGS : Number.parseInt(flags[1], 16),
        };
        const image = Number.parseInt(mxcsr, 16);
        expect(run(name, REGISTERS, image, before, source), line).toEqual(expected);
        expect(run(name, MEMORY_ESI, image, before, source), `${line}, of memory`).toEqual(expected);
      }
    });
  }

  it("has been recorded for each instruction of the opcode table that computes with floating point", () => {
    const wanted = /^(?:(?:add|sub|mul|div|sqrt|min|max|cmp)[ps][sd]|u?comis[sd]|cvt.*|rcp[ps]s|rsqrt[ps]s)$/;
    const names = rows
      .filter(({ mnemonic, feature }) => feature.startsWith("sse") && wanted.test(mnemonic))
      .map(({ mnemonic }) => mnemonic);
    const recorded = new Set([...byInstruction.keys()].map((name) => name.split("/")[0]));
    expect(names.length).toBe(62);
    expect(names.filter((name) => !recorded.has(name))).toEqual([]);
  });
});
