/** The BIOS that boots a disk: the one that was named, or SeaBIOS where Debian's packages put it; and its video BIOS. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CommandError, STATUS_USAGE } from "./exit-status.ts";
import { readInput } from "./files.ts";

const PLACES = [
  "/usr/share/seabios/bios-256k.bin",
  "/usr/share/seabios/bios.bin",
  "/usr/share/qemu/bios-256k.bin",
];
/** Names of a video BIOS for a VGA on the ISA bus, beside the BIOS. */
const VIDEO_NAMES = ["vgabios-isavga.bin", "vgabios.bin"];
const NO_ROM = "there is no such file; --bios takes the image of a ROM.";
const ROM_SIZES: readonly number[] = [64, 128, 256].map((kib) => kib * 1024);

export interface FirmwareFiles {
  readonly bios: Uint8Array;
  readonly videoBios: Uint8Array | null;
}

/** `named` is what --bios says; `wanted` what is to be booted, for the sentence. */
export function firmwareFiles(named: string | undefined, wanted: string): FirmwareFiles {
  const path = named ?? PLACES.find((place) => existsSync(place));
  if (path === undefined) {
    throw new CommandError(
      `${wanted} boots through a BIOS, and there is none in /usr/share/seabios; install Debian's package seabios, or name one with --bios.`,
      STATUS_USAGE,
    );
  }
  const bios = readInput(path, path, NO_ROM);
  if (!ROM_SIZES.includes(bios.length)) {
    throw new CommandError(
      `${path}: a ROM has 64, 128 or 256 KiB, and this file has ${bios.length} bytes.`,
      STATUS_USAGE,
    );
  }
  const video = VIDEO_NAMES.map((name) => join(dirname(path), name)).find((place) => existsSync(place));
  return { bios, videoBios: video === undefined ? null : readFileSync(video) };
}
