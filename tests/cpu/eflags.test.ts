/** The lazy flags against a model that adds and subtracts one bit at a time. SDM: volume 1, 3.4.3.1, appendix B. */
import { describe, expect, it } from "vitest";
import type { Cpu } from "../../src/cpu/cpu.ts";
import * as flags from "../../src/cpu/eflags.ts";
import {
  ARITHMETIC_FLAGS,
  condition,
  EFLAGS_AF,
  EFLAGS_CF,
  EFLAGS_DF,
  EFLAGS_FIXED,
  EFLAGS_IF,
  EFLAGS_OF,
  EFLAGS_PF,
  EFLAGS_SF,
  EFLAGS_ZF,
  readEflags,
  setCF,
  writeArithmeticFlags,
  writeEflags,
} from "../../src/cpu/eflags.ts";
import { EFLAGS, STATE_WORDS } from "../../src/cpu/state.ts";

type Width = 8 | 16 | 32;
type Binary = (cpu: Cpu, a: number, b: number) => number;
type Unary = (cpu: Cpu, a: number) => number;

/** The flags need nothing of a processor but its state block. */
const freshCpu = (): Cpu => ({ r: new Int32Array(STATE_WORDS) }) as unknown as Cpu;

/** Numbers that look random and are the same in each run. */
function* lcg(seed: number): Generator<number, never> {
  for (let x = seed; ; ) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
    yield x ^ (x >>> 15);
  }
}

interface Outcome {
  readonly result: number;
  readonly flags: number;
}

const flag = (bit: number, set: boolean | number): number => (set ? bit : 0);

/** SF, ZF and PF of a result. */
function resultFlags(result: number, width: Width): number {
  let ones = 0;
  for (let bit = 0; bit < 8; bit++) ones += (result >>> bit) & 1;
  return (
    flag(EFLAGS_ZF, result === 0) |
    flag(EFLAGS_SF, (result >>> (width - 1)) & 1) |
    flag(EFLAGS_PF, ones % 2 === 0)
  );
}

/** A ripple-carry adder; subtraction is the same with a ripple of borrows. */
function ripple(a: number, b: number, carryIn: number, width: Width, subtract: boolean): Outcome {
  let result = 0;
  let carry = carryIn;
  let carryIntoSign = 0;
  let af = 0;
  for (let bit = 0; bit < width; bit++) {
    const x = (a >>> bit) & 1;
    const y = (b >>> bit) & 1;
    if (bit === width - 1) carryIntoSign = carry;
    const sum = subtract ? x - y - carry : x + y + carry;
    result |= (sum & 1) << bit;
    carry = subtract ? Number(sum < 0) : sum >> 1;
    if (bit === 3) af = carry;
  }
  const unsigned = result >>> 0;
  return {
    result: unsigned,
    flags:
      flag(EFLAGS_CF, carry) |
      flag(EFLAGS_AF, af) |
      flag(EFLAGS_OF, carry ^ carryIntoSign) |
      resultFlags(unsigned, width),
  };
}

const mask = (value: number, width: Width): number => (width === 32 ? value : value & (2 ** width - 1)) >>> 0;

/** Operands: all pairs of 8-bit numbers; for wider ones edges with edges, and random numbers. */
function* operandPairs(width: Width): Generator<[number, number]> {
  if (width === 8) {
    for (let a = 0; a < 256; a++) for (let b = 0; b < 256; b++) yield [a, b];
    return;
  }
  const top = 2 ** (width - 1);
  const edges = [0, 1, 7, 8, 15, 16, 0xff, top - 1, top, top + 1, 2 ** width - 2, 2 ** width - 1];
  for (const a of edges) for (const b of edges) yield [a, b];
  const random = lcg(width);
  for (let i = 0; i < 20_000; i++) yield [mask(random.next().value, width), mask(random.next().value, width)];
}

