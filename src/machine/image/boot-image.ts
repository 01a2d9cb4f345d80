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

/** A part of a boot, and where it lies; address 0 if the loader made something else of it. */
export interface PlacedBytes {
  readonly gpa: number;
  readonly bytes: Uint8Array;
}

/** What was loaded, for kernels that ask the configuration device for it. */
export interface KernelParts {
  readonly kernel: PlacedBytes;
  /** With its final zero. */
  readonly commandLine: PlacedBytes;
  readonly initrd: PlacedBytes | null;
  /** The real-mode part of a Linux kernel, its header filled in. */
  readonly setup: PlacedBytes | null;
}

export interface BootImage {
  /** Physical address of the first instruction. */
  readonly entry: number;
  /** All lie in RAM and none overlap. */
  readonly segments: readonly BootSegment[];
  /** All others are zero. */
  readonly registers: { readonly eax: number; readonly ebx: number; readonly esi: number };
  readonly start: StartState;
  readonly parts: KernelParts;
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

/** The processor when an image gets control; EIP and general registers come from the `BootImage`. */
export interface StartState {
  readonly cr0: number;
  readonly eflags: number;
  readonly cs: StartSegment;
  /** DS, ES, FS, GS, SS. */
  readonly data: StartSegment;
  readonly gdtr: { readonly base: number; readonly limit: number };
}

/** Base 0, limit 4 GiB, ring 0, 32 bits: what the loaders of protected-mode kernels promise. */
export function flatCode(selector: number): StartSegment {
  return { selector, base: 0, limit: 0xffff_ffff, access: 0x9b, flags: 0xc };
}
export function flatData(selector: number): StartSegment {
  return { selector, base: 0, limit: 0xffff_ffff, access: 0x93, flags: 0xc };
}

/** PE and ET. */
export const PROTECTED_CR0 = 0x11;
/** Only the bit that is always one: IF, DF, VM clear. */
export const CLEAR_EFLAGS = 0x2;

/**
 * What a multiboot kernel finds: 32-bit protected mode, flat segments, paging and interrupts off. ESP, GDTR and IDTR are
 * undefined by the specification: zero here, so that a kernel which relies on them fails at once and always alike.
 *
 * Multiboot 0.6.96: 3.2
 */
export const MULTIBOOT_START: StartState = {
  cr0: PROTECTED_CR0,
  eflags: CLEAR_EFLAGS,
  cs: flatCode(0x08),
  data: flatData(0x10),
  gdtr: { base: 0, limit: 0 },
};
