/**
 * All that a guest can see, small enough to be sent and compared: registers by name, a number for each page of RAM.
 * Two digests say where two runs first differ; `stateHash` says whether they do.
 */
import type { Machine } from "../machine/machine.ts";
import { registersOf } from "./registers.ts";

export interface MachineDigest {
  readonly registers: readonly (readonly [name: string, value: number])[];
  /** Two 32-bit words for each frame of RAM, in the order of host memory. */
  readonly pages: Int32Array;
}

const PAGE_WORDS = 1024;

export function machineDigest(machine: Machine): MachineDigest {
  return { registers: registersOf(machine), pages: pagesOf(machine) };
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
