/** Two more tasks for tests of task switches, beside the one that a `Bench` runs: one to enter, one for its faults. */
import { type Bench, FREE_SELECTOR, GDT, KERNEL_CODE, KERNEL_DATA } from "./cpu.ts";
import { place } from "./descriptors.ts";

/** Selectors of the two, of a segment and of a gate for the test, and one beyond the GDT. */
export const NEW = FREE_SELECTOR;
export const HANDLER = FREE_SELECTOR + 8;
export const SEL = FREE_SELECTOR + 16;
export const GATE = FREE_SELECTOR + 24;
export const BEYOND = 0x2000;

export const NEW_TSS = 0x2_0000;
export const HANDLER_TSS = 0x2_1000;
export const ENTRY = 0x1_8000;
export const HANDLER_ENTRY = 0x1_9000;
export const NEW_STACK = 0x1_a000;
const HANDLER_STACK = 0x1_b000;

/** Offsets in a 32-bit TSS. SDM: volume 3, figure 7-2. */
export const T = {
  ESP0: 0x04,
  SS0: 0x08,
  CR3: 0x1c,
  EIP: 0x20,
  EFLAGS: 0x24,
  ESP: 0x38,
  ES: 0x48,
  CS: 0x4c,
  SS: 0x50,
  DS: 0x54,
  FS: 0x58,
  GS: 0x5c,
  LDT: 0x60,
  TRAP: 0x64,
} as const;

/** Both tasks, ready to run to a HLT in ring 0. */
export function buildTasks(bench: Bench): void {
  task32(bench, NEW, NEW_TSS, ENTRY, NEW_STACK);
  task32(bench, HANDLER, HANDLER_TSS, HANDLER_ENTRY, HANDLER_STACK);
}

function task32(bench: Bench, selector: number, tss: number, eip: number, esp: number): void {
  bench.writeDescriptor(GDT + selector, tss, 0x67, 0x89);
  bench.load(tss, new Uint8Array(0x68));
  bench.write32(tss + T.EIP, eip);
  bench.write32(tss + T.EFLAGS, 2);
  bench.write32(tss + T.ESP, esp);
  for (const at of [T.ES, T.SS, T.DS, T.FS, T.GS]) bench.write32(tss + at, KERNEL_DATA);
  bench.write32(tss + T.CS, KERNEL_CODE);
  bench.write32(tss + T.TRAP, 0x68 << 16);
  place(bench, eip, "hlt");
}

/** A 16-bit task under NEW. SDM: volume 3, figure 7-10. */
export function buildTask16(bench: Bench, ip: number, sp: number): void {
  bench.writeDescriptor(GDT + NEW, NEW_TSS, 0x2b, 0x81);
  bench.load(NEW_TSS, new Uint8Array(0x2c));
  bench.write16(NEW_TSS + 0x0e, ip);
  bench.write16(NEW_TSS + 0x10, 2);
  bench.write16(NEW_TSS + 0x1a, sp);
  for (const at of [0x22, 0x26, 0x28]) bench.write16(NEW_TSS + at, KERNEL_DATA);
  bench.write16(NEW_TSS + 0x24, KERNEL_CODE);
  place(bench, ip, "hlt");
}

/** The type field of a descriptor in the GDT: 9 and 1 are available TSSs, B and 3 busy ones. */
export const typeOf = (bench: Bench, selector: number): number => bench.read8(GDT + selector + 5) & 15;
