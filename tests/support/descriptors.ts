/** Descriptors, gates and tasks for tests of segmentation, privilege and interrupts, on top of the `Bench`. */
import { EIP } from "../../src/cpu/state.ts";
import { assemble } from "./asm.ts";
import { type Bench, CODE, type Fault, GDT, IDT, TSS } from "./cpu.ts";

export const GATE_CALL16 = 0x84;
export const GATE_TASK = 0x85;
export const GATE_INTERRUPT16 = 0x86;
export const GATE_TRAP16 = 0x87;
export const GATE_CALL32 = 0x8c;
export const GATE_INTERRUPT32 = 0x8e;
export const GATE_TRAP32 = 0x8f;
/** Or this into a type for a gate of DPL 3; leave 0x80 out for one that is not present. */
export const DPL3 = 0x60;

// Attribute words of segments, DPL 0, accessed.
export const CODE32 = 0xc09b;
export const CONFORMING32 = 0xc09f;
export const EXECUTE_ONLY32 = 0xc099;
export const DATA32 = 0xc093;
export const READ_ONLY32 = 0xc091;
export const EXPAND_DOWN32 = 0xc097;
export const CODE16 = 0x009b;
export const DATA16 = 0x0093;

/** Assembles a program at CODE and runs it to its HLT or to the first fault. */
export function run(bench: Bench, text: string): Fault | null {
  load(bench, text);
  return bench.go(1_000_000);
}

/** Puts a program at CODE, with a HLT behind it, and EIP on its first instruction. */
export function load(bench: Bench, text: string): ReadonlyMap<string, number> {
  const program = assemble(`${text}\nhlt`, { origin: CODE });
  bench.load(CODE, program.bytes);
  bench.cpu.r[EIP] = CODE;
  return program.labels;
}

/** Assembles at another place. */
export function place(bench: Bench, address: number, text: string): void {
  bench.load(address, assemble(text, { origin: address }).bytes);
}

/** A segment in the GDT: a flat one unless told otherwise. `limit` in units of the G bit. */
export function segment(bench: Bench, selector: number, attr: number, base = 0, limit = 0xfffff): void {
  bench.writeDescriptor(GDT + (selector & ~7), base, limit, attr);
}

function writeGate(
  bench: Bench,
  address: number,
  type: number,
  selector: number,
  offset: number,
  count = 0,
): void {
  bench.write32(address, (selector << 16) | (offset & 0xffff));
  bench.write32(address + 4, (offset & 0xffff_0000) | (type << 8) | count);
}

/** A gate in the IDT. */
export function vectorGate(
  bench: Bench,
  vector: number,
  type: number,
  selector: number,
  offset: number,
): void {
  writeGate(bench, IDT + vector * 8, type, selector, offset);
}

/** A call gate in the GDT, with `count` parameters. */
export function callGate(
  bench: Bench,
  at: number,
  type: number,
  selector: number,
  offset: number,
  count = 0,
): void {
  writeGate(bench, GDT + (at & ~7), type, selector, offset, count);
}

/** The stack of a privilege level in the 32-bit TSS. */
export function tssStack(bench: Bench, level: number, ss: number, esp: number): void {
  bench.write32(TSS + 4 + level * 8, esp);
  bench.write32(TSS + 8 + level * 8, ss);
}
