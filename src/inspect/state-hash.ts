/**
 * One number for everything a guest can see: registers and RAM. Two runs are the same run if it is equal.
 */
import { createHash } from "node:crypto";
import { readEflags } from "../cpu/eflags.ts";
import { CPL, EAX, EDI, EIP, SEG_SELECTOR } from "../cpu/state.ts";
import type { Machine } from "../machine/machine.ts";

/** Node's hashes take less than 2 GiB at a time. */
const CHUNK = 2 ** 26;

/** The first 64 bits of SHA-256, in hexadecimal. Device registers are not in it. */
export function stateHash(machine: Machine): string {
  const { cpu, linear } = machine;
  const { layout } = linear;
  const hash = createHash("sha256");
  const words = [readEflags(cpu), cpu.r[EIP], cpu.r[CPL], machine.icount];
  hash.update(Float64Array.from(words));
  hash.update(cpu.r.slice(EAX, EDI + 1));
  // Segments, descriptor tables, control, debug, x87, SSE and model-specific registers, in one piece.
  hash.update(cpu.r.slice(SEG_SELECTOR));
  for (let at = 0; at < layout.ramBytes; at += CHUNK) {
    const end = Math.min(at + CHUNK, layout.ramBytes);
    hash.update(linear.u8.subarray(layout.ram + at, layout.ram + end));
  }
  return hash.digest("hex").slice(0, 16);
}
