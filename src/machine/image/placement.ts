/**
 * Where things go in guest RAM: segments at the addresses they were linked for, everything else where it is free.
 *
 *     00009000  multiboot information (or the next free place below 0009fc00)
 *     linked    the kernel's segments
 *     above     modules, each on a page boundary; then unplaced ELF sections and the section header table
 */

import type { BootSegment } from "./boot-image.ts";
import { hex8, ImageError, mib } from "./image-error.ts";
import { EBDA_START, HIGH_RAM_START, LOW_RAM_END } from "./memory-map.ts";

/** Where QEMU's loader puts the information structure too; below are the IVT, the BIOS data and usual trampolines. */
export const INFO_GPA = 0x9000;
const INFO_ALIGN = 16;

/** The kernel's segments, checked against RAM and each other, and the free memory around them. */
export class Placement {
  /** Everything placed so far; the kernel's segments first. */
  readonly segments: BootSegment[] = [];
  readonly #image: string;
  readonly #memBytes: number;
  /** First free byte above the kernel and above what was placed there. */
  #top = HIGH_RAM_START;

  constructor(image: string, memBytes: number, kernel: readonly BootSegment[]) {
    this.#image = image;
    this.#memBytes = memBytes;
    for (const segment of kernel) this.#checkInRam(segment);
    this.#checkApart(kernel);
    for (const segment of kernel) this.#top = Math.max(this.#top, segment.gpa + segment.size);
    this.segments.push(...kernel);
  }

  /** Puts `bytes` above everything placed so far; null when RAM ends before. */
  placeAbove(name: string, bytes: Uint8Array, align: number): number | null {
    const gpa = Math.ceil(this.#top / align) * align;
    if (gpa + bytes.length > this.#memBytes) return null;
    this.#add(name, gpa, bytes);
    this.#top = gpa + bytes.length;
    return gpa;
  }

  /** A free place for the multiboot information in low RAM. Ask once: it is not remembered until `putInfo`. */
  findInfo(size: number): number {
    let gpa = INFO_GPA;
    const low = this.segments.filter((s) => s.gpa < EBDA_START).sort((a, b) => a.gpa - b.gpa);
    for (const segment of low) {
      if (gpa + size <= segment.gpa) break;
      gpa = Math.max(gpa, Math.ceil((segment.gpa + segment.size) / INFO_ALIGN) * INFO_ALIGN);
    }
    if (gpa + size <= EBDA_START) return gpa;
    throw new ImageError(
      this.#image,
      `leaves no room for ${size} bytes of multiboot information (command line, module list) between ${hex8(INFO_GPA)} and ${hex8(EBDA_START)}`,
    );
  }

  putInfo(gpa: number, bytes: Uint8Array): void {
    this.#add("multiboot information", gpa, bytes);
  }

  #add(name: string, gpa: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.segments.push({ name, gpa, bytes, size: bytes.length });
  }

  #checkInRam({ name, gpa, size }: BootSegment): void {
    const end = gpa + size;
    if (end <= LOW_RAM_END || (gpa >= HIGH_RAM_START && end <= this.#memBytes)) return;
    throw new ImageError(this.#image, this.#whyNotInRam(name, gpa, end));
  }

  #whyNotInRam(name: string, gpa: number, end: number): string {
    const range = `${name} at ${hex8(gpa)} (${end - gpa} bytes)`;
    if (end > 0x1_0000_0000) return `${range} runs past the end of the 4 GiB address space`;
    if (gpa < HIGH_RAM_START) {
      return `${range} reaches into ${hex8(LOW_RAM_END)}–${hex8(HIGH_RAM_START - 1)}, where a PC has no RAM`;
    }
    const memory = `the machine has ${mib(this.#memBytes)}`;
    if (gpa >= 0x8000_0000) {
      return `${range} is beyond RAM (${memory}): link the kernel with physical load addresses, as AT() in a linker script sets them`;
    }
    return `${range} does not fit, ${memory}: give it at least ${mib(end)} with --mem`;
  }

  #checkApart(kernel: readonly BootSegment[]): void {
    const sorted = [...kernel].sort((a, b) => a.gpa - b.gpa);
    for (let i = 1; i < sorted.length; i++) {
      const below = sorted[i - 1] as BootSegment;
      const above = sorted[i] as BootSegment;
      if (below.gpa + below.size <= above.gpa) continue;
      throw new ImageError(this.#image, `${below.name} and ${above.name} overlap at ${hex8(above.gpa)}`);
    }
  }
}
