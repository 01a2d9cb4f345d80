import { describe, expect, test } from "vitest";
import { rows } from "../../src/cpu/opcodes.ts";
import { IcedComparison, STRIDE } from "../support/iced.ts";
import { Random } from "../support/random.ts";

/** Prefixes that each opcode is tried with. */
const PREFIXES: readonly (readonly number[])[] = [
  [],
  [0x66],
  [0x67],
  [0x66, 0x67],
  [0xf0],
  [0xf2],
  [0xf3],
  [0x64],
  [0x2e, 0xf3, 0x66],
  [0xf0, 0x36],
];

/** Every index, base and scale occurs, and each with the displacements of all three forms. */
const SIBS = [0x00, 0x09, 0x52, 0x9b, 0xe4, 0x2d, 0x76, 0xbf, 0x24, 0x25, 0x65, 0xe5];

/** What follows, with the signs of bytes, words and doublewords differing. */
const TAIL = [0x81, 0x12, 0xf3, 0x94, 0x75, 0xe6, 0x07, 0x98];

const MODRMS = Array.from({ length: 256 }, (_, modrm) => Uint8Array.of(modrm, ...TAIL));
/** The ModR/M bytes that take a SIB byte, with the representative ones. */
const WITH_SIB = MODRMS.filter(([modrm]) => modrm < 0xc0 && (modrm & 7) === 4).flatMap(([modrm]) =>
  SIBS.map((sib) => Uint8Array.of(modrm, sib, ...TAIL)),
);

/** Compares an opcode with every ModR/M byte under all prefixes, and SIB bytes under the few that matter to them. */
function compareOpcode(comparison: IcedComparison, bytes: Uint8Array, opcode: readonly number[]): void {
  for (const prefix of PREFIXES) {
    const start = Uint8Array.of(...prefix, ...opcode);
    const choices = prefix.length === 0 || prefix[0] === 0x67 ? [...MODRMS, ...WITH_SIB] : MODRMS;
    choices.forEach((rest, index) => {
      bytes.set(start, index * STRIDE);
      bytes.set(rest, index * STRIDE + start.length);
    });
    comparison.check(bytes, choices.length);
  }
}

describe.each([32, 16] as const)("decoding %i-bit code as iced-x86 does", (bitness) => {
  test("every opcode, with prefixes, ModR/M and SIB bytes", () => {
    const comparison = new IcedComparison(bitness);
    const bytes = new Uint8Array((MODRMS.length + WITH_SIB.length) * STRIDE);
    for (let opcode = 0; opcode < 256; opcode++) {
      if (opcode !== 0x0f) compareOpcode(comparison, bytes, [opcode]);
      compareOpcode(comparison, bytes, [0x0f, opcode]);
    }
    expect(comparison.differences).toEqual([]);
    const unseen = rows.filter(
      (row, i) => row.key !== "" && row.mnemonic !== "prefix" && !comparison.seen[i],
    );
    expect(unseen.map((row) => row.key)).toEqual([]);
  });

  test("600 000 random byte strings", () => {
    const comparison = new IcedComparison(bitness);
    const random = new Random(bitness);
    const count = 20_000;
    const bytes = new Uint8Array(count * STRIDE);
    const words = new Int32Array(bytes.buffer);
    const likely = [
      0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x0f, 0x0f, 0x0f, 0x0f, 0x0f,
    ];
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < words.length; i++) words[i] = random.word();
      // Every other round: begin with prefixes more often than chance does.
      for (let i = 0; round % 2 === 1 && i < count; i++) {
        const choice = random.word();
        const prefixes = choice & 3;
        for (let p = 0; p < prefixes; p++) bytes[i * STRIDE + p] = likely[(choice >> (4 + p * 4)) & 15];
      }
      comparison.check(bytes, count);
    }
    expect(comparison.differences).toEqual([]);
    expect(comparison.checked).toBe(600_000);
    expect(comparison.valid).toBeGreaterThan(400_000);
  });
});
