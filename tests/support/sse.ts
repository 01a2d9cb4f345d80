/**
 * Writes the floating-point instructions of SSE and SSE2 as bytes, from the opcode table: the assembler of the tests has
 * no XMM registers.
 */
import { rows } from "../../src/cpu/opcodes.ts";
import { CR4, CR4_OSFXSR, CR4_OSXMMEXCPT } from "../../src/cpu/state.ts";
import { Bench } from "./cpu.ts";

/** ModR/M of register 0 (ModR/M.reg) and register 1, and of register 0 and memory at ESI. */
export const REGISTERS = 0xc1;
export const MEMORY_ESI = 0x06;

/** `name` may end in "/immediate". */
export function encodeSse(name: string, modrm: number): number[] {
  const [mnemonic, immediate] = name.split("/");
  const row = rows.find((one) => one.mnemonic === mnemonic && one.feature.startsWith("sse"));
  if (row === undefined) throw new Error(`the opcode table has no ${mnemonic}`);
  const bytes = row.key.replace("np ", "").split(" ");
  return [
    ...bytes.map((byte) => Number.parseInt(byte, 16)),
    modrm,
    ...(immediate === undefined ? [] : [Number(immediate)]),
  ];
}

/** A bench whose operating system has enabled SSE and its exceptions. */
export function sseBench(): Bench {
  const bench = new Bench();
  bench.cpu.r[CR4] |= CR4_OSFXSR | CR4_OSXMMEXCPT;
  return bench;
}
