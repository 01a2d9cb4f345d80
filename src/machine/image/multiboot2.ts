/**
 * The Multiboot 2 boot loader: from files to a `BootImage`, without touching files or guest RAM.
 *
 * Everything that a BIOS PC in text mode can tell is told, whatever the header asks for.
 *
 * Multiboot 2.0: 3.1, 3.3, 3.6
 * Differs: a requested framebuffer gets a warning and EGA text; a relocatable kernel stays at the addresses that it was
 * linked for.
 */
import { type BootImage, type ImageFile, MULTIBOOT_START } from "./boot-image.ts";
import { SHDR_SIZE } from "./elf32.ts";
import { ImageError } from "./image-error.ts";
import {
  loadByAddresses,
  loadElfKernel,
  type MultibootOptions,
  partsOf,
  placeModule,
  placeSections,
  withName,
} from "./multiboot-kernel.ts";
import { readMultiboot2Header } from "./multiboot2-header.ts";
import { encodeMultiboot2Info, GIVEN_TAGS } from "./multiboot2-info.ts";
import { Placement } from "./placement.ts";

/** What a kernel finds in EAX: proof that a Multiboot 2 loader started it. */
export const MULTIBOOT2_EAX = 0x36d7_6289;

export interface Multiboot2Options extends MultibootOptions {
  /** The ACPI root pointer of revision 0, or null. */
  readonly rsdp: Uint8Array | null;
}

/** Lays out `file`, whose header is at `offset`, and its modules in guest RAM. Throws `ImageError` and nothing else. */
export function loadMultiboot2(file: ImageFile, offset: number, options: Multiboot2Options): BootImage {
  const header = readMultiboot2Header(file, offset);
  const missing = header.required.filter((type) => !GIVEN_TAGS.has(type));
  if (missing.length > 0) {
    throw new ImageError(file.name, `requires information that a BIOS PC does not have (tag ${missing[0]})`);
  }
  const { addresses, entry } = header;
  if (addresses !== null && entry === null) {
    throw new ImageError(
      file.name,
      "has a Multiboot 2 header with load addresses but no entry address (tag 3)",
    );
  }
  const kernel =
    addresses === null ? loadElfKernel(file) : loadByAddresses(file, offset, addresses, entry ?? 0);
  const warnings: string[] = [];
  if (header.wantsFramebuffer) warnings.push(`${file.name}: asks for a framebuffer and gets EGA text`);

  const placement = new Placement(file.name, options.memBytes, kernel.segments);
  const modules = options.modules.map((module) => placeModule(placement, module, options.memBytes));
  const sections = kernel.sections && placeSections(placement, file, kernel.sections, warnings);
  const table = placement.segments.find(({ gpa }) => gpa === sections?.gpa);
  const info = encodeMultiboot2Info({
    memBytes: options.memBytes,
    commandLine: withName(file.name, options.commandLine),
    bootLoaderName: options.bootLoaderName,
    modules,
    sections,
    sectionHeaders:
      sections === null || table === undefined ? null : table.bytes.subarray(0, sections.count * SHDR_SIZE),
    rsdp: options.rsdp,
    loadBase: Math.min(...kernel.segments.map(({ gpa }) => gpa)),
  });
  const infoGpa = placement.findInfo(info.length);
  placement.putInfo(infoGpa, info);
  return {
    entry: entry ?? kernel.entry,
    segments: placement.segments,
    registers: { eax: MULTIBOOT2_EAX, ebx: infoGpa, esi: 0 },
    start: MULTIBOOT_START,
    parts: partsOf(file, kernel, options.commandLine),
    warnings,
  };
}
