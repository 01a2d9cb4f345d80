/** All registers that a guest can see, by name. */
import { readEflags } from "../cpu/eflags.ts";
import { CPL, CR0, EAX, EIP, SEG_ATTR, SEG_BASE, SEG_LIMIT, SEG_SELECTOR } from "../cpu/state.ts";
import type { Machine } from "../machine/machine.ts";

export interface RegisterInfo {
  readonly name: string;
  /** Its value, unsigned. */
  readonly read: (machine: Machine) => number;
}

const GENERAL = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"];
const COLUMNS: readonly (readonly [name: string, first: number])[] = [
  ["selector", SEG_SELECTOR],
  ["base", SEG_BASE],
  ["limit", SEG_LIMIT],
  ["attributes", SEG_ATTR],
];
const SYSTEM = ["cr0", "cr2", "cr3", "cr4", "efer", "sysenter_cs", "sysenter_esp", "sysenter_eip"];
const DEBUG = ["dr0", "dr1", "dr2", "dr3", "dr4", "dr5", "dr6", "dr7", "tsc_offset", "tsc_offset_high"];
const TABLES = ["gdtr.base", "gdtr.limit", "idtr.base", "idtr.limit"];

/** Registers that lie one after the other in the state block. */
const row = (names: readonly string[], first: number, suffix = ""): RegisterInfo[] =>
  names.map((name, i) => ({ name: name + suffix, read: ({ cpu }) => cpu.r[first + i] >>> 0 }));

export const registers: readonly RegisterInfo[] = [
  { name: "eip", read: ({ cpu }) => cpu.r[EIP] >>> 0 },
  { name: "eflags", read: ({ cpu }) => readEflags(cpu) >>> 0 },
  { name: "cpl", read: ({ cpu }) => cpu.r[CPL] },
  ...row(GENERAL, EAX),
  ...COLUMNS.flatMap(([column, first]) => row(SEGMENTS, first, `.${column}`)),
  ...row([...TABLES, ...SYSTEM, ...DEBUG], CR0 - TABLES.length),
];

/** The register of that name, in small or capital letters; a segment's name means its selector. */
export function registerNamed(name: string): RegisterInfo | undefined {
  const wanted = name.toLowerCase();
  return registers.find((one) => one.name === wanted || one.name === `${wanted}.selector`);
}

/** Names and values, in the order of the table. */
export function registersOf(machine: Machine): [string, number][] {
  return registers.map(({ name, read }) => [name, read(machine)]);
}
