/** Kernels of every kind that is started without a BIOS, told apart by their headers. */
import type { BootImage, ImageFile } from "./boot-image.ts";
import { isBzImage, loadBzImage } from "./bzimage.ts";
import { loadMultiboot } from "./multiboot.ts";
import { isMultiboot } from "./multiboot-header.ts";
import type { MultibootOptions } from "./multiboot-kernel.ts";
import { loadMultiboot2 } from "./multiboot2.ts";
import { findMultiboot2 } from "./multiboot2-header.ts";

export interface KernelOptions extends Omit<MultibootOptions, "modules"> {
  /** For a multiboot kernel: further files. */
  readonly modules: () => MultibootOptions["modules"];
  /** For Linux. */
  readonly initrd: () => ImageFile | null;
  /** Where the ACPI root pointer will be, and what it will hold; null if there is none. */
  readonly rsdp: { readonly gpa: number; readonly bytes: Uint8Array } | null;
}

/** Lays out a kernel in guest RAM. Throws `ImageError` if it cannot be booted, or is none. */
export function loadKernel(file: ImageFile, options: KernelOptions): BootImage {
  const { rsdp } = options;
  if (isBzImage(file.bytes)) {
    return loadBzImage(file, { ...options, initrd: options.initrd(), rsdpGpa: rsdp?.gpa ?? 0 });
  }
  const multiboot = { ...options, modules: options.modules() };
  // A kernel with headers of both versions knows what to do with either.
  const second = isMultiboot(file) ? -1 : findMultiboot2(file);
  if (second < 0) return loadMultiboot(file, multiboot);
  return loadMultiboot2(file, second, { ...multiboot, rsdp: rsdp?.bytes ?? null });
}
