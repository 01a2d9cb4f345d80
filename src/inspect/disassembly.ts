/** The code at an address in Intel syntax, as objdump and QEMU's monitor print it: small letters, 0x before hexadecimal. */
import { Decoder, DecoderError, DecoderOptions, Formatter, FormatterSyntax, Instruction } from "iced-x86";
import { MODE_CODE32 } from "../cpu/mode.ts";
import { CS, SEG_BASE } from "../cpu/state.ts";
import type { Machine } from "../machine/machine.ts";
import type { CodeLine } from "./cpu-view.ts";
import { mappedBytes } from "./linear-bytes.ts";
import { nextAddress } from "./next-instruction.ts";

/** SDM: volume 2, 2.3.11: longer instructions raise #GP. */
const MAX_LENGTH = 15;
const ADDRESSES = 2 ** 32;
const OFFSETS_16 = 0x1_0000;
export const NOT_MAPPED = "(not mapped)";

/**
 * Up to `count` instructions from the linear address `gva` on, read with the size of the current code segment. Ends
 * with one line "(not mapped)" at bytes that are not there. Branch targets are offsets in the code segment, as the
 * processor takes them. What is no instruction reads "(bad)".
 */
export function disassemble(machine: Machine, gva: number, count: number): CodeLine[] {
  const { cpu } = machine;
  const wide = (cpu.mode & MODE_CODE32) !== 0;
  const start = gva >>> 0;
  const current = nextAddress(machine);
  const wanted = count * MAX_LENGTH;
  const bytes = mappedBytes(machine, start, wanted);
  // What the decoder allocates is not garbage collected.
  const decoder = new Decoder(wide ? 32 : 16, bytes, DecoderOptions.None);
  const formatter = intelFormatter();
  const instruction = new Instruction();
  const offset = (start - cpu.r[SEG_BASE + CS]) >>> 0;
  decoder.ip = BigInt(wide ? offset : offset % OFFSETS_16);
  const lines: CodeLine[] = [];
  for (let at = 0; lines.length < count; ) {
    const line = { gva: (start + at) % ADDRESSES, current: (start + at) % ADDRESSES === current };
    if (at < bytes.length) decoder.decodeOut(instruction);
    if (at >= bytes.length || (decoder.lastError === DecoderError.NoMoreBytes && bytes.length < wanted)) {
      lines.push({ ...line, bytes: hexOf(bytes.subarray(at)), text: NOT_MAPPED });
      break;
    }
    const end = at + instruction.length;
    lines.push({ ...line, bytes: hexOf(bytes.subarray(at, end)), text: formatter.format(instruction) });
    at = end;
  }
  instruction.free();
  formatter.free();
  decoder.free();
  return lines;
}

function intelFormatter(): Formatter {
  const formatter = new Formatter(FormatterSyntax.Intel);
  formatter.uppercaseHex = false;
  formatter.hexPrefix = "0x";
  formatter.hexSuffix = "";
  formatter.spaceAfterOperandSeparator = true;
  formatter.showBranchSize = false;
  formatter.branchLeadingZeros = false;
  return formatter;
}

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
