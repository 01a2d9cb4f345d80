/**
 * What a loader hands to the machine: plain data, to be copied into RAM, and the state to start from.
 * No loader touches files or guest RAM.
 */

/** A file's name as the user gave it, and what is in it. */
export interface ImageFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Bytes for guest RAM at `gpa`, followed by zeros up to `size`. `bytes` may be a view of the file. */
export interface BootSegment {
  /** What it is, for people: "segment 0", "module initrd.img", "multiboot information". */
  readonly name: string;
  readonly gpa: number;
  readonly bytes: Uint8Array;
  readonly size: number;
}

export interface BootImage {
  /** Physical address of the first instruction. */
  readonly entry: number;
  /** All lie in RAM and none overlap. */
  readonly segments: readonly BootSegment[];
  readonly registers: { readonly eax: number; readonly ebx: number };
  /** What the image asked for and does not get, one sentence each, for the user to read. */
  readonly warnings: readonly string[];
}

/** A segment register with its hidden part, as in a GDT descriptor. */
export interface StartSegment {
  readonly selector: number;
  readonly base: number;
  /** Last valid byte, already scaled by the granularity bit. */
  readonly limit: number;
  /** Descriptor bits 40–47: P, DPL, S, type. */
  readonly access: number;
  /** Descriptor bits 52–55: AVL, L, D/B, G. */
  readonly flags: number;
}

const FLAT_CODE: StartSegment = { selector: 0x08, base: 0, limit: 0xffff_ffff, access: 0x9b, flags: 0xc };
const FLAT_DATA: StartSegment = { selector: 0x10, base: 0, limit: 0xffff_ffff, access: 0x93, flags: 0xc };

/**
 * The processor when a multiboot kernel gets control; EIP, EAX and EBX come from the `BootImage`.
 * 32-bit protected mode, flat segments, paging and interrupts off, A20 on. ESP, GDTR and IDTR are undefined
 * by the specification: zero here, so that a kernel which relies on them fails at once and always alike.
 *
 * Multiboot 0.6.96: 3.2
 */
export const MULTIBOOT_START = {
  /** PE and ET. */
  cr0: 0x11,
  /** Only the bit that is always one: IF, DF, VM clear. */
  eflags: 0x2,
  a20: true,
  cs: FLAT_CODE,
  ds: FLAT_DATA,
  es: FLAT_DATA,
  fs: FLAT_DATA,
  gs: FLAT_DATA,
  ss: FLAT_DATA,
  gdtr: { base: 0, limit: 0 },
  idtr: { base: 0, limit: 0 },
} as const;
