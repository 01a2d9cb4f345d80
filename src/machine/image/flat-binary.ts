/**
 * The loader of flat binaries: bytes at an address, entered at their first. Nothing tells what they are, so the address does,
 * or whoever loads them: below 1 MiB real mode, as a boot sector is entered, from there on 32-bit protected mode, as a
 * Multiboot kernel is.
 *
 *     7c00    CS:IP 0000:7c00, the other segments 0      20000   CS:IP 2000:0000, the other segments 2000
 *
 * There is no BIOS to call: the interrupt table is empty.
 */
import {
  type BootImage,
  CLEAR_EFLAGS,
  type ImageFile,
  MULTIBOOT_START,
  type StartSegment,
  type StartState,
} from "./boot-image.ts";
import { hex8, ImageError, mib } from "./image-error.ts";
import { HIGH_RAM_START, LOW_RAM_END } from "./memory-map.ts";

export interface FlatPlace {
  readonly gpa: number;
  /** The mode that it starts in; null for what the address says. */
  readonly bits: 16 | 32 | null;
}

/** Addresses that an offset in segment 0 reaches. */
const SEGMENT_BYTES = 0x1_0000;
/** ET alone: what a processor with a coprocessor has after a reset, caches on. */
const REAL_CR0 = 0x10;

const realSegment = (selector: number, access: number): StartSegment => ({
  selector,
  base: selector * 16,
  limit: 0xffff,
  access,
  flags: 0,
});

/** Throws `ImageError` and nothing else. */
export function loadFlatBinary(file: ImageFile, place: FlatPlace, memBytes: number): BootImage {
  const { gpa } = place;
  const { bytes, name } = file;
  const bits = place.bits ?? (gpa < HIGH_RAM_START ? 16 : 32);
  if (bytes.length === 0) throw new ImageError(name, "is empty: there is nothing to run");
  if (bits === 16 && gpa >= HIGH_RAM_START) {
    throw new ImageError(
      name,
      `cannot start in real mode at ${hex8(gpa)}, which no segment reaches: give 32 bits`,
    );
  }
  checkPlace(file, gpa, memBytes);
  const selector = gpa < SEGMENT_BYTES ? 0 : gpa >>> 4;
  return {
    entry: bits === 32 ? gpa : gpa - selector * 16,
    segments: [{ name: "the binary", gpa, bytes, size: bytes.length }],
    registers: { eax: 0, ebx: 0, esi: 0 },
    start: bits === 32 ? MULTIBOOT_START : realStart(selector),
    parts: {
      kernel: { gpa, bytes },
      commandLine: { gpa: 0, bytes: Uint8Array.of(0) },
      initrd: null,
      setup: null,
    },
    warnings: [],
  };
}

function realStart(selector: number): StartState {
  return {
    cr0: REAL_CR0,
    eflags: CLEAR_EFLAGS,
    cs: realSegment(selector, 0x9b),
    data: realSegment(selector, 0x93),
    gdtr: { base: 0, limit: 0xffff },
  };
}

function checkPlace({ bytes, name }: ImageFile, gpa: number, memBytes: number): void {
  const end = gpa + bytes.length;
  const where = `${bytes.length} bytes at ${hex8(gpa)}`;
  if (end > memBytes) {
    throw new ImageError(
      name,
      `does not fit: ${where}, the machine has ${mib(memBytes)}: give it more with --mem`,
    );
  }
  if (gpa < HIGH_RAM_START && end > LOW_RAM_END) {
    throw new ImageError(name, `does not fit: ${where} reach into the video memory at ${hex8(LOW_RAM_END)}`);
  }
}