/** As a handler passes it: 32-bit numbers signed, narrow ones zero-extended. */
const operand = (value: number, width: Width): number => (width === 32 ? value | 0 : value);

function* binaryMismatches(
  run: Binary,
  model: (a: number, b: number, cf: number) => Outcome,
  width: Width,
): Generator<string> {
  const cpu = freshCpu();
  for (const [a, b] of operandPairs(width)) {
    for (const before of [0, ARITHMETIC_FLAGS]) {
      writeArithmeticFlags(cpu, before);
      const result = mask(run(cpu, operand(a, width), operand(b, width)), width);
      const want = model(a, b, before & EFLAGS_CF);
      if (result !== want.result || readEflags(cpu) !== want.flags) {
        yield `${a}, ${b}, flags ${before}: ${result} ${readEflags(cpu)}, not ${want.result} ${want.flags}`;
      }
    }
  }
}

const WIDTHS: readonly Width[] = [8, 16, 32];
const WITH_CARRY: Readonly<Record<string, boolean>> = { add: false, adc: true, sub: false, sbb: true };
const helpers = flags as unknown as Readonly<Record<string, Binary>>;

describe("addition and subtraction set all six flags from the carry of each bit", () => {
  for (const [name, withCarry] of Object.entries(WITH_CARRY)) {
    it.each(WIDTHS)(`${name}, %i bits`, (width) => {
      const subtract = name === "sub" || name === "sbb";
      const model = (a: number, b: number, cf: number) => ripple(a, b, withCarry ? cf : 0, width, subtract);
      const [first] = binaryMismatches(helpers[`${name}${width}`], model, width);
      expect(first).toBeUndefined();
    });
  }

  it("takes sign-extended immediates as narrow operands", () => {
    const cpu = freshCpu();
    for (const [name, width] of [
      ["add16", 16],
      ["sub16", 16],
      ["adc8", 8],
      ["sbb8", 8],
    ] as const) {
      writeArithmeticFlags(cpu, 0);
      const result = helpers[name](cpu, 5, -1);
      const want = ripple(5, mask(-1, width), 0, width, name.startsWith("s"));
      expect([name, result, readEflags(cpu)]).toEqual([name, want.result, want.flags]);
    }
  });
});

describe("INC and DEC", () => {
  for (const [name, subtract] of [
    ["inc", false],
    ["dec", true],
  ] as const) {
    it.each(WIDTHS)(`${name} is an addition or subtraction of 1 that leaves CF, %i bits`, (width) => {
      const unary = (flags as unknown as Readonly<Record<string, Unary>>)[`${name}${width}`];
      const model = (a: number, _b: number, cf: number): Outcome => {
        const sum = ripple(a, 1, 0, width, subtract);
        return { result: sum.result, flags: (sum.flags & ~EFLAGS_CF) | cf };
      };
      const [first] = binaryMismatches((cpu, a) => unary(cpu, a), model, width);
      expect(first).toBeUndefined();
    });
  }
});

describe("logic", () => {
  it.each(WIDTHS)("clears CF, OF and AF and takes the others from the result, %i bits", (width) => {
    const run = (cpu: Cpu, a: number, b: number) => helpers[`logic${width}`](cpu, a & b, 0);
    const model = (a: number, b: number): Outcome => {
      const result = mask(a & b, width);
      return { result, flags: resultFlags(result, width) };
    };
    const [first] = binaryMismatches(run, model, width);
    expect(first).toBeUndefined();
  });
});

