/** Reads `vectors/transcendental.txt`, which `generate-transcendental.c` beside it recorded, and executes its lines. */
import { readFileSync } from "node:fs";
import { FLAG_DE, FLAG_IE, FLAG_ZE, FpuEnvironment } from "../../../src/cpu/fpu/environment.ts";
import { EXPONENT_BIAS, EXPONENT_MAX, Extended, INTEGER_BIT } from "../../../src/cpu/fpu/extended.ts";
import {
  f2xm1,
  fcos,
  fpatan,
  fptan,
  fsin,
  fsincos,
  fyl2x,
  fyl2xp1,
} from "../../../src/cpu/fpu/transcendental.ts";

const FILE = new URL("./vectors/transcendental.txt", import.meta.url);

export type Name = "f2xm1" | "fyl2x" | "fyl2xp1" | "fpatan" | "fsin" | "fcos" | "fsincos" | "fptan";
export const NAMES: readonly Name[] = [
  "f2xm1",
  "fyl2x",
  "fyl2xp1",
  "fpatan",
  "fsin",
  "fcos",
  "fsincos",
  "fptan",
];

export interface Vector {
  readonly line: string;
  readonly name: Name;
  readonly control: number;
  /** ST(0) and, if the instruction takes two operands, ST(1). */
  readonly operands: readonly Extended[];
  /** After it. */
  readonly status: number;
  /** The registers after it, ST(0) first. */
  readonly registers: readonly Extended[];
}

export function parseExtended(text: string): Extended {
  const x = new Extended();
  const upper = Number.parseInt(text.slice(0, 4), 16);
  const word = (at: number) => Number.parseInt(text.slice(at, at + 8), 16) | 0;
  x.set(upper >>> 15, upper & EXPONENT_MAX, word(4), word(12));
  return x;
}

export function formatExtended(x: Extended): string {
  const digits = (value: number, count: number) => (value >>> 0).toString(16).padStart(count, "0");
  return digits(x.exponent | (x.sign << 15), 4) + digits(x.high, 8) + digits(x.low, 8);
}

export function vectors(): Vector[] {
  return readFileSync(FILE, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [before, after] = line.split(" -> ");
      const [name, control, ...operands] = before.split(" ");
      const [status, ...registers] = after.split(" ");
      return {
        line,
        name: name as Name,
        control: Number.parseInt(control, 16),
        operands: operands.map(parseExtended),
        status: Number.parseInt(status, 16),
        registers: registers.map(parseExtended),
      };
    });
}

export interface Outcome {
  readonly flags: number;
  readonly inRange: boolean;
  /** As `Vector.registers`. */
  readonly registers: readonly Extended[];
}

export function environmentOf(control: number): FpuEnvironment {
  const env = new FpuEnvironment();
  env.masks = control & 0x3f;
  env.rounding = (control >> 10) & 3;
  // Must not matter.
  env.precision = 24;
  return env;
}

const ONE = new Extended();
ONE.set(0, EXPONENT_BIAS, INTEGER_BIT, 0);

const BINARY = { fyl2x, fyl2xp1, fpatan };
const TRIGONOMETRIC = { fsin, fcos, fptan };

/** Executes an instruction, as far as these functions go, and puts the results where the instruction does. */
export function execute({ name, control, operands }: Vector): Outcome {
  const env = environmentOf(control);
  const [a, b] = operands;
  const into = new Extended();
  const second = new Extended();
  let inRange = true;
  let registers = [into];
  if (name === "fyl2x" || name === "fyl2xp1" || name === "fpatan") {
    BINARY[name](env, a, b, into);
  } else if (name === "f2xm1") {
    f2xm1(env, a, into);
  } else if (name === "fsincos") {
    inRange = fsincos(env, a, into, second);
    registers = [second, into];
  } else {
    inRange = TRIGONOMETRIC[name](env, a, into);
    if (name === "fptan") registers = [into.exponent === EXPONENT_MAX ? into : ONE, into];
  }
  const stopped = (env.flags & ~env.masks & (FLAG_IE | FLAG_DE | FLAG_ZE)) !== 0;
  return { flags: env.flags, inRange, registers: stopped || !inRange ? [...operands] : registers };
}
