/**
 * The guest's own breakpoints: which of DR0 to DR3 an instruction, an access or a port meets. The processor works one
 * instruction at a time while any is enabled (`Cpu.stepwise`), and looks at each access (`TLB_CHECKED`).
 *
 * SDM: volume 3, 17.2 "Debug registers", 17.3.1 "Debug exception (#DB)".
 */
import type { Cpu } from "./cpu.ts";
import { CR4, CR4_DE, DR0, DR7 } from "./state.ts";

/** R/W fields of DR7. */
const ON_EXECUTION = 0;
const ON_WRITE = 1;
const ON_PORT = 2;
const ON_ACCESS = 3;

/** Bytes less one, by LEN field; 8 bytes are what the Pentium 4 made of the encoding without a meaning. */
const LENGTH_MASK = [0, 1, 7, 3];

const ENABLES = 0xff;

const isEnabled = (dr7: number, i: number): boolean => ((dr7 >> (2 * i)) & 3) !== 0;
const kindOf = (dr7: number, i: number): number => (dr7 >> (16 + 4 * i)) & 3;
const lengthMask = (dr7: number, i: number): number => LENGTH_MASK[(dr7 >> (18 + 4 * i)) & 3];

/** Some breakpoint is enabled. */
export const anyBreakpoint = (cpu: Cpu): boolean => (cpu.r[DR7] & ENABLES) !== 0;

/** Some breakpoint on data is enabled. */
export function anyDataBreakpoint(cpu: Cpu): boolean {
  const dr7 = cpu.r[DR7];
  for (let i = 0; i < 4; i++) if (isEnabled(dr7, i) && (kindOf(dr7, i) & ON_WRITE) !== 0) return true;
  return false;
}

/** Bits of DR6 for the instruction at linear address `la`. Its breakpoints have length 1, whatever LEN says. */
export function executionHits(cpu: Cpu, la: number): number {
  const { r } = cpu;
  const dr7 = r[DR7];
  let hits = 0;
  for (let i = 0; i < 4; i++) {
    if (isEnabled(dr7, i) && kindOf(dr7, i) === ON_EXECUTION && r[DR0 + i] === la) hits |= 1 << i;
  }
  return hits;
}

/** The same for an access to `bytes` bytes at `la`. */
export function accessHits(cpu: Cpu, la: number, bytes: number, write: boolean): number {
  const { r } = cpu;
  const dr7 = r[DR7];
  let hits = 0;
  for (let i = 0; i < 4; i++) {
    if (!isEnabled(dr7, i)) continue;
    const kind = kindOf(dr7, i);
    if (kind !== ON_ACCESS && !(write && kind === ON_WRITE)) continue;
    if (overlap(r[DR0 + i], lengthMask(dr7, i), la, bytes)) hits |= 1 << i;
  }
  return hits;
}

/** The same for an access to a port, if CR4.DE gives the encoding that meaning. */
export function portHits(cpu: Cpu, port: number, width: number): number {
  const { r } = cpu;
  if ((r[CR4] & CR4_DE) === 0) return 0;
  const dr7 = r[DR7];
  let hits = 0;
  for (let i = 0; i < 4; i++) {
    if (!isEnabled(dr7, i) || kindOf(dr7, i) !== ON_PORT) continue;
    if (overlap(r[DR0 + i], lengthMask(dr7, i), port, width)) hits |= 1 << i;
  }
  return hits;
}

/** Whether the aligned range of a breakpoint and `bytes` bytes at `la` have a byte in common. */
function overlap(address: number, mask: number, la: number, bytes: number): boolean {
  const first = (address & ~mask) >>> 0;
  const start = la >>> 0;
  return start <= first + mask && first <= start + bytes - 1;
}
