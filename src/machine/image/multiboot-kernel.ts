/**
 * What the loaders of both Multiboot versions do alike: finding a kernel's segments, by ELF or by the addresses of the
 * header, and placing modules and sections in what is left of RAM.
 *
 * Multiboot 0.6.96: 3.1.3, 3.3; Multiboot 2.0: 3.1.5, 3.6
 */
import type { BootSegment, ImageFile, KernelParts } from "./boot-image.ts";
import { type Elf32Sections, isElf, parseElf32, SH_ADDR, SHDR_SIZE } from "./elf32.ts";
import { hex8, ImageError, mib } from "./image-error.ts";
import type { PlacedModule, PlacedSections } from "./multiboot-info.ts";
import type { Placement } from "./placement.ts";

const PAGE_SIZE = 4096;
const SECTION_ALIGN = 16;

/** A further file for the kernel. */
export interface BootModule extends ImageFile {
  readonly commandLine: string;
}

export interface MultibootOptions {
  /** RAM is [0, 0xa0000) and [0x100000, memBytes). */
  readonly memBytes: number;
  readonly commandLine: string;
  readonly modules: readonly BootModule[];
  readonly bootLoaderName: string;
}

/** The address override ("a.out kludge") of a header, as in the file. */
export interface HeaderAddresses {
  readonly headerAddr: number;
  readonly loadAddr: number;
  readonly loadEndAddr: number;
  readonly bssEndAddr: number;
}

export interface MultibootKernel {
  readonly entry: number;
  readonly segments: readonly BootSegment[];
  readonly sections: Elf32Sections | null;
}

export function loadElfKernel(file: ImageFile): MultibootKernel {
  if (!isElf(file.bytes)) {
    throw new ImageError(
      file.name,
      "is not an ELF image and its multiboot header has no load addresses (flag bit 16, or tag 2)",
    );
  }
  const elf = parseElf32(file);
  const segments = elf.segments.map((s) => ({
    name: `segment ${s.index}`,
    gpa: s.paddr,
    bytes: s.bytes,
    size: s.size,
  }));
  return { entry: elf.entry, segments, sections: elf.sections };
}

/** The file as it is, at its lowest segment. Of modules there may be many, and what names them lists them. */
export function partsOf(file: ImageFile, kernel: MultibootKernel, commandLine: string): KernelParts {
  return {
    kernel: { gpa: Math.min(...kernel.segments.map(({ gpa }) => gpa)), bytes: file.bytes },
    commandLine: { gpa: 0, bytes: new TextEncoder().encode(`${withName(file.name, commandLine)}\0`) },
    initrd: null,
    setup: null,
  };
}

/** The address fields say it all, even in an ELF file. `offset` is where in the file the header is. */
export function loadByAddresses(
  file: ImageFile,
  offset: number,
  addresses: HeaderAddresses,
  entryAddr: number,
): MultibootKernel {
  const { headerAddr, loadAddr, loadEndAddr, bssEndAddr } = addresses;
  const refuse = (reason: string): never => {
    throw new ImageError(file.name, `has a bad multiboot header: ${reason}`);
  };
  const fileOffset = offset - (headerAddr - loadAddr);
  if (headerAddr < loadAddr) refuse(`header_addr ${hex8(headerAddr)} is below load_addr ${hex8(loadAddr)}`);
  if (fileOffset < 0)
    refuse(`load_addr ${hex8(loadAddr)} is ${-fileOffset} bytes before the start of the file`);
  // Zero means: as much as the file has. The header itself is loaded, so there is something.
  const loadEnd = loadEndAddr === 0 ? loadAddr + (file.bytes.length - fileOffset) : loadEndAddr;
  if (loadEnd <= loadAddr) refuse(`load_end_addr ${hex8(loadEnd)} is not above load_addr ${hex8(loadAddr)}`);
  const bssEnd = bssEndAddr === 0 ? loadEnd : bssEndAddr;
  if (bssEnd < loadEnd)
    refuse(`bss_end_addr ${hex8(bssEnd)} is below the end of the loaded part, ${hex8(loadEnd)}`);
  if (entryAddr < loadAddr || entryAddr >= bssEnd)
    refuse(`entry_addr ${hex8(entryAddr)} is outside the image`);
  const fileEnd = fileOffset + (loadEnd - loadAddr);
  if (fileEnd > file.bytes.length) {
    throw new ImageError(
      file.name,
      `is truncated: its multiboot header loads up to byte ${fileEnd} but the file has ${file.bytes.length} bytes`,
    );
  }
  const bytes = file.bytes.subarray(fileOffset, fileEnd);
  const segment = { name: "the image", gpa: loadAddr, bytes, size: bssEnd - loadAddr };
  return { entry: entryAddr, segments: [segment], sections: null };
}

export function placeModule(placement: Placement, module: BootModule, memBytes: number): PlacedModule {
  const start = placement.placeAbove(`module ${module.name}`, module.bytes, PAGE_SIZE);
  if (start === null) {
    throw new ImageError(
      module.name,
      `this module of ${module.bytes.length} bytes does not fit above the kernel, the machine has ${mib(memBytes)}: give it more with --mem`,
    );
  }
  return { start, end: start + module.bytes.length, commandLine: withName(module.name, module.commandLine) };
}

/**
 * Sections without an address (symbols, names, debug information) are loaded and get one, as GRUB does, so that
 * a kernel can print symbols in a backtrace. Memory that ends earlier costs the sections, not the boot.
 */
export function placeSections(
  placement: Placement,
  file: ImageFile,
  sections: Elf32Sections,
  warnings: string[],
): PlacedSections | null {
  const headers = Uint8Array.from(sections.headers);
  const view = new DataView(headers.buffer);
  let missing = 0;
  for (const { index, bytes } of sections.unplaced) {
    const gpa = placement.placeAbove(`section ${index}`, bytes, SECTION_ALIGN);
    if (gpa === null) missing++;
    else view.setUint32(index * SHDR_SIZE + SH_ADDR, gpa, true);
  }
  const gpa = placement.placeAbove("section header table", headers, SECTION_ALIGN);
  if (missing > 0 || gpa === null) {
    warnings.push(`${file.name}: memory is too small for all symbol and debug sections; some are not loaded`);
  }
  return gpa === null
    ? null
    : { gpa, count: sections.count, entrySize: SHDR_SIZE, namesIndex: sections.namesIndex };
}

/** The image's name comes first, as GRUB and QEMU pass it. */
export function withName(name: string, commandLine: string): string {
  return commandLine === "" ? name : `${name} ${commandLine}`;
}
