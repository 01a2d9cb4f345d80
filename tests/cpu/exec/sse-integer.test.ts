/**
 * What a processor did with MMX and with the integer, move and shuffle instructions of SSE and SSE2: replays
 * `vectors/simd-integer.txt`. How its lines read, and what registers and memory hold before each case, is said in the
 * program that recorded it, `vectors/generate-simd-integer.c`.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CR4, CR4_OSFXSR, EAX, EDI, ESI, FPR, XMM } from "../../../src/cpu/state.ts";
import { Bench, DATA } from "../../support/cpu.ts";

const lines = readFileSync(new URL("./vectors/simd-integer.txt", import.meta.url), "utf8")
  .trim()
  .split("\n");
const values = lines
  .filter((line) => line.startsWith("value "))
  .map((line) => Buffer.from(line.split(" ")[2], "hex"));
const forms = lines.filter((line) => line.includes(" | "));

const bench = new Bench();
const { cpu } = bench;
cpu.r[CR4] |= CR4_OSFXSR;
const bytesOf = (word: number, count: number): Uint8Array => cpu.r8.subarray(word * 4, word * 4 + count);
/** Where everything is that a case can change, but memory. */
const PLACES: Readonly<Record<string, Uint8Array>> = {
  xmm1: bytesOf(XMM + 4, 16),
  xmm2: bytesOf(XMM + 8, 16),
  mm1: bytesOf(FPR + 4, 8),
  mm2: bytesOf(FPR + 8, 8),
  eax: bytesOf(EAX, 4),
};

const hex = (bytes: Iterable<number>): string => Buffer.from(Uint8Array.from(bytes)).toString("hex");

function snapshot(): Map<string, string> {
  const state = new Map(Object.entries(PLACES).map(([name, bytes]) => [name, hex(bytes)]));
  return state.set("memory", hex(bench.bytes(DATA, 16)));
}

function prepare(first: Buffer, second: Buffer): void {
  PLACES.xmm1.set(first);
  PLACES.xmm2.set(second);
  PLACES.mm1.set(first.subarray(0, 8));
  PLACES.mm2.set(second.subarray(0, 8));
  PLACES.eax.set(second.subarray(0, 4));
  bench.load(DATA, second);
  cpu.r[ESI] = DATA;
  cpu.r[EDI] = DATA;
}

/** What an instruction changed, as the recording says it. */
function outcome(code: Buffer, first: Buffer, second: Buffer): string {
  prepare(first, second);
  const before = snapshot();
  const fault = bench.exec(...code);
  if (fault !== null) return `fault ${fault.vector}`;
  const changes = [...snapshot()].filter(([name, bytes]) => before.get(name) !== bytes);
  return changes.map(([name, bytes]) => `${name}=${bytes}`).join(",") || "-";
}

describe(`integers, moves and shuffles, recorded on ${lines[0].replace("processor ", "")}`, () => {
  for (const line of forms) {
    const [name, code, ...cases] = line.split(" | ");
    it(name, () => {
      expect(cases.length).toBeGreaterThan(0);
      for (const text of cases) {
        const [first, second, expected] = text.split(" ");
        expect(
          outcome(Buffer.from(code, "hex"), values[Number(first)], values[Number(second)]),
          `${name}: ${values[Number(first)].toString("hex")}, ${values[Number(second)].toString("hex")}`,
        ).toBe(expected);
      }
    });
  }
});
