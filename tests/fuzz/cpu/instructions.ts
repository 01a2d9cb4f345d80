/** Instruction streams: rows of the opcode table with random operands, mutations of those, and plain noise. */
import { rows } from "../../../src/cpu/opcodes.ts";
import type { Random } from "./random.ts";

const PREFIXES = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
const MANDATORY: Readonly<Record<string, readonly number[]>> = {
  "66": [0x66],
  f3: [0xf3],
  f2: [0xf2],
  rep: [0xf3],
  np: [],
};
const KEY = /^(?:(rep|np|66|f3|f2) )?(0f )?([0-9a-f]{2})(\+r)?(?:\/([0-7]))?([mr])?([0-7])?$/;
const MODRM = /^(?:[EG][bvwd]?|[MRPQVWUN].*|STi|Sw|Cd|Dd)$/;

interface Template {
  readonly prefixes: readonly number[];
  readonly opcode: readonly number[];
  readonly plusRegister: boolean;
  readonly modrm: boolean;
  readonly reg: number | null;
  readonly rm: number | null;
  readonly form: "m" | "r" | null;
}

const TEMPLATES: readonly Template[] = rows
  .filter(({ key, mnemonic }) => key !== "" && mnemonic !== "prefix")
  .map(({ key, operands }) => {
    const [, prefix, two, byte, plus, reg, form, rm] = KEY.exec(key) ?? [];
    const letters = operands.split(",");
    const memory = form === "m" || letters.some((one) => one.startsWith("M"));
    const register = form === "r" || letters.some((one) => /^[NU]/.test(one));
    return {
      prefixes: prefix === undefined ? [] : MANDATORY[prefix],
      opcode: [...(two === undefined ? [] : [0x0f]), Number.parseInt(byte, 16)],
      plusRegister: plus !== undefined,
      modrm: reg !== undefined || letters.some((one) => MODRM.test(one)),
      reg: reg === undefined ? null : Number(reg),
      rm: rm === undefined ? null : Number(rm),
      form: memory ? "m" : register ? "r" : null,
    };
  });

/** An instruction of the table. Immediates are as many random bytes as the longest needs: the rest starts the next one. */
function fromTable(random: Random, into: number[]): void {
  const template = random.pick(TEMPLATES);
  if (random.oneIn(5)) into.push(random.pick(PREFIXES));
  if (random.oneIn(12)) into.push(random.pick(PREFIXES));
  into.push(...template.prefixes);
  const last = template.opcode.length - 1;
  for (const [i, byte] of template.opcode.entries()) {
    into.push(i === last && template.plusRegister ? byte | random.below(8) : byte);
  }
  if (template.modrm) {
    const reg = template.reg ?? random.below(8);
    const asRegister = template.form === "r" || (template.form === null && random.oneIn(2));
    const mod = asRegister ? 3 : random.below(3);
    const rm = template.rm ?? random.below(8);
    into.push((mod << 6) | (reg << 3) | rm);
    if (mod !== 3 && rm === 4) into.push(random.byte());
    if (mod === 1) into.push(random.byte());
    if (mod === 2 || (mod === 0 && rm === 5)) into.push(random.byte(), random.byte(), random.below(2), 0);
  }
  for (let i = random.below(5); i > 0; i--) into.push(random.oneIn(3) ? random.byte() : 0);
}

function noise(random: Random, into: number[]): void {
  for (let i = 1 + random.below(6); i > 0; i--) into.push(random.oneIn(6) ? 0x0f : random.byte());
}

/** About `length` bytes of instructions. */
export function stream(random: Random, length: number): number[] {
  const bytes: number[] = [];
  const wild = random.oneIn(4);
  while (bytes.length < length) {
    const start = bytes.length;
    if (wild && random.oneIn(2)) noise(random, bytes);
    else fromTable(random, bytes);
    if (random.oneIn(10)) bytes[start + random.below(bytes.length - start)] ^= 1 << random.below(8);
  }
  return bytes;
}