describe("flags given one by one", () => {
  const images = Array.from({ length: 64 }, (_, i) => {
    const bits = [EFLAGS_CF, EFLAGS_PF, EFLAGS_AF, EFLAGS_ZF, EFLAGS_SF, EFLAGS_OF];
    return bits.reduce((image, bit, at) => image | flag(bit, (i >> at) & 1), 0);
  });

  it("any of the 64 combinations that is written is read back, even ones no result can have", () => {
    const cpu = freshCpu();
    for (const image of images) {
      writeArithmeticFlags(cpu, image);
      expect(readEflags(cpu)).toBe(image);
    }
  });

  it("the rest of EFLAGS is written with them, bit 1 always set, and is left alone by the arithmetic ones", () => {
    const cpu = freshCpu();
    writeEflags(cpu, EFLAGS_IF | EFLAGS_ZF);
    expect(readEflags(cpu)).toBe(EFLAGS_IF | EFLAGS_ZF | EFLAGS_FIXED);
    writeArithmeticFlags(cpu, EFLAGS_DF | EFLAGS_CF);
    expect(readEflags(cpu)).toBe(EFLAGS_IF | EFLAGS_CF | EFLAGS_FIXED);
    expect(cpu.r[EFLAGS]).toBe(EFLAGS_IF | EFLAGS_FIXED);
  });

  it("setCF changes CF alone", () => {
    const cpu = freshCpu();
    for (const image of images) {
      for (const cf of [0, 1]) {
        writeArithmeticFlags(cpu, image);
        setCF(cpu, cf);
        expect(readEflags(cpu)).toBe((image & ~EFLAGS_CF) | cf);
      }
    }
  });

  it("flagsResultCfOf takes CF and OF as given, clears AF, and the rest is the result's", () => {
    const cpu = freshCpu();
    for (const result of [0, 1, 3, -1, 0x7fff_ffff, -0x8000_0000]) {
      for (const cf of [0, 1]) {
        for (const of of [0, 1]) {
          writeArithmeticFlags(cpu, ARITHMETIC_FLAGS);
          flags.flagsResultCfOf(cpu, result, cf, of);
          const want = cf | flag(EFLAGS_OF, of) | resultFlags(result >>> 0, 32);
          expect(readEflags(cpu)).toBe(want);
        }
      }
    }
  });

  it("each single-flag reader agrees with the image", () => {
    const cpu = freshCpu();
    for (const image of images) {
      writeArithmeticFlags(cpu, image);
      const read =
        flag(EFLAGS_CF, flags.getCF(cpu)) |
        flag(EFLAGS_PF, flags.getPF(cpu)) |
        flag(EFLAGS_AF, flags.getAF(cpu)) |
        flag(EFLAGS_ZF, flags.getZF(cpu)) |
        flag(EFLAGS_SF, flags.getSF(cpu)) |
        flag(EFLAGS_OF, flags.getOF(cpu));
      expect(read).toBe(image);
    }
  });

  it("the sixteen conditions are those of the manual", () => {
    const cpu = freshCpu();
    for (const image of images) {
      writeArithmeticFlags(cpu, image);
      const [cf, pf, zf, sf, of] = [EFLAGS_CF, EFLAGS_PF, EFLAGS_ZF, EFLAGS_SF, EFLAGS_OF].map(
        (bit) => (image & bit) !== 0,
      );
      const holds = [of, cf, zf, cf || zf, sf, pf, sf !== of, zf || sf !== of];
      for (let code = 0; code < 16; code++) {
        expect(condition(cpu, code)).toBe((code & 1) === 0 ? holds[code >> 1] : !holds[code >> 1]);
      }
    }
  });
});

describe("comparison of two numbers", () => {
  it.each(WIDTHS)("after SUB, B BE L LE E say how they compare unsigned and signed, %i bits", (width) => {
    const cpu = freshCpu();
    const signed = (x: number) => (x << (32 - width)) >> (32 - width);
    let wrong = 0;
    for (const [a, b] of operandPairs(width)) {
      helpers[`sub${width}`](cpu, operand(a, width), operand(b, width));
      const says = [2, 6, 12, 14, 4].map((code) => condition(cpu, code));
      const [x, y] = [signed(a), signed(b)];
      const want = [a < b, a <= b, x < y, x <= y, a === b];
      if (says.some((holds, i) => holds !== want[i])) wrong++;
    }
    expect(wrong).toBe(0);
  });
});
