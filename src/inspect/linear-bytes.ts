/** Guest memory by linear address, through the guest's own tables, without side effects. */
import type { Machine } from "../machine/machine.ts";

const PAGE = 4096;
const ADDRESSES = 2 ** 32;

/**
 * Up to `count` bytes from `gva` on: fewer if a page on the way is not mapped, or has no memory behind it. Goes on at 0
 * behind the last address, as the processor does.
 */
export function mappedBytes({ mmu, memory, linear }: Machine, gva: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let filled = 0;
  while (filled < count) {
    const at = (gva + filled) % ADDRESSES;
    const inPage = Math.min(PAGE - (at % PAGE), count - filled);
    const gpa = mmu.probe(at);
    const hpa = gpa < 0 ? -1 : memory.hpa(gpa);
    if (hpa < 0) break;
    bytes.set(linear.u8.subarray(hpa, hpa + inPage), filled);
    filled += inPage;
  }
  return bytes.subarray(0, filled);
}

/** The little-endian 32-bit word at `gva`, or null if any byte of it is not mapped. */
export function wordAt(machine: Machine, gva: number): number | null {
  const bytes = mappedBytes(machine, gva, 4);
  if (bytes.length < 4) return null;
  return (bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24)) >>> 0;
}
