/**
 * All that a guest can see, small enough to be sent and compared: registers by name, a number for each page of RAM.
 * Two digests say where two runs first differ; `stateHash` says whether they do.
 */
import { readEflags } from "../cpu/eflags.ts";
import { CPL, CR0, EAX, EIP, SEG_ATTR, SEG_BASE, SEG_LIMIT, SEG_SELECTOR } from "../cpu/state.ts";
import type { Machine } from "../machine/machine.ts";

export interface MachineDigest {
  readonly registers: readonly (readonly [name: string, value: number])[];
  /** Two 32-bit words for each frame of RAM, in the order of host memory. */
  readonly pages: Int32Array;
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
const PAGE_WORDS = 1024;

export function machineDigest(machine: Machine): MachineDigest {
  return { registers: registersOf(machine), pages: pagesOf(machine) };
}

/** All registers that a guest can see, by name. */
export function registersOf({ cpu }: Machine): [string, number][] {
  const { r } = cpu;
  const found: [string, number][] = [
    ["eip", r[EIP] >>> 0],
    ["eflags", readEflags(cpu) >>> 0],
    ["cpl", r[CPL]],
  ];
  const add = (names: readonly string[], first: number, suffix = ""): void => {
    names.forEach((name, i) => {
      found.push([name + suffix, r[first + i] >>> 0]);
    });
  };
  add(GENERAL, EAX);
  for (const [column, first] of COLUMNS) add(SEGMENTS, first, `.${column}`);
  add([...TABLES, ...SYSTEM, ...DEBUG], CR0 - TABLES.length);
  return found;
}

/** FNV-1a over words, twice with different multipliers: to find a page, not to withstand malice. */
function pagesOf({ linear }: Machine): Int32Array {
  const { i32, layout } = linear;
  const frames = layout.ramBytes >>> 12;
  const pages = new Int32Array(frames * 2);
  let at = layout.ram >>> 2;
  for (let frame = 0; frame < frames; frame++) {
    let one = 0x811c_9dc5 | 0;
    let two = 0x1234_5678;
    for (const end = at + PAGE_WORDS; at < end; at++) {
      one = Math.imul(one ^ i32[at], 0x0100_0193);
      two = Math.imul((two + i32[at]) ^ (two >>> 15), 0x2c1b_3c6d);
    }
    pages[frame * 2] = one;
    pages[frame * 2 + 1] = two;
  }
  return pages;
}

/** Where two machines first differ: a register by name, or a frame of RAM; null if nowhere. */
export type Difference =
  | { readonly kind: "register"; readonly name: string; readonly values: readonly [number, number] }
  | { readonly kind: "page"; readonly frame: number };

export function firstDifference(one: MachineDigest, other: MachineDigest): Difference | null {
  for (let i = 0; i < one.registers.length; i++) {
    const [name, value] = one.registers[i];
    const otherValue = other.registers[i][1];
    if (value !== otherValue) return { kind: "register", name, values: [value, otherValue] };
  }
  for (let i = 0; i < one.pages.length; i++) {
    if (one.pages[i] !== other.pages[i]) return { kind: "page", frame: i >>> 1 };
  }
  return null;
}
