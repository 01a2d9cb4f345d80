/**
 * The machine's one linear memory as the processor and the MMUs see it: views over the same bytes, and where
 * each region starts. The machine declares the layout (`src/machine/layout.ts`); everyone below receives it.
 */
import type { Hpa } from "./types.ts";

/** Byte offsets in the linear memory. Every region starts on a page boundary. */
export interface Layout {
  /** Processor state block. */
  readonly state: Hpa;
  /** TLB words: header, then supervisor entries, then user entries (`tlb.ts`). */
  readonly tlb: Hpa;
  /** One byte for each host frame of the whole memory: 1 if decoded code was read from it. */
  readonly codeMap: Hpa;
  /** Event ring (`src/trace/ring.ts`). */
  readonly ring: Hpa;
  readonly ringBytes: number;
  /** Firmware: not guest RAM, but the guest can read it. */
  readonly rom: Hpa;
  readonly romBytes: number;
  /** Hypervisor pages: pae_root first, then the shadow tables. */
  readonly shadow: Hpa;
  readonly shadowPages: number;
  /** Guest RAM. */
  readonly ram: Hpa;
  readonly ramBytes: number;
  /** Total size in bytes. */
  readonly bytes: number;
}

export interface LinearMemory {
  readonly layout: Layout;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly view: DataView;
}
