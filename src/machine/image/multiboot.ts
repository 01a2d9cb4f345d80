/**
 * The Multiboot 1 boot loader: from files to a `BootImage`, without touching files or guest RAM.
 *
 * Memory sizes, memory map, command line, modules and boot-loader name are given whatever the header asks for,
 * and the section headers of an ELF image when it has them.
 *
 * Multiboot 0.6.96: 3.1–3.3
 * Differs: a requested video mode (flag bit 2) gets a warning, not a refusal. QEMU does the same, and kernels ask
 * for a mode as a preference and look at the information structure for what they got.
 */
import { type BootImage, type ImageFile, MULTIBOOT_START } from "./boot-image.ts";
import { readMultibootHeader } from "./multiboot-header.ts";
import { encodeMultibootInfo } from "./multiboot-info.ts";
import {
  loadByAddresses,
  loadElfKernel,
  type MultibootOptions,
  partsOf,
  placeModule,
  placeSections,
  withName,
} from "./multiboot-kernel.ts";
import { Placement } from "./placement.ts";

/** What a kernel finds in EAX: proof that a Multiboot loader started it. */
export const MULTIBOOT_EAX = 0x2bad_b002;

/** Lays out `file` and its modules in guest RAM. Throws `ImageError` and nothing else. */
export function loadMultiboot(file: ImageFile, options: MultibootOptions): BootImage {
  const header = readMultibootHeader(file);
  const { addresses } = header;
  const kernel =
    addresses === null
      ? loadElfKernel(file)
      : loadByAddresses(file, header.offset, addresses, addresses.entryAddr);
  const warnings: string[] = [];
  if (header.wantsVideo) warnings.push(`${file.name}: asks for a video mode and gets none`);

  const placement = new Placement(file.name, options.memBytes, kernel.segments);
  const modules = options.modules.map((module) => placeModule(placement, module, options.memBytes));
  const sections = kernel.sections && placeSections(placement, file, kernel.sections, warnings);
  const info = {
    memBytes: options.memBytes,
    commandLine: withName(file.name, options.commandLine),
    bootLoaderName: options.bootLoaderName,
    modules,
    sections,
  };
  const infoGpa = placement.findInfo(encodeMultibootInfo(info, 0).length);
  placement.putInfo(infoGpa, encodeMultibootInfo(info, infoGpa));
  return {
    entry: kernel.entry,
    segments: placement.segments,
    registers: { eax: MULTIBOOT_EAX, ebx: infoGpa, esi: 0 },
    start: MULTIBOOT_START,
    parts: partsOf(file, kernel, options.commandLine),
    warnings,
  };
}
