/**
 * The one declaration of the linear memory. Everything hot lives in a single WebAssembly.Memory:
 *
 *     0x0000_0000   guard page, never used: a zero hpa is always a bug
 *     state         processor state block
 *     tlb           host TLB
 *     codeMap       one byte per host frame
 *     ring          event ring
 *     rom           firmware
 *     shadow        pae_root and the shadow page pool
 *     ram           guest RAM, last, so that its size changes nothing else
 *
 * Guest RAM does not start at 0, so a pfn never equals the gfn it backs.
 */
import type { Layout, LinearMemory } from "../mmu/linear-memory.ts";
import { TLB_BYTES } from "../mmu/tlb.ts";

const PAGE = 4096;
const WASM_PAGE = 65536;
const STATE_BYTES = 2 * PAGE;
const RING_BYTES = 1 << 22;
const ROM_BYTES = 1 << 18;

export interface MemorySizes {
  /** Guest RAM in bytes, a multiple of 4096, at most 2 GiB. */
  readonly ramBytes: number;
  /** Shadow tables in the pool; pae_root comes on top. */
  readonly shadowPages: number;
  /** Shared between threads, for a machine that runs in a worker. */
  readonly shared?: boolean;
}

const roundUp = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit;

export function layoutFor({ ramBytes, shadowPages }: MemorySizes): Layout {
  const state = PAGE;
  const tlb = state + STATE_BYTES;
  const codeMap = tlb + roundUp(TLB_BYTES, PAGE);
  const fixed = codeMap + RING_BYTES + ROM_BYTES + (shadowPages + 1) * PAGE + ramBytes;
  // The map covers itself: one more page of it than the rest needs is always enough.
  const codeMapBytes = roundUp(Math.ceil(fixed / PAGE), PAGE) + PAGE;
  const ring = codeMap + codeMapBytes;
  const rom = ring + RING_BYTES;
  const shadow = rom + ROM_BYTES;
  const ram = shadow + (shadowPages + 1) * PAGE;
  return {
    state,
    tlb,
    codeMap,
    ring,
    ringBytes: RING_BYTES,
    rom,
    romBytes: ROM_BYTES,
    shadow,
    shadowPages: shadowPages + 1,
    ram,
    ramBytes,
    bytes: roundUp(ram + ramBytes, WASM_PAGE),
  };
}

/** Allocates the linear memory, all zero. Nothing of guest RAM is touched until the guest does. */
export function allocateLinearMemory(sizes: MemorySizes): LinearMemory {
  const layout = layoutFor(sizes);
  const pages = layout.bytes / WASM_PAGE;
  const { buffer } = new WebAssembly.Memory({
    initial: pages,
    maximum: pages,
    shared: sizes.shared ?? false,
  });
  return {
    layout,
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    view: new DataView(buffer),
  };
}
