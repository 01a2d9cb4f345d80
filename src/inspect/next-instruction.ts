/** What kind of instruction comes next, as far as stepping over calls and out of procedures asks. */
import { Decoder, DecoderOptions, FlowControl } from "iced-x86";
import { MODE_CODE32 } from "../cpu/mode.ts";
import { CS, EIP, ESP, SEG_BASE } from "../cpu/state.ts";
import type { Machine } from "../machine/machine.ts";

const MAX_LENGTH = 15;

/** RET, RETF and IRET, with and without an operand. SDM: volume 2, appendix A, one-byte opcode map. */
const RETURNS = new Set([0xc2, 0xc3, 0xca, 0xcb, 0xcf]);
const PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);

/** The linear address of the next instruction. */
export function nextAddress({ cpu }: Machine): number {
  return (cpu.r[EIP] + cpu.r[SEG_BASE + CS]) >>> 0;
}

/** ESP, which tells how deep in calls the guest is. */
export function stackPointer({ cpu }: Machine): number {
  return cpu.r[ESP] >>> 0;
}

/** The byte at a linear address without side effects; -1 where nothing is mapped. */
function byteAt({ mmu, memory, linear }: Machine, la: number): number {
  const gpa = mmu.probe(la >>> 0);
  const hpa = gpa < 0 ? -1 : memory.hpa(gpa);
  return hpa < 0 ? -1 : linear.u8[hpa];
}

/** The next instruction returns from a procedure or handler. */
export function isReturn(machine: Machine): boolean {
  const start = nextAddress(machine);
  for (let i = 0; i < MAX_LENGTH; i++) {
    const byte = byteAt(machine, start + i);
    if (!PREFIXES.has(byte)) return RETURNS.has(byte);
  }
  return false;
}

/**
 * Where the next instruction ends (linear address), if it is one that runs others before what follows it: a call, a
 * software interrupt, a repeated string instruction, HLT. Else null.
 */
export function endOfCall(machine: Machine): number | null {
  const start = nextAddress(machine);
  const bytes: number[] = [];
  for (let i = 0; i < MAX_LENGTH; i++) {
    const byte = byteAt(machine, start + i);
    if (byte < 0) break;
    bytes.push(byte);
  }
  const bits = (machine.cpu.mode & MODE_CODE32) !== 0 ? 32 : 16;
  const decoder = new Decoder(bits, Uint8Array.from(bytes), DecoderOptions.None);
  const instruction = decoder.decode();
  const { flowControl, length } = instruction;
  const call =
    flowControl === FlowControl.Call ||
    flowControl === FlowControl.IndirectCall ||
    flowControl === FlowControl.Interrupt;
  const repeats = instruction.isStringInstruction && (instruction.hasRepPrefix || instruction.hasRepnePrefix);
  const halts = bytes[0] === 0xf4;
  instruction.free();
  decoder.free();
  return call || repeats || halts ? (start + length) % 2 ** 32 : null;
}
