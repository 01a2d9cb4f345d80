/** Instruction streams: rows of the opcode table with random operands, mutations of those, and plain noise. */
import { type OpcodeKey, opcodeKey } from "../../../src/cpu/opcode-key.ts";
import { rows } from "../../../src/cpu/opcodes.ts";
import type { Random } from "../../support/random.ts";

const PREFIXES = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
const MANDATORY: Readonly<Record<string, readonly number[]>> = {
  "": [],
  "66": [0x66],
  f3: [0xf3],
  f2: [0xf2],
  rep: [0xf3],
  np: [],
};
const KEYS: readonly OpcodeKey[] = rows
  .filter(({ key, mnemonic }) => key !== "" && mnemonic !== "prefix")
  .map(opcodeKey);

/** An instruction of the table. Immediates are as many random bytes as the longest needs: the rest starts the next one. */
function fromTable(random: Random, into: number[]): void {
  const key = random.pick(KEYS);
  if (random.oneIn(5)) into.push(random.pick(PREFIXES));
  if (random.oneIn(12)) into.push(random.pick(PREFIXES));
  into.push(...MANDATORY[key.prefix]);
  if (key.twoByte) into.push(0x0f);
  into.push(key.plusRegister ? key.opcode | random.below(8) : key.opcode);
  if (key.modrm) {
    const reg = key.reg < 0 ? random.below(8) : key.reg;
    const mod = !key.memory || (key.register && random.oneIn(2)) ? 3 : random.below(3);
    const rm = key.rm < 0 ? random.below(8) : key.rm;
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
